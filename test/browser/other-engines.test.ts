/** Somebody who answers in Firefox and in WebKit: with and without script, a draft that comes back, a wrong code, answering again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeAccessCode } from '../../src/domain/code/access-code.ts';
import { isReversed } from '../../src/domain/questionnaire/option-order.ts';
import { campaign, county } from '../http/open-survey.ts';
import { questionnaireInThreeScripts, serve, type Served } from './browser.ts';
import { eventually, otherEngines, type Tab } from './other-engines.ts';

let served: Served;
let next = 0;
beforeAll(async () => {
  served = await serve({ questionnaire: questionnaireInThreeScripts(), more: 20 });
});
afterAll(async () => {
  await served.close();
});

function nextCode(): string {
  while (isReversed(served.survey.code(4, next))) next++;
  return served.survey.code(4, next++);
}
/** WebKit takes its language from the machine's. */
const inChinese = (origin: string, path: string) => `${origin}${path}?lang=zh-CN`;
const answered = async () =>
  (await served.survey.storage.countResponses(campaign, county)).reduce((sum, c) => sum + c.answered, 0);

/** The label of each item's option, pressed one after the other, as a finger does. */
async function fill(tab: Tab, option: string): Promise<void> {
  const rated = served.survey.questionnaire.items.filter(
    ({ type, showIf }) => type === 'rating' && showIf === undefined,
  );
  expect(rated.length).toBeGreaterThan(11);
  for (const { id } of rated) await tab.press(`#i-${id} label:has(input[value=${option}])`);
}
async function send(tab: Tab): Promise<void> {
  await tab.press('#send');
  await eventually('the closing page', async () => new URL(await tab.address()).pathname === '/done');
}

describe.each(otherEngines())('$name', ({ engine }) => {
  it.skipIf(engine === null)(
    'with the script: draft, sending, answering again',
    { timeout: 180_000 },
    async () => {
      const before = await answered();
      const url = inChinese(served.origin, `/s/${nextCode()}`);
      await engine!.withTab(served.origin, true, async (first) => {
        await first.goto(url);
        await eventually('the count', async () => (await first.text('.progress')) === '已答 0 / 14');
        await first.press('#i-distance label:has(input[value=satisfied])');
        await first.type('textarea[name=comments]', '路灯坏了');
        await eventually('the count of one', async () => (await first.text('.progress')) === '已答 1 / 14');
        expect(await first.text('.status')).toContain('还没有提交');
        const tab = await first.reopen();
        await tab.goto(url);
        await eventually(
          'the draft',
          async () => (await tab.value('textarea[name=comments]')) === '路灯坏了',
        );
        expect(await tab.text('.mark[role=status]')).toContain('上次没填完');
        expect(await tab.isChecked('#i-distance input[value=satisfied]')).toBe(true);
        await fill(tab, 'satisfied');
        await send(tab);
        expect(await answered()).toBe(before + 1);
        // The same person again: an empty form, and still one who answered.
        await tab.goto(url);
        await eventually('an empty form', async () => (await tab.text('.progress')) === '已答 0 / 14');
        expect(await tab.value('textarea[name=comments]')).toBe('');
        await fill(tab, 'basically-satisfied');
        await send(tab);
        expect(await answered()).toBe(before + 1);
      });
    },
  );

  it.skipIf(engine === null)(
    'without the script: faults, kept answers, sending',
    { timeout: 180_000 },
    async () => {
      const before = await answered();
      await engine!.withTab(served.origin, false, async (tab, origin) => {
        await tab.goto(inChinese(origin, `/s/${nextCode()}`));
        await tab.type('textarea[name=comments]', '路灯坏了');
        await tab.press('#send');
        await eventually('the faults', async () => (await tab.count('.errors')) === 1);
        expect(await tab.value('textarea[name=comments]')).toBe('路灯坏了');
        await fill(tab, 'satisfied');
        await send(tab);
        expect(await answered()).toBe(before + 1);
      });
    },
  );

  it.skipIf(engine === null)(
    'a wrong code is told, and the right one goes in',
    { timeout: 180_000 },
    async () => {
      const code = nextCode();
      await engine!.withTab(served.origin, true, async (tab) => {
        await tab.goto(inChinese(served.origin, `/s/${completeAccessCode('ZZZZZZZZZ')}`));
        expect(await tab.text('main')).toContain('这个答题码现在不能用');
        await tab.goto(inChinese(served.origin, '/'));
        await tab.type('input[name=code]', `${code.slice(0, -1)}${code.endsWith('0') ? '1' : '0'}`);
        await tab.press('button.main');
        await eventually('the fault', async () => (await tab.count('#code-error')) === 1);
        await tab.goto(inChinese(served.origin, '/'));
        // As people type them.
        await tab.type('input[name=code]', ` ${code.slice(0, 5).toLowerCase()} ${code.slice(5)}`);
        await tab.press('button.main');
        await eventually('the questionnaire', async () => (await tab.count('#send')) === 1);
      });
    },
  );
});

import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { completeAccessCode } from '../../src/domain/code/access-code.ts';
import { isReversed } from '../../src/domain/questionnaire/option-order.ts';
import { campaign, county } from '../http/open-survey.ts';
import {
  desk,
  fillAll,
  launch,
  overflow,
  phone,
  questionnaireInThreeScripts,
  serve,
  smallTargets,
  withPage,
  type Served,
} from './browser.ts';
import { faultsOf } from './engines.ts';

let browser: Browser;
let served: Served;
let next = 0;
let url = '';
/** A folder for screenshots to look at; none are taken without it. */
const shots = process.env['SCREENSHOTS'];
if (shots !== undefined) mkdirSync(shots, { recursive: true });

beforeAll(async () => {
  browser = await launch();
  served = await serve({ questionnaire: questionnaireInThreeScripts(), more: 500 });
});
afterAll(async () => {
  await browser.close();
  await served.close();
});
beforeEach(() => {
  // Places in a list of options are those as written; the order in reverse has a test of its own.
  while (isReversed(served.survey.code(4, next))) next++;
  url = `${served.origin}/s/${served.survey.code(4, next++)}`;
});

async function shoot(page: Page, name: string, fullPage = false): Promise<void> {
  if (shots !== undefined) await page.screenshot({ path: `${shots}/${name}.png`, fullPage });
}
async function answered(): Promise<number> {
  const counts = await served.survey.storage.countResponses(campaign, county);
  return counts.reduce((sum, c) => sum + c.answered, 0);
}
const text = (page: Page, selector: string) => page.locator(selector).first().innerText();

describe('everybody can use it', () => {
  const looks = [
    { name: 'phone', viewport: phone },
    { name: 'desk', viewport: desk },
    { name: 'phone-dark', viewport: phone, colorScheme: 'dark' as const },
    { name: 'phone-large', viewport: phone, query: '?size=large' },
    { name: 'phone-rtl', viewport: phone, query: '?lang=ar' },
    {
      name: 'desk-dark-rtl-large',
      viewport: desk,
      colorScheme: 'dark' as const,
      query: '?lang=ar&size=large',
    },
    { name: 'zoom-400', viewport: { width: 320, height: 256 } },
  ];
  for (const javaScriptEnabled of [true, false]) {
    it.each(looks)(
      `$name, ${javaScriptEnabled ? 'with' : 'without'} script`,
      async ({ name, query = '', ...look }) => {
        await withPage(browser, { ...look, javaScriptEnabled }, async (page) => {
          const label = `${name}-${javaScriptEnabled ? 'script' : 'plain'}`;
          await page.goto(url + query);
          await shoot(page, `${label}-questionnaire`, true);
          if (javaScriptEnabled) expect(await faultsOf(page)).toEqual([]);
          if (javaScriptEnabled) expect(await smallTargets(page)).toEqual([]);
          if (javaScriptEnabled) expect(await overflow(page)).toBeLessThanOrEqual(0);
          await page.locator('summary').click();
          await shoot(page, `${label}-pressure`);
          // Nothing chosen: faults at the top, linked to their places.
          await page.locator('button.main').click();
          await page.locator('.errors').waitFor();
          await shoot(page, `${label}-faults`);
          if (javaScriptEnabled) expect(await faultsOf(page)).toEqual([]);
          if (javaScriptEnabled)
            expect(await page.evaluate('document.activeElement.className')).toBe('errors');
          await page.locator('.errors a').first().click();
          expect(page.url()).toContain('#i-overall');
          if (query.includes('lang=ar')) expect(await page.locator('html').getAttribute('dir')).toBe('rtl');
        });
      },
    );
  }

  it('the pages around it are as good', async () => {
    for (const [name, path] of [
      ['code', '/'],
      ['done', '/done'],
      ['genuine', '/genuine'],
      ['unknown', `/s/${completeAccessCode('ZZZZZZZZZ')}`],
      ['kiosk', '/kiosk'],
      ['missing', '/nowhere'],
    ] as const) {
      for (const colorScheme of ['light', 'dark'] as const)
        await withPage(browser, { colorScheme }, async (page) => {
          await page.goto(served.origin + path);
          await shoot(page, `${name}-${colorScheme}`, true);
          expect(await faultsOf(page), name).toEqual([]);
          expect(await smallTargets(page), name).toEqual([]);
          expect(await overflow(page), name).toBeLessThanOrEqual(0);
        });
    }
  });

  it('the keyboard alone is enough, and names are read', async () => {
    await withPage(browser, {}, async (page) => {
      await page.goto(url);
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.className')).toBe('skip');
      await page.locator('input[name=overall]').first().focus();
      for (let i = 0; i < 14; i++) {
        await page.keyboard.press('Space');
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Tab');
      }
      expect(await text(page, '.progress')).toBe('已答 14 / 14');
      // The question belongs to the name: a screen reader says it with every item.
      const group = page.getByRole('group', { name: /^2\. 学生从家到学校的路程 您满不满意？$/ });
      expect(await group.getByRole('radio', { name: '满意', exact: true }).isChecked()).toBe(true);
      await page.locator('#send').focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/done/);
    });
  });

  it.each([true, false])(
    'Enter on an option goes on to the next question; the button sends, and its page leads to what is missing (script: %s)',
    async (javaScriptEnabled) => {
      await withPage(browser, { viewport: phone, javaScriptEnabled }, async (page) => {
        await page.goto(url);
        const before = await answered();
        const posts: string[] = [];
        page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
        const first = page.locator('input[name=overall]').first();
        await first.focus();
        await page.keyboard.press('Space');
        await page.keyboard.press('Enter');
        await page.waitForFunction("document.activeElement.name === 'distance'");
        await shoot(page, `enter-${javaScriptEnabled ? 'script' : 'plain'}`);
        expect(await first.isChecked()).toBe(true);
        expect((await page.locator('#i-distance').boundingBox())!.y).toBeLessThan(phone.height);
        expect(await page.locator('.errors').count()).toBe(0);
        if (javaScriptEnabled) expect(posts).toEqual([]);

        await page.locator('button.main').press('Enter');
        await page.locator('.errors').waitFor();
        await shoot(page, `enter-${javaScriptEnabled ? 'script' : 'plain'}-faults`);
        expect(await first.isChecked()).toBe(true);
        expect(await text(page, '.errors')).toMatch(/还有 \d+ 题没有回答/);
        // The summary is in sight and has the keyboard; its first link leads to the first question without an answer.
        const { y, height } = (await page.locator('.errors').boundingBox())!;
        expect(y + height).toBeLessThanOrEqual(phone.height);
        await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        const missing = page.locator('.item.wrong').first();
        expect(page.url()).toContain(`#${await missing.getAttribute('id')}`);
        expect((await missing.boundingBox())!.y).toBeLessThan(phone.height / 2);
        expect(await answered()).toBe(before);
      });
    },
  );

  it('moves nothing for those who asked for that', async () => {
    await withPage(browser, { reducedMotion: 'reduce' }, async (page) => {
      await page.goto(url);
      const moving = await page.evaluate(
        '[...document.querySelectorAll("*")].filter((e) => { const s = getComputedStyle(e); return s.animationName !== "none" || s.transitionDuration !== "0s"; }).length',
      );
      expect(moving).toBe(0);
    });
  });
});

describe('the questionnaire as a whole', () => {
  const screens = 640 * 1.5;
  it.each(['', '?lang=en'])('the first item begins within a screen and a half at 360 px%s', async (query) => {
    await withPage(browser, {}, async (page) => {
      await page.goto(url + query);
      const box = await page.locator('.item').first().boundingBox();
      expect(box!.y).toBeLessThanOrEqual(screens);
      // In Chinese, which most read, also where bars of the browser take 80 px.
      if (query === '') expect(box!.y).toBeLessThanOrEqual(560 * 1.5);
    });
  });

  it('a follow-up appears when its answer is given, goes when it is taken back, and is then not sent', async () => {
    await withPage(browser, {}, async (page) => {
      await page.goto(url);
      const why = page.locator('#i-workload-why');
      expect(await why.isVisible()).toBe(false);
      await page.locator('#i-workload input[value=dissatisfied]').check();
      expect(await why.isVisible()).toBe(true);
      expect(await why.locator('legend').innerText()).toMatch(/^6-1\. 功课量/);
      await why.locator('input').first().check();
      expect(await text(page, '.progress')).toBe('已答 2 / 15');
      await page.locator('#i-workload input[value=satisfied]').check();
      expect(await why.isVisible()).toBe(false);
      expect(await text(page, '.progress')).toBe('已答 1 / 14');
    });
  });

  it('one question a page without script: the follow-up comes after dissatisfaction alone', async () => {
    await withPage(browser, { javaScriptEnabled: false }, async (page) => {
      for (const [option, follows] of [
        ['dissatisfied', '6-1.'],
        ['satisfied', '7.'],
      ] as const) {
        await page.goto(url);
        await page.locator('button[name=_step]').click();
        for (let i = 0; i < 6; i++) {
          await page.locator(`.option input[value=${i === 5 ? option : 'satisfied'}]`).check();
          await page.locator('button.main').click();
        }
        expect((await text(page, 'legend')).startsWith(follows)).toBe(true);
      }
    });
  });

  it('half of the codes see the scale in reverse, 不了解 last', async () => {
    let i = next;
    while (!isReversed(served.survey.code(4, i))) i++;
    await withPage(browser, {}, async (page) => {
      await page.goto(`${served.origin}/s/${served.survey.code(4, i)}`);
      expect(await page.locator('#i-distance .option').allInnerTexts()).toEqual([
        '不满意',
        '基本满意',
        '满意',
        '非常满意',
        '不了解',
      ]);
      await shoot(page, 'reversed', true);
    });
  });
});

describe('without script', () => {
  const options = { javaScriptEnabled: false };

  it('an answer goes in, and Back shows an empty form', async () => {
    await withPage(browser, options, async (page) => {
      const before = await answered();
      await page.goto(url);
      for (const item of served.survey.questionnaire.items)
        if (item.type === 'rating') await page.locator(`#i-${item.id} input`).nth(1).check();
      await page.locator('textarea[name=comments]').fill('谢谢');
      await page.locator('button.main').click();
      await page.waitForURL(/\/done/);
      expect(await answered()).toBe(before + 1);
      await page.goBack();
      expect(await page.locator('input:checked').count()).toBe(0);
      expect(await page.locator('textarea[name=comments]').inputValue()).toBe('');
    });
  });

  it('a typed code is seen whole on a narrow phone with letters of twice the size', async () => {
    await withPage(browser, { viewport: { width: 320, height: 568 }, bypassCSP: true }, async (page) => {
      await page.goto(`${served.origin}/`);
      await page.addStyleTag({ content: ':root { font-size: 200% !important }' });
      const field = page.locator('#code');
      // M and W are the widest.
      await field.fill('MWMWM WMWMW');
      expect(await field.evaluate((e: any) => e.scrollWidth - e.clientWidth)).toBe(0);
    });
  });

  it('large letters are remembered, and answers kept, on the way', async () => {
    await withPage(browser, options, async (page, context) => {
      await page.goto(url);
      expect(await context.cookies()).toEqual([]);
      await page.locator('#i-teaching input').nth(3).check();
      await page.locator('button[name=_size]').click();
      expect(await page.locator('html').getAttribute('class')).toBe('large');
      expect(await page.locator('#i-teaching input').nth(3).isChecked()).toBe(true);
      expect((await context.cookies()).map((c) => [c.name, c.value])).toEqual([['size', 'large']]);
      await page.goto(`${served.origin}/`);
      expect(await page.locator('html').getAttribute('class')).toBe('large');
      await page.locator('a', { hasText: '标准字' }).click();
      expect(await context.cookies()).toEqual([]);
    });
  });

  it('languages switch with the answers kept and nothing stored', async () => {
    await withPage(browser, options, async (page) => {
      const before = await answered();
      await page.goto(url);
      await page.locator('#i-fees input').nth(2).check();
      await page.locator('button[lang=ar]').click();
      expect(await page.locator('html').getAttribute('dir')).toBe('rtl');
      await page.locator('button[lang=en]').click();
      expect(await text(page, 'button.main')).toBe('Send');
      expect(await page.locator('#i-fees input').nth(2).isChecked()).toBe(true);
      expect(await answered()).toBe(before);
    });
  });

  it('a text that is far too long comes back with every answer, with its limit', async () => {
    await withPage(browser, options, async (page) => {
      const before = await answered();
      await page.goto(url);
      await fillAll(page);
      await page.locator('#f-comments').fill('长'.repeat(20_000));
      await page.locator('button.main').click();
      expect(await text(page, '.errors li')).toContain('请缩短到 500 个字以内');
      expect(await page.locator('#i-fees input:checked').count()).toBe(1);
      expect((await page.locator('#f-comments').inputValue()).length).toBe(20_000);
      await page.locator('#f-comments').fill('短');
      await page.locator('button.main').click();
      await page.waitForURL(/\/done/);
      expect(await answered()).toBe(before + 1);
    });
  });

  it('one question a page, back and forth, to the end', async () => {
    await withPage(browser, options, async (page) => {
      const before = await answered();
      await page.goto(url);
      await page.locator('button[name=_step]').click();
      expect(await page.locator('fieldset').count()).toBe(1);
      await shoot(page, 'step-1');
      const how = page.getByText('请点“上一题”，不要用手机的返回键');
      expect(await how.count()).toBe(0);
      await page.locator('button.main').click();
      expect(await text(page, '.errors li')).toContain('第 1 题');
      await page.locator('input').nth(4).check();
      for (let i = 0; i < 14; i++) {
        // What is asked stands under every rated item, also by itself.
        if (
          (await page.locator('fieldset').getAttribute('id')) !== null &&
          !/-size$/.test((await page.locator('fieldset').getAttribute('id'))!)
        )
          expect(await text(page, 'legend')).toContain('您满不满意？');
        await page.locator('.option input').nth(1).check();
        await page.locator('button.main').click();
      }
      expect(await how.isVisible()).toBe(true);
      await page.locator('textarea').fill('好');
      await page.locator('button', { hasText: '上一题' }).click();
      expect(await page.locator('.option input').nth(1).isChecked()).toBe(true);
      await page.locator('button.main').click();
      expect(await page.locator('textarea').inputValue()).toBe('好');
      await page.locator('button.main').click();
      await shoot(page, 'step-end');
      expect(await answered()).toBe(before);
      await page.locator('button.main').click();
      await page.waitForURL(/\/done/);
      expect(await answered()).toBe(before + 1);
    });
  });

  it('a shared device goes back to its start, with no code in any address', async () => {
    await withPage(browser, options, async (page) => {
      const code = url.slice(-10);
      const addresses: string[] = [];
      page.on('framenavigated', (frame) => addresses.push(frame.url()));
      await page.goto(`${served.origin}/kiosk`);
      await page.locator('#code').fill(code.toLowerCase());
      await page.locator('button.main').click();
      expect(await page.locator('noscript').count()).toBeLessThanOrEqual(1);
      expect(await page.content()).toContain('http-equiv="refresh" content="300; url=/kiosk"');
      await page.locator('button[name=_size]').click();
      await page.locator('button[name=_more]').click();
      for (const item of served.survey.questionnaire.items)
        if (item.type === 'rating') await page.locator(`#i-${item.id} input`).nth(1).check();
      await page.locator('button.main').click();
      await page.waitForURL(/\/kiosk\/done/);
      await shoot(page, 'kiosk-done');
      await page.waitForURL(/\/kiosk$/, { timeout: 20_000 });
      expect(addresses.filter((a) => a.includes(code))).toEqual([]);
      await page.goBack();
      expect(await page.locator('input:checked').count()).toBe(0);
      const counts = await served.survey.storage.countResponses(campaign, county);
      expect(counts.filter((c) => c.channel === 'kiosk').map((c) => c.answered)).toEqual([1]);
    });
  });
});

describe('with script', () => {
  it('two requests, none of them to anybody else, and nothing against the policy', async () => {
    await withPage(browser, {}, async (page) => {
      const requests: string[] = [];
      const complaints: string[] = [];
      page.on('request', (r) => requests.push(r.url()));
      page.on('console', (m) => complaints.push(m.text()));
      page.on('pageerror', (e) => complaints.push(e.message));
      await page.goto(url, { waitUntil: 'networkidle' });
      expect(requests).toHaveLength(2);
      expect(requests.every((r) => r.startsWith(served.origin))).toBe(true);
      expect(complaints).toEqual([]);
    });
  });

  it('progress, a draft that comes back and is cleared by sending', async () => {
    await withPage(browser, {}, async (page, context) => {
      await page.goto(url);
      expect(await text(page, '.progress')).toBe('已答 0 / 14');
      await page.locator('#i-distance input').nth(1).check();
      await page.locator('textarea[name=comments]').fill('路灯坏了');
      expect(await text(page, '.progress')).toBe('已答 1 / 14');
      expect(await text(page, '.status')).toContain('还没有提交');
      await shoot(page, 'draft-kept');
      await page.close();
      const again = await context.newPage();
      await again.goto(url);
      expect(await again.locator('textarea[name=comments]').inputValue()).toBe('路灯坏了');
      expect(await text(again, '.mark[role=status]')).toContain('上次没填完');
      await shoot(again, 'draft-restored');
      const stored = () => again.evaluate('JSON.stringify(localStorage)');
      expect(await stored()).not.toContain(url.slice(-10));
      await fillAll(again);
      await again.locator('#send').click();
      await again.waitForURL(/\/done/);
      expect(await stored()).toBe('{}');
      await again.goBack();
      await again.locator('.progress').waitFor();
      expect(await again.locator('input:checked:not(.keep input)').count()).toBe(0);
    });
  });

  it('no draft for whoever does not want one', async () => {
    await withPage(browser, {}, async (page, context) => {
      await page.goto(url);
      await page.locator('#i-distance input').nth(1).check();
      await page.locator('.keep input').uncheck();
      await page.locator('#i-fees input').nth(1).check();
      const again = await context.newPage();
      await again.goto(url);
      expect(await again.locator('#i-distance input:checked').count()).toBe(0);
      expect(await again.locator('.keep input').isChecked()).toBe(false);
    });
  });

  it('says that nothing is saved while the line is down, and sends when it is back', async () => {
    await withPage(browser, {}, async (page, context) => {
      const before = await answered();
      await page.goto(url);
      await fillAll(page);
      await context.setOffline(true);
      await page.locator('#send').click();
      await page.locator('.status', { hasText: '还没有保存' }).waitFor();
      await shoot(page, 'offline');
      expect(await answered()).toBe(before);
      await context.setOffline(false);
      await page.waitForURL(/\/done/);
      expect(await answered()).toBe(before + 1);
    });
  });

  it('waits while a proxy says that the service restarts', async () => {
    await withPage(browser, {}, async (page, context) => {
      const before = await answered();
      await page.goto(url);
      await fillAll(page);
      let times = 0;
      await context.route('**/s/*', (route) => {
        const status = [502, 504, 503][times++];
        return status === undefined ? route.continue() : route.fulfill({ status, body: 'Bad Gateway' });
      });
      await page.locator('#send').click();
      await page.locator('.status', { hasText: '还没有保存' }).waitFor();
      await page.waitForURL(/\/done/);
      expect(times).toBe(4);
      expect(await answered()).toBe(before + 1);
    });
  });

  it('a shared device waits for the line, too, in place of a page of the browser that nobody gets away from', async () => {
    await withPage(browser, {}, async (page, context) => {
      const before = await answered();
      await page.goto(`${served.origin}/kiosk`);
      await page.locator('#code').fill(url.slice(-10));
      await page.locator('button.main').click();
      await page.locator('.progress').waitFor();
      await fillAll(page);
      await context.setOffline(true);
      await page.locator('#send').click();
      await page.locator('.status', { hasText: '还没有保存' }).waitFor();
      await page.locator('h1').click();
      expect(await text(page, '.status')).toContain('还没有保存');
      await context.setOffline(false);
      await page.waitForURL(/\/kiosk\/done/);
      expect(await answered()).toBeGreaterThanOrEqual(before);
      await page.waitForURL(/\/kiosk$/, { timeout: 20_000 });
      expect(await page.evaluate('JSON.stringify(localStorage)')).toBe('{}');
    });
  });

  it('sends nothing from a page that was left, nor after an answer was changed', async () => {
    await withPage(browser, {}, async (page, context) => {
      const before = await answered();
      await page.goto(url);
      await fillAll(page);
      // Chromium's own "offline" ends for a page in the moment that it is left.
      await context.route('**/s/*', (route) => route.abort('connectionfailed'));
      await page.locator('#send').click();
      await page.locator('.status', { hasText: '还没有保存' }).waitFor();
      await page.locator('#i-distance input').nth(3).check();
      expect(await text(page, '.status')).toContain('有改动');
      await page.locator('#send').click();
      await page.locator('.status', { hasText: '还没有保存' }).waitFor();
      await page.goto('about:blank');
      await context.unroute('**/s/*');
      await new Promise((resolve) => setTimeout(resolve, 4000));
      expect(await answered()).toBe(before);
    });
  });
});

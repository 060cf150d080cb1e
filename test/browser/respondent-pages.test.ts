/** Every page of a respondent, in both languages: without faults of accessibility or markup. `answer.test.ts` looks at their colours, sizes and directions. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fillAll, launch, serve, withPage, type Served } from './browser.ts';
import { createMarkupChecker, faultsOf } from './engines.ts';

let browser: Browser;
let served: Served;
let next = 0;
beforeAll(async () => {
  browser = await launch();
  served = await serve({ more: 100 });
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

const visit = (path: string) => async (page: Page) => void (await page.goto(served.origin + path));
const code = () => served.survey.code(4, next++);
const openSheet = async (page: Page) => void (await page.goto(`${served.origin}/s/${code()}`));
const press = (page: Page, selector: string) => page.locator(selector).first().click();

const pages: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  'code box': visit('/'),
  'code box, wrong': async (page) => {
    await page.goto(`${served.origin}/`);
    await page.locator('#code').fill('ABC');
    await press(page, 'button.main');
  },
  questionnaire: openSheet,
  'questionnaire, large': async (page) => void (await page.goto(`${served.origin}/s/${code()}?size=large`)),
  'questionnaire, small group': async (page) =>
    void (await page.goto(`${served.origin}/s/${served.survey.code(2, 0)}`)),
  'questionnaire, nothing chosen': async (page) => {
    await openSheet(page);
    await press(page, '#send');
    await page.locator('.errors').waitFor();
  },
  'one question': async (page) => {
    await openSheet(page);
    await press(page, 'button[name=_step]');
  },
  'one question, not answered': async (page) => {
    await openSheet(page);
    await press(page, 'button[name=_step]');
    await press(page, 'button.main');
    await page.locator('.errors').waitFor();
  },
  thanks: visit('/done'),
  receipt: async (page) => {
    await openSheet(page);
    await fillAll(page);
    await press(page, 'button[name=_receipt]');
    await page.locator('#receipt').waitFor();
  },
  'receipt check': visit('/receipt'),
  'receipt check, malformed': async (page) => {
    await page.goto(`${served.origin}/receipt`);
    await page.locator('#receipt').fill('nothing');
    await press(page, 'button.main');
  },
  genuine: visit('/genuine'),
  'unknown or closed': visit('/s/ZZZZZZZZZG'),
  mistyped: visit('/s/ZZZZZZZZZZ'),
  missing: visit('/nowhere'),
  'wrong method': visit('/log/0123456789ab/990101/proof/inclusion?index=x'),
  kiosk: visit('/kiosk'),
  'kiosk, wrong': async (page) => {
    await page.goto(`${served.origin}/kiosk`);
    await page.locator('#code').fill('ZZZZZZZZZG');
    await press(page, 'button.main');
  },
  'kiosk questionnaire': async (page) => {
    await page.goto(`${served.origin}/kiosk`);
    await page.locator('#code').fill(code());
    await press(page, 'button.main');
  },
  'kiosk thanks': visit('/kiosk/done'),
};

describe.each(['zh-CN', 'en'])('pages of respondents, %s', { timeout: 300_000 }, (locale) => {
  const markup = createMarkupChecker();

  test.each(Object.entries(pages))('%s', async (name, open) => {
    await withPage(browser, { locale }, async (page) => {
      let sent = '';
      page.on('response', async (reply) => {
        const type = reply.headers()['content-type'] ?? '';
        if (type.startsWith('text/html') && reply.status() !== 303) sent = await reply.text();
      });
      await open(page);
      await page.waitForLoadState('networkidle');
      expect(await page.locator('html').getAttribute('lang')).toBe(locale);
      expect(sent).not.toBe('');
      markup.add(name, sent);
      expect(await faultsOf(page)).toEqual([]);
    });
  });

  test('their markup, as it was sent', async () => {
    expect(await markup.faults()).toEqual([]);
  });
});

test('the checker of the markup, and both engines, find what is wrong', async () => {
  const markup = createMarkupChecker();
  const wrong =
    '<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><p id="a">x</p><p id="a">x</p><input><img src="data:,"></main></html>';
  markup.add('wrong', wrong);
  expect((await markup.faults()).join('\n')).toMatch(/^wrong: vnu: Duplicate ID/m);
  await withPage(browser, {}, async (page) => {
    await page.setContent(wrong);
    const faults = (await faultsOf(page)).join('\n');
    expect(faults).toMatch(/^axe label: /m);
    expect(faults).toMatch(/^equal-access input_label_exists: /m);
    await page.setContent(
      '<html lang="en"><main><ul></ul><div style="overflow-x:auto"><table><thead><tr><td></td></tr></thead></table></div></main>',
    );
    expect((await faultsOf(page)).filter((f) => f.startsWith('structure'))).toHaveLength(4);
  });
});

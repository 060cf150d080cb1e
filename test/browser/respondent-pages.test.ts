/** Every page of a respondent, in both languages: without faults of accessibility or markup. `answer.test.ts` looks at their colours, sizes and directions. */
import type { Browser, Page, Response } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completeAccessCode } from '../../src/domain/code/access-code.ts';
import { fillAll, launch, serve, withPage, type Served } from './browser.ts';
import { createPageChecker, faultsOf } from './engines.ts';

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
/** Its check character is right; nobody got it. */
const unknownCode = completeAccessCode('ZZZZZZZZZ');
const code = () => served.survey.code(4, next++);
const openSheet = async (page: Page) => void (await page.goto(`${served.origin}/s/${code()}`));
/** And waits for the page that comes of it. */
async function press(page: Page, selector: string): Promise<void> {
  const loaded = page.waitForEvent('load');
  await page.locator(selector).first().click();
  await loaded;
}

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
  'unknown or closed': async (page) => {
    await page.goto(`${served.origin}/s/${unknownCode}`);
    expect((await page.locator('main li').all()).length).toBe(3);
  },
  mistyped: visit('/s/ZZZZZZZZZZ'),
  missing: visit('/nowhere'),
  'wrong method': visit('/log/0123456789ab/990101/proof/inclusion?index=x'),
  kiosk: visit('/kiosk'),
  'kiosk, wrong': async (page) => {
    await page.goto(`${served.origin}/kiosk`);
    await page.locator('#code').fill(unknownCode);
    await press(page, 'button.main');
  },
  'kiosk questionnaire': async (page) => {
    await page.goto(`${served.origin}/kiosk`);
    await page.locator('#code').fill(code());
    await press(page, 'button.main');
  },
  'kiosk thanks': visit('/kiosk/done'),
};

const checker = createPageChecker();

describe.each(['zh-CN', 'en'])('pages of respondents, %s', { timeout: 300_000 }, (locale) => {
  test.each(Object.entries(pages))('%s', async (name, open) => {
    await withPage(browser, { locale }, async (page) => {
      let shown: Response | undefined;
      page.on('response', (reply) => {
        const navigates = reply.request().isNavigationRequest() && reply.frame() === page.mainFrame();
        if (navigates && reply.status() !== 303) shown = reply;
      });
      await open(page);
      expect(await page.locator('html').getAttribute('lang')).toBe(locale);
      expect(shown?.headers()['content-type']).toMatch(/^text\/html/);
      // Only now: the browser forgets the bodies of pages that it has left.
      expect(await checker.check(page, `${locale} ${name}`, await shown!.text())).toEqual([]);
    });
  });
});

test('their markup, as it was sent', { timeout: 120_000 }, async () => {
  expect(checker.counts.pages).toBe(2 * Object.keys(pages).length);
  expect(await checker.markupFaults()).toEqual([]);
});

test('the checker of the markup, and both engines, find what is wrong', async () => {
  const wrong =
    '<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><p id="a">x</p><p id="a">x</p><input><img src="data:,"></main></html>';
  const strict = createPageChecker();
  await withPage(browser, {}, async (page) => {
    await page.setContent(wrong);
    const faults = (await strict.check(page, 'wrong', wrong)).join('\n');
    expect(faults).toMatch(/^axe label: /m);
    expect(faults).toMatch(/^equal-access input_label_exists: /m);
    await page.setContent(
      '<html lang="en"><main><ul></ul><div style="overflow-x:auto"><table><thead><tr><td></td></tr></thead></table></div></main>',
    );
    expect((await faultsOf(page)).filter((f) => f.startsWith('structure'))).toHaveLength(4);
  });
  expect((await strict.markupFaults()).join('\n')).toMatch(/^wrong: vnu: Duplicate ID/m);
});

test('a translation or a longer list is not run through the engines again; a page that lacks a word or a mark is', async () => {
  const one = createPageChecker();
  const check = (page: Page, body: string, lang = 'en') =>
    page
      .setContent(`<!doctype html><html lang="${lang}"><title>x</title><main><h1>x</h1>${body}</main></html>`)
      .then(() => one.check(page, body, body));
  const field = (label: string, more = '') => `<label for="a">${label}</label><input id="a" ${more}>`;
  await withPage(browser, {}, async (page) => {
    expect(await check(page, field('Name'))).toEqual([]);
    expect(await check(page, field('姓名'), 'zh-CN')).toEqual([]);
    expect(one.counts).toEqual({ pages: 2, engines: 1 });
    expect((await check(page, field(''))).join('\n')).toMatch(/^axe label: /m);
    expect((await check(page, field('Name', 'role="nothing"'))).join('\n')).toMatch(/^axe aria-roles: /m);
    expect(one.counts).toEqual({ pages: 4, engines: 3 });
    const list = (entries: number, last = '') => `<ul>${'<li>x</li>'.repeat(entries)}${last}</ul>`;
    expect(await check(page, list(2))).toEqual([]);
    expect(await check(page, list(50))).toEqual([]);
    expect(one.counts).toEqual({ pages: 6, engines: 4 });
    expect((await check(page, list(50, '<li><input></li>'))).join('\n')).toMatch(/^axe label: /m);
    expect(one.counts).toEqual({ pages: 7, engines: 5 });
  });
});

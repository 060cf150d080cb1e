/**
 * Every page of the staff, as a role reaches it by following links from its first page: without faults of accessibility or markup, in both languages, and on a
 * phone without pushing it sideways, also with large letters. Runs on the demonstration, whose campaigns are in every state that pages tell of.
 */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../support/programs.ts';
import { startDemo, type Demo } from '../support/demo.ts';
import { desk, largeTextFaults, overflow, phone, skipFaults, tabFaults, unevenHeads } from './browser.ts';
import { createPageChecker, unfold } from './engines.ts';
import { elementsOf, followLinks, gapsAfterSentences, logIn, openLogIn } from './staff-pages.ts';

let browser: Browser;
let demo: Demo;
beforeAll(async () => {
  [browser, demo] = await Promise.all([launchChromium(), startDemo()]);
}, 300_000);
afterEach((context) => demo?.printIfFailed(context));
afterAll(async () => {
  await browser?.close();
  await demo?.close();
}, 60_000);

const least = { admin: 5, 'operator-1': 15, inspector: 6, 'official-1': 5, interviewer: 2 } as const;
const checker = createPageChecker();
const seen = new Set<string>();

describe.each(['zh-CN', 'en'])('pages of the staff, %s', { timeout: 900_000 }, (locale) => {
  test.each(Object.entries(least))('%s: at least %i kinds of pages, each sound', async (login, count) => {
    const context = await browser.newContext({ locale, viewport: desk });
    const page = await context.newPage();
    const form = await openLogIn(page, demo);
    expect(await checker.check(page, `${locale} ${login} log-in`, await form.text())).toEqual([]);
    await logIn(page, demo, login);
    const kinds: string[] = [];
    const faults: string[] = [];
    for await (const { kind, language, status, source, show } of followLinks(page)) {
      kinds.push(kind);
      const name = `${locale} ${login} ${kind}`;
      if (status !== 200) faults.push(`${kind}: ${status}`);
      if (!source.includes(`<html lang="${language}"`)) faults.push(`${kind}: not in ${language}`);
      if (language === 'zh-CN')
        for (const gap of gapsAfterSentences(source)) faults.push(`${kind}: a space in “${gap}”`);
      // The first page has the role's own navigation; of others, what an earlier role saw laid out alike is not shown again.
      const looks = `${locale} ${kind} ${elementsOf(source)}`;
      if (kinds.length > 1 && seen.has(looks)) {
        checker.read(name, source);
        continue;
      }
      seen.add(looks);
      await show();
      await unfold(page);
      await page.setViewportSize(phone);
      if ((await overflow(page)) > 0) faults.push(`${kind}: wider than a phone`);
      for (const fault of [...(await tabFaults(page)), ...(await largeTextFaults(page))])
        faults.push(`${kind}: ${fault}`);
      await page.setViewportSize(desk);
      for (const fault of [...(await unevenHeads(page)), ...(await skipFaults(page))])
        faults.push(`${kind}: ${fault}`);
      for (const fault of await checker.check(page, name, source)) faults.push(`${kind}: ${fault}`);
    }
    await context.close();
    expect(faults).toEqual([]);
    expect(kinds.length, kinds.join('\n')).toBeGreaterThanOrEqual(count);
  });
});

test('their markup, as it was sent', { timeout: 300_000 }, async () => {
  expect(checker.counts.pages).toBeGreaterThan(2 * Object.values<number>(least).reduce((a, b) => a + b));
  expect(await checker.markupFaults()).toEqual([]);
});

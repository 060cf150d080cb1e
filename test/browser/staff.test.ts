/**
 * Every page of the staff, as a role reaches it by following links from its first page: without faults of accessibility, and on a phone without pushing it
 * sideways. Runs on the demonstration, whose campaigns are in every state that pages tell of.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { startDemo, type Demo } from '../support/demo.ts';
import { desk, faultsOf, overflow, phone } from './browser.ts';

let browser: Browser;
let demo: Demo;
beforeAll(async () => {
  browser = await launchChromium();
  demo = await startDemo();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await demo?.close();
}, 60_000);

/** Pages of one kind differ in names alone: one of each is looked at. */
const kindOf = (path: string) =>
  path
    .split('/')
    .map((part) => (/\d/.test(part) ? '*' : part))
    .join('/');
const maximumPages = 60;

describe('pages of the staff', { timeout: 240_000 }, () => {
  test.each([
    ['admin', 5],
    ['operator-1', 15],
    ['inspector', 6],
    ['official-1', 5],
    ['interviewer', 2],
  ] as const)('%s: at least %i kinds of pages, each sound', async (login, least) => {
    const account = demo.logins.find((l) => l.login === login);
    expect(account, `log-in ${login} of ${demo.logins.map((l) => l.login).join()}`).toBeDefined();
    const context = await browser.newContext({ locale: 'zh-CN', viewport: desk });
    const page = await context.newPage();
    const first = new URL('/staff/login', demo.links.rates).href;
    await page.goto(first);
    expect(await faultsOf(page)).toEqual([]);
    await page.locator('input[name=login]').fill(login);
    await page.locator('input[name=password]').fill(account!.password);
    await page.locator('form:has(input[name=password]) button').click();
    await page.waitForURL((url) => !url.pathname.endsWith('/login'));

    const queue = [page.url()];
    const seen = new Set<string>();
    const faults: string[] = [];
    while (queue.length > 0 && seen.size < maximumPages) {
      const address = queue.shift()!;
      const kind = kindOf(new URL(address).pathname);
      if (seen.has(kind)) continue;
      const reply = await context.request.get(address, { maxRedirects: 5 });
      if (!(reply.headers()['content-type'] ?? '').startsWith('text/html')) continue;
      seen.add(kind);
      if (reply.status() !== 200) faults.push(`${kind}: ${reply.status()}`);
      await page.setViewportSize(desk);
      await page.goto(address);
      for (const fault of await faultsOf(page)) faults.push(`${kind}: ${fault}`);
      await page.setViewportSize(phone);
      if ((await overflow(page)) > 0) faults.push(`${kind}: wider than a phone`);
      const links = await page.locator('a[href]').evaluateAll((all) => all.map((a: any) => a.href as string));
      for (const link of links) {
        const { origin, pathname } = new URL(link);
        if (
          origin === new URL(first).origin &&
          /^\/(staff|trail)/.test(pathname) &&
          !pathname.endsWith('/logout')
        )
          queue.push(link);
      }
    }
    await context.close();
    expect(faults).toEqual([]);
    expect(seen.size, [...seen].join('\n')).toBeGreaterThanOrEqual(least);
  });
});

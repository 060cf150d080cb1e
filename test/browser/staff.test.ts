/**
 * Every page of the staff, as a role reaches it by following links from its first page: without faults of accessibility or markup, in both languages, and on a
 * phone without pushing it sideways. Runs on the demonstration, whose campaigns are in every state that pages tell of.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../support/programs.ts';
import { startDemo, type Demo } from '../support/demo.ts';
import { desk, overflow, phone } from './browser.ts';
import { createMarkupChecker, faultsOf, type MarkupChecker } from './engines.ts';

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
    .map((part) => (/\d/.test(part) || part.length === 12 ? '*' : part))
    .join('/');
const maximumPages = 60;

async function logIn(page: Page, login: string, markup: MarkupChecker): Promise<void> {
  const account = demo.logins.find((l) => l.login === login);
  expect(account, `log-in ${login} of ${demo.logins.map((l) => l.login).join()}`).toBeDefined();
  await page.goto(new URL('/staff/login', demo.links.rates).href);
  markup.add('/staff/login', await page.content());
  expect(await faultsOf(page)).toEqual([]);
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill(account!.password);
  await page.locator('form:has(input[name=password]) button').click();
  await page.waitForURL((url) => !url.pathname.endsWith('/login'));
}

/** Addresses that the page leads to within the service, but for the way out. */
async function linksOf(page: Page): Promise<readonly string[]> {
  const links = await page.locator('a[href]').evaluateAll((all) => all.map((a: any) => a.href as string));
  return links.filter((link) => {
    const { origin, pathname } = new URL(link);
    return origin === new URL(demo.links.rates).origin && !pathname.endsWith('/logout');
  });
}

/** Looks at one of each kind of page. */
async function followLinks(
  context: BrowserContext,
  page: Page,
  markup: MarkupChecker,
): Promise<{ readonly kinds: readonly string[]; readonly faults: readonly string[] }> {
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
    markup.add(kind, await reply.text());
    await page.setViewportSize(desk);
    await page.goto(address);
    for (const fault of await faultsOf(page)) faults.push(`${kind}: ${fault}`);
    await page.setViewportSize(phone);
    if ((await overflow(page)) > 0) faults.push(`${kind}: wider than a phone`);
    queue.push(...(await linksOf(page)));
  }
  return { kinds: [...seen], faults };
}

const least = { admin: 5, 'operator-1': 15, inspector: 6, 'official-1': 5, interviewer: 2 } as const;

describe.each(['zh-CN', 'en'])('pages of the staff, %s', { timeout: 300_000 }, (locale) => {
  test.each(Object.entries(least))('%s: at least %i kinds of pages, each sound', async (login, count) => {
    const markup = createMarkupChecker();
    const context = await browser.newContext({ locale, viewport: desk });
    const page = await context.newPage();
    await logIn(page, login, markup);
    expect(await page.locator('html').getAttribute('lang')).toBe(locale);
    const { kinds, faults } = await followLinks(context, page, markup);
    await context.close();
    expect([...faults, ...(await markup.faults())]).toEqual([]);
    expect(kinds.length, kinds.join('\n')).toBeGreaterThanOrEqual(count);
  });
});

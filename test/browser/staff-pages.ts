/** Staff pages as a role reaches them: logged in, then by following links from the first page, one page of each kind. */
import { expect } from 'vitest';
import type { Page, Response } from 'playwright-core';
import type { Demo } from '../support/demo.ts';

/** Leaves the page on the log-in form, before anything is typed. */
export async function openLogIn(page: Page, demo: Demo): Promise<Response> {
  return (await page.goto(new URL('/staff/login', demo.links.rates).href))!;
}

export async function logIn(page: Page, demo: Demo, login: string): Promise<void> {
  const account = demo.logins.find((l) => l.login === login);
  expect(account, `log-in ${login} of ${demo.logins.map((l) => l.login).join()}`).toBeDefined();
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill(account!.password);
  await page.locator('form:has(input[name=password]) button').click();
  await page.waitForURL((url) => !url.pathname.endsWith('/login'));
}

/** Pages of one kind differ in names alone. */
const kindOf = (path: string) =>
  path
    .split('/')
    .map((part) => (/\d/.test(part) || part.length === 12 ? '*' : part))
    .join('/');
const maximumPages = 60;

export interface FoundPage {
  readonly kind: string;
  readonly reply: Response;
}

/** Shows one page of each kind, one after the other, in the given tab. */
export async function* followLinks(page: Page): AsyncGenerator<FoundPage> {
  const queue = [page.url()];
  const files = new Set<string>();
  const seen = new Set<string>();
  while (queue.length > 0 && seen.size < maximumPages) {
    const address = queue.shift()!;
    const { pathname, search } = new URL(address);
    const kind = kindOf(pathname);
    if (seen.has(kind) || files.has(kind + search)) continue;
    const reply = await open(page, address);
    if (reply === null) {
      files.add(kind + search);
      continue;
    }
    seen.add(kind);
    queue.push(...(await linksOf(page)));
    yield { kind, reply };
  }
}

/** Null: a file, which the browser saves instead of showing. */
async function open(page: Page, address: string): Promise<Response | null> {
  try {
    const reply = await page.goto(address);
    return (reply?.headers()['content-type'] ?? '').startsWith('text/html') ? reply : null;
  } catch (error) {
    if (error instanceof Error && error.message.includes('Download is starting')) return null;
    throw error;
  }
}

/** Addresses that the page leads to within the service, but for the way out. */
async function linksOf(page: Page): Promise<readonly string[]> {
  const links = await page.locator('a[href]').evaluateAll((all) => all.map((a: any) => a.href as string));
  const own = new URL(page.url()).origin;
  return links.filter((link) => {
    const { origin, pathname } = new URL(link);
    return origin === own && !pathname.endsWith('/logout');
  });
}

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

/** Pages of one kind differ in names alone. With `eachCampaign` those of another campaign, which is in a state of its own, are another kind. */
export function createKinds(eachCampaign = false): (path: string) => string {
  const campaigns: string[] = [];
  return (path) =>
    path
      .split('/')
      .map((part, i, parts) => {
        if (eachCampaign && parts[i - 1] === 'campaigns' && part.length === 12) {
          if (!campaigns.includes(part)) campaigns.push(part);
          return `*${campaigns.indexOf(part) + 1}`;
        }
        // One page for each stage and indicator.
        const isIndicator = parts[i - 1] === 'balance' || parts[i - 2] === 'balance';
        return isIndicator || /\d/.test(part) || part.length === 12 ? '*' : part;
      })
      .join('/');
}
const maximumPages = 100;

export interface FoundPage {
  readonly kind: string;
  readonly reply: Response;
}

/** Shows one page of each kind, one after the other, in the given tab. Of kinds that are not wanted, only the links are read. */
export async function* followLinks(
  page: Page,
  kindOf = createKinds(),
  wanted: (kind: string) => boolean = () => true,
): AsyncGenerator<FoundPage> {
  const queue = [page.url()];
  const files = new Set<string>();
  const seen = new Set<string>();
  while (queue.length > 0 && seen.size < maximumPages) {
    const address = queue.shift()!;
    const { pathname, search } = new URL(address);
    const kind = kindOf(pathname);
    if (seen.has(kind) || files.has(kind + search)) continue;
    const reply = wanted(kind) ? await open(page, address) : null;
    const links = reply ? await linksOf(page) : wanted(kind) ? null : await linksIn(page, address);
    if (links === null) {
      files.add(kind + search);
      continue;
    }
    seen.add(kind);
    queue.push(...links);
    if (reply) yield { kind, reply };
  }
}

/** Without showing the page. Null: a file. */
async function linksIn(page: Page, address: string): Promise<readonly string[] | null> {
  const reply = await page.request.get(address);
  if (!(reply.headers()['content-type'] ?? '').startsWith('text/html')) return null;
  const source = await reply.text();
  const links = [...source.matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)].map(([, link]) =>
    link!.replaceAll('&amp;', '&'),
  );
  return ownPages(
    address,
    links.map((link) => new URL(link, address).href),
  );
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

async function linksOf(page: Page): Promise<readonly string[]> {
  const links = await page.locator('a[href]').evaluateAll((all) => all.map((a: any) => a.href as string));
  return ownPages(page.url(), links);
}

/** Addresses within the service, but for the way out. */
function ownPages(from: string, links: readonly string[]): readonly string[] {
  const own = new URL(from).origin;
  return links.filter((link) => {
    const { origin, pathname } = new URL(link);
    return origin === own && !pathname.endsWith('/logout');
  });
}

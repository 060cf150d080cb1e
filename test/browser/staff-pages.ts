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

/** Where the campaigns are that the account sees: their pages differ before answers come, meanwhile, and when they are in. */
export async function readStages(page: Page): Promise<ReadonlyMap<string, string>> {
  const reply = await page.request.get(new URL('/api/v1/campaigns', page.url()).href);
  const campaigns = (await reply.json()) as readonly { readonly id: string; readonly state: string }[];
  return new Map(
    campaigns.map(({ id, state }) => [id, state === 'draft' ? 'before' : state === 'open' ? 'open' : 'over']),
  );
}

/** Pages of one kind differ in names alone. With `stages` those of campaigns at different stages are different kinds. */
export function createKinds(stages: ReadonlyMap<string, string> = new Map()): (path: string) => string {
  return (path) =>
    path
      .split('/')
      .map((part, i, parts) => {
        const stage = parts[i - 1] === 'campaigns' && stages.get(part);
        if (stage) return `(${stage})`;
        // One page for each part of the API, for each stage and indicator.
        const isPart = parts[i - 1] === 'programs';
        const isIndicator = parts[i - 1] === 'balance' || parts[i - 2] === 'balance';
        const isTemplate = parts[i - 1] === 'templates' && part !== 'compare';
        return isPart || isIndicator || isTemplate || /\d/.test(part) || part.length === 12 ? '*' : part;
      })
      .join('/');
}
/** More than a role has: reached only by links that lead round in circles. */
const maximumPages = 300;

export interface FoundPage {
  readonly kind: string;
  /** Of its words: the tab's, but for what is shown in a language that the link names. */
  readonly language: string;
  readonly status: number;
  /** As it was sent. */
  readonly source: string;
  /** Opens it in the tab. */
  readonly show: () => Promise<void>;
}

/** One page of each kind that links lead to from the given tab, read without being shown: what has to be seen is shown by the caller. */
export async function* followLinks(page: Page, kindOf = createKinds()): AsyncGenerator<FoundPage> {
  const queue = [page.url()];
  // Requests beside the page do not name the tab's language by themselves.
  const locale = await page.evaluate<string>('navigator.language');
  const headers = { 'accept-language': locale };
  const files = new Set<string>();
  const seen = new Set<string>();
  while (queue.length > 0) {
    if (seen.size > maximumPages) throw new Error(`more than ${maximumPages} kinds of pages`);
    const address = queue.shift()!;
    const { pathname, search, searchParams } = new URL(address);
    const language = searchParams.get('in') ?? locale;
    const kind = kindOf(pathname);
    if (seen.has(kind) || files.has(kind + search)) continue;
    const reply = await page.request.get(address, { headers });
    if (!(reply.headers()['content-type'] ?? '').startsWith('text/html')) {
      files.add(kind + search);
      continue;
    }
    seen.add(kind);
    const source = await reply.text();
    queue.push(...linksIn(source, address));
    const show = async () => void (await page.goto(address));
    yield { kind, language, status: reply.status(), source, show };
  }
}

/** Which elements a page has between header and footer, whatever their words and how often they come: pages with the same ones are laid out alike. */
export function elementsOf(source: string): string {
  const main = /<main\b.*<\/main>/s.exec(source)?.[0] ?? source;
  const tags = main.replaceAll(
    / (id|for|name|value|href|action|src|title|datetime|style|aria-label|data-[\w-]+)="[^"]*"/g,
    '',
  );
  return [...new Set(tags.match(/<[a-z][^>]*>/g))].join('');
}

function linksIn(source: string, address: string): readonly string[] {
  const links = [...source.matchAll(/<a\s[^>]*\bhref="([^"]*)"/g)].map(([, link]) =>
    link!.replaceAll('&amp;', '&'),
  );
  return ownPages(
    address,
    links.map((link) => new URL(link, address).href),
  );
}

/** Addresses within the service, but for the way out. */
function ownPages(from: string, links: readonly string[]): readonly string[] {
  const own = new URL(from).origin;
  return links.filter((link) => {
    const { origin, pathname } = new URL(link);
    return origin === own && !pathname.endsWith('/logout');
  });
}

/** Chinese sentences that follow one another with a space between them, which no Chinese text has. */
export function gapsAfterSentences(source: string): readonly string[] {
  const shown = source.replace(/<(head|script|style|svg|textarea|pre)\b.*?<\/\1\s*>/gs, '');
  const gap =
    /[^>]{0,20}[。！？；](?:<\/(?:strong|span|b|a|em)\s*>)*\s+(?:<(?:strong|b|a|em|time)\b[^>]*>)*[^<\s].{0,9}/g;
  return [...shown.matchAll(gap)].map(([found]) => found);
}

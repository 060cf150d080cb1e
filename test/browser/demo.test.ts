/** The demonstration as a visitor meets it, in a browser: every page says that it is one, and a parent can answer without script. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileLines } from '../../src/cli/verifier/file-lines.ts';
import { verifyBundle } from '../../src/domain/evidence/verify/verify-bundle.ts';
import { hasPython, needsPython, runIndependent } from '../evidence/independent/run.ts';
import { launchChromium } from '../support/programs.ts';
import { startDemo, type Demo } from '../support/demo.ts';

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

const says = async (page: Page) => expect(await page.locator('body').innerText()).toContain('演示');

async function logIn(page: Page, login: string, goTo: string): Promise<void> {
  await page.goto(new URL('/staff/login', goTo).href);
  await says(page);
  const { password } = demo.logins.find((l) => l.login === login)!;
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill(password);
  await page.locator('form:has(input[name=password]) button').click();
  await page.waitForURL((url) => !url.pathname.endsWith('/login'));
  await page.goto(goTo);
}

describe.sequential('the demonstration in a browser', { timeout: 120_000 }, () => {
  test('a parent answers without script', async () => {
    const context = await browser.newContext({
      javaScriptEnabled: false,
      locale: 'zh-CN',
      viewport: { width: 360, height: 740 },
    });
    const page = await context.newPage();
    await page.goto(demo.links.parent);
    await says(page);
    const radios = page.locator('input[type=radio][value=satisfied]');
    expect(await radios.count()).toBe(12);
    for (const radio of await radios.all()) await radio.check({ force: true });
    await page.locator('#send').click();
    await page.waitForURL((url) => !url.href.startsWith(demo.links.parent));
    await says(page);
    expect(await page.locator('form').count()).toBe(0);
    await context.close();
  });

  test.skipIf(!hasPython)(
    `the inspector’s bundles verify, by ours and by the independent verifier${needsPython}`,
    async () => {
      const [, campaign] = /campaigns\/(\w+)\//.exec(demo.links.summary)!;
      const api = (path: string) => new URL(`/api/v1${path}`, demo.links.summary);
      const json = { 'content-type': 'application/json' };
      const { login, password } = demo.logins.find((l) => l.login === 'inspector')!;
      const session = await fetch(api('/session'), {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ login, password }),
      });
      expect(session.status).toBe(201);
      const { csrfToken } = (await session.json()) as { csrfToken: string };
      const cookie = session.headers
        .getSetCookie()
        .map((c) => c.split(';')[0]!)
        .join('; ');
      const headers = { cookie, 'csrf-token': csrfToken };
      const { counties } = (await (await fetch(api(`/campaigns/${campaign}`), { headers })).json()) as {
        counties: { code: string }[];
      };
      const directory = mkdtempSync(join(tmpdir(), 'manyi-demo-bundles-'));
      try {
        const files: string[] = [];
        for (const { code } of counties) {
          const reply = await fetch(api(`/campaigns/${campaign}/counties/${code}/bundle`), {
            method: 'POST',
            headers,
          });
          expect(
            reply.status,
            await reply
              .clone()
              .text()
              .then((t) => t.slice(0, 200)),
          ).toBe(200);
          files.push(join(directory, code));
          writeFileSync(files.at(-1)!, Buffer.from(await reply.arrayBuffer()));
        }
        expect(files.length).toBeGreaterThan(1);
        const theirs = await runIndependent(files);
        for (const [i, file] of files.entries()) {
          const own = await verifyBundle(() => fileLines(file));
          expect(own.findings).toEqual([]);
          expect(theirs[i]).toMatchObject({ ok: true, root: own.root, respondents: own.respondents });
          const { official } = own.summary!;
          if (official.kind === 'estimate') expect(theirs[i]!.official).toBe(official.value);
        }
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  );

  test('an official reads the rates, an inspector the summary', async () => {
    for (const [login, link, word] of [
      ['official-1', demo.links.rates, '回收率'],
      ['inspector', demo.links.summary, '85'],
    ] as const) {
      const context = await browser.newContext({ locale: 'zh-CN' });
      const page = await context.newPage();
      await logIn(page, login, link);
      expect(page.url()).toBe(link);
      await says(page);
      expect(await page.locator('body').innerText()).toContain(word);
      await context.close();
    }
  });
});

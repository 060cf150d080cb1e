/** The demonstration as a visitor meets it, in a browser: every page says that it is one, and a parent can answer without script. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createShell, type Shell } from '../cli/support.ts';
import { launchChromium } from '../support/chromium.ts';

let shell: Shell;
let browser: Browser;
let server: ChildProcess;
let demo: any;

beforeAll(async () => {
  shell = createShell();
  browser = await launchChromium();
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  server = spawn(process.execPath, ['--import', 'tsx', main, 'demo', '--scale', '60', '--json'], {
    env: { ...shell.environment, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  demo = await new Promise((resolve, reject) => {
    let text = '';
    server.stdout?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.endsWith('}\n')) resolve(JSON.parse(text));
    });
    server.once('exit', (code) => reject(new Error(`the demonstration ended with code ${code}`)));
  });
}, 300_000);
afterAll(async () => {
  await browser?.close();
  if (server?.exitCode === null) {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  }
  shell.remove();
}, 60_000);

const says = async (page: Page) => expect(await page.locator('body').innerText()).toContain('演示');

async function logIn(page: Page, login: string, goTo: string): Promise<void> {
  await page.goto(new URL('/staff/login', goTo).href);
  await says(page);
  const { password } = demo.logins.find((l: { login: string }) => l.login === login) as { password: string };
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
    await page.waitForURL((url) => !url.href.startsWith(demo.links.parent as string));
    await says(page);
    expect(await page.locator('form').count()).toBe(0);
    await context.close();
  });

  test('an official reads the rates, an inspector the summary', async () => {
    for (const [login, link, word] of [
      ['official-1', demo.links.rates, '回收率'],
      ['inspector', demo.links.summary, '85'],
    ] as const) {
      const context = await browser.newContext({ locale: 'zh-CN' });
      const page = await context.newPage();
      await logIn(page, login, link as string);
      expect(page.url()).toBe(link);
      await says(page);
      expect(await page.locator('body').innerText()).toContain(word);
      await context.close();
    }
  });
});

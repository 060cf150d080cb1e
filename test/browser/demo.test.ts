/** The demonstration as a visitor meets it, in a browser: every page says that it is one, and a parent can answer without script. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** The interviewer enters a sheet on a phone, in a village where the line breaks. */
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import { overflow, phone } from './browser.ts';
import { gapsAfterSentences } from './staff-pages.ts';
import { launchChromium } from '../support/programs.ts';
import { logInAs } from '../support/commissioner-journey.ts';
import { createStaff, password, type Staff } from '../support/staff.ts';
import { countyA, openedWorldOfTwo, type World } from '../support/world.ts';

let browser: Browser;
let world: World;
let staff: Staff;
let origin: string;
let id: CampaignId;
let codes: readonly string[];
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  const [launched, opened] = await Promise.all([launchChromium(), openedWorldOfTwo()]);
  browser = launched;
  ({ world } = opened);
  ({ id } = opened.campaign);
  staff = await createStaff(world);
  const sent = await world.sentCodes(opened.campaign.id, countyA);
  codes = sent.filter((s) => s.group === sent[0]?.group).map((s) => s.code);
  await staff.app.listen({ port: 0, host: '127.0.0.1' });
  origin = `http://127.0.0.1:${(staff.app.server.address() as AddressInfo).port}`;
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await staff?.close();
  await world?.close();
}, 60_000);
beforeEach(async () => {
  context = await browser.newContext({ locale: 'zh-CN', viewport: phone, hasTouch: true, isMobile: true });
  page = await context.newPage();
  await logInAs(page, origin, 'interviewer-a', password);
});
afterEach(() => context.close());

async function begin(code: string): Promise<void> {
  await page.goto(`${origin}/staff/entry`);
  await page.locator('input[name=code]').fill(code);
  await page.locator('form[action="/staff/entry"] button').click();
  await page.locator('form.entry').waitFor();
}
const names = () =>
  page
    .locator('.item:not([id^="i-_"]) input[type=radio]')
    .evaluateAll((all) => [...new Set(all.map((field: any) => field.name as string))]);
async function fillIn(count: number): Promise<void> {
  for (const name of (await names()).slice(0, count))
    await page.locator(`input[name="${name}"]`).first().check();
}
const chosen = () => page.locator('form.entry input:checked').count();
const saved = () => page.locator('.feedback', { hasText: '已保存' }).waitFor();
const status = () => page.locator('#saving').innerText();

test('a sheet that is saved without a network stays, and is saved when the network is back', async () => {
  await begin(codes[0]!);
  await fillIn(3);
  await context.setOffline(true);
  await page.locator('#send').click();
  await expect.poll(status).toContain('网络不通');
  expect(await chosen()).toBe(3);
  await context.setOffline(false);
  await saved();
  // Nothing of it is left for whoever has the device next.
  expect(await page.evaluate(() => Object.keys((globalThis as any).sessionStorage))).toEqual([]);
});

test('a proxy that says that the service restarts is waited for', async () => {
  await begin(codes[7]!);
  await fillIn(2);
  let times = 0;
  await context.route('**/entry/answers', (route) =>
    times++ === 0 ? route.fulfill({ status: 502, body: 'Bad Gateway' }) : route.continue(),
  );
  await page.locator('#send').click();
  await saved();
  expect(times).toBe(2);
});

test('what is changed while it waits is not sent before the button is pressed again', async () => {
  await begin(codes[1]!);
  await fillIn(2);
  await context.setOffline(true);
  await page.locator('#send').click();
  await expect.poll(status).toContain('网络不通');
  await fillIn(3);
  expect(await status()).toContain('有改动');
  await context.setOffline(false);
  await page.locator('#send').click();
  await saved();
});

test('a sheet comes back when the phone dropped its page, for its own code alone', async () => {
  await begin(codes[2]!);
  await fillIn(3);
  await page.goto('about:blank');
  await begin(codes[2]!.toLowerCase());
  expect(await chosen()).toBe(3);
  expect(await status()).toContain('还没有保存');
  await begin(codes[3]!);
  expect(await chosen()).toBe(0);
  await begin(codes[2]!);
  expect(await chosen()).toBe(0);
});

test('a sheet that outlives the session is saved after the log-in, and leaves no draft', async () => {
  await begin(codes[8]!);
  await fillIn(2);
  await context.clearCookies();
  await page.locator('#send').click();
  await page.locator('input[name=login]').fill('interviewer-a');
  await page.locator('input[name=password]').fill(password);
  await page.locator('form:has(input[name=password]) button').click();
  await page.getByRole('button', { name: '继续提交', exact: true }).click();
  await saved();
  expect(await page.evaluate(() => Object.keys((globalThis as any).sessionStorage))).toEqual([]);
});

/** What the tab keeps, by name. */
const keptInTab = () => page.evaluate(() => Object.keys((globalThis as any).sessionStorage));

test('a sheet that was not saved is gone from every tab after logging out, and from a tab after two hours', async () => {
  const logOut = async () => {
    await page.locator('form[action="/staff/logout"] button').click();
    await page.locator('.feedback', { hasText: '已退出登录' }).waitFor();
  };
  await begin(codes[9]!);
  await fillIn(2);
  expect(await keptInTab()).toEqual(['manyi.sheet']);
  expect(await page.locator('.draft').innerText()).toContain('两小时');
  expect(gapsAfterSentences(await page.content())).toEqual([]);
  const first = page;
  page = await context.newPage();
  await page.goto(`${origin}/staff`);
  await logOut();
  page = first;
  expect(await keptInTab()).toEqual([]);

  // Where the browser ignores the header, as without TLS, the page after logging out does it.
  await logInAs(page, origin, 'interviewer-a', password);
  await context.route('**/staff/logout', async (route) => {
    const reply = await route.fetch({ maxRedirects: 0 });
    const { 'clear-site-data': removed, ...headers } = reply.headers();
    expect(removed).toBe('"storage"');
    await route.fulfill({ response: reply, headers });
  });
  await begin(codes[9]!);
  await fillIn(2);
  await logOut();
  expect(await keptInTab()).toEqual([]);

  // The clock stands for the time that passes, on the open page and before it is opened again.
  await logInAs(page, origin, 'interviewer-a', password);
  await page.clock.install();
  await begin(codes[9]!);
  await fillIn(2);
  await page.clock.fastForward('01:59:00');
  expect(await keptInTab()).toEqual(['manyi.sheet']);
  await page.clock.fastForward('00:02:00');
  expect(await keptInTab()).toEqual([]);
  await fillIn(3);
  const draft = await page.evaluate(() => (globalThis as any).sessionStorage.getItem('manyi.sheet'));
  const [sheet, filledIn, at] = JSON.parse(draft);
  const old = JSON.stringify([sheet, filledIn, at - 2 * 3_600_000]);
  await page.evaluate((text) => (globalThis as any).sessionStorage.setItem('manyi.sheet', text), old);
  await begin(codes[9]!);
  expect(await chosen()).toBe(0);
});

test('entered twice, nothing of the first time is there the second time', async () => {
  await page.goto(`${origin}/staff/entry?twice=1`);
  await page.locator('input[name=code]').fill(codes[4]!);
  await page.locator('form[action="/staff/entry"] button').click();
  await page.locator('form.entry').waitFor();
  await fillIn(2);
  await page.locator('#send').click();
  await page.locator('input[name=_first]').waitFor({ state: 'attached' });
  expect(await chosen()).toBe(0);
  await fillIn(1);
  await page.locator('#send').click();
  await page.locator('.errors').waitFor();
  await fillIn(2);
  await page.locator('#send').click();
  await saved();
});

test('letters of twice the size fit a narrow phone', async () => {
  const narrow = await browser.newContext({ viewport: { width: 320, height: 568 }, bypassCSP: true });
  page = await narrow.newPage();
  await logInAs(page, origin, 'interviewer-a', password);
  const look = async () => {
    await page.addStyleTag({ content: ':root { font-size: 200% !important }' });
    return overflow(page);
  };
  const wide: Record<string, number> = {};
  for (const language of ['zh-CN', 'en']) {
    await page.setExtraHTTPHeaders({ 'accept-language': language });
    for (const path of ['', '/entry', '/calls', '/account', '/help', `/campaigns/${id}`]) {
      await page.goto(`${origin}/staff${path}`);
      wide[`${language} ${path}`] = await look();
    }
    await begin(codes[6]!);
    wide[`${language} sheet`] = await look();
  }
  await narrow.close();
  expect(Object.entries(wide).filter(([, by]) => by > 0)).toEqual([]);
});

test('a phone is told of no keys', async () => {
  await begin(codes[5]!);
  expect(await page.locator('main').innerText()).not.toContain('Ctrl');
});

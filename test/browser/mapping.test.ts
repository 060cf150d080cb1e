/** A file whose columns are not understood: read with the keyboard alone, with script and without, on a phone and on a desk. */
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStaff, password, type Staff } from '../support/staff.ts';
import { countyA, createWorld, type World } from '../support/world.ts';
import { desk, launch, overflow, phone, withPage } from './browser.ts';
import { createPageChecker } from './engines.ts';

let browser: Browser;
let world: World;
let staff: Staff;
let origin: string;
const checker = createPageChecker();
beforeAll(async () => {
  [browser, world] = await Promise.all([launch(), createWorld()]);
  staff = await createStaff(world);
  await staff.app.listen({ port: 0, host: '127.0.0.1' });
  origin = `http://127.0.0.1:${(staff.app.server.address() as AddressInfo).port}`;
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await staff?.close();
  await world?.close();
});

const fileOf = (content: string) => ({
  name: '名册.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(content),
});
const odd = fileOf('名册\n孩子在哪上学,姓名,哪个号能收到,另一个号\n甲小学,王小明,13800138000,13800138001\n');

/** With Tab, as far as it takes. */
async function tabTo(page: Page, selector: string): Promise<void> {
  const target = page.locator(selector);
  for (let i = 0; i < 80; i++) {
    if (await target.evaluate((node: any) => node === node.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${selector} is not reached with Tab`);
}
async function choose(page: Page, selector: string, value: string): Promise<void> {
  await tabTo(page, selector);
  await page.keyboard.press('Home');
  const select = page.locator(selector);
  for (let i = 0; i < 80 && (await select.inputValue()) !== value; i++)
    await page.keyboard.press('ArrowDown');
  expect(await select.inputValue()).toBe(value);
}
async function press(page: Page, selector: string) {
  await tabTo(page, selector);
  const [reply] = await Promise.all([
    page.waitForNavigation({ waitUntil: 'domcontentloaded' }),
    page.keyboard.press('Enter'),
  ]);
  return reply!;
}

test.each([
  ['without script, on a phone', false, phone],
  ['with script, on a desk', true, desk],
] as const)('%s', { timeout: 120_000 }, async (_, javaScriptEnabled, viewport) => {
  const { id } = await world.addCampaign();
  await withPage(browser, { javaScriptEnabled, viewport }, async (page) => {
    await page.goto(`${origin}/staff/login`);
    await tabTo(page, 'input[name=login]');
    await page.keyboard.type('official-a');
    await tabTo(page, 'input[name=password]');
    await page.keyboard.type(password);
    await press(page, 'form:has(input[name=password]) button');

    const county = `/staff/campaigns/${id}/counties/${countyA}`;
    await page.goto(origin + county);
    const schools = `form[action="${county}/schools"]`;
    // The dialog of the browser that chooses a file is not the page's.
    await page
      .locator(`${schools} input[type=file]`)
      .setInputFiles(fileOf('学校名称,类别,城乡\n甲小学,小学,城区\n'));
    expect((await press(page, `${schools} button`)).status()).toBe(200);
    await page.locator('.feedback:focus').waitFor();

    const roll = `form[action="${county}/files"]`;
    const ask = async () => {
      await page.goto(origin + county);
      await page.locator(`${roll} input[type=file]`).setInputFiles(odd);
      return press(page, `${roll} button`);
    };
    const asked = await ask();
    expect(asked.status()).toBe(200);
    // Without a header that anybody knows: school and phones are told by their cells, names are not shown.
    expect(await page.locator('body').innerText()).not.toContain('13800138000');
    expect(await page.locator('body').innerText()).not.toContain('王小明');
    expect(await page.locator('select[name=group]').inputValue()).toBe('');
    expect(await overflow(page)).toBe(0);
    if (javaScriptEnabled) {
      expect(await checker.check(page, 'columns by hand', await asked.text())).toEqual([]);
      // The checker takes long lists apart.
      await ask();
    }

    // Every choice says in words which column it is for.
    for (const name of ['layout-0-0', 'layout-0-2', 'layout-0-3'])
      expect(await page.locator(`select[name="${name}"]`).getAttribute('aria-label')).toMatch(/这一列是/);
    await choose(page, 'select[name=group]', 'parent');
    await choose(page, 'select[name="layout-0-0"]', 'school');
    await choose(page, 'select[name="layout-0-2"]', 'phone');
    await choose(page, 'select[name="layout-0-3"]', 'phone');
    expect((await press(page, '#choose button')).status()).toBe(200);
    await page.waitForSelector('#apply');
    // Title and header, which nobody could tell from rows, stand among the bad rows.
    const file = await world.storage.findRollFile(new URL(page.url()).pathname.split('/').at(-1)!);
    const found = await world.storage.findImport(file!.import!);
    expect(found).toMatchObject({ state: 'staged', summary: { good: 1, bad: 2, unmappedColumns: 1 } });
  });
});

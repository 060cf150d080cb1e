/** The official prepares a county, and the commissioner takes a survey from set-up to release: their journeys in Chromium with their clicks, and what may go wrong on the way. */
import type { AddressInfo } from 'node:net';
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { createPageChecker, unfold } from './engines.ts';
import { desk, overflow, phone } from './browser.ts';
import { launchChromium } from '../support/programs.ts';
import { commissionerJourney, logInAs } from '../support/commissioner-journey.ts';
import { officialJourney } from '../support/official-journey.ts';
import { createStaff, password, type Staff } from '../support/staff.ts';
import { countyA, createWorld, csv, type World } from '../support/world.ts';

let browser: Browser;
let world: World;
let staff: Staff;
let origin: string;
let id: CampaignId;
const checker = createPageChecker();
const shots = process.env['SHOTS'];

beforeAll(async () => {
  [browser, world] = await Promise.all([launchChromium(), createWorld({ threads: true })]);
  staff = await createStaff(world);
  ({ id } = await world.addCampaign());
  await staff.app.listen({ port: 0, host: '127.0.0.1' });
  origin = `http://127.0.0.1:${(staff.app.server.address() as AddressInfo).port}`;
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await staff?.close();
  await world?.close();
}, 60_000);

const county = () => `${origin}/staff/campaigns/${id}/counties/${countyA}`;

/** Without faults in either theme, and not wider than a phone. */
async function look(page: Page, name: string, isSent = false): Promise<void> {
  const faults: string[] = [];
  await unfold(page);
  for (const [width, viewport] of Object.entries({ 1280: desk, 360: phone }))
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      if (viewport === phone && (await overflow(page)) > 0) faults.push('wider than a phone');
      if (shots) {
        mkdirSync(shots, { recursive: true });
        await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png`, fullPage: true });
      }
      if (viewport === desk)
        faults.push(...(await checker.check(page, `${name} ${colorScheme}`, await page.content())));
    }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(desk);
  // The checker takes long lists apart.
  if (!isSent) await page.reload();
  expect(faults, name).toEqual([]);
}

let page: Page;
test('a county is set up in twelve clicks, without a dead end', { timeout: 240_000 }, async () => {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: desk });
  page = await context.newPage();
  const account = { login: 'official-a', password };
  const journey = await officialJourney(page, origin, account, (name) => look(page, name));
  expect(journey.deadEnds).toBe(0);
  expect(journey.clicks, journey.pages.join('\n')).toBeLessThanOrEqual(12);
  expect(await page.locator('main').innerText()).toContain('已报送');
});

test(
  'a bad file: group never chosen, cell corrected in place, double click, back, lost session',
  { timeout: 240_000 },
  async () => {
    await page.locator('form[action$="/take-back"] button').click();
    // Who has no list yet gets one to fill in.
    const [empty] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('a[href$="/empty/parent.xlsx"]').click(),
    ]);
    expect(empty.suggestedFilename()).toBe('家长名册.xlsx');
    expect((await page.request.get(`${county()}/empty/student.xlsx`)).status()).toBe(404);
    await page.locator('form[action$="/files"] input[type=file]').setInputFiles([
      {
        name: '家长补充.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from(
          csv(
            ['学校', '年级', '家长电话'],
            [
              ['第一小学', '一年级', '13700110011'],
              ['第一小学', '二年级', '1370011001'],
            ],
          ),
        ),
      },
    ]);
    await page.locator('form[action$="/files"] button').click();
    await page.waitForURL(/\/files\//);
    expect(await page.locator('select[name=group]').inputValue()).toBe('');
    expect(await page.locator('main').innerText()).toContain('像家长名册');
    await page.locator('select[name=group]').selectOption('parent');
    await page.locator('#choose button').click();
    await page.waitForSelector('form[action$="/correct"]');
    await look(page, 'bad-row');
    const bad = page.locator('form[action$="/correct"] input[type=text]');
    expect(await bad.inputValue()).toBe('1370011001');
    // Half filled, the session ends: nothing is lost that was stored, and the log-in leads back here.
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    await bad.fill('13700110012');
    await page.locator('form[action$="/correct"] button').click();
    await page.waitForLoadState();
    expect(await page.locator('input[name=password]').count()).toBe(1);
    await page.context().addCookies(cookies);
    await page.goBack();
    await page.waitForSelector('form[action$="/correct"]');
    await page.locator('form[action$="/correct"] input[type=text]').fill('13700110012');
    await page.locator('form[action$="/correct"] button').dblclick();
    await page.waitForSelector('form[action$="/correct"]', { state: 'detached' });
    expect(await page.locator('#apply button').count()).toBe(1);
    await look(page, 'corrected');
    await page.locator('#apply button').dblclick();
    await page.waitForURL(county());
    expect(await page.locator('main').innerText()).toContain('家长补充.csv');
    // Back to the file, which is done with: its page says so.
    await page.goBack();
    await page.reload();
    expect(await page.locator('#choose').count()).toBe(0);
    await page.goto(county());
    await page.locator('tr:has(a:text("家长补充")) a:text("撤回")').click();
    await look(page, 'withdraw');
    await page.locator('textarea[name=reason]').fill('传错了文件');
    await page.locator('input[name=confirmed]').check();
    await page.locator('form.confirm button').click();
    await page.waitForURL(county());
    expect(await page.locator('main').innerText()).toContain('已撤回');
  },
);

test('the school’s pages', { timeout: 240_000 }, async () => {
  await page.goto(`${county()}/schools`);
  await look(page, 'schools-list');
  await page.locator('tbody a').first().click();
  await page.locator('input[name=pupils]').fill('很多');
  await page.locator('form[action*="/schools/"] button').click();
  expect(await page.locator('.errors').innerText()).toContain('学生数：只填数字');
  await look(page, 'school-fault', true);
  await page.goto(`${county()}/upload-links`);
  await page.locator('form[action$="/upload-links"] button').click();
  const link = await page.locator('.hash').first().innerText();
  await look(page, 'upload-links', true);
  const visitor = await (await browser.newContext({ locale: 'zh-CN', viewport: desk })).newPage();
  await visitor.goto(origin + new URL(link).pathname);
  await look(visitor, 'school-upload');
  await visitor
    .locator('input[type=file]')
    .setInputFiles([
      { name: '家长.csv', mimeType: 'text/csv', buffer: Buffer.from(csv(['家长电话'], [['13711223344']])) },
    ]);
  await visitor.locator('main form button').click();
  expect(await visitor.locator('main').innerText()).toContain('家长.csv：1 行');
  await visitor.context().close();
});

test(
  'a survey is set up in fifteen clicks, and comes to its release without a dead end',
  { timeout: 400_000 },
  async () => {
    const tabs = [];
    for (const login of ['operator', 'admin']) {
      const tab = await (await browser.newContext({ locale: 'zh-CN', viewport: desk })).newPage();
      await logInAs(tab, origin, login, password);
      tabs.push(tab);
    }
    const journey = await commissionerJourney([tabs[0]!, tabs[1]!], origin, world, async (tab, name) => {
      // What is filled in by then would be lost.
      await look(tab, `commissioner-${name}`, name === 'new');
      if (name !== 'messages') return;
      // The codes come as a file, and the page says how far it is.
      const [file] = await Promise.all([
        tab.waitForEvent('download'),
        tab.locator('#export button:not([name])').click(),
      ]);
      expect(file.suggestedFilename()).toMatch(/邀请短信\.xlsx$/);
      await tab.locator('[data-export] .task-text', { hasText: '文件已下载' }).waitFor();
      expect(await tab.locator('[data-export] .task-percent').innerText()).toBe('100%');
      // A text that cannot be used is said on the page, as without script.
      await tab.locator('textarea[name=text]').fill('没有答题码');
      await tab.locator('#export button:not([name])').click();
      await tab.locator('.errors', { hasText: '短信内容不能用' }).waitFor();
    });
    expect(journey.deadEnds, journey.pages.join('\n')).toBe(0);
    expect(journey.setUp, journey.pages.join('\n')).toBeLessThanOrEqual(15);
    for (const tab of tabs) await tab.context().close();
  },
);

test(
  'a draft saves itself, a step pressed saves first, and a colleague’s change stops both',
  { timeout: 120_000 },
  async () => {
    const tabs: Page[] = [];
    for (const login of ['operator', 'admin']) {
      const tab = await (await browser.newContext({ locale: 'zh-CN', viewport: desk })).newPage();
      await logInAs(tab, origin, login, password);
      tabs.push(tab);
    }
    const [mine, colleague] = [tabs[0]!, tabs[1]!];
    const setup = `${origin}/staff/campaigns/${(await world.addCampaign()).id}/setup`;
    const told = (tab: Page, words: string) =>
      tab.locator('.autosave', { hasText: words }).waitFor({ state: 'visible' });
    await mine.goto(`${setup}/rules`);
    await colleague.goto(`${setup}/rules`);
    await mine.locator('input[name=name]').fill('自动保存的名称');
    await mine.locator('input[name=name]').press('Tab');
    await told(mine, '已自动保存');
    // Its own save is no conflict for the next one, nor for the step pressed while a field is being left.
    await mine.locator('input[name=commissioner]').fill('示范市督导室');
    await mine.locator('button[name=go][value=counties]').click();
    await mine.waitForURL(`${setup}/counties`);
    await mine.goto(`${setup}/rules`);
    expect(await mine.locator('input[name=name]').inputValue()).toBe('自动保存的名称');
    expect(await mine.locator('input[name=commissioner]').inputValue()).toBe('示范市督导室');

    await colleague.locator('input[name=name]').fill('同事的名称');
    await colleague.locator('input[name=name]').press('Tab');
    await told(colleague, '同事改了这一页的内容');
    await colleague.locator('.acts button[name=save]').click();
    await colleague.locator('#changes').waitFor();
    expect(await colleague.locator('#changes').innerText()).toContain('示范市督导室');
    expect(await colleague.locator('input[name=commissioner]').inputValue()).toBe('示范市督导室');
    await look(colleague, 'conflict', true);
    await colleague.locator('.acts button[name=save]').click();
    await colleague.waitForURL(`${setup}/rules`);
    await mine.reload();
    expect(await mine.locator('input[name=name]').inputValue()).toBe('同事的名称');
    for (const tab of tabs) await tab.context().close();
  },
);

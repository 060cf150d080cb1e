/** An inspection in Chromium, at both widths: sample schools → symposium → spot survey → the same evening → sheet → rectification → re-survey. */
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { openCampaign, releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { changeInspection } from '../../src/operations/inspection/inspection.ts';
import { getRegime } from '../../src/operations/inspection/regimes.ts';
import { unfold } from './engines.ts';
import { desk, overflow, phone } from './browser.ts';
import { answer } from '../support/evidence.ts';
import { launchChromium } from '../support/programs.ts';
import { createStaff, password, type AccountName, type Staff } from '../support/staff.ts';
import { countyA, createWorld, dice, type World } from '../support/world.ts';

const hour = 3_600_000;
const day = 24 * hour;
const shots = process.env['SHOTS'];
let browser: Browser;
let world: World;
let staff: Staff;
let origin: string;
let id: CampaignId;

beforeAll(async () => {
  [browser, world] = await Promise.all([launchChromium(), createWorld()]);
  staff = await createStaff(world);
  const [county] = world.campaignInput().counties;
  ({ id } = await world.addCampaign({ counties: [county!] }));
  await world.fillCounty(id, countyA);
  await changeInspection(world.deps, world.actors.operator, id, countyA, 'rules', {
    do: 'choose',
    regime: await getRegime('basic-2012-shandong'),
    adapted: false,
  });
  await runSurvey(id, [0, 1, 0, 2]);
  await staff.app.listen({ port: 0, host: '127.0.0.1' });
  origin = `http://127.0.0.1:${(staff.app.server.address() as AddressInfo).port}`;
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await staff?.close();
  await world?.close();
}, 60_000);

/** From the roll to the release; contacts answer by turns. */
async function runSurvey(campaign: CampaignId, picks: readonly number[]): Promise<void> {
  const { deps, actors } = world;
  await freezeFrame(deps, actors.operator, campaign, countyA);
  await drawSample(deps, actors.inspector, campaign, countyA, dice);
  await openCampaign(deps, actors.operator, campaign);
  for (const [i, { code }] of (await world.sentCodes(campaign, countyA)).entries())
    await answer(deps, campaign, countyA, code, picks[i % picks.length]!);
  world.passTime(15 * day);
  await closeCampaign(deps, actors.operator, campaign);
  await releaseCampaign(deps, actors.secondOperator, campaign);
}

const inspection = () => `${origin}/staff/campaigns/${id}/counties/${countyA}/inspection`;
const local = (at: number) => new Date(at + 8 * hour).toISOString().slice(0, 16);

/** In a tab of its own: days pass between the steps. */
async function as<T>(login: AccountName, path: string, act: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: phone });
  const page = await context.newPage();
  await page.goto(`${origin}/staff/login`);
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill(password);
  await page.locator('form:has(input[name=password]) button').click();
  await page.waitForURL((url) => !url.pathname.endsWith('/login'));
  await page.goto(`${inspection()}${path}`);
  const result = await act(page);
  await context.close();
  return result;
}

/** Fills in the form that does this and sends it: on a phone, then on a desk, in turn. */
let sent = 0;
async function send(page: Page, name: string, values: Readonly<Record<string, string>>, at = 'body') {
  await page.setViewportSize(sent++ % 2 === 0 ? phone : desk);
  await unfold(page);
  const form = page.locator(`${at} form:has(input[name=do][value="${name}"])`).first();
  await fillIn(form, values);
}
async function fillIn(form: ReturnType<Page['locator']>, values: Readonly<Record<string, string>>) {
  for (const [field, value] of Object.entries(values)) {
    const input = form.locator(`[name="${field}"]`).first();
    if ((await input.evaluate((e: any) => e.tagName)) === 'SELECT') await input.selectOption(value);
    else if ((await input.getAttribute('type')) === 'radio')
      await form.locator(`[name="${field}"][value="${value}"]`).check();
    else await input.fill(value);
  }
  const page = form.page();
  // As many people press buttons: what they send is done once, and what came of it has the keyboard's place.
  // The second click ends the first one's way to the next page, so a page is waited for, not a way to it.
  await page.evaluate(() => ((globalThis as any).isBefore = true));
  await form.locator('button').dblclick();
  await page.waitForFunction(
    () => !(globalThis as any).isBefore && (globalThis as any).document.readyState === 'complete',
  );
  const faults = await page.locator('.errors').allInnerTexts();
  expect(faults).toEqual([]);
  if (new URL(page.url()).hash === '') await page.locator('.feedback:focus').waitFor({ timeout: 5_000 });
}

/** What it says, with everything unfolded and at both widths no wider than the screen. */
async function look(page: Page, name: string): Promise<string> {
  await unfold(page);
  for (const [width, viewport] of Object.entries({ 360: phone, 1280: desk })) {
    await page.setViewportSize(viewport);
    expect(await overflow(page), `${name} at ${width}`).toBeLessThanOrEqual(0);
    if (!shots) continue;
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: `${shots}/${name}-${width}.png`, fullPage: true });
  }
  return page.locator('main').innerText();
}

test('an inspection from the sample schools to the re-survey', { timeout: 300_000 }, async () => {
  const { deps, actors } = world;
  // Without sample schools there is no spot survey: the page leads to where they are drawn.
  await as('inspector-a', '/onsite', async (page) => {
    await page.locator('#spot .empty a').click();
    expect(new URL(page.url()).pathname).toMatch(/\/inspection\/sample$/);
  });
  await as('inspector-a', '/sample', async (page) => {
    await send(page, 'draw', { count: '3', dice });
    expect(await look(page, 'sample')).toContain('3 所');
  });

  await as('inspector-a', '/onsite', async (page) => {
    const plan = { kind: 'parents', on: '2026-05-11', at: '14:30', minutes: '60', place: '第一小学会议室' };
    await send(page, 'plan', plan);
    await page.goto(`${inspection()}/onsite/symposiums/1`);
    await send(page, 'hold', { present: '9', lasted: '55' });
    await send(page, 'note', { dimension: 'regulation', mark: 'problem', text: '书面作业超过一小时' });
    expect(await look(page, 'symposium')).toContain('书面作业超过一小时');
  });
  const versions = await deps.storage.listInspectionVersions(id, countyA);
  expect(versions.filter(({ record }) => record === 'symposiums').map(({ change }) => change)).toEqual([
    'note',
    'hold',
    'plan',
  ]);

  // In two minutes: by slips, no roll.
  await as('operator', '/onsite', async (page) => {
    await unfold(page);
    const closesAt = local(world.now() + 6 * hour);
    await fillIn(page.locator('form[action$="/spot"]'), {
      'slips-parent': '40',
      'slips-teacher': '0',
      closesAt,
    });
    expect(await look(page, 'spot')).toContain('答题条');
  });
  const spot = (await deps.storage.listCampaigns()).find((c) => c.purpose === 'spot-check')!;
  for (const [i, { code }] of (await world.sentCodes(spot.id, countyA, 'slips')).entries())
    await answer(deps, spot.id, countyA, code, i % 4, { channel: 'kiosk' });
  world.passTime(7 * hour);
  await closeCampaign(deps, actors.operator, spot.id);
  await releaseCampaign(deps, actors.secondOperator, spot.id);
  await as('official-a', '/onsite', async (page) => {
    expect(await look(page, 'evening')).toContain('相差的区间');
  });

  await as('official-a', '', async (page) => {
    const text = await look(page, 'sheet');
    for (const word of ['公众满意度', '一票否决', '缺材料']) expect(text).toContain(word);
    // What nobody has judged yet is named in the first sentence, and a veto is never “met”.
    expect(text).toMatch(/\d+ 项中通过 \d+ 项。(还缺材料|未通过)：.+。/);
    const vetoes = await page.locator('tr', { hasText: '一票否决：' }).allInnerTexts();
    expect(vetoes.length).toBeGreaterThan(0);
    for (const row of vetoes) expect(row).toMatch(/未判定|未触发|已触发|不能判定/);
  });

  // The archive: what is not there yet can be listed alone.
  await as('official-a', '/archive', async (page) => {
    await send(page, 'put', { state: 'ready', place: '档案柜 3-2' }, 'tbody tr:nth-child(2)');
    const all = await page.locator('tbody tr').count();
    expect(all).toBeGreaterThan(20);
    await page.locator('.filter a', { hasText: '未备齐' }).click();
    expect(await page.locator('tbody tr').count()).toBe(all - 1);
    expect(await look(page, 'archive')).not.toContain('档案柜 3-2');
    // On a phone the item stands above its state, and a row says nothing twice.
    await page.setViewportSize(phone);
    expect(await page.locator('tbody th').first().innerText()).toMatch(/^1\. ./);
    expect(await page.locator('td[data-label="填写"]').count()).toBe(0);
    await page.locator('.filter a', { hasText: '已备齐' }).click();
    expect(await page.locator('tbody tr').count()).toBe(1);
  });

  // Every version is kept, so every version is shown, fifty at a time.
  for (let no = 0; no < 50; no++)
    await changeInspection(deps, actors.official, id, countyA, 'archive', {
      ...{ do: 'put', no: 3, state: 'partial', place: `第 ${no} 柜`, hash: null },
    });
  const kept = (await deps.storage.listInspectionVersions(id, countyA)).length;
  await as('inspector-a', '', async (page) => {
    expect(await page.locator('#list-history').innerText()).toContain(`共 ${kept} 条`);
    await page.locator('#list-history .pager a[rel=next]').click();
    expect(await page.locator('#list-history tbody tr').count()).toBe(kept - 50);
    await page.locator('#list-history input[type=search]').fill('认定规则');
    await page.locator('#list-history .find button').click();
    expect(await page.locator('#list-history tbody tr').count()).toBe(1);
  });

  const name = '县满意度复查调查';
  await as('official-a', '/rectification', async (page) => {
    await send(page, 'collect', { lowest: '4' });
    const text = await look(page, 'list');
    expect(text).toContain('书面作业超过一小时');
    expect(text.match(/满意度题目/g)!.length).toBeGreaterThanOrEqual(4);
    const measure = {
      unit: '县教体局基教科',
      role: '科长',
      measure: '分年级公示作业时间',
      due: '2026-12-31',
    };
    await send(page, 'plan', measure, 'tbody tr:nth-child(1)');
    await send(page, 'report', { evidence: '作业公示制度' }, 'tbody tr:nth-child(1)');
  });
  await as('inspector-a', '/rectification', async (page) => {
    await send(page, 'draw', { dice });
    await send(page, 'check', { passes: 'true', note: '抽查两个班级，属实' });
    await send(page, 'end-round', {});
    const text = await look(page, 're-inspection');
    expect(text).toContain('已销号');
    // What a repetition of the draw needs.
    expect(text).toContain('“rectification 1”');
  });
  await as('operator', '/rectification', async (page) => {
    await unfold(page);
    const closesAt = local(world.now() + 14 * day);
    await fillIn(page.locator('form[action$="/re-survey"]'), { name, closesAt });
    expect(page.url()).not.toContain(id);
  });
  const again = (await deps.storage.listCampaigns()).find((c) => c.name === name)!;
  await world.fillCounty(again.id, countyA);
  await runSurvey(again.id, [0, 1, 1, 0, 2]);
  await as('official-a', '/rectification', async (page) => {
    const text = await look(page, 're-survey');
    expect(text).toContain(name);
    // Now less before, with the interval of the difference.
    expect(text).toMatch(/[+−]\d+\.\d\s+[+−]\d+\.\d 至 [+−]\d+\.\d/);
  });
});

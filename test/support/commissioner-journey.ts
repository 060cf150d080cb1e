/** A commissioner's whole journey in a browser, counting what has to be pressed: the survey is set up, opened, its codes handed out, closed early and released, the last two by two people. */
import type { Page } from 'playwright-core';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { startJourney, type Journey } from './official-journey.ts';
import { countyA, dice, type World } from './world.ts';

export interface CommissionerJourney extends Journey {
  /** Of the clicks, those from the list of surveys to the frozen roll. */
  readonly setUp: number;
}

/** @param pages of the two people, each logged in; the second only agrees */
export async function commissionerJourney(
  [page, second]: readonly [Page, Page],
  origin: string,
  world: World,
  seen: (page: Page, name: string) => Promise<void> = async () => undefined,
): Promise<CommissionerJourney> {
  const { journey, press, choose } = startJourney(page);
  const other = startJourney(second);
  const tick = (selector: string) => press(selector, false);
  await page.goto(`${origin}/staff`);

  // What the survey is, and by which rules.
  await press('a[href="/staff/campaigns/new"]');
  await page.locator('input[name=name]').fill('2026 年公众满意度调查');
  await choose('select[name=purpose]', 'city-review');
  await page.locator('input[name=commissioner]').fill('示范市教育督导室');
  await page.locator('input[name=commissionerPhone]').fill('0531-88886666');
  await tick('input[name=demo]');
  await tick('input[name=profile][value="basic-2012-county"]');
  await seen(page, 'new');
  await press('form[action="/staff/campaigns"] button');
  // Where, and until when.
  await page.locator('textarea[name=add]').fill('990101 云溪县 300000');
  await press('button[name=next]');
  // What is asked, and what people get.
  await seen(page, 'texts');
  await press('button[name=next]');
  // How many: 210 answers of 65 in 100.
  await page.locator('#f-valid').fill('210');
  await page.locator('#f-of100').fill('65');
  await press('form[action*="/setup/quotas"] button');
  await press('form[action$="/quotas/raise"] button');
  await seen(page, 'quotas');
  await press('main p > a.button[href$="/setup/freeze"]');
  const id = /campaigns\/([^/]+)/.exec(page.url())![1] as CampaignId;
  // Until there is a roll, the page leads to it. The county uploads its rolls, and the commissioner comes back.
  await page.locator(`main a[href*="/counties/${countyA}"]`).first().waitFor();
  await world.fillCounty(id, countyA);
  await page.reload();
  await press('a[href$="/freeze"][href*="/counties/"]');
  await seen(page, 'freeze');
  await tick('input[name=confirmed]');
  await press('form.confirm button');
  const setUp = journey.clicks;

  // The inspector throws the dice.
  await drawSample(world.deps, world.actors.inspector, id, countyA, dice);
  await page.goto(`${origin}/staff/campaigns/${id}`);
  await press('a.button[href$="/open"]');
  await seen(page, 'open');
  await tick('input[name=confirmed]');
  await press('form.confirm button');
  await press(`a[href$="/counties/${countyA}/messages"]`);
  await seen(page, 'messages');
  await press('a[href$="/paper"]');
  await seen(page, 'paper');

  await page.goto(`${origin}/staff/campaigns/${id}`);
  for (const step of ['close', 'release'] as const) {
    await press(`main a[href$="/${step}"]`);
    await page.locator('[name=reason]').fill('汛期停课，全县停止调查');
    await tick('input[name=confirmed]');
    await press('form.confirm button');
    await seen(page, `${step}-asked`);
    await second.goto(`${origin}/staff/campaigns/${id}/${step}`);
    await seen(second, step);
    await other.press('input[name=confirmed]', false);
    await other.press('form.confirm button');
    // Counting takes its time; the page says how far it is.
    const ended = { close: 'closed', release: 'released' } as const;
    while ((await world.campaign(id)).state !== ended[step]) await second.waitForTimeout(100);
    await page.goto(`${origin}/staff/campaigns/${id}`);
    await seen(page, `${step}d`);
  }
  // Whose time is over shows the state.
  for (const step of ['open', 'close', 'release', 'setup/texts', 'setup/quotas', 'setup/freeze', 'delete'])
    if ((await page.goto(`${origin}/staff/campaigns/${id}/${step}`))!.status() !== 200) journey.deadEnds += 1;
  return {
    setUp,
    clicks: journey.clicks + other.journey.clicks,
    deadEnds: journey.deadEnds + other.journey.deadEnds,
    pages: [...journey.pages, ...other.journey.pages],
  };
}

export async function logInAs(page: Page, origin: string, login: string, password: string): Promise<void> {
  await page.goto(`${origin}/staff/login`);
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill(password);
  await page.locator('form:has(input[name=password]) button').click();
  await page.waitForURL((url) => !url.pathname.endsWith('/login'));
}

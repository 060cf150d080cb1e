/** A campaign's counties while answers come: where each stands against the floor, and for whom. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { viewProgress } from '../../src/operations/summary/monitoring.ts';
import { takeSnapshots } from '../../src/operations/summary/rates.ts';
import { answer } from '../support/evidence.ts';
import { countyA, countyB, openedWorldOfTwo, type World } from '../support/world.ts';

let world: World;
let id: CampaignId;
beforeEach(async () => {
  const opened = await openedWorldOfTwo();
  ({ world } = opened);
  id = opened.campaign.id;
});
afterEach(() => world.close());

it('shows the county that lacks most first, in bands of the last snapshot', async () => {
  const { operator } = world.actors;
  const before = await viewProgress(world.deps, operator, id);
  expect(before?.counties.map((c) => [c.county, c.at, c.band, c.missing])).toEqual([
    [countyA, null, null, null],
    [countyB, null, null, null],
  ]);
  const sent = await world.sentCodes(id, countyA);
  for (const { code } of sent) await answer(world.deps, id, countyA, code, 1);
  world.passTime(24 * 3_600_000);
  const at = world.now();
  await takeSnapshots(world.deps);
  const progress = await viewProgress(world.deps, operator, id);
  expect(progress?.counties.map((c) => [c.county, c.at])).toEqual([
    [countyB, at],
    [countyA, at],
  ]);
  const [none, all] = progress!.counties;
  expect(none!.band).toMatchObject({ low: 0 });
  expect(none!.missing).toMatchObject({ kind: 'about' });
  // Twelve have slips in place of phones, and did not answer.
  const issued = sent.length + 12;
  expect(all!.band!.issued).toBe(issued);
  expect(all!.band!.low).toBeLessThanOrEqual((100 * sent.length) / issued);
  expect(all!.band!.high).toBeGreaterThanOrEqual((100 * sent.length) / issued);
  expect(all!.missing).toEqual({ kind: 'reached' });
});

it('shows an official the own county alone, and an interviewer none', async () => {
  const { officialOfB, interviewer } = world.actors;
  const own = await viewProgress(world.deps, officialOfB, id);
  expect(own?.counties.map((c) => c.county)).toEqual([countyB]);
  expect((await viewProgress(world.deps, interviewer, id))?.counties).toEqual([]);
});

it('is over with the answers', async () => {
  await closeCampaign(world.deps, world.actors.operator, id);
  expect(await viewProgress(world.deps, world.actors.operator, id)).toBeNull();
});

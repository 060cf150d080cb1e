/** A wrong clock destroys nothing: what cannot be undone waits until a person has confirmed the date. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { closeDue } from '../../src/operations/campaign/closing.ts';
import { expireDue } from '../../src/operations/campaign/expiry.ts';
import { createClockWatch } from '../../src/operations/service/service-time.ts';
import { takeSnapshots } from '../../src/operations/summary/rates.ts';
import { countyA, createWorld, type World } from '../support/world.ts';

const day = 86_400_000;
let world: World;
let id: CampaignId;
let running = 0;
let look: () => Promise<unknown>;

beforeEach(async () => {
  world = await createWorld();
  ({ id } = await world.openedCampaign());
  running = 0;
  look = createClockWatch(world.deps, () => running);
  await look();
});
afterEach(() => world.close());

/** The schedule's minute. */
async function minute(): Promise<void> {
  running += 60_000.375;
  world.passTime(60_000);
  await look();
  await closeDue(world.deps);
  await takeSnapshots(world.deps);
  await expireDue(world.deps);
}

test('a clock that is 400 days ahead for a minute closes, erases and destroys nothing', async () => {
  world.passTime(400 * day);
  await minute();
  world.passTime(-400 * day);
  await minute();
  expect(await world.campaign(id)).toMatchObject({ state: 'open', expiredAt: null });
  for (const name of ['pseudonym', 'contacts', 'text'] as const)
    expect(world.deps.keys.has(id, name)).toBe(true);
  expect(await world.deps.storage.findLatestSnapshot(id, countyA)).toBeUndefined();
});

test('a restart with a wrong clock neither', async () => {
  world.passTime(400 * day);
  look = createClockWatch(world.deps, () => running);
  await minute();
  await minute();
  expect(await world.campaign(id)).toMatchObject({ state: 'open' });
});

test('once the date is confirmed, what is due is closed; erasing waits for a day of running time', async () => {
  world.passTime(500 * day);
  await minute();
  const stamp = { at: world.now(), actor: world.actors.administrator };
  await world.deps.storage.confirmTime(stamp);
  await minute();
  expect(await world.campaign(id)).toMatchObject({ state: 'closed', expiredAt: null });
  for (let i = 0; i < 23; i++) {
    running += 3_600_000.25;
    world.passTime(3_600_000);
    await look();
    await expireDue(world.deps);
  }
  expect(await world.campaign(id)).toMatchObject({ expiredAt: null });
  for (let i = 0; i < 30; i++) {
    running += 3_600_000.25;
    world.passTime(3_600_000);
    await look();
    await expireDue(world.deps);
  }
  expect((await world.campaign(id)).expiredAt).not.toBeNull();
});

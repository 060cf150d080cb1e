/** Compacting stops everybody's answers, so it waits for the night while another campaign is open, and is not forgotten. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { compactDue } from '../../src/operations/service/compaction.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { createWorld, type World } from '../support/world.ts';

const hour = 3_600_000;
let world: World;
let compactions: number;
let deps: Deps;
beforeEach(async () => {
  world = await createWorld();
  compactions = 0;
  const storage = new Proxy(world.storage, {
    get(target, name) {
      if (name === 'compact') compactions++;
      return Reflect.get(target, name, target) as unknown;
    },
  });
  deps = { ...world.deps, storage };
});
afterEach(() => world.close());

const open = async (): Promise<CampaignId> =>
  (await world.openedCampaign({ counties: [world.campaignInput().counties[1]!] })).id;

it('is done at close while nobody answers', async () => {
  const id = await open();
  await closeCampaign(deps, world.actors.operator, id);
  expect(compactions).toBe(1);
  expect(await deps.storage.findDeferredCompaction()).toBeNull();
  await compactDue(deps);
  expect(compactions).toBe(1);
});

it('waits for the night while another campaign is open', async () => {
  const [id, other] = [await open(), await open()];
  await closeCampaign(deps, world.actors.operator, id);
  expect((await world.campaign(id)).state).toBe('closed');
  expect(compactions).toBe(0);
  const since = await deps.storage.findDeferredCompaction();
  expect(world.now() - since!).toBeLessThan(hour);
  // The world's clock stands at ten in the morning.
  world.passTime(16 * hour);
  await compactDue(deps);
  expect(compactions).toBe(0);
  world.passTime(hour + 1);
  await compactDue(deps);
  expect(compactions).toBe(1);
  expect(await deps.storage.findDeferredCompaction()).toBeNull();
  await compactDue(deps);
  expect(compactions).toBe(1);
  expect((await world.campaign(other)).state).toBe('open');
});

it('is done as soon as the last open campaign is closed', async () => {
  const [id, other] = [await open(), await open()];
  await closeCampaign(deps, world.actors.operator, id);
  expect(compactions).toBe(0);
  await closeCampaign(deps, world.actors.operator, other);
  expect(compactions).toBe(1);
  expect(await deps.storage.findDeferredCompaction()).toBeNull();
});

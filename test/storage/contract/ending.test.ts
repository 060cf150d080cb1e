/**
 * The end of a survey and of its storage period, on each engine: two processes that do it at once do each step once, and on PostgreSQL nothing that was
 * erased is left in the files of the database.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closingSteps, expirySteps } from '../../../src/domain/campaign/life-cycle.ts';
import type { CampaignId } from '../../../src/domain/model/ids.ts';
import { closeCampaign } from '../../../src/operations/campaign/closing.ts';
import { expireCampaign } from '../../../src/operations/campaign/expiry.ts';
import type { Deps } from '../../../src/operations/deps.ts';
import { sealDueLots } from '../../../src/operations/evidence/evidence.ts';
import { openPostgresStorage } from '../../../src/storage/postgres/index.ts';
import type { Storage } from '../../../src/storage/port/index.ts';
import { holdClock } from '../../support/clock.ts';
import { engines } from '../../support/engines.ts';
import { answer } from '../../support/evidence.ts';
import { sharedServer } from '../../support/postgres.ts';
import { countyA, openedWorld, type World } from '../../support/world.ts';

const day = 86_400_000;

describe.each(engines.filter((e) => e.missing === false))('on $name', ({ name }) => {
  let world: World;
  let id: CampaignId;
  let other: Storage;
  let processes: readonly [Deps, Deps];
  /** Random numbers of answers, as long as their rows hold them. */
  let before: readonly Uint8Array[];

  beforeAll(async () => {
    const opened = await openedWorld({ engine: name });
    ({ world } = opened);
    ({ id } = opened.campaign);
    other = world.database === null ? world.storage : await openPostgresStorage({ url: world.database });
    processes = [world.deps, { ...world.deps, storage: other }];
    const codes = (await world.sentCodes(id, countyA)).map((s) => s.code);
    for (const [i, code] of codes.entries())
      if (i % 2 === 0) await answer(world.deps, id, countyA, code, i % 4);
    for (const [i, code] of codes.entries())
      if (i % 6 === 0) await answer(world.deps, id, countyA, code, (i + 1) % 4);
  });
  afterAll(async () => {
    if (other !== world?.storage) await other?.close();
    await world?.close();
  });

  /** Entries of the trail whose action begins so, in the order of the alphabet. */
  const actionsOf = async (start: RegExp) =>
    (await world.storage.listTrail({ campaign: id, counties: null, before: null, limit: 1000 }))
      .map((e) => e.action)
      .filter((action) => start.test(action))
      .sort();
  const contents = async () => {
    const leaves = await world.storage.listLeaves(id, countyA, 0, 10_000);
    return leaves.flatMap(({ contents: own }) => (own === null ? [] : [own.subarray(0, 16)]));
  };
  /** Whoever comes second may be told so; what he would have done is done. */
  async function together(work: (deps: Deps) => Promise<unknown>): Promise<void> {
    const outcomes = await Promise.allSettled(processes.map(work));
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ kind: 'conflict' });
  }
  /** How many of these stand anywhere in the files of the database. */
  async function inFiles(needles: readonly Uint8Array[]): Promise<number> {
    const server = await sharedServer();
    const database = new URL(world.database!).pathname.slice(1);
    await server.query('CHECKPOINT', database);
    const { rows } = await server.query(
      'SELECT oid FROM pg_database WHERE datname = current_database()',
      database,
    );
    const folder = join(server.directory, 'data', 'base', String((rows[0] as { oid: number }).oid));
    const files = readdirSync(folder).flatMap((file) => {
      try {
        return [readFileSync(join(folder, file))];
      } catch (error) {
        // The server removes files of its own at any time, as it does with pg_internal.init: one that is gone contains nothing.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    });
    return needles.filter((needle) => files.some((file) => file.includes(Buffer.from(needle)))).length;
  }

  /** As the server does by itself once enough rows have changed. */
  async function analyze(): Promise<void> {
    if (world.database !== null)
      await (await sharedServer()).query('ANALYZE', new URL(world.database).pathname.slice(1));
  }

  test('sealed by two at once: every answer stands in the log once', async () => {
    world.passTime(day);
    await together((deps) => sealDueLots(deps));
    await sealDueLots(world.deps);
    before = await contents();
    expect(new Set(before.map((n) => Buffer.from(n).toString('hex'))).size).toBe(before.length);
    expect(before.length).toBeGreaterThan(40);
  });

  test('closed by two at once: each step is done once', async () => {
    await analyze();
    await together((deps) => closeCampaign(deps, world.actors.operator, id));
    await together((deps) => closeCampaign(deps, world.actors.operator, id));
    expect(await world.campaign(id)).toMatchObject({ state: 'closed', closingStep: null });
    const steps = closingSteps.slice(0, -1).map((step) => `closing.${step}`);
    expect(await actionsOf(/^closing\.|^campaign\.clos/)).toEqual(
      ['campaign.closed', 'campaign.closing', ...steps].sort(),
    );
    const [found] = await other.recount(id, [countyA]);
    expect(found).toMatchObject({ counted: true, differences: [] });
    const [audited] = await other.auditLogs(id, [{ county: countyA, key: null }]);
    expect(audited!.differences).toEqual([]);
    // Superseded answers are gone, those that count are there.
    const left = await contents();
    const kept = new Set(left.map((n) => Buffer.from(n).toString('hex')));
    const gone = before.filter((n) => !kept.has(Buffer.from(n).toString('hex')));
    expect(gone.length).toBeGreaterThan(2);
    if (world.database === null) return;
    expect(await inFiles(left)).toBe(left.length);
    expect(await inFiles(gone)).toBe(0);
  });

  test('its storage period ended by two at once: each step is done once', async () => {
    const counted = await contents();
    await analyze();
    const { storageUntil } = await world.campaign(id);
    world.passTime(storageUntil - world.now() + day);
    await holdClock(world.storage, world.now());
    await together((deps) => expireCampaign(deps, world.actors.operator, id));
    const { expiredAt } = await world.campaign(id);
    if (expiredAt === null) await expireCampaign(world.deps, world.actors.operator, id);
    const steps = expirySteps.slice(0, -1).map((step) => `expiry.${step}`);
    expect(await actionsOf(/^expiry\.|^campaign\.expired/)).toEqual(
      ['campaign.expired', 'expiry.begin', ...steps].sort(),
    );
    expect(await contents()).toEqual([]);
    const [found] = await other.recount(id, [countyA]);
    expect(found).toMatchObject({ erased: true, differences: [] });
    if (world.database !== null) expect(await inFiles(counted)).toBe(0);
  });
});

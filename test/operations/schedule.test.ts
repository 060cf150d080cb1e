/** One campaign that cannot be closed, sealed, expired or counted for the day keeps no other one waiting: each is tried, and named in the log. */
import Database from 'better-sqlite3';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Campaign } from '../../src/domain/model/campaign.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { importFates } from '../../src/operations/message/fates.ts';
import { assertKeysFit } from '../../src/operations/service/installation.ts';
import { createDue, resumeInterrupted } from '../../src/schedule.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { holdClock } from '../support/clock.ts';
import { bytesOf, countyA, createWorld, csv, smallProfile, type World } from '../support/world.ts';

const day = 86_400_000;
let world: World;
let deps: Deps;
/** Newest first, as the schedule goes: one whose rule profile is damaged, a sound one, one that lost a key, a sound one. */
let damaged: Campaign;
let sound: Campaign;
let keyless: Campaign;
let last: Campaign;
let keyFile: string;
let key: string;

beforeAll(async () => {
  world = await createWorld();
  const counties = world.campaignInput().counties.slice(0, 1);
  last = await world.openedCampaign({ counties });
  keyless = await world.openedCampaign({ counties });
  sound = await world.openedCampaign({ counties });
  damaged = await world.openedCampaign({ counties, profile: smallProfile({ minimumCell: 6 }) });
  const [sent] = await world.sentCodes(keyless.id, countyA);
  const report = {
    fileName: 'report.csv',
    source: bytesOf(csv(['手机号', '状态'], [[sent!.phone, '空号']])),
  };
  await importFates(world.deps, world.actors.operator, keyless.id, countyA, report);
  await world.storage.close();

  const raw = new Database(join(world.dataDir, 'manyi.db'));
  const edit = raw.prepare('UPDATE documents SET body = replace(body, ?, ?) WHERE hash = ?');
  expect(edit.run('"minimumCell":6', '"minimumCell":5', damaged.profile).changes).toBe(1);
  raw.close();
  const keys = join(world.directory, 'keys');
  keyFile = join(keys, keyless.id, 'pseudonym.key');
  key = readFileSync(keyFile, 'utf8');
  rmSync(keyFile);
  deps = {
    ...world.deps,
    storage: await openSqliteStorage({ directory: world.dataDir, inline: true }),
    keys: createFileKeyStore(keys),
  };
});
afterAll(async () => {
  await deps.storage.close();
  await world.close();
});

const runDue = () => createDue(deps, () => Promise.resolve())();
const stateOf = async ({ id }: Campaign) => {
  const found = (await deps.storage.findCampaign(id))!;
  return found.closingStep ?? (found.expiredAt === null ? found.state : 'expired');
};
/** What was logged of each campaign since the last call. */
function failures(): readonly unknown[] {
  const found = world.logged
    .splice(0)
    .filter((l) => l.event === 'schedule.campaign-failed')
    .map((l) => l.details as { campaign: string; work: string; err: Error });
  return found.map(({ campaign, work, err }) => [campaign, work, err.message]);
}

describe('among others that are sound', () => {
  test('a campaign whose row is damaged is named, and keeps them from nothing', async () => {
    const raw = new Database(join(world.dataDir, 'manyi.db'));
    const row = raw.prepare('SELECT questionnaires FROM campaigns WHERE id = ?').pluck();
    const write = async (text: string) => {
      raw.prepare('UPDATE campaigns SET questionnaires = ? WHERE id = ?').run(text, last.id);
      // What was read is remembered until something is written.
      await deps.storage.probeWrite();
    };
    const before = row.get(last.id) as string;
    for (const broken of ['[{"no":', '[{"no":1}]']) {
      await write(broken);
      world.logged.splice(0);
      const due = createDue(deps, () => Promise.resolve());
      world.passTime(day);
      await due();
      expect((await deps.storage.listCampaigns()).map((c) => c.id)).toEqual([
        damaged.id,
        sound.id,
        keyless.id,
      ]);
      expect(await deps.storage.listBrokenCampaigns()).toEqual([
        { id: last.id, state: 'open', fault: 'campaigns.questionnaires' },
      ]);
      expect(world.logged.filter((l) => l.event === 'campaign.broken').map((l) => l.details)).toEqual([
        { campaign: last.id, column: 'campaigns.questionnaires' },
      ]);
      expect((await deps.storage.findLog(sound.id, countyA))!.sealedAt).toBe(deps.now());
      expect((await deps.storage.findLog(last.id, countyA))!.sealedAt).toBeNull();
      await expect(deps.storage.findCampaign(last.id)).rejects.toMatchObject({ message: 'storage.corrupt' });
    }
    // Neither does a start take the database for an empty one beside keys, nor a backup what came in for one without its key.
    await assertKeysFit(deps, false);
    await write(before);
    raw.close();
    expect(await deps.storage.listBrokenCampaigns()).toEqual([]);
  });

  test('a campaign whose rule profile is damaged keeps them from no snapshot and no lot', async () => {
    failures();
    world.passTime(day);
    await runDue();
    const broken = 'campaign.document-broken';
    expect(failures()).toEqual([
      [damaged.id, 'take snapshot', broken],
      [damaged.id, 'seal lot', broken],
    ]);
    for (const { id } of [sound, keyless, last]) {
      expect(await deps.storage.findLatestSnapshot(id, countyA)).toBeDefined();
      expect((await deps.storage.findLog(id, countyA))!.sealedAt).toBe(deps.now());
    }
    expect(await deps.storage.findLatestSnapshot(damaged.id, countyA)).toBeUndefined();
    expect((await deps.storage.findLog(damaged.id, countyA))!.sealedAt).toBeNull();
  });

  test('neither it nor one that lost a key keeps them from closing, and what is mended goes on', async () => {
    world.passTime(last.closesAt - world.now());
    await runDue();
    const stuck = [
      [damaged.id, 'close', 'campaign.document-broken'],
      [keyless.id, 'close', 'keys.missing'],
    ];
    expect(failures()).toEqual(stuck);
    expect(await Promise.all([damaged, sound, keyless, last].map(stateOf))).toEqual([
      'count',
      'closed',
      'count',
      'closed',
    ]);
    // At every start, and every minute.
    await resumeInterrupted(deps);
    expect(failures()).toEqual(stuck.map(([id, , why]) => [id, 'resume closing', why]));
    writeFileSync(keyFile, key, { mode: 0o600 });
    await runDue();
    expect(failures()).toEqual(stuck.slice(0, 1));
    expect(await stateOf(keyless)).toBe('closed');
  });

  test('one whose key cannot be destroyed keeps them from no end of their storage period', async () => {
    const contacts = join(world.directory, 'keys', sound.id, 'contacts.key');
    rmSync(contacts);
    mkdirSync(contacts);
    world.passTime(last.storageUntil - world.now() + day);
    await holdClock(deps.storage, deps.now());
    await runDue();
    expect(failures().filter((f) => (f as string[])[0] === sound.id)).toMatchObject([
      [sound.id, 'end storage period', expect.stringContaining('EISDIR')],
    ]);
    expect(await Promise.all([damaged, sound, keyless, last].map(stateOf))).toEqual([
      'count',
      'closed',
      'expired',
      'expired',
    ]);
    expect((await deps.storage.findCampaign(sound.id))!.expiryStep).toBe('destroy-keys');
  });
});

/**
 * The upgrade from the version that counted as answers came in, in the middle of a survey: what it had counted of campaigns that were not counted at close
 * is gone and never used, their answers are counted from the rows, and what was counted at close stays.
 */
import Database from 'better-sqlite3';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TallyCell } from '../../src/domain/scoring/tally/tally.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { migrate, readMigrations } from '../../src/storage/sqlite/migrate.ts';
import { answerSurvey, campaign, countyCode, createSurvey } from '../bench/support/survey.ts';
import { completeCount, countCampaign, countCounties } from '../support/count-campaign.ts';

const size = { counties: 3, codes: 900, answered: 600 };
const counties = [0, 1, 2].map(countyCode);
/** Bytes of no tally: whoever reads them fails. */
const stale = Buffer.from('stale');
const before = readMigrations().findIndex((m) => m.tag.endsWith('_forget_open_tallies'));

let folder: string;
/** What this version counts without an upgrade. */
let expected: readonly (readonly TallyCell[])[];

const tallies = (storage: Storage) =>
  Promise.all(counties.map((county) => storage.readTallies(campaign, county)));
const open = (name: string) => openSqliteStorage({ directory: join(folder, name), inline: true });

/** `stage`, with the schema before, and for the counties named the tallies that the version before left behind. */
function asBefore(stage: string, name: string, uncounted: readonly number[]): void {
  mkdirSync(join(folder, name));
  const raw = new Database(join(folder, name, 'manyi.db'));
  migrate(raw, readMigrations().slice(0, before));
  raw.pragma('foreign_keys = OFF');
  raw.prepare('ATTACH ? AS later').run(join(folder, stage, 'manyi.db'));
  const names = raw
    .prepare("SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    .pluck()
    .all() as string[];
  for (const table of names) {
    if (table === 'migrations_applied') continue;
    const columns = (raw.pragma(`table_info(${table})`) as { name: string }[])
      .map((c) => `"${c.name}"`)
      .join(', ');
    raw.exec(
      `DELETE FROM main.${table}; INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM later.${table}`,
    );
  }
  const put = raw.prepare('INSERT INTO main.tallies VALUES (1, ?, 1, 1, 1, 0, 0, 1, ?)');
  for (const c of uncounted) put.run(Number(counties[c]), stale);
  raw.close();
}

const stored = (name: string) => {
  const raw = new Database(join(folder, name, 'manyi.db'), { readonly: true });
  const found = raw.prepare('SELECT county, count(*) FROM tallies GROUP BY county').raw().all() as number[][];
  raw.close();
  return found.map(([county]) => counties.indexOf(String(county) as (typeof counties)[number]));
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-upgrade-'));
  const storage = await open('open');
  await createSurvey(storage, join(folder, 'keys'), size);
  await answerSurvey(storage, join(folder, 'keys'), size, 0, size.answered);
  await answerSurvey(storage, join(folder, 'keys'), size, 0, 200);
  await storage.close();
  mkdirSync(join(folder, 'counting'));
  copyFileSync(join(folder, 'open', 'manyi.db'), join(folder, 'counting', 'manyi.db'));
  const counting = await open('counting');
  await countCampaign(counting, campaign, counties.slice(0, 1));
  await counting.close();
  mkdirSync(join(folder, 'counted'));
  copyFileSync(join(folder, 'counting', 'manyi.db'), join(folder, 'counted', 'manyi.db'));
  const counted = await open('counted');
  await countCounties(counted, campaign, counties.slice(1));
  await completeCount(counted, campaign);
  expected = await tallies(counted);
  await counted.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function expectRight(storage: Storage, counted: readonly boolean[]): Promise<void> {
  expect(await tallies(storage)).toEqual(expected);
  const results = await storage.recount(campaign, counties);
  expect(results.flatMap((r) => r.differences)).toEqual([]);
  expect(results.map((r) => r.counted)).toEqual(counted);
  expect(results.reduce((n, r) => n + r.responses, 0)).toBe(size.answered);
  for (const [c, county] of counties.entries()) {
    const counts = await storage.countResponses(campaign, county);
    expect(counts.reduce((n, s) => n + s.answered, 0)).toBe(results[c]!.responses);
  }
}

describe('a database of the version before', () => {
  it('with an open campaign: its answers count, and closing counts them', async () => {
    asBefore('open', 'open-before', [0, 1, 2]);
    expect(stored('open-before')).toEqual([0, 1, 2]);
    const storage = await open('open-before');
    expect(stored('open-before')).toEqual([]);
    await expectRight(storage, [false, false, false]);
    await countCampaign(storage, campaign, counties);
    await completeCount(storage, campaign);
    await expectRight(storage, [true, true, true]);
    await storage.close();
  });

  it('in the middle of its count: what is counted stays, the others are counted anew', async () => {
    asBefore('counting', 'counting-before', [1, 2]);
    expect(stored('counting-before')).toEqual([0, 1, 2]);
    const storage = await open('counting-before');
    expect(stored('counting-before')).toEqual([0]);
    await expectRight(storage, [true, false, false]);
    await countCounties(storage, campaign, counties);
    await completeCount(storage, campaign);
    await expectRight(storage, [true, true, true]);
    await storage.close();
  });

  it('with a campaign that was counted: it keeps its tallies', async () => {
    asBefore('counted', 'counted-before', []);
    const storage = await open('counted-before');
    expect(stored('counted-before')).toEqual([0, 1, 2]);
    await expectRight(storage, [true, true, true]);
    await storage.close();
  });
});

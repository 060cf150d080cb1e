/** The database of an earlier build with what that build allowed, opened by this one. */
import Database from 'better-sqlite3';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { countyA } from '../support/world.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-upgrade-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('an earlier database with doubled links is migrated: one is shown, both work, and no third can be made', async () => {
  const path = join(folder, 'manyi.db');
  writeFileSync(path, gunzipSync(readFileSync(new URL('../fixtures/golden/closed.db.gz', import.meta.url))));
  const before = new Database(path);
  before
    .prepare(
      `INSERT INTO links (id, campaign, county, grp, school, reporting_stratum, questionnaire, created_at)
       SELECT 'later' || id, campaign, county, grp, school, reporting_stratum, questionnaire, created_at + 1 FROM links`,
    )
    .run();
  const [campaign, links] = [
    before.prepare('SELECT id FROM campaigns').pluck().get() as string,
    before.prepare('SELECT id FROM links').pluck().all() as string[],
  ];
  before.close();
  const originals = links.filter((id) => !id.startsWith('later'));
  expect(links).toHaveLength(2 * originals.length);

  const storage = await openSqliteStorage({ directory: folder, inline: true });
  const shown = await storage.listLinks(campaign as never, countyA);
  expect(shown.map((link) => link.id).sort()).toEqual([...originals].sort());
  for (const id of links) expect((await storage.findLink(id))?.id).toBe(id);
  await storage.close();

  const after = new Database(path);
  // What was open or closed by the earlier build keeps its rule of revisions.
  expect(after.prepare('SELECT revision_rule FROM campaigns').pluck().all()).toEqual([1]);
  expect(() =>
    after
      .prepare(
        `INSERT INTO links (id, campaign, county, grp, school, reporting_stratum, questionnaire, created_at)
         SELECT 'third', campaign, county, grp, school, reporting_stratum, questionnaire, created_at FROM links LIMIT 1`,
      )
      .run(),
  ).toThrow(/UNIQUE/);
  after.close();
});

test('a county that an earlier build froze keeps its frame, and one that it prepared begins at version 0', async () => {
  const path = join(folder, 'manyi.db');
  writeFileSync(path, gunzipSync(readFileSync(new URL('../fixtures/golden/closed.db.gz', import.meta.url))));
  const before = new Database(path);
  const columns = 'county, frame_state, frame_root, frame_size, frozen_at, draw';
  before
    .prepare(
      `INSERT INTO campaign_counties (campaign, county, name, slips, frame_state)
       SELECT campaign, '990177', 'B', '[]', 'preparing' FROM campaign_counties LIMIT 1`,
    )
    .run();
  const counties = before.prepare(`SELECT ${columns} FROM campaign_counties ORDER BY county`).all();
  expect(counties.length).toBeGreaterThan(1);
  const campaign = before.prepare('SELECT id FROM campaigns').pluck().get() as string;
  before.close();

  const storage = await openSqliteStorage({ directory: folder, inline: true });
  expect(await storage.readFrameVersion(campaign as never, countyA)).toBe(0);
  expect(await storage.readFrameVersion(campaign as never, '990177' as never)).toBe(0);
  await storage.close();
  const after = new Database(path);
  expect(after.prepare(`SELECT ${columns} FROM campaign_counties ORDER BY county`).all()).toEqual(counties);
  expect(after.pragma('foreign_key_check')).toEqual([]);
  after.close();
});

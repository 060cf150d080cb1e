/** The database of an earlier build with what that build allowed, opened by this one. */
import Database from 'better-sqlite3';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { migrate, readMigrations } from '../../src/storage/sqlite/migrate.ts';
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

  // Left by an upgrade that was taken back: what was written since is not in it.
  writeFileSync(join(folder, `before-${readMigrations()[8]?.tag}.db`), 'older');
  const upgrades: unknown[] = [];
  const onUpgrade = (upgrade: unknown) => void upgrades.push(upgrade);
  const storage = await openSqliteStorage({ directory: folder, inline: true, onUpgrade });
  const [first] = readMigrations().slice(8);
  const copy = join(folder, `before-${first?.tag}.db`);
  expect(upgrades).toEqual([{ from: 8, to: readMigrations().length, copy }]);
  const copied = new Database(copy, { readonly: true });
  expect(copied.prepare('SELECT count(*) FROM links').pluck().get()).toBe(links.length);
  copied.close();
  const shown = await storage.listLinks(campaign as never, countyA);
  expect(shown.map((link) => link.id).sort()).toEqual([...originals].sort());
  for (const id of links) expect((await storage.findLink(id))?.id).toBe(id);
  await storage.close();

  const after = new Database(path);
  // What was open or closed by the earlier build keeps its rules of revisions and disclosure.
  expect(after.prepare('SELECT revision_rule, disclosure_rule FROM campaigns').all()).toEqual([
    { revision_rule: 1, disclosure_rule: 1 },
  ]);
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

/** A golden database of an earlier build, with the schema just before this migration. */
function before(tag: string): Database.Database {
  const path = join(folder, 'manyi.db');
  writeFileSync(path, gunzipSync(readFileSync(new URL('../fixtures/golden/closed.db.gz', import.meta.url))));
  const raw = new Database(path);
  const all = readMigrations();
  const index = all.findIndex((m) => m.tag === tag);
  expect(index).toBeGreaterThan(0);
  migrate(raw, all.slice(0, index));
  return raw;
}
const tablesOf = (raw: Database.Database) =>
  raw.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
const newest = 4_000_000_000_000;

test.each([
  ['trail', `UPDATE trail SET at = ${newest} WHERE no = (SELECT min(no) FROM trail)`],
  ['checkpoints', `UPDATE checkpoints SET at = ${newest} WHERE size = (SELECT min(size) FROM checkpoints)`],
  [
    'rate_snapshots',
    `INSERT INTO rate_snapshots (campaign, county, day, at, body) SELECT campaign, county, '2026-05-14', ${newest}, '{}' FROM checkpoints LIMIT 1`,
  ],
])(
  '0010: the time last seen is the newest that stands in an earlier database, here of the %s',
  async (_, sql) => {
    const raw = before('0010_service_state');
    expect(tablesOf(raw)).not.toContain('service_state');
    expect(raw.prepare(sql).run().changes).toBe(1);
    raw.close();
    const storage = await openSqliteStorage({ directory: folder, inline: true });
    expect(await storage.readTime()).toEqual({ seenAt: newest, heldFor: 0, jump: null });
    await storage.close();
  },
);

test('0010: an expiry that had come to the copies begins again, every other step goes on, and without any time none is invented', () => {
  const raw = before('0010_service_state');
  const steps = ['copies', 'erase', null] as const;
  raw.pragma('foreign_keys = OFF');
  const columns = (raw.pragma('table_info(campaigns)') as { name: string }[])
    .map((c) => c.name)
    .filter((name) => !['no', 'id', 'expiry_step'].includes(name))
    .join(', ');
  for (const [i, step] of steps.entries())
    raw
      .prepare(
        `INSERT INTO campaigns (id, expiry_step, ${columns}) SELECT ?, ?, ${columns} FROM campaigns WHERE no = 1`,
      )
      .run(`expiring${i}`, step);
  raw.exec('DELETE FROM trail; DELETE FROM checkpoints');
  migrate(raw, readMigrations().slice(0, 11));
  expect(
    raw.prepare("SELECT expiry_step FROM campaigns WHERE id LIKE 'expiring%' ORDER BY id").pluck().all(),
  ).toEqual(['erase', 'erase', null]);
  expect(raw.prepare('SELECT * FROM service_state').all()).toEqual([]);
  raw.close();
});

test('0011: nobody is logged out by the upgrade itself, and a session ends once it is told to', async () => {
  const raw = before('0011_ended_sessions');
  raw
    .prepare(
      "INSERT INTO users VALUES ('u1', 'clerk', '办事员', 'official', '[\"990101\"]', 'hash', 0, 7, 1)",
    )
    .run();
  const accounts =
    'SELECT id, login, name, role, counties, password_hash, disabled, session_epoch, created_at FROM users';
  const users = raw.prepare(accounts).all();
  expect(tablesOf(raw)).not.toContain('ended_sessions');
  raw.close();
  const storage = await openSqliteStorage({ directory: folder, inline: true });
  expect(await storage.isSessionEnded('a')).toBe(false);
  await storage.endSession('a', newest);
  expect([await storage.isSessionEnded('a'), await storage.isSessionEnded('b')]).toEqual([true, false]);
  await storage.close();
  const after = new Database(join(folder, 'manyi.db'), { readonly: true });
  expect(after.prepare(accounts).all()).toEqual(users);
  expect(after.pragma('foreign_key_check')).toEqual([]);
  after.close();
});

test('0014: the trail that is there is chained, what follows is chained to it, and an entry taken out shows', async () => {
  const raw = before('0014_audits_and_trail_chain');
  const columns = (raw.pragma('table_info(trail)') as { name: string }[]).map((c) => c.name);
  expect(columns).not.toContain('hash');
  const entries = raw.prepare('SELECT count(*) FROM trail').pluck().get() as number;
  const kept = raw.prepare('SELECT * FROM trail ORDER BY no').all();
  raw.close();
  const storage = await openSqliteStorage({ directory: folder, inline: true });
  const actor = { userId: null, name: 'system', role: 'system', counties: [], via: 'system' } as const;
  const entry = { action: 'later', campaign: null, county: null, details: { a: '意见' } };
  await storage.appendTrail({ at: newest, actor }, entry);
  expect(await storage.auditTrail()).toEqual({ entries: entries + 1, breaks: [] });
  await storage.close();
  const after = new Database(join(folder, 'manyi.db'));
  expect(
    after.prepare(`SELECT ${columns.join(', ')} FROM trail WHERE action <> 'later' ORDER BY no`).all(),
  ).toEqual(kept);
  after.prepare('DELETE FROM trail WHERE no = 4').run();
  after.close();
  const again = await openSqliteStorage({ directory: folder, inline: true });
  expect((await again.auditTrail()).breaks).toEqual([{ no: 4, what: 'missing', to: 4 }]);
  await again.close();
});

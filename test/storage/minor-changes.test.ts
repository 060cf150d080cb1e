/** What is kept, and what is audited again, after a log-in and after a change that counts. */
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { createResultCache } from '../../src/storage/shared/result-cache.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';

test('a minor change drops look-ups and keeps what is as large as a county; any other drops both', async () => {
  const kept = createResultCache();
  let made = 0;
  const get = (isLarge: boolean) => kept.get(isLarge ? 'large' : 'small', [], () => ++made, { isLarge });
  expect([await get(false), await get(true), await get(false), await get(true)]).toEqual([1, 2, 1, 2]);
  kept.clear({ minor: true });
  expect([await get(false), await get(true)]).toEqual([3, 2]);
  kept.clear();
  expect([await get(false), await get(true)]).toEqual([4, 5]);

  // What was being read meanwhile may be of before: a look-up is not kept across any change, a count is across a minor one.
  const during = (isLarge: boolean) =>
    kept.get(
      `slow ${isLarge}`,
      [],
      () => {
        kept.clear({ minor: true });
        return ++made;
      },
      { isLarge },
    );
  expect([await during(false), await during(false)]).toEqual([6, 7]);
  expect([await during(true), await during(true)]).toEqual([8, 8]);
});

test('the count of changes grows with those of others and with own ones that an audit compares, not with a log-in', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'manyi-minor-'));
  const storage = await openSqliteStorage({ directory });
  const stamp = { at: 1_900_000_000_000, actor: systemActor };
  try {
    const before = await storage.readChangeCount();
    const entry = { action: 'user.login', campaign: null, county: null, details: {} };
    await storage.appendTrail(stamp, entry);
    await storage.observeTime(stamp, null);
    expect(await storage.readChangeCount()).toBe(before);

    await storage.replaceDivisions(stamp, { asOf: '2025-12-31', rows: [] });
    const own = await storage.readChangeCount();
    expect(own).not.toBe(before);

    // Somebody beside the service.
    const raw = new Database(join(directory, 'manyi.db'));
    raw.exec('CREATE TABLE beside (x INTEGER)');
    raw.close();
    expect(await storage.readChangeCount()).not.toBe(own);
  } finally {
    await storage.close();
    rmSync(directory, { recursive: true });
  }
});

/**
 * How SQLite goes about every statement of a whole campaign, from the first roll to the end of its storage period. A plan is quadratic if, inside a loop, a table
 * is read from end to end, or an index made for one use.
 */
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { countFrame } from '../../src/storage/sqlite/queries/frame.ts';
import { goldenCampaign } from '../support/golden-campaign.ts';
import { countStatements, type StatementUse } from '../support/sql-counter.ts';
import { countyA } from '../support/world.ts';

vi.setConfig({ hookTimeout: 120_000 });

interface Step {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

let raw: Database.Database;
let close: () => Promise<void>;
const statements: string[] = [];
let used: ReadonlyMap<string, StatementUse>;

beforeAll(async () => {
  const counter = countStatements();
  try {
    const golden = await goldenCampaign();
    const { world, id } = golden;
    close = () => world.close();
    await world.storage.countFrame(id, countyA);
    await world.storage.recount(id, [countyA]);
    await golden.expire();
    raw = new Database(join(world.dataDir, 'manyi.db'), { readonly: true });
  } finally {
    counter.stop();
  }
  ({ used } = counter);
  statements.push(
    ...[...counter.used.keys()].filter((sql) => /^\s*(select|insert|update|delete|with)/i.test(sql)),
  );
});
afterAll(async () => {
  raw.close();
  await close();
});

/** A plan does not depend on values; names and positions only have to be given some. */
function planOf(sql: string): readonly Step[] {
  const names = Object.fromEntries([...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name!, 0]));
  const positions = (sql.match(/\?/g) ?? []).map(() => 0);
  return raw
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...(Object.keys(names).length > 0 ? [names] : positions)) as Step[];
}

/** Faults of a plan. Steps of one parent are nested loops, the first one outermost. */
function faultsOf(steps: readonly Step[]): readonly string[] {
  const faults: string[] = [];
  const loops = new Map<number, Step[]>();
  for (const step of steps)
    if (/^(SCAN|SEARCH) /.test(step.detail))
      loops.set(step.parent, [...(loops.get(step.parent) ?? []), step]);
  const correlated = new Set(steps.filter((s) => s.detail.startsWith('CORRELATED')).map((s) => s.id));
  for (const [parent, [outer, ...inner]] of loops)
    for (const { detail } of correlated.has(parent) ? [outer!, ...inner] : inner)
      if (detail.startsWith('SCAN')) faults.push(detail);
  return [...faults, ...steps.map((s) => s.detail).filter((detail) => detail.includes('AUTOMATIC'))];
}

/** Tables that grow with rolls or answers. */
const large =
  /\b(contacts|contact_schools|issued|responses|import_rows|import_faults|texts|pressure_reports|delivery_fates|evidence_leaves|evidence_references|evidence_tiles)\b/;

describe('every statement of a campaign', () => {
  it('has been seen', () => {
    expect(statements.length).toBeGreaterThan(150);
    for (const table of ['contacts', 'responses', 'issued', 'delivery_fates', 'import_rows'])
      expect(
        statements.some((sql) => sql.includes(table)),
        table,
      ).toBe(true);
  });

  it('reads no table from end to end inside a loop', () => {
    // Of a plain insert only the look for rows that refer to it is shown, which no new row has.
    const bad = statements
      .filter((sql) => !/^insert(?![^]*select)/i.test(sql))
      .flatMap((sql) => faultsOf(planOf(sql)).map((fault) => ({ fault, sql })));
    expect(bad).toEqual([]);
  });

  it('reaches whatever grows with a roll or with answers by a key', () => {
    const bad = statements.flatMap((sql) =>
      planOf(sql)
        .filter(({ detail }) => detail.startsWith('SCAN') && large.test(detail))
        .map(({ detail }) => ({ detail, sql })),
    );
    expect(bad).toEqual([]);
  });

  it('holds whatever grows with a roll or with answers a part at a time', () => {
    const contacts = 150;
    const bad = [...used]
      .filter(([sql, { held }]) => held >= contacts && large.test(sql) && !/\b(limit|between)\b/i.test(sql))
      .map(([sql, { held }]) => ({ held, sql }));
    expect(bad).toEqual([]);
    // A draw reads every code and every contact, one after the other.
    const whole = [...used].filter(
      ([sql, { rows }]) => /\sFROM (issued|contacts)\s/.test(sql) && rows >= contacts,
    );
    expect(whole.filter(([, { held }]) => held === 0).length).toBeGreaterThanOrEqual(2);
  });

  it('would notice the join that once stopped answering', () => {
    const quadratic = `WITH s AS (SELECT DISTINCT entry, school FROM contact_schools WHERE campaign = @campaign AND county = @county)
      SELECT c.grp, s.school, count(*) FROM contacts c LEFT JOIN s ON s.entry = c.entry
      WHERE c.campaign = @campaign AND c.county = @county GROUP BY c.grp, s.school`;
    expect(faultsOf(planOf(quadratic))).not.toEqual([]);
  });
});

describe('a roll with joined schools and several grades', () => {
  it('counts a contact once a school, and shared in each of several', () => {
    const db = new Database(':memory:');
    db.exec(`
      CREATE TABLE campaigns (no INTEGER, id TEXT);
      CREATE TABLE contacts (campaign INTEGER, county TEXT, entry BLOB, grp TEXT, has_phone INTEGER, late INTEGER, slip_no INTEGER);
      CREATE TABLE contact_schools (campaign INTEGER, county TEXT, entry BLOB, school TEXT, grade INTEGER);
      INSERT INTO campaigns VALUES (1, 'c');
      INSERT INTO contacts VALUES (1, '990101', x'01', 'parent', 1, 0, NULL), (1, '990101', x'02', 'parent', 0, 0, NULL),
        (1, '990101', x'03', 'parent', 1, 1, NULL), (1, '990101', x'04', 'deputy', 1, 0, NULL), (1, '990101', x'05', 'parent', 1, 2, NULL),
        (1, '990101', x'06', 'public', 0, 0, 7), (1, '990102', x'07', 'parent', 1, 0, NULL);
      INSERT INTO contact_schools VALUES (1, '990101', x'01', 'A', 1), (1, '990101', x'01', 'A', 3), (1, '990101', x'01', 'B', 1),
        (1, '990101', x'02', 'A', 2), (1, '990101', x'03', 'A', 0), (1, '990101', x'05', 'A', 1), (1, '990102', x'07', 'A', 1);
    `);
    const ctx = { raw: db, db: drizzle(db) };
    const row = { withPhone: 1, shared: 0, late: 0, contacts: 1 };
    expect(countFrame(ctx as never, 'c' as never, '990101' as never)).toEqual([
      { ...row, group: 'deputy', school: null },
      { ...row, group: 'parent', school: 'A', contacts: 3, withPhone: 2, shared: 1, late: 1 },
      { ...row, group: 'parent', school: 'B', shared: 1 },
    ]);
    db.close();
  });
});

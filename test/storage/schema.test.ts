import Database from 'better-sqlite3';
import { is } from 'drizzle-orm';
import * as pg from 'drizzle-orm/pg-core';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../src/domain/errors.ts';
import { inTx, openConnection } from '../../src/storage/sqlite/connection.ts';
import { checkSchema, migrate, readMigrations } from '../../src/storage/sqlite/migrate.ts';
import * as schema from '../../src/storage/sqlite/schema.ts';
import { temporaryFolder } from '../support/at-end.ts';

const tables = Object.values(schema as Record<string, unknown>)
  .filter((t) => is(t, SQLiteTable))
  .map((t) => getTableConfig(t));

function freshDirectory(): string {
  return temporaryFolder('manyi-schema').path;
}

describe('schema', () => {
  const { raw } = openConnection(freshDirectory(), false);
  migrate(raw);

  test.each(tables.map((t) => [t.name, t] as const))(
    '%s: columns and primary key as migrated',
    (name, table) => {
      const migrated = raw.pragma(`table_info(${name})`) as {
        name: string;
        type: string;
        notnull: number;
        pk: number;
      }[];
      const declared = table.columns.map((c) => ({ name: c.name, type: c.getSQLType().toUpperCase() }));
      expect(migrated.map(({ name, type }) => ({ name, type }))).toEqual(declared);
      const key = migrated
        .filter((c) => c.pk > 0)
        .sort((a, b) => a.pk - b.pk)
        .map((c) => c.name);
      const declaredKey =
        table.primaryKeys[0]?.columns.map((c) => c.name) ??
        table.columns.filter((c) => c.primary).map((c) => c.name);
      expect(key).toEqual(declaredKey);
      const sql = raw.prepare('SELECT sql FROM sqlite_master WHERE name = ?').pluck().get(name) as string;
      expect(sql).toMatch(/\) STRICT/);
    },
  );

  test('rows keyed by random bytes have no rowid that would tell their order', () => {
    for (const name of [
      'contacts',
      'contact_schools',
      'roll_statements',
      'upload_links',
      'issued',
      'responses',
      'texts',
      'pressure_reports',
      'import_rows',
      'evidence_leaves',
      'evidence_references',
      'canaries',
      'outbox',
      'early_receipts',
      'messaged_numbers',
      'do_not_contact',
      'ended_sessions',
    ]) {
      const sql = raw.prepare('SELECT sql FROM sqlite_master WHERE name = ?').pluck().get(name) as string;
      expect(sql, name).toMatch(/WITHOUT ROWID/);
    }
  });

  test('nothing in the answer tables could hold a time or an address', () => {
    for (const name of ['responses', 'issued', 'texts', 'pressure_reports', 'tallies']) {
      const columns = (raw.pragma(`table_info(${name})`) as { name: string }[]).map((c) => c.name);
      expect(
        columns.filter((c) => /at$|time|date|ip|agent|entry|phone|code$/.test(c)),
        name,
      ).toEqual([]);
    }
  });

  test('both engines have the same tables, columns and keys', async () => {
    const wide: Readonly<Record<string, string>> = { blob: 'bytea', real: 'double precision' };
    const nameOf = (type: string) =>
      wide[type] ?? type.replace(' COLLATE "C"', '').replace('bigint', 'integer');
    const shape = (columns: readonly { name: string; notNull: boolean; getSQLType(): string }[]) =>
      columns.map((c) => `${c.name} ${nameOf(c.getSQLType())}${c.notNull ? '' : '?'}`);
    const others = Object.values<unknown>(await import('../../src/storage/postgres/schema.ts'))
      .filter((t) => is(t, pg.PgTable))
      .map((t) => pg.getTableConfig(t))
      // Of its own, for what the header of SQLite's file holds.
      .filter((t) => t.name !== 'maintenance');
    expect(others.map((t) => t.name).sort()).toEqual(tables.map((t) => t.name).sort());
    for (const table of tables) {
      const other = others.find((t) => t.name === table.name)!;
      expect(shape(other.columns), table.name).toEqual(shape(table.columns));
      expect(other.foreignKeys.length, table.name).toBe(table.foreignKeys.length);
      expect(other.checks.map((c) => c.name)).toEqual(table.checks.map((c) => c.name));
      // Keys of the one table begin with the pseudonym on SQLite.
      const indexes = other.indexes.map((i) => i.config.name).filter((name) => name !== 'issued_pseudonym');
      expect(indexes).toEqual(table.indexes.map((i) => i.config.name));
      const key = other.primaryKeys[0]?.columns.map((c) => c.name);
      // A partitioned table can only be unique over what it is partitioned by.
      const own = table.name === 'issued' ? ['campaign', 'county', 'pseudonym'] : undefined;
      expect(key, table.name).toEqual(own ?? table.primaryKeys[0]?.columns.map((c) => c.name));
    }
  });

  test('the retention table of the README names every table and no other', () => {
    const readme = readFileSync(new URL('../../src/storage/README.md', import.meta.url), 'utf8');
    const named = [...readme.split('## Retention')[1]!.matchAll(/^\| `(\w+)`\s+\|/gm)].map((m) => m[1]);
    expect(named.sort()).toEqual(tables.map((t) => t.name).sort());
  });

  test('durability pragmas', () => {
    expect(raw.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(raw.pragma('synchronous', { simple: true })).toBe(2);
    expect(raw.pragma('secure_delete', { simple: true })).toBe(1);
    expect(raw.pragma('foreign_keys', { simple: true })).toBe(1);
  });
});

describe('transactions', () => {
  test('an asynchronous body is refused by its type, and what a failing one wrote is gone', () => {
    const connection = openConnection(freshDirectory(), false);
    connection.raw.exec('CREATE TABLE t (x INTEGER) STRICT');
    // @ts-expect-error a promise would resolve after the commit
    const refused = () => inTx(connection, async () => 1);
    expect(refused).toThrow();
    const failing = () =>
      inTx(connection, () => {
        connection.raw.exec('INSERT INTO t VALUES (1)');
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    expect(connection.raw.prepare('SELECT count(*) FROM t').pluck().get()).toBe(0);
  });
});

describe('migrations', () => {
  const one = { tag: '0000_a', hash: 'a', sql: 'CREATE TABLE a (x INTEGER PRIMARY KEY) STRICT' };
  const two = {
    tag: '0001_b',
    hash: 'b',
    sql: 'CREATE TABLE b (x INTEGER PRIMARY KEY, a INTEGER NOT NULL REFERENCES a (x)) STRICT;\n--> statement-breakpoint\nINSERT INTO b SELECT x, x FROM a',
  };

  test('run in order over data, keep a copy from before, and do nothing twice', () => {
    const directory = freshDirectory();
    const raw = new Database(join(directory, 'manyi.db'));
    expect(migrate(raw, [one])).toBe(1);
    raw.exec('INSERT INTO a VALUES (1), (2)');
    expect(migrate(raw, [one, two])).toBe(2);
    expect(migrate(raw, [one, two])).toBe(2);
    expect(raw.prepare('SELECT count(*) FROM b').pluck().get()).toBe(2);
    const copy = new Database(join(directory, 'before-0001_b.db'), { readonly: true });
    expect(copy.prepare('SELECT count(*) FROM a').pluck().get()).toBe(2);
    expect(copy.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'b'").pluck().get()).toBe(0);
  });

  test('a database from before storage periods ended keeps its campaigns and contacts', () => {
    const raw = new Database(join(freshDirectory(), 'manyi.db'));
    const all = readMigrations();
    migrate(raw, all.slice(0, 3));
    raw.exec(`
      INSERT INTO documents VALUES ('h', 'profile', '{}');
      INSERT INTO campaigns (no, id, name, purpose, commissioner, commissioner_phone, state, closes_at, storage_until, self_administered, demo, profile, questionnaires, key_checks, created_at)
        VALUES (7, '0123456789ab', 'n', 'self-check', 'c', '1', 'closed', 1, 2, 0, 0, 'h', '[]', '{}', 0);
      INSERT INTO campaign_counties (campaign, county, name, slips, frame_state) VALUES (7, '990101', 'n', '[]', 'drawn');
      INSERT INTO contacts (campaign, county, entry, grp, digest, sealed, has_phone, late) VALUES (7, '990101', x'01', 'parent', x'02', x'03', 1, 0);`);
    migrate(raw, all.slice(0, 4));
    expect(raw.prepare('SELECT no, expiry_step, expired_at FROM campaigns').get()).toEqual({
      no: 7,
      expiry_step: null,
      expired_at: null,
    });
    expect(raw.prepare('SELECT sealed, commitment FROM contacts').get()).toEqual({
      sealed: Buffer.of(3),
      commitment: null,
    });
  });

  test('one that breaks a reference is rolled back whole', () => {
    const raw = new Database(join(freshDirectory(), 'manyi.db'));
    migrate(raw, [one]);
    const bad = {
      ...two,
      sql: 'CREATE TABLE b (a INTEGER REFERENCES a (x)) STRICT; INSERT INTO b VALUES (7)',
    };
    expect(() => migrate(raw, [one, bad])).toThrow('broken references');
    expect(raw.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'b'").pluck().get()).toBe(0);
  });

  test('checkpoints that were signed before there were witnesses can be queued for them', () => {
    const raw = new Database(join(freshDirectory(), 'manyi.db'));
    const all = readMigrations();
    const at = all.findIndex((m) => m.tag.endsWith('_witnesses'));
    migrate(raw, all.slice(0, at));
    raw.exec(`
      INSERT INTO documents VALUES ('h', 'profile', '{}');
      INSERT INTO campaigns (no, id, name, purpose, commissioner, commissioner_phone, state, closes_at, storage_until, self_administered, demo, profile, questionnaires, key_checks, created_at)
        VALUES (1, 'c', 'n', 'p', 'x', '1', 'open', 1, 2, 0, 0, 'h', '[]', '{}', 0);
      INSERT INTO campaign_counties (campaign, county, name, slips, frame_state) VALUES (1, '990101', 'n', '[]', 'drawn');
      INSERT INTO evidence_logs VALUES (1, '990101', 'o', 3, x'00', NULL);
      INSERT INTO checkpoints VALUES (1, '990101', 3, 5, 'note');
    `);
    migrate(raw, all);
    const queue = raw.prepare(
      "INSERT INTO witness_posts (campaign, county, witness, size, due_at) VALUES (1, '990101', 'w', ?, 9)",
    );
    queue.run(3);
    expect(() => queue.run(4)).toThrow('FOREIGN KEY');
    expect(raw.prepare('SELECT note, attempts FROM witness_posts NATURAL JOIN checkpoints').get()).toEqual({
      note: 'note',
      attempts: 0,
    });
  });

  test('cells that were echoed to disk are gone, and imports are numbered in their order', () => {
    const raw = new Database(join(freshDirectory(), 'manyi.db'));
    const all = readMigrations();
    const at = all.findIndex((m) => m.tag.endsWith('_rolls_and_schools'));
    migrate(raw, all.slice(0, at));
    raw.exec(`
      INSERT INTO documents VALUES ('h', 'profile', '{}');
      INSERT INTO campaigns (no, id, name, purpose, commissioner, commissioner_phone, state, closes_at, storage_until, self_administered, demo, profile, questionnaires, key_checks, created_at)
        VALUES (1, 'c', 'n', 'p', 'x', '1', 'draft', 1, 2, 0, 0, 'h', '[]', '{}', 0);
      INSERT INTO campaign_counties (campaign, county, name, slips, frame_state) VALUES (1, '990101', 'n', '[]', 'preparing');
      INSERT INTO schools (campaign, county, id, name, category, ownership, township) VALUES (1, '990101', 's', '甲小学', 'primary', 'public', '');
      INSERT INTO imports (id, campaign, county, grp, file_name, state, summary, by, at) VALUES
        ('b', 1, '990101', 'parent', 'f', 'staged', '{}', 'x', 5), ('a', 1, '990101', 'parent', 'f', 'discarded', '{}', 'x', 7);
      INSERT INTO import_faults VALUES
        ('b', 1, 2, '', 'school', 'roll.school.near', '{"value":"张某某","nearest":"甲小学"}'), ('a', 1, 2, '', 'school', 'm', '{"value":"张某某"}');`);
    migrate(raw, all);
    expect(raw.prepare('SELECT import, params FROM import_faults').all()).toEqual([
      { import: 'b', params: '{"nearest":"甲小学"}' },
    ]);
    expect(raw.prepare('SELECT id, no, summary FROM imports ORDER BY no').all()).toEqual([
      { id: 'b', no: 1, summary: '{}' },
      { id: 'a', no: 2, summary: null },
    ]);
    expect(raw.prepare('SELECT code, aliases FROM schools').get()).toEqual({ code: null, aliases: '[]' });
  });

  test('accounts stay when sessions can be ended, and no session is', () => {
    const raw = new Database(join(freshDirectory(), 'manyi.db'));
    const all = readMigrations();
    const at = all.findIndex((m) => m.tag.endsWith('_ended_sessions'));
    migrate(raw, all.slice(0, at));
    raw.exec("INSERT INTO users VALUES ('u', 'chief', 'n', 'administrator', '[]', 'h', 0, 3, 5)");
    migrate(raw, all);
    expect(raw.prepare('SELECT login, session_epoch FROM users').all()).toEqual([
      { login: 'chief', session_epoch: 3 },
    ]);
    expect(raw.prepare('SELECT count(*) FROM ended_sessions').pluck().get()).toBe(0);
  });

  test('a newer database, and one whose migrations were changed, are refused', () => {
    const raw = new Database(join(freshDirectory(), 'manyi.db'));
    migrate(raw, [one, two]);
    const messageOf = (list: (typeof one)[]) => {
      try {
        checkSchema(raw, list);
        return 'accepted';
      } catch (error) {
        return error instanceof AppError ? error.message : 'other';
      }
    };
    expect(messageOf([one])).toBe('storage.newer');
    expect(messageOf([{ ...one, hash: 'x' }, two])).toBe('storage.migration-changed');
    expect(messageOf([one, two])).toBe('accepted');
  });

  test('the files on disk parse, and their journal is complete', () => {
    expect(readMigrations().map((m) => m.tag)).toEqual([
      '0000_init',
      '0001_pressure',
      '0002_evidence',
      '0003_expiry',
      '0004_sealed_parts',
      '0005_witnesses',
      '0006_flags_and_fates',
      '0007_references',
      '0008_revision_rule_and_links',
      '0009_rolls_and_schools',
      '0010_service_state',
      '0011_ended_sessions',
      '0012_frame_version',
      '0013_forget_open_tallies',
      '0014_audits_and_trail_chain',
      '0015_roll_files',
      '0016_accounts',
      '0017_settings',
      '0018_inspection',
      '0019_outbox',
      '0020_identity_provider',
      '0021_replies',
      '0022_templates',
      '0023_move',
      '0024_outbox_queue',
      '0025_disclosure_rule',
      '0026_outbox_check',
    ]);
  });
});

/** Reads and writes a whole database as rows, for the move between engines (../port/move.ts). */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { is } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { AppError } from '../../domain/errors.ts';
import { moveMarkSchema } from '../../domain/service-move.ts';
import {
  countedTables,
  movedTableNames,
  movedTables,
  type Counters,
  type MovedRow,
  type MovedTable,
  type TableReader,
  type TableWriter,
} from '../port/move.ts';
import type { MoveSource, MoveTarget } from '../port/move-ends.ts';
import { inParts } from '../shared/moved-rows.ts';
import { databaseName, openRaw, storageError, type Raw } from './raw.ts';
import { openSqliteStorage } from './index.ts';
import * as schema from './schema.ts';

/** As `--to` takes it. */
const nameOfFolder = (directory: string): string => `sqlite:${resolve(directory)}`;

const columnsByTable: ReadonlyMap<string, readonly string[]> = new Map(
  Object.values(schema as Record<string, unknown>)
    .filter((t) => is(t, SQLiteTable))
    .map((t) => getTableConfig(t))
    .map(({ name, columns }) => [
      name,
      columns.map((c) => c.name).filter((c) => !(name === 'service_state' && c === 'move')),
    ]),
);
const columnsOf = (table: MovedTable): readonly string[] => columnsByTable.get(table)!;
const listed = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');

function readerOf(raw: Raw): TableReader {
  return {
    async countRows(table) {
      return raw.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
    },
    async *readTable(table) {
      const rows = raw
        .prepare(`SELECT ${listed(columnsOf(table))} FROM ${table} ORDER BY ${listed(movedTables[table])}`)
        .raw()
        .iterate() as IterableIterator<MovedRow>;
      yield* inParts(rows);
    },
    async readCounters() {
      const given = raw.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck();
      return Object.fromEntries(
        countedTables.map((table) => [table, (given.get(table) as number | undefined) ?? 0]),
      ) as Counters;
    },
    async close() {
      raw.close();
    },
  };
}

function triggersOf(raw: Raw): readonly { readonly name: string; readonly sql: string }[] {
  return raw.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name").all() as {
    name: string;
    sql: string;
  }[];
}

/** Copied rows were checked when they were made: sent messages do not go through the queued state again. */
function withoutTriggers(raw: Raw, work: () => void): void {
  const triggers = triggersOf(raw);
  for (const { name } of triggers) raw.exec(`DROP TRIGGER ${name}`);
  work();
  for (const { sql } of triggers) raw.exec(sql);
}

function writerOf(raw: Raw): TableWriter {
  return {
    ...readerOf(raw),
    async clear() {
      raw
        .transaction(() =>
          withoutTriggers(raw, () => {
            for (const table of movedTableNames.toReversed())
              if (table !== 'service_state') raw.exec(`DELETE FROM ${table}`);
            raw.exec('DELETE FROM sqlite_sequence');
          }),
        )
        .immediate();
    },
    async writeTable(table, parts) {
      const columns = columnsOf(table);
      // Its row exists already, with the mark.
      const replaced =
        table === 'service_state'
          ? ` ON CONFLICT (no) DO UPDATE SET ${columns.map((c) => `"${c}" = excluded."${c}"`).join(', ')}`
          : '';
      const sql = `INSERT INTO ${table} (${listed(columns)}) VALUES (${columns.map(() => '?').join(', ')})${replaced}`;
      const insertPart = (part: readonly MovedRow[]): void => {
        const insert = raw.prepare(sql);
        for (const row of part) insert.run(...row);
      };
      for await (const part of parts)
        raw
          .transaction(() =>
            table === 'outbox' ? withoutTriggers(raw, () => insertPart(part)) : insertPart(part),
          )
          .immediate();
    },
    async finish(counters) {
      const given = raw.prepare('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?');
      const first = raw.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)');
      raw
        .transaction(() => {
          for (const table of countedTables)
            if (given.run(counters[table], table).changes === 0) first.run(table, counters[table]);
        })
        .immediate();
      raw.pragma('wal_checkpoint(TRUNCATE)');
    },
  };
}

/** The caller has the database open and keeps others from changing it. */
export function sqliteSource(directory: string): MoveSource {
  return { name: nameOfFolder(directory), tables: readerOf(openRaw(directory, true)) };
}

/** Nothing is changed: a foreign file, and one in use, stay as they are. */
function assertMayBeFilled(directory: string): void {
  const file = join(directory, databaseName);
  if (!existsSync(file)) return;
  const raw = new Database(file, { readonly: true });
  try {
    const tables = new Set(
      raw.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[],
    );
    if (isHalfDone(raw, tables)) return;
    const isUsed = movedTableNames.some(
      (table) =>
        table !== 'service_state' &&
        tables.has(table) &&
        raw.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined,
    );
    if (isUsed)
      throw new AppError('conflict', 'move.not-empty', { params: { database: nameOfFolder(directory) } });
  } finally {
    raw.close();
  }
}

function isHalfDone(raw: Raw, tables: ReadonlySet<string>): boolean {
  if (!tables.has('service_state')) return false;
  const columns = raw.pragma('table_info(service_state)') as { name: string }[];
  if (!columns.some((c) => c.name === 'move')) return false;
  const text = raw.prepare('SELECT move FROM service_state').pluck().get() as string | null | undefined;
  return typeof text === 'string' && moveMarkSchema.parse(JSON.parse(text)).state !== 'left';
}

/** @returns its name. @throws AppError conflict `move.not-empty` */
export function checkSqliteTarget(directory: string): string {
  try {
    assertMayBeFilled(directory);
    return nameOfFolder(directory);
  } catch (error) {
    throw storageError(error);
  }
}

/** @throws AppError conflict `move.not-empty`, `storage.in-use` */
export async function sqliteTarget(directory: string): Promise<MoveTarget> {
  try {
    assertMayBeFilled(directory);
    const storage = await openSqliteStorage({ directory, inline: true });
    try {
      // Checked again: nobody else can interfere now.
      assertMayBeFilled(directory);
      const tables = writerOf(openRaw(directory, false));
      return {
        name: nameOfFolder(directory),
        storage,
        tables,
        async close() {
          await tables.close();
          await storage.close();
        },
      };
    } catch (error) {
      await storage.close();
      throw error;
    }
  } catch (error) {
    throw storageError(error);
  }
}

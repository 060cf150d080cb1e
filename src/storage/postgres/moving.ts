/** Reads and writes a whole database as rows, for the move between engines (../port/move.ts). */
import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import type pg from 'pg';
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
import { insertRows, type Columns } from './bulk.ts';
import {
  codeOf,
  connectionOf,
  exactTypes,
  storageError,
  type Connection,
  type PoolOptions,
} from './connection.ts';
import { fetchInParts } from './fetch.ts';
import { createHosts, type Hosts } from './hosts.ts';
import { joinPostgres } from './index.ts';
import { withoutKeys } from './membership.ts';
import { createPartitions, dropPartitions } from './partitions.ts';
import * as schema from './schema.ts';

const columnsByTable: ReadonlyMap<string, Columns> = new Map(
  Object.values(schema as Record<string, unknown>)
    .filter((t) => is(t, PgTable))
    .map((t) => getTableConfig(t))
    .map(({ name, columns }) => [
      name,
      Object.fromEntries(
        columns
          .map((c) => [c.name, c.getSQLType().replace(' COLLATE "C"', '')] as const)
          .filter(([column]) => !(name === 'service_state' && column === 'move')),
      ) as Columns,
    ]),
);
const columnsOf = (table: MovedTable): Columns => columnsByTable.get(table)!;
const listed = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');

/** Separate settings: a large table takes longer than any request may. */
const settings = {
  application_name: 'manyi move',
  types: exactTypes,
  options: '-c synchronous_commit=on -c client_min_messages=warning -c statement_timeout=0',
};

async function connect(hosts: Hosts): Promise<{ readonly client: pg.Client } & Connection> {
  const client = await hosts.connect(settings);
  return { client, ...connectionOf(client) };
}

async function inTx<T>({ raw }: Connection, begin: string, work: () => Promise<T>): Promise<T> {
  await raw.exec(begin);
  try {
    const result = await work();
    await raw.exec('COMMIT');
    return result;
  } catch (error) {
    // The first error tells the cause; a broken connection has rolled back by itself.
    await raw.exec('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** As of one moment. */
async function* fetchParts({ raw }: Connection, sql: string): AsyncGenerator<readonly MovedRow[]> {
  await raw.exec('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    yield* fetchInParts(raw, sql);
  } finally {
    await raw.exec('ROLLBACK');
  }
}

function readerOf(connection: Connection, end: () => Promise<void>): TableReader {
  const { raw } = connection;
  return {
    async countRows(table) {
      return (await raw.prepare(`SELECT count(*) FROM ${table}`).pluck().get()) as number;
    },
    readTable: (table) =>
      fetchParts(
        connection,
        `SELECT ${listed(Object.keys(columnsOf(table)))} FROM ${table} ORDER BY ${listed(movedTables[table])}`,
      ),
    async readCounters() {
      const counters: [string, number][] = [];
      for (const table of countedTables) {
        const given = await raw
          .prepare(`SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ${sequenceOf(table)}`)
          .pluck()
          .get();
        counters.push([table, given as number]);
      }
      return Object.fromEntries(counters) as Counters;
    },
    close: end,
  };
}

const sequenceOf = (table: (typeof countedTables)[number]) => `${table}_no_seq`;

function writerOf(connection: Connection, end: () => Promise<void>): TableWriter {
  const { raw, db: tx } = connection;
  const setTriggers = (state: 'ENABLE' | 'DISABLE') => raw.exec(`ALTER TABLE outbox ${state} TRIGGER USER`);
  return {
    ...readerOf(connection, end),
    async clear() {
      // Its partitions one campaign after the other: each takes a lock, and the server's lock table is limited.
      for (const no of (await raw.prepare('SELECT no FROM campaigns').pluck().all()) as number[])
        await inTx(connection, 'BEGIN', () => dropPartitions(tx, no, 'if-exists'));
      const others = movedTableNames.filter((table) => table !== 'service_state');
      await raw.exec(`TRUNCATE ${others.join(', ')}, maintenance RESTART IDENTITY`);
    },
    async writeTable(table, parts) {
      const columns = columnsOf(table);
      const names = Object.keys(columns);
      const replaced =
        table === 'service_state'
          ? // Its row exists already, with the mark.
            `ON CONFLICT (no) DO UPDATE SET ${names.map((c) => `"${c}" = excluded."${c}"`).join(', ')}`
          : '';
      // Copied rows were checked when they were made: sent messages do not go through the queued state again.
      if (table === 'outbox') await setTriggers('DISABLE');
      for await (const part of parts) {
        const pieces = table === 'campaigns' ? part.map((row) => [row]) : [part];
        for (const piece of pieces)
          await inTx(connection, 'BEGIN', async () => {
            await insertRows(raw, table, columns, piece, replaced);
            if (table === 'campaigns') await createPartitions(tx, piece[0]![names.indexOf('no')] as number);
          }).catch((error: unknown) => {
            // A text with a zero byte, a number that is too large.
            if (codeOf(error).startsWith('22'))
              throw new AppError('conflict', 'move.not-storable', { params: { table }, cause: error });
            throw error;
          });
      }
    },
    async finish(counters) {
      await setTriggers('ENABLE');
      for (const table of countedTables)
        await raw
          .prepare(`SELECT setval('${sequenceOf(table)}', greatest(?::bigint, 1), ?::bigint > 0)`)
          .run(counters[table], counters[table]);
      // Until the server analyses by itself, it plans as for empty tables.
      await raw.exec('ANALYZE');
    },
  };
}

export async function postgresSource(url: string): Promise<MoveSource> {
  const hosts = createHosts(url);
  try {
    const connection = await connect(hosts);
    return { name: nameOf(hosts), tables: readerOf(connection, () => connection.client.end()) };
  } catch (error) {
    throw storageError(error);
  }
}

/** In the form of `--to`, without user and password. */
const nameOf = (hosts: Hosts): string => `postgres://${hosts.name}`;

/** Nothing is changed: foreign tables, and those in use, stay as they are. */
async function assertMayBeFilled({ raw }: Connection, name: string): Promise<void> {
  const isThere = async (table: string) =>
    (await raw.prepare('SELECT to_regclass(?) IS NOT NULL').pluck().get(table)) === true;
  if (await isHalfDone(raw)) return;
  for (const table of movedTableNames) {
    if (table === 'service_state' || !(await isThere(table))) continue;
    if ((await raw.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get()) !== undefined)
      throw new AppError('conflict', 'move.not-empty', { params: { database: name } });
  }
}

async function isHalfDone(raw: Connection['raw']): Promise<boolean> {
  const column = await raw
    .prepare(
      "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('service_state') AND attname = 'move' AND NOT attisdropped",
    )
    .get();
  if (column === undefined) return false;
  const text = (await raw.prepare('SELECT move FROM service_state').pluck().get()) as
    string | null | undefined;
  return typeof text === 'string' && moveMarkSchema.parse(JSON.parse(text)).state !== 'left';
}

/** @returns its name. @throws AppError conflict `move.not-empty` */
export async function checkPostgresTarget(url: string): Promise<string> {
  const hosts = createHosts(url);
  try {
    const connection = await connect(hosts);
    try {
      await assertMayBeFilled(connection, nameOf(hosts));
      return nameOf(hosts);
    } finally {
      await connection.client.end();
    }
  } catch (error) {
    throw storageError(error);
  }
}

/** @throws AppError conflict `move.not-empty`, `storage.in-use` */
export async function postgresTarget(options: PoolOptions): Promise<MoveTarget> {
  const hosts = createHosts(options.url);
  let connection: Awaited<ReturnType<typeof connect>> | null = null;
  try {
    connection = await connect(hosts);
    const { client } = connection;
    await assertMayBeFilled(connection, nameOf(hosts));
    const { storage } = await joinPostgres({ ...options, ...withoutKeys, alone: true });
    try {
      // Checked again: nobody else can interfere now.
      await assertMayBeFilled(connection, nameOf(hosts));
      return {
        name: nameOf(hosts),
        storage,
        tables: writerOf(connection, () => client.end()),
        async close() {
          await client.end();
          await storage.close();
        },
      };
    } catch (error) {
      await storage.close();
      throw error;
    }
  } catch (error) {
    await connection?.client.end();
    throw storageError(error);
  }
}

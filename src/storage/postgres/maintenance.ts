/**
 * The part of PostgreSQL maintenance that the service does itself; the rest is done with the server's tools (`pg_dump`, base
 * backups, `VACUUM`).
 */
import type pg from 'pg';
import { AppError } from '../../domain/errors.ts';
import type { Damage, StorageHealth } from '../port/maintenance.ts';
import { codeOf, inTx, lockCampaign, lockStaff, type Tx } from './connection.ts';
import type { Context } from './context.ts';
import { countProcesses } from './membership.ts';
import { partitionedTables, rewritePartition } from './partitions.ts';

/** Copies of a PostgreSQL database are made by its own tools, in places that the service does not know. */
export const noCopies = { erased: [], failed: [] } as const;

export function refuseCopies(): never {
  throw new AppError('conflict', 'storage.use-pg-dump');
}

export async function deferCompaction({ raw }: Context, at: number): Promise<void> {
  await raw
    .prepare('INSERT INTO maintenance (no, deferred_at) VALUES (1, ?) ON CONFLICT (no) DO NOTHING')
    .run(at);
}

export async function findDeferredCompaction({ raw }: Context): Promise<number | null> {
  const since = await raw.prepare('SELECT deferred_at FROM maintenance').pluck().get();
  return (since as number | undefined) ?? null;
}

/** Reads every row of every table: reports pages with a wrong checksum, or that cannot be decoded. */
export async function findDamage({ db: tx, raw }: Context): Promise<readonly Damage[]> {
  const tables = (await raw
    .prepare(
      "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY relname",
    )
    .pluck()
    .all()) as string[];
  const found: Damage[] = [];
  for (const table of tables) {
    const detail = await readWhole(tx, table);
    if (detail !== null) found.push({ table, page: null, detail });
  }
  return found;
}

async function readWhole({ $raw: raw }: Tx, table: string): Promise<string | null> {
  await raw.exec('SAVEPOINT one_table');
  try {
    await raw.exec(`SET LOCAL enable_indexonlyscan = off; SELECT count(t.*::text) FROM "${table}" t`);
    await raw.exec('RELEASE SAVEPOINT one_table');
    return null;
  } catch (error) {
    await raw.exec('ROLLBACK TO SAVEPOINT one_table');
    if (!/^(XX|22|58)/.test(codeOf(error))) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

/** Tables that are not partitioned, from which personal rows are erased. */
const rewritten = [
  'pressure_reports',
  'canaries',
  'roll_statements',
  'import_rows',
  'import_faults',
  'roll_files',
  'roll_file_pages',
  'delivery_fates',
  'slot_alarms',
  'early_receipts',
] as const;

/**
 * State of a campaign's rows after rewriting: without what closing erases, or also without what the end of the storage period
 * erases.
 */
const stageSql = `CASE WHEN expired_at IS NOT NULL OR expiry_step IS NOT NULL AND expiry_step <> 'erase' THEN 'expired' ELSE 'closed' END`;

/**
 * Removes erased rows from the database files. Partitions of campaigns that take no more answers are rewritten, once after their
 * close and once at the end of their storage period, each in its own transaction. Other campaigns continue meanwhile.
 */
export async function compact(pool: pg.Pool): Promise<void> {
  const due = await inTx(
    pool,
    'BEGIN',
    async ({ raw }) =>
      (await raw
        .prepare(
          `SELECT no, ${stageSql} AS stage, closing_step IS NULL OR closing_step NOT IN ('drain', 'count', 'seal', 'backup', 'erase') AS "isErased"
           FROM campaigns WHERE state NOT IN ('draft', 'open')
             AND obj_description(('responses_c' || no)::regclass, 'pg_class') IS DISTINCT FROM ${stageSql} ORDER BY no`,
        )
        .all()) as { no: number; stage: 'closed' | 'expired'; isErased: boolean }[],
  );
  for (const { no, stage, isErased } of due)
    await inTx(pool, `BEGIN; ${lockStaff}; SET LOCAL statement_timeout = 0`, async ({ db: tx, raw }) => {
      await lockCampaign(tx, no);
      for (const table of partitionedTables) await rewritePartition(tx, table, no);
      // While closing may still erase something, it is repeated later.
      if (isErased) await raw.exec(`COMMENT ON TABLE responses_c${no} IS '${stage}'`);
    });
  const client = await pool.connect();
  try {
    await client.query('SET statement_timeout = 0');
    // The catalogue with samples from dropped partitions, by a version that allowed sampling.
    for (const table of [...rewritten, 'pg_statistic']) await client.query(`VACUUM (FULL) ${table}`);
    await client.query('DELETE FROM maintenance');
  } finally {
    // With its settings.
    client.release(true);
  }
}

interface Said {
  readonly size: number;
  readonly recovering: boolean;
  readonly waiting: number;
  readonly processes: number;
}

/** @param is closed: the server is not queried any more; full: it recently refused a write for lack of space */
export async function healthOf(
  pool: pg.Pool,
  schemaVersion: number,
  is: { readonly closed: boolean; readonly full: boolean },
): Promise<StorageHealth> {
  const connections = {
    limit: pool.options.max,
    open: pool.totalCount,
    idle: pool.idleCount,
    waiting: pool.waitingCount,
  };
  const said = is.closed
    ? undefined
    : await pool
        .query<Said>(
          `SELECT pg_database_size(current_database()) AS size, pg_is_in_recovery() AS recovering,
             (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'SyncRep') AS waiting,
             ${countProcesses} AS processes`,
        )
        .then(({ rows }) => rows[0])
        // The status only reports that the server does not answer. The next operation reports the reason.
        .catch(() => undefined);
  return {
    usedBytes: said?.size ?? 0,
    schemaVersion,
    writerAlive: said !== undefined,
    // Only the server knows how much space its disk has, until there is none.
    freeBytes: is.full ? 0 : null,
    server: {
      connections,
      state: said
        ? { isInRecovery: said.recovering, waitingForStandby: said.waiting, processes: said.processes }
        : null,
    },
  };
}

/** The port on PostgreSQL. Any number of processes may use one database: nothing that is decided rests on the memory of one. */
import type pg from 'pg';
import { AppError } from '../../domain/errors.ts';
import type { ResponseEntry } from '../../domain/model/answer.ts';
import type { Storage } from '../port/index.ts';
import type { CallPart } from '../shared/part-calls.ts';
import { partedOperations } from '../shared/parts.ts';
import { createKeptResults } from '../shared/kept.ts';
import { createPool, storageError, type PoolOptions } from './connection.ts';
import { createMemory } from './context.ts';
import { createHosts } from './hosts.ts';
import { listenForChanges } from './listen.ts';
import { compact, healthOf, refuseCopies } from './maintenance.ts';
import { checkSchema, migrate } from './migrate.ts';
import { modeOf, operations, runOperation, type OperationName } from './operations.ts';
import { recordResponses } from './queries/record.ts';
import { createLimit } from './limit.ts';
import { holdServiceLock, type ServiceLock } from './service-lock.ts';

export interface PostgresOptions extends PoolOptions {
  /** Look only: nothing is written. */
  readonly readOnly?: boolean;
  /** Refuses to open a database that another process has opened so. */
  readonly exclusive?: boolean;
  /** Another one has it now: told once. */
  readonly onFatal?: (error: Error) => void;
}

/** The bound within which processes agree, should no word of a change come. This process's own changes are seen at once. */
const longestKeptMs = 1000;

export async function openPostgresStorage(options: PostgresOptions): Promise<Storage> {
  const { readOnly = false, exclusive = false, onFatal } = options;
  const hosts = createHosts(options.url);
  const pool = createPool(hosts, options);
  let lock: ServiceLock | null = null;
  try {
    if (hosts.areSeveral) await (await hosts.connect({ application_name: 'manyi' })).end();
    if (exclusive) lock = await holdServiceLock(hosts, (error) => onFatal?.(error));
    const schemaVersion = readOnly ? await checkSchema(pool) : await migrate(pool);
    const memory = createMemory();
    const kept = createKeptResults({ longestMs: longestKeptMs });
    const changes = await listenForChanges(hosts, () => kept.clear());
    const port = createPort(pool, { memory, kept, changes, readOnly, schemaVersion, lock });
    return port as unknown as Storage;
  } catch (error) {
    await lock?.release();
    await pool.end();
    throw storageError(error);
  }
}

interface Parts {
  readonly memory: ReturnType<typeof createMemory>;
  readonly kept: ReturnType<typeof createKeptResults>;
  readonly changes: Awaited<ReturnType<typeof listenForChanges>>;
  readonly readOnly: boolean;
  readonly schemaVersion: number;
  readonly lock: ServiceLock | null;
}

function createPort(
  pool: pg.Pool,
  { memory, kept, changes, readOnly, schemaVersion, lock }: Parts,
): Record<string, unknown> {
  let closed = false;
  const assertOpen = (): void => {
    if (closed) throw new AppError('unavailable', 'storage.closed');
  };
  const assertMayWrite = (): void => {
    assertOpen();
    if (readOnly) throw new AppError('unavailable', 'storage.look-only');
  };
  // One of this process's changes at a time waits for the staff's lock, and long reads leave connections for the others.
  const oneWrite = createLimit(1);
  const someScans = createLimit(Math.max(1, Math.floor(pool.options.max / 3)));
  const run = (name: OperationName, args: readonly unknown[]) =>
    runOperation(pool, memory, name, args, changes.announce);
  const dispatch = async (name: OperationName, args: readonly unknown[]): Promise<unknown> => {
    const mode = modeOf(name);
    try {
      if (mode === 'write') {
        assertMayWrite();
        try {
          return await oneWrite(() => run(name, args));
        } finally {
          kept.clear();
        }
      }
      assertOpen();
      const mayKeep = changes.alive;
      if (mode === 'kept') return await kept.get(name, args, () => run(name, args), { mayKeep });
      if (mode === 'settled')
        return await kept.get(name, args, () => someScans(() => run(name, args)), { isLarge: true, mayKeep });
      return await (mode === 'scan' ? someScans(() => run(name, args)) : run(name, args));
    } catch (error) {
      throw storageError(error);
    }
  };

  const port: Record<string, unknown> = {};
  for (const name of Object.keys(operations) as (keyof typeof operations)[])
    port[name] = (...args: readonly unknown[]) => dispatch(name, args);
  const callPart = (name: OperationName, ...args: readonly unknown[]) => dispatch(name, args);
  for (const [name, part] of Object.entries(partedOperations) as unknown as [string, PartedRun][])
    port[name] = (...args: readonly unknown[]) => part(callPart as unknown as CallPart, ...args);

  const own: Pick<
    Storage,
    | 'recordResponses'
    | 'compact'
    | 'backup'
    | 'verifyCopy'
    | 'removeUnfinished'
    | 'listSealed'
    | 'unseal'
    | 'health'
    | 'close'
  > = {
    async recordResponses(batch: readonly ResponseEntry[]) {
      try {
        assertMayWrite();
        return await recordResponses(pool, memory, batch);
      } catch (error) {
        throw storageError(error);
      }
    },
    async compact() {
      try {
        assertMayWrite();
        await oneWrite(() => compact(pool));
      } catch (error) {
        throw storageError(error);
      }
    },
    async backup() {
      refuseCopies();
    },
    async verifyCopy() {
      return refuseCopies();
    },
    async removeUnfinished() {
      return [];
    },
    async listSealed() {
      return [];
    },
    async unseal() {
      refuseCopies();
    },
    health: () => healthOf(pool, schemaVersion, closed),
    async close() {
      if (closed) return;
      closed = true;
      await changes.close();
      await pool.end();
      await lock?.release();
    },
  };
  return Object.assign(port, own);
}

type PartedRun = (call: CallPart, ...args: readonly unknown[]) => Promise<unknown>;

/** The port on PostgreSQL. Any number of processes may use one database: no decision depends on the memory of one. */
import type pg from 'pg';
import { AppError } from '../../domain/errors.ts';
import type { ResponseEntry } from '../../domain/model/answer.ts';
import type { Storage } from '../port/index.ts';
import type { StorageEvents } from '../port/maintenance.ts';
import type { Processes } from '../port/processes.ts';
import type { CallPart } from '../shared/part-calls.ts';
import { partedOperations } from '../shared/parts.ts';
import { createResultCache } from '../shared/result-cache.ts';
import { changesNoCounts } from '../shared/minor-changes.ts';
import { createPool, storageError, type PoolOptions } from './connection.ts';
import { createCaches } from './context.ts';
import { createCounts } from './counts.ts';
import { createHosts } from './hosts.ts';
import { listenForChanges } from './listen.ts';
import { compact, healthOf, refuseCopies } from './maintenance.ts';
import { joinProcesses, type Joining, type Membership } from './membership.ts';
import { checkSchema, isOlder, migrate } from './migrate.ts';
import { modeOf, operations, runOperation, type OperationName } from './operations.ts';
import { recordResponses } from './queries/record.ts';
import { createLimit } from './limit.ts';

export interface PostgresOptions extends PoolOptions {
  /** Look only: nothing is written. */
  readonly readOnly?: boolean;
  readonly onUpgrade?: StorageEvents['onUpgrade'];
}

/** Maximum delay after which processes agree, if no notification arrives. This process's own changes are seen at once. */
const longestCachedMs = 1000;

/** Beside any other process: for tests, and for exclusive users of the database. */
export async function openPostgresStorage(options: PostgresOptions): Promise<Storage> {
  return (await open(options, null)).storage;
}

/**
 * As one of the processes that share the work, and are notified when keys are destroyed.
 * @throws AppError conflict `storage.in-use`, `storage.other-version`
 */
export async function joinPostgres(
  options: PostgresOptions & Joining,
): Promise<{ readonly storage: Storage; readonly processes: Processes }> {
  const { storage, processes } = await open(options, options);
  return { storage, processes: processes! };
}

async function open(options: PostgresOptions, events: Joining | null) {
  const { readOnly = false } = options;
  const hosts = createHosts(options.url);
  const pool = createPool(hosts, options);
  let membership: Membership | null = null;
  try {
    if (hosts.areSeveral) await (await hosts.connect({ application_name: 'manyi' })).end();
    const update = async () => void (await migrate(pool, options.onUpgrade));
    if (readOnly) await checkSchema(pool);
    if (events)
      membership = await joinProcesses(hosts, {
        ...events,
        findWork: async () => (!readOnly && (await isOlder(pool)) ? update : null),
      });
    const schemaVersion = readOnly ? await checkSchema(pool) : await migrate(pool, options.onUpgrade);
    const caches = createCaches();
    const resultCache = createResultCache({ longestMs: longestCachedMs });
    const counts = createCounts(pool);
    const changes = await listenForChanges(
      hosts,
      () => resultCache.clear(),
      (m) => counts.hear(m),
    );
    const port = createPort(pool, {
      caches,
      resultCache,
      changes,
      counts,
      readOnly,
      schemaVersion,
      membership,
    });
    const processes = membership && processesOf(membership, resultCache, counts);
    return { storage: port as unknown as Storage, processes };
  } catch (error) {
    await membership?.close();
    await pool.end();
    throw storageError(error);
  }
}

function processesOf(
  { processes }: Membership,
  resultCache: { clear(): void },
  counts: ReturnType<typeof createCounts>,
): Processes {
  return {
    ...processes,
    tell: (...told) => counts.tell(...told),
    onCount: (topic, listener) => counts.onCount(topic, listener),
    async claim(name) {
      const claim = await processes.claim(name);
      // A process that takes over must see the earlier one's changes.
      if (claim) resultCache.clear();
      return claim;
    },
  };
}

interface Parts {
  readonly caches: ReturnType<typeof createCaches>;
  readonly resultCache: ReturnType<typeof createResultCache>;
  readonly changes: Awaited<ReturnType<typeof listenForChanges>>;
  readonly counts: ReturnType<typeof createCounts>;
  readonly readOnly: boolean;
  readonly schemaVersion: number;
  readonly membership: Membership | null;
}

function createPort(
  pool: pg.Pool,
  { caches, resultCache, changes, counts, readOnly, schemaVersion, membership }: Parts,
): Record<string, unknown> {
  let closed = false;
  let fullAt = -Infinity;
  const told = (error: unknown): unknown => {
    const ours = storageError(error);
    if (ours instanceof AppError && ours.message === 'storage.full') fullAt = performance.now();
    return ours;
  };
  const assertOpen = (): void => {
    if (closed) throw new AppError('unavailable', 'storage.closed');
  };
  const assertMayWrite = (): void => {
    assertOpen();
    if (readOnly) throw new AppError('unavailable', 'storage.look-only');
  };
  // Only one of this process's changes waits for the staff's lock at a time, and long reads leave connections for others.
  const oneWrite = createLimit(1);
  const someScans = createLimit(Math.max(1, Math.floor(pool.options.max / 3)));
  const run = (name: OperationName, args: readonly unknown[]) =>
    runOperation(pool, caches, name, args, {
      announce: changes.announce,
      fence: membership && (() => membership.fence()),
    });
  const dispatch = async (name: OperationName, args: readonly unknown[]): Promise<unknown> => {
    const mode = modeOf(name);
    try {
      if (mode === 'write') {
        assertMayWrite();
        try {
          return await oneWrite(() => run(name, args));
        } finally {
          resultCache.clear({ minor: changesNoCounts.has(name) });
        }
      }
      assertOpen();
      const mayKeep = changes.alive;
      if (mode === 'cached') return await resultCache.get(name, args, () => run(name, args), { mayKeep });
      if (mode === 'cached-scan')
        return await resultCache.get(name, args, () => someScans(() => run(name, args)), {
          isLarge: true,
          mayKeep,
        });
      return await (mode === 'scan' ? someScans(() => run(name, args)) : run(name, args));
    } catch (error) {
      throw told(error);
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
        return await recordResponses(pool, caches, batch);
      } catch (error) {
        throw told(error);
      }
    },
    async compact() {
      try {
        assertMayWrite();
        await oneWrite(() => compact(pool));
      } catch (error) {
        throw told(error);
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
    health: () => healthOf(pool, schemaVersion, { closed, full: performance.now() - fullAt < fullMs }),
    async close() {
      if (closed) return;
      closed = true;
      await changes.close();
      await counts.close();
      await pool.end();
      await membership?.close();
    },
  };
  return Object.assign(port, own);
}

/**
 * After a write was refused for lack of space, the disk counts as full for this long. Only writes that need a new page are
 * refused, so a probe may succeed while answers fail. It is not permanent: a load balancer that skips this service would send
 * nothing that shows that there is space again.
 */
const fullMs = 10_000;

type PartedRun = (call: CallPart, ...args: readonly unknown[]) => Promise<unknown>;

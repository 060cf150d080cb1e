/**
 * Membership of a process in the group that uses one database, by a connection that it keeps for its whole life. Its claims are
 * locks of that connection: the server releases them when the process ends, in whatever way.
 *
 * Fencing. A process may not notice at once that its connection is gone, and continue work that another one has claimed since. So
 * every change checks, in its transaction and under the staff's lock, whether the connection of its process is alive. That
 * connection holds a lock on its own number, which nobody else can take. A process joins again only when all its work under lost
 * claims has ended.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { AppError } from '../../domain/errors.ts';
import type { CampaignId } from '../../domain/model/ids.ts';
import type { Claim, KeyEnd, ProcessEvents, Processes } from '../port/processes.ts';
import { isConnectionTrouble, lockClass, storageError } from './connection.ts';
import type { Hosts } from './hosts.ts';
import { createLimit } from './limit.ts';
import { changesChannel } from './listen.ts';

/** Options of a process. */
export interface Joining extends ProcessEvents {
  /** No other process may use the database at the same time. */
  readonly alone?: boolean;
  /** Milliseconds to wait for others that are starting. */
  readonly patience?: number;
  /** It could not join again: another process has the database exclusively, or has another version. Called once. */
  onFatal?(error: Error): void;
}

/** For a process that uses no keys. */
export const withoutKeys: ProcessEvents = {
  onJoined: () => undefined,
  onLeft: () => undefined,
  onKeyEnd: () => undefined,
};

export interface MemberOptions extends Joining {
  /** Work to be done while no other process uses the database; null: none. */
  findWork(): Promise<(() => Promise<void>) | null>;
}

export interface Membership {
  readonly processes: Omit<Processes, 'tell' | 'onCount'>;
  /**
   * Statement for a change's transaction, after the staff's lock; see `assertFenced`.
   * @throws AppError unavailable `storage.unreachable`
   */
  fence(): string;
  close(): Promise<void>;
}

const retryMs = 500;
const lookMs = 1000;

/** If a machine disappears, the server notices within half a minute, and the process itself somewhat sooner (hosts.ts). */
const settings = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3';

interface HeldClaim extends Claim {
  readonly abort: AbortController;
}

/** The state on one connection. */
interface Session {
  readonly client: pg.Client;
  /** One statement after the other, as the driver requires. */
  readonly ask: <R extends pg.QueryResultRow>(
    sql: string,
    values?: readonly unknown[],
  ) => Promise<readonly R[]>;
  readonly member: number;
  /** Keys that it has confirmed to have dropped. */
  readonly ended: Set<string>;
}

const unreachable = () => new AppError('unavailable', 'storage.unreachable');

/** @param results of the statements that began a transaction, `fence()` last */
export function assertFenced(results: readonly pg.QueryResult[]): void {
  const row = results.at(-1)?.rows[0] as { readonly gone: boolean } | undefined;
  if (row?.gone !== false) throw unreachable();
}

/** @throws AppError conflict `storage.in-use`, `storage.other-version` */
export async function joinProcesses(hosts: Hosts, options: MemberOptions): Promise<Membership> {
  let session: Session | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  let looking: Promise<void> | null = null;
  const claims = new Map<string, HeldClaim>();
  let idle: (() => void) | null = null;

  async function join(patience: number): Promise<void> {
    const client = await hosts.connect({ application_name: 'manyi service', options: settings });
    try {
      await enter(client, hosts.name, options, patience);
      const member = randomInt(1, 2 ** 31);
      await client.query(`SELECT pg_advisory_lock(${lockClass.member}, ${member}); LISTEN ${changesChannel}`);
      const inTurn = createLimit(1);
      const own: Session = {
        client,
        ask: async <R extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
          (await inTurn(() => client.query<R>(sql, [...values]))).rows,
        member,
        ended: new Set(),
      };
      const lost = (): void => leave(own);
      client.on('error', lost);
      client.on('end', lost);
      client.on('notification', () => void look(own));
      if (closed) throw unreachable();
      session = own;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    options.onJoined();
    await look(session);
  }

  function leave(own: Session): void {
    if (session !== own) return;
    session = null;
    options.onLeft();
    for (const claim of claims.values()) claim.abort.abort();
    if (!closed) void again();
  }

  async function again(): Promise<void> {
    // Nothing may be changed under a claim that another process has now.
    if (claims.size > 0) await new Promise<void>((resolve) => (idle = resolve));
    for (let wait = 20; !closed && session === null; wait = retryMs) {
      await pause(wait, undefined, { ref: false });
      if (closed) return;
      try {
        await join(0);
      } catch (error) {
        // Any other obstacle to joining may be temporary.
        if (!(error instanceof AppError) || error.kind !== 'conflict') continue;
        options.onFatal?.(error);
        return;
      }
    }
  }

  /** Drops keys that are being destroyed, and confirms it. One check at a time. */
  function look(own: Session): Promise<void> {
    return (looking ??= findEnds(own)
      // Its connection tells by itself that it is broken.
      .catch(() => undefined)
      .finally(() => {
        looking = null;
      }));
  }

  async function findEnds({ ask, ended }: Session): Promise<void> {
    const rows = await ask<{ no: number; id: CampaignId; end: KeyEnd }>(
      `SELECT no, id, 'closing' AS end FROM campaigns WHERE closing_step = 'destroy-keys'
       UNION ALL SELECT no, id, 'expiry' FROM campaigns WHERE expiry_step = 'destroy-keys'`,
    );
    for (const { no, id, end } of rows) {
      if (ended.has(`${no} ${end}`)) continue;
      options.onKeyEnd(id, end);
      await ask(`SELECT pg_advisory_lock_shared(${lockClass[end]}, $1)`, [no]);
      ended.add(`${no} ${end}`);
    }
  }

  function done(name: string): void {
    claims.delete(name);
    if (claims.size > 0) return;
    idle?.();
    idle = null;
  }

  async function claim(name: string): Promise<Claim | null> {
    const own = session;
    if (own === null || closed || claims.has(name)) return null;
    const abort = new AbortController();
    const held: HeldClaim = {
      abort,
      lost: abort.signal,
      async release() {
        if (claims.get(name) !== held) return;
        if (session === own)
          await own
            .ask(`SELECT pg_advisory_unlock(${lockClass.claim}, hashtext($1))`, [name])
            .catch(ignoreTrouble);
        done(name);
      },
    };
    claims.set(name, held);
    try {
      const [row] = await own.ask<{ taken: boolean }>(
        `SELECT pg_try_advisory_lock(${lockClass.claim}, hashtext($1)) AS taken`,
        [name],
      );
      if (row?.taken === true && !abort.signal.aborted) return held;
    } catch (error) {
      done(name);
      throw storageError(error);
    }
    done(name);
    return null;
  }

  await join(options.patience ?? 20_000);
  timer = setInterval(() => session && void look(session), lookMs);
  timer.unref();

  return {
    processes: {
      claim,
      async isClaimed(name) {
        if (claims.has(name)) return true;
        if (session === null) throw unreachable();
        try {
          return await isClaimed(session, name);
        } catch (error) {
          throw storageError(error);
        }
      },
      async countKeyHolders(id, end) {
        if (session === null) throw unreachable();
        try {
          return await countKeyHolders(session, id, end);
        } catch (error) {
          throw storageError(error);
        }
      },
    },
    fence() {
      if (session === null) throw unreachable();
      return `SELECT pg_try_advisory_xact_lock_shared(${lockClass.member}, ${session.member}) AS gone`;
    },
    async close() {
      closed = true;
      if (timer) clearInterval(timer);
      const own = session;
      session = null;
      options.onLeft();
      await looking;
      await own?.client.end().catch(ignoreTrouble);
    },
  };
}

function ignoreTrouble(error: unknown): void {
  if (!isConnectionTrouble(error)) throw error;
}

/**
 * Joins the others, or alone if requested, or while there is work to be done first. A process of an older version, which allowed
 * only one at a time, keeps all others out by the same lock.
 */
async function enter(
  client: pg.Client,
  database: string,
  options: MemberOptions,
  patience: number,
): Promise<void> {
  const ask = async (lock: string): Promise<boolean> =>
    (await client.query<{ taken: boolean }>(`SELECT ${lock}(${lockClass.service}, 0) AS taken`)).rows[0]!
      .taken;
  const { alone = false } = options;
  const until = performance.now() + patience;
  for (;;) {
    const work = await options.findWork();
    if (await ask(alone || work ? 'pg_try_advisory_lock' : 'pg_try_advisory_lock_shared')) {
      await work?.();
      if (!alone && work) {
        await ask('pg_try_advisory_lock_shared');
        await ask('pg_advisory_unlock');
      }
      return;
    }
    if (alone || performance.now() >= until)
      throw work
        ? new AppError('conflict', 'storage.other-version', { params: { database } })
        : new AppError('conflict', 'storage.in-use', { params: { directory: database } });
    await pause(100);
  }
}

const inThisDatabase = '(SELECT oid FROM pg_database WHERE datname = current_database())';

async function isClaimed({ ask }: Session, name: string): Promise<boolean> {
  const rows = await ask<{ is: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = ${lockClass.claim} AND granted
       AND objid = (hashtext($1)::bigint & 4294967295)::oid AND database = ${inThisDatabase}) AS is`,
    [name],
  );
  return rows[0]!.is;
}

/** An expression. */
export const countProcesses = `(SELECT count(*)::integer FROM pg_locks WHERE locktype = 'advisory' AND classid = ${lockClass.member}
  AND mode = 'ExclusiveLock' AND granted AND database = ${inThisDatabase})`;

/** Number of processes that have not confirmed that the campaign's keys are out of their memory. */
async function countKeyHolders({ ask }: Session, id: CampaignId, end: KeyEnd): Promise<number> {
  const rows = await ask<{ n: number }>(
    `SELECT count(*)::integer AS n FROM pg_locks m
     WHERE m.locktype = 'advisory' AND m.classid = ${lockClass.member} AND m.mode = 'ExclusiveLock' AND m.granted
       AND m.database = ${inThisDatabase}
       AND NOT EXISTS (SELECT FROM pg_locks e JOIN campaigns c ON c.id = $1 AND e.objid = c.no
         WHERE e.locktype = 'advisory' AND e.classid = ${lockClass[end]} AND e.granted AND e.pid = m.pid AND e.database = m.database)`,
    [id],
  );
  return rows[0]!.n;
}

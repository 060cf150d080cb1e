/** Connections to the server: settings, transactions and locks, and the mapping of PostgreSQL's error codes. */
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { AppError } from '../../domain/errors.ts';
import type { Hosts } from './hosts.ts';
import { Raw } from './raw.ts';
import * as schema from './schema.ts';

export type { Raw } from './raw.ts';
export type Tx = NodePgDatabase<typeof schema> & { readonly $raw: Raw };

export interface Connection {
  readonly raw: Raw;
  readonly db: Tx;
}

export interface PoolOptions {
  /**
   * postgres://…, or a folder with the server's socket in its `host` parameter. Of several servers, the one that accepts writes
   * is used.
   */
  readonly url: string;
  /** Maximum number of connections of this process. */
  readonly connections?: number;
  /** Statement timeout in milliseconds. */
  readonly statementTimeout?: number;
  /** Lock timeout in milliseconds. */
  readonly lockTimeout?: number;
}

const int8 = 20;
const numeric = 1700;
/** Counts and times: all below 2^53. */
export const exactTypes = new pg.TypeOverrides();
exactTypes.setTypeParser(int8, Number);
exactTypes.setTypeParser(numeric, Number);

export const defaultConnections = 10;

export function createPool(hosts: Hosts, options: PoolOptions): pg.Pool {
  const { connections = defaultConnections, statementTimeout = 60_000, lockTimeout = 15_000 } = options;
  const pool = new pg.Pool({
    Client: clientOf(hosts),
    ...(hosts.areSeveral && {
      verify: (client: pg.PoolClient, done: (error?: Error) => void): void =>
        void hosts.assertPrimary(client).then(() => done(), done),
    }),
    max: connections,
    types: exactTypes,
    application_name: 'manyi',
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeout,
    lock_timeout: lockTimeout,
    // A process that stopped in mid-transaction must not keep its locks.
    idle_in_transaction_session_timeout: 300_000,
    // Queries are sent without waiting for the response to the one before (`sendTogether`).
    pipeline: true,
    // A commit is acknowledged when it is on the disk, and on the synchronous standby if there is one. A generic plan would lock
    // every campaign's partitions.
    options: '-c synchronous_commit=on -c plan_cache_mode=force_custom_plan -c client_min_messages=warning',
  });
  // An idle connection that breaks is replaced; a query in progress gets the error.
  pool.on('error', () => undefined);
  return pool;
}

/** Makes the pool's connections: `new` connects to the server that accepts writes now. */
function clientOf(hosts: Hosts): new () => pg.ClientBase {
  return function (settings: pg.ClientConfig) {
    return hosts.create(settings);
  } as unknown as new () => pg.ClientBase;
}

const connections = new WeakMap<pg.ClientBase, Connection>();

/** Created once per connection: the query builder reads the whole schema. */
export function connectionOf(client: pg.ClientBase): Connection {
  let found = connections.get(client);
  if (!found) {
    const raw = new Raw(client);
    const db = Object.assign(drizzle(client as pg.Client, { schema }), { $raw: raw }) as unknown as Tx;
    connections.set(client, (found = { raw, db }));
  }
  return found;
}

/**
 * A commit of unknown outcome. The connection broke before the server's response, or the commit was made but its wait for the
 * standby was cancelled (`pg_cancel_backend`), for which the server only raises a warning.
 */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
}

/** SQLSTATE of the warning; its text is in the server's language. */
const givenUp = '01000';

/**
 * For a transaction without changes: its commit then waits for the synchronous standby like a change, and so for everything
 * committed before.
 */
export const waitForStandby = "SELECT pg_logical_emit_message(true, 'manyi', '')";

/**
 * One transaction on a connection of the pool. `begin` may contain further statements, which are sent in the same round trip.
 * @param look checks their results; if it throws, the transaction is rolled back
 * @throws UnknownOutcome
 */
export function inTx<T>(
  pool: pg.Pool,
  begin: string,
  fn: (connection: Connection) => Promise<T>,
  look?: (begun: readonly pg.QueryResult[]) => void,
): Promise<T> {
  return withTx(pool, async (client) => {
    // For several statements the driver returns an array.
    const begun = (await client.query(begin)) as pg.QueryResult | pg.QueryResult[];
    look?.([begun].flat());
    const result = await fn(connectionOf(client));
    await commit(client, []);
    return result;
  });
}

/** A fully prepared query: sending it cannot throw. */
export type Send = () => Promise<unknown>;

/** A transaction with two round trips. A round trip costs both sides as much as several rows. */
export interface PipelinedTx<F, T> {
  readonly begin: string;
  /** Runs together with `begin`: it sends its queries before it awaits the first. */
  first(connection: Connection): Promise<F>;
  /** `sends` is sent with the commit, in that order. */
  rest(connection: Connection, first: F): Promise<{ readonly result: T; readonly sends: readonly Send[] }>;
}

/** @throws UnknownOutcome */
export function inPipelinedTx<F, T>(pool: pg.Pool, tx: PipelinedTx<F, T>): Promise<T> {
  return withTx(pool, async (client) => {
    const connection = connectionOf(client);
    const [, found] = await sendTogether(
      client,
      () => [client.query(tx.begin), tx.first(connection)] as const,
    );
    const { result, sends } = await tx.rest(connection, found);
    await commit(client, sends);
    return result;
  });
}

/**
 * Sends queries in one write to the socket, so that the server always has the next one. The server executes all of them, whatever
 * the result of the first.
 * @throws the error of the first that failed
 */
async function sendTogether<T extends readonly Promise<unknown>[]>(
  client: pg.PoolClient,
  send: () => T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const { stream } = (client as unknown as pg.Client).connection;
  stream.cork();
  let sent: T;
  try {
    sent = send();
  } finally {
    stream.uncork();
  }
  const settled = await Promise.allSettled(sent);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as {
    -readonly [K in keyof T]: Awaited<T[K]>;
  };
}

/** The server ended the transaction with a commit after an error: there is nothing to roll back. */
const ended = new WeakSet<Error>();

/**
 * `sends` precedes it in the same message; if any of it fails, nothing is committed.
 * @throws UnknownOutcome
 */
async function commit(client: pg.PoolClient, sends: readonly Send[]): Promise<void> {
  let isGivenUp = false;
  const onNotice = ({ code }: { readonly code?: string | undefined }): void =>
    void (isGivenUp ||= code === givenUp);
  client.on('notice', onNotice);
  try {
    const done = await sendTogether(client, () => [...sends.map((send) => send()), client.query('COMMIT')]);
    // If it cannot commit, the server rolls back without an error.
    if ((done.at(-1) as pg.QueryResult).command !== 'COMMIT') throw new Error('not committed');
  } catch (cause) {
    if (isConnectionTrouble(cause)) throw new UnknownOutcome('commit', { cause });
    if (cause instanceof Error) ended.add(cause);
    throw cause;
  } finally {
    client.off('notice', onNotice);
  }
  if (isGivenUp) throw new UnknownOutcome('the wait for the standby was given up');
}

/** Rolled back if `fn` throws. */
async function withTx<T>(pool: pg.Pool, fn: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Without an error listener, a connection that breaks between two queries would end the process.
  const onError = (error: Error): void => void (broken = error);
  client.on('error', onError);
  try {
    return await fn(client);
  } catch (error) {
    if (broken === undefined && !(error instanceof Error && ended.has(error)))
      await client.query('ROLLBACK').catch((failed: unknown) => {
        broken = failed instanceof Error ? failed : new Error(String(failed));
      });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken ?? false);
  }
}

/** A look-up by key that needs no transaction. */
export async function withConnection<T>(
  pool: pg.Pool,
  fn: (connection: Connection) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error): void => void (broken = error);
  client.on('error', onError);
  try {
    return await fn(connectionOf(client));
  } catch (error) {
    if (isConnectionTrouble(error)) broken ??= error as Error;
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken ?? false);
  }
}

// Locks ----------------------------------------------------------------------------------------------------------------

/** First keys of the advisory locks: "man" and a number, so that they differ from other programs' locks. */
export const lockClass = {
  staff: 0x6d616e01,
  campaign: 0x6d616e02,
  migration: 0x6d616e03,
  /** Session lock, like those below (membership.ts): shared by all processes that use the database. */
  service: 0x6d616e04,
  /** Identifies a process by a random number. */
  member: 0x6d616e05,
  claim: 0x6d616e06,
  /** Shared by processes that have dropped a campaign's keys, one lock per set of keys. */
  closing: 0x6d616e07,
  expiry: 0x6d616e08,
} as const;

/** Held by every change except answers. So changes are serialised, as on SQLite, and each sees what the one before committed. */
export const lockStaff = `SELECT pg_advisory_xact_lock(${lockClass.staff}, 0)`;

export const lockMigration = `SELECT pg_advisory_xact_lock(${lockClass.migration}, 0)`;

/** Held by every batch of answers, for its campaigns in ascending order. */
export function shareCampaigns(ascending: readonly number[]): string {
  return ascending
    .map((no) => `SELECT pg_advisory_xact_lock_shared(${lockClass.campaign}, ${Math.trunc(no)})`)
    .join('; ');
}

/**
 * Exclusive, for changes that an answer depends on: waits for the batches in progress, and keeps later ones out until it is
 * committed.
 */
export function ownCampaigns(ascending: readonly number[]): string {
  return ascending
    .map((no) => `SELECT pg_advisory_xact_lock(${lockClass.campaign}, ${Math.trunc(no)})`)
    .join('; ');
}

export async function lockCampaign({ $raw: raw }: Tx, no: number): Promise<void> {
  await raw.exec(ownCampaigns([no]));
}

// Errors ---------------------------------------------------------------------------------------------------------------

function causeWithCode(error: unknown): (Error & { readonly code: string }) | null {
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if ('code' in at && typeof at.code === 'string') return at as Error & { readonly code: string };
  return null;
}

/** SQLSTATE, or the code of a network error; '': neither. The query builder wraps the original error. */
export function codeOf(error: unknown): string {
  return causeWithCode(error)?.code ?? '';
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNABORTED',
]);
/** The driver gives these no code. */
const brokenConnection =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Connection ended unexpectedly)/;

/** The connection broke, or the server shuts down: the outcome of a commit in progress is unknown. */
export function isConnectionTrouble(error: unknown): boolean {
  const code = codeOf(error);
  if (code.startsWith('08') || code.startsWith('57P') || networkCodes.has(code)) return true;
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (brokenConnection.test(at.message)) return true;
  return false;
}

/** A conflict with another transaction: a retry may succeed. */
export function isRetryable(error: unknown): boolean {
  const code = codeOf(error);
  return code === '40001' || code === '40P01';
}

/** The one place where PostgreSQL's error codes become ours; unknown ones are not changed. */
export function storageError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof UnknownOutcome || isConnectionTrouble(error))
    return new AppError('unavailable', 'storage.unreachable', { cause: error });
  const code = codeOf(error);
  if (code === '53100') return new AppError('unavailable', 'storage.full', { cause: error });
  // Too many connections or locks, or a timeout of a lock or response; a later retry may succeed.
  if (
    code.startsWith('53') ||
    code === '55P03' ||
    code === '57014' ||
    code.startsWith('40') ||
    code === '25P03'
  )
    return new AppError('unavailable', 'storage.slow', { cause: error });
  // User, password, database or rights.
  if (code.startsWith('28') || code === '3D000' || code === '42501')
    return new AppError('unavailable', 'storage.not-let-in', { cause: error });
  if (code === '25006') return new AppError('unavailable', 'storage.standby', { cause: error });
  if (code.startsWith('58')) return new AppError('unavailable', 'storage.io', { cause: error });
  if (code.startsWith('XX'))
    return new AppError('corrupt', 'storage.corrupt', { params: { column: code }, cause: error });
  if (code.startsWith('23')) return new AppError('conflict', 'storage.constraint', { cause: error });
  return error;
}

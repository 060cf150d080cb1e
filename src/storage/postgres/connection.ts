/** Connections to the server: their settings, transactions and locks, and PostgreSQL's error codes into ours. */
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
  /** postgres://…, or a folder with the server's socket in its `host` parameter; of several servers, the one that takes changes is used. */
  readonly url: string;
  /** Connections of this process at most. */
  readonly connections?: number;
  /** Milliseconds that one statement may take. */
  readonly statementTimeout?: number;
  /** Milliseconds that a statement waits for a lock. */
  readonly lockTimeout?: number;
}

const int8 = 20;
const numeric = 1700;
/** Counts and moments: all below 2^53. */
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
    // A process that stopped in mid-transaction must not keep everybody's locks.
    idle_in_transaction_session_timeout: 300_000,
    // What is asked before the answer to the query before it goes to the server at once (`sendTogether`).
    pipeline: true,
    // Acknowledged is what is on the disk, and on the synchronous standby if there is one. A generic plan would lock every campaign's partitions.
    options: '-c synchronous_commit=on -c plan_cache_mode=force_custom_plan -c client_min_messages=warning',
  });
  // A connection that breaks while nobody uses it is replaced; whoever uses one is told by the query.
  pool.on('error', () => undefined);
  return pool;
}

/** What the pool makes its connections with: `new` gives one to the server that takes changes now. */
function clientOf(hosts: Hosts): new () => pg.ClientBase {
  return function (settings: pg.ClientConfig) {
    return hosts.create(settings);
  } as unknown as new () => pg.ClientBase;
}

const connections = new WeakMap<pg.ClientBase, Connection>();

/** Made once for each: the query builder reads the whole schema. */
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
 * A commit whose outcome nobody knows: the connection broke before the server's answer came, or it is made and the wait for the standby was given up
 * (by `pg_cancel_backend`), of which the server only warns.
 */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
}

/** SQLSTATE of the warning; its text is in the server's language. */
const givenUp = '01000';

/** In a transaction that stores nothing: its commit waits for the synchronous standby as a change's does, and so for everything that was committed before. */
export const waitForStandby = "SELECT pg_logical_emit_message(true, 'manyi', '')";

/**
 * One transaction on a connection of the pool. `begin` may hold further statements, which reach the server in the same message.
 * @param look at what those statements gave; what it throws undoes the transaction
 * @throws UnknownOutcome
 */
export function inTx<T>(
  pool: pg.Pool,
  begin: string,
  fn: (connection: Connection) => Promise<T>,
  look?: (begun: readonly pg.QueryResult[]) => void,
): Promise<T> {
  return withTx(pool, async (client) => {
    // Of several statements the driver gives a list.
    const begun = (await client.query(begin)) as pg.QueryResult | pg.QueryResult[];
    look?.([begun].flat());
    const result = await fn(connectionOf(client));
    await commit(client, []);
    return result;
  });
}

/** A query of which everything is ready: sending it throws nothing. */
export type Send = () => Promise<unknown>;

/** A transaction that waits for the server twice. A message costs both sides as much as some rows do. */
export interface ShortTx<F, T> {
  readonly begin: string;
  /** Goes with `begin`: it sends its queries before it awaits the first. */
  first(connection: Connection): Promise<F>;
  /** What `sends` goes with the commit, in that order. */
  rest(connection: Connection, first: F): Promise<{ readonly result: T; readonly sends: readonly Send[] }>;
}

/** @throws UnknownOutcome */
export function inShortTx<F, T>(pool: pg.Pool, tx: ShortTx<F, T>): Promise<T> {
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
 * Queries in one write to the socket, so that the server finds the next when it has done one. It goes through all of them, whatever becomes of the first.
 * @throws what the first that failed was told
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

/** Ended on the server, by a commit that came to an error before it: there is nothing to roll back. */
const ended = new WeakSet<Error>();

/** What `sends` goes before it in the same message; if any of it fails, nothing is committed. @throws UnknownOutcome */
async function commit(client: pg.PoolClient, sends: readonly Send[]): Promise<void> {
  let isGivenUp = false;
  const onNotice = ({ code }: { readonly code?: string | undefined }): void =>
    void (isGivenUp ||= code === givenUp);
  client.on('notice', onNotice);
  try {
    const done = await sendTogether(client, () => [...sends.map((send) => send()), client.query('COMMIT')]);
    // The server rolls back what cannot be committed, and calls that no error.
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
  // Without a listener, a connection that breaks between two queries would end the process.
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

/** What goes wrong inside is undone alone. */
export async function inSavepoint<T>({ $raw: raw }: Tx, fn: () => Promise<T>): Promise<T> {
  await raw.exec('SAVEPOINT inner_part');
  try {
    const result = await fn();
    await raw.exec('RELEASE SAVEPOINT inner_part');
    return result;
  } catch (error) {
    await raw.exec('ROLLBACK TO SAVEPOINT inner_part');
    throw error;
  }
}

// Locks ----------------------------------------------------------------------------------------------------------------

/** First keys of the advisory locks, "man" and a number, so that no other program's are meant. */
export const lockClass = {
  staff: 0x6d616e01,
  campaign: 0x6d616e02,
  migration: 0x6d616e03,
  /** Of a connection, as those below (membership.ts): shared by all processes that work on the database. */
  service: 0x6d616e04,
  /** A process, by a random number. */
  member: 0x6d616e05,
  claim: 0x6d616e06,
  /** Shared by processes that have let go of a campaign's keys, by which keys. */
  closing: 0x6d616e07,
  expiry: 0x6d616e08,
} as const;

/** Held by every change but answers: all of them come one after the other, as on SQLite, and each sees what the one before committed. */
export const lockStaff = `SELECT pg_advisory_xact_lock(${lockClass.staff}, 0)`;

export const lockMigration = `SELECT pg_advisory_xact_lock(${lockClass.migration}, 0)`;

/** Held by every batch of answers, of its campaigns in ascending order. */
export function shareCampaigns(ascending: readonly number[]): string {
  return ascending
    .map((no) => `SELECT pg_advisory_xact_lock_shared(${lockClass.campaign}, ${Math.trunc(no)})`)
    .join('; ');
}

/** By whoever changes what an answer depends on: waits for the batches under way, and keeps later ones out until it is committed. */
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

/** SQLSTATE, or the code of an error of the network; '': neither. The query builder wraps what it passes on. */
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

/** The connection broke, or the server goes down: whether a commit under way was made is not known. */
export function isConnectionTrouble(error: unknown): boolean {
  const code = codeOf(error);
  if (code.startsWith('08') || code.startsWith('57P') || networkCodes.has(code)) return true;
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (brokenConnection.test(at.message)) return true;
  return false;
}

/** Another transaction came between: the same one again may succeed. */
export function isRetryable(error: unknown): boolean {
  const code = codeOf(error);
  return code === '40001' || code === '40P01';
}

/** The one place where PostgreSQL's error codes become ours; anything unknown stays as it is. */
export function storageError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof UnknownOutcome || isConnectionTrouble(error))
    return new AppError('unavailable', 'storage.unreachable', { cause: error });
  const code = codeOf(error);
  if (code === '53100') return new AppError('unavailable', 'storage.full', { cause: error });
  // Too many connections or locks; a lock or an answer that did not come in time; the same transaction may succeed later.
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

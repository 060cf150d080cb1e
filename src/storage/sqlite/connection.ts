/** Opens the database file: pragmas, integrity of the schema, and the lock that keeps out a second writing process. */
import Database from 'better-sqlite3';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { createPrivateFile } from './modes.ts';
import { databaseName, isBusy, openRaw, storageError, type Raw } from './raw.ts';
import * as schema from './schema.ts';

export type { Raw } from './raw.ts';
export type Tx = BetterSQLite3Database<typeof schema> & { readonly $client: Raw };

const lockName = 'manyi.lock';

export interface Connection {
  readonly raw: Raw;
  readonly db: Tx;
}

export function openConnection(directory: string, readOnly: boolean): Connection {
  const raw = openRaw(directory, readOnly);
  return { raw, db: drizzle(raw, { schema }) };
}

/**
 * Holds an exclusive lock on a file beside the database until `release` or the death of the process.
 * @throws AppError conflict `storage.in-use`
 */
export function acquireWriterLock(directory: string): { release(): void } {
  makeFolder(directory, 0o700);
  createPrivateFile(join(directory, lockName));
  const lock = new Database(join(directory, lockName), { timeout: 0 });
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if (isBusy(cause)) throw new AppError('conflict', 'storage.in-use', { params: { directory }, cause });
    throw storageError(cause);
  }
  return {
    release() {
      if (lock.inTransaction) lock.exec('ROLLBACK');
      lock.close();
    },
  };
}

export function isDatabase(directory: string): boolean {
  return existsSync(join(directory, databaseName));
}

/** A restore was killed before its copy was complete: a service must not start with an empty database now. */
export function isRestoreUnfinished(directory: string): boolean {
  return !isDatabase(directory) && existsSync(join(directory, `${databaseName}.new`));
}

/**
 * A copy of `path` becomes the database of a folder that has none.
 * @throws AppError conflict `backup.folder-in-use`, `storage.in-use`
 */
export function placeDatabase(directory: string, path: string): void {
  const lock = acquireWriterLock(directory);
  try {
    const target = join(directory, databaseName);
    if (existsSync(target)) throw new AppError('conflict', 'backup.folder-in-use', { params: { directory } });
    // Under a temporary name until it is complete and on the disk.
    rmSync(`${target}.new`, { force: true });
    copyFileSync(path, `${target}.new`);
    chmodSync(`${target}.new`, 0o600);
    const fd = openSync(`${target}.new`, 'r+');
    fsyncSync(fd);
    closeSync(fd);
    renameSync(`${target}.new`, target);
  } finally {
    lock.release();
  }
}

/**
 * Removes erased bytes from the file: VACUUM rewrites every page, and the WAL, which contains them again, is truncated.
 * @throws AppError unavailable `storage.busy` while a reader of an older snapshot prevents truncating the WAL
 */
export function compact(raw: Raw): void {
  raw.exec('VACUUM');
  raw.pragma('user_version = 0');
  // For readers SQLite waits as long as the connection's timeout. While another thread checkpoints, it fails at once as busy.
  const started = performance.now();
  for (;;) {
    const [result] = raw.pragma('wal_checkpoint(TRUNCATE)') as [{ readonly busy: number }];
    if (result.busy === 0) return;
    if (performance.now() - started > longestRetryMs) throw new AppError('unavailable', 'storage.busy');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
}
const longestRetryMs = 3000;

const hour = 3_600_000;

/** Stored in SQLite's application id in the file's header: hours since 1970, 0 for none. */
export function deferCompaction(raw: Raw, at: number): void {
  if (findDeferredCompaction(raw) === null) raw.pragma(`user_version = ${Math.floor(at / hour)}`);
}

export function findDeferredCompaction(raw: Raw): number | null {
  const hours = raw.pragma('user_version', { simple: true }) as number;
  return hours === 0 ? null : hours * hour;
}

/** One transaction that takes the write lock at once. The type refuses an asynchronous body, whose writes would fall outside. */
export function inTx<T>(
  connection: Connection,
  fn: (tx: Tx) => T & (T extends PromiseLike<unknown> ? never : unknown),
): T {
  return connection.raw.transaction(() => fn(connection.db)).immediate();
}

/**
 * The same, but not durable when it returns: the next synced transaction makes it so, as everything before it in the WAL. A
 * killed process loses none of it. A power cut may lose all of it, together with everything after it. Use it for parts of work
 * that is then repeated, and that nobody learns of before a synced transaction has marked it as done. Answers need not wait for
 * its sync.
 */
export function inUnsyncedTx<T>(
  connection: Connection,
  fn: (tx: Tx) => T & (T extends PromiseLike<unknown> ? never : unknown),
): T {
  const { raw } = connection;
  const before = raw.pragma('synchronous', { simple: true }) as number;
  // 1 is NORMAL: a checkpoint syncs, a commit does not.
  raw.pragma(`synchronous = ${Math.min(before, 1)}`);
  try {
    return inTx(connection, fn);
  } finally {
    raw.pragma(`synchronous = ${before}`);
  }
}

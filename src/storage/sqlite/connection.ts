/** Opening the database file: pragmas, integrity of the schema, and the lock that keeps a second writing process out. */
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
 * Holds an exclusive lock on a file beside the database until `release` or the death of the process, however it dies.
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

/** A restore was killed before its copy was whole: a service that began with an empty database now would be a trap. */
export function isRestoreUnfinished(directory: string): boolean {
  return !isDatabase(directory) && existsSync(join(directory, `${databaseName}.new`));
}

/** A copy of `path` becomes the database of a folder that has none. @throws AppError conflict `backup.folder-in-use`, `storage.in-use` */
export function placeDatabase(directory: string, path: string): void {
  const lock = acquireWriterLock(directory);
  try {
    const target = join(directory, databaseName);
    if (existsSync(target)) throw new AppError('conflict', 'backup.folder-in-use', { params: { directory } });
    // Under another name until it is whole and on the disk.
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
 * Erased bytes leave the file: every page is written anew, and the WAL, which holds them all once more, is truncated.
 * @throws AppError unavailable `storage.busy` while a reader of an older state keeps the WAL from being truncated
 */
export function compact(raw: Raw): void {
  raw.exec('VACUUM');
  raw.pragma('user_version = 0');
  // For readers SQLite waits as long as the connection's timeout. While another thread checkpoints it says at once that it is busy.
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

/** Kept in the number that SQLite gives an application in the file's header: hours since 1970, 0 for none. */
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
 * The same, but not on the disk when it returns: the next synced transaction takes it there, as everything before it in the WAL. A killed process loses nothing
 * of it; a power cut may lose it whole, with nothing after it left. For parts of work that is begun anew then, and that nobody is told of before a synced
 * transaction has marked it as done. Whoever answers meanwhile does not wait for its sync.
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

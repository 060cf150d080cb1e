/** The file and its pragmas, without the schema: a thread that only checkpoints starts in a third of the time. */
import Database from 'better-sqlite3';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import { systemError } from '../../domain/system-error.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { createPrivateFile } from './modes.ts';

export type Raw = Database.Database;

export const databaseName = 'manyi.db';

/**
 * Pages of the WAL (600 MB) after which the writer itself checkpoints, between two answers: a pause of a tenth of a second. The
 * checkpointer has done most of it by then, but only the writer can reset the WAL, and does so as soon as nothing remains to be
 * checkpointed.
 */
const logPages = 150_000;
/** Size limit to which the WAL is truncated on reset. */
const logBytes = 64 * 1024 * 1024;

/**
 * KiB of page cache of a writing connection. No more, because a commit with a page split scans the whole hash table of the cache
 * (SQLite rekeys the parts of a split page over a page number beyond the file, and then drops all pages beyond the file's end):
 * at 64 MiB that cost a third of an insert. Evicted pages are still in the system's cache.
 */
const writerCacheKiB = 16_384;

export function openRaw(directory: string, readOnly: boolean): Raw {
  const file = join(directory, databaseName);
  if (readOnly) assertThere(directory, file);
  makeFolder(directory, 0o700);
  let raw: Raw;
  try {
    if (!readOnly) createPrivateFile(file);
    raw = new Database(file, { readonly: readOnly, timeout: 5000 });
    if (!readOnly) {
      raw.pragma('journal_mode = WAL');
      raw.pragma('synchronous = FULL');
      raw.pragma('secure_delete = ON');
      raw.pragma(`wal_autocheckpoint = ${logPages}`);
      raw.pragma(`journal_size_limit = ${logBytes}`);
    }
    raw.pragma('foreign_keys = ON');
    raw.pragma(`cache_size = -${readOnly ? 65_536 : writerCacheKiB}`);
    raw.pragma('trusted_schema = OFF');
  } catch (cause) {
    throw storageError(cause);
  }
  return raw;
}

/**
 * A folder of someone else must not look empty.
 * @throws AppError not-found `storage.no-database`; `file.*` for system errors
 */
function assertThere(directory: string, file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (cause) {
    throw (
      systemError(cause) ?? new AppError('not-found', 'storage.no-database', { params: { directory }, cause })
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Rows of another table refer to it. */
export function isReferredTo(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_CONSTRAINT_FOREIGNKEY';
}

export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY');
}

/** The one place where SQLite's error codes become ours; unknown ones are not changed. */
export function storageError(error: unknown): unknown {
  const code = codeOf(error);
  if (code === '') return error;
  if (code.startsWith('SQLITE_FULL')) return new AppError('unavailable', 'storage.full', { cause: error });
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return new AppError('unavailable', 'storage.busy', { cause: error });
  if (
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_CANTOPEN') ||
    code.startsWith('SQLITE_PERM')
  )
    return new AppError('unavailable', 'storage.read-only', { cause: error });
  if (code.startsWith('SQLITE_IOERR')) return new AppError('unavailable', 'storage.io', { cause: error });
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB'))
    return new AppError('corrupt', 'storage.corrupt', { params: { column: code }, cause: error });
  if (code.startsWith('SQLITE_CONSTRAINT'))
    return new AppError('conflict', 'storage.constraint', { cause: error });
  return error;
}

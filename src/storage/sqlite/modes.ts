/** Files with answers and (encrypted) phones are for the service's account only, whatever the umask: 0600, their folders 0700. */
import { chmodSync, closeSync, existsSync, lstatSync, openSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createSystemError } from '../../domain/system-error.ts';

const othersMay = 0o077;
const sticky = 0o1000;
const databaseFile = /\.(db|lock)(-wal|-shm|-journal)?$|\.db\.[\w.-]+$/;

/** SQLite creates a file with the mode of the umask. It treats an empty file as new, and gives its WAL the same mode. */
export function createPrivateFile(path: string): void {
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    // The folder exists, but accepts no files, such as /proc.
    if (isMissing && existsSync(dirname(path))) throw createSystemError('ENOTSUP', dirname(path), cause);
    throw cause;
  }
}

/**
 * For installations made by an earlier version: removes other accounts' permissions from the folder and its databases, or from
 * everything below it.
 * @returns what could not be changed, because it belongs to another account
 */
export function restrictToOwner(
  directory: string,
  which: 'databases' | 'everything' = 'databases',
): readonly string[] {
  if (!existsSync(directory)) return [];
  const failed: string[] = [];
  const close = (path: string, mode: number) => {
    const { mode: now, uid } = lstatSync(path);
    // A folder shared by many accounts by design, such as /tmp.
    if ((now & othersMay) === 0 || (now & sticky) !== 0) return;
    if (uid === process.getuid?.()) chmodSync(path, mode);
    else failed.push(path);
  };
  close(directory, 0o700);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isFile() && (which === 'everything' || databaseFile.test(entry.name))) close(path, 0o600);
    else if (entry.isDirectory() && which === 'everything') failed.push(...restrictToOwner(path, which));
  }
  return failed;
}

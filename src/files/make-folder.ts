/**
 * Creates folders named by settings and commands. Node's own `recursive` is not used: on a file system that allows no folders
 * (`/proc`), it finds the parent and retries forever.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createSystemError } from '../domain/system-error.ts';

/**
 * Creates the folder and its parents, unless it exists.
 * @param mode of the created folders
 * @throws the system's error (domain/system-error.ts); `ENOTSUP` if folders are not possible there, `ENOTDIR` if something else
 * is in the way
 */
export function makeFolder(path: string, mode = 0o777): void {
  const missing = [resolve(path)];
  while (!isMade(missing[0]!, mode)) {
    const parent = dirname(missing[0]!);
    if (existsSync(parent)) break;
    missing.unshift(parent);
  }
  // Again from the first one: another process may have created its parent meanwhile. If the parent exists and still nothing can
  // be created in it, nothing ever can.
  for (const folder of missing) if (!isMade(folder, mode)) throw createSystemError('ENOTSUP', path);
}

/** False if a parent is missing. */
function isMade(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') return false;
    // A read-only disk reports this for an existing folder, too.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return true;
    if (code === 'EEXIST') throw createSystemError('ENOTDIR', path, error);
    throw error;
  }
}

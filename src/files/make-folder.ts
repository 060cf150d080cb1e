/**
 * Folders that settings and commands name. Node's own `recursive` is not used: where a file system lets nobody make a folder (`/proc`), it looks for the
 * parent, finds it, and tries again without an end.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createSystemError } from '../domain/system-error.ts';

/**
 * The folder and those on the way to it. Nothing happens if it is there.
 * @param mode of those that are made
 * @throws what the system says (domain/system-error.ts); `ENOTSUP` where nobody can make a folder, `ENOTDIR` where something else stands
 */
export function makeFolder(path: string, mode = 0o777): void {
  const missing = [resolve(path)];
  while (!isMade(missing[0]!, mode)) {
    const parent = dirname(missing[0]!);
    if (existsSync(parent)) break;
    missing.unshift(parent);
  }
  // Once more from the first one: another process may have made its parent meanwhile. If the parent is there, and still nothing can be put into it, nothing ever can.
  for (const folder of missing) if (!isMade(folder, mode)) throw createSystemError('ENOTSUP', path);
}

/** False if something on the way to it is missing. */
function isMade(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') return false;
    // A read-only disk says so of a folder that is there, too.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return true;
    if (code === 'EEXIST') throw createSystemError('ENOTDIR', path, error);
    throw error;
  }
}

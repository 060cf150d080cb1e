/** Where PostgreSQL's programs are; apart from what starts them, for what only asks whether they are there. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const debian = '/usr/lib/postgresql';

/**
 * Where `initdb` and `postgres` are, from the folder in `MANYI_TEST_POSTGRES` or from this machine; undefined: not on it. A folder that was named and has none
 * is an error, or the tests would say of another version that they ran.
 */
export function findBinaries(): string | undefined {
  const named = process.env['MANYI_TEST_POSTGRES'] ?? '';
  if (named !== '') {
    if (hasServer(named)) return named;
    throw new Error(`MANYI_TEST_POSTGRES: no initdb and postgres in ${named}`);
  }
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...versions.map((v) => join(debian, v, 'bin'))];
  return (
    folders.find((folder) => hasServer(folder) && has(folder, 'pg_dump', 'pg_restore', 'pg_basebackup')) ??
    folders.find(hasServer)
  );
}

const has = (folder: string, ...names: readonly string[]): boolean =>
  names.every((name) => existsSync(join(folder, name)));
const hasServer = (folder: string): boolean => has(folder, 'initdb', 'postgres');

/** A program of the same version, which not every package of the server has. */
export function findProgram(name: 'pg_dump' | 'pg_restore' | 'pg_basebackup'): string | undefined {
  const folder = findBinaries();
  const program = folder === undefined ? undefined : join(folder, name);
  return program !== undefined && existsSync(program) ? program : undefined;
}

export const skipped = 'no PostgreSQL on this machine: apt-get install postgresql';

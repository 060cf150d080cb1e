/** Where PostgreSQL's programs are; apart from what starts them, for what only asks whether they are there. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const debian = '/usr/lib/postgresql';

/** Where `initdb` and `postgres` are; undefined: not on this machine. */
export function findBinaries(): string | undefined {
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...versions.map((v) => join(debian, v, 'bin'))];
  return folders.find((folder) =>
    ['initdb', 'postgres', 'pg_dump', 'pg_basebackup'].every((name) => existsSync(join(folder, name))),
  );
}

export const skipped = 'no PostgreSQL on this machine: apt-get install postgresql';

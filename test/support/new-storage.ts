/** A database of SQLite with the tables that it begins with. Tests of the migrations themselves open storage directly. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Storage } from '../../src/storage/port/index.ts';
import { openSqliteStorage, type SqliteOptions } from '../../src/storage/sqlite/index.ts';
import { temporaryFolder } from './at-end.ts';

/** Made once in a process: to run all migrations takes thirty times as long as to write the file that comes of them. */
let empty: Promise<Buffer> | undefined;

async function makeEmpty(): Promise<Buffer> {
  const folder = temporaryFolder('manyi-empty');
  await (await openSqliteStorage({ directory: folder.path, inline: true })).close();
  const bytes = readFileSync(join(folder.path, 'manyi.db'));
  folder.remove();
  return bytes;
}

/** In a folder that has no database yet. */
export async function openNewStorage(options: SqliteOptions): Promise<Storage> {
  const bytes = await (empty ??= makeEmpty());
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(options.directory, 'manyi.db'), bytes, { flag: 'wx', mode: 0o600 });
  return openSqliteStorage(options);
}

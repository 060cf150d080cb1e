/** A file of SQLite that a test has edited, on the engine that tests run on: PostgreSQL is given all its rows. */
import { movedTableNames } from '../../src/storage/port/move.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { postgresTarget } from '../../src/storage/postgres/moving.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { sqliteSource } from '../../src/storage/sqlite/moving.ts';
import { sharedServer } from './postgres.ts';
import { usualEngine } from './world.ts';

export async function openCopy(directory: string): Promise<Storage> {
  if (usualEngine !== 'postgres') return openSqliteStorage({ directory, inline: true });
  const server = await sharedServer();
  const url = await server.createDatabase();
  const name = new URL(url).pathname.slice(1);
  const target = await postgresTarget({ url });
  const source = sqliteSource(directory);
  // Whoever edits tables breaks references, too.
  const { rows } = await server.query(
    "SELECT conrelid::regclass::text AS name, conname FROM pg_constraint WHERE contype = 'f' AND conparentid = 0",
    name,
  );
  for (const { name: table, conname } of rows as { name: string; conname: string }[])
    await server.query(`ALTER TABLE ${table} DROP CONSTRAINT "${conname}"`, name);
  for (const table of movedTableNames) await target.tables.writeTable(table, source.tables.readTable(table));
  await target.tables.finish(await source.tables.readCounters());
  await source.tables.close();
  await target.close();
  return openPostgresStorage({ url });
}

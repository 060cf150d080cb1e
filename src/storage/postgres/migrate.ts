/**
 * Runs the migrations of /migrations/postgres in order, each in its own transaction. Applied ones must be a prefix of the files,
 * byte for byte. Processes that start at the same time take turns.
 */
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { AppError } from '../../domain/errors.ts';
import type { StorageEvents } from '../port/maintenance.ts';
import { readMigrationFiles, type Migration } from '../shared/migrations.ts';
import { inTx, lockMigration, withConnection, type Raw } from './connection.ts';

// src/storage/postgres and dist/storage/postgres have the same depth.
const folder = fileURLToPath(new URL('../../../migrations/postgres/', import.meta.url));

export const postgresMigrations = (): readonly Migration[] => readMigrationFiles(folder);

/** PostgreSQL 15. */
const oldestServer = 150_000;

async function assertServer(raw: Raw): Promise<void> {
  const version = Number(await raw.prepare('SHOW server_version_num').pluck().get());
  if (version < oldestServer)
    throw new AppError('conflict', 'storage.old-server', {
      params: { version: Math.floor(version / 10_000) },
    });
}

/** @throws AppError conflict `storage.newer`, `storage.migration-changed` */
export async function pendingOf(raw: Raw, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const table = await raw.prepare("SELECT to_regclass('migrations_applied') IS NOT NULL").pluck().get();
  const applied =
    table === true
      ? ((await raw.prepare('SELECT hash FROM migrations_applied ORDER BY no').pluck().all()) as string[])
      : [];
  if (applied.length > migrations.length) throw new AppError('conflict', 'storage.newer');
  applied.forEach((hash, i) => {
    if (hash !== migrations[i]?.hash)
      throw new AppError('conflict', 'storage.migration-changed', {
        params: { migration: migrations[i]?.tag ?? '' },
      });
  });
  return migrations.slice(applied.length);
}

/** @throws AppError conflict `storage.older`, `storage.newer`, `storage.migration-changed`, `storage.old-server` */
export async function checkSchema(pool: pg.Pool): Promise<number> {
  const migrations = postgresMigrations();
  await withConnection(pool, async ({ raw }) => {
    await assertServer(raw);
    if ((await pendingOf(raw, migrations)).length > 0) throw new AppError('conflict', 'storage.older');
  });
  return migrations.length;
}

/** Whether `migrate` would change anything. @throws AppError conflict, as checkSchema */
export async function isOlder(pool: pg.Pool): Promise<boolean> {
  return withConnection(pool, async ({ raw }) => {
    await assertServer(raw);
    return (await pendingOf(raw, postgresMigrations())).length > 0;
  });
}

/** @returns number of applied migrations */
export async function migrate(pool: pg.Pool, onUpgrade?: StorageEvents['onUpgrade']): Promise<number> {
  const migrations = postgresMigrations();
  let from = migrations.length;
  await withConnection(pool, ({ raw }) => assertServer(raw));
  for (let left = 1; left > 0;)
    left = await inTx(pool, `BEGIN; ${lockMigration}`, async ({ raw }) => {
      const pending = await pendingOf(raw, migrations);
      from = Math.min(from, migrations.length - pending.length);
      const next = pending[0];
      if (!next) return 0;
      await raw.exec(
        'CREATE TABLE IF NOT EXISTS migrations_applied (no integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY, tag text NOT NULL, hash text NOT NULL)',
      );
      await raw.exec(next.sql.replaceAll('--> statement-breakpoint', ''));
      await raw.prepare('INSERT INTO migrations_applied (tag, hash) VALUES (?, ?)').run(next.tag, next.hash);
      return pending.length - 1;
    });
  if (from > 0 && from < migrations.length) onUpgrade?.({ from, to: migrations.length, copy: null });
  return migrations.length;
}

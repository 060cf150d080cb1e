/**
 * Runs the migrations of /migrations in order. drizzle's own migrator silently skips a migration that is older than the newest
 * applied one, and cannot switch foreign keys off. So this one uses drizzle's table of applied hashes but compares the whole
 * list: the applied ones must be a prefix of the files, byte for byte. The database file is copied before an upgrade.
 */
import { renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import type { StorageEvents } from '../port/maintenance.ts';
import { readMigrationFiles, type Migration } from '../shared/migrations.ts';
import type { Raw } from './connection.ts';
import { createPrivateFile } from './modes.ts';
import { chainTrail } from './queries/trail.ts';

// src/storage/sqlite and dist/storage/sqlite have the same depth.
const migrationsFolder = fileURLToPath(new URL('../../../migrations/', import.meta.url));

export function readMigrations(folder = migrationsFolder): readonly Migration[] {
  return readMigrationFiles(folder);
}

/** Steps that SQL alone cannot do, in the transaction of the migration, by the name after its number. */
const afterwards: Readonly<Record<string, (raw: Raw) => void>> = {
  audits_and_trail_chain: chainTrail,
};

function appliedHashes(raw: Raw): readonly string[] {
  const table = raw.prepare("SELECT 1 FROM sqlite_master WHERE name = 'migrations_applied'").get();
  if (table === undefined) return [];
  return raw.prepare('SELECT hash FROM migrations_applied ORDER BY no').pluck().all() as string[];
}

/** @throws AppError conflict `storage.newer`, `storage.migration-changed`; not-found-like conflict `storage.older` when `readOnly` */
export function checkSchema(
  raw: Raw,
  migrations = readMigrations(),
): { readonly pending: readonly Migration[] } {
  const applied = appliedHashes(raw);
  if (applied.length > migrations.length) throw new AppError('conflict', 'storage.newer');
  applied.forEach((hash, i) => {
    if (hash !== migrations[i]?.hash)
      throw new AppError('conflict', 'storage.migration-changed', {
        params: { migration: migrations[i]?.tag ?? '' },
      });
  });
  return { pending: migrations.slice(applied.length) };
}

/** @returns number of applied migrations */
export function migrate(
  raw: Raw,
  migrations = readMigrations(),
  onUpgrade?: StorageEvents['onUpgrade'],
): number {
  const { pending } = checkSchema(raw, migrations);
  if (pending.length === 0) return migrations.length;
  const from = migrations.length - pending.length;
  const copy = from === 0 ? null : backupBefore(raw, pending[0] as Migration);
  raw.pragma('foreign_keys = OFF');
  try {
    raw.exec(
      'CREATE TABLE IF NOT EXISTS migrations_applied (no INTEGER PRIMARY KEY AUTOINCREMENT, tag TEXT NOT NULL, hash TEXT NOT NULL) STRICT',
    );
    for (const migration of pending) {
      raw
        .transaction(() => {
          raw.exec(migration.sql.replaceAll('--> statement-breakpoint', ''));
          afterwards[migration.tag.replace(/^\d+_/, '')]?.(raw);
          const broken = raw.pragma('foreign_key_check') as unknown[];
          if (broken.length > 0)
            throw new Error(`migration ${migration.tag} leaves ${broken.length} broken references`);
          raw
            .prepare('INSERT INTO migrations_applied (tag, hash) VALUES (?, ?)')
            .run(migration.tag, migration.hash);
        })
        .immediate();
    }
  } finally {
    raw.pragma('foreign_keys = ON');
  }
  if (copy !== null) onUpgrade?.({ from, to: migrations.length, copy });
  return migrations.length;
}

/** @returns its path */
function backupBefore(raw: Raw, migration: Migration): string {
  const target = join(dirname(raw.name), `before-${migration.tag}.db`);
  // One of that name may be older: of an upgrade that was taken back by its copy.
  // A kill must not leave an incomplete copy under its final name.
  const part = `${target}.part`;
  rmSync(part, { force: true });
  createPrivateFile(part);
  raw.prepare('VACUUM INTO ?').run(part);
  renameSync(part, target);
  return target;
}

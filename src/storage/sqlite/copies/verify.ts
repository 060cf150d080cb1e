/**
 * Verifies a file such as a backup. Everything is read: pages, references, schema, and every answer recounted and compared with
 * the stored tallies.
 */
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { AppError } from '../../../domain/errors.ts';
import type { CampaignId } from '../../../domain/model/ids.ts';
import { systemError } from '../../../domain/system-error.ts';
import type { CopyReport } from '../../port/maintenance.ts';
import { createSecretSearch } from '../../shared/secret-search.ts';
import { storageError } from '../raw.ts';
import { createContext } from '../context.ts';
import { findDamage } from '../integrity.ts';
import { checkSchema, readMigrations } from '../migrate.ts';
import { listBrokenCampaigns, listCampaigns } from '../queries/campaigns.ts';
import { recount } from '../queries/recount.ts';
import * as schema from '../schema.ts';
import { sealedCampaigns, unsealIn } from './sealed-backup.ts';

/**
 * @param secrets keys that must not be anywhere in the file, neither as bytes nor as hexadecimal digits
 * @param keyOf decrypts the sealed part of an open campaign (operations/service/backup.ts)
 * @throws AppError not-found `storage.no-file`, `storage.no-tables`; `file.*` for system errors; corrupt
 * `backup.no-database`, `storage.corrupt`; conflict `storage.newer`
 */
export function verifyFile(
  path: string,
  secrets: readonly Uint8Array[],
  keyOf: (campaign: CampaignId) => Uint8Array | undefined,
): CopyReport {
  assertFile(path);
  assertDatabase(path);
  let raw: Database.Database | undefined;
  try {
    raw = new Database(path, { readonly: true });
    raw.pragma('trusted_schema = OFF');
    raw.pragma('cache_size = -65536');
    const damage = [...findDamage(raw)];
    const { pending } = checkSchema(raw);
    // An empty file is a valid database for SQLite, but not a backup.
    if (pending.length === readMigrations().length)
      throw new AppError('not-found', 'storage.no-tables', { params: { database: path } });
    const context = createContext({ raw, db: drizzle(raw, { schema }) });
    // An older file lacks tables that the current program reads; its answers are counted after an upgrade.
    const campaigns = pending.length > 0 || damage.length > 0 ? [] : listCampaigns(context.db);
    const sealed = pending.length > 0 || damage.length > 0 ? [] : openSealed(raw, keyOf);
    if (pending.length === 0 && damage.length === 0)
      for (const { id, fault } of listBrokenCampaigns(context.db))
        damage.push({ table: 'campaigns', page: null, detail: `${id}: ${fault}` });
    const recounts = campaigns
      .filter((campaign) => campaign.state !== 'draft')
      .flatMap(({ id, counties }) => {
        const opened = sealed.find((s) => s.id === id);
        if (opened?.raw === null) return [];
        const own = opened
          ? createContext({ raw: opened.raw, db: drizzle(opened.raw, { schema }) })
          : context;
        const codes = counties.map(({ code }) => code);
        return recount(own, id, codes).map((r, i) => ({ campaign: id, county: codes[i]!, ...r }));
      });
    for (const one of sealed) one.raw?.close();
    for (const one of sealed)
      if (one.fault) damage.push({ table: 'sealed_parts', page: null, detail: `${one.id}: ${one.fault}` });
    return {
      damage,
      schemaVersion: readMigrations().length - pending.length,
      pendingMigrations: pending.length,
      recounts,
      sealed: sealed.filter((s) => s.raw === null).map((s) => s.id),
      secretsFound: countSecrets(path, secrets),
    };
  } catch (error) {
    throw storageError(error);
  } finally {
    raw?.close();
  }
}

/** Sealed data are decrypted into a copy in memory, and never written to disk for the check. */
function openSealed(
  raw: Database.Database,
  keyOf: (campaign: CampaignId) => Uint8Array | undefined,
): readonly {
  readonly id: CampaignId;
  readonly raw: Database.Database | null;
  readonly fault?: string;
}[] {
  return sealedCampaigns(raw).map((id) => {
    const key = keyOf(id);
    if (!key) return { id, raw: null };
    const copy = new Database(raw.serialize());
    try {
      copy.transaction(() => unsealIn(copy, id, key)).immediate();
      return { id, raw: copy };
    } catch (error) {
      copy.close();
      return { id, raw: null, fault: error instanceof Error ? error.message : String(error) };
    }
  });
}

function countSecrets(path: string, secrets: readonly Uint8Array[]): number {
  const search = createSecretSearch(secrets);
  const chunk = Buffer.alloc(1 << 20);
  const fd = openSync(path, 'r');
  try {
    for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk))
      search.add(chunk.subarray(0, length));
  } finally {
    closeSync(fd);
  }
  return search.found();
}

/** Every SQLite file begins with these words; an empty one is a database without tables. */
function assertDatabase(path: string): void {
  const head = Buffer.alloc(16);
  const fd = openSync(path, 'r');
  try {
    const length = readSync(fd, head);
    if (length > 0 && head.toString('latin1') !== 'SQLite format 3\0')
      throw new AppError('corrupt', 'backup.no-database', { params: { path } });
  } finally {
    closeSync(fd);
  }
}

/**
 * Checked before SQLite reports that it cannot be opened.
 * @throws AppError not-found `storage.no-file`; `file.*` for system errors
 */
function assertFile(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw (
      systemError(cause, path) ?? new AppError('not-found', 'storage.no-file', { params: { path }, cause })
    );
  }
  if (statSync(path).isDirectory())
    throw new AppError('invalid', 'file.is-a-folder', { params: { file: path } });
}

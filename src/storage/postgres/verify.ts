/**
 * Verifies a database restored from a dump or a base backup. Everything is read, as ../sqlite/copies/verify.ts reads a file:
 * every row, every answer recounted and compared with the stored tallies, and a search for keys of this installation. Nothing is
 * written, so a standby can be read too.
 */
import { AppError } from '../../domain/errors.ts';
import type { CampaignId } from '../../domain/model/ids.ts';
import type { CopyReport, Damage } from '../port/maintenance.ts';
import { createSecretSearch } from '../shared/secret-search.ts';
import { createPool, inTx, storageError, type Connection, type PoolOptions, type Raw } from './connection.ts';
import { createContext, createCaches } from './context.ts';
import { fetchInParts } from './fetch.ts';
import { createHosts } from './hosts.ts';
import { findDamage } from './maintenance.ts';
import { pendingOf, postgresMigrations } from './migrate.ts';
import { listBrokenCampaigns, listCampaigns } from './queries/campaigns.ts';
import { recount } from './queries/recount.ts';

/** One snapshot, however long it takes; no nested loops on tables that were filled a moment ago. */
const reading =
  'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; SET LOCAL enable_nestloop = off';

/**
 * @param secrets keys that must not be anywhere in it
 * @returns the findings, and the database's name without user and password
 * @throws AppError not-found `storage.no-tables`; conflict `storage.newer`; unavailable if it cannot be reached
 */
export async function verifyDatabase(
  options: PoolOptions,
  secrets: readonly Uint8Array[],
): Promise<{ readonly name: string; readonly report: CopyReport }> {
  const hosts = createHosts(options.url);
  const pool = createPool(hosts, { ...options, connections: 1 });
  try {
    const report = await inTx(pool, reading, (connection) => verify(connection, hosts.name, secrets));
    return { name: `postgres://${hosts.name}`, report };
  } catch (error) {
    throw storageError(error);
  } finally {
    await pool.end();
  }
}

async function verify(
  connection: Connection,
  name: string,
  secrets: readonly Uint8Array[],
): Promise<CopyReport> {
  const { raw, db: tx } = connection;
  const migrations = postgresMigrations();
  const pending = await pendingOf(raw, migrations);
  if (pending.length === migrations.length)
    throw new AppError('not-found', 'storage.no-tables', { params: { database: name } });
  const context = createContext(connection, createCaches());
  const damage: Damage[] = [...(await findDamage(context))];
  // An older database lacks tables that the current program reads; its answers are counted after an upgrade.
  const isReadable = pending.length === 0 && damage.length === 0;
  const recounts: CopyReport['recounts'][number][] = [];
  // Moved here from a restored backup file whose key is lost.
  const sealed = isReadable ? await listSealed(raw) : [];
  if (isReadable) {
    for (const { id, fault } of await listBrokenCampaigns(tx))
      damage.push({ table: 'campaigns', page: null, detail: `${id}: ${fault}` });
    for (const { id, state, counties } of await listCampaigns(tx)) {
      if (state === 'draft' || sealed.includes(id)) continue;
      const codes = counties.map(({ code }) => code);
      const results = await recount(context, id, codes);
      recounts.push(...results.map((result, i) => ({ campaign: id, county: codes[i]!, ...result })));
    }
  }
  return {
    damage,
    schemaVersion: migrations.length - pending.length,
    pendingMigrations: pending.length,
    recounts,
    sealed,
    // If rows cannot be read, nothing can be searched.
    secretsFound: damage.length > 0 ? 0 : await countSecrets(raw, secrets),
  };
}

async function listSealed(raw: Raw): Promise<readonly CampaignId[]> {
  return (await raw
    .prepare('SELECT id FROM campaigns WHERE no IN (SELECT campaign FROM sealed_parts) ORDER BY no')
    .pluck()
    .all()) as CampaignId[];
}

/** In every table, whatever version made it. */
async function countSecrets(raw: Raw, secrets: readonly Uint8Array[]): Promise<number> {
  const search = createSecretSearch(secrets);
  const tables = (await raw
    .prepare(
      "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY relname",
    )
    .pluck()
    .all()) as string[];
  for (const table of tables)
    for await (const rows of fetchInParts(raw, `SELECT * FROM "${table}"`))
      search.add(
        Buffer.concat(
          rows
            .flat()
            .filter((value) => typeof value === 'string' || value instanceof Uint8Array)
            .flatMap((value) => [typeof value === 'string' ? Buffer.from(value) : value, gap]),
        ),
      );
  return search.found();
}

/** Two adjacent values must not look like a third one. */
const gap = Buffer.from('\n');

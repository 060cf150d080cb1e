/**
 * The large tables have one partition per campaign, split by county. It is made in the transaction that creates the campaign, and
 * dropped with its files. Data erased from a partition leaves the files only when the partition is rewritten: an UPDATE leaves
 * the old row in place.
 */
import type { Tx } from './connection.ts';

/** With the columns that order the rows of each, as on SQLite: only its key. */
const partitioned = {
  contacts: 'campaign, county, entry',
  contact_schools: 'campaign, county, entry, school, grade',
  issued: 'campaign, county, pseudonym',
  responses: 'campaign, county, pseudonym, revision',
  tallies:
    'campaign, county, questionnaire, sampling_stratum, reporting_stratum, channel, counted_set, valid',
  first_tallies:
    'campaign, county, questionnaire, sampling_stratum, reporting_stratum, channel, counted_set, valid',
  texts: 'campaign, county, text_id, item',
  evidence_leaves: 'campaign, county, no',
  evidence_references: 'campaign, county, no',
  evidence_tiles: 'campaign, county, level, no',
  outbox: 'campaign, county, sending, recipient',
} as const;
export type PartitionedTable = keyof typeof partitioned;
export const partitionedTables = Object.keys(partitioned) as readonly PartitionedTable[];

/**
 * Comments and sealed data: ANALYZE, which autovacuum runs, keeps samples of a column's values in pg_statistic, where erasing a
 * row has no effect. For tables that are not partitioned, see migration 0004.
 */
const unsampled: { readonly [K in PartitionedTable]?: readonly string[] } = {
  contacts: ['sealed', 'sealed_code', 'commitment'],
  responses: ['nonce', 'answers', 'content_hash'],
  texts: ['body'],
  outbox: ['sealed_entry', 'provider'],
};

/** With its sub-partitions, if any. */
async function leaveUnsampled(tx: Tx, table: PartitionedTable, name: string): Promise<void> {
  const columns = unsampled[table];
  if (columns)
    await tx.$raw.exec(
      `ALTER TABLE ${name} ${columns.map((column) => `ALTER COLUMN ${column} SET STATISTICS 0`).join(', ')}`,
    );
}

/** Sub-partitions of a campaign, by hash of the county. */
const parts = 4;

/**
 * Name of a campaign's own partition. A statement may use it in place of the table: then its plan can be reused, and locks no
 * other campaign's partitions.
 */
export const nameOf = (table: PartitionedTable, campaign: number) => `${table}_c${Math.trunc(campaign)}`;

/** Created beside the table and then attached, which does not block answers to other campaigns; `PARTITION OF` would. */
export async function createPartitions(tx: Tx, campaign: number): Promise<void> {
  for (const table of partitionedTables) {
    const own = nameOf(table, campaign);
    await tx.$raw.exec(
      `CREATE TABLE ${own} (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES) PARTITION BY HASH (county)`,
    );
    for (let part = 0; part < parts; part++)
      await tx.$raw.exec(
        `CREATE TABLE ${own}_${part} PARTITION OF ${own} FOR VALUES WITH (MODULUS ${parts}, REMAINDER ${part})`,
      );
    await leaveUnsampled(tx, table, own);
    await tx.$raw.exec(`ALTER TABLE ${table} ATTACH PARTITION ${own} FOR VALUES IN (${campaign})`);
  }
}

/** For a deleted draft: its rows are dropped with the files. `if-exists`: some may be dropped already. */
export async function dropPartitions(
  tx: Tx,
  campaign: number,
  which: 'all' | 'if-exists' = 'all',
): Promise<void> {
  const drop = which === 'all' ? 'DROP TABLE' : 'DROP TABLE IF EXISTS';
  for (const table of partitionedTables) await tx.$raw.exec(`${drop} ${nameOf(table, campaign)}`);
}

/**
 * Rewrites a campaign's rows of one table in key order, and drops the old files. Erased bytes leave the disk, and neither the
 * order of the rows nor their transaction numbers tell when each came. Readers and writers of the campaign wait.
 */
export async function rewritePartition(tx: Tx, table: PartitionedTable, campaign: number): Promise<void> {
  const own = nameOf(table, campaign);
  for (let part = 0; part < parts; part++) {
    const old = `${own}_${part}`;
    await tx.$raw.exec(`ALTER TABLE ${own} DETACH PARTITION ${old}`);
    await tx.$raw.exec(`CREATE TABLE ${old}_new (LIKE ${old} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`);
    await leaveUnsampled(tx, table, `${old}_new`);
    await tx.$raw.exec(`INSERT INTO ${old}_new SELECT * FROM ${old} ORDER BY ${partitioned[table]}`);
    await tx.$raw.exec(`DROP TABLE ${old}`);
    await tx.$raw.exec(`ALTER TABLE ${old}_new RENAME TO ${old}`);
    await tx.$raw.exec(
      `ALTER TABLE ${own} ATTACH PARTITION ${old} FOR VALUES WITH (MODULUS ${parts}, REMAINDER ${part})`,
    );
  }
}

/**
 * Updates the planner's statistics on a campaign's tables. Until the server does so by itself, a minute later, it assumes a
 * county to be a single row, and uses nested loops for two tables of a hundred thousand rows.
 */
export async function analyzePartitions(
  tx: Tx,
  tables: readonly PartitionedTable[],
  campaign: number,
): Promise<void> {
  await tx.$raw.exec(`ANALYZE ${tables.map((table) => nameOf(table, campaign)).join(', ')}`);
}

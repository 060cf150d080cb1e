/**
 * The large tables have a partition for each campaign, which is split by county: made in the transaction that creates the campaign, dropped as files. What
 * is erased from a partition is gone from its files only when it is written anew: an UPDATE leaves the old row where it was.
 */
import type { Tx } from './connection.ts';

/** With what orders the rows of each, as on SQLite: by no more than its key. */
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
 * What people said, and what is sealed: ANALYZE keeps samples of a column's values in pg_statistic, where erasing a row does not reach, and autovacuum runs it. The
 * columns of tables that are not partitioned are in migration 0004.
 */
const unsampled: { readonly [K in PartitionedTable]?: readonly string[] } = {
  contacts: ['sealed', 'sealed_code', 'commitment'],
  responses: ['nonce', 'answers', 'content_hash'],
  texts: ['body'],
  outbox: ['sealed_entry', 'provider'],
};

/** With its parts, where it has some. */
async function leaveUnsampled(tx: Tx, table: PartitionedTable, name: string): Promise<void> {
  const columns = unsampled[table];
  if (columns)
    await tx.$raw.exec(
      `ALTER TABLE ${name} ${columns.map((column) => `ALTER COLUMN ${column} SET STATISTICS 0`).join(', ')}`,
    );
}

/** Parts of a campaign's partition, by hash of the county. */
const parts = 4;

/** Of a campaign's own part, which a statement may name in place of the table: then its plan may be kept, and locks no other campaign's partitions. */
export const nameOf = (table: PartitionedTable, campaign: number) => `${table}_c${Math.trunc(campaign)}`;

/** Built beside the table and attached, which keeps nobody from answering other campaigns; `PARTITION OF` would. */
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

/** Of a draft that goes: its rows go with the files. `if there`: some may have gone already. */
export async function dropPartitions(
  tx: Tx,
  campaign: number,
  which: 'all' | 'if there' = 'all',
): Promise<void> {
  const drop = which === 'all' ? 'DROP TABLE' : 'DROP TABLE IF EXISTS';
  for (const table of partitionedTables) await tx.$raw.exec(`${drop} ${nameOf(table, campaign)}`);
}

/**
 * Writes a campaign's rows of one table anew, in the order of their key, and drops the files that held them: erased bytes leave the disk, and neither
 * the order of the rows nor the number of the transaction that wrote each tells when it came. Whoever reads or writes the campaign waits.
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
 * Tells the planner how large a campaign's tables are by now. Until the server does so by itself, a minute later, it takes a county for a single row, and
 * joins two tables of a hundred thousand rows one with every other.
 */
export async function analyzePartitions(
  tx: Tx,
  tables: readonly PartitionedTable[],
  campaign: number,
): Promise<void> {
  await tx.$raw.exec(`ANALYZE ${tables.map((table) => nameOf(table, campaign)).join(', ')}`);
}

/**
 * Appends to the evidence log (design 14): state leaves by the query that changes the state, in its transaction; responses by
 * `sealListed`. An append reads the log's compact range and at most one tile per level, whatever the size of the log.
 */
import { asc, eq, sql } from 'drizzle-orm';
import { encodeStateLeaf, leafTypes, type StateLeaf } from '../../../domain/evidence/leaf.ts';
import { createTreeBuilder, decodeRange, encodeRange, leafHash } from '../../../domain/evidence/merkle.ts';
import { createTileWriter } from '../../../domain/evidence/tiles.ts';
import type { CountyCode } from '../../../domain/model/ids.ts';
import type { Raw, Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { prepared, preparedQuery } from '../prepared.ts';
import { leavesPerReference, type NewLeaf } from '../../shared/references.ts';
import { evidenceLogs } from '../schema.ts';

function prepareAppend(raw: Raw) {
  return {
    log: raw.prepare('SELECT size, range FROM evidence_logs WHERE campaign = ? AND county = ?'),
    tile: raw
      .prepare('SELECT hashes FROM evidence_tiles WHERE campaign = ? AND county = ? AND level = ? AND no = ?')
      .pluck(),
    references: raw.prepare(
      'INSERT INTO evidence_references (campaign, county, no, data) VALUES (?, ?, ?, ?)',
    ),
    leaf: raw.prepare(
      'INSERT INTO evidence_leaves (campaign, county, no, type, data) VALUES (?, ?, ?, ?, ?)',
    ),
    putTile: raw.prepare(
      `INSERT INTO evidence_tiles (campaign, county, level, no, hashes) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (campaign, county, level, no) DO UPDATE SET hashes = excluded.hashes`,
    ),
    putLog: raw.prepare(
      `INSERT INTO evidence_logs (campaign, county, size, range) VALUES (?, ?, ?, ?)
       ON CONFLICT (campaign, county) DO UPDATE SET size = excluded.size, range = excluded.range`,
    ),
  };
}

/**
 * A change of a campaign appends to each county's log in one transaction: prepared once, so that it does not block the writer.
 */
const appendStatements = new WeakMap<Raw, ReturnType<typeof prepareAppend>>();

function statementsOf({ $client: raw }: Tx): ReturnType<typeof prepareAppend> {
  let found = appendStatements.get(raw);
  if (!found) appendStatements.set(raw, (found = prepareAppend(raw)));
  return found;
}

export function appendLeaves(tx: Tx, campaign: number, county: string, leaves: readonly NewLeaf[]): void {
  const s = statementsOf(tx);
  const row = s.log.get(campaign, county) as { size: number; range: Buffer } | undefined;
  const size = row?.size ?? 0;
  const tree = createTreeBuilder(decodeRange(size, row ? new Uint8Array(row.range) : new Uint8Array(0)));
  const tiles = createTileWriter(size, ({ level, index }) => {
    const hashes = s.tile.get(campaign, county, level, index) as Buffer | undefined;
    return hashes && new Uint8Array(hashes);
  });
  let references: Uint8Array[] = [];
  const putReferences = (before: number): void => {
    if (references.length === 0) return;
    s.references.run(campaign, county, before - references.length, Buffer.concat(references));
    references = [];
  };
  for (const [i, { type, data, hash }] of leaves.entries()) {
    const no = size + i;
    tree.append(hash);
    tiles.append(hash);
    if (type === leafTypes.response) {
      if (references.push(data) === leavesPerReference) putReferences(no + 1);
      continue;
    }
    putReferences(no);
    s.leaf.run(campaign, county, no, type, data);
  }
  putReferences(size + leaves.length);
  for (const { level, index, hashes } of tiles.changed())
    s.putTile.run(campaign, county, level, index, hashes);
  s.putLog.run(campaign, county, tree.size, encodeRange(tree.range()));
}

/** Appends state leaves, in the transaction that changes the state. */
export function appendStates(tx: Tx, campaign: number, county: string, leaves: readonly StateLeaf[]): void {
  appendLeaves(tx, campaign, county, leaves.map(stateLeaf));
}

export function stateLeaf({ type, body }: StateLeaf): NewLeaf {
  const data = encodeStateLeaf(type, body);
  return { type: leafTypes[type], data, hash: leafHash(data) };
}

const logsByCampaign = (tx: Tx) =>
  tx
    .select({ county: evidenceLogs.county })
    .from(evidenceLogs)
    .where(eq(evidenceLogs.campaign, sql.placeholder('campaign')))
    .orderBy(asc(evidenceLogs.county))
    .prepare();

export function logsOf(tx: Tx, campaign: number): readonly CountyCode[] {
  return preparedQuery(tx, logsByCampaign)
    .all({ campaign })
    .map((r) => r.county as CountyCode);
}

/** Whether the county was counted at close. Newest first: few leaves follow it. */
export function hasDispositions(ctx: Context, campaign: number, county: string): boolean {
  return (
    prepared(
      ctx.raw,
      `SELECT 1 FROM evidence_leaves WHERE campaign = ? AND county = ? AND type = ${leafTypes.dispositions} ORDER BY no DESC LIMIT 1`,
    ).get(campaign, county) !== undefined
  );
}

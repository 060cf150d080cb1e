/**
 * Appends to the evidence log (design 14): state leaves by the query that changes the state, in its transaction; responses by
 * `sealListed`. An append reads the log's compact range and at most one tile per level, whatever the size of the log.
 */
import { asc, eq } from 'drizzle-orm';
import { encodeStateLeaf, leafTypes, type StateLeaf } from '../../../domain/evidence/leaf.ts';
import { createTreeBuilder, decodeRange, encodeRange, leafHash } from '../../../domain/evidence/merkle.ts';
import { createTileWriter, tileWidth, type TileReader } from '../../../domain/evidence/tiles.ts';
import type { CountyCode } from '../../../domain/model/ids.ts';
import type { Raw, Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { leavesPerReference, type NewLeaf } from '../../shared/references.ts';
import { evidenceLogs } from '../schema.ts';

/** The partly filled tiles to which an append adds: one of each level. */
async function readTails(raw: Raw, campaign: number, county: string, size: number): Promise<TileReader> {
  const tails = new Map<string, Uint8Array>();
  const find = raw
    .prepare('SELECT hashes FROM evidence_tiles WHERE campaign = ? AND county = ? AND level = ? AND no = ?')
    .pluck();
  let entries = size;
  for (let level = 0; entries > 0; level++) {
    if (entries % tileWidth > 0) {
      const no = Math.floor(entries / tileWidth);
      const hashes = (await find.get(campaign, county, level, no)) as Buffer | undefined;
      if (hashes) tails.set(`${level}/${no}`, new Uint8Array(hashes));
    }
    entries = Math.floor(entries / tileWidth);
  }
  return ({ level, index }) => tails.get(`${level}/${index}`);
}

export async function appendLeaves(
  tx: Tx,
  campaign: number,
  county: string,
  leaves: readonly NewLeaf[],
): Promise<void> {
  const { $raw: raw } = tx;
  const row = (await raw
    .prepare('SELECT size, range FROM evidence_logs WHERE campaign = ? AND county = ?')
    .get(campaign, county)) as { size: number; range: Buffer } | undefined;
  const size = row?.size ?? 0;
  const tree = createTreeBuilder(decodeRange(size, row ? new Uint8Array(row.range) : new Uint8Array(0)));
  const tiles = createTileWriter(size, await readTails(raw, campaign, county, size));
  const states: { readonly no: number; readonly type: number; readonly data: Uint8Array }[] = [];
  const packs: { readonly no: number; readonly data: Uint8Array }[] = [];
  let references: Uint8Array[] = [];
  const putReferences = (before: number): void => {
    if (references.length === 0) return;
    packs.push({ no: before - references.length, data: Buffer.concat(references) });
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
    states.push({ no, type, data });
  }
  putReferences(size + leaves.length);
  if (packs.length > 0)
    await raw
      .prepare(
        'INSERT INTO evidence_references (campaign, county, no, data) SELECT ?, ?, no, data FROM unnest(?::integer[], ?::bytea[]) AS t (no, data)',
      )
      .run(
        campaign,
        county,
        packs.map((p) => p.no),
        packs.map((p) => p.data),
      );
  if (states.length > 0)
    await raw
      .prepare(
        'INSERT INTO evidence_leaves (campaign, county, no, type, data) SELECT ?, ?, no, type, data FROM unnest(?::integer[], ?::integer[], ?::bytea[]) AS t (no, type, data)',
      )
      .run(
        campaign,
        county,
        states.map((s) => s.no),
        states.map((s) => s.type),
        states.map((s) => s.data),
      );
  const changed = [...tiles.changed()];
  await raw
    .prepare(
      `INSERT INTO evidence_tiles (campaign, county, level, no, hashes)
       SELECT ?, ?, level, no, hashes FROM unnest(?::integer[], ?::integer[], ?::bytea[]) AS t (level, no, hashes)
       ON CONFLICT (campaign, county, level, no) DO UPDATE SET hashes = excluded.hashes`,
    )
    .run(
      campaign,
      county,
      changed.map((t) => t.level),
      changed.map((t) => t.index),
      changed.map((t) => t.hashes),
    );
  await raw
    .prepare(
      `INSERT INTO evidence_logs (campaign, county, size, range) VALUES (?, ?, ?, ?)
       ON CONFLICT (campaign, county) DO UPDATE SET size = excluded.size, range = excluded.range`,
    )
    .run(campaign, county, tree.size, encodeRange(tree.range()));
}

/** Appends state leaves, in the transaction that changes the state. */
export async function appendStates(
  tx: Tx,
  campaign: number,
  county: string,
  leaves: readonly StateLeaf[],
): Promise<void> {
  await appendLeaves(tx, campaign, county, leaves.map(stateLeaf));
}

export function stateLeaf({ type, body }: StateLeaf): NewLeaf {
  const data = encodeStateLeaf(type, body);
  return { type: leafTypes[type], data, hash: leafHash(data) };
}

export async function logsOf(tx: Tx, campaign: number): Promise<readonly CountyCode[]> {
  return (
    await tx
      .select({ county: evidenceLogs.county })
      .from(evidenceLogs)
      .where(eq(evidenceLogs.campaign, campaign))
      .orderBy(asc(evidenceLogs.county))
  ).map((r) => r.county as CountyCode);
}

/** Whether the county was counted at close. Newest first: few leaves follow it. */
export async function hasDispositions(ctx: Context, campaign: number, county: string): Promise<boolean> {
  return (
    (await ctx.raw
      .prepare(
        `SELECT 1 FROM evidence_leaves WHERE campaign = ? AND county = ? AND type = ${leafTypes.dispositions} ORDER BY no DESC LIMIT 1`,
      )
      .get(campaign, county)) !== undefined
  );
}

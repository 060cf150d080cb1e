/** Reads the evidence logs (design 14). */
import { and, eq } from 'drizzle-orm';
import {
  contentHashOf,
  decodeStateLeaf,
  encodeResponseLeaf,
  leafTypes,
} from '../../../domain/evidence/leaf.ts';
import { decodeRange, leafHash, rangeRoot } from '../../../domain/evidence/merkle.ts';
import { hashInTile, tileWidth, type TileAddress } from '../../../domain/evidence/tiles.ts';
import { compareBytes } from '../../../domain/frame/sample.ts';
import type { LogHead, StoredLeaf } from '../../../domain/model/evidence.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { channels } from '../../../domain/model/vocabulary.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { evidenceLogs, evidenceTiles } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import {
  decodeReference,
  leavesPerReference,
  referencesByLeaf,
  responseLeaf,
  type ReferenceRow,
  type ResponseRow,
} from '../../shared/references.ts';

async function readTile(
  tx: Tx,
  campaign: number,
  county: string,
  tile: TileAddress,
): Promise<Uint8Array | undefined> {
  const row = (
    await tx
      .select({ hashes: evidenceTiles.hashes })
      .from(evidenceTiles)
      .where(
        and(
          eq(evidenceTiles.campaign, campaign),
          eq(evidenceTiles.county, county),
          eq(evidenceTiles.level, tile.level),
          eq(evidenceTiles.no, tile.index),
        ),
      )
  )[0];
  return row && new Uint8Array(row.hashes);
}

export async function findLog(tx: Tx, id: CampaignId, county: CountyCode): Promise<LogHead | undefined> {
  const row = (
    await tx
      .select()
      .from(evidenceLogs)
      .where(and(eq(evidenceLogs.campaign, await campaignNo(tx, id)), eq(evidenceLogs.county, county)))
  )[0];
  if (!row) return undefined;
  const root = rangeRoot(decodeRange(row.size, new Uint8Array(row.range)));
  return { origin: row.origin, size: row.size, root, sealedAt: row.sealedAt };
}

export async function findTile(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  tile: TileAddress,
): Promise<Uint8Array | undefined> {
  return await readTile(tx, await campaignNo(tx, id), county, tile);
}

export async function listLeaves(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  from: number,
  limit: number,
): Promise<readonly StoredLeaf[]> {
  const campaign = await campaignNo(ctx.db, id);
  const size = (await findLog(ctx.db, id, county))?.size ?? 0;
  const upTo = Math.min(size, from + limit);
  const states = new Map(
    (await ctx.raw
      .prepare(
        'SELECT no, data FROM evidence_leaves WHERE campaign = ? AND county = ? AND no >= ? AND no < ?',
      )
      .raw()
      .all(campaign, county, from, upTo)) as [number, Buffer][],
  );
  const packs = (await ctx.raw
    .prepare(
      'SELECT no, data FROM evidence_references WHERE campaign = ? AND county = ? AND no > ? AND no < ?',
    )
    .all(campaign, county, from - leavesPerReference, upTo)) as ReferenceRow[];
  const references = referencesByLeaf(packs);
  const response = ctx.raw.prepare(
    `SELECT reporting_stratum AS stratum, channel, nonce, answers, content_hash AS content FROM responses
     WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ?`,
  );
  const found: StoredLeaf[] = [];
  let tile: Uint8Array | undefined;
  for (let no = from; no < upTo; no++) {
    if (tile === undefined || no % tileWidth === 0)
      tile = await readTile(ctx.db, campaign, county, { level: 0, index: Math.floor(no / tileWidth) });
    const hash = tile ? hashInTile(tile, no % tileWidth).slice() : new Uint8Array(32);
    const reference = references.get(no);
    if (!reference) {
      const state = states.get(no);
      found.push({ no, data: state ? new Uint8Array(state) : null, hash, contents: null });
      continue;
    }
    const place = decodeReference(reference);
    const row = (await response.get(campaign, Number(county), place.pseudonym, place.revision)) as
      ResponseRow | undefined;
    found.push(responseLeaf(no, hash, place, row));
  }
  return found;
}

export async function findLeafHash(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  pseudonym: Uint8Array,
  nonce: Uint8Array,
): Promise<Uint8Array | undefined> {
  const row = (await ctx.raw
    .prepare(
      // Requested right after it was stored: among the newest, however often the code has answered.
      `SELECT revision, reporting_stratum AS stratum, channel, answers FROM responses
       WHERE campaign = ? AND county = ? AND pseudonym = ? AND nonce = ? ORDER BY revision DESC LIMIT 1`,
    )
    .get(await campaignNo(ctx.db, id), Number(county), pseudonym, nonce)) as
    { revision: number; stratum: number; channel: number; answers: Buffer } | undefined;
  if (!row) return undefined;
  const content = contentHashOf(nonce, row.answers);
  const { revision, stratum: reportingStratum } = row;
  const channel = channels[row.channel] ?? 'web';
  return leafHash(encodeResponseLeaf({ reportingStratum, channel, pseudonym, revision, content }));
}

export async function findLeaf(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  hash: Uint8Array,
): Promise<number | undefined> {
  const campaign = await campaignNo(ctx.db, id);
  const lots = (await ctx.raw
    // The type as a literal, or the index of lots is not used.
    .prepare(
      `SELECT no, data FROM evidence_leaves WHERE campaign = ? AND county = ? AND type = ${leafTypes.lot} ORDER BY no`,
    )
    .all(campaign, county)) as { no: number; data: Buffer }[];
  const hashAt = async (no: number): Promise<Uint8Array> => {
    const tile = await readTile(ctx.db, campaign, county, { level: 0, index: Math.floor(no / tileWidth) });
    return tile ? hashInTile(tile, no % tileWidth) : new Uint8Array(32);
  };
  for (const { no, data } of lots) {
    const leaf = decodeStateLeaf(new Uint8Array(data));
    if (leaf.type !== 'lot') continue;
    let low = no + 1;
    let high = no + leaf.body.responses;
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const order = compareBytes(await hashAt(middle), hash);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
  }
  return undefined;
}

import { and, desc, eq, gte, inArray, isNull, lt, or, sql, type SQL } from 'drizzle-orm';
import { trailHash, type ChainedEntry } from '../../../domain/evidence/trail.ts';
import type { DecidedTrail } from '../../../domain/model/decision.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Storage } from '../../port/index.ts';
import { trailTopics, type TrailEntry } from '../../../domain/model/trail.ts';
import type { Raw, Tx } from '../connection.ts';
import { parseObject } from '../../shared/json.ts';
import { trail } from '../schema.ts';

const entryColumns = 'no, at, actor, role, via, action, campaign, county, details';

/**
 * Called by every query that changes state, in its transaction. Each entry is chained to the one before; there is only one
 * writer, so no other entry comes between.
 */
export function writeTrail(
  tx: Tx,
  stamp: Stamp,
  action: string,
  where: { readonly campaign?: string | null; readonly county?: string | null },
  details: Readonly<Record<string, unknown>> = {},
): void {
  const raw = tx.$client;
  const previous = findTrailHead(raw);
  const { lastInsertRowid: no } = raw
    .prepare(
      `INSERT INTO trail (at, actor, role, via, action, campaign, county, details)
       VALUES (@at, @actor, @role, @via, @action, @campaign, @county, @details)`,
    )
    .run({
      at: stamp.at,
      actor: stamp.actor.name,
      role: stamp.actor.role,
      via: stamp.actor.via,
      action,
      campaign: where.campaign ?? null,
      county: where.county ?? null,
      details: JSON.stringify(details),
    });
  const entry = raw.prepare(`SELECT ${entryColumns} FROM trail WHERE no = ?`).get(no) as ChainedEntry;
  raw.prepare('UPDATE trail SET hash = ? WHERE no = ?').run(trailHash(previous?.hash ?? null, entry), no);
}

/** The last entry. */
export function findTrailHead(
  raw: Raw,
): { readonly no: number; readonly hash: Uint8Array | null } | undefined {
  return raw.prepare('SELECT no, hash FROM trail ORDER BY no DESC LIMIT 1').get() as
    { no: number; hash: Buffer | null } | undefined;
}

/** In ascending order. */
export function eachTrailEntry(
  raw: Raw,
): IterableIterator<ChainedEntry & { readonly hash: Uint8Array | null }> {
  return raw.prepare(`SELECT ${entryColumns}, hash FROM trail ORDER BY no`).iterate() as IterableIterator<
    ChainedEntry & { hash: Buffer | null }
  >;
}

/** Chains entries of a version without the chain, once, by the migration. */
export function chainTrail(raw: Raw): void {
  const put = raw.prepare('UPDATE trail SET hash = ? WHERE no = ?');
  let previous: Uint8Array | null = null;
  // All at once: a table must not be written while a statement reads it. An entry has some hundred bytes.
  for (const entry of raw.prepare(`SELECT ${entryColumns} FROM trail ORDER BY no`).all() as ChainedEntry[]) {
    previous = trailHash(previous, entry);
    put.run(previous, entry.no);
  }
}

/** @param campaign null: about the installation */
export function recordTrail(
  tx: Tx,
  stamp: Stamp,
  campaign: CampaignId | null,
  trail: readonly DecidedTrail[],
): void {
  for (const { action, county, details } of trail)
    writeTrail(tx, stamp, action, { campaign, county: county ?? null }, details);
}

const startsWith = (column: typeof trail.action, start: string): SQL =>
  sql`substr(${column}, 1, ${start.length}) = ${start}`;

export function listTrail(tx: Tx, filter: Parameters<Storage['listTrail']>[0]): readonly TrailEntry[] {
  const conditions = [];
  if (filter.campaign !== null) conditions.push(eq(trail.campaign, filter.campaign));
  if (filter.counties !== null) {
    conditions.push(or(inArray(trail.county, [...filter.counties]), isNull(trail.county)));
    if (filter.campaign === null) conditions.push(inArray(trail.county, [...filter.counties]));
  }
  if (filter.before !== null) conditions.push(lt(trail.no, filter.before));
  const { topic = null, actor = null, county = null, from = null, until = null } = filter;
  if (topic !== null)
    conditions.push(or(...trailTopics[topic].map((start) => startsWith(trail.action, start))));
  if (actor !== null) conditions.push(sql`instr(lower(${trail.actor}), lower(${actor})) > 0`);
  if (county !== null) conditions.push(eq(trail.county, county));
  if (from !== null) conditions.push(gte(trail.at, from));
  if (until !== null) conditions.push(lt(trail.at, until));
  return tx
    .select()
    .from(trail)
    .where(and(...conditions))
    .orderBy(desc(trail.no))
    .limit(filter.limit)
    .all()
    .map(({ hash: _, ...row }) => ({
      ...row,
      campaign: row.campaign as CampaignId | null,
      county: row.county as CountyCode | null,
      details: parseObject(row.details),
    }));
}

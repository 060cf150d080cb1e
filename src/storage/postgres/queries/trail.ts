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
 * Called by every query that changes state, in its transaction. Each entry is chained to the one before; the writer holds the
 * staff's lock, so no other entry comes between.
 */
export async function writeTrail(
  tx: Tx,
  stamp: Stamp,
  action: string,
  where: { readonly campaign?: string | null; readonly county?: string | null },
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const raw = tx.$raw;
  const previous = await findTrailHead(raw);
  const entry = {
    // Numbered here, because a sequence leaves a gap after a rollback.
    no: (previous?.no ?? 0) + 1,
    at: stamp.at,
    actor: stamp.actor.name,
    role: stamp.actor.role,
    via: stamp.actor.via,
    action,
    campaign: where.campaign ?? null,
    county: where.county ?? null,
    details: JSON.stringify(details),
  };
  await raw
    .prepare(
      `INSERT INTO trail (${entryColumns}, hash) VALUES (@no, @at, @actor, @role, @via, @action, @campaign, @county, @details, @hash)`,
    )
    .run({ ...entry, hash: trailHash(previous?.hash ?? null, entry) });
}

/** The last entry. */
export async function findTrailHead(
  raw: Raw,
): Promise<{ readonly no: number; readonly hash: Uint8Array | null } | undefined> {
  return (await raw.prepare('SELECT no, hash FROM trail ORDER BY no DESC LIMIT 1').get()) as
    { no: number; hash: Buffer | null } | undefined;
}

/** In ascending order. An entry has some hundred bytes. */
export async function listTrailEntries(
  raw: Raw,
): Promise<readonly (ChainedEntry & { readonly hash: Uint8Array | null })[]> {
  return (await raw
    .prepare(`SELECT ${entryColumns}, hash FROM trail ORDER BY no`)
    .all()) as readonly (ChainedEntry & { hash: Buffer | null })[];
}

/** @param campaign null: about the installation */
export async function recordTrail(
  tx: Tx,
  stamp: Stamp,
  campaign: CampaignId | null,
  trail: readonly DecidedTrail[],
): Promise<void> {
  for (const { action, county, details } of trail)
    await writeTrail(tx, stamp, action, { campaign, county: county ?? null }, details);
}

const startsWith = (column: typeof trail.action, start: string): SQL =>
  sql`substr(${column}, 1, ${start.length}) = ${start}`;

export async function listTrail(
  tx: Tx,
  filter: Parameters<Storage['listTrail']>[0],
): Promise<readonly TrailEntry[]> {
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
  if (actor !== null) conditions.push(sql`strpos(lower(${trail.actor}), lower(${actor})) > 0`);
  if (county !== null) conditions.push(eq(trail.county, county));
  if (from !== null) conditions.push(gte(trail.at, from));
  if (until !== null) conditions.push(lt(trail.at, until));
  return (
    await tx
      .select()
      .from(trail)
      .where(and(...conditions))
      .orderBy(desc(trail.no))
      .limit(filter.limit)
  ).map(({ hash: _, ...row }) => ({
    ...row,
    campaign: row.campaign as CampaignId | null,
    county: row.county as CountyCode | null,
    details: parseObject(row.details),
  }));
}

import { and, desc, eq, inArray, isNull, lt, or } from 'drizzle-orm';
import type { DecidedTrail } from '../../../domain/model/decision.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Storage } from '../../port/index.ts';
import type { TrailEntry } from '../../../domain/model/trail.ts';
import type { Tx } from '../connection.ts';
import { parseObject } from '../json.ts';
import { trail } from '../schema.ts';

/** Called by every query that changes state, in its transaction. */
export function writeTrail(
  tx: Tx,
  stamp: Stamp,
  action: string,
  where: { readonly campaign?: string | null; readonly county?: string | null },
  details: Readonly<Record<string, unknown>> = {},
): void {
  tx.insert(trail)
    .values({
      at: stamp.at,
      actor: stamp.actor.name,
      role: stamp.actor.role,
      via: stamp.actor.via,
      action,
      campaign: where.campaign ?? null,
      county: where.county ?? null,
      details: JSON.stringify(details),
    })
    .run();
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

export function listTrail(tx: Tx, filter: Parameters<Storage['listTrail']>[0]): readonly TrailEntry[] {
  const conditions = [];
  if (filter.campaign !== null) conditions.push(eq(trail.campaign, filter.campaign));
  if (filter.counties !== null) {
    conditions.push(or(inArray(trail.county, [...filter.counties]), isNull(trail.county)));
    if (filter.campaign === null) conditions.push(inArray(trail.county, [...filter.counties]));
  }
  if (filter.before !== null) conditions.push(lt(trail.no, filter.before));
  return tx
    .select()
    .from(trail)
    .where(and(...conditions))
    .orderBy(desc(trail.no))
    .limit(filter.limit)
    .all()
    .map((row) => ({
      ...row,
      campaign: row.campaign as CampaignId | null,
      county: row.county as CountyCode | null,
      details: parseObject(row.details),
    }));
}

/** Checkpoints of the evidence logs: signed heads, stored as published. */
import { and, asc, desc, eq, sql } from 'drizzle-orm';
import type { StoredCheckpoint } from '../../../domain/model/evidence.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Tx } from '../connection.ts';
import { inCounty, preparedQuery } from '../prepared.ts';
import { checkpoints, evidenceLogs } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { queuePosts } from './witnesses.ts';

const logOf = (campaign: number, county: string) =>
  and(eq(evidenceLogs.campaign, campaign), eq(evidenceLogs.county, county));

export function saveCheckpoint(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  { origin, ...checkpoint }: StoredCheckpoint & { readonly origin: string },
  witnesses: readonly string[],
): void {
  const campaign = campaignNo(tx, id);
  tx.insert(checkpoints)
    .values({ campaign, county, ...checkpoint })
    .onConflictDoNothing()
    .run();
  queuePosts(tx, { campaign, county, size: checkpoint.size, dueAt: checkpoint.at }, witnesses);
  const row = tx
    .select({ origin: evidenceLogs.origin })
    .from(evidenceLogs)
    .where(logOf(campaign, county))
    .get();
  if (row?.origin === null) tx.update(evidenceLogs).set({ origin }).where(logOf(campaign, county)).run();
}

export function listCheckpoints(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  limit: number,
): readonly StoredCheckpoint[] {
  return tx
    .select({ size: checkpoints.size, at: checkpoints.at, note: checkpoints.note })
    .from(checkpoints)
    .where(and(eq(checkpoints.campaign, campaignNo(tx, id)), eq(checkpoints.county, county)))
    .orderBy(desc(checkpoints.size))
    .limit(limit)
    .all();
}

/** Ascending. */
export function listCheckpointSizes(tx: Tx, id: CampaignId, county: CountyCode): readonly number[] {
  return tx
    .select({ size: checkpoints.size })
    .from(checkpoints)
    .where(and(eq(checkpoints.campaign, campaignNo(tx, id)), eq(checkpoints.county, county)))
    .orderBy(asc(checkpoints.size))
    .all()
    .map(({ size }) => size);
}

const checkpointAt = (tx: Tx) =>
  tx
    .select({ size: checkpoints.size, at: checkpoints.at, note: checkpoints.note })
    .from(checkpoints)
    .where(and(inCounty(checkpoints), eq(checkpoints.size, sql.placeholder('size'))))
    .prepare();

export function findCheckpoint(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  size: number,
): StoredCheckpoint | undefined {
  return preparedQuery(tx, checkpointAt).get({ campaign: campaignNo(tx, id), county, size });
}

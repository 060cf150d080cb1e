/** Checkpoints of the evidence logs: signed heads, stored as published. */
import { and, asc, desc, eq } from 'drizzle-orm';
import type { StoredCheckpoint } from '../../../domain/model/evidence.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Tx } from '../connection.ts';
import { checkpoints, evidenceLogs } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { queuePosts } from './witnesses.ts';

const logOf = (campaign: number, county: string) =>
  and(eq(evidenceLogs.campaign, campaign), eq(evidenceLogs.county, county));

export async function saveCheckpoint(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  { origin, ...checkpoint }: StoredCheckpoint & { readonly origin: string },
  witnesses: readonly string[],
): Promise<void> {
  const campaign = await campaignNo(tx, id);
  await tx
    .insert(checkpoints)
    .values({ campaign, county, ...checkpoint })
    .onConflictDoNothing();
  await queuePosts(tx, { campaign, county, size: checkpoint.size, dueAt: checkpoint.at }, witnesses);
  const row = (
    await tx.select({ origin: evidenceLogs.origin }).from(evidenceLogs).where(logOf(campaign, county))
  )[0];
  if (row?.origin === null) await tx.update(evidenceLogs).set({ origin }).where(logOf(campaign, county));
}

export async function listCheckpoints(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  limit: number,
): Promise<readonly StoredCheckpoint[]> {
  return await tx
    .select({ size: checkpoints.size, at: checkpoints.at, note: checkpoints.note })
    .from(checkpoints)
    .where(and(eq(checkpoints.campaign, await campaignNo(tx, id)), eq(checkpoints.county, county)))
    .orderBy(desc(checkpoints.size))
    .limit(limit);
}

/** Ascending. */
export async function listCheckpointSizes(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly number[]> {
  return (
    await tx
      .select({ size: checkpoints.size })
      .from(checkpoints)
      .where(and(eq(checkpoints.campaign, await campaignNo(tx, id)), eq(checkpoints.county, county)))
      .orderBy(asc(checkpoints.size))
  ).map(({ size }) => size);
}

export async function findCheckpoint(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  size: number,
): Promise<StoredCheckpoint | undefined> {
  return (
    await tx
      .select({ size: checkpoints.size, at: checkpoints.at, note: checkpoints.note })
      .from(checkpoints)
      .where(
        and(
          eq(checkpoints.campaign, await campaignNo(tx, id)),
          eq(checkpoints.county, county),
          eq(checkpoints.size, size),
        ),
      )
  )[0];
}

/** The queue of checkpoints for witnesses. Delivered posts stay, as a record of what was sent to whom, and when. */
import { and, desc, eq, isNull, lt, max } from 'drizzle-orm';
import {
  decideDelivery,
  decideFailedDelivery,
  dueBehind,
  type CheckpointPost,
  type PostFailure,
} from '../../../domain/evidence/witness.ts';
import {
  campaignIdSchema,
  countyCodeSchema,
  type CampaignId,
  type CountyCode,
} from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { StoredCosignature, WitnessProgress } from '../../../domain/model/evidence.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { toWitnessProgress, type WitnessPostRow } from '../../shared/witness-rows.ts';
import { checkpoints, evidenceLogs, witnessPosts } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { saveCosignature } from './cosignatures.ts';
import { recordTrail } from './trail.ts';

export async function queuePosts(
  tx: Tx,
  post: { readonly campaign: number; readonly county: string; readonly size: number; readonly dueAt: number },
  witnesses: readonly string[],
): Promise<void> {
  for (const witness of witnesses) {
    const before = (
      await tx
        .select({ dueAt: max(witnessPosts.dueAt) })
        .from(witnessPosts)
        .where(and(eq(witnessPosts.witness, witness), isNull(witnessPosts.deliveredAt)))
    )[0];
    await tx
      .insert(witnessPosts)
      .values({ ...post, witness, dueAt: dueBehind(post.dueAt, before?.dueAt ?? null) })
      .onConflictDoNothing();
  }
}

export async function queueNewest(tx: Tx, witnesses: readonly string[], at: number): Promise<void> {
  for (const { campaign, county } of await tx.select().from(evidenceLogs)) {
    const newest = (
      await tx
        .select({ size: checkpoints.size })
        .from(checkpoints)
        .where(and(eq(checkpoints.campaign, campaign), eq(checkpoints.county, county)))
        .orderBy(desc(checkpoints.size))
        .limit(1)
    )[0];
    if (newest) await queuePosts(tx, { campaign, county, size: newest.size, dueAt: at }, witnesses);
  }
}

export async function listDuePosts(
  ctx: Context,
  witness: string,
  at: number,
  limit: number,
): Promise<readonly CheckpointPost[]> {
  const rows = (await ctx.raw
    .prepare(
      `SELECT c.id AS campaign, p.county, p.size, k.note FROM witness_posts p
       JOIN campaigns c ON c.no = p.campaign
       JOIN checkpoints k ON k.campaign = p.campaign AND k.county = p.county AND k.size = p.size
       WHERE p.witness = ? AND p.delivered_at IS NULL AND p.due_at <= ?
       ORDER BY p.campaign, p.county, p.size LIMIT ?`,
    )
    .all(witness, at, limit)) as { campaign: string; county: string; size: number; note: string }[];
  return rows.map((r) => ({
    ...r,
    campaign: campaignIdSchema.parse(r.campaign),
    county: countyCodeSchema.parse(r.county),
  }));
}

const postOf = async (tx: Tx, witness: string, post: Omit<CheckpointPost, 'note'>) =>
  and(
    eq(witnessPosts.campaign, await campaignNo(tx, post.campaign)),
    eq(witnessPosts.county, post.county),
    eq(witnessPosts.witness, witness),
    eq(witnessPosts.size, post.size),
  );

export async function recordDelivery(
  tx: Tx,
  stamp: Stamp,
  witness: string,
  post: Omit<CheckpointPost, 'note'>,
  cosignature: StoredCosignature | null,
): Promise<void> {
  const { campaign, county } = post;
  const { changes, trail } = decideDelivery(witness, post, cosignature !== null, stamp.at);
  await tx
    .update(witnessPosts)
    .set(changes)
    .where(await postOf(tx, witness, post));
  if (cosignature) await saveCosignature(tx, campaign, county, cosignature);
  await recordTrail(tx, stamp, campaign, trail);
}

export async function recordFailedPost(
  tx: Tx,
  stamp: Stamp,
  witness: string,
  post: Omit<CheckpointPost, 'note'>,
  failure: PostFailure,
): Promise<void> {
  const here = await postOf(tx, witness, post);
  const before = (await tx.select({ attempts: witnessPosts.attempts }).from(witnessPosts).where(here))[0];
  const { changes, trail } = decideFailedDelivery(witness, post, failure, before?.attempts ?? 0, stamp.at);
  const { dueAt, ...failed } = changes;
  await tx
    .update(witnessPosts)
    .set({ ...failed, failure: JSON.stringify(failed.failure) })
    .where(here);
  await tx
    .update(witnessPosts)
    .set({ dueAt })
    .where(
      and(eq(witnessPosts.witness, witness), isNull(witnessPosts.deliveredAt), lt(witnessPosts.dueAt, dueAt)),
    );
  await recordTrail(tx, stamp, post.campaign, trail);
}

export async function listWitnessProgress(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly WitnessProgress[]> {
  const rows = (await ctx.raw
    .prepare(
      `SELECT witness, size, due_at AS "dueAt", attempts, delivered_at AS "deliveredAt", failure, failed_at AS "failedAt"
       FROM witness_posts WHERE campaign = ? AND county = ? ORDER BY witness, size`,
    )
    .all(await campaignNo(ctx.db, id), county)) as WitnessPostRow[];
  return toWitnessProgress(rows);
}

/** Seals waiting responses as lots (design 14). */
import { and, eq } from 'drizzle-orm';
import { chooseSealable, decideLot, type WaitingResponse } from '../../../domain/evidence/decide-lot.ts';
import { leafTypes } from '../../../domain/evidence/leaf.ts';
import type { SealingPoint } from '../../../domain/model/evidence.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { channels } from '../../../domain/model/vocabulary.ts';
import type { Context } from '../context.ts';
import { campaignCounties, evidenceLogs } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { encodeReference } from '../../shared/references.ts';
import { appendLeaves, stateLeaf } from './evidence-log.ts';
import { readTime } from './service-state.ts';

type ResponseKey = readonly [pseudonym: Uint8Array, revision: number];

/** Waiting responses of a county that may be sealed: strata with fewer than `minimum` wait. Reads every answer of the county. */
export async function findSealable(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  minimum: number,
): Promise<Pick<SealingPoint, 'strata' | 'waiting'>> {
  const counts = (await ctx.raw
    .prepare(
      'SELECT reporting_stratum AS stratum, count(*) AS n FROM responses WHERE campaign = ? AND county = ? AND lot = 0 GROUP BY reporting_stratum',
    )
    .all(await campaignNo(ctx.db, id), Number(county))) as { stratum: number; n: number }[];
  return chooseSealable(counts, minimum);
}

/** Answers of the next part, by pseudonym, which is unrelated to time. */
export async function listSealable(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  strata: readonly number[],
  after: Pick<SealingPoint, 'pseudonym' | 'revision'> | null,
  limit: number,
): Promise<{ readonly keys: readonly ResponseKey[]; readonly more: boolean }> {
  const rows = (await ctx.raw
    .prepare(
      `SELECT pseudonym, revision FROM responses
       WHERE campaign = ? AND county = ? AND (pseudonym, revision) > (?, ?) AND lot = 0 AND reporting_stratum = ANY (?::integer[])
       ORDER BY campaign, county, pseudonym, revision LIMIT ?`,
    )
    .raw()
    .all(
      await campaignNo(ctx.db, id),
      Number(county),
      after?.pseudonym ?? Buffer.alloc(0),
      after?.revision ?? 0,
      strata,
      limit + 1,
    )) as [Buffer, number][];
  const keys = rows
    .slice(0, limit)
    .map(([pseudonym, revision]): ResponseKey => [new Uint8Array(pseudonym), revision]);
  return { keys, more: rows.length > limit };
}

/** Seals these answers as the next lot. `waiting`: how many waited before. */
export async function sealListed(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  part: {
    readonly at: number;
    readonly keys: readonly ResponseKey[];
    readonly waiting: number;
    readonly isLast: boolean;
    readonly scheduled: boolean;
  },
): Promise<{ readonly lot: number; readonly responses: number }> {
  const tx = ctx.db;
  const campaign = await campaignNo(tx, id);
  const { keys, ...command } = part;
  const here = and(eq(campaignCounties.campaign, campaign), eq(campaignCounties.county, county));
  const newest =
    (await tx.select({ lot: campaignCounties.lot }).from(campaignCounties).where(here))[0]?.lot ?? 0;
  const { no, sealedAt, head, responses } = decideLot(
    { time: await readTime(tx), newest, responses: await readWaiting(ctx, campaign, county, keys) },
    command,
  );
  if (sealedAt !== null)
    await tx
      .update(evidenceLogs)
      .set({ sealedAt })
      .where(and(eq(evidenceLogs.campaign, campaign), eq(evidenceLogs.county, county)));
  if (head === null) return { lot: no, responses: 0 };
  await ctx.raw
    .prepare(
      `UPDATE responses r SET lot = ? FROM unnest(?::bytea[], ?::integer[]) AS k (pseudonym, revision)
       WHERE r.campaign = ? AND r.county = ? AND r.pseudonym = k.pseudonym AND r.revision = k.revision`,
    )
    .run(
      no,
      responses.map((r) => r.pseudonym),
      responses.map((r) => r.revision),
      campaign,
      Number(county),
    );
  await appendLeaves(tx, campaign, county, [
    stateLeaf({ type: 'lot', body: head }),
    ...responses.map(({ pseudonym, revision, hash }) => ({
      type: leafTypes.response,
      data: encodeReference(pseudonym, revision),
      hash,
    })),
  ]);
  await tx.update(campaignCounties).set({ lot: no }).where(here);
  return { lot: no, responses: responses.length };
}

/** Without those sealed by someone else since they were listed. Locked in key order; answers lock no rows (record.ts). */
async function readWaiting(
  ctx: Context,
  campaign: number,
  county: CountyCode,
  keys: readonly ResponseKey[],
): Promise<readonly WaitingResponse[]> {
  const rows = (await ctx.raw
    .prepare(
      `SELECT r.pseudonym, r.revision, reporting_stratum, channel, nonce, answers FROM responses r
       WHERE r.campaign = ? AND r.county = ? AND lot = 0
         AND (r.pseudonym, r.revision) IN (SELECT * FROM unnest(?::bytea[], ?::integer[]))
       ORDER BY r.campaign, r.county, r.pseudonym, r.revision FOR NO KEY UPDATE OF r`,
    )
    .raw()
    .all(
      campaign,
      Number(county),
      keys.map(([pseudonym]) => pseudonym),
      keys.map(([, revision]) => revision),
    )) as [Buffer, number, number, number, Buffer, Buffer][];
  return rows.map(([pseudonym, revision, reportingStratum, channel, nonce, answers]): WaitingResponse => ({
    pseudonym: new Uint8Array(pseudonym),
    revision,
    reportingStratum,
    channel: channels[channel]!,
    nonce,
    answers,
  }));
}

/** Seals waiting responses as lots (design 14). */
import { and, eq, sql } from 'drizzle-orm';
import { chooseSealable, decideLot, type WaitingResponse } from '../../../domain/evidence/decide-lot.ts';
import { leafTypes } from '../../../domain/evidence/leaf.ts';
import type { SealingPoint } from '../../../domain/model/evidence.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { channels } from '../../../domain/model/vocabulary.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { inCounty, prepared, preparedQuery } from '../prepared.ts';
import { campaignCounties, evidenceLogs } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { encodeReference } from '../../shared/references.ts';
import { appendLeaves, stateLeaf } from './evidence-log.ts';
import { readTime } from './service-state.ts';

type ResponseKey = readonly [pseudonym: Uint8Array, revision: number];

/** Waiting responses of a county that may be sealed: strata with fewer than `minimum` wait. Reads every answer of the county. */
export function findSealable(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  minimum: number,
): Pick<SealingPoint, 'strata' | 'waiting'> {
  const counts = ctx.raw
    .prepare(
      'SELECT reporting_stratum AS stratum, count(*) AS n FROM responses WHERE campaign = ? AND county = ? AND lot = 0 GROUP BY reporting_stratum',
    )
    .all(campaignNo(ctx.db, id), Number(county)) as { stratum: number; n: number }[];
  return chooseSealable(counts, minimum);
}

/** Answers of the next part, by pseudonym, which is unrelated to time. */
export function listSealable(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  strata: readonly number[],
  after: Pick<SealingPoint, 'pseudonym' | 'revision'> | null,
  limit: number,
): { readonly keys: readonly ResponseKey[]; readonly more: boolean } {
  const sealable = new Set(strata);
  const rows = ctx.raw
    .prepare(
      `SELECT pseudonym, revision, reporting_stratum FROM responses
       WHERE campaign = ? AND county = ? AND (pseudonym, revision) > (?, ?) AND lot = 0 ORDER BY pseudonym, revision`,
    )
    .raw()
    .iterate(
      campaignNo(ctx.db, id),
      Number(county),
      after?.pseudonym ?? Buffer.alloc(0),
      after?.revision ?? 0,
    ) as IterableIterator<[Buffer, number, number]>;
  const keys: ResponseKey[] = [];
  for (const [pseudonym, revision, stratum] of rows) {
    ctx.rest();
    if (!sealable.has(stratum)) continue;
    if (keys.length >= limit) return { keys, more: true };
    keys.push([new Uint8Array(pseudonym), revision]);
  }
  return { keys, more: false };
}

const here = inCounty(campaignCounties);
const newestLot = (tx: Tx) =>
  tx.select({ lot: campaignCounties.lot }).from(campaignCounties).where(here).prepare();
const putNewestLot = (tx: Tx) =>
  tx
    .update(campaignCounties)
    .set({ lot: sql`${sql.placeholder('lot')}` })
    .where(here)
    .prepare();

/** Seals these answers as the next lot. `waiting`: how many waited before. */
export function sealListed(
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
): { readonly lot: number; readonly responses: number } {
  const tx = ctx.db;
  const campaign = campaignNo(tx, id);
  const { keys, ...command } = part;
  const newest = preparedQuery(tx, newestLot).get({ campaign, county })?.lot ?? 0;
  const { no, sealedAt, head, responses } = decideLot(
    { time: readTime(tx), newest, responses: readWaiting(ctx, campaign, county, keys) },
    command,
  );
  if (sealedAt !== null)
    tx.update(evidenceLogs)
      .set({ sealedAt })
      .where(and(eq(evidenceLogs.campaign, campaign), eq(evidenceLogs.county, county)))
      .run();
  if (head === null) return { lot: no, responses: 0 };
  const mark = prepared(
    ctx.raw,
    'UPDATE responses SET lot = ? WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ?',
  );
  for (const { pseudonym, revision } of responses)
    mark.run(no, campaign, Number(county), pseudonym, revision);
  appendLeaves(tx, campaign, county, [
    stateLeaf({ type: 'lot', body: head }),
    ...responses.map(({ pseudonym, revision, hash }) => ({
      type: leafTypes.response,
      data: encodeReference(pseudonym, revision),
      hash,
    })),
  ]);
  preparedQuery(tx, putNewestLot).run({ campaign, county, lot: no });
  return { lot: no, responses: responses.length };
}

/** Without those sealed by someone else since they were listed. */
function readWaiting(
  ctx: Context,
  campaign: number,
  county: CountyCode,
  keys: readonly ResponseKey[],
): readonly WaitingResponse[] {
  const find = prepared(
    ctx.raw,
    `SELECT reporting_stratum, channel, nonce, answers FROM responses
     WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ? AND lot = 0`,
  ).raw();
  return keys.flatMap(([pseudonym, revision]): readonly WaitingResponse[] => {
    const row = find.get(campaign, Number(county), pseudonym, revision) as
      [number, number, Buffer, Buffer] | undefined;
    if (!row) return [];
    const [reportingStratum, channel, nonce, answers] = row;
    return [{ pseudonym, revision, reportingStratum, channel: channels[channel]!, nonce, answers }];
  });
}

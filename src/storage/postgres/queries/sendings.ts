/** Scheduled sendings and their progress. The messages themselves are in outbox.ts. */
import { and, asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import {
  decideEnd,
  decideSchedule,
  decideSendingCommand,
  decideStart,
  type SendingCommand,
  type SendingPlan,
} from '../../../domain/messaging/decide-sending.ts';
import { messageStates, type MessageState } from '../../../domain/messaging/outbox.ts';
import type { SendWindow } from '../../../domain/messaging/send-window.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Audience, Sending, SendingResult, StateCount } from '../../../domain/model/sending.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { SendingKey } from '../../port/outbox.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { inStateOrder, toSending } from '../../shared/sending-rows.ts';
import { campaigns, sendings } from '../schema.ts';
import { campaignNo, knownCampaignNo } from './campaign-no.ts';
import { listExports } from './codes.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { noteReminder } from '../../shared/watch.ts';

const ofSending = (campaign: number, { county, no }: Pick<SendingKey, 'county' | 'no'>) =>
  and(eq(sendings.campaign, campaign), eq(sendings.county, county), eq(sendings.no, no));

export async function listSendings(tx: Tx, id: CampaignId, county: CountyCode): Promise<readonly Sending[]> {
  return (
    await tx
      .select()
      .from(sendings)
      .where(and(eq(sendings.campaign, await campaignNo(tx, id)), eq(sendings.county, county)))
      .orderBy(asc(sendings.no))
  ).map((row) => toSending(id, row));
}

const stateSchema = z.enum(messageStates);

export async function countMessageStates(ctx: Context, id: CampaignId): Promise<readonly StateCount[]> {
  const rows = (await ctx.raw
    .prepare(
      `SELECT county, sending, state, count(*) AS messages FROM outbox WHERE campaign = @campaign GROUP BY 1, 2, 3
       UNION ALL
       SELECT county, sending, state, sum(messages) FROM message_counts WHERE campaign = @campaign GROUP BY 1, 2, 3`,
    )
    .all({ campaign: await knownCampaignNo(ctx, id) })) as StateCount[];
  return inStateOrder(rows.map((r) => ({ ...r, state: stateSchema.parse(r.state) })));
}

/** @throws AppError not-found `sending.not-found` */
async function getSending(
  tx: Tx,
  key: SendingKey,
): Promise<{ readonly campaign: number; readonly sending: Sending }> {
  const campaign = await campaignNo(tx, key.campaign);
  const row = (await tx.select().from(sendings).where(ofSending(campaign, key)))[0];
  if (!row) throw new AppError('not-found', 'sending.not-found');
  return { campaign, sending: toSending(key.campaign, row) };
}

export async function scheduleSendings(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  plan: SendingPlan,
  window: SendWindow,
): Promise<readonly Sending[]> {
  const state = await readCountyState(tx, id, county);
  const { closesAt } = (
    await tx.select({ closesAt: campaigns.closesAt }).from(campaigns).where(eq(campaigns.no, state.no))
  )[0]!;
  const decision = decideSchedule(
    {
      ...state,
      closesAt,
      known: await listSendings(tx, id, county),
      exports: await listExports(tx, id, county),
    },
    plan,
    window,
    stamp,
  );
  for (const row of decision.changes)
    await tx.insert(sendings).values({ ...row, campaign: state.no, county, state: 'planned' });
  await recordDecision(tx, stamp, { no: state.no, id }, decision);
  const made = new Set(decision.changes.map((s) => s.no));
  return (await listSendings(tx, id, county)).filter((s) => made.has(s.no));
}

export async function commandSending(
  tx: Tx,
  stamp: Stamp,
  key: SendingKey,
  command: SendingCommand,
): Promise<void> {
  const { campaign, sending } = await getSending(tx, key);
  const state = await readCountyState(tx, key.campaign, key.county);
  const decision = decideSendingCommand({ ...state, sending }, command);
  await tx.update(sendings).set({ state: decision.changes }).where(ofSending(campaign, key));
  await recordDecision(tx, stamp, { no: campaign, id: key.campaign }, decision);
}

export async function startSending(ctx: Context, stamp: Stamp, key: SendingKey): Promise<void> {
  const tx = ctx.db;
  const { campaign, sending } = await getSending(tx, key);
  const state = await readCountyState(tx, key.campaign, key.county);
  const decision = decideStart({ ...state, sending });
  await tx
    .update(sendings)
    .set({ state: decision.changes, startedAt: stamp.at })
    .where(ofSending(campaign, key));
  await recordDecision(tx, stamp, { no: campaign, id: key.campaign }, decision);
  // Answers within a day of it are tested for a burst.
  if (sending.kind === 'reminder') noteReminder(ctx, campaign, key.county);
}

export async function finishFilling(tx: Tx, key: SendingKey, audience: readonly Audience[]): Promise<void> {
  const { campaign, sending } = await getSending(tx, key);
  if (sending.state !== 'filling') return;
  await tx
    .update(sendings)
    .set({ state: 'running', audience: JSON.stringify(audience) })
    .where(ofSending(campaign, key));
}

export async function endSending(
  ctx: Context,
  stamp: Stamp,
  key: SendingKey,
  end: SendingResult['end'],
): Promise<void> {
  const tx = ctx.db;
  const { campaign, sending } = await getSending(tx, key);
  if (sending.endedAt !== null) return;
  const waiting = await ctx.raw
    .prepare(
      // Each state separately: each has its own index.
      `SELECT 1 FROM outbox WHERE campaign = @campaign AND county = @county AND sending = @no AND state = 'queued'
       UNION ALL SELECT 1 FROM outbox WHERE campaign = @campaign AND county = @county AND sending = @no AND state = 'sending' LIMIT 1`,
    )
    .get({ campaign, county: key.county, no: key.no });
  if (waiting !== undefined) return;
  const rows = (await ctx.raw
    .prepare(
      `SELECT state, count(*) AS n, sum(segments) AS segments, sum(CASE WHEN repeats > 0 AND state <> 'cancelled' THEN 1 ELSE 0 END) AS repeats
       FROM outbox WHERE campaign = ? AND county = ? AND sending = ? GROUP BY state`,
    )
    .all(campaign, key.county, key.no)) as {
    state: MessageState;
    n: number;
    segments: number;
    repeats: number;
  }[];
  const sum = (of: 'segments' | 'repeats') => rows.reduce((n, r) => n + r[of], 0);
  const result: SendingResult = {
    end,
    counts: Object.fromEntries(rows.map((r) => [r.state, r.n])),
    segments: sum('segments'),
    repeats: sum('repeats'),
  };
  const decision = decideEnd({ county: key.county, sending }, result, stamp.at);
  await tx
    .update(sendings)
    .set({
      state: end === 'cancelled' ? 'cancelled' : 'finished',
      endedAt: stamp.at,
      result: JSON.stringify(decision.changes),
    })
    .where(ofSending(campaign, key));
  await recordDecision(tx, stamp, { no: campaign, id: key.campaign }, decision);
}

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
import { prepared } from '../prepared.ts';
import { inStateOrder, toSending } from '../../shared/sending-rows.ts';
import { campaigns, sendings } from '../schema.ts';
import { campaignNo, knownCampaignNo } from './campaign-no.ts';
import { listExports } from './codes.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { noteReminder } from '../../shared/watch.ts';

const ofSending = (campaign: number, { county, no }: Pick<SendingKey, 'county' | 'no'>) =>
  and(eq(sendings.campaign, campaign), eq(sendings.county, county), eq(sendings.no, no));

export function listSendings(tx: Tx, id: CampaignId, county: CountyCode): readonly Sending[] {
  return tx
    .select()
    .from(sendings)
    .where(and(eq(sendings.campaign, campaignNo(tx, id)), eq(sendings.county, county)))
    .orderBy(asc(sendings.no))
    .all()
    .map((row) => toSending(id, row));
}

const stateSchema = z.enum(messageStates);

/** One pass in key order: nothing is sorted, so a million messages take a fraction of a second. */
export function countMessageStates(ctx: Context, id: CampaignId): readonly StateCount[] {
  const campaign = knownCampaignNo(ctx, id);
  const sums = messageStates.map((state) => `sum(state = '${state}')`).join(', ');
  const rows = prepared(
    ctx.raw,
    `SELECT county, sending, ${sums} FROM outbox WHERE campaign = ? GROUP BY county, sending`,
  )
    .raw()
    .all(campaign) as [CountyCode, number, ...number[]][];
  const counted = prepared(
    ctx.raw,
    'SELECT county, sending, state, sum(messages) AS messages FROM message_counts WHERE campaign = ? GROUP BY 1, 2, 3',
  ).all(campaign) as StateCount[];
  return inStateOrder([
    ...rows.flatMap(([county, sending, ...counts]) =>
      messageStates.flatMap((state, i) =>
        counts[i]! > 0 ? [{ county, sending, state, messages: counts[i]! }] : [],
      ),
    ),
    ...counted.map((c) => ({ ...c, state: stateSchema.parse(c.state) })),
  ]);
}

/** @throws AppError not-found `sending.not-found` */
function getSending(tx: Tx, key: SendingKey): { readonly campaign: number; readonly sending: Sending } {
  const campaign = campaignNo(tx, key.campaign);
  const row = tx.select().from(sendings).where(ofSending(campaign, key)).get();
  if (!row) throw new AppError('not-found', 'sending.not-found');
  return { campaign, sending: toSending(key.campaign, row) };
}

export function scheduleSendings(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  plan: SendingPlan,
  window: SendWindow,
): readonly Sending[] {
  const state = readCountyState(tx, id, county);
  const { closesAt } = tx
    .select({ closesAt: campaigns.closesAt })
    .from(campaigns)
    .where(eq(campaigns.no, state.no))
    .get()!;
  const decision = decideSchedule(
    { ...state, closesAt, known: listSendings(tx, id, county), exports: listExports(tx, id, county) },
    plan,
    window,
    stamp,
  );
  for (const row of decision.changes)
    tx.insert(sendings)
      .values({ ...row, campaign: state.no, county, state: 'planned' })
      .run();
  recordDecision(tx, stamp, { no: state.no, id }, decision);
  const made = new Set(decision.changes.map((s) => s.no));
  return listSendings(tx, id, county).filter((s) => made.has(s.no));
}

export function commandSending(tx: Tx, stamp: Stamp, key: SendingKey, command: SendingCommand): void {
  const { campaign, sending } = getSending(tx, key);
  const state = readCountyState(tx, key.campaign, key.county);
  const decision = decideSendingCommand({ ...state, sending }, command);
  tx.update(sendings).set({ state: decision.changes }).where(ofSending(campaign, key)).run();
  recordDecision(tx, stamp, { no: campaign, id: key.campaign }, decision);
}

export function startSending(ctx: Context, stamp: Stamp, key: SendingKey): void {
  const tx = ctx.db;
  const { campaign, sending } = getSending(tx, key);
  const state = readCountyState(tx, key.campaign, key.county);
  const decision = decideStart({ ...state, sending });
  tx.update(sendings)
    .set({ state: decision.changes, startedAt: stamp.at })
    .where(ofSending(campaign, key))
    .run();
  recordDecision(tx, stamp, { no: campaign, id: key.campaign }, decision);
  // Answers within a day of it are tested for a burst.
  if (sending.kind === 'reminder') noteReminder(ctx, campaign, key.county);
}

export function finishFilling(tx: Tx, key: SendingKey, audience: readonly Audience[]): void {
  const { campaign, sending } = getSending(tx, key);
  if (sending.state !== 'filling') return;
  tx.update(sendings)
    .set({ state: 'running', audience: JSON.stringify(audience) })
    .where(ofSending(campaign, key))
    .run();
}

export function endSending(ctx: Context, stamp: Stamp, key: SendingKey, end: SendingResult['end']): void {
  const tx = ctx.db;
  const { campaign, sending } = getSending(tx, key);
  if (sending.endedAt !== null) return;
  const waiting = ctx.raw
    .prepare(
      // Each state separately: each has its own index.
      `SELECT 1 FROM outbox WHERE campaign = @campaign AND county = @county AND sending = @no AND state = 'queued'
       UNION ALL SELECT 1 FROM outbox WHERE campaign = @campaign AND county = @county AND sending = @no AND state = 'sending' LIMIT 1`,
    )
    .get({ campaign, county: key.county, no: key.no });
  if (waiting !== undefined) return;
  const rows = ctx.raw
    .prepare(
      `SELECT state, count(*) AS n, sum(segments) AS segments, sum(CASE WHEN repeats > 0 AND state <> 'cancelled' THEN 1 ELSE 0 END) AS repeats
       FROM outbox WHERE campaign = ? AND county = ? AND sending = ? GROUP BY state`,
    )
    .all(campaign, key.county, key.no) as {
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
  tx.update(sendings)
    .set({
      state: end === 'cancelled' ? 'cancelled' : 'finished',
      endedAt: stamp.at,
      result: JSON.stringify(decision.changes),
    })
    .where(ofSending(campaign, key))
    .run();
  recordDecision(tx, stamp, { no: campaign, id: key.campaign }, decision);
}

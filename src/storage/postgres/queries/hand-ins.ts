/** Submissions of rolls, and requests for a reminder: what an official asks of the commissioner. */
import { and, desc, eq, max } from 'drizzle-orm';
import { z } from 'zod';
import { decideHandIn, type HandInCommand } from '../../../domain/frame/decide-hand-in.ts';
import {
  decideReminderAnswer,
  decideReminderRequest,
} from '../../../domain/messaging/decide-reminder-request.ts';
import { handInSteps, type HandIn } from '../../../domain/model/hand-in.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { reminderAnswers, type ReminderRequest } from '../../../domain/model/reminder-request.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { imports, reminderRequests, rollHandIns } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { countWaitingFiles } from './roll-files.ts';

const stepSchema = z.enum(handInSteps);
const answerSchema = z.enum(reminderAnswers).nullable();

export async function handInRoll(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  command: HandInCommand,
  missing: number,
): Promise<void> {
  const tx = ctx.db;
  const state = await readCountyState(tx, id, county);
  const { no: campaign } = state;
  const own = and(eq(rollHandIns.campaign, campaign), eq(rollHandIns.county, county));
  const staged = (
    await tx
      .select({ state: imports.state })
      .from(imports)
      .where(and(eq(imports.campaign, campaign), eq(imports.county, county)))
  ).filter((i) => i.state === 'staged' || i.state === 'applying' || i.state === 'withdrawing').length;
  const files = await countWaitingFiles(tx, campaign, county);
  const decision = decideHandIn(
    {
      ...state,
      last: state.handIn,
      // A waiting file may have an import that is staged from it.
      waiting: Math.max(files, staged),
      size: (await ctx.raw
        .prepare('SELECT count(*) FROM contacts WHERE campaign = ? AND county = ? AND late = 0')
        .pluck()
        .get(campaign, county)) as number,
      missing,
    },
    command,
    stamp,
  );
  const last =
    (
      await tx
        .select({ no: max(rollHandIns.no) })
        .from(rollHandIns)
        .where(own)
    )[0]?.no ?? 0;
  await tx.insert(rollHandIns).values({ campaign, county, no: last + 1, ...decision.changes });
  await recordDecision(tx, stamp, { no: campaign, id }, decision);
}

/** Newest first. */
export async function listHandIns(tx: Tx, id: CampaignId, county: CountyCode): Promise<readonly HandIn[]> {
  return (
    await tx
      .select()
      .from(rollHandIns)
      .where(and(eq(rollHandIns.campaign, await campaignNo(tx, id)), eq(rollHandIns.county, county)))
      .orderBy(desc(rollHandIns.no))
  ).map(({ step, note, by, at }) => ({ step: stepSchema.parse(step), note, by, at }));
}

export async function listReminderRequests(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly ReminderRequest[]> {
  return (
    await tx
      .select()
      .from(reminderRequests)
      .where(
        and(eq(reminderRequests.campaign, await campaignNo(tx, id)), eq(reminderRequests.county, county)),
      )
      .orderBy(desc(reminderRequests.no))
  ).map(({ campaign: _campaign, county: _county, answer, ...rest }) => ({
    ...rest,
    answer: answerSchema.parse(answer),
  }));
}

export async function requestReminder(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  note: string,
): Promise<void> {
  const { no: campaign, campaignState } = await readCountyState(tx, id, county);
  const known = await listReminderRequests(tx, id, county);
  const decision = decideReminderRequest({ campaignState, county, known }, note, stamp);
  await tx.insert(reminderRequests).values({ campaign, county, ...decision.changes });
  await recordDecision(tx, stamp, { no: campaign, id }, decision);
}

export async function answerReminder(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  answer: 'sent' | 'declined',
  note: string,
): Promise<void> {
  const { no: campaign, campaignState } = await readCountyState(tx, id, county);
  const known = await listReminderRequests(tx, id, county);
  const decision = decideReminderAnswer({ campaignState, county, known }, answer, note, stamp);
  const { no, ...changes } = decision.changes;
  await tx
    .update(reminderRequests)
    .set(changes)
    .where(
      and(
        eq(reminderRequests.campaign, campaign),
        eq(reminderRequests.county, county),
        eq(reminderRequests.no, no),
      ),
    );
  await recordDecision(tx, stamp, { no: campaign, id }, decision);
}

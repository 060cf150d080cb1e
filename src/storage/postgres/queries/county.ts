import { and, desc, eq } from 'drizzle-orm';
import {
  campaignStates,
  frameStates,
  type CampaignState,
  type FrameState,
} from '../../../domain/campaign/life-cycle.ts';
import { AppError } from '../../../domain/errors.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { z } from 'zod';
import type { Tx } from '../connection.ts';
import { handInSteps, type HandIn } from '../../../domain/model/hand-in.ts';
import { campaignCounties, campaigns, rollHandIns } from '../schema.ts';

// Created once: building a schema costs more than reading a row.
const campaignStateSchema = z.enum(campaignStates);
const frameStateSchema = z.enum(frameStates);

export const ofCounty = (campaign: number, county: CountyCode) =>
  and(eq(campaignCounties.campaign, campaign), eq(campaignCounties.county, county));

/** @throws AppError not-found `county.not-found` */
export async function countyRow(
  tx: Tx,
  campaign: number,
  county: CountyCode,
): Promise<typeof campaignCounties.$inferSelect> {
  const row = (await tx.select().from(campaignCounties).where(ofCounty(campaign, county)))[0];
  if (!row) throw new AppError('not-found', 'county.not-found', { params: { county } });
  return row;
}

/** The first facts that most decisions about a county need. */
export interface CountyState {
  readonly no: number;
  readonly campaignState: CampaignState;
  readonly county: CountyCode;
  readonly frameState: FrameState;
  readonly row: typeof campaignCounties.$inferSelect;
  /** State of the roll; null: never submitted. */
  readonly handIn: HandIn | null;
}

const handInStepSchema = z.enum(handInSteps);

export async function lastHandIn(tx: Tx, campaign: number, county: CountyCode): Promise<HandIn | null> {
  const row = (
    await tx
      .select()
      .from(rollHandIns)
      .where(and(eq(rollHandIns.campaign, campaign), eq(rollHandIns.county, county)))
      .orderBy(desc(rollHandIns.no))
      .limit(1)
  )[0];
  return row ? { step: handInStepSchema.parse(row.step), note: row.note, by: row.by, at: row.at } : null;
}

/** @throws AppError not-found `campaign.not-found`, `county.not-found` */
export async function readCountyState(tx: Tx, id: CampaignId, county: CountyCode): Promise<CountyState> {
  const campaign = (
    await tx.select({ no: campaigns.no, state: campaigns.state }).from(campaigns).where(eq(campaigns.id, id))
  )[0];
  if (!campaign) throw new AppError('not-found', 'campaign.not-found');
  const row = await countyRow(tx, campaign.no, county);
  return {
    no: campaign.no,
    campaignState: campaignStateSchema.parse(campaign.state),
    county,
    frameState: frameStateSchema.parse(row.frameState),
    row,
    handIn: await lastHandIn(tx, campaign.no, county),
  };
}

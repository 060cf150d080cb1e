import { and, desc, eq, sql } from 'drizzle-orm';
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
import { inCounty, preparedQuery } from '../prepared.ts';
import { handInSteps, type HandIn } from '../../../domain/model/hand-in.ts';
import { campaignCounties, campaigns, rollHandIns } from '../schema.ts';

// Created once: building a schema costs more than reading a row.
const campaignStateSchema = z.enum(campaignStates);
const frameStateSchema = z.enum(frameStates);

export const ofCounty = (campaign: number, county: CountyCode) =>
  and(eq(campaignCounties.campaign, campaign), eq(campaignCounties.county, county));

const rowOf = (tx: Tx) => tx.select().from(campaignCounties).where(inCounty(campaignCounties)).prepare();

/** @throws AppError not-found `county.not-found` */
export function countyRow(
  tx: Tx,
  campaign: number,
  county: CountyCode,
): typeof campaignCounties.$inferSelect {
  const row = preparedQuery(tx, rowOf).get({ campaign, county });
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

const newestHandIn = (tx: Tx) =>
  tx.select().from(rollHandIns).where(inCounty(rollHandIns)).orderBy(desc(rollHandIns.no)).limit(1).prepare();

export function lastHandIn(tx: Tx, campaign: number, county: CountyCode): HandIn | null {
  const row = preparedQuery(tx, newestHandIn).get({ campaign, county });
  return row ? { step: handInStepSchema.parse(row.step), note: row.note, by: row.by, at: row.at } : null;
}

const stateOf = (tx: Tx) =>
  tx
    .select({ no: campaigns.no, state: campaigns.state })
    .from(campaigns)
    .where(eq(campaigns.id, sql.placeholder('id')))
    .prepare();

/** @throws AppError not-found `campaign.not-found`, `county.not-found` */
export function readCountyState(tx: Tx, id: CampaignId, county: CountyCode): CountyState {
  const campaign = preparedQuery(tx, stateOf).get({ id });
  if (!campaign) throw new AppError('not-found', 'campaign.not-found');
  const row = countyRow(tx, campaign.no, county);
  return {
    no: campaign.no,
    campaignState: campaignStateSchema.parse(campaign.state),
    county,
    frameState: frameStateSchema.parse(row.frameState),
    row,
    handIn: lastHandIn(tx, campaign.no, county),
  };
}

/** Converts a campaign and its counties from and to their rows. */
import { z } from 'zod';
import type { RevisionRule } from '../../domain/answer/revision.ts';
import { campaignStates, closingSteps, expirySteps, frameStates } from '../../domain/campaign/life-cycle.ts';
import { fromHex } from '../../domain/hash.ts';
import type { Campaign, CampaignCounty, CampaignDraft, Void } from '../../domain/model/campaign.ts';
import {
  contentHashSchema,
  type CampaignId,
  type ContentHash,
  type CountyCode,
} from '../../domain/model/ids.ts';
import { groupSchema, purposeSchema, type Group } from '../../domain/model/vocabulary.ts';
import { parseColumn, parseJson } from './json.ts';

export interface CampaignRow {
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  readonly commissioner: string;
  readonly commissionerPhone: string;
  readonly state: string;
  readonly closesAt: number;
  readonly storageUntil: number;
  readonly selfAdministered: number;
  readonly demo: number;
  readonly profile: string;
  readonly questionnaires: string;
  readonly keyChecks: string;
  readonly createdAt: number;
  readonly openedAt: number | null;
  readonly closingStep: string | null;
  readonly closedAt: number | null;
  readonly releasedAt: number | null;
  readonly expiryStep: string | null;
  readonly expiredAt: number | null;
  readonly disclosureRule: number;
}

export interface CampaignCountyRow {
  readonly county: string;
  readonly name: string;
  readonly residents: number | null;
  readonly residentsAsOf: string | null;
  readonly slips: string;
  readonly frameState: string;
  readonly frameRoot: Uint8Array | null;
  readonly frameSize: number | null;
  readonly frozenAt: number | null;
  readonly draw: string | null;
}

export interface VoidRow {
  readonly county: string | null;
  readonly group: string | null;
  readonly reportingStratum: number | null;
  readonly reason: string;
  readonly at: number;
}

const questionnairesSchema = z.array(
  z.object({
    no: z.number(),
    hash: contentHashSchema,
    groups: z.array(groupSchema),
    arm: z.string().optional(),
    official: z.literal(true).optional(),
    share: z.number().optional(),
  }),
);
const slipsSchema = z.array(z.object({ group: groupSchema, count: z.number() }));
const keyChecksSchema = z.record(z.string(), z.string());
const drawSchema = z.object({
  dice: z.string(),
  seed: z.string().regex(/^(?:[0-9a-f]{2})+$/i),
  by: z.string(),
  at: z.number(),
  moves: z.array(z.object({ from: groupSchema, to: groupSchema, count: z.number() })),
  quotas: z.record(z.string(), z.number()).transform((q) => q as Partial<Record<Group, number>>),
});
// Created once: building a schema costs more than reading a county.
const frameStateSchema = z.enum(frameStates);
const campaignStateSchema = z.enum(campaignStates);
const ruleSchema = z.union([z.literal(1), z.literal(2)]);
const disclosureRuleSchema = z.literal([1, 2, 3, 4, 5]);
const closingStepSchema = z.enum(closingSteps).nullable();
const expiryStepSchema = z.enum(expirySteps).nullable();
const voidGroupSchema = groupSchema.nullable();

/**
 * The revision rule.
 * @throws if it is unknown
 */
export function toRevisionRule(rule: number | undefined): RevisionRule {
  return ruleSchema.parse(rule);
}

function toCounty(row: CampaignCountyRow): CampaignCounty {
  const draw = row.draw === null ? null : parseJson(drawSchema, row.draw, 'campaign_counties.draw');
  return {
    code: row.county as CountyCode,
    name: row.name,
    residents: row.residents === null ? null : { count: row.residents, asOf: row.residentsAsOf ?? '' },
    slips: parseJson(slipsSchema, row.slips, 'campaign_counties.slips'),
    frameState: parseColumn(frameStateSchema, row.frameState, 'campaign_counties.frame_state'),
    frame:
      row.frameRoot === null
        ? null
        : { root: new Uint8Array(row.frameRoot), size: row.frameSize ?? 0, frozenAt: row.frozenAt ?? 0 },
    draw: draw === null ? null : { ...draw, seed: fromHex(draw.seed) },
  };
}

/** @throws AppError corrupt `storage.corrupt` */
export function toCampaign(
  row: CampaignRow,
  counties: readonly CampaignCountyRow[],
  voided: readonly Void[],
): Campaign {
  return {
    id: row.id as CampaignId,
    name: row.name,
    purpose: parseColumn(purposeSchema, row.purpose, 'campaigns.purpose'),
    commissioner: row.commissioner,
    commissionerPhone: row.commissionerPhone,
    closesAt: row.closesAt,
    storageUntil: row.storageUntil,
    selfAdministered: row.selfAdministered === 1,
    demo: row.demo === 1,
    profile: row.profile as ContentHash,
    questionnaires: parseJson(questionnairesSchema, row.questionnaires, 'campaigns.questionnaires'),
    counties: counties.map(toCounty),
    state: parseColumn(campaignStateSchema, row.state, 'campaigns.state'),
    createdAt: row.createdAt,
    openedAt: row.openedAt,
    closingStep: parseColumn(closingStepSchema, row.closingStep, 'campaigns.closing_step'),
    closedAt: row.closedAt,
    releasedAt: row.releasedAt,
    expiryStep: parseColumn(expiryStepSchema, row.expiryStep, 'campaigns.expiry_step'),
    expiredAt: row.expiredAt,
    keyChecks: parseJson(keyChecksSchema, row.keyChecks, 'campaigns.key_checks'),
    disclosureRule: parseColumn(disclosureRuleSchema, row.disclosureRule, 'campaigns.disclosure_rule'),
    voids: voided,
  };
}

/** @throws AppError corrupt `storage.corrupt` */
export function toVoid(row: VoidRow): Void {
  return {
    county: row.county as CountyCode | null,
    group: parseColumn(voidGroupSchema, row.group, 'voids.group'),
    reportingStratum: row.reportingStratum,
    reason: row.reason,
    at: row.at,
  };
}

type PlainFields = Omit<CampaignDraft, 'id' | 'counties'>;
export function toColumns(fields: PlainFields) {
  return {
    ...fields,
    selfAdministered: fields.selfAdministered ? 1 : 0,
    demo: fields.demo ? 1 : 0,
    questionnaires: JSON.stringify(fields.questionnaires),
  };
}

export function countyColumns({ name, residents, slips }: CampaignDraft['counties'][number]) {
  return {
    name,
    residents: residents?.count ?? null,
    residentsAsOf: residents?.asOf ?? null,
    slips: JSON.stringify(slips),
  };
}

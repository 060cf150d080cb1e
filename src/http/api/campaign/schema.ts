/** Campaigns and proposals. */
import { z } from 'zod';
import { campaignStates, frameStates } from '../../../domain/campaign/life-cycle.ts';
import { contentHashSchema, countyCodeSchema } from '../../../domain/model/ids.ts';
import { smallestShare } from '../../../domain/scoring/ballot/check.ts';
import { groupSchema, purposeSchema } from '../../../domain/model/vocabulary.ts';
import { timeInput, time, count, hex, slipSchema, residentsSchema } from '../shapes.ts';

const questionnaireInput = z.strictObject({
  document: z.unknown().describe('The whole questionnaire, as checked by `manyi template check`.'),
  groups: z.array(groupSchema).min(1),
  arm: z
    .string()
    .regex(/^[A-Z]$/)
    .optional()
    .describe('Of a split ballot: one questionnaire for each arm of a group.'),
  official: z.literal(true).optional().describe('The arm whose figures count, where the figure decides.'),
  share: z
    .int()
    .min(smallestShare)
    .max(100 - smallestShare)
    .optional()
    .describe(
      'Percent of the group that is given this arm, of all its arms or of none: then they are equal.',
    ),
});
const countyInput = z.strictObject({
  code: countyCodeSchema,
  name: z.string().min(1).max(100).optional(),
  residents: residentsSchema.nullable().default(null),
  slips: z.array(slipSchema).default([]),
});
const campaignShape = {
  name: z.string().trim().min(1).max(200),
  purpose: purposeSchema,
  commissioner: z.string().trim().min(1).max(200),
  commissionerPhone: z.string().trim().min(3).max(40),
  closesAt: timeInput,
  storageUntil: timeInput,
  selfAdministered: z.boolean(),
  profile: z.unknown().describe('The whole rule profile.'),
  questionnaires: z.array(questionnaireInput).min(1).max(20),
  counties: z.array(countyInput).min(1).max(3000),
};
export const newCampaignSchema = z.strictObject({
  ...campaignShape,
  selfAdministered: z.boolean().default(false),
  demo: z.boolean().default(false),
});
export const campaignPatchSchema = z.strictObject(campaignShape).partial();
const drawSchema = z.object({
  dice: z.string(),
  seed: hex,
  by: z.string(),
  at: time,
  moves: z.array(z.object({ from: groupSchema, to: groupSchema, count })),
  quotas: z.partialRecord(groupSchema, count),
});
export const campaignCountySchema = z.object({
  code: z.string(),
  name: z.string(),
  residents: z.object({ count, asOf: z.string() }).nullable(),
  slips: z.array(z.object({ group: groupSchema, count })),
  frameState: z.enum(frameStates),
  frame: z.object({ root: hex, size: count, frozenAt: time }).nullable(),
  draw: drawSchema.nullable(),
});
export const campaignSchema = z.object({
  id: z.string(),
  name: z.string(),
  purpose: purposeSchema,
  commissioner: z.string(),
  commissionerPhone: z.string(),
  state: z.enum(campaignStates),
  createdAt: time,
  openedAt: time.nullable(),
  closesAt: time,
  closedAt: time.nullable(),
  releasedAt: time.nullable(),
  /** When everything personal and all answers were erased. */
  expiredAt: time.nullable(),
  storageUntil: time,
  selfAdministered: z.boolean(),
  demo: z.boolean(),
  profile: contentHashSchema,
  questionnaires: z.array(
    z.object({
      no: count,
      hash: contentHashSchema,
      groups: z.array(groupSchema),
      arm: z.string().optional(),
      official: z.literal(true).optional(),
      share: count.optional(),
    }),
  ),
  counties: z.array(campaignCountySchema),
  voids: z.array(
    z.object({
      county: z.string().nullable(),
      group: groupSchema.nullable(),
      reportingStratum: count.nullable(),
      reason: z.string(),
      at: time,
    }),
  ),
});
const voidContent = z.strictObject({
  kind: z.literal('void'),
  county: countyCodeSchema.nullable().default(null),
  group: groupSchema.nullable().default(null),
  reportingStratum: z.int().min(1).nullable().default(null),
});
export const newProposalSchema = z.strictObject({
  content: z.discriminatedUnion('kind', [
    voidContent,
    z.strictObject({ kind: z.literal('dates'), closesAt: timeInput }),
    z.strictObject({
      kind: z.literal('ineligible'),
      county: countyCodeSchema,
      samplingStratum: z.int().min(1),
      contacts: z.int().min(1).describe('Of the frozen frame, that do not belong to it.'),
      issued: z.int().min(0).default(0).describe('Those of them with a code.'),
    }),
    z.strictObject({ kind: z.literal('close').describe('Before the closing time.') }),
    z.strictObject({ kind: z.literal('release').describe('Of a result without data or below its floor.') }),
  ]),
  reason: z.string().trim().min(1).max(1000),
});
export const decisionSchema = z.strictObject({ decision: z.enum(['confirmed', 'rejected']) });
const person = z.object({ id: z.string(), name: z.string() });
export const proposalSchema = z.object({
  id: z.string(),
  content: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('void'),
      county: z.string().nullable(),
      group: groupSchema.nullable(),
      reportingStratum: count.nullable(),
    }),
    z.object({ kind: z.literal('dates'), closesAt: time }),
    z.object({
      kind: z.literal('ineligible'),
      county: z.string(),
      samplingStratum: count,
      contacts: count,
      issued: count,
    }),
    z.object({ kind: z.literal('close') }),
    z.object({ kind: z.literal('release') }),
  ]),
  reason: z.string(),
  proposedBy: person,
  proposedAt: time,
  decision: z.enum(['pending', 'confirmed', 'rejected']),
  decidedBy: person.nullable(),
  decidedAt: time.nullable(),
});

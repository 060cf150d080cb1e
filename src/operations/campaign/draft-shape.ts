/** Schema of a draft, and its faults field by field, in words that say what to do. */
import { z } from 'zod';
import type { Issue } from '../../domain/errors.ts';
import { controlMessage, lineSchema } from '../../domain/line.ts';
import type { CampaignDraft, SlipPlan } from '../../domain/model/campaign.ts';
import { countyCodeSchema } from '../../domain/model/ids.ts';
import { maxStorageMonths } from '../../domain/model/settings.ts';
import { smallestShare } from '../../domain/scoring/ballot/check.ts';
import { groupSchema, purposeSchema, type Group } from '../../domain/model/vocabulary.ts';
import { serviceDay } from '../../domain/time-zone.ts';

/** A campaign as a draft, with its documents themselves in place of their hashes. */
export interface NewCampaign extends Omit<CampaignDraft, 'id' | 'profile' | 'questionnaires' | 'counties'> {
  /** A rule profile's document. */
  readonly profile: unknown;
  /** Questionnaire documents, and which of their groups answer each in this campaign. */
  readonly questionnaires: readonly {
    readonly document: unknown;
    readonly groups: readonly Group[];
    /** A split ballot: one questionnaire for each arm of a group. */
    readonly arm?: string | undefined;
    /** Percent of the group; for all of its arms, or for none: then they are equal. */
    readonly share?: number | undefined;
    /** The arm whose figures count. */
    readonly official?: true | undefined;
  }[];
  readonly counties: readonly {
    readonly code: string;
    /** Display name; default: the name in the list of divisions. Demonstration counties need one. */
    readonly name?: string | undefined;
    readonly residents: { readonly count: number; readonly asOf: string } | null;
    readonly slips: readonly SlipPlan[];
  }[];
}

const mostResidents = 100_000_000;
const mostSlips = 100_000;

export const newCampaignSchema = z.strictObject({
  name: lineSchema(1, 100),
  purpose: purposeSchema,
  commissioner: lineSchema(1, 100),
  commissionerPhone: z
    .string()
    .trim()
    .regex(/^[+\d][\d\s\-—()（）]{2,29}$/),
  closesAt: z.int().min(0),
  storageUntil: z.int().min(0),
  selfAdministered: z.boolean(),
  demo: z.boolean(),
  profile: z.unknown(),
  questionnaires: z
    .array(
      z.strictObject({
        document: z.unknown(),
        groups: z.array(groupSchema).min(1),
        arm: z
          .string()
          .regex(/^[A-Z]$/)
          .optional(),
        official: z.literal(true).optional(),
        share: z
          .int()
          .min(smallestShare)
          .max(100 - smallestShare)
          .optional(),
      }),
    )
    .min(1)
    .max(20),
  counties: z
    .array(
      z.strictObject({
        code: countyCodeSchema,
        name: lineSchema(1, 40).optional(),
        residents: z
          .strictObject({ count: z.int().min(1).max(mostResidents), asOf: z.iso.date() })
          .nullable(),
        slips: z.array(z.strictObject({ group: groupSchema, count: z.int().min(1).max(mostSlips) })),
      }),
    )
    .max(500),
});

/** What to do about a field with a special format. */
const remedies: Readonly<Record<string, string>> = {
  purpose: 'campaign.choose',
  commissionerPhone: 'campaign.phone',
  closesAt: 'campaign.time',
  storageUntil: 'campaign.date',
  asOf: 'campaign.date',
};

export function shapeIssue(found: z.core.$ZodIssue): Issue {
  const path = found.path.reduce<string>(
    (text, part) => text + (typeof part === 'number' ? `[${part}]` : `${text && '.'}${String(part)}`),
    '',
  );
  if (found.code === 'unrecognized_keys')
    return { path, message: 'campaign.unknown-field', params: { fields: found.keys.join(', ') } };
  if (found.message === controlMessage) return { path, message: controlMessage };
  const field = path.replace(/^.*\./, '');
  if (field === 'count') {
    const most = path.includes('slips') ? mostSlips : mostResidents;
    const isNumber = found.code === 'too_small' || found.code === 'too_big';
    return isNumber
      ? { path, message: 'campaign.count-range', params: { most } }
      : { path, message: 'campaign.count' };
  }
  const remedy = remedies[field];
  if (remedy !== undefined) return { path, message: remedy };
  if (found.code === 'too_big' && found.origin === 'string')
    return { path, message: 'campaign.too-long', params: { most: Number(found.maximum) } };
  if (found.code === 'too_small' && found.origin === 'string') return { path, message: 'campaign.missing' };
  return { path, message: 'campaign.field' };
}

/** Checks the other fields of a new draft before its rules are chosen. */
export function findPlainFaults(
  input: Pick<NewCampaign, 'name' | 'purpose' | 'commissioner' | 'commissionerPhone'>,
): readonly Issue[] {
  const shape = newCampaignSchema.pick({
    name: true,
    purpose: true,
    commissioner: true,
    commissionerPhone: true,
  });
  const { name, purpose, commissioner, commissionerPhone } = input;
  const parsed = shape.safeParse({ name, purpose, commissioner, commissionerPhone });
  return parsed.success ? [] : parsed.error.issues.map(shapeIssue);
}

const year = 366 * 24 * 3_600_000;
const mostYearsOpen = 3;

/** Years that are typing errors: 2062 for 2026 would keep a survey open, and phone numbers stored, for decades. */
export function findDateSlips(
  part: Partial<Pick<NewCampaign, 'closesAt' | 'storageUntil' | 'counties'>>,
  now: number,
): readonly Issue[] {
  const { closesAt, storageUntil, counties = [] } = part;
  const issues: Issue[] = [];
  if (closesAt !== undefined && closesAt > now + mostYearsOpen * year)
    issues.push({ path: 'closesAt', message: 'campaign.closes-far', params: { years: mostYearsOpen } });
  const storageYears = maxStorageMonths / 12;
  if (closesAt !== undefined && storageUntil !== undefined && storageUntil > closesAt + storageYears * year)
    issues.push({ path: 'storageUntil', message: 'campaign.storage-far', params: { years: storageYears } });
  const today = serviceDay(now);
  for (const [i, { residents }] of counties.entries())
    if (residents !== null && residents.asOf > today)
      issues.push({ path: `counties[${i}].residents.asOf`, message: 'campaign.residents-ahead' });
  return issues;
}

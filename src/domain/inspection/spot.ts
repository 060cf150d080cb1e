/**
 * The inspectors' own survey at the sample schools: a separate campaign, by slips, without a roll. This document states which
 * campaigns were created for it, and which slips are for which school; the answers are in those campaigns.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { allocateProportionally } from '../frame/sample.ts';
import { campaignIdSchema } from '../model/ids.ts';
import type { School } from '../model/school.ts';
import { groupSchema, type Group } from '../model/vocabulary.ts';
import type { RuleProfile } from '../scoring/rules/profile.ts';
import type { RecordRules } from './record.ts';
import { assertConsents } from './students.ts';
import { sampleSchoolsOf } from './symposiums.ts';

const slipsSchema = z
  .array(z.strictObject({ group: groupSchema, count: z.int().min(10).max(5000) }))
  .min(1)
  .max(6);
const surveySchema = z.strictObject({
  campaign: campaignIdSchema,
  closesAt: z.int(),
  slips: slipsSchema,
  /** Slip numbers from–to for each school and group. */
  handOut: z.array(z.strictObject({ school: z.string(), group: groupSchema, from: z.int(), to: z.int() })),
});
export type SpotSurvey = z.infer<typeof surveySchema>;
const bodySchema = z.strictObject({ surveys: z.array(surveySchema) });
export type SpotBody = z.infer<typeof bodySchema>;

const changeSchema = z.strictObject({
  do: z.literal('make'),
  slips: slipsSchema,
  closesAt: z.int().min(0),
});

export const spotRecord: RecordRules<SpotBody, z.infer<typeof changeSchema>> = {
  body: bodySchema,
  change: changeSchema,
  empty: { surveys: [] },
  actionOf: () => 'inspection.configure',
  needsReason: () => false,
  apply(before, { slips, closesAt }, { latest, schools, made }, stamp) {
    // Only a campaign created for it: naming an existing campaign does not make it the inspectors' own.
    if (!made) throw new AppError('conflict', 'inspection.spot.only-made');
    if (closesAt <= stamp.at)
      throw new AppError('invalid', 'inspection.invalid', {
        issues: [{ path: 'closesAt', message: 'campaign.closes-in-past' }],
      });
    assertSlips(slips);
    const sample = sampleSchoolsOf(latest.sample?.body);
    assertConsents(latest.students?.body, slips, sample);
    const handOut = slipsBySchool(
      slips,
      sample.flatMap((id) => schools.find((s) => s.id === id) ?? []),
    );
    return { surveys: [...before.surveys, { campaign: made.campaign, closesAt, slips, handOut }] };
  },
};

/** @throws AppError invalid `inspection.invalid` */
export function assertSlips(slips: readonly { readonly group: Group }[]): void {
  const twice = slips.find(({ group }, i) => slips.findIndex((s) => s.group === group) < i);
  if (twice)
    throw new AppError('invalid', 'inspection.invalid', {
      issues: [{ path: 'slips', message: 'campaign.slips-twice', params: { group: twice.group } }],
    });
}

/**
 * Numbers are consecutive over all slips, as they are printed. Each school's part is proportional to its staff for teachers, else
 * to its pupils.
 */
export function slipsBySchool(
  slips: readonly { readonly group: Group; readonly count: number }[],
  schools: readonly Pick<School, 'id' | 'pupils' | 'staff'>[],
): { school: string; group: Group; from: number; to: number }[] {
  let from = 1;
  return slips.flatMap(({ group, count }) => {
    const sizes = schools.map((s) => Math.max(1, (group === 'teacher' ? s.staff : s.pupils) ?? 1));
    // There may be more slips than people: sizes are only proportions here.
    const scaled = sizes.map((size) => size * Math.max(1, count));
    return allocateProportionally(count, scaled, 1).flatMap((own, i) => {
      if (own === 0) return [];
      const part = { school: schools[i]!.id as string, group, from, to: from + own - 1 };
      from += own;
      return [part];
    });
  });
}

/**
 * The county's rules, for people met on the spot: each answer counts equally, no return rate decides, and interviewer entries are
 * separate.
 */
export function spotProfile(profile: RuleProfile, groups: readonly Group[]): RuleProfile {
  const weights = groups.map((group) => profile.groups.find((g) => g.group === group)?.weight ?? 0);
  const total = weights.reduce((a, b) => a + b, 0);
  const shareOf = (i: number) => (total > 0 ? weights[i]! / total : 1 / groups.length);
  const { id, version, instrument, threshold, decimals, formulas, official, valid, minimumCell } = profile;
  return {
    ...{ id: `${id}-spot`, version, instrument, threshold, decimals, formulas, official, valid, minimumCell },
    title: {
      'zh-CN': '样本校现场问卷（参考）',
      en: 'Spot survey at sample schools (a reference)',
    },
    source: {
      'zh-CN': `公式和分值同本县的计分规则（${id}）。在样本校现场发放答题条，没有名册；只作对照，不作判定。访问员代录的答卷单列，不计入得分。`,
      en: `Formulas and points as in the county's rules (${id}). Numbered slips are handed out at the sample schools, without a roll; for comparison only. What interviewers enter stands apart and is no part of the figure.`,
    },
    regime: 'spot-check',
    ...(profile.questionnaireRegime !== undefined && { questionnaireRegime: profile.questionnaireRegime }),
    role: { kind: 'reference' },
    returnRate: {
      ...{ numerator: 'valid', sets: ['drawn'], denominator: 'issued', cap: 100, decimals: 1 },
      ...{ floor: null, floorOf: 'total' },
    },
    groups: groups.map((group, i) => ({ group, weight: shareOf(i), required: true })),
    requiredGroupsWithoutQuestionnaire: [],
    channels: ['web', 'kiosk', 'paper'],
    sets: ['drawn'],
    withinGroup: 'none',
    quota: { kind: 'census' },
    replacementRatio: 0,
    interval: { method: 't', level: profile.interval.level },
    decision: 'point',
    sampling: 'drawn',
  };
}

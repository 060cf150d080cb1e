/**
 * Rule profiles are data (design 11): everything that decides between "passes" and "fails" and that no source fixes once for
 * all. A profile is checked alone (`checkProfile`), then against the campaign's questionnaires (`checkProfileAgainst`), and
 * frozen with its hash when a campaign opens.
 * A line above 500, because the schema and its checks are read together.
 */
import { z } from 'zod';
import type { Issue } from '../../errors.ts';
import { contentHash } from '../../hash.ts';
import type { ContentHash } from '../../model/ids.ts';
import type { CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import { channelSchema, countedSetSchema, groupSchema, type Group } from '../../model/vocabulary.ts';
import {
  bilingualSchema,
  formulaItems,
  formulaSchema,
  isRestricted,
  optionPoints,
  type Formula,
} from './formula.ts';
import { lineSchema } from '../../line.ts';
import { maxTimes, quotaRuleSchema, raiseOf } from './quota-rule.ts';

const count = z.number().int().min(0);
const share = z.number().min(0).max(1);

export const countsFor = ['county', 'schools', 'principals', 'teachers'] as const;

const groupRuleSchema = z.strictObject({
  group: groupSchema,
  /** Share of the official figure; all sum to 1. */
  weight: share,
  /** Must have a questionnaire, and must answer, or the verdict is "insufficient". */
  required: z.boolean(),
  /** Where the group has too few valid answers, it is pooled with this one, and the weights add. */
  mayMergeWith: groupSchema.optional(),
  /** Valid responses needed. */
  minValid: count.optional(),
  /** Whom the group's answers count for. Absent: the county. */
  countsFor: z.enum(countsFor).optional(),
});

const returnRateSchema = z.strictObject({
  /** `valid` responses, or all that were handed in. */
  numerator: z.enum(['valid', 'answered']),
  sets: z.array(countedSetSchema).min(1),
  /** Codes issued in those sets (never those of late additions), contacts in the frame, or the quota. */
  denominator: z.enum(['issued', 'frame', 'quota']),
  /** A rate shown is at most this; null = as it comes. */
  cap: z.literal(100).nullable(),
  /** Decimals shown; the floor is compared unrounded. */
  decimals: z.number().int().min(0).max(4),
  /** Below it (percent) the verdict is "insufficient"; null = none. */
  floor: z.number().min(0).max(100).nullable(),
  floorOf: z.enum(['total', 'each-group']),
});

export const ruleProfileSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  /** Label of the edition, as people say it. */
  version: lineSchema(1, 100),
  title: bilingualSchema,
  /** Where each rule comes from, and which are the issuer's own choice. */
  source: bilingualSchema,
  /** `basic-2012` (教督〔2012〕3号), `quality-2017` (教督〔2017〕6号), or an issuer's own. Regimes are never mixed. */
  regime: lineSchema(1, 100),
  /** Which version of the questionnaires it requires, by their `regime`. Absent: any. */
  questionnaireRegime: lineSchema(1, 100).optional(),
  /** What the survey is called: 公众满意度, 社会认可度. */
  instrument: bilingualSchema,
  /** What the figure decides in the procedure. */
  role: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('gate') }),
    z.strictObject({ kind: z.literal('reference') }),
    z.strictObject({ kind: z.literal('points'), points: z.number().gt(0), of: z.number().gt(0) }),
  ]),
  /** The unrounded figure meets it when ≥ value. */
  threshold: z.strictObject({
    value: z.number().min(0).max(100),
    comparison: z.literal('at-least'),
    unit: z.enum(['points', 'percent']),
  }),
  /** Decimals of figures as displayed; display never rounds across the threshold. */
  decimals: z.number().int().min(0).max(4),
  formulas: z.array(formulaSchema).min(1),
  /** Id of the official formula. */
  official: z.string(),
  /** What a valid response is, over the rating items. */
  valid: z.strictObject({
    minAnswered: z.union([
      z.number().int().min(1),
      z.strictObject({ shareOfAsked: z.number().gt(0).max(1) }),
    ]),
    dontKnowCounts: z.boolean(),
  }),
  /** 有效回收率; null only where nothing is issued (open link). */
  returnRate: returnRateSchema.nullable(),
  groups: z.array(groupRuleSchema).min(1),
  /** Required groups that this campaign does without, by name: an exception that everybody can read. */
  requiredGroupsWithoutQuestionnaire: z.array(groupSchema),
  /** Channels and sets counted in the official figure; `other` (late additions) only in a census or an open link. */
  channels: z.array(channelSchema).min(1),
  sets: z.array(countedSetSchema).min(1),
  /** `strata`: within a group each answer weighs N/n of its sampling stratum. `none`: all answers alike. */
  withinGroup: z.enum(['strata', 'none']),
  /** With `strata`: strata with fewer valid answers are collapsed, neighbouring grades first, then locations. Absent: never. */
  smallestStratum: z.number().int().min(2).max(100).optional(),
  /**
   * What a void of one reporting stratum does to its group: `remove` takes it out with its part of N, and says so; `insufficient` leaves no verdict. Absent: `remove`.
   */
  voidedStratum: z.enum(['remove', 'insufficient']).optional(),
  /**
   * Weights of strata adjusted within each group to totals of the frame, against response that differs between its parts. `post-stratify`: to the totals of one
   * margin; `rake`: of location and grade. `trim`: no weight above so many times the group's mean; null = none. Absent: `none`.
   */
  adjustment: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('none') }),
      z.strictObject({
        kind: z.literal('post-stratify'),
        by: z.enum(['location', 'grade']),
        trim: z.number().min(1).nullable(),
      }),
      z.strictObject({ kind: z.literal('rake'), trim: z.number().min(1).nullable() }),
    ])
    .optional(),
  quota: quotaRuleSchema,
  /** Replacements drawn beforehand, per drawn contact. */
  replacementRatio: z.number().min(0).max(5),
  /** Nothing is shown of fewer respondents. */
  minimumCell: z.number().int().min(5).max(1000).default(10),
  interval: z.strictObject({
    method: z.enum(['none', 'normal', 't']),
    /** Two-sided confidence level. */
    level: z.number().gt(0.5).lt(1),
  }),
  /** `point`: the figure itself. `interval`: met or not met only if the whole interval lies on one side. */
  decision: z.enum(['point', 'interval']),
  /** `self-selected`: whoever opened a link; marked on every figure, never with an interval. */
  sampling: z.enum(['drawn', 'self-selected']),
});
export type RuleProfile = z.infer<typeof ruleProfileSchema>;

/** Groups that a regime names: leaving one out must be written down as an exception. */
const regimeGroups: Readonly<Record<string, readonly Group[]>> = {
  'basic-2012': ['parent', 'teacher', 'principal', 'deputy', 'public'],
  'quality-2017': ['parent', 'teacher', 'principal', 'deputy', 'public', 'student'],
};

/** JSON Schema (draft 2020-12) of a profile file, for editors; `checkProfile` checks more. */
export function profileJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(ruleProfileSchema, { io: 'input' });
}

/** A profile that `checkProfile` let through, or what is wrong; messages are keys of messages/<language>/profile.json. */
export type ProfileCheck =
  | {
      readonly ok: true;
      readonly profile: RuleProfile;
      readonly hash: ContentHash;
      readonly warnings: readonly Issue[];
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Checks a profile from outside, first its shape, then its sense. The hash is of the parsed profile, defaults filled in. */
export function checkProfile(raw: unknown): ProfileCheck {
  const parsed = ruleProfileSchema.safeParse(raw);
  if (!parsed.success) return { ok: false, issues: parsed.error.issues.map(shapeIssue) };
  const profile = parsed.data;
  const issues = [
    ...formulaIssues(profile),
    ...groupIssues(profile),
    ...samplingIssues(profile),
    ...quotaIssues(profile),
  ];
  if (profile.role.kind === 'points' && profile.role.points > profile.role.of)
    issues.push(
      issue('role.points', 'points-above-total', { points: profile.role.points, of: profile.role.of }),
    );
  if (issues.length > 0) return { ok: false, issues };
  return { ok: true, profile, hash: contentHash(profile), warnings: profileWarnings(profile) };
}

function issue(path: string, key: string, params?: Issue['params']): Issue {
  return { path, message: `profile.check.${key}`, ...(params ? { params } : {}) };
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}

function shapeIssue(found: z.core.$ZodIssue): Issue {
  const path = pathOf(found.path);
  if (path === 'minimumCell' && found.code === 'too_small')
    return issue(path, 'minimum-cell', { minimum: 5 });
  if (path === 'threshold.value' && (found.code === 'too_small' || found.code === 'too_big'))
    return issue(path, 'threshold-range');
  switch (found.code) {
    case 'invalid_type':
      return issue(path, 'type', { expected: found.expected });
    case 'unrecognized_keys':
      return issue(path, 'unknown-field', { fields: found.keys.join(', ') });
    case 'too_small':
      return issue(path, 'too-small', { minimum: Number(found.minimum) });
    case 'too_big':
      return issue(path, 'too-big', { maximum: Number(found.maximum) });
    case 'invalid_value':
      return issue(path, 'not-one-of', { allowed: found.values.map(String).join(', ') });
    default:
      return issue(path, 'shape');
  }
}

function formulaIssues(profile: RuleProfile): Issue[] {
  const issues: Issue[] = [];
  const seen = new Set<string>();
  profile.formulas.forEach((formula, i) => {
    const path = `formulas[${i}]`;
    const id = formula.id;
    if (seen.has(id)) issues.push(issue(`${path}.id`, 'formula-twice', { formula: id }));
    seen.add(id);
    if (formula.items && formula.dimension !== undefined)
      issues.push(issue(path, 'formula-items-and-dimension', { formula: id }));
    if (formula.named && (formula.items || formula.dimension !== undefined))
      issues.push(issue(path, 'formula-named-and-items', { formula: id }));
    // Tallies hold respondents' vectors overall and by dimension: a respondent's mean over any other set of items is not in them.
    if (formula.unit === 'respondents' && formula.items && new Set(formula.items).size > 1)
      issues.push(issue(`${path}.unit`, 'formula-respondents-items', { formula: id }));
    if (formula.kind === 'mean') {
      const points = Object.values(formula.points);
      if (points.length === 0) issues.push(issue(`${path}.points`, 'formula-no-points', { formula: id }));
      else if (formula.id === profile.official && Math.max(...points) < profile.threshold.value)
        issues.push(
          issue(`${path}.points`, 'threshold-unreachable', {
            formula: id,
            best: Math.max(...points),
            threshold: profile.threshold.value,
          }),
        );
    } else if (new Set(formula.satisfied).size !== formula.satisfied.length)
      issues.push(issue(`${path}.satisfied`, 'formula-option-twice', { formula: id }));
  });
  if (!seen.has(profile.official))
    issues.push(
      issue('official', 'official-unknown', {
        official: profile.official,
        formulas: profile.formulas.map((f) => f.id).join(', '),
      }),
    );
  return issues;
}

function groupIssues(profile: RuleProfile): Issue[] {
  const issues: Issue[] = [];
  const seen = new Set<Group>();
  const listed = new Set(profile.groups.map((rule) => rule.group));
  profile.groups.forEach((rule, i) => {
    const path = `groups[${i}]`;
    const group = rule.group;
    if (seen.has(group)) issues.push(issue(path, 'group-twice', { group }));
    seen.add(group);
    if (rule.weight > 0 && !rule.required)
      issues.push(issue(`${path}.required`, 'weight-not-required', { group, weight: rule.weight }));
    if (rule.mayMergeWith !== undefined) {
      const other = profile.groups.find((r) => r.group === rule.mayMergeWith);
      if (rule.mayMergeWith === group) issues.push(issue(`${path}.mayMergeWith`, 'merge-self', { group }));
      else if (!other || other.weight === 0)
        issues.push(issue(`${path}.mayMergeWith`, 'merge-unknown', { group, other: rule.mayMergeWith }));
    }
  });
  const sum = profile.groups.reduce((total, rule) => total + rule.weight, 0);
  if (Math.abs(sum - 1) > 1e-9)
    issues.push(issue('groups', 'weights-sum', { sum: Number(sum.toPrecision(12)) }));
  profile.requiredGroupsWithoutQuestionnaire.forEach((group, i) => {
    const path = `requiredGroupsWithoutQuestionnaire[${i}]`;
    const rule = profile.groups.find((r) => r.group === group);
    if (!rule?.required) issues.push(issue(path, 'exception-not-required', { group }));
    else if (rule.weight > 0) issues.push(issue(path, 'exception-weight', { group, weight: rule.weight }));
  });
  for (const group of regimeGroups[profile.regime] ?? []) {
    const rule = profile.groups.find((r) => r.group === group);
    if (!listed.has(group) || !rule?.required)
      issues.push(issue('groups', 'regime-group', { group, regime: profile.regime }));
  }
  return issues;
}

function samplingIssues(profile: RuleProfile): Issue[] {
  const issues: Issue[] = [];
  if (profile.sampling === 'self-selected') {
    if (profile.interval.method !== 'none')
      issues.push(issue('interval.method', 'self-selected-interval', { method: profile.interval.method }));
    if (profile.withinGroup === 'strata') issues.push(issue('withinGroup', 'self-selected-strata'));
    if (profile.returnRate) issues.push(issue('returnRate', 'self-selected-return-rate'));
    if (profile.quota.kind !== 'open-link')
      issues.push(issue('quota.kind', 'self-selected-quota', { quota: profile.quota.kind }));
    if (!profile.sets.includes('other')) issues.push(issue('sets', 'self-selected-sets'));
    if (!profile.channels.includes('link')) issues.push(issue('channels', 'self-selected-channels'));
  } else {
    if (profile.quota.kind === 'open-link') issues.push(issue('quota.kind', 'drawn-open-link'));
    if (profile.channels.includes('link')) issues.push(issue('channels', 'drawn-link-channel'));
    // A census asks everybody there is: whoever was added late belongs to it. In a sample nobody drew them.
    if (profile.sets.includes('other') && profile.quota.kind !== 'census')
      issues.push(issue('sets', 'drawn-other-set'));
    if (!profile.returnRate) issues.push(issue('returnRate', 'return-rate-missing'));
  }
  if (profile.adjustment && profile.adjustment.kind !== 'none' && profile.withinGroup === 'none')
    issues.push(issue('adjustment.kind', 'adjustment-without-strata', { kind: profile.adjustment.kind }));
  if (profile.smallestStratum !== undefined) {
    if (profile.withinGroup === 'none')
      issues.push(issue('smallestStratum', 'smallest-stratum-without-strata'));
    if (profile.adjustment && profile.adjustment.kind !== 'none')
      issues.push(
        issue('smallestStratum', 'smallest-stratum-with-adjustment', { kind: profile.adjustment.kind }),
      );
  }
  if (profile.decision === 'interval' && profile.interval.method === 'none')
    issues.push(issue('decision', 'decision-without-interval'));
  return issues;
}

function quotaIssues(profile: RuleProfile): Issue[] {
  const issues: Issue[] = [];
  const { quota } = profile;
  const hasParents = profile.groups.some((rule) => rule.group === 'parent');
  // Places that a small group cannot fill move to parents.
  if ((quota.kind === 'per-mille' || quota.kind === 'tiers') && !hasParents)
    issues.push(issue('quota', 'quota-without-parents'));
  const raise = raiseOf(profile);
  if (raise !== null && !(raise.to > raise.from && raise.to <= maxTimes * raise.from))
    issues.push(issue('quota.raised', 'quota-raised', { ...raise, most: maxTimes }));
  if (quota.kind !== 'tiers') return issues;
  let last = 0;
  quota.tiers.forEach((tier, i) => {
    const path = `quota.tiers[${i}]`;
    const isLast = i === quota.tiers.length - 1;
    if (tier.below === null) {
      if (!isLast) issues.push(issue(`${path}.below`, 'tiers-open-not-last', { tier: i + 1 }));
    } else {
      if (tier.below <= last)
        issues.push(
          issue(`${path}.below`, 'tiers-not-ascending', { tier: i + 1, below: tier.below, before: last }),
        );
      if (isLast) issues.push(issue(`${path}.below`, 'tiers-gap', { from: tier.below }));
      last = tier.below;
    }
    for (const group of Object.keys(tier.quotas))
      if (!profile.groups.some((rule) => rule.group === group))
        issues.push(issue(`${path}.quotas.${group}`, 'tiers-group-unknown', { group }));
    for (const rule of profile.groups)
      if (rule.weight > 0 && (tier.quotas[rule.group] ?? 0) === 0)
        issues.push(issue(`${path}.quotas`, 'tiers-group-missing', { group: rule.group, tier: i + 1 }));
  });
  return issues;
}

function profileWarnings(profile: RuleProfile): Issue[] {
  const warnings: Issue[] = [];
  const official = profile.formulas.find((f) => f.id === profile.official)!;
  if ((official.kind === 'share') !== (profile.threshold.unit === 'percent'))
    warnings.push(
      issue('threshold.unit', 'unit-differs', { formula: official.id, unit: profile.threshold.unit }),
    );
  if (isRestricted(official))
    warnings.push(issue('official', 'official-restricted', { formula: official.id }));
  for (const group of profile.requiredGroupsWithoutQuestionnaire)
    warnings.push(issue('requiredGroupsWithoutQuestionnaire', 'exception-named', { group }));
  if (profile.sampling === 'drawn' && profile.sets.includes('other'))
    warnings.push(issue('sets', 'late-counted'));
  if (profile.sampling === 'drawn' && profile.interval.method === 'none')
    warnings.push(issue('interval.method', 'no-interval'));
  const isCollapsible = profile.withinGroup === 'strata' && (profile.adjustment?.kind ?? 'none') === 'none';
  if (isCollapsible && (profile.smallestStratum ?? 0) < profile.minimumCell)
    warnings.push(issue('smallestStratum', 'small-strata', { minimum: profile.minimumCell }));
  return warnings;
}

/** Questionnaires of another version than the profile requires: its named content would not be asked. */
export function wrongVersions(
  profile: RuleProfile,
  questionnaires: readonly { readonly id: string; readonly regime?: string | undefined }[],
): readonly Issue[] {
  const wanted = profile.questionnaireRegime;
  if (wanted === undefined) return [];
  return questionnaires
    .filter((q) => q.regime !== wanted)
    .map((q) =>
      issue('questionnaireRegime', 'wrong-version', {
        questionnaire: q.id,
        wanted,
        regime: q.regime ?? '–',
      }),
    );
}

/**
 * Whether a profile can score these questionnaires: every required group has exactly one (or is a named exception), every formula has
 * points for every option it meets, and its items and dimension exist.
 */
export function checkProfileAgainst(
  profile: RuleProfile,
  questionnaires: readonly CompiledQuestionnaire[],
):
  | { readonly ok: true; readonly warnings: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] } {
  const issues: Issue[] = [];
  const warnings: Issue[] = [];
  profile.groups.forEach((rule, i) => {
    const group = rule.group;
    const serving = questionnaires.filter((q) => q.groups.includes(group));
    const excepted = profile.requiredGroupsWithoutQuestionnaire.includes(group);
    if (serving.length === 0 && rule.required && !excepted)
      issues.push(issue(`groups[${i}]`, 'group-without-questionnaire', { group, regime: profile.regime }));
    if (serving.length > 0 && excepted)
      warnings.push(issue('requiredGroupsWithoutQuestionnaire', 'exception-needless', { group }));
    if (serving.length > 1)
      issues.push(
        issue(`groups[${i}]`, 'group-with-several', { group, ids: serving.map((q) => q.id).join(', ') }),
      );
  });
  for (const q of questionnaires) {
    for (const group of q.groups)
      if (!profile.groups.some((rule) => rule.group === group))
        warnings.push(issue('groups', 'group-not-in-profile', { group, questionnaire: q.id }));
    if (!q.items.some((item) => item.type === 'rating'))
      issues.push(issue('', 'no-rating-items', { questionnaire: q.id }));
  }
  profile.formulas.forEach((formula, i) => {
    checkFormulaAgainst(profile, formula, `formulas[${i}]`, questionnaires, issues, warnings);
  });
  return issues.length > 0 ? { ok: false, issues } : { ok: true, warnings };
}

function checkFormulaAgainst(
  profile: RuleProfile,
  formula: Formula,
  path: string,
  questionnaires: readonly CompiledQuestionnaire[],
  issues: Issue[],
  warnings: Issue[],
): void {
  const weighted = new Set(profile.groups.filter((r) => r.weight > 0).map((r) => r.group));
  const met = new Set<string>();
  for (const q of questionnaires) {
    q.vectorOptions.forEach((option) => met.add(option));
    const points = optionPoints(formula, q);
    points.forEach((value, axis) => {
      if (value === undefined)
        issues.push(
          issue(`${path}.points`, 'option-without-points', {
            formula: formula.id,
            option: q.vectorOptions[axis]!,
            questionnaire: q.id,
          }),
        );
    });
    const looked = formulaItems(formula, q).map((index) => q.items[index]!);
    for (const item of looked)
      if (item.type === 'rating' && !item.scored)
        issues.push(
          issue(path, 'formula-unscored-item', {
            formula: formula.id,
            item: item.id,
            questionnaire: q.id,
          }),
        );
    if (looked.length === 0 && q.groups.some((group) => weighted.has(group)))
      (formula.id === profile.official ? issues : warnings).push(
        issue(path, 'formula-without-items', { formula: formula.id, questionnaire: q.id }),
      );
  }
  for (const option of formula.kind === 'share' ? formula.satisfied : Object.keys(formula.points))
    if (!met.has(option))
      (formula.kind === 'share' ? issues : warnings).push(
        issue(path, 'option-unknown', { formula: formula.id, option }),
      );
}

import type { ReportingStratum, SamplingStratum } from '../../frame/strata.ts';
import type { Group } from '../../model/vocabulary.ts';
import type { DecodedCell } from '../estimate/estimate.ts';
import { noData, settle, type Figure } from '../figure.ts';
import type { RuleProfile } from '../rules/profile.ts';
import type { VerdictReason } from './verdict.ts';

export interface ReturnRate {
  /** null = all groups of the profile together. */
  readonly group: Group | null;
  /**
   * Percent; n = the numerator, denominator according to the profile. Capped if the profile says so; no data if the denominator
   * is unknown or 0.
   */
  readonly figure: Figure;
  /** Decimals to show. */
  readonly decimals: number;
  /** Minimum in percent according to the profile; display never rounds across it. null: none. */
  readonly floor: number | null;
  /** What the figure's denominator counts. */
  readonly denominator: Rule['denominator'];
}

/**
 * 有效回收率 by group and in total, and what it means for the verdict. Replacements count only if the profile's `sets` name them, and late
 * additions, if named, on top alone: they are outside every denominator. Voided answers are left out by the caller, but their codes stay
 * in the denominator: a void never improves the rate. Source: domain.md §5 and the 70 % of Gansu's rules (§1).
 */
export function computeReturnRates(
  profile: RuleProfile,
  cells: readonly DecodedCell[],
  samplingStrata: readonly SamplingStratum[],
  reportingStrata: readonly ReportingStratum[],
): { readonly rates: readonly ReturnRate[]; readonly reasons: readonly VerdictReason[] } {
  const rule = profile.returnRate;
  if (!rule) return { rates: [], reasons: [] };
  const groups = profile.groups
    .map((entry) => entry.group)
    .filter((group) => !profile.requiredGroupsWithoutQuestionnaire.includes(group));
  const rates: ReturnRate[] = [];
  const reasons: VerdictReason[] = [];
  const add = (group: Group | null, members: readonly Group[]) => {
    const returned = countReturned(profile, rule, cells, (cell) => members.includes(cell.group));
    const out = denominatorOf(rule, members, samplingStrata, reportingStrata);
    const { decimals, floor, denominator } = rule;
    rates.push({ group, decimals, floor, denominator, figure: rateFigure(rule, returned, out) });
    if (rule.floor === null || (rule.floorOf === 'total') !== (group === null)) return;
    const rate = out !== null && out > 0 ? settle((100 * returned) / out) : null;
    if (rate === null) reasons.push({ code: 'frame-missing', group });
    else if (rate < rule.floor)
      reasons.push({ code: 'return-rate-below-floor', group, rate, floor: rule.floor });
  };
  add(null, groups);
  for (const group of groups) add(group, [group]);
  return { rates, reasons };
}

/**
 * The same rate for each reporting stratum, by issued codes whatever the profile's denominator is: a school has no quota, and its
 * part of the frame is not stored.
 */
export function stratumReturnRates(
  profile: RuleProfile,
  cells: readonly DecodedCell[],
): (stratum: ReportingStratum) => Figure {
  const rule = profile.returnRate;
  if (!rule) return () => noData;
  // One pass over the cells, not one for each of hundreds of schools.
  const returned = new Map<string, number>();
  for (const cell of cells) {
    if (!isReturned(profile, rule, cell)) continue;
    const key = `${cell.group} ${cell.reportingStratum}`;
    returned.set(key, (returned.get(key) ?? 0) + cell.tally.n);
  }
  return (stratum) =>
    rateFigure(rule, returned.get(`${stratum.group} ${stratum.no}`) ?? 0, issuedTo(rule, stratum));
}

type Rule = NonNullable<RuleProfile['returnRate']>;

function countReturned(
  profile: RuleProfile,
  rule: Rule,
  cells: readonly DecodedCell[],
  belongs: (cell: DecodedCell) => boolean,
): number {
  let returned = 0;
  for (const cell of cells) if (belongs(cell) && isReturned(profile, rule, cell)) returned += cell.tally.n;
  return returned;
}

function isReturned(profile: RuleProfile, rule: Rule, { set, channel, valid }: DecodedCell): boolean {
  return (
    rule.sets.includes(set) && profile.channels.includes(channel) && (valid || rule.numerator === 'answered')
  );
}

function rateFigure(rule: Rule, returned: number, out: number | null): Figure {
  if (out === null || out <= 0) return noData;
  const rate = settle((100 * returned) / out);
  const value = rule.cap !== null ? Math.min(rate, rule.cap) : rate;
  return { kind: 'estimate', value, formula: 'return-rate', n: returned, denominator: out };
}

function issuedTo(rule: Rule, stratum: ReportingStratum): number {
  return rule.sets.reduce((sum, set) => sum + (set === 'other' ? 0 : stratum.issued[set]), 0);
}

function denominatorOf(
  rule: Rule,
  members: readonly Group[],
  samplingStrata: readonly SamplingStratum[],
  reportingStrata: readonly ReportingStratum[],
): number | null {
  switch (rule.denominator) {
    case 'issued':
      return reportingStrata
        .filter((stratum) => members.includes(stratum.group))
        .reduce((sum, stratum) => sum + issuedTo(rule, stratum), 0);
    case 'quota':
      return samplingStrata
        .filter((stratum) => members.includes(stratum.group))
        .reduce((sum, stratum) => sum + stratum.quota, 0);
    case 'frame': {
      let sum = 0;
      for (const stratum of samplingStrata) {
        if (!members.includes(stratum.group)) continue;
        if (stratum.frameSize === null) return null;
        sum += stratum.frameSize;
      }
      return sum;
    }
  }
}

import type { ReportingStratum, SamplingStratum } from '../fieldwork/strata.ts';
import type { Group } from '../vocabulary.ts';
import type { DecodedCell } from './estimate.ts';
import { noData, settle, type Figure } from './figure.ts';
import type { RuleProfile } from './profile.ts';
import type { VerdictReason } from './verdict.ts';

export interface ReturnRate {
  /** null = all groups of the profile together. */
  readonly group: Group | null;
  /** Percent; n = the numerator, denominator as the profile says. Capped as the profile says; no data where the denominator is unknown or 0. */
  readonly figure: Figure;
  /** Decimals to show. */
  readonly decimals: number;
}

/**
 * 有效回收率 by group and in total, and what it means for the verdict. Replacements count only if the profile's `sets` name them. Voided
 * answers are left out by the caller, but their codes stay in the denominator: a void never improves the rate. Source: domain.md §5 and
 * the 70 % of Gansu's rules (§1).
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
    let returned = 0;
    for (const cell of cells)
      if (
        members.includes(cell.group) &&
        rule.sets.includes(cell.set) &&
        profile.channels.includes(cell.channel) &&
        (cell.valid || rule.numerator === 'answered')
      )
        returned += cell.tally.n;
    const out = denominatorOf(rule, members, samplingStrata, reportingStrata);
    const known = out !== null && out > 0;
    const rate = known ? settle((100 * returned) / out) : null;
    const shown = rate !== null && rule.cap !== null ? Math.min(rate, rule.cap) : rate;
    rates.push({
      group,
      decimals: rule.decimals,
      figure:
        shown === null || !known
          ? noData
          : { kind: 'estimate', value: shown, formula: 'return-rate', n: returned, denominator: out },
    });
    if (rule.floor === null || (rule.floorOf === 'total') !== (group === null)) return;
    if (rate === null) reasons.push({ code: 'frame-missing', group });
    else if (rate < rule.floor)
      reasons.push({ code: 'return-rate-below-floor', group, rate, floor: rule.floor });
  };
  add(null, groups);
  for (const group of groups) add(group, [group]);
  return { rates, reasons };
}

function denominatorOf(
  rule: NonNullable<RuleProfile['returnRate']>,
  members: readonly Group[],
  samplingStrata: readonly SamplingStratum[],
  reportingStrata: readonly ReportingStratum[],
): number | null {
  switch (rule.denominator) {
    case 'issued':
      return reportingStrata
        .filter((stratum) => members.includes(stratum.group))
        .reduce((sum, stratum) => sum + rule.sets.reduce((all, set) => all + stratum.issued[set], 0), 0);
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

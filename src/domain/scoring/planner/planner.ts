/**
 * Planning before a campaign: how many to ask, and which cells will be visible. Sample sizes are by W. G. Cochran, *Sampling
 * Techniques* (Wiley 1977) §4.4–4.7; response of 28–38 % is that of SMS in domain terms (README).
 */
import {
  buildReportingStrata,
  type IssueCount,
  type StratifiedSchool,
} from '../../frame/reporting-strata.ts';
import type { ReportingLevel } from '../../frame/strata.ts';
import type { SchoolId } from '../../model/ids.ts';
import type { Group, Location } from '../../model/vocabulary.ts';
import { quantileNormal } from '../statistics/quantile-normal.ts';

export interface SampleSizeQuestion {
  /** Target half-width of the two-sided interval, in points. */
  readonly halfWidth: number;
  readonly level: number;
  /** Standard deviation of respondents' scores in points; 50 is the maximum on a scale of 0–100. */
  readonly deviation: number;
  /** N; null = not known. */
  readonly population: number | null;
  /** Expected design effect; 1 = simple random sample. */
  readonly deff?: number;
}

/**
 * Valid answers needed: n₀ = deff · (z·S ⁄ d)², n = n₀ ⁄ (1 + n₀ ⁄ N), rounded up, at most N. (With t for z at the result's degrees of freedom it
 * would be one or two more.)
 */
export function sampleSize({
  halfWidth,
  level,
  deviation,
  population,
  deff = 1,
}: SampleSizeQuestion): number {
  if (!(halfWidth > 0)) return population ?? Infinity;
  const z = -quantileNormal((1 - level) / 2);
  const n0 = deff * ((z * deviation) / halfWidth) ** 2;
  const n = population === null ? n0 : n0 / (1 + n0 / population);
  return Math.min(Math.ceil(n - 1e-9), population ?? Infinity);
}

/** The reverse: half-width of n valid answers. 0 for a census. */
export function expectedHalfWidth(
  n: number,
  { level, deviation, population, deff = 1 }: Omit<SampleSizeQuestion, 'halfWidth'>,
): number {
  if (!(n > 0)) return Infinity;
  const left = population === null ? 1 : Math.max(0, 1 - n / population);
  return -quantileNormal((1 - level) / 2) * deviation * Math.sqrt((deff * left) / n);
}

/** How many to invite for `valid` answers at a response rate (0–1]; more than there are people if that cannot be reached. */
export function invitationsFor(valid: number, response: number): number {
  if (!(response > 0)) return Infinity;
  return Math.ceil(valid / Math.min(1, response) - 1e-9);
}

/**
 * Expected response of several channels used one after the other on non-respondents: 1 − Π(1 − rate). An upper bound, because
 * people who do not answer on one channel are harder to reach on the next.
 */
export function combinedResponse(rates: readonly number[]): number {
  return 1 - rates.reduce((silent, rate) => silent * (1 - Math.min(1, Math.max(0, rate))), 1);
}

/** The plan of one group. */
export interface GroupPlan {
  readonly group: Group;
  /** Invitations, replacements included. */
  readonly invited: number;
  /** Expected share of valid answers, 0–1. */
  readonly response: number;
  /** Contacts by school; '' or unknown ids count only for the county. */
  readonly contacts: readonly { readonly school: SchoolId | null; readonly count: number }[];
}

export interface PlannedCell {
  readonly group: Group;
  readonly level: ReportingLevel;
  readonly key: string;
  readonly name: string;
  readonly location: Location | null;
  readonly schools: readonly SchoolId[];
  readonly issued: number;
  /** Valid answers to expect. */
  readonly expected: number;
  /**
   * The expected number of answers reaches the minimum cell. Chance may still hide a cell near the minimum, and a neighbour of a
   * hidden one.
   */
  readonly visible: boolean;
}

export interface VisibilityPlan {
  readonly cells: readonly PlannedCell[];
  readonly groups: readonly {
    readonly group: Group;
    readonly schools: number;
    /** Schools with their own visible cell. */
    readonly visibleSchools: number;
    /** Invitations with which every school that has enough contacts gets one; null if none has, or for groups at county level. */
    readonly invitedForAll: number | null;
  }[];
}

/**
 * Which cells will be visible: invitations are distributed over schools in proportion to contacts, and merged by the draw's own
 * rule.
 */
export function planVisibility(
  schools: readonly StratifiedSchool[],
  groups: readonly GroupPlan[],
  minimumCell: number,
): VisibilityPlan {
  const cells = groups.flatMap((plan) => plannedCells(schools, plan, minimumCell));
  return {
    cells,
    groups: groups.map((plan) => {
      const own = cells.filter((cell) => cell.group === plan.group && cell.level === 'school');
      return {
        group: plan.group,
        schools: plan.contacts.filter((entry) => entry.school !== null && entry.count > 0).length,
        visibleSchools: own.filter((cell) => cell.visible).length,
        invitedForAll: invitedForAll(schools, plan, minimumCell),
      };
    }),
  };
}

function plannedCells(
  schools: readonly StratifiedSchool[],
  plan: GroupPlan,
  minimumCell: number,
): readonly PlannedCell[] {
  const total = plan.contacts.reduce((sum, entry) => sum + entry.count, 0);
  const invited = Math.min(plan.invited, total);
  const counts: IssueCount[] = plan.contacts.map(({ school, count }) => ({
    group: plan.group,
    school,
    set: 'drawn',
    count: total === 0 ? 0 : (invited * count) / total,
  }));
  return buildReportingStrata(schools, counts, minimumCell).map((stratum) => {
    const issued = stratum.issued.drawn;
    const expected = issued * plan.response;
    return {
      group: plan.group,
      level: stratum.level,
      key: stratum.key,
      name: stratum.name,
      location: stratum.location,
      schools: stratum.schools,
      issued,
      expected,
      visible: expected >= minimumCell - 1e-9,
    };
  });
}

/**
 * Smallest number of invitations with which as many schools are visible as with everyone invited. Monotonic, so found by
 * bisection.
 */
function invitedForAll(
  schools: readonly StratifiedSchool[],
  plan: GroupPlan,
  minimumCell: number,
): number | null {
  const visible = (invited: number) =>
    plannedCells(schools, { ...plan, invited }, minimumCell).filter(
      (cell) => cell.visible && cell.level === 'school',
    ).length;
  const total = plan.contacts.reduce((sum, entry) => sum + entry.count, 0);
  const most = visible(total);
  if (most === 0) return null;
  let low = 0;
  let high = total;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (visible(middle) >= most) high = middle;
    else low = middle;
  }
  return high;
}

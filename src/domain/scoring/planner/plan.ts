/** A plan for one county: the planner's formulas applied to its roll. */
import { z } from 'zod';
import type { StratifiedSchool } from '../../frame/reporting-strata.ts';
import type { SchoolId } from '../../model/ids.ts';
import type { Group } from '../../model/vocabulary.ts';
import { settle } from '../figure.ts';
import {
  combinedResponse,
  expectedHalfWidth,
  invitationsFor,
  planVisibility,
  sampleSize,
  type PlannedCell,
} from './planner.ts';
import type { RuleProfile } from '../rules/profile.ts';
import { computeQuota } from '../rules/quota.ts';

const rate = z.coerce.number().gt(0).max(1);
/** Numbers come from a form, an address or a command line. */
export const planQuestionSchema = z.object({
  /** Target half-width of each group's interval, in points. */
  halfWidth: z.coerce.number().gt(0).max(50).default(3),
  level: z.coerce.number().gt(0.5).lt(1).default(0.95),
  /** Standard deviation of respondents' scores in points. */
  deviation: z.coerce.number().gt(0).max(50).default(25),
  deff: z.coerce.number().min(0.1).max(20).default(1),
  /** Expected share of valid answers among the invited. */
  response: rate.default(0.33),
  /** Invitations to each group; absent: as many as the target half-width needs. */
  invited: z.coerce.number().int().min(1).max(10_000_000).optional(),
  /** Target of valid answers in total, and the expected range of response. */
  valid: z.coerce.number().int().min(1).max(10_000_000).default(600),
  low: rate.default(0.28),
  high: rate.default(0.38),
  /** Response of each channel among those who did not answer on the earlier ones. */
  channels: z.array(rate).max(6).default([0.33, 0.2, 0.2]),
});
export type PlanQuestion = z.infer<typeof planQuestionSchema>;

export interface GroupPlanView {
  readonly group: Group;
  /** On the roll; null: no roll yet. */
  readonly population: number | null;
  /** By the profile's quota, if known. */
  readonly quota: number | null;
  /** Valid answers needed for the target half-width. */
  readonly needed: number;
  /** Invitations for them. If there are more than people, the target cannot be reached. */
  readonly invitations: number;
  readonly reachable: boolean;
  readonly invited: number;
  readonly expected: number;
  /** With so many answers. */
  readonly halfWidth: number;
  readonly schools: number;
  readonly visibleSchools: number;
  /** Invitations with which every school that is large enough gets its own cell. */
  readonly invitedForAll: number | null;
  readonly cells: readonly Omit<PlannedCell, 'group'>[];
}
export interface PlanView {
  readonly question: PlanQuestion;
  readonly minimumCell: number;
  readonly invitations: { readonly most: number; readonly least: number };
  readonly reach: {
    readonly rate: number;
    /** Percent; null: the profile has no minimum. */
    readonly floor: number | null;
    readonly isEnough: boolean | null;
  };
  readonly groups: readonly GroupPlanView[];
}

export interface PlannedCounty {
  readonly residents: number | null;
  readonly schools: readonly StratifiedSchool[];
  /** Groups that have a questionnaire, each with its contacts by school. */
  readonly groups: readonly {
    readonly group: Group;
    readonly contacts: readonly { readonly school: SchoolId | null; readonly count: number }[];
  }[];
}

/** How many to invite, by group, for the target half-width and minimum. */
export function makePlan(profile: RuleProfile, county: PlannedCounty, question: PlanQuestion): PlanView {
  const { halfWidth, level, deviation, deff, response } = question;
  const sized = county.groups.map(({ group, contacts }) => {
    const total = contacts.reduce((sum, row) => sum + row.count, 0);
    return { group, contacts, population: total === 0 ? null : total };
  });
  const quota = computeQuota(
    profile,
    county.residents,
    Object.fromEntries(sized.map(({ group, population }) => [group, population])),
  );
  const plans = sized.map(({ group, contacts, population }) => {
    const needed = sampleSize({ halfWidth, level, deviation, population, deff });
    const invitations = invitationsFor(needed, response);
    const invited = Math.min(question.invited ?? invitations, population ?? Infinity);
    return {
      group,
      contacts,
      population,
      quota: quota.ok ? (quota.groups.find((row) => row.group === group)?.quota ?? null) : null,
      needed,
      invitations,
      reachable: population === null || invitations <= population,
      invited,
      expected: invited * response,
      halfWidth: expectedHalfWidth(invited * response, { level, deviation, population, deff }),
    };
  });
  const visible = planVisibility(
    county.schools,
    plans.map(({ group, invited, contacts }) => ({ group, invited, response, contacts })),
    profile.minimumCell,
  );
  const reached = combinedResponse(question.channels);
  const floor = profile.returnRate?.floor ?? null;
  return {
    question,
    minimumCell: profile.minimumCell,
    invitations: {
      most: invitationsFor(question.valid, question.low),
      least: invitationsFor(question.valid, question.high),
    },
    reach: { rate: reached, floor, isEnough: floor === null ? null : settle(100 * reached) >= floor },
    groups: plans.map(({ contacts: _contacts, ...plan }) => {
      const own = visible.groups.find((row) => row.group === plan.group);
      return {
        ...plan,
        schools: own?.schools ?? 0,
        visibleSchools: own?.visibleSchools ?? 0,
        invitedForAll: own?.invitedForAll ?? null,
        cells: visible.cells.flatMap(({ group, ...cell }) => (group === plan.group ? [cell] : [])),
      };
    }),
  };
}

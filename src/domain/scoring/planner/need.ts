/** How many codes are needed for a number of answers, compared with what the rules require. */
import { z } from 'zod';
import type { Group } from '../../model/vocabulary.ts';
import { settle } from '../figure.ts';
import type { RuleProfile } from '../rules/profile.ts';
import { bareRule } from '../rules/raise.ts';
import { raiseOf, type Raise } from '../rules/quota-rule.ts';
import { computeQuota } from '../rules/quota.ts';
import { invitationsFor } from './planner.ts';

export const needQuestionSchema = z.object({
  /** Number of valid answers needed in the county. */
  valid: z.coerce.number().int().min(1).max(10_000_000),
  /** How many of 100 people asked will answer. */
  of100: z.coerce.number().min(1).max(100),
});
export type NeedQuestion = z.infer<typeof needQuestionSchema>;

/** Typical for SMS (domain terms); an office that knows its own return rate changes it. */
const usualOf100 = 33;

export interface Need {
  readonly question: NeedQuestion;
  /** Codes for so many answers. */
  readonly toIssue: number;
  /** By the rules alone; null: they set none, or it depends on unknown values. */
  readonly byRule: number | null;
  /** Everyone who could be asked; null: no roll yet. */
  readonly population: number | null;
  /** Minimum valid return in percent; null: none. */
  readonly floor: number | null;
  readonly isFloorReached: boolean | null;
  /** The raise of the quotas that reaches it; null: the rules require as many, or set none. */
  readonly raise: Raise | null;
  /** The campaign's quotas are already raised. */
  readonly isCarriedOver: boolean;
}

export interface NeedingCounty {
  readonly residents: number | null;
  /** By group, including slips; null: no roll yet. */
  readonly population: Readonly<Partial<Record<Group, number>>> | null;
}

type Rules = Pick<RuleProfile, 'groups' | 'requiredGroupsWithoutQuestionnaire' | 'returnRate' | 'quota'>;

/** Compared with the published quotas, whatever the campaign has made of them. */
export function planNeed(profile: Rules, county: NeedingCounty, question: NeedQuestion): Need {
  const { valid, of100 } = question;
  const toIssue = invitationsFor(valid, of100 / 100);
  const byRule = ruleTotal(profile, county.residents);
  const raise = byRule !== null && byRule > 0 && toIssue > byRule ? { from: byRule, to: toIssue } : null;
  const now = raiseOf(profile);
  const floor = profile.returnRate?.floor ?? null;
  return {
    question,
    toIssue,
    byRule,
    population:
      county.population === null ? null : Object.values(county.population).reduce((sum, n) => sum + n, 0),
    floor,
    isFloorReached: floor === null ? null : settle(of100) >= floor,
    raise,
    isCarriedOver: raise !== null && now !== null && raise.from * now.to === raise.to * now.from,
  };
}

/** Initial values of the form: the answers that the rules would give, at the return rate of a text message. */
export function usualNeed(profile: Rules, residents: number | null): NeedQuestion {
  const byRule = ruleTotal(profile, residents) ?? 600;
  const floor = profile.returnRate?.floor ?? 100;
  return { valid: Math.max(1, Math.ceil((byRule * floor) / 100 - 1e-9)), of100: usualOf100 };
}

/** Before caps. Null for a rule without quotas: everyone is asked, or anyone can answer. */
function ruleTotal(profile: Rules, residents: number | null): number | null {
  const quota = bareRule(profile.quota);
  if (quota.kind !== 'per-mille' && quota.kind !== 'tiers') return null;
  const result = computeQuota({ ...profile, quota }, residents, {});
  return result.ok ? result.groups.reduce((sum, g) => sum + g.wanted, 0) : null;
}

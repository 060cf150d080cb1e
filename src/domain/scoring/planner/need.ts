/** How many codes to issue for so many answers, in the words of whoever has to order them, beside what the rules ask for. */
import { z } from 'zod';
import type { Group } from '../../model/vocabulary.ts';
import { settle } from '../figure.ts';
import type { RuleProfile } from '../rules/profile.ts';
import { bareRule } from '../rules/raise.ts';
import { raiseOf, type Raise } from '../rules/quota-rule.ts';
import { computeQuota } from '../rules/quota.ts';
import { invitationsFor } from './planner.ts';

export const needQuestionSchema = z.object({
  /** Valid answers wanted in the county. */
  valid: z.coerce.number().int().min(1).max(10_000_000),
  /** Of 100 people asked, so many will answer. */
  of100: z.coerce.number().min(1).max(100),
});
export type NeedQuestion = z.infer<typeof needQuestionSchema>;

/** Of SMS in domain terms; an office that knows its own return changes it. */
const usualOf100 = 33;

export interface Need {
  readonly question: NeedQuestion;
  /** Codes for so many answers. */
  readonly toIssue: number;
  /** By the rules alone; null: they set none, or it depends on what is not known yet. */
  readonly byRule: number | null;
  /** All that could be asked; null: no roll yet. */
  readonly population: number | null;
  /** Percent of valid return that the rules require; null: none. */
  readonly floor: number | null;
  readonly isFloorReached: boolean | null;
  /** What raises the quotas to it; null: the rules ask for as many, or for none. */
  readonly raise: Raise | null;
  /** The campaign's quotas are raised so already. */
  readonly isCarriedOver: boolean;
}

export interface NeedingCounty {
  readonly residents: number | null;
  /** By group, slips included; null: no roll yet. */
  readonly population: Readonly<Partial<Record<Group, number>>> | null;
}

type Rules = Pick<RuleProfile, 'groups' | 'requiredGroupsWithoutQuestionnaire' | 'returnRate' | 'quota'>;

/** Beside the issuer's own quotas, whatever the campaign has made of them. */
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

/** What the form starts with: the answers that the rules would need, at the return of a text message. */
export function usualNeed(profile: Rules, residents: number | null): NeedQuestion {
  const byRule = ruleTotal(profile, residents) ?? 600;
  const floor = profile.returnRate?.floor ?? 100;
  return { valid: Math.max(1, Math.ceil((byRule * floor) / 100 - 1e-9)), of100: usualOf100 };
}

/** Before caps. Null for a rule that knows no quotas: everybody is asked, or whoever comes. */
function ruleTotal(profile: Rules, residents: number | null): number | null {
  const quota = bareRule(profile.quota);
  if (quota.kind !== 'per-mille' && quota.kind !== 'tiers') return null;
  const result = computeQuota({ ...profile, quota }, residents, {});
  return result.ok ? result.groups.reduce((sum, g) => sum + g.wanted, 0) : null;
}

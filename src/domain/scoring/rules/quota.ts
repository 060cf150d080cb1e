import type { Group } from '../../model/vocabulary.ts';
import type { RuleProfile } from './profile.ts';
import type { QuotaRule } from './quota-rule.ts';
import { raised } from './raise.ts';

export interface GroupQuota {
  readonly group: Group;
  /** By the rule, as raised by the campaign. */
  readonly wanted: number;
  /** Known population; null = unknown, no cap. */
  readonly population: number | null;
  /** After caps and moves: the number to draw. */
  readonly quota: number;
}

/** Places that a small group cannot fill: principals are a census, not a sample. */
export interface QuotaMove {
  readonly from: Group;
  readonly to: Group;
  readonly count: number;
}

export type QuotaResult =
  | {
      readonly ok: true;
      readonly groups: readonly GroupQuota[];
      readonly moves: readonly QuotaMove[];
      /** Places that even the parents cannot fill. */
      readonly shortage: number;
    }
  | {
      readonly ok: false;
      /** `population-unknown`: a census needs every group's roll. */
      readonly why: 'residents-unknown' | 'population-unknown';
      readonly group: Group | null;
    };

/**
 * How many of each group to draw, by the profile's quota rule. `residents`: of the county, as of the date the profile's source asks for.
 * `population`: contacts by group; absent or null = unknown, which caps nothing. What a group lacks moves to the parents, visibly.
 * Groups that the profile excepts by name have no quota. An open link has none at all.
 * Sources: domain.md §1 (Gansu's 1.5 ‰ and 600; Jiyuan's tiers).
 */
export function computeQuota(
  profile: Pick<RuleProfile, 'quota' | 'groups' | 'requiredGroupsWithoutQuestionnaire'>,
  residents: number | null,
  population: Partial<Record<Group, number | null>>,
): QuotaResult {
  const groups = profile.groups
    .map((rule) => rule.group)
    .filter((group) => !profile.requiredGroupsWithoutQuestionnaire.includes(group));
  const rule = profile.quota;
  if (rule.kind === 'open-link') return { ok: true, groups: [], moves: [], shortage: 0 };
  if (rule.kind === 'census') {
    const unknown = groups.find((group) => (population[group] ?? null) === null);
    if (unknown !== undefined) return { ok: false, why: 'population-unknown', group: unknown };
    return capped(
      groups.map((group) => [group, population[group]!] as const),
      population,
    );
  }
  if (residents === null) return { ok: false, why: 'residents-unknown', group: null };
  const wanted =
    rule.kind === 'tiers' ? tierQuotas(rule, groups, residents) : perMilleQuotas(rule, groups, residents);
  return capped(rule.raised === undefined ? wanted : raised(wanted, rule.raised), population);
}

type Wanted = readonly (readonly [Group, number])[];

function tierQuotas(
  rule: Extract<QuotaRule, { kind: 'tiers' }>,
  groups: readonly Group[],
  residents: number,
): Wanted {
  const tier = rule.tiers.find((t) => t.below === null || residents < t.below);
  return groups.map((group) => [group, tier?.quotas[group] ?? 0] as const);
}

function perMilleQuotas(
  rule: Extract<QuotaRule, { kind: 'per-mille' }>,
  groups: readonly Group[],
  residents: number,
): Wanted {
  // 1e-9: 1.5 ‰ of 400,000 is 600, not 601 because of a binary fraction.
  const total =
    residents < rule.floorBelowResidents ? rule.floor : Math.ceil((residents * rule.perMille) / 1000 - 1e-9);
  const others = groups.filter((group) => group !== 'parent');
  const leastParents = Math.ceil(total * rule.parentShareAtLeast - 1e-9);
  const each = others.length === 0 ? 0 : Math.floor((total - leastParents) / others.length);
  return groups.map((group) => [group, group === 'parent' ? total - each * others.length : each] as const);
}

function capped(wanted: Wanted, population: Partial<Record<Group, number | null>>): QuotaResult {
  const moves: QuotaMove[] = [];
  const quotas = new Map<Group, number>();
  let moved = 0;
  for (const [group, want] of wanted) {
    if (group === 'parent') continue;
    const quota = Math.min(want, population[group] ?? Infinity);
    quotas.set(group, quota);
    if (quota < want) moves.push({ from: group, to: 'parent', count: want - quota });
    moved += want - quota;
  }
  let shortage = moved;
  const parents = wanted.find(([group]) => group === 'parent');
  if (parents) {
    const target = parents[1] + moved;
    const quota = Math.min(target, population.parent ?? Infinity);
    quotas.set('parent', quota);
    shortage = target - quota;
  }
  return {
    ok: true,
    groups: wanted.map(([group, want]) => ({
      group,
      wanted: want,
      population: population[group] ?? null,
      quota: quotas.get(group)!,
    })),
    moves,
    shortage,
  };
}

type CountByGroup = Readonly<Partial<Record<Group, number>>>;

/** Whether nobody can be drawn: an empty roll, and no slips to be printed. */
export function isEmptyRoll({
  roll,
  slips,
}: {
  readonly roll: CountByGroup;
  readonly slips: CountByGroup;
}): boolean {
  return [...Object.values(roll), ...Object.values(slips)].every((count) => count === 0);
}

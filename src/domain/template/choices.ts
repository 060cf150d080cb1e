/**
 * Which questionnaire each group of a campaign answers: the candidates for its rule profile, the choice, and the resulting list
 * of the campaign.
 */
import { armsOf } from '../frame/ballot.ts';
import type { CampaignQuestionnaire } from '../model/campaign.ts';
import type { ContentHash } from '../model/ids.ts';
import type { Group } from '../model/vocabulary.ts';
import { compileQuestionnaire } from '../questionnaire/compile.ts';
import { countedFollowUps } from '../questionnaire/counted-follow-ups.ts';
import type { Questionnaire } from '../questionnaire/template.ts';
import { scaleOf } from '../scoring/ballot/scales.ts';
import { checkProfileAgainst, wrongVersions, type RuleProfile } from '../scoring/rules/profile.ts';

export interface Candidate {
  readonly hash: ContentHash;
  readonly questionnaire: Questionnaire;
}

/** A candidate for one group. */
export interface Fit<C extends Candidate> {
  readonly candidate: C;
  /** The profile can score it: it may be the group's only questionnaire. */
  readonly asOnly: boolean;
  /** It may be one of several arms that are compared. */
  readonly asArm: boolean;
}

/** For a group: its questionnaires in the order of their arms, and which of them gives the figures. */
export interface GroupChoice {
  readonly group: Group;
  /** One: no split ballot. None: the group is not asked. */
  readonly arms: readonly ContentHash[];
  /** Index in `arms`; null: none is declared. */
  readonly official: number | null;
  /** Groups that the profile asks, without its named exceptions. */
  readonly shares: readonly number[] | null;
}

/** Groups that the profile asks, its named exceptions left out. */
export function askedGroups(
  profile: Pick<RuleProfile, 'groups' | 'requiredGroupsWithoutQuestionnaire'>,
): readonly Group[] {
  return profile.groups
    .map((rule) => rule.group)
    .filter((group) => !profile.requiredGroupsWithoutQuestionnaire.includes(group));
}

/** Candidates that the profile allows for the group, in their order. Those that fit in neither way are left out. */
export function fitsFor<C extends Candidate>(
  profile: RuleProfile,
  group: Group,
  candidates: readonly C[],
): readonly Fit<C>[] {
  return candidates.flatMap((candidate): readonly Fit<C>[] => {
    const { questionnaire } = candidate;
    if (!questionnaire.groups.includes(group) || wrongVersions(profile, [questionnaire]).length > 0)
      return [];
    const compiled = { ...compileQuestionnaire(questionnaire), groups: [group] };
    if (countedFollowUps(compiled).length > 0) return [];
    const asOnly = canScore(profile, compiled);
    const asArm = profile.sampling === 'drawn' && scaleOf(compiled) !== undefined;
    return asOnly || asArm ? [{ candidate, asOnly, asArm }] : [];
  });
}

/** Faults of this questionnaire alone, independent of the other groups. */
function canScore(profile: RuleProfile, compiled: ReturnType<typeof compileQuestionnaire>): boolean {
  const check = checkProfileAgainst(profile, [compiled]);
  return (
    check.ok ||
    !check.issues.some(({ message }) =>
      /\.(?:option-without-points|formula-unscored-item|formula-without-items|no-rating-items)$/.test(
        message,
      ),
    )
  );
}

/**
 * One questionnaire for each group that can be asked: one of `kept` if it still fits, else the first that can be scored; those of
 * the profile's own regime come first.
 */
export function proposeChoices(
  profile: RuleProfile,
  candidates: readonly Candidate[],
  kept: readonly GroupChoice[] = [],
): readonly GroupChoice[] {
  const isOwn = ({ questionnaire }: Candidate) => questionnaire.regime === profile.regime;
  const ordered = [...candidates].sort((a, b) => Number(isOwn(b)) - Number(isOwn(a)));
  return askedGroups(profile).map((group) => {
    const fits = fitsFor(profile, group, ordered);
    const before = kept.find((one) => one.group === group);
    const stays =
      before !== undefined &&
      before.arms.length > 0 &&
      before.arms.every((hash, i) =>
        fits.some(
          (fit) =>
            fit.candidate.hash === hash &&
            (before.arms.length > 1 ? fit.asArm : fit.asOnly) &&
            (i !== (before.official ?? 0) || fit.asOnly),
        ),
      );
    if (stays) return before;
    const first = fits.find((fit) => fit.asOnly);
    return { group, arms: first === undefined ? [] : [first.candidate.hash], official: null, shares: null };
  });
}

/** The choices in a campaign's list, by group. */
export function choicesOf(
  questionnaires: readonly CampaignQuestionnaire[],
  groups: readonly Group[],
): readonly GroupChoice[] {
  return groups.map((group) => {
    const arms = armsOf(questionnaires, group);
    const official = arms.findIndex((arm) => arm.official);
    const shares = arms.flatMap(({ share }) => share ?? []);
    return {
      group,
      arms: arms.map(({ hash }) => hash),
      official: official < 0 ? null : official,
      shares: shares.length > 0 ? arms.map(({ share }) => share ?? 0) : null,
    };
  });
}

export interface ArrangedQuestionnaire {
  readonly hash: ContentHash;
  readonly groups: readonly Group[];
  readonly arm?: string;
  readonly official?: true;
  readonly share?: number;
}

/**
 * The resulting list of the campaign: groups with the same single questionnaire share an entry, arms of a split ballot have one
 * each.
 */
export function arrange(choices: readonly GroupChoice[]): readonly ArrangedQuestionnaire[] {
  const shared = new Map<ContentHash, Group[]>();
  const list: ArrangedQuestionnaire[] = [];
  for (const { group, arms, official, shares } of choices) {
    if (arms.length > 1) {
      list.push(
        ...arms.map((hash, i) => ({
          ...{ hash, groups: [group], arm: String.fromCodePoint(65 + i) },
          ...(i === official && { official: true as const }),
          ...(shares !== null && { share: shares[i] ?? 0 }),
        })),
      );
      continue;
    }
    for (const hash of arms) {
      const groups = shared.get(hash);
      if (groups) {
        groups.push(group);
        continue;
      }
      const own = [group];
      shared.set(hash, own);
      list.push({ hash, groups: own });
    }
  }
  return list;
}

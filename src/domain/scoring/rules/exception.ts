/**
 * A campaign that omits a group that its rules require. The profile states it with the reason, so that all readers of the result
 * see it.
 */
import type { Group } from '../../model/vocabulary.ts';
import type { RuleProfile } from './profile.ts';

/** Groups that a campaign may omit: parents carry the figure, and groups that are not required need no exception. */
export function exceptableGroups(profile: Pick<RuleProfile, 'groups'>): readonly Group[] {
  return profile.groups.filter((rule) => rule.required && rule.group !== 'parent').map((rule) => rule.group);
}

/** The weight of omitted groups goes to the others in proportion; no group is pooled with them any more. */
export function exceptGroups(
  profile: RuleProfile,
  left: readonly Group[],
  note: Readonly<Record<'zh-CN' | 'en', string>>,
): RuleProfile {
  const groups = left.filter((group) => exceptableGroups(profile).includes(group));
  if (groups.length === 0) return profile;
  const kept = profile.groups
    .filter((rule) => !groups.includes(rule.group))
    .reduce((sum, rule) => sum + rule.weight, 0);
  return {
    ...profile,
    source: {
      ...profile.source,
      'zh-CN': `${profile.source['zh-CN']} ${note['zh-CN']}`,
      en: `${profile.source.en} ${note.en}`,
    },
    groups: profile.groups.map(({ mayMergeWith, ...rule }) => ({
      ...rule,
      weight: groups.includes(rule.group) ? 0 : rule.weight / kept,
      ...(mayMergeWith !== undefined &&
        !groups.includes(mayMergeWith) &&
        !groups.includes(rule.group) && { mayMergeWith }),
    })),
    requiredGroupsWithoutQuestionnaire: [
      ...new Set([...profile.requiredGroupsWithoutQuestionnaire, ...groups]),
    ],
  };
}

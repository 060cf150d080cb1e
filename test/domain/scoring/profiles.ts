import { readFileSync } from 'node:fs';
import { checkProfile, type RuleProfile } from '../../../src/domain/scoring/rules/profile.ts';

/** Weights of the tests' own: four groups, the other public excepted by name. */
const fourGroups = [
  { group: 'parent', weight: 0.55, required: true, minValid: 100 },
  { group: 'teacher', weight: 0.15, required: true, minValid: 10 },
  { group: 'principal', weight: 0.15, required: true, minValid: 10, mayMergeWith: 'teacher' },
  { group: 'deputy', weight: 0.15, required: true, minValid: 5 },
  { group: 'public', weight: 0, required: true },
];

/** A shipped profile with the tests' own groups; throws with the issues if it is refused. */
export function readProfile(name: string): RuleProfile {
  const url = new URL(`../../../survey-templates/profiles/${name}.json`, import.meta.url);
  const shipped = JSON.parse(readFileSync(url, 'utf8')) as Record<string, unknown>;
  const student = name === 'quality-2017' ? [{ group: 'student', weight: 0, required: true }] : [];
  const open = name === 'open-link-2024';
  const groups = open
    ? fourGroups.slice(0, 4).map(({ group, weight, required }) => ({ group, weight, required }))
    : fourGroups;
  const result = checkProfile({
    ...shipped,
    groups: [...groups, ...student],
    requiredGroupsWithoutQuestionnaire: open ? [] : ['public'],
  });
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.profile;
}

const { smallestStratum: _collapsed, ...others } = readProfile('basic-2012');
/** basic-2012 with its strata as they are: collapse.test.ts is about those with few answers. */
export const uncollapsed: RuleProfile = others;

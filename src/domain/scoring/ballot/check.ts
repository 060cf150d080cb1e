/**
 * Checks whether a campaign may split its ballot as planned. Never if the figure decides, unless the official arm is declared
 * beforehand.
 */
import type { Issue } from '../../errors.ts';
import { armsOf } from '../../frame/ballot.ts';
import type { CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import type { RuleProfile } from '../rules/profile.ts';
import type { BallotArm } from './compare.ts';
import { scaleOf } from './scales.ts';

/** Maximum number of arms of a group: scale × position of the overall item. */
const maximumArms = 4;

/** Percent. Reporting units must have the minimum cell in every arm: below this share, only the county would remain. */
export const smallestShare = 5;

/** Reasons why a ballot cannot be split as planned. */
export function checkBallot(
  profile: Pick<RuleProfile, 'role' | 'sampling'>,
  questionnaires: readonly (BallotArm & {
    readonly compiled: CompiledQuestionnaire;
    readonly languages: readonly string[];
  })[],
): readonly Issue[] {
  const issues: Issue[] = [];
  const report = (no: number, field: string, name: string, params: Issue['params'] = {}) =>
    issues.push({ path: `questionnaires[${no - 1}].${field}`, message: `campaign.ballot-${name}`, params });
  for (const group of new Set(questionnaires.flatMap((q) => q.groups))) {
    const arms = armsOf(questionnaires, group);
    const [first] = arms;
    if (arms.length < 2) {
      if (first?.official || first?.arm !== undefined || first?.share !== undefined)
        report(first.no, 'arm', 'one-arm', { group });
      continue;
    }
    if (arms.some((arm) => arm.arm === undefined)) continue;
    if (profile.sampling === 'self-selected') report(first!.no, 'arm', 'not-drawn', { group });
    if (arms.length > maximumArms) report(first!.no, 'arm', 'too-many', { group, maximum: maximumArms });
    const shares = arms.flatMap((arm) => arm.share ?? []);
    const sum = shares.reduce((total, share) => total + share, 0);
    if (shares.length > 0 && shares.length < arms.length)
      report(arms.find((arm) => arm.share === undefined)!.no, 'share', 'shares-some', { group });
    else if (shares.length > 0 && sum !== 100) report(first!.no, 'share', 'shares-sum', { group, sum });
    const official = arms.filter((arm) => arm.official);
    if (official.length > 1) report(official[1]!.no, 'official', 'two-official', { group });
    if (official.length === 0 && profile.role.kind !== 'reference')
      report(first!.no, 'official', 'gate', { group });
    const all = [...new Set(arms.flatMap((arm) => arm.languages))];
    for (const { no, groups, compiled, languages } of arms) {
      // A respondent who reads another language could answer in it in one arm only.
      const missing = all.filter((language) => !languages.includes(language));
      if (missing.length > 0)
        report(no, 'document', 'languages', { questionnaire: compiled.id, languages: missing.join(' ') });
      // An arm with several groups could be the main arm of one and not of another.
      if (groups.length > 1) report(no, 'groups', 'several-groups', { group });
      if (!scaleOf(compiled)) report(no, 'document', 'scale', { questionnaire: compiled.id });
    }
  }
  return issues;
}

/** Consequences of the choice of rules. */
import { AppError, type Issue } from '../../../domain/errors.ts';
import type { CampaignQuestionnaire } from '../../../domain/model/campaign.ts';
import type { RuleProfile } from '../../../domain/scoring/rules/profile.ts';
import { arrange, askedGroups, choicesOf, proposeChoices } from '../../../domain/template/choices.ts';
import type { Template } from '../../../operations/template/templates.ts';

/** As `proposeChoices`. */
export function questionnairesFor(
  templates: readonly Template[],
  profile: RuleProfile,
  before: readonly CampaignQuestionnaire[],
) {
  const candidates = templates.flatMap((one) => (one.kind === 'questionnaire' ? [one] : []));
  const choices = proposeChoices(profile, candidates, choicesOf(before, askedGroups(profile)));
  return arrange(choices).map(({ hash, ...rest }) => ({
    ...rest,
    document: candidates.find((one) => one.hash === hash)!.questionnaire,
  }));
}

/** One refusal names all faults of the form. */
export function withFaults<T>(issues: readonly Issue[], act: () => T): T {
  let done: T;
  try {
    done = act();
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'invalid') throw error;
    throw new AppError('invalid', error.message, {
      params: error.params,
      issues: [...issues, ...error.issues],
    });
  }
  if (issues.length > 0) throw new AppError('invalid', 'campaign.invalid', { issues });
  return done;
}

/** Comparison of the arms of a split ballot, for accounts that may see a county's summary. */
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { compareArms, type BallotComparison } from '../../domain/scoring/ballot/compare.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';
import { shownSummary } from './shown.ts';
import { assertVisible, readSummaryInput } from './summary.ts';

export function isSplit({ questionnaires }: Pick<Campaign, 'questionnaires'>): boolean {
  return questionnaires.some((q) => q.arm !== undefined);
}

/**
 * Without groups if the ballot was not split.
 * @throws AppError as `getSummary`
 */
export async function getBallot(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
): Promise<BallotComparison> {
  assertMay(actor, 'summary.view', county);
  const { campaign } = await getCampaignCounty(deps, actor, id, county);
  assertVisible(campaign, actor);
  const input = await readSummaryInput(deps, campaign, county);
  return compareArms(input, campaign.questionnaires, await shownSummary(deps, input));
}

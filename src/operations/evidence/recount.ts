/**
 * `manyi audit`: decodes every stored answer, counts with different code than the count at close, and names each tally cell that
 * differs.
 */
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { AppError } from '../../domain/errors.ts';
import type { BrokenCampaign, Campaign } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Damage } from '../../storage/port/maintenance.ts';
import type { RecountResult } from '../../domain/model/count.ts';
import type { Deps } from '../deps.ts';
import { getVisibleCampaign } from '../campaign/lookup.ts';
import { hidesResponseCounts } from '../code/codes.ts';

export interface CountyRecount extends RecountResult {
  readonly county: CountyCode;
  readonly name: string;
}

/** Damage of the database file itself, whichever campaign it concerns. */
export function checkDatabase(deps: Deps, actor: Actor): Promise<readonly Damage[]> {
  assertMay(actor, 'recount.run');
  return deps.storage.findDamage();
}

/** Campaigns whose row cannot be read, so that nothing of them can be counted. */
export function findBrokenCampaigns(deps: Deps, actor: Actor): Promise<readonly BrokenCampaign[]> {
  assertMay(actor, 'recount.run');
  return deps.storage.listBrokenCampaigns();
}

/** The number of answers that a recount reads tells, from one to the next, when somebody answered. */
export function mayRecountNow(actor: Actor, { state }: Pick<Campaign, 'state'>): boolean {
  return !hidesResponseCounts(actor, state);
}

/**
 * Every county of the campaign that the actor may see.
 * @throws AppError conflict `recount.not-closed`, for an account bound to counties while the survey is open
 */
export async function recountCampaign(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
): Promise<readonly CountyRecount[]> {
  assertMay(actor, 'recount.run');
  const campaign = await getVisibleCampaign(deps, actor, id);
  if (!mayRecountNow(actor, campaign)) throw new AppError('conflict', 'recount.not-closed');
  const { counties } = campaign;
  const results = await deps.storage.recount(
    id,
    counties.map(({ code }) => code),
  );
  return counties.map(({ code, name }, i) => ({ county: code, name, ...results[i]! }));
}

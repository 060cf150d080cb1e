/**
 * `manyi audit`: decodes every stored answer, counts with different code than the count at close, and names each tally cell that
 * differs.
 */
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { BrokenCampaign } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Damage } from '../../storage/port/maintenance.ts';
import type { RecountResult } from '../../domain/model/count.ts';
import type { Deps } from '../deps.ts';
import { getVisibleCampaign } from '../campaign/lookup.ts';

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

/** Every county of the campaign that the actor may see. */
export async function recountCampaign(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
): Promise<readonly CountyRecount[]> {
  assertMay(actor, 'recount.run');
  const campaign = await getVisibleCampaign(deps, actor, id);
  const { counties } = campaign;
  const results = await deps.storage.recount(
    id,
    counties.map(({ code }) => code),
  );
  return counties.map(({ code, name }, i) => ({ county: code, name, ...results[i]! }));
}

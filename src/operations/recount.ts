/** `manyi audit`: decodes every stored answer, counts anew without the writer's fold, and names each tally cell that differs. */
import { AppError } from '../domain/errors.ts';
import { assertMay, isBoundRole, type Actor } from '../domain/fieldwork/permissions.ts';
import type { CampaignId, CountyCode } from '../domain/ids.ts';
import type { RecountResult } from '../storage/port.ts';
import type { Deps } from './deps.ts';

export interface CountyRecount extends RecountResult {
  readonly county: CountyCode;
  readonly name: string;
}

/** Every county of the campaign that the actor may see. */
export async function recountCampaign(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
): Promise<readonly CountyRecount[]> {
  assertMay(actor, 'recount.run');
  const campaign = await deps.storage.findCampaign(id);
  if (!campaign) throw new AppError('not-found', 'campaign.not-found');
  const results: CountyRecount[] = [];
  for (const { code, name } of campaign.counties) {
    if (actor.role !== 'system' && isBoundRole(actor.role) && !actor.counties.includes(code)) continue;
    results.push({ county: code, name, ...(await deps.storage.recount(id, code)) });
  }
  if (results.length === 0) throw new AppError('not-found', 'campaign.not-found');
  return results;
}

import type { Campaign } from '../domain/model/campaign.ts';
import type { Deps } from './deps.ts';

/** For scheduled work: a campaign that fails is logged by its id, and keeps no other one waiting. */
export async function forEachCampaign(
  deps: Deps,
  name: string,
  work: (campaign: Campaign) => Promise<unknown>,
): Promise<void> {
  for (const campaign of await deps.storage.listCampaigns()) {
    try {
      await work(campaign);
    } catch (err) {
      deps.log.error({ err, campaign: campaign.id, work: name }, 'schedule.campaign-failed');
    }
  }
}

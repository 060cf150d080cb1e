import type { Campaign } from '../domain/model/campaign.ts';
import type { Deps } from './deps.ts';

/** Reports every campaign whose row cannot be read: no work is done for it until it is repaired. */
export async function reportBrokenCampaigns(deps: Deps): Promise<void> {
  for (const { id, fault } of await deps.storage.listBrokenCampaigns())
    deps.log.error({ campaign: id, column: fault }, 'campaign.broken');
}

/** For scheduled work: an error in one campaign is logged with its id, and does not delay the others. */
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

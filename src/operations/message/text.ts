/** Values of a text, with a sample code. */
import { formatClosing, type SmsValues } from '../../domain/messaging/sms-text.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { Deps } from '../deps.ts';

/** A fictional code of normal length. Its check character is wrong: it is refused before anything is looked up. */
export const sampleCode = '7K3MP9XW2D';

export function textValues(
  deps: Pick<Deps, 'publicUrl'>,
  campaign: Pick<Campaign, 'commissioner' | 'closesAt'>,
  county: Pick<CampaignCounty, 'name'>,
  signature = campaign.commissioner,
): SmsValues {
  return {
    signature,
    county: county.name,
    closes: formatClosing(campaign.closesAt),
    address: deps.publicUrl.replace(/^https?:\/\//, ''),
    code: sampleCode,
  };
}

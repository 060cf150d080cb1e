/**
 * Delivery receipts of gateways. A receipt has the gateway's own id and no number. Its message is found by a digest under the
 * contacts keys of open surveys. Receipts of other surveys are not stored.
 */
import type { Channel, Receipt } from '../../domain/messaging/channel.ts';
import { numberDigest, providerDigest } from '../../domain/messaging/recipient.ts';
import { sendDay } from '../../domain/messaging/send-window.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { SentMessage } from '../../storage/port/outbox.ts';
import { campaignKey } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';
import { unsealNumber } from '../evidence/sealing.ts';
import { numbersKey } from './numbers.ts';
import { entryOf } from './recipients.ts';

/** From now on every receipt of this channel is stored before it is acknowledged. */
export function storeReceiptsOf(deps: Deps, channel: Channel): void {
  channel.onReceipt((receipt) => storeReceipt(deps, channel.name, receipt));
}

async function storeReceipt(deps: Deps, channel: string, { providerId, state }: Receipt): Promise<void> {
  const open = (await deps.storage.listCampaigns()).filter(
    (c) => c.state === 'open' && deps.keys.has(c.id, 'contacts') && deps.keys.has(c.id, 'pseudonym'),
  );
  const known = open.map((campaign) => ({
    campaign,
    provider: providerDigest(campaignKey(deps, campaign, 'contacts'), channel, providerId),
  }));
  // A second look-up: its submission may have been stored in between.
  for (let look = 0; look < 3; look++) {
    for (const { campaign, provider } of known) {
      const message = await deps.storage.findSentMessage(campaign.id, provider);
      if (!message) continue;
      const at = deps.now();
      const receipt = { provider, state, at, day: sendDay(at) };
      await deps.storage.recordReceipt(
        campaign.id,
        receipt,
        await recipientOf(deps, campaign, message, state),
      );
      return;
    }
    let isWaiting = true;
    for (const { campaign, provider } of known) {
      const at = deps.now();
      isWaiting &&= await deps.storage.recordReceipt(
        campaign.id,
        { provider, state, at, day: sendDay(at) },
        null,
      );
    }
    if (isWaiting) return;
  }
}

/** The number is looked up for one purpose only: it opted out, and gets no more messages. */
async function recipientOf(deps: Deps, campaign: Campaign, message: SentMessage, state: Receipt['state']) {
  const entry = entryOf(campaignKey(deps, campaign, 'pseudonym'), message);
  if (state !== 'opted-out') return { ...message, entry, number: null };
  const [contact] = await deps.storage.findAddressed(campaign.id, message.county, [entry]);
  const number = contact?.sealedPhone
    ? numberDigest(
        numbersKey(deps),
        unsealNumber(campaignKey(deps, campaign, 'contacts'), entry, contact.sealedPhone),
      )
    : null;
  return { ...message, entry, number };
}

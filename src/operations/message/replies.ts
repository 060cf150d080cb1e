/**
 * Replies of recipients. An opt-out ends messages in all surveys: the number's keyed digest goes on the do-not-contact list,
 * waiting messages are withdrawn, and open surveys record the outcome. Of other replies only the number is counted.
 */
import { phoneDigest } from '../../domain/code/pseudonym.ts';
import type { Channel, Reply } from '../../domain/messaging/channel.ts';
import { parsePhones } from '../../domain/messaging/phone.ts';
import { numberDigest } from '../../domain/messaging/recipient.ts';
import { isOptOut } from '../../domain/messaging/reply.ts';
import { sendDay } from '../../domain/messaging/send-window.ts';
import type { OptedOutContact } from '../../storage/port/outbox.ts';
import { campaignKey } from '../campaign/lookup.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { Deps } from '../deps.ts';
import { numbersKey } from './numbers.ts';
import { recipientsOf } from './recipients.ts';

/** From now on every reply of this channel is stored before it is acknowledged. */
export function storeRepliesOf(deps: Deps, channel: Channel): void {
  channel.onReply?.((reply) => storeReply(deps, channel.name, reply));
}

async function storeReply(deps: Deps, channel: string, { from, text }: Reply): Promise<void> {
  const at = deps.now();
  const number = isOptOut(text) ? mobileOf(from) : undefined;
  await deps.storage.recordReply({
    ...{ channel, day: sendDay(at) },
    optOut:
      number === undefined
        ? null
        : { number: numberDigest(numbersKey(deps), number), contacts: await findEverywhere(deps, number) },
  });
}

/** Gateways may prefix the country code. */
function mobileOf(from: string): string | undefined {
  const { phones } = parsePhones(from.replace(/^(?:\+|00)?86(?=1\d{10}$)/, ''));
  const [phone] = phones;
  return phones.length === 1 && phone?.kind === 'mobile' ? phone.number : undefined;
}

/** The contacts with this number, in every open survey. */
async function findEverywhere(deps: Deps, number: string): Promise<readonly OptedOutContact[]> {
  const found: OptedOutContact[] = [];
  for (const campaign of await deps.storage.listCampaigns()) {
    const { id, state } = campaign;
    if (state !== 'open' || !deps.keys.has(id, 'contacts') || !deps.keys.has(id, 'pseudonym')) continue;
    const contactsKey = campaignKey(deps, campaign, 'contacts');
    const pseudonymKey = campaignKey(deps, campaign, 'pseudonym');
    const groups = [...new Set(campaign.questionnaires.flatMap((q) => q.groups))];
    const digests = groups.map((group) => phoneDigest(contactsKey, group, number));
    for (const { code: county } of campaign.counties) {
      const entries = (await deps.storage.findContacts(id, county, digests)).filter((e) => e !== null);
      if (entries.length === 0) continue;
      const sendings = await deps.storage.listSendings(id, county);
      for (const entry of entries)
        found.push({
          ...{ campaign: id, county, entry },
          messages: sendings.flatMap(({ no }) =>
            recipientsOf(pseudonymKey, county, no)
              .names(entry)
              .map((recipient) => ({ sending: no, recipient })),
          ),
        });
    }
  }
  return found;
}

/** Number of replies, and of opt-outs among them. */
export async function countReplies(
  deps: Deps,
  actor: Actor,
): Promise<{ readonly optOuts: number; readonly others: number }> {
  assertMay(actor, 'messages.send');
  return deps.storage.countReplies();
}

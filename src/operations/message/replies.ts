/**
 * What people send back. Whoever asks for no more gets no more, in whatever survey: the number's keyed digest goes on the do-not-contact list, what waits
 * for them is withdrawn, and the surveys under way know why they are silent. Of other replies nothing is kept but that one came.
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

/** From now on every reply of this channel is stored before the gateway is told that it has arrived. */
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

/** Gateways put the country before it, or do not. */
function mobileOf(from: string): string | undefined {
  const { phones } = parsePhones(from.replace(/^(?:\+|00)?86(?=1\d{10}$)/, ''));
  const [phone] = phones;
  return phones.length === 1 && phone?.kind === 'mobile' ? phone.number : undefined;
}

/** The contacts that have this number, in every survey that is open. */
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

/** How many replies came, by whether they asked for no more. */
export async function countReplies(
  deps: Deps,
  actor: Actor,
): Promise<{ readonly optOuts: number; readonly others: number }> {
  assertMay(actor, 'messages.send');
  return deps.storage.countReplies();
}

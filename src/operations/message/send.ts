/**
 * The sender. Every few seconds it begins what is due, and sends as long as the window is open. Numbers are decrypted in `deliver.ts`, when a message is
 * about to leave, and go nowhere but to the channel. Who has answered is looked up for each reminder just before it is handed over: there is no list of them.
 *
 * Any number of processes may do this on one database: each message is claimed in one statement. A claim that was not settled within its lease (its
 * process was killed) is queued again; over a channel that lets repetitions through, that message counts as possibly sent twice.
 */
import { systemActor } from '../../domain/campaign/permissions.ts';
import type { Channel } from '../../domain/messaging/channel.ts';
import { expiryOf, isDue, mustWait } from '../../domain/messaging/decide-sending.ts';
import { entryKeyOf, recipientOf } from '../../domain/messaging/recipient.ts';
import { isOpen, narrowed, sendDay } from '../../domain/messaging/send-window.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { Audience, QueuedMessage } from '../../domain/model/sending.ts';
import { seal } from '../../keys/seal.ts';
import type { SendingKey } from '../../storage/port/outbox.ts';
import { createBreather } from '../breathe.ts';
import { campaignKey } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';
import { forEachCampaign } from '../each-campaign.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { mayRunNow } from '../service/service-time.ts';
import { audienceOf } from './audience.ts';
import { deliver, keyOf, type Place } from './deliver.ts';
import { messagingOf } from './settings.ts';

/** Messages queued, or withdrawn, in one transaction. */
const perPart = 500;
const day = 24 * 3_600_000;

/** Every few seconds. @param signal stops before the next message; what is under way is finished and stored */
export async function sendDue(deps: Deps, signal?: AbortSignal): Promise<void> {
  const { channels } = messagingOf(deps);
  if (!(await mayRunNow(deps, 'send'))) return;
  const places: Place[] = [];
  await forEachCampaign(deps, 'send messages', async (campaign) => {
    if (campaign.state !== 'open') return;
    for (const county of campaign.counties)
      for (const sending of await deps.storage.listSendings(campaign.id, county.code)) {
        if (sending.endedAt === null) places.push({ campaign, county, sending });
      }
  });
  // Nothing is written where nothing is under way.
  if (places.some(({ sending }) => sending.startedAt !== null)) {
    const released = await deps.storage.releaseStale(deps.now());
    if (released > 0) deps.log.warn({ messages: released }, 'outbox.stale-released');
  }
  await Promise.all(
    places.map(async (place) => {
      const { campaign, county, sending } = place;
      try {
        const channel = channels.find((c) => c.name === sending.channel);
        await attend(deps, place, channel, signal);
      } catch (err) {
        const where = { campaign: campaign.id, county: county.code, sending: sending.no };
        deps.log.error({ err, ...where }, 'sending.failed');
      }
    }),
  );
}

/** Once an hour: what the caps no longer need, and receipts that nobody waits for. */
export async function forgetOldNumbers(deps: Deps): Promise<void> {
  const now = deps.now();
  await deps.storage.forgetNumberUses(now - 3 * day);
  await deps.storage.forgetEarlyReceipts(now - day);
}

/** Takes one sending as far as it goes now. */
async function attend(
  deps: Deps,
  place: Place,
  channel: Channel | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { campaign, county, sending } = place;
  const key = keyOf(place);
  if (sending.state === 'stopping') return stopSending(deps, key, 'cancelled');
  if (sending.state === 'paused') return;
  if (channel === undefined) {
    deps.log.error({ ...key, channel: sending.channel }, 'sending.no-channel');
    return;
  }
  const { window: own } = messagingOf(deps);
  const window = narrowed(own, channel.capabilities.window);
  const now = deps.now();
  if (now >= expiryOf(sending.kind, campaign.closesAt)) return stopSending(deps, key, 'finished');
  let { state } = sending;
  if (state === 'planned') {
    if (!isDue(sending, campaign.closesAt, window, now)) return;
    const [others, exports] = await Promise.all([
      deps.storage.listSendings(campaign.id, county.code),
      deps.storage.listExports(campaign.id, county.code),
    ]);
    if (mustWait(sending, others, exports, now)) return;
    await deps.storage.startSending(stamp(deps, systemActor), key);
    state = 'filling';
  }
  if (state === 'filling') await fill(deps, place);
  if (!isOpen(window, deps.now())) return;
  await deliver(deps, place, channel, signal);
  await finish(deps, key, 'finished');
}

/** Does nothing while messages of it wait. */
async function finish(deps: Deps, key: SendingKey, end: 'finished' | 'cancelled' | 'closed'): Promise<void> {
  await deps.storage.endSending(stamp(deps, systemActor), key, end);
  await publishCheckpoints(deps, key.campaign, key.county);
}

/** What has not gone out does not go out any more; what a worker holds is settled by it, or when its lease is over. */
export async function stopSending(
  deps: Deps,
  key: SendingKey,
  end: 'finished' | 'cancelled' | 'closed',
): Promise<void> {
  const to = end === 'cancelled' ? 'cancelled' : 'expired';
  const today = sendDay(deps.now());
  while ((await deps.storage.withdrawMessages(key, to, today, perPart, end === 'closed')) > 0);
  await finish(deps, key, end);
}

/** The survey takes no more answers: whatever has not ended ends now. Repeatable. */
export async function endSendings(deps: Deps, campaign: Campaign): Promise<void> {
  for (const { code } of campaign.counties)
    for (const { no, endedAt } of await deps.storage.listSendings(campaign.id, code))
      if (endedAt === null) await stopSending(deps, { campaign: campaign.id, county: code, no }, 'closed');
}

/** Everybody it is for gets a row, in whatever state they are: a row tells nothing. Repeatable. */
async function fill(deps: Deps, place: Place): Promise<void> {
  const { campaign, county, sending } = place;
  const key = keyOf(place);
  const pseudonymKey = campaignKey(deps, campaign, 'pseudonym');
  const entryKey = entryKeyOf(pseudonymKey);
  const counts = new Map<string, { -readonly [K in keyof Audience]: Audience[K] }>();
  const breathe = createBreather();
  const queue = async (rows: readonly QueuedMessage[]): Promise<boolean> => {
    const now = deps.now();
    for (let from = 0; from < rows.length; from += perPart)
      if (!(await deps.storage.queueMessages(key, rows.slice(from, from + perPart), now, sendDay(now))))
        return false;
    return true;
  };
  let writing = Promise.resolve(true);
  for await (const page of audienceOf(deps, campaign, county, sending.kind)) {
    const rows: QueuedMessage[] = [];
    for (const { entry, reportingStratum, set } of page) {
      const rest = breathe();
      if (rest) await rest;
      const recipient = recipientOf(pseudonymKey, county.code, sending.no, entry);
      rows.push({ recipient, sealedEntry: seal(entryKey, recipient, entry), reportingStratum, set });
      const name = `${reportingStratum} ${set}`;
      const own = counts.get(name);
      if (own) own.contacts += 1;
      else counts.set(name, { reportingStratum, set, contacts: 1 });
    }
    if (!(await writing)) return;
    // Stored while the next page is made.
    writing = queue(rows);
    writing.catch(() => undefined);
  }
  if (!(await writing)) return;
  const order = [...counts.values()].sort(
    (a, b) => a.reportingStratum - b.reportingStratum || (a.set < b.set ? -1 : 1),
  );
  await deps.storage.finishFilling(key, order);
}

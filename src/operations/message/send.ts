/**
 * The sender. Every few seconds it begins what is due, and sends while the window is open. `deliver.ts` decrypts numbers just
 * before a message is sent, and passes them only to the channel. For each reminder it looks up whether the code has answered:
 * there is no list of them. Any number of processes may do this on one database: each message is claimed in one statement. A
 * claim that ends without a result (its process was killed) is queued again. On a channel that does not prevent repetitions, that
 * message counts as possibly sent twice.
 */
import { systemActor } from '../../domain/campaign/permissions.ts';
import type { Channel } from '../../domain/messaging/channel.ts';
import { expiryOf, isDue, mustWait } from '../../domain/messaging/decide-sending.ts';
import { compareIds, joinIds } from '../../domain/messaging/recipient.ts';
import { isOpen, narrowed, sendDay } from '../../domain/messaging/send-window.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { ReachableContact } from '../../domain/model/contact.ts';
import type { Audience } from '../../domain/model/sending.ts';
import type { SendingKey } from '../../storage/port/outbox.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { campaignKey } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';
import { forEachCampaign } from '../each-campaign.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { mayRunNow } from '../service/service-time.ts';
import { audienceOf } from './audience.ts';
import { deliver, keyOf, type Place } from './deliver.ts';
import { recipientsOf } from './recipients.ts';
import { messagingOf } from './settings.ts';

/** Messages queued, or withdrawn, in one transaction. */
const perPart = 500;
/** This many are sorted in row order before they are queued: a part then changes a few pages, not hundreds. */
const perSort = 5_000;
const day = 24 * 3_600_000;

/**
 * Every few seconds.
 * @param signal stops before the next message; messages in progress are finished and stored
 */
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
  // If nothing is in progress, nothing is written.
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

/** Once an hour: deletes what the caps no longer need, and receipts that no message waits for. */
export async function forgetOldNumbers(deps: Deps): Promise<void> {
  const now = deps.now();
  await deps.storage.forgetNumberUses(now - 3 * day);
  await deps.storage.forgetEarlyReceipts(now - day);
}

/** Advances one sending as far as possible now. */
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
  if (state === 'filling') await fill(deps, place, sending.state === 'filling');
  if (!isOpen(window, deps.now())) return;
  await deliver(deps, place, channel, signal);
  await finish(deps, key, 'finished');
}

/** Does nothing while messages of it wait. */
async function finish(deps: Deps, key: SendingKey, end: 'finished' | 'cancelled' | 'closed'): Promise<void> {
  await deps.storage.endSending(stamp(deps, systemActor), key, end);
  await publishCheckpoints(deps, key.campaign, key.county);
}

/** Unsent messages are withdrawn; those that a worker holds get a result from it, or when the lease ends. */
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

/** The survey takes no more answers: sendings that have not ended do so now. Repeatable. */
export async function endSendings(deps: Deps, campaign: Campaign): Promise<void> {
  for (const { code } of campaign.counties)
    for (const { no, endedAt } of await deps.storage.listSendings(campaign.id, code))
      if (endedAt === null) await stopSending(deps, { campaign: campaign.id, county: code, no }, 'closed');
}

/** Every recipient gets a row, whatever their state: a row reveals nothing. Repeatable. */
async function fill(deps: Deps, place: Place, isResumed: boolean): Promise<void> {
  const { campaign, county, sending } = place;
  const key = keyOf(place);
  const { name, names } = recipientsOf(campaignKey(deps, campaign, 'pseudonym'), county.code, sending.no);
  /** For all of them: they are then claimed in row order, and neighbours share a page. */
  const at = deps.now();
  const counts = new Map<string, { -readonly [K in keyof Audience]: Audience[K] }>();

  /** A sending that began with rows of the older kind continues with them. */
  async function withoutOlder(contacts: readonly ReachableContact[]): Promise<readonly ReachableContact[]> {
    if (!isResumed) return contacts;
    const has = await deps.storage.haveMessages(
      key,
      contacts.map(({ entry }) => names(entry)[1]),
    );
    return contacts.filter((_, i) => has[i] !== true);
  }

  async function queue(contacts: readonly ReachableContact[]): Promise<boolean> {
    const wanted = await withoutOlder(contacts);
    const recipients = name(wanted.map(({ entry }) => entry));
    const rows = wanted.map(({ reportingStratum, set }, i) => ({
      ...{ recipient: recipients[i]!, reportingStratum, set },
    }));
    rows.sort((a, b) => compareIds(a.recipient, b.recipient));
    /** The next part is prepared while the writer stores the one before. */
    let before = Promise.resolve(true);
    for (let from = 0; from < rows.length; from += perPart) {
      const part = rows.slice(from, from + perPart);
      const columns = {
        recipients: joinIds(part.map(({ recipient }) => recipient)),
        reportingStrata: part.map(({ reportingStratum }) => reportingStratum),
        sets: part.map(({ set }) => set),
      };
      const own = deps.storage.queueMessages(key, columns, at, sendDay(at));
      own.catch(() => undefined);
      if (!(await before)) return false;
      before = own;
    }
    return before;
  }

  const yieldToEventLoop = createYielder();
  let waiting: ReachableContact[] = [];
  let writing = Promise.resolve(true);
  for await (const page of audienceOf(deps, campaign, county, sending.kind)) {
    for (const contact of page) {
      const { reportingStratum, set } = contact;
      const stratum = `${reportingStratum} ${set}`;
      const own = counts.get(stratum);
      if (own) own.contacts += 1;
      else counts.set(stratum, { reportingStratum, set, contacts: 1 });
      waiting.push(contact);
    }
    if (waiting.length >= perSort) {
      if (!(await writing)) return;
      // Stored while the next ones are read.
      writing = queue(waiting);
      writing.catch(() => undefined);
      waiting = [];
    }
    const rest = yieldToEventLoop();
    if (rest) await rest;
  }
  if (!(await writing) || !(await queue(waiting))) return;
  const order = [...counts.values()].sort(
    (a, b) => a.reportingStratum - b.reportingStratum || (a.set < b.set ? -1 : 1),
  );
  await deps.storage.finishFilling(key, order);
}

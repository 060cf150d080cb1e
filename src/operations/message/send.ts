/**
 * The sender. Every few seconds it begins what is due, and sends as long as the window is open. Numbers are decrypted here, when a message is about to
 * leave, and go nowhere but to the channel. Who has answered is looked up for each reminder just before it is handed over: there is no list of them.
 *
 * Any number of processes may do this on one database: each message is claimed in one statement. A claim that was not settled within its lease (its
 * process was killed) is queued again; over a channel that lets repetitions through, that message counts as possibly sent twice.
 */
import { pseudonymOf } from '../../domain/code/pseudonym.ts';
import { systemActor } from '../../domain/campaign/permissions.ts';
import { toHex } from '../../domain/hash.ts';
import type { Channel, SendOutcome } from '../../domain/messaging/channel.ts';
import { expiryOf, isDue, mustWait } from '../../domain/messaging/decide-sending.ts';
import {
  decideResult,
  waitForNumber,
  type MessageResult,
  type NumberUse,
} from '../../domain/messaging/outbox.ts';
import {
  entryKeyOf,
  messageIdOf,
  numberDigest,
  providerDigest,
  recipientOf,
} from '../../domain/messaging/recipient.ts';
import { isOpen, narrowed, nextDay, sendDay } from '../../domain/messaging/send-window.ts';
import { fillSms } from '../../domain/messaging/sms-text.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { MessageContact } from '../../domain/model/contact.ts';
import type { Audience, ClaimedMessage, QueuedMessage, Sending } from '../../domain/model/sending.ts';
import { seal, unseal } from '../../keys/seal.ts';
import type { RecordedResult, SendingKey } from '../../storage/port/outbox.ts';
import { createBreather } from '../breathe.ts';
import { campaignKey } from '../campaign/lookup.ts';
import { isContactVoided } from '../code/codes.ts';
import { stamp, type Deps } from '../deps.ts';
import { forEachCampaign } from '../each-campaign.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { unsealCode, unsealPhone } from '../evidence/sealing.ts';
import { mayRunNow } from '../service/service-time.ts';
import { audienceOf } from './audience.ts';
import { numbersKey } from './numbers.ts';
import { messagingOf } from './settings.ts';
import { textValues } from './text.ts';

/** Longer than any gateway takes to answer. */
const lease = 10 * 60_000;
const perClaim = 200;
const perPart = 200;
const mostUnderWay = 256;
/** So many times in a row without the gateway, and the rest waits for the next turn. */
const patience = 10;
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

interface Place {
  readonly campaign: Campaign;
  readonly county: CampaignCounty;
  readonly sending: Sending;
}
const keyOf = ({ campaign, county, sending }: Place): SendingKey => ({
  campaign: campaign.id,
  county: county.code,
  no: sending.no,
});

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
  await run(deps, place, channel, signal);
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
  for await (const page of audienceOf(deps, campaign, county, sending.kind)) {
    const rows: QueuedMessage[] = [];
    for (const { entry, reportingStratum, set } of page) {
      const recipient = recipientOf(pseudonymKey, county.code, sending.no, entry);
      rows.push({ recipient, sealedEntry: seal(entryKey, recipient, entry), reportingStratum, set });
      const name = `${reportingStratum} ${set}`;
      const own = counts.get(name);
      if (own) own.contacts += 1;
      else counts.set(name, { reportingStratum, set, contacts: 1 });
      await breathe();
    }
    const now = deps.now();
    for (let from = 0; from < rows.length; from += perPart)
      if (!(await deps.storage.queueMessages(key, rows.slice(from, from + perPart), now, sendDay(now))))
        return;
  }
  const order = [...counts.values()].sort(
    (a, b) => a.reportingStratum - b.reportingStratum || (a.set < b.set ? -1 : 1),
  );
  await deps.storage.finishFilling(key, order);
}

// Sending --------------------------------------------------------------------------------------------------------------

/** Claims and sends until nothing is due, the window closes, or the gateway is gone. */
async function run(
  deps: Deps,
  place: Place,
  channel: Channel,
  signal: AbortSignal | undefined,
): Promise<void> {
  const key = keyOf(place);
  const worker = deps.newId();
  const { window: own } = messagingOf(deps);
  const window = narrowed(own, channel.capabilities.window);
  const pace = paceOf(channel);
  const sender = createSender(deps, place, channel);
  const recorder = createRecorder((results) => {
    const at = deps.now();
    return deps.storage.recordResults(
      { ...key, worker, at, day: sendDay(at) },
      results,
      channel.capabilities.idempotent,
    );
  });
  const underWay = new Set<Promise<void>>();
  let silent = 0;
  const failures: Error[] = [];
  const mayGoOn = () =>
    failures.length === 0 && signal?.aborted !== true && silent < patience && isOpen(window, deps.now());
  try {
    while (mayGoOn()) {
      const at = deps.now();
      const claimed = await deps.storage.claimMessages({
        ...{ ...key, worker, at, day: sendDay(at) },
        leaseUntil: at + lease,
        limit: perClaim,
      });
      if (claimed.length === 0) break;
      for (const message of await sender.open(claimed)) {
        await pace.wait();
        if (!mayGoOn()) {
          recorder.add(sender.putBack(message));
          continue;
        }
        while (underWay.size >= mostUnderWay) await Promise.race(underWay);
        const sent = sender.send(message).then(({ outcome, recorded }) => {
          silent = outcome?.kind === 'retry' && outcome.reason !== 'throttled' ? silent + 1 : 0;
          if (outcome?.kind === 'retry' && outcome.reason !== 'timed-out')
            pace.hold(outcome.afterMs ?? (outcome.reason === 'throttled' ? 1_000 : 200));
          recorder.add(recorded);
        });
        const settled: Promise<void> = sent
          .catch((error: unknown) => {
            failures.push(asError(error));
          })
          .finally(() => underWay.delete(settled));
        underWay.add(settled);
      }
    }
  } finally {
    await Promise.all(underWay);
    await recorder.drain();
  }
  // What it was about stays claimed until its lease is over.
  if (failures[0]) throw failures[0];
}

interface OpenedMessage extends ClaimedMessage {
  readonly entry: Uint8Array;
  readonly contact: MessageContact | null;
  readonly phone: string;
  /** Of the number; null: there is none. */
  readonly number: Uint8Array | null;
  readonly isBarred: boolean;
}

interface Attempt {
  /** null: it was not handed to the channel. */
  readonly outcome: SendOutcome | null;
  readonly recorded: RecordedResult;
}

function createSender(deps: Deps, { campaign, county, sending }: Place, channel: Channel) {
  const contactsKey = campaignKey(deps, campaign, 'contacts');
  const pseudonymKey = campaignKey(deps, campaign, 'pseudonym');
  const entryKey = entryKeyOf(pseudonymKey);
  const numbers = numbersKey(deps);
  const { window, perNumberADay } = messagingOf(deps);
  const values = textValues(deps, campaign, county, sending.signature);
  const isReminder = sending.kind === 'reminder';
  const expiresAt = expiryOf(sending.kind, campaign.closesAt);
  const strata = deps.storage.readStrata(campaign.id, county.code);
  /** Of this run: what another message of the same number may not have stored yet. */
  const uses = new Map<string, NumberUse>();

  /** Contacts and numbers of a whole claim at once. */
  async function open(claimed: readonly ClaimedMessage[]): Promise<readonly OpenedMessage[]> {
    const entries = claimed.map((m) => new Uint8Array(unseal(entryKey, m.recipient, m.sealedEntry)));
    const contacts = await deps.storage.findMessageContacts(campaign.id, county.code, entries);
    const phones = contacts.map((c, i) =>
      c?.sealedPhone ? unsealPhone(contactsKey, entries[i]!, c.sealedPhone).phone : '',
    );
    const digests = phones.map((phone) => (phone === '' ? null : numberDigest(numbers, phone)));
    const known = digests.filter((d) => d !== null);
    const [barred, used] = await Promise.all([
      deps.storage.findBarred(known),
      deps.storage.findNumberUses(known),
    ]);
    const byDigest = new Map(known.map((d, i) => [toHex(d), i]));
    used.forEach((use, i) => {
      const name = toHex(known[i]!);
      if (use && !uses.has(name)) uses.set(name, use);
    });
    return claimed.map((message, i) => {
      const digest = digests[i] ?? null;
      return {
        ...message,
        entry: entries[i]!,
        contact: contacts[i] ?? null,
        phone: phones[i]!,
        number: digest,
        isBarred: digest !== null && barred[byDigest.get(toHex(digest))!] === true,
      };
    });
  }

  const record = (
    m: OpenedMessage,
    result: MessageResult,
    more: Partial<RecordedResult> = {},
  ): RecordedResult => ({
    ...{ recipient: m.recipient, entry: m.entry, result, provider: null, number: null },
    ...more,
  });
  const later = (m: OpenedMessage, dueAt: number, reason: string) =>
    record(m, { state: 'queued', reason, dueAt, mayHaveBeenSent: false, uncounted: true });

  function use(number: Uint8Array, at: number): void {
    const name = toHex(number);
    const today = sendDay(at);
    const before = uses.get(name);
    const messages = before?.day === today ? before.messages + 1 : 1;
    uses.set(name, { day: today, messages, lastAt: at });
  }

  async function send(m: OpenedMessage): Promise<Attempt> {
    const { contact, number, phone } = m;
    const at = deps.now();
    if (at >= expiresAt) return { outcome: null, recorded: record(m, { state: 'expired', reason: 'late' }) };
    if (contact === null || number === null)
      return { outcome: null, recorded: record(m, { state: 'failed', reason: 'no-number' }) };
    if (isContactVoided(campaign, county.code, (await strata).reporting, contact))
      return { outcome: null, recorded: record(m, { state: 'unneeded' }) };
    if (m.isBarred)
      return { outcome: null, recorded: record(m, { state: 'opted-out', reason: 'do-not-contact' }) };
    const wait = waitForNumber(
      uses.get(toHex(number)),
      { isReminder, perNumberADay },
      { at, day: sendDay(at), nextDayAt: nextDay(window, at) },
    );
    if (wait !== null)
      return wait >= expiresAt
        ? { outcome: null, recorded: record(m, { state: 'expired', reason: 'number-cap' }) }
        : { outcome: null, recorded: later(m, wait, 'number-cap') };
    const code = unsealCode(contactsKey, m.entry, contact.sealedCode);
    // Of those who needed none, too: the list of numbers written to must not tell who had answered.
    use(number, at);
    if (isReminder) {
      const [answered] = await deps.storage.haveAnswered(campaign.id, county.code, [
        pseudonymOf(pseudonymKey, code),
      ]);
      if (answered === true) return { outcome: null, recorded: record(m, { state: 'unneeded' }, { number }) };
    }
    const own = { ...values, code };
    const outcome = await channel.send({
      id: messageIdOf(contactsKey, county.code, sending.no, m.entry),
      to: phone,
      text: fillSms(sending.template, own),
      variables: { code, address: own.address, county: own.county, closes: own.closes },
      subject: campaign.name,
    });
    const result = decideResult(
      outcome,
      { attempts: m.attempts, expiresAt },
      deps.now(),
      deps.randomBytes(1)[0]! / 255,
    );
    const provider =
      outcome.kind === 'accepted' && outcome.providerId !== undefined
        ? providerDigest(contactsKey, channel.name, outcome.providerId)
        : null;
    return {
      outcome,
      recorded: record(m, result, { provider, number: result.state === 'queued' ? null : number }),
    };
  }

  return {
    open,
    send,
    /** Claimed, and not tried. */
    putBack: (m: OpenedMessage) => later(m, deps.now(), 'stopped'),
  };
}

/** Writes what has come in while the last writing was under way: one transaction for many messages, and none waits long. */
function createRecorder(write: (results: readonly RecordedResult[]) => Promise<void>) {
  let waiting: RecordedResult[] = [];
  let writing: Promise<void> | null = null;
  let failure: Error | null = null;
  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const results = waiting.slice(0, perPart);
      waiting = waiting.slice(perPart);
      try {
        await write(results);
      } catch (error) {
        // These stay claimed until their lease is over.
        failure ??= asError(error);
      }
    }
    // In the same step as the last look: whoever adds from now on begins anew.
    writing = null;
  }
  return {
    add(result: RecordedResult): void {
      waiting.push(result);
      writing ??= Promise.resolve().then(flush);
    },
    /** @throws what the storage threw */
    async drain(): Promise<void> {
      while (writing !== null) await writing;
      if (failure !== null) throw failure;
    },
  };
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));

interface Pace {
  wait(): Promise<void>;
  hold(milliseconds: number): void;
}

/** Of this process: several on one gateway each keep to its pace, and the gateway throttles them. */
const paces = new WeakMap<Channel, Pace>();

function paceOf(channel: Channel): Pace {
  const known = paces.get(channel);
  if (known) return known;
  const step = 1000 / Math.max(0.01, channel.capabilities.perSecond);
  let next = 0;
  const pace: Pace = {
    async wait() {
      const now = performance.now();
      // Timers are no finer than a few milliseconds: what was missed meanwhile is made up for.
      next = Math.max(next + step, now - 50);
      const ahead = next - now;
      if (ahead > 4) await new Promise((resolve) => setTimeout(resolve, ahead));
    },
    hold(milliseconds) {
      next = Math.max(next, performance.now() + Math.min(milliseconds, 60_000));
    },
  };
  paces.set(channel, pace);
  return pace;
}

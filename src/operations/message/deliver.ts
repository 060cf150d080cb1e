/**
 * One turn of a sending. Messages are claimed in lots; while one lot is on its way, what came of the one before it is stored and the next one claimed,
 * in one transaction. So the gateway does not wait for the disk, and the disk is not asked for each message.
 */
import { pseudonymOf } from '../../domain/code/pseudonym.ts';
import { toHex } from '../../domain/hash.ts';
import type { Channel, SendOutcome } from '../../domain/messaging/channel.ts';
import { expiryOf } from '../../domain/messaging/decide-sending.ts';
import {
  decideResult,
  waitForNumber,
  type MessageResult,
  type NumberUse,
} from '../../domain/messaging/outbox.ts';
import { entryKeyOf, messageIdOf, numberDigest, providerDigest } from '../../domain/messaging/recipient.ts';
import { isOpen, narrowed, nextDay, sendDay } from '../../domain/messaging/send-window.ts';
import { createSmsFiller } from '../../domain/messaging/sms-text.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { MessageContact } from '../../domain/model/contact.ts';
import type { ClaimedMessage, Sending } from '../../domain/model/sending.ts';
import { unseal } from '../../keys/seal.ts';
import type { KnownNumber, RecordedResult, SendingKey } from '../../storage/port/outbox.ts';
import { campaignKey } from '../campaign/lookup.ts';
import { isContactVoided } from '../code/codes.ts';
import type { Deps } from '../deps.ts';
import { unsealCode, unsealPhone } from '../evidence/sealing.ts';
import { numbersKey } from './numbers.ts';
import { paceOf } from './pace.ts';
import { messagingOf } from './settings.ts';
import { textValues } from './text.ts';

/** Longer than any gateway takes to answer, and than two lots take to leave. */
const lease = 10 * 60_000;
const mostPerLot = 200;
/** Of a slow channel no more is claimed than leaves in so many seconds. */
const secondsPerLot = 5;
const mostUnderWay = 128;
/** What is looked up before a message leaves is looked up for as many as leave in a tenth of a second. */
const mostPerLook = 50;
const secondsPerLook = 0.1;
/** So many times in a row without the gateway, and the rest waits for the next turn. */
const patience = 10;

export interface Place {
  readonly campaign: Campaign;
  readonly county: CampaignCounty;
  readonly sending: Sending;
}
export const keyOf = ({ campaign, county, sending }: Place): SendingKey => ({
  campaign: campaign.id,
  county: county.code,
  no: sending.no,
});

/** Claims and sends until nothing is due, the window closes, or the gateway is gone. */
export async function deliver(
  deps: Deps,
  place: Place,
  channel: Channel,
  signal: AbortSignal | undefined,
): Promise<void> {
  const key = keyOf(place);
  const worker = deps.newId();
  const { idempotent, perSecond, window: own } = channel.capabilities;
  const window = narrowed(messagingOf(deps).window, own);
  const within = (most: number, seconds: number) =>
    Math.max(1, Math.min(most, Math.ceil(perSecond * seconds)));
  const perLot = within(mostPerLot, secondsPerLot);
  const perLook = within(mostPerLook, secondsPerLook);
  const pace = paceOf(channel);
  const sender = await createSender(deps, place, channel);
  const underWay = createCounter(mostUnderWay);
  let settled: RecordedResult[] = [];
  let silent = 0;
  let failure: Error | undefined;
  const fail = (error: unknown) => {
    failure ??= error instanceof Error ? error : new Error(String(error));
  };
  const mayGoOn = () =>
    failure === undefined && signal?.aborted !== true && silent < patience && isOpen(window, deps.now());

  async function exchange(limit: number): Promise<readonly ClaimedMessage[]> {
    const results = settled;
    settled = [];
    const at = deps.now();
    const claim = { ...key, worker, at, day: sendDay(at), leaseUntil: at + lease, limit };
    try {
      return await deps.storage.exchangeMessages(claim, results, idempotent);
    } catch (error) {
      // What it was about stays claimed until its lease is over.
      fail(error);
      return [];
    } finally {
      sender.forget(results);
    }
  }

  function settle({ outcome, recorded }: Attempt): void {
    silent = outcome?.kind === 'retry' && outcome.reason !== 'throttled' ? silent + 1 : 0;
    if (outcome?.kind === 'retry' && outcome.reason !== 'timed-out')
      pace.hold(outcome.afterMs ?? (outcome.reason === 'throttled' ? 1_000 : 200));
    settled.push(recorded);
    underWay.down();
  }

  async function leave(message: OpenedMessage): Promise<void> {
    const turn = pace.wait();
    if (turn) await turn;
    const room = underWay.room();
    if (room) await room;
    if (!mayGoOn()) {
      settled.push(sender.putBack(message));
      return;
    }
    underWay.up();
    sender.send(message).then(settle, (error: unknown) => {
      fail(error);
      underWay.down();
    });
  }

  let lot = mayGoOn() ? await exchange(perLot) : [];
  try {
    while (lot.length > 0) {
      const next = mayGoOn() ? exchange(perLot) : undefined;
      for (let from = 0; from < lot.length; from += perLook) {
        const room = underWay.room();
        if (room) await room;
        for (const message of await sender.open(lot.slice(from, from + perLook))) await leave(message);
      }
      lot = (await next) ?? [];
    }
  } catch (error) {
    fail(error);
  }
  await underWay.none();
  if (settled.length > 0) await exchange(0);
  if (failure) throw failure;
}

/** Of one caller that waits. */
function createCounter(most: number) {
  let count = 0;
  let wake: (() => void) | undefined;
  const until = (free: number) =>
    count <= free
      ? undefined
      : new Promise<void>((resolve) => {
          wake = () => {
            if (count > free) return;
            wake = undefined;
            resolve();
          };
        });
  return {
    up: () => void (count += 1),
    down(): void {
      count -= 1;
      wake?.();
    },
    /** Undefined: there is room. */
    room: () => until(most - 1),
    none: () => until(0),
  };
}

interface OpenedMessage extends ClaimedMessage {
  readonly entry: Uint8Array;
  readonly contact: MessageContact | undefined;
  /** Empty: there is none. */
  readonly phone: string;
  readonly number: Uint8Array | null;
  readonly known: KnownNumber;
}

interface Attempt {
  /** null: it was not handed to the channel. */
  readonly outcome: SendOutcome | null;
  readonly recorded: RecordedResult;
}

async function createSender(deps: Deps, { campaign, county, sending }: Place, channel: Channel) {
  const { storage } = deps;
  const contactsKey = campaignKey(deps, campaign, 'contacts');
  const pseudonymKey = campaignKey(deps, campaign, 'pseudonym');
  const entryKey = entryKeyOf(pseudonymKey);
  const numbers = numbersKey(deps);
  const { window, perNumberADay } = messagingOf(deps);
  const values = textValues(deps, campaign, county, sending.signature);
  const fill = createSmsFiller(sending.template, values);
  const isReminder = sending.kind === 'reminder';
  const expiresAt = expiryOf(sending.kind, campaign.closesAt);
  const { reporting } = await storage.readStrata(campaign.id, county.code);
  const uses = pendingUses(storage);

  const record = (
    { recipient, entry }: OpenedMessage,
    result: MessageResult,
    number: Uint8Array | null = null,
    provider: Uint8Array | null = null,
  ): RecordedResult => ({ recipient, entry, result, provider, number });
  const untried = (recorded: RecordedResult): Attempt => ({ outcome: null, recorded });
  const later = (dueAt: number, reason: string): MessageResult => ({
    ...{ state: 'queued', reason, dueAt },
    ...{ mayHaveBeenSent: false, uncounted: true },
  });

  /** Decrypts a few, and looks at the lists by number. */
  async function open(claimed: readonly ClaimedMessage[]): Promise<readonly OpenedMessage[]> {
    const entries = claimed.map((m) => unseal(entryKey, m.recipient, m.sealedEntry));
    const contacts = await storage.findMessageContacts(campaign.id, county.code, entries);
    const phones = contacts.map((c, i) =>
      c?.sealedPhone ? unsealPhone(contactsKey, entries[i]!, c.sealedPhone).phone : '',
    );
    const digests = phones.map((phone) => (phone === '' ? null : numberDigest(numbers, phone)));
    const known = await storage.findNumbers(digests);
    return claimed.map((message, i) => ({
      ...message,
      entry: entries[i]!,
      contact: contacts[i],
      phone: phones[i]!,
      number: digests[i]!,
      known: known[i]!,
    }));
  }

  async function send(m: OpenedMessage): Promise<Attempt> {
    const { contact, number, known } = m;
    const at = deps.now();
    if (at >= expiresAt) return untried(record(m, { state: 'expired', reason: 'late' }));
    if (contact === undefined || number === null)
      return untried(record(m, { state: 'failed', reason: 'no-number' }));
    if (isContactVoided(campaign, county.code, reporting, contact))
      return untried(record(m, { state: 'unneeded' }));
    if (known.isBarred) return untried(record(m, { state: 'opted-out', reason: 'do-not-contact' }));
    const today = sendDay(at);
    const use = uses.find(number) ?? known.use ?? undefined;
    const wait = waitForNumber(
      use,
      { isReminder, perNumberADay },
      { at, day: today, nextDayAt: use ? nextDay(window, at) : at },
    );
    if (wait !== null)
      return untried(
        record(m, wait >= expiresAt ? { state: 'expired', reason: 'number-cap' } : later(wait, 'number-cap')),
      );
    uses.hold(number, {
      day: today,
      messages: use?.day === today ? use.messages + 1 : 1,
      lastAt: at,
    });
    try {
      const attempt = await handOver(m, contact, number);
      if (attempt.recorded.number === null) uses.release(number);
      return attempt;
    } catch (error) {
      uses.release(number);
      throw error;
    }
  }

  async function handOver(m: OpenedMessage, contact: MessageContact, number: Uint8Array): Promise<Attempt> {
    const code = unsealCode(contactsKey, m.entry, contact.sealedCode);
    if (isReminder) {
      const [answered] = await storage.haveAnswered(campaign.id, county.code, [
        pseudonymOf(pseudonymKey, code),
      ]);
      // The list of numbers written to must not tell who had answered: theirs is in it, too.
      if (answered === true) return untried(record(m, { state: 'unneeded' }, number));
    }
    const outcome = await channel.send({
      id: messageIdOf(contactsKey, county.code, sending.no, m.entry),
      to: m.phone,
      text: fill(code),
      variables: { code, address: values.address, county: values.county, closes: values.closes },
      subject: campaign.name,
    });
    const result = decideResult(
      outcome,
      { attempts: m.attempts, expiresAt },
      deps.now(),
      outcome.kind === 'retry' ? deps.randomBytes(1)[0]! / 255 : 0,
    );
    const provider =
      outcome.kind === 'accepted' && outcome.providerId !== undefined
        ? providerDigest(contactsKey, channel.name, outcome.providerId)
        : null;
    return { outcome, recorded: record(m, result, result.state === 'queued' ? null : number, provider) };
  }

  return {
    open,
    send,
    /** Claimed, and not tried. */
    putBack: (m: OpenedMessage) => record(m, later(deps.now(), 'stopped')),
    /** These are stored, or lost. */
    forget(results: readonly RecordedResult[]): void {
      for (const { number } of results) if (number) uses.release(number);
    },
  };
}

interface PendingUse {
  readonly use: NumberUse;
  readonly holders: number;
}
const pending = new WeakMap<object, Map<string, PendingUse>>();

/** Of this process: numbers written to that are not stored yet, whatever sending they are of. */
function pendingUses(storage: Deps['storage']) {
  let own = pending.get(storage);
  if (!own) pending.set(storage, (own = new Map<string, PendingUse>()));
  const uses = own;
  return {
    find: (number: Uint8Array): NumberUse | undefined => uses.get(toHex(number))?.use,
    hold(number: Uint8Array, use: NumberUse): void {
      const name = toHex(number);
      uses.set(name, { use, holders: (uses.get(name)?.holders ?? 0) + 1 });
    },
    release(number: Uint8Array): void {
      const name = toHex(number);
      const held = uses.get(name);
      if (!held) return;
      if (held.holders > 1) uses.set(name, { ...held, holders: held.holders - 1 });
      else uses.delete(name);
    },
  };
}

/**
 * One round of a sending. Messages are claimed in lots. While one lot is being sent, the results of the one before are stored and
 * the next one is claimed, in one transaction. So the gateway does not wait for the disk, and there is no sync for each message.
 */
import { pseudonymOf } from '../../domain/code/pseudonym.ts';
import { toHex } from '../../domain/hash.ts';
import type { Channel, OutgoingMessage, SendOutcome } from '../../domain/messaging/channel.ts';
import { expiryOf } from '../../domain/messaging/decide-sending.ts';
import {
  decideResult,
  waitForNumber,
  type MessageResult,
  type NumberUse,
} from '../../domain/messaging/outbox.ts';
import { messageIdOf, numberDigest, providerDigest, splitIds } from '../../domain/messaging/recipient.ts';
import { isOpen, narrowed, nextDay, sendDay } from '../../domain/messaging/send-window.ts';
import { createSmsFiller } from '../../domain/messaging/sms-text.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { AddressedContact } from '../../domain/model/contact.ts';
import type { ClaimedMessages, Sending } from '../../domain/model/sending.ts';
import type { KnownNumber, RecordedResult, SendingKey } from '../../storage/port/outbox.ts';
import { campaignKey } from '../campaign/lookup.ts';
import { isContactVoided } from '../code/codes.ts';
import type { Deps } from '../deps.ts';
import { unsealCode, unsealNumber } from '../evidence/sealing.ts';
import { numbersKey } from './numbers.ts';
import { paceOf } from './pace.ts';
import { recipientsOf } from './recipients.ts';
import { messagingOf } from './settings.ts';
import { textValues } from './text.ts';

/** Longer than any gateway takes to respond, and than two lots take to be sent. */
const lease = 10 * 60_000;
/** On a slow channel a lot is what is sent in this many seconds. */
const lots = { most: 400, seconds: 2.5 };
/**
 * If the lot before was sent faster, a lot is what is sent in a tenth of a second: more messages then share a sync and its
 * changed pages.
 */
const fastLots = { most: 1_000, seconds: 0.1 };
const mostUnderWay = 128;
/** Look-ups before sending are done for the messages of a tenth of a second at once. */
const looks = { most: 50, seconds: 0.1 };
/** After this many failures in a row the rest waits for the next round. */
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

/** Claims and sends until nothing is due, the window closes, or the gateway is unreachable. */
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
  const within = ({ most, seconds }: typeof lots, rate: number) =>
    Math.max(1, Math.min(most, Math.ceil(rate * seconds)));
  /** By the lot before. */
  let leaving = 0;
  const perLot = () => Math.max(within(lots, perSecond), within(fastLots, leaving));
  const perLook = within(looks, perSecond);
  const pace = paceOf(channel);
  const sender = await createSender(deps, place, channel);
  const underWay = createCounter(mostUnderWay);
  let settled: Attempt[] = [];
  let silent = 0;
  let failure: Error | undefined;
  const fail = (error: unknown) => {
    failure ??= error instanceof Error ? error : new Error(String(error));
  };
  const mayGoOn = () =>
    failure === undefined && signal?.aborted !== true && silent < patience && isOpen(window, deps.now());

  async function exchange(limit: number): Promise<ClaimedMessages> {
    const attempts = settled;
    settled = [];
    const results = attempts.map(({ recorded }) => recorded);
    const at = deps.now();
    const claim = { ...key, worker, at, day: sendDay(at), leaseUntil: at + lease, limit };
    try {
      return await deps.storage.exchangeMessages(claim, results, idempotent);
    } catch (error) {
      // Its messages stay claimed until their lease ends.
      fail(error);
      return nothing;
    } finally {
      sender.forget(attempts);
    }
  }

  function settle(attempt: Attempt): void {
    const { outcome } = attempt;
    silent = outcome?.kind === 'retry' && outcome.reason !== 'throttled' ? silent + 1 : 0;
    if (outcome?.kind === 'retry' && outcome.reason !== 'timed-out')
      pace.hold(outcome.afterMs ?? (outcome.reason === 'throttled' ? 1_000 : 200));
    settled.push(attempt);
    underWay.down();
  }

  function lose(error: unknown): void {
    fail(error);
    underWay.down();
  }

  function leave(message: OpenedMessage): void {
    if (!mayGoOn()) {
      settled.push(sender.putBack(message));
      return;
    }
    underWay.up();
    try {
      sender.send(message, settle, lose);
    } catch (error) {
      lose(error);
    }
  }

  let lot = mayGoOn() ? await exchange(perLot()) : nothing;
  try {
    while (lot.attempts.length > 0) {
      const next = mayGoOn() ? exchange(perLot()) : undefined;
      const began = performance.now();
      const look = sender.open(lot);
      for (let from = 0; from < lot.attempts.length; from += perLook) {
        const room = underWay.room();
        if (room) await room;
        for (const message of await look(from, from + perLook)) {
          const turn = pace.wait();
          if (turn) await turn;
          const place = underWay.room();
          if (place) await place;
          leave(message);
        }
      }
      leaving = lot.attempts.length / ((performance.now() - began) / 1000);
      lot = (await next) ?? nothing;
    }
  } catch (error) {
    fail(error);
  }
  await underWay.none();
  if (settled.length > 0) await exchange(0);
  if (failure) throw failure;
}

const nothing: ClaimedMessages = { recipients: new Uint8Array(0), attempts: [], sealedEntries: [] };

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

interface OpenedMessage {
  readonly recipient: Uint8Array;
  readonly attempts: number;
  readonly entry: Uint8Array;
  readonly contact: AddressedContact | undefined;
  /** Empty: there is none. */
  readonly phone: string;
  readonly number: Uint8Array | null;
  /** The same in hexadecimal. */
  readonly numberName: string;
  readonly known: KnownNumber;
}

interface Attempt {
  /** null: it was not submitted to the channel. */
  readonly outcome: SendOutcome | null;
  readonly recorded: RecordedResult;
  /** Of its number, in hexadecimal. */
  readonly numberName: string;
}

async function createSender(deps: Deps, { campaign, county, sending }: Place, channel: Channel) {
  const { storage } = deps;
  const contactsKey = campaignKey(deps, campaign, 'contacts');
  const pseudonymKey = campaignKey(deps, campaign, 'pseudonym');
  const recipients = recipientsOf(pseudonymKey, county.code, sending.no);
  const numbers = numbersKey(deps);
  const { window, perNumberADay } = messagingOf(deps);
  const values = textValues(deps, campaign, county, sending.signature);
  const fill = createSmsFiller(sending.template, values);
  const isReminder = sending.kind === 'reminder';
  const expiresAt = expiryOf(sending.kind, campaign.closesAt);
  const { reporting } = await storage.readStrata(campaign.id, county.code);
  const uses = pendingUses(storage);

  const attempted = (
    { recipient, entry, numberName }: OpenedMessage,
    outcome: SendOutcome | null,
    result: MessageResult,
    number: Uint8Array | null,
    provider: Uint8Array | null,
  ): Attempt => ({ outcome, recorded: { recipient, entry, result, provider, number }, numberName });
  const untried = (m: OpenedMessage, result: MessageResult, number: Uint8Array | null = null): Attempt =>
    attempted(m, null, result, number, null);
  const later = (dueAt: number, reason: string): MessageResult => ({
    ...{ state: 'queued', reason, dueAt },
    ...{ mayHaveBeenSent: false, uncounted: true },
  });

  /** @returns decrypts a few of them, and reads the lists by number */
  function open(claimed: ClaimedMessages) {
    const names = splitIds(claimed.recipients);
    const all = recipients.find(claimed);
    return async (from: number, to: number): Promise<readonly OpenedMessage[]> => {
      const entries = all.slice(from, to);
      const contacts = await storage.findAddressed(campaign.id, county.code, entries);
      const phones = contacts.map((c, i) =>
        c?.sealedPhone ? unsealNumber(contactsKey, entries[i]!, c.sealedPhone) : '',
      );
      const digests = phones.map((phone) => (phone === '' ? null : numberDigest(numbers, phone)));
      const known = await storage.findNumbers(digests);
      return entries.map((entry, i) => ({
        recipient: names[from + i]!,
        attempts: claimed.attempts[from + i]!,
        entry,
        contact: contacts[i],
        phone: phones[i]!,
        number: digests[i]!,
        numberName: digests[i] ? toHex(digests[i]) : '',
        known: known[i]!,
      }));
    };
  }

  /** Calls one of the two, once: immediately, or when the channel has responded. */
  function send(m: OpenedMessage, settled: (attempt: Attempt) => void, lost: (error: unknown) => void): void {
    const { contact, number, numberName, known } = m;
    const at = deps.now();
    if (at >= expiresAt) return settled(untried(m, { state: 'expired', reason: 'late' }));
    if (contact === undefined || number === null)
      return settled(untried(m, { state: 'failed', reason: 'no-number' }));
    if (isContactVoided(campaign, county.code, reporting, contact))
      return settled(untried(m, { state: 'unneeded' }));
    if (known.isBarred) return settled(untried(m, { state: 'opted-out', reason: 'do-not-contact' }));
    const today = sendDay(at);
    const use = uses.find(numberName) ?? known.use ?? undefined;
    const wait = waitForNumber(
      use,
      { isReminder, perNumberADay },
      { at, day: today, nextDayAt: use ? nextDay(window, at) : at },
    );
    if (wait !== null)
      return settled(
        untried(
          m,
          wait >= expiresAt ? { state: 'expired', reason: 'number-cap' } : later(wait, 'number-cap'),
        ),
      );
    const messages = use?.day === today ? use.messages + 1 : 1;
    uses.hold(numberName, { day: today, messages, lastAt: at });
    const failed = (error: unknown) => {
      uses.release(numberName);
      lost(error);
    };
    const answered = (outcome: SendOutcome | null) => {
      let attempt: Attempt;
      try {
        // The list of numbers written to must not tell who had answered, so it includes their numbers.
        attempt =
          outcome === null ? untried(m, { state: 'unneeded' }, number) : attemptOf(m, number, outcome);
      } catch (error) {
        return failed(error);
      }
      settled(attempt);
    };
    try {
      const code = unsealCode(contactsKey, m.entry, contact.sealedCode);
      (isReminder ? remind(m, code) : handOver(m, code)).then(answered, failed);
    } catch (error) {
      failed(error);
    }
  }

  /** null: not submitted, because this person has answered. */
  async function remind(m: OpenedMessage, code: string): Promise<SendOutcome | null> {
    const pseudonym = pseudonymOf(pseudonymKey, code);
    return (await storage.hasAnswered(campaign.id, county.code, pseudonym)) ? null : handOver(m, code);
  }

  /** A class, because an object literal with a getter takes ten times as long to create. */
  class Outgoing implements OutgoingMessage {
    readonly to: string;
    readonly text: string;
    readonly variables: OutgoingMessage['variables'];
    readonly subject = campaign.name;
    readonly #entry: Uint8Array;

    constructor({ phone, entry }: OpenedMessage, code: string) {
      this.to = phone;
      this.text = fill(code);
      this.variables = { code, address: values.address, county: values.county, closes: values.closes };
      this.#entry = entry;
    }

    /** Used only by channels that pass it to the gateway, or split the text. */
    get id(): string {
      return messageIdOf(contactsKey, county.code, sending.no, this.#entry);
    }
  }

  const handOver = (m: OpenedMessage, code: string): Promise<SendOutcome> =>
    channel.send(new Outgoing(m, code));

  function attemptOf(m: OpenedMessage, number: Uint8Array, outcome: SendOutcome): Attempt {
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
    if (result.state !== 'queued') return attempted(m, outcome, result, number, provider);
    uses.release(m.numberName);
    return attempted(m, outcome, result, null, provider);
  }

  return {
    open,
    send,
    /** Claimed, and not tried. */
    putBack: (m: OpenedMessage) => untried(m, later(deps.now(), 'stopped')),
    /** These are stored, or lost. */
    forget(attempts: readonly Attempt[]): void {
      for (const { recorded, numberName } of attempts) if (recorded.number) uses.release(numberName);
    },
  };
}

interface PendingUse {
  readonly use: NumberUse;
  readonly holders: number;
}
const pending = new WeakMap<object, Map<string, PendingUse>>();

/** In this process: numbers written to that are not stored yet, over all sendings. */
function pendingUses(storage: Deps['storage']) {
  let own = pending.get(storage);
  if (!own) pending.set(storage, (own = new Map<string, PendingUse>()));
  const uses = own;
  return {
    find: (name: string): NumberUse | undefined => uses.get(name)?.use,
    hold(name: string, use: NumberUse): void {
      uses.set(name, { use, holders: (uses.get(name)?.holders ?? 0) + 1 });
    },
    release(name: string): void {
      const held = uses.get(name);
      if (!held) return;
      if (held.holders > 1) uses.set(name, { ...held, holders: held.holders - 1 });
      else uses.delete(name);
    },
  };
}

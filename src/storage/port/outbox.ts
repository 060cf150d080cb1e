import type { MessageResult, NumberUse } from '../../domain/messaging/outbox.ts';
import type { SendWindow } from '../../domain/messaging/send-window.ts';
import type { SendingCommand, SendingPlan } from '../../domain/messaging/decide-sending.ts';
import type { Receipt } from '../../domain/messaging/channel.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type {
  Audience,
  ClaimedMessages,
  MessageCount,
  QueuedMessages,
  Sending,
  SendingResult,
  StateCount,
} from '../../domain/model/sending.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface SendingKey {
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly no: number;
}

export interface Claim extends SendingKey {
  /** Nobody else writes results under this name. */
  readonly worker: string;
  readonly at: number;
  /** YYYY-MM-DD in China, for the daily cap. */
  readonly day: string;
  readonly leaseUntil: number;
  readonly limit: number;
}

export interface RecordedResult {
  readonly recipient: Uint8Array;
  readonly result: MessageResult;
  /** Of the contact, for what is known of its delivery. */
  readonly entry: Uint8Array;
  /** Keyed digest of the gateway's id; null: it gives none. */
  readonly provider: Uint8Array | null;
  /** Keyed digest of the number, where it has now been written to or needed no message; null: neither. */
  readonly number: Uint8Array | null;
}

/** What lists by number say of one. */
export interface KnownNumber {
  /** null: it was not written to lately. */
  readonly use: NumberUse | null;
  /** It is on the do-not-contact list. */
  readonly isBarred: boolean;
}

/** Whoever asked for no more, in one survey. */
export interface OptedOutContact {
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly entry: Uint8Array;
  /** Where a message to this contact would be, in each sending of the county. */
  readonly messages: readonly { readonly sending: number; readonly recipient: Uint8Array }[];
}

/** A message that a gateway has taken. */
export interface SentMessage {
  readonly county: CountyCode;
  readonly sending: number;
  readonly recipient: Uint8Array;
  /** null: the recipient is the encrypted entry id itself. */
  readonly sealedEntry: Uint8Array | null;
}

export interface OutboxReader {
  /** In the order of their numbers. */
  listSendings(campaign: CampaignId, county: CountyCode): Promise<readonly Sending[]>;
  countMessages(campaign: CampaignId, county: CountyCode): Promise<readonly MessageCount[]>;
  /** Of all counties at once, and cheaper by the message. */
  countMessageStates(campaign: CampaignId): Promise<readonly StateCount[]>;
  /** Which of these recipients have a message in this sending, in whatever state (position by position). */
  haveMessages(key: SendingKey, recipients: readonly Uint8Array[]): Promise<readonly boolean[]>;
  findSentMessage(campaign: CampaignId, provider: Uint8Array): Promise<SentMessage | undefined>;
  /** Of a few numbers, position by position; null: nothing is known of no number. */
  findNumbers(digests: readonly (Uint8Array | null)[]): Promise<readonly KnownNumber[]>;
  /** Which of these numbers are on the do-not-contact list (position by position). */
  findBarred(digests: readonly Uint8Array[]): Promise<readonly boolean[]>;
  countBarred(): Promise<number>;
  countReplies(): Promise<{ readonly optOuts: number; readonly others: number }>;
}

export interface OutboxWriter {
  /** @throws as `decideSchedule` */
  scheduleSendings(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    plan: SendingPlan,
    window: SendWindow,
  ): Promise<readonly Sending[]>;
  /** @throws not-found `sending.not-found`; conflict as `decideSendingCommand` */
  commandSending(stamp: Stamp, key: SendingKey, command: SendingCommand): Promise<void>;
  /** planned → filling. @throws conflict as `decideStart` */
  startSending(stamp: Stamp, key: SendingKey): Promise<void>;
  /** Those that are there already stay as they are. At most some hundred at a time; false: it is no longer being filled. */
  queueMessages(key: SendingKey, messages: QueuedMessages, at: number, day: string): Promise<boolean>;
  /** filling → running; nothing if it is no longer being filled. */
  finishFilling(key: SendingKey, audience: readonly Audience[]): Promise<void>;
  /**
   * What came of messages that this worker still holds, and its next ones, in one transaction: both are paid for with one sync. What is known of a delivery
   * goes to the fates, and whoever opted out on the list of those not to be contacted. Due messages of a running sending, at most `limit` and as many as
   * its daily cap leaves, become `sending` in one statement: no two workers get the same one, in however many processes.
   */
  exchangeMessages(
    claim: Claim,
    results: readonly RecordedResult[],
    /** The channel lets no repetition through. */
    isIdempotent: boolean,
  ): Promise<ClaimedMessages>;
  /** Claims whose workers are gone are queued again, and counted as possible repetitions. Returns how many. */
  releaseStale(at: number): Promise<number>;
  /**
   * A receipt whose message is not known (yet) is kept until its submission is stored; one that tells nothing new changes nothing.
   * @param of the message and its contact, if it is known; `number` to be barred, if it opted out
   * @returns false if the message has become known since it was looked for: look again
   */
  recordReceipt(
    campaign: CampaignId,
    receipt: {
      readonly provider: Uint8Array;
      readonly state: Receipt['state'];
      readonly at: number;
      readonly day: string;
    },
    of: (SentMessage & { readonly entry: Uint8Array; readonly number: Uint8Array | null }) | null,
  ): Promise<boolean>;
  /**
   * Counted; the number of whoever opted out is barred, and in surveys that are open the contact's fate says so and messages that wait are withdrawn, all
   * in one transaction. Repeatable, but for the count.
   */
  recordReply(reply: {
    readonly channel: string;
    readonly day: string;
    readonly optOut: { readonly number: Uint8Array; readonly contacts: readonly OptedOutContact[] } | null;
  }): Promise<void>;
  /** Messages that nobody has sent, at most `limit`; `all`: those under way, too, for the survey has ended. Returns how many. */
  withdrawMessages(
    key: SendingKey,
    to: 'cancelled' | 'expired',
    day: string,
    limit: number,
    all?: boolean,
  ): Promise<number>;
  /** With its leaf. Nothing if it had ended, or if messages wait yet. */
  endSending(stamp: Stamp, key: SendingKey, end: SendingResult['end']): Promise<void>;
  forgetNumberUses(before: number): Promise<void>;
  forgetEarlyReceipts(before: number): Promise<void>;
  /** The trail tells that numbers were added or taken off and how many, not which. */
  setBarred(
    stamp: Stamp,
    digests: readonly Uint8Array[],
    isBarred: boolean,
    reason: 'asked' | 'opted-out',
    day: string,
  ): Promise<void>;
}

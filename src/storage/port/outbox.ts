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
  /** The contact's, for its delivery outcome. */
  readonly entry: Uint8Array;
  /** Keyed digest of the gateway's id; null: there is none. */
  readonly provider: Uint8Array | null;
  /** Keyed digest of the number, if it has now been written to or needed no message; null: neither. */
  readonly number: Uint8Array | null;
}

/** What the lists say about a number. */
export interface KnownNumber {
  /** null: it was not written to recently. */
  readonly use: NumberUse | null;
  /** It is on the do-not-contact list. */
  readonly isBarred: boolean;
}

/** A contact that opted out, in one survey. */
export interface OptedOutContact {
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly entry: Uint8Array;
  /** Where a message to this contact would be, in each sending of the county. */
  readonly messages: readonly { readonly sending: number; readonly recipient: Uint8Array }[];
}

/** A message that a gateway has accepted. */
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
  /** For all counties at once, which is cheaper per message. */
  countMessageStates(campaign: CampaignId): Promise<readonly StateCount[]>;
  /** Which of these recipients have a message in this sending, in any state (by position). */
  haveMessages(key: SendingKey, recipients: readonly Uint8Array[]): Promise<readonly boolean[]>;
  findSentMessage(campaign: CampaignId, provider: Uint8Array): Promise<SentMessage | undefined>;
  /** For a few numbers, by position; null: nothing is known about any. */
  findNumbers(digests: readonly (Uint8Array | null)[]): Promise<readonly KnownNumber[]>;
  /** Which of these numbers are on the do-not-contact list (by position). */
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
  /** Existing rows do not change. At most some hundred at a time; false: it is no longer being filled. */
  queueMessages(key: SendingKey, messages: QueuedMessages, at: number, day: string): Promise<boolean>;
  /** filling → running; nothing if it is no longer being filled. */
  finishFilling(key: SendingKey, audience: readonly Audience[]): Promise<void>;
  /**
   * Stores the results of messages that this worker still holds, and claims its next ones, in one transaction with one sync.
   * Delivery outcomes are stored, and opt-outs go on the do-not-contact list. Due messages of a running sending, at most `limit`
   * and as many as its daily cap allows, become `sending` in one statement: no two workers get the same one, in any number of
   * processes.
   */
  exchangeMessages(
    claim: Claim,
    results: readonly RecordedResult[],
    /** The channel prevents repetitions. */
    isIdempotent: boolean,
  ): Promise<ClaimedMessages>;
  /** Claims whose workers are gone are queued again, and counted as possible repetitions. Returns how many. */
  releaseStale(at: number): Promise<number>;
  /**
   * A receipt whose message is not known (yet) is kept until its submission is stored; one with nothing new changes nothing.
   * @param of the message and its contact, if known; `number` to be barred, if it opted out
   * @returns false if the message has become known since it was looked up: look it up again
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
   * Counts the reply. If it is an opt-out, the number is barred, the contact's outcome in open surveys is set, and waiting
   * messages are withdrawn, all in one transaction. Repeatable, except for the count.
   */
  recordReply(reply: {
    readonly channel: string;
    readonly day: string;
    readonly optOut: { readonly number: Uint8Array; readonly contacts: readonly OptedOutContact[] } | null;
  }): Promise<void>;
  /**
   * Withdraws messages that nobody has sent, at most `limit`; `all`: also those in progress, because the survey has ended.
   * Returns how many.
   */
  withdrawMessages(
    key: SendingKey,
    to: 'cancelled' | 'expired',
    day: string,
    limit: number,
    all?: boolean,
  ): Promise<number>;
  /** With its leaf. Nothing if it had ended, or if messages still wait. */
  endSending(stamp: Stamp, key: SendingKey, end: SendingResult['end']): Promise<void>;
  forgetNumberUses(before: number): Promise<void>;
  forgetEarlyReceipts(before: number): Promise<void>;
  /** The trail records how many numbers were added or removed, not which. */
  setBarred(
    stamp: Stamp,
    digests: readonly Uint8Array[],
    isBarred: boolean,
    reason: 'asked' | 'opted-out',
    day: string,
  ): Promise<void>;
}

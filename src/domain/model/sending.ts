/** Messages that the service itself sends: what is scheduled, and what became of it. */
import type { CampaignId, CountyCode } from './ids.ts';
import type { CountedSet } from './vocabulary.ts';
import type { MessageState } from '../messaging/outbox.ts';

/** `last-notice`: the same text to everybody who was invited, answered or not, a day or two before the end. */
export const sendingKinds = ['invitation', 'reminder', 'last-notice', 'replacement', 'late'] as const;
export type SendingKind = (typeof sendingKinds)[number];

/**
 * planned → filling (messages are being queued) → running ⇄ paused → finished. `stopping`: somebody cancelled it, and what waits is being
 * withdrawn; then cancelled.
 */
export const sendingStates = [
  'planned',
  'filling',
  'running',
  'paused',
  'stopping',
  'finished',
  'cancelled',
] as const;
export type SendingState = (typeof sendingStates)[number];

/** `fixed`: one address for everybody and a code of one's own; `link`: an address of one's own. */
export const textForms = ['fixed', 'link'] as const;
export type TextForm = (typeof textForms)[number];

/** How many contacts of a reporting stratum a sending was for, whether they had answered or not. */
export interface Audience {
  readonly reportingStratum: number;
  readonly set: CountedSet;
  readonly contacts: number;
}

export interface Sending {
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  /** From 1 within the county. */
  readonly no: number;
  readonly kind: SendingKind;
  readonly channel: string;
  readonly form: TextForm;
  readonly signature: string;
  readonly template: string;
  /** Messages a day at most; null: as many as the channel takes. */
  readonly perDay: number | null;
  /** Thousandths of a yuan for each segment; null: not stated. */
  readonly price: number | null;
  readonly dueAt: number;
  readonly state: SendingState;
  /** Known once it is filled. */
  readonly audience: readonly Audience[] | null;
  readonly by: string;
  readonly at: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** What had become of its messages when it ended; receipts may still change single ones. */
  readonly result: SendingResult | null;
}

export interface SendingResult {
  readonly end: 'finished' | 'cancelled' | 'closed';
  readonly counts: Readonly<Partial<Record<MessageState, number>>>;
  readonly segments: number;
  /** Messages that may have reached the person twice. */
  readonly repeats: number;
}

/** Messages of a sending that are in the same state, by the day on which they came to it. */
export interface MessageCount {
  readonly sending: number;
  readonly reportingStratum: number;
  readonly set: CountedSet;
  readonly state: MessageState;
  /** Why it failed, in one word; null: it did not. */
  readonly reason: string | null;
  /** YYYY-MM-DD, China time. */
  readonly day: string;
  readonly messages: number;
  readonly segments: number;
  /** Messages that may have reached the person twice. */
  readonly repeats: number;
}

/** Messages that a worker has claimed, in columns: hundreds of small objects cost more to hand from thread to thread than they cost otherwise. */
export interface ClaimedMessages {
  /** 16 bytes each, one after the other; they tell nothing of the person to whoever has not got the pseudonym key. */
  readonly recipients: Uint8Array;
  /** The one that begins now included. */
  readonly attempts: readonly number[];
  /** Position and sealed entry id, of rows from before the recipient was the encrypted entry id itself. */
  readonly sealedEntries: readonly (readonly [number, Uint8Array])[];
}

/** Rows to be queued, in columns likewise. */
export interface QueuedMessages {
  readonly recipients: Uint8Array;
  readonly reportingStrata: readonly number[];
  readonly sets: readonly CountedSet[];
}

/** Messages of a sending in one state, strata and days together. */
export interface StateCount {
  readonly county: CountyCode;
  readonly sending: number;
  readonly state: MessageState;
  readonly messages: number;
}

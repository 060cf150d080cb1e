/** Messages that the service itself sends: what is scheduled, and the results. */
import type { CampaignId, CountyCode } from './ids.ts';
import type { CountedSet } from './vocabulary.ts';
import type { MessageState } from '../messaging/outbox.ts';

/** `last-notice`: the same text to everyone invited, answered or not, a day or two before the end. */
export const sendingKinds = ['invitation', 'reminder', 'last-notice', 'replacement', 'late'] as const;
export type SendingKind = (typeof sendingKinds)[number];

/**
 * planned → filling (messages are being queued) → running ⇄ paused → finished. `stopping`: cancelled, and waiting messages are
 * being withdrawn; then cancelled.
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

/** `fixed`: one address for everyone, and a personal code; `link`: a personal address. */
export const textForms = ['fixed', 'link'] as const;
export type TextForm = (typeof textForms)[number];

/** Number of contacts of a reporting stratum that a sending was for, answered or not. */
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
  /** Maximum of messages a day; null: as many as the channel takes. */
  readonly perDay: number | null;
  /** Thousandths of a yuan per segment; null: not stated. */
  readonly price: number | null;
  readonly dueAt: number;
  readonly state: SendingState;
  /** Known once it is filled. */
  readonly audience: readonly Audience[] | null;
  readonly by: string;
  readonly at: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** State of its messages when it ended; receipts may still change single ones. */
  readonly result: SendingResult | null;
}

export interface SendingResult {
  readonly end: 'finished' | 'cancelled' | 'closed';
  readonly counts: Readonly<Partial<Record<MessageState, number>>>;
  readonly segments: number;
  /** Messages that may have reached the person twice. */
  readonly repeats: number;
}

/** Messages of a sending in one state, by the day on which they got into it. */
export interface MessageCount {
  readonly sending: number;
  readonly reportingStratum: number;
  readonly set: CountedSet;
  readonly state: MessageState;
  /** Reason of the failure, in one word; null: it did not fail. */
  readonly reason: string | null;
  /** YYYY-MM-DD, China time. */
  readonly day: string;
  readonly messages: number;
  readonly segments: number;
  /** Messages that may have reached the person twice. */
  readonly repeats: number;
}

/** Messages claimed by a worker, in columns: passing hundreds of small objects between threads costs more. */
export interface ClaimedMessages {
  /** 16 bytes each, concatenated; without the pseudonym key they reveal nothing about the person. */
  readonly recipients: Uint8Array;
  /** Including the one that begins now. */
  readonly attempts: readonly number[];
  /** Position and sealed entry id, for rows from before the recipient was the encrypted entry id. */
  readonly sealedEntries: readonly (readonly [number, Uint8Array])[];
}

/** Rows to be queued, also in columns. */
export interface QueuedMessages {
  readonly recipients: Uint8Array;
  readonly reportingStrata: readonly number[];
  readonly sets: readonly CountedSet[];
}

/** Messages of a sending in one state, over all strata and days. */
export interface StateCount {
  readonly county: CountyCode;
  readonly sending: number;
  readonly state: MessageState;
  readonly messages: number;
}

import type { CampaignId, CountyCode } from './ids.ts';
import type { Channel, CountedSet, PressureSource } from './vocabulary.ts';

export interface ResponseEntry {
  readonly campaign: CampaignId;
  /** null: the county of the code. */
  readonly county: CountyCode | null;
  readonly pseudonym: Uint8Array;
  readonly channel: Channel;
  /** The link's id if the channel is `link`: there is no issued code then. */
  readonly link: string | null;
  /** Number of the questionnaire with which the answers were parsed. */
  readonly questionnaire: number;
  /** 16 random bytes, unique to the revision, so that leaves of equal answers differ. */
  readonly nonce: Uint8Array;
  readonly answers: Uint8Array;
  readonly textId: Uint8Array;
  /** Replaces all comments stored under `textId`; empty deletes them. */
  readonly texts: readonly { readonly item: string; readonly body: string }[];
  /** "I was told what to answer". Earlier reports stay, even if this entry reports nothing. */
  readonly pressure?: SentPressure | undefined;
  /** Submitted faster than it can be read. Counted by stratum in memory while the survey is open, never stored. */
  readonly fast?: boolean | undefined;
  /**
   * The same sheet for other open campaigns, if the code is unknown to this one. Tried in order; they have no alternatives
   * themselves.
   */
  readonly otherwise?: readonly ResponseEntry[] | undefined;
}

export interface SentPressure {
  /** Derived from the code, unrelated to its pseudonym and to `textId`. */
  readonly id: Uint8Array;
  readonly source: PressureSource;
  /** Empty: nothing was added. */
  readonly body: string;
}

/** One respondent's report about one source. */
export interface PressureReport extends SentPressure {
  readonly reportingStratum: number;
}

/**
 * `stored`: durable and, if it is the effective revision, counted. `closed`: not open (any more). `voided`: its stratum is void.
 * `unknown`: no such code or link. `other-questionnaire`: its code answers another one. `failed`: this entry could not be stored;
 * the others of the batch were.
 */
export type RecordResult = 'stored' | 'closed' | 'voided' | 'unknown' | 'other-questionnaire' | 'failed';

/** A stored revision, with the strata under which it is counted. */
export interface StoredRevision {
  readonly revision: number;
  readonly channel: Channel;
  readonly questionnaire: number;
  readonly reportingStratum: number;
  readonly samplingStratum: number;
  readonly set: CountedSet;
  /** null: erased. */
  readonly answers: Uint8Array | null;
}

/**
 * The one answer of a respondent that counts, after close. The pseudonym is the start of the next page; it identifies nobody,
 * because its key is destroyed.
 */
export interface CountableAnswer extends Omit<StoredRevision, 'revision'> {
  readonly pseudonym: Uint8Array;
  readonly answers: Uint8Array;
}

/** A comment as stored: with its reporting stratum, and without a link to ratings, code or time. */
export interface StoredText {
  /** Derived from a key that is destroyed at close; looks random. */
  readonly textId: Uint8Array;
  readonly questionnaire: number;
  readonly item: string;
  readonly reportingStratum: number;
  readonly body: string;
}

import type { CampaignId, CountyCode } from './ids.ts';
import type { Channel, CountedSet, PressureSource } from './vocabulary.ts';

export interface ResponseEntry {
  readonly campaign: CampaignId;
  /** null: wherever the code was issued. */
  readonly county: CountyCode | null;
  readonly pseudonym: Uint8Array;
  readonly channel: Channel;
  /** The link's id where channel is `link`: there is no issued code then. */
  readonly link: string | null;
  /** Number of the questionnaire that the answers were parsed by. */
  readonly questionnaire: number;
  /** 16 random bytes, unique to the revision: keeps equal answers' leaves apart. */
  readonly nonce: Uint8Array;
  readonly answers: Uint8Array;
  readonly textId: Uint8Array;
  /** Replace whatever comments stand under `textId`; empty removes them. */
  readonly texts: readonly { readonly item: string; readonly body: string }[];
  /** "I was told what to answer". Whatever was reported before stays, also where this entry reports nothing. */
  readonly pressure?: SentPressure | undefined;
  /** Handed in sooner than it can be read. Counted by stratum in memory while open, never stored. */
  readonly fast?: boolean | undefined;
  /** The same sheet for other open campaigns, in case the code is unknown to this one. Tried in order, without alternatives of their own. */
  readonly otherwise?: readonly ResponseEntry[] | undefined;
}

export interface SentPressure {
  /** Of the code, unrelated to its pseudonym and to `textId`. */
  readonly id: Uint8Array;
  readonly source: PressureSource;
  /** Empty: nothing was added. */
  readonly body: string;
}

/** What one respondent reported of one source. */
export interface PressureReport extends SentPressure {
  readonly reportingStratum: number;
}

/**
 * `stored`: durable and, if it is the effective revision, counted. `closed`: not open (any more). `voided`: its stratum is void. `unknown`: no such
 * code or link. `other-questionnaire`: it belongs to a code that answers another one. `failed`: this one entry could not be stored; the
 * others of the batch were.
 */
export type RecordResult = 'stored' | 'closed' | 'voided' | 'unknown' | 'other-questionnaire' | 'failed';

/** A revision as read back, with what it is counted under. */
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

/** The one answer of a respondent that counts, after close. The pseudonym is where the next page begins, and is nobody's any more: its key is destroyed. */
export interface CountableAnswer extends Omit<StoredRevision, 'revision'> {
  readonly pseudonym: Uint8Array;
  readonly answers: Uint8Array;
}

/** A comment as kept: with its reporting stratum, without anything that ties it to ratings, code or time. */
export interface StoredText {
  /** Random-looking, of a key that is destroyed at close. */
  readonly textId: Uint8Array;
  readonly questionnaire: number;
  readonly item: string;
  readonly reportingStratum: number;
  readonly body: string;
}

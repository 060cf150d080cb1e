import type { CountedSet, Group } from './vocabulary.ts';
import type { Fate } from '../messaging/fate.ts';
import type { SchoolId } from './ids.ts';

export interface FrameCount {
  readonly group: Group;
  readonly school: SchoolId | null;
  /** Contacts affiliated with the school (a contact of two schools counts in both). */
  readonly contacts: number;
  readonly withPhone: number;
  /** Contacts with more than one school. */
  readonly shared: number;
  readonly late: number;
}

/** One contact of the frame with everything that freezing and drawing need; order: ascending entry id. */
export interface FrameEntry {
  readonly entry: Uint8Array;
  readonly group: Group;
  /** salt ‖ phone; null after the storage period, when there is `commitment` instead. */
  readonly sealed: Uint8Array | null;
  /** SHA-256(salt ‖ phone), kept when they are erased; null before, and if the key had been lost by then. */
  readonly commitment: Uint8Array | null;
  readonly affiliations: readonly { readonly school: SchoolId; readonly grade: number | null }[];
}

/** A contact that still holds something sealed. */
export interface SealedContact {
  readonly entry: Uint8Array;
  /** salt ‖ phone; null for slips. */
  readonly sealed: Uint8Array | null;
  /** One of the frozen roll: its commitment is kept. */
  readonly inRoll: boolean;
}

export interface DrawnContact {
  /** Entry id; null: a slip, which gets a contact row of its own with `slipNo`. */
  readonly entry: Uint8Array;
  readonly slip: { readonly group: Group; readonly no: number } | null;
  readonly school: SchoolId | null;
  readonly set: CountedSet;
  /** Reporting stratum, so that voiding and messages can be by stratum. */
  readonly reportingStratum: number;
  readonly sealedCode: Uint8Array;
}

export interface MessageContact {
  readonly entry: Uint8Array;
  readonly group: Group;
  /** null for slips. */
  readonly sealedPhone: Uint8Array | null;
  readonly hasPhone: boolean;
  readonly sealedCode: Uint8Array;
  readonly set: CountedSet;
  readonly school: SchoolId | null;
  readonly slipNo: number | null;
  readonly reportingStratum: number;
}

/** What decides whether a message goes to somebody whom messages reach: neither number nor code. */
export type ReachableContact = Pick<
  MessageContact,
  'entry' | 'group' | 'set' | 'school' | 'reportingStratum'
>;

/** What is needed of a contact to write to it. */
export type AddressedContact = Pick<MessageContact, 'group' | 'school' | 'sealedPhone' | 'sealedCode'>;

/** What a platform says of the messages to one contact. */
export interface FateCount {
  readonly fate: Fate;
  readonly contacts: number;
}

export interface ContactFate {
  readonly entry: Uint8Array;
  readonly fate: Fate;
}

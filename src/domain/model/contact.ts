import type { CountedSet, Group } from './vocabulary.ts';
import type { Fate } from '../messaging/fate.ts';
import type { SchoolId } from './ids.ts';

export interface FrameCount {
  readonly group: Group;
  readonly school: SchoolId | null;
  /** Contacts of the school (a contact of two schools is counted in both). */
  readonly contacts: number;
  readonly withPhone: number;
  /** Contacts with more than one school. */
  readonly shared: number;
  readonly late: number;
}

/** One contact of the frame with everything that freeze and draw need; in ascending order of entry ids. */
export interface FrameEntry {
  readonly entry: Uint8Array;
  readonly group: Group;
  /** salt ‖ phone; null after the storage period, when `commitment` replaces it. */
  readonly sealed: Uint8Array | null;
  /** SHA-256(salt ‖ phone), stored when they are erased; null before, and if the key was lost by then. */
  readonly commitment: Uint8Array | null;
  readonly affiliations: readonly { readonly school: SchoolId; readonly grade: number | null }[];
}

/** A contact with sealed data. */
export interface SealedContact {
  readonly entry: Uint8Array;
  /** salt ‖ phone; null for slips. */
  readonly sealed: Uint8Array | null;
  /** Of the frozen roll: its commitment is kept. */
  readonly inRoll: boolean;
}

export interface DrawnContact {
  /** Entry id; null: a slip, which gets its own contact row with `slipNo`. */
  readonly entry: Uint8Array;
  readonly slip: { readonly group: Group; readonly no: number } | null;
  readonly school: SchoolId | null;
  readonly set: CountedSet;
  /** Reporting stratum, because voids and messages can be limited to one. */
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

/** The facts that decide whether a contact gets a message; neither number nor code. */
export type ReachableContact = Pick<
  MessageContact,
  'entry' | 'group' | 'set' | 'school' | 'reportingStratum'
>;

/** The data needed to send a message to a contact. */
export type AddressedContact = Pick<MessageContact, 'group' | 'school' | 'sealedPhone' | 'sealedCode'>;

/** A platform's report on the messages to one contact. */
export interface FateCount {
  readonly fate: Fate;
  readonly contacts: number;
}

export interface ContactFate {
  readonly entry: Uint8Array;
  readonly fate: Fate;
}

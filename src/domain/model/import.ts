import type { CampaignId, CountyCode, SchoolId } from './ids.ts';
import type { Group } from './vocabulary.ts';
import type { Issue, MessageParams } from '../errors.ts';

export interface StagedRow {
  /** Position: file (index of the import's files), sheet and row as the clerk counts. */
  readonly row: number;
  readonly sheet: string;
  readonly group: Group;
  readonly school: SchoolId | null;
  readonly grade: number | null;
  /** Keyed digest of the phone or, without a phone, of file and row: equal digests are one contact. */
  readonly digest: Uint8Array;
  /** salt ‖ phone, sealed under the contacts key with the entry id as context. */
  readonly entry: Uint8Array;
  readonly sealed: Uint8Array;
  readonly hasPhone: boolean;
  /** Keyed digest of all numbers, if the row has several. */
  readonly household: Uint8Array | null;
}

export interface RowFault {
  readonly row: number;
  readonly sheet: string;
  readonly field: string;
  readonly message: string;
  readonly params: MessageParams;
}

export const importStates = [
  'reading',
  'staged',
  'applying',
  'applied',
  'discarded',
  'withdrawing',
  'withdrawn',
] as const;
export type ImportState = (typeof importStates)[number];

export interface ImportSummary {
  readonly good: number;
  readonly bad: number;
  /** Blank, total and sample rows. */
  readonly skipped: number;
  readonly unmappedColumns: number;
  /** By school: how many phone numbers are one above that of the previous row. */
  readonly consecutive: Readonly<Record<string, number>>;
  readonly warnings: readonly Issue[];
  /** Signs that the roll is not what it is declared to be: applying it needs a reason. */
  readonly doubts: readonly Issue[];
}

export interface RollImport {
  readonly id: string;
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly group: Group;
  readonly fileName: string;
  readonly fileHash: string | null;
  readonly state: ImportState;
  readonly summary: ImportSummary | null;
  readonly by: string;
  readonly at: number;
  /** After applying. */
  readonly added: number;
  readonly duplicates: number;
  /** Duplicates that named another school: the contact's multiplicity increased. */
  readonly joined: number;
  /** Duplicates whose grade this file replaced. */
  readonly corrected: number;
  /** For a late import after the freeze. */
  readonly lateReason: string | null;
  /** The stored file from which it was staged, if any. */
  readonly file: string | null;
  /** Why it was applied in spite of warnings. */
  readonly reason: string | null;
  /** Order in which rolls were applied; 0: not yet, or by a version that could not withdraw. */
  readonly appliedNo: number;
  readonly withdrawal: Withdrawal | null;
}

export interface Withdrawal {
  readonly by: string;
  readonly at: number;
  readonly reason: string;
  /** Contacts that no other roll names. */
  readonly removed: number;
  /** Contacts that other rolls also name. */
  readonly kept: number;
}

/** What one applied roll says about a contact. */
export interface RollStatement {
  /** `imports.no`; 0: a roll applied before statements were stored. */
  readonly source: number;
  readonly school: SchoolId | null;
  /** 0: none. */
  readonly grade: number;
}

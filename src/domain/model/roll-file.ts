/** A roll file that waits until a person confirms its group and columns. */
import type { Issue } from '../errors.ts';
import type { FrameField } from '../frame/roll/header.ts';
import type { CampaignId, CountyCode, SchoolId } from './ids.ts';
import type { Group } from './vocabulary.ts';

/**
 * `refused`: it could not be read, see `content.fault`. `closed`: applied, discarded or left for too long; its rows are erased.
 */
export const rollFileStates = ['reading', 'waiting', 'refused', 'closed'] as const;
export type RollFileState = (typeof rollFileStates)[number];

export interface FileColumn {
  /** From 0. */
  readonly index: number;
  /** '' if the sheet has no header. */
  readonly header: string;
  /** The guessed field; null: nothing that a roll needs. */
  readonly guess: FrameField | null;
  /** Whether its cells were kept: never for a column of names or identity numbers. */
  readonly isKept: boolean;
}

export interface FileSheet {
  /** '' of a text file. */
  readonly name: string;
  /** Rows of data, without the header. */
  readonly rows: number;
  /** Row number of the (last) header row; 0: none was recognised. Unknown for files received before it was stored. */
  readonly headerRow?: number | undefined;
  /** Index in `layouts`: sheets with the same columns share one. */
  readonly layout: number;
  /** The school named by the sheet or the file. */
  readonly school: SchoolId | null;
}

export interface FileContent {
  readonly layouts: readonly (readonly FileColumn[])[];
  readonly sheets: readonly FileSheet[];
  /** Best first; empty if no group matches. */
  readonly looksLike: readonly { readonly group: Group; readonly reasons: readonly Issue[] }[];
  readonly notices: readonly Issue[];
  /** Why it could not be read. */
  readonly fault: Issue | null;
  /** After it was applied: rows that were left out and can still be downloaded. */
  readonly leftOut: number;
}

export interface RollFile {
  readonly id: string;
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  /** For a file that came by a school's upload link. */
  readonly school: SchoolId | null;
  readonly fileName: string;
  readonly fileHash: string | null;
  readonly state: RollFileState;
  readonly content: FileContent | null;
  /** Sealed under the contacts key: see `FileChoices`. */
  readonly choices: Uint8Array | null;
  /** Staged from it last. */
  readonly import: string | null;
  readonly by: string;
  readonly at: number;
}

/** A person's choices for a file. */
export interface FileChoices {
  readonly group: Group | null;
  /** By layout: field of each column, by its position in the layout. */
  readonly layouts: readonly (readonly (FrameField | null)[])[];
  /** Layouts without a recognised header whose first row a person marks as one: it is not read. */
  readonly headed?: readonly number[] | undefined;
  /** By sheet: a school, or that the sheet is not read. */
  readonly sheets: readonly (SchoolId | 'skip' | null)[];
  /** Corrected cells: `sheet/row/column` → new value. */
  readonly cells: Readonly<Record<string, string>>;
  /** Which grade 初一 is. */
  readonly system?: '6-3' | '5-4' | undefined;
}

/** Key of a cell in `FileChoices.cells`, by 0-based sheet and column, and row number. */
export const cellKey = (sheet: number, row: number, column: number): string => `${sheet}/${row}/${column}`;

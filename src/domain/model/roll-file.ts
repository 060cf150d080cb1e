/** A file of a roll as it waits for a person to say whose it is and which column is what. */
import type { Issue } from '../errors.ts';
import type { FrameField } from '../frame/roll/header.ts';
import type { CampaignId, CountyCode, SchoolId } from './ids.ts';
import type { Group } from './vocabulary.ts';

/** `refused`: it could not be read, see `content.fault`. `closed`: applied, discarded or left for too long; its rows are gone. */
export const rollFileStates = ['reading', 'waiting', 'refused', 'closed'] as const;
export type RollFileState = (typeof rollFileStates)[number];

export interface FileColumn {
  /** From 0. */
  readonly index: number;
  /** '' where the sheet has no header. */
  readonly header: string;
  /** What it looks like; null: nothing that a roll needs. */
  readonly guess: FrameField | null;
  /** Whether its cells were kept: never of a column of names or identity numbers. */
  readonly isKept: boolean;
}

export interface FileSheet {
  /** '' of a text file. */
  readonly name: string;
  /** Rows of data; the header is none of them. */
  readonly rows: number;
  /** Row number of the (last) header row; 0: none was recognised. Not known of files that were received before it was kept. */
  readonly headerRow?: number | undefined;
  /** Position in `layouts`: sheets with equal columns share one. */
  readonly layout: number;
  /** The school that its name, or that of the file, says. */
  readonly school: SchoolId | null;
}

export interface FileContent {
  readonly layouts: readonly (readonly FileColumn[])[];
  readonly sheets: readonly FileSheet[];
  /** Best first; of a file that looks like nothing, none. */
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
  /** Of a file that came by a school's upload link. */
  readonly school: SchoolId | null;
  readonly fileName: string;
  readonly fileHash: string | null;
  readonly state: RollFileState;
  readonly content: FileContent | null;
  /** Under the contacts key: see `FileChoices`. */
  readonly choices: Uint8Array | null;
  /** Staged from it last. */
  readonly import: string | null;
  readonly by: string;
  readonly at: number;
}

/** What a person has said of a file. */
export interface FileChoices {
  readonly group: Group | null;
  /** By layout: field of each column, by its position among the layout's columns. */
  readonly layouts: readonly (readonly (FrameField | null)[])[];
  /** Layouts without a recognised header whose first row a person calls one: it is not read. */
  readonly headed?: readonly number[] | undefined;
  /** By sheet: a school, or that the sheet is not read. */
  readonly sheets: readonly (SchoolId | 'skip' | null)[];
  /** Corrected cells: `sheet/row/column` → what it should be. */
  readonly cells: Readonly<Record<string, string>>;
  /** Which grade 初一 is. */
  readonly system?: '6-3' | '5-4' | undefined;
}

export const cellKey = (sheet: number, row: number, column: number): string => `${sheet}/${row}/${column}`;

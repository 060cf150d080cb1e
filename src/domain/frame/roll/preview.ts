/**
 * The first rows of a table, for a person who maps the columns. Shown to the sender and not stored; long numbers are masked
 * anyway.
 */
import { sha256, toHex } from '../../hash.ts';
import { guessHeader, type HeaderKind } from './header.ts';
import { maskPhone } from '../../messaging/phone.ts';
import { cellText, type CellValue, type TableRow } from './table.ts';

const shownRows = 10;
const shownCharacters = 24;

export interface TablePreview<F extends string> {
  readonly sheet: string;
  readonly rows: readonly { readonly row: number; readonly cells: readonly string[] }[];
  /** Number of columns. */
  readonly width: number;
  /** What was recognised; 0 if nothing. */
  readonly headerRow: number;
  readonly columns: Readonly<Record<F, readonly number[]>>;
  /** Hash of the rows shown: tells whether the file sent with the chosen columns is the same. */
  readonly fingerprint: string;
}

/** The first rows with guessed columns, to be confirmed by a person. */
export function previewSheet<F extends string>(
  sheet: string,
  head: readonly TableRow[],
  kind: HeaderKind<F>,
): TablePreview<F> {
  const guess = guessHeader(head, kind);
  // Titles may take the first rows: the header is always among the rows shown.
  const from = Math.max(0, head.findIndex((row) => row.row === guess.headerRow) - 2);
  const rows = head
    .slice(from, from + shownRows)
    .map(({ row, cells }) => ({ row, cells: cells.map(masked) }));
  const width = Math.max(0, ...head.map((row) => row.cells.length));
  const fingerprint = toHex(sha256('table-preview\0', JSON.stringify([sheet, width, rows]))).slice(0, 32);
  return { sheet, rows, width, fingerprint, ...guess };
}

function masked(cell: CellValue): string {
  const text = cellText(cell).replace(/\d(?:[\s-]?\d){6,}/g, maskPhone);
  const characters = [...text];
  return characters.length > shownCharacters ? `${characters.slice(0, shownCharacters - 1).join('')}…` : text;
}

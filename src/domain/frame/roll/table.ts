/** Rows as a clerk sees them, whatever file they came from. Yielded by the adapter that reads files (src/tabular). */
import type { Issue } from '../../errors.ts';

/** Dates arrive as ISO text, booleans as TRUE/FALSE, error values (#N/A) and empty cells as null. */
export type CellValue = string | number | null;

/** Rows of a workbook that are hidden by hand or by a filter. */
export const hiddenRowChoices = ['read', 'skip'] as const;
export type HiddenRows = (typeof hiddenRowChoices)[number];

/**
 * A cell that differs from what a clerk sees: a formula without a stored result, an error value, or a number formatted as a date,
 * which is what a spreadsheet program makes of "3-1".
 */
export type CellMark = 'formula' | 'error' | 'date';

export interface TableRow {
  /** Name of the sheet; '' for a text file. */
  readonly sheet: string;
  /** 1-based, as the spreadsheet program numbers it. */
  readonly row: number;
  /** Without trailing empty cells. The value of a merged cell is repeated in its whole area. */
  readonly cells: readonly CellValue[];
  /** By 0-based column, if there are any. Formulas without a result and errors are null in `cells`. */
  readonly marks?: ReadonlyMap<number, CellMark>;
  /** Lines of a text file, if one record takes several. */
  readonly lines?: { readonly from: number; readonly to: number };
}

/**
 * What the reader skipped, or read although it is hidden. Part of the stream of rows, so that callers cannot take the rows and
 * lose the notices.
 */
export interface TableNotice {
  readonly notice: Issue;
}

export type TableItem = TableRow | TableNotice;

/** Whether the item of a table is a notice of the reader rather than a row. */
export function isNotice(item: TableItem): item is TableNotice {
  return 'notice' in item;
}

/** A fault in one field of a row. Never contains a value of an unmapped column, nor a whole phone number. */
export interface RowFault {
  readonly field: string;
  /** A key of the message files. */
  readonly message: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

/** A cell as trimmed text in Unicode compatibility form (full-width digits and letters become ASCII). */
export function cellText(cell: CellValue | undefined): string {
  if (cell === null || cell === undefined) return '';
  return (typeof cell === 'number' ? plainNumber(cell) : cell)
    .normalize('NFKC')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]/gu, '')
    .replace(/[\p{Cc}\p{Zs}\u2028\u2029]+/gu, ' ')
    .trim();
}

/** Whole numbers without an exponent, as long as they are exact. */
function plainNumber(value: number): string {
  return Number.isSafeInteger(value) ? value.toFixed(0) : String(value);
}

/** Excel keeps 15 significant digits of a number. */
const exactBelow = 1e15;

/**
 * Faults of cells from which no field can be read: a formula without a result, an error value, a date made by a spreadsheet
 * program, a number that has lost its last digits.
 */
export function cellFaults(
  row: TableRow,
  columns: Readonly<Record<string, readonly number[]>>,
): readonly RowFault[] {
  const faults: RowFault[] = [];
  for (const [field, own] of Object.entries(columns))
    for (const column of own) {
      const cell = row.cells[column];
      const problem =
        row.marks?.get(column) ??
        (typeof cell === 'number' && Math.abs(cell) >= exactBelow ? 'digits' : undefined);
      if (problem === undefined) continue;
      // Not the cell itself: faults are stored, and a date can be a date of birth.
      faults.push({ field, message: `roll.cell.${problem}`, params: { column: columnLetters(column) } });
    }
  return faults;
}

/** A for 0, as spreadsheet programs name columns. */
export function columnLetters(column: number): string {
  let letters = '';
  for (let n = column + 1; n > 0; n = Math.floor((n - 1) / 26))
    letters = String.fromCharCode(65 + ((n - 1) % 26)) + letters;
  return letters;
}

/** For a message: short, and without long runs of digits, which could be a phone or an identity number. */
export function shown(text: string): string {
  const masked = text.replace(/\d(?:[\s-]?\d){6,}/g, '…');
  return masked.length > 40 ? `${[...masked].slice(0, 39).join('')}…` : masked;
}

/** A mobile number in a title or header means that rows were swallowed. */
const swallowed = /1[3-9]\d{9}/;

/**
 * A stray quote makes one record of many lines: the rows in between are lost, and the rest can put a number under a wrong school.
 * So a record over several lines is a fault, unless the lines are in a cell whose every line the caller understands.
 * @param understood columns whose cells the caller reads line by line
 */
export function linesFault(
  { lines, cells }: TableRow,
  understood: readonly number[],
  isHeader: boolean,
): RowFault | undefined {
  if (lines === undefined) return undefined;
  const isBroken = cells.some(
    (cell, column) =>
      typeof cell === 'string' &&
      /[\r\n]/.test(cell) &&
      (isHeader ? swallowed.test(cell) : !understood.includes(column)),
  );
  return isBroken ? { field: '', message: 'roll.record.lines', params: { ...lines } } : undefined;
}

/** Whether no cell has a visible character. */
export function isBlankRow(cells: readonly CellValue[]): boolean {
  return cells.every((cell) => cellText(cell) === '');
}

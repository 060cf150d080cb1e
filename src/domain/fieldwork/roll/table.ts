/** Rows as a clerk sees them, whatever file they came from. The adapter that reads files (src/tabular) yields these. */

/** Dates arrive as ISO text, booleans as TRUE/FALSE, error values (#N/A) and empty cells as null. */
export type CellValue = string | number | null;

export interface TableRow {
  /** Name of the sheet; '' for a text file. */
  readonly sheet: string;
  /** 1-based, as the spreadsheet program numbers it. */
  readonly row: number;
  /** Without trailing empty cells. The value of a merged cell stands in its whole area. */
  readonly cells: readonly CellValue[];
}

/** What is wrong with one field of a row. Never holds a value of an unmapped column, nor a whole phone number. */
export interface RowFault {
  readonly field: string;
  /** A key of the message files. */
  readonly message: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

/** A cell as trimmed text in Unicode's compatibility form (full-width digits and letters become plain ones). */
export function cellText(cell: CellValue | undefined): string {
  if (cell === null || cell === undefined) return '';
  return (typeof cell === 'number' ? plainNumber(cell) : cell)
    .normalize('NFKC')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]/gu, '')
    .replace(/[\p{Cc}\p{Zs}\u2028\u2029]+/gu, ' ')
    .trim();
}

/** Whole numbers without an exponent, as far as they are exact. */
function plainNumber(value: number): string {
  return Number.isSafeInteger(value) ? value.toFixed(0) : String(value);
}

/** For a message: short, and without long runs of digits, which could be a phone or an identity number. */
export function shown(text: string): string {
  const masked = text.replace(/\d(?:[\s-]?\d){6,}/g, '…');
  return masked.length > 40 ? `${[...masked].slice(0, 39).join('')}…` : masked;
}

export function isBlankRow(cells: readonly CellValue[]): boolean {
  return cells.every((cell) => cellText(cell) === '');
}

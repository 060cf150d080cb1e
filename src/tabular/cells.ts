/** Common rules of reader and writer for cells. */
import { AppError } from '../domain/errors.ts';
import { formulaSigns } from '../domain/file-name.ts';
import type { CellValue } from '../domain/frame/roll/table.ts';

/**
 * A number displayed with this many decimals by .xlsx. It is written as given: a caller that must not round across a threshold
 * has already rounded it.
 */
export interface Decimal {
  readonly number: number;
  readonly decimals: number;
}
/** Text stays text (codes, phones: leading zeros and all digits are kept); a number is written as a number. */
export type Cell = string | number | Decimal | null;
export type Row = readonly Cell[];
export type Rows = AsyncIterable<Row> | Iterable<Row>;

/** A school register's export has about a hundred. */
export const MAX_COLUMNS = 256;

/**
 * What a spreadsheet program may take as a formula or command, in every width and form, even after blanks and invisible
 * characters, which programs trim; and any control character at the start. A leading apostrophe is doubled so that reading
 * reverses writing.
 */
const formulaStart = new RegExp(
  `^'*(?:\\p{Cc}|[\\p{Z}\\p{Cf}\\p{Cc}\\u115f\\u1160\\u3164\\uffa0]*[${formulaSigns}])`,
  'u',
);

/** OWASP "CSV injection": such a text gets a leading apostrophe. */
export function guard(text: string): string {
  return formulaStart.test(text) ? `'${text}` : text;
}

export function unguard(text: string): string {
  return text.startsWith("'") && formulaStart.test(text) ? text.slice(1) : text;
}

/** Removes trailing empty cells (formatted empty columns reach to XFD); more columns than a roll can have is a fault. */
export function checkWidth(cells: CellValue[], row: number, file: string): CellValue[] {
  let end = cells.length;
  while (end > 0 && (cells[end - 1] === null || cells[end - 1] === undefined)) end -= 1;
  if (end > MAX_COLUMNS) throw tooManyColumns(row, file);
  cells.length = end;
  return cells;
}

export function tooManyColumns(row: number, file: string): AppError {
  return new AppError('invalid', 'tabular.columns', { params: { file, row, max: MAX_COLUMNS } });
}

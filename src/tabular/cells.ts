/** What reader and writer share about cells. */
import { AppError } from '../domain/errors.ts';
import type { CellValue } from '../domain/fieldwork/roll/table.ts';

export const MAX_COLUMNS = 1024;

/** What a spreadsheet program may take for a formula, in half and full width. A leading apostrophe is doubled so that reading undoes writing. */
const formulaStart = /^'*[=+\-@\t\r＝＋－＠]/u;

/** OWASP "CSV injection": such a text gets a leading apostrophe. */
export function guard(text: string): string {
  return formulaStart.test(text) ? `'${text}` : text;
}

export function unguard(text: string): string {
  return text.startsWith("'") && formulaStart.test(text) ? text.slice(1) : text;
}

/** Trailing empty cells go (formatted but empty columns reach to XFD); more columns than a roll can have is a fault. */
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

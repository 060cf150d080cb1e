/**
 * Lists of counties as clerks write them: one per line, name or code, optionally with residents. Typed, pasted from a
 * spreadsheet, or from a file.
 */
import { countyCodeSchema, type CountyCode } from '../model/ids.ts';

export interface ListedCounty {
  /** The line as it was read, to be shown again. */
  readonly text: string;
  readonly line: number;
  readonly code: CountyCode | null;
  readonly name: string | null;
  /** NaN: not a number. `several`: more than one number, and no column is marked as residents. */
  readonly residents: number | 'several' | null;
}

const header = /^(?:县|县名|县区|县（区）|县（市、区）|名称|区划代码|代码|county|name|code)$/i;
const residentsHeader = /人口|residents|population/i;

/** Counties pasted into a field, one per line, as `readCountyRows` takes them. */
export function readCountyLines(text: string): readonly ListedCounty[] {
  return readCountyRows(
    text.split(/\r?\n/).map((line, i) => ({
      row: i + 1,
      // Commas or spaces group thousands. The same characters separate columns if no group of three digits follows.
      cells: line
        .normalize('NFKC')
        .replace(/(?<!\d)\d{1,3}(?:[, ]\d{3})+(?!\d)/g, (number) => number.replace(/[, ]/g, ''))
        .split(/[,、;\s]+/),
    })),
  );
}

/** Counties of a table: the code first if there is one, the name, and residents under their heading or as the only number. */
export function readCountyRows(
  rows: Iterable<{ readonly row: number; readonly cells: readonly string[] }>,
): readonly ListedCounty[] {
  const found: ListedCounty[] = [];
  let isFirst = true;
  let residentsAt = -1;
  for (const { row, cells } of rows) {
    const all = cells.map((cell) => cell.normalize('NFKC').trim());
    const texts = all.filter((cell) => cell !== '');
    const [first] = texts;
    if (first === undefined) continue;
    const isHeader = isFirst && header.test(first);
    isFirst = false;
    if (isHeader) {
      residentsAt = all.findIndex((cell) => residentsHeader.test(cell));
      continue;
    }
    const code = countyCodeSchema.safeParse(first);
    const rest = texts.slice(1);
    const name = code.success ? (rest.find((text) => !/\d/.test(text)) ?? null) : first;
    const numbers = residentsAt < 0 ? rest.filter((text) => text !== name) : [all[residentsAt] ?? ''];
    const [number = ''] = numbers;
    found.push({
      text: texts.join(' '),
      line: row,
      code: code.success ? code.data : null,
      name,
      residents: number === '' ? null : numbers.length > 1 ? 'several' : readCount(number),
    });
  }
  return found;
}

/** `385,000`, `３８５０００` → 385000; NaN for anything else, including 38.5万: rounded numbers are not accepted. */
export function readCount(text: string): number {
  const plain = text.normalize('NFKC').replace(/[\s,]/g, '');
  return /^\d{1,12}$/.test(plain) ? Number(plain) : Number.NaN;
}

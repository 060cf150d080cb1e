/** Counties as a clerk lists them: one a line, name or code, and residents where they are known; typed, pasted from a spreadsheet, or from a file. */
import { countyCodeSchema, type CountyCode } from '../model/ids.ts';

export interface ListedCounty {
  /** As it was read, to be shown again. */
  readonly text: string;
  readonly line: number;
  readonly code: CountyCode | null;
  readonly name: string | null;
  /** NaN: something stands there that is no number. */
  readonly residents: number | null;
}

const header = /^(?:县|县名|县区|县（区）|县（市、区）|名称|区划代码|代码|county|name|code)$/i;

export function readCountyLines(text: string): readonly ListedCounty[] {
  return readCountyRows(
    text.split(/\r?\n/).map((line, i) => ({
      row: i + 1,
      // Thousands are grouped by commas; columns are apart by tabs, spaces or full-width marks, or by a comma that no digit follows and precedes.
      cells: line.replace(/(\d),(?=\d{3}(?!\d))/g, '$1').split(/[\t,，、;；\s]+/),
    })),
  );
}

export function readCountyRows(
  rows: Iterable<{ readonly row: number; readonly cells: readonly string[] }>,
): readonly ListedCounty[] {
  const found: ListedCounty[] = [];
  let isFirst = true;
  for (const { row, cells } of rows) {
    const texts = cells.map((cell) => cell.normalize('NFKC').trim()).filter((cell) => cell !== '');
    const [first] = texts;
    if (first === undefined) continue;
    const isHeader = isFirst && header.test(first);
    isFirst = false;
    if (isHeader) continue;
    const code = countyCodeSchema.safeParse(first);
    const rest = texts.slice(1);
    const name = code.success ? (rest.find((text) => !/\d/.test(text)) ?? null) : first;
    const number = rest.find((text) => text !== name);
    found.push({
      text: texts.join(' '),
      line: row,
      code: code.success ? code.data : null,
      name,
      residents: number === undefined ? null : readCount(number),
    });
  }
  return found;
}

/** `385,000`, `３８５０００` → 385000; NaN for anything else, 38.5万 too: nobody rounds for us. */
export function readCount(text: string): number {
  const plain = text.normalize('NFKC').replace(/[\s,]/g, '');
  return /^\d{1,12}$/.test(plain) ? Number(plain) : Number.NaN;
}

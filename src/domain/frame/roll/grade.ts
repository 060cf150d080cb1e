/** Grades of compulsory education, 1 to 9. A year of entry (2019级) would need the school's system, and is not guessed. */
import { cellText, type CellValue } from './table.ts';

export type GradeResult =
  | { readonly ok: true; readonly grade: number | null }
  | {
      readonly ok: false;
      readonly message: 'roll.grade.cohort' | 'roll.grade.date' | 'roll.grade.outside' | 'roll.grade.unknown';
    };

const numerals = '一二三四五六七八九';

/** What spreadsheet programs make of "3-1" and then write to a CSV file. */
const dateText =
  /^(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:t?[\d:]+)?$|^\d{1,2}月\d{1,2}日$|^\d{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*$|^(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*-\d{1,2}$/;

/** @param system years of primary and junior school: determines whether 初一 is 7 or 6 */
export function parseGrade(cell: CellValue | undefined, system: '6-3' | '5-4' = '6-3'): GradeResult {
  const text = cellText(cell).toLowerCase().replace(/\s/g, '');
  if (text === '' || /^[-/—–无]$/.test(text)) return { ok: true, grade: null };
  if (dateText.test(text)) return { ok: false, message: 'roll.grade.date' };
  if (/^(?:19|20)\d{2}(?!\d)/.test(text)) return { ok: false, message: 'roll.grade.cohort' };
  if (/高[一二三中]|幼儿|学前|大班|中班|小班|托班|大专|中职|职高/.test(text))
    return { ok: false, message: 'roll.grade.outside' };
  const junior = /^(?:初中|初)([一二三四1-4])(?:年级)?(?![\d一二三四五六七八九十])/.exec(text);
  if (junior) {
    const base = system === '5-4' ? 5 : 6;
    return within(base + numeral(junior[1]!));
  }
  const named =
    /^(?:小学|小|九年一贯制)?([一二三四五六七八九1-9])年级/.exec(text) ??
    /^小(?:学)?([一二三四五六])(?!\d)/.exec(text);
  if (named) return within(numeral(named[1]!));
  // A grade followed by a class: only the grade is used.
  const bare =
    /^(?:g|grade|year|y)?([1-9])(?:年)?$/.exec(text) ??
    /^([一二三四五六七八九])(?:年)?$/.exec(text) ??
    /^([一二三四五六七八九1-9])[(.\-](?:\d{1,2}|[一二三四五六七八九十]+)\)?班?$/.exec(text) ??
    /^([一二三四五六七八九])(?:\d{1,2}|[一二三四五六七八九十]+)班$/.exec(text);
  if (bare) return within(numeral(bare[1]!));
  if (/^(?:g|grade|year)?(?:0|1[0-3])(?:年级)?$/.test(text) || /^十[一二]?年级/.test(text))
    return { ok: false, message: 'roll.grade.outside' };
  return { ok: false, message: 'roll.grade.unknown' };
}

function numeral(text: string): number {
  const index = numerals.indexOf(text);
  return index >= 0 ? index + 1 : Number(text);
}

function within(grade: number): GradeResult {
  return grade >= 1 && grade <= 9 ? { ok: true, grade } : { ok: false, message: 'roll.grade.outside' };
}

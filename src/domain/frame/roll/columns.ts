/**
 * What each column of a sheet holds, from its header and first rows, and whether its cells may be kept until a person has
 * confirmed the file. A column is kept only if a roll may need it. Names, identity numbers, birth dates and unknown columns are
 * left out, so that they never reach the disk.
 */
import { parsePhones } from '../../messaging/phone.ts';
import type { FileColumn } from '../../model/roll-file.ts';
import { parseGrade } from './grade.ts';
import { frameHeader, guessHeader, type FrameField } from './header.ts';
import type { SchoolIndex } from './school-index.ts';
import { cellText, type CellValue, type TableRow } from './table.ts';

/** Number of rows that are examined before the first one is kept. */
export const judgedRows = 200;

/** Never kept, whatever the cells look like, unless the header says that it is a phone number. */
const privateHeader =
  /姓名|名字|身份|证件|证号|出生|生日|年龄|性别|民族|学号|学籍|考号|住址|地址|户籍|籍贯|银行|账号|卡号|邮箱|微信|qq|备注|name|birth|identity|address/iu;
const identity = /^\d{15}$|^\d{17}[\dx]$/iu;
const schoolWord = /(?:小学|中学|初中|学校|教学点|完小|一小|二小|一中|二中|校区|分校)$/u;
const groupWord =
  /^(?:学生)?(?:家长|监护人|教师|老师|教职工|校长|园长|人大代表|政协委员|代表|委员|群众|居民)$/u;
const townshipWord = /^[\p{Script=Han}]{1,8}(?:镇|乡|街道|街道办事处)$/u;
/** A single digit may also be a row number. */
const gradeWord = /年级|^[初小][一二三四五六]|^[一二三四五六七八九][(（年班]?/u;

export interface ClassifiedSheet {
  /** 0: none. */
  readonly headerRow: number;
  readonly columns: readonly FileColumn[];
}

/** What each column of a sheet holds, judged by `head`, its first rows. Schools are recognised by `schools`. */
export function classifyColumns(head: readonly TableRow[], schools: SchoolIndex): ClassifiedSheet {
  // The header of a group that needs no school, so that one sheet per school is as good as a column of schools.
  const { headerRow, columns: named } = guessHeader(head, frameHeader('principal'));
  const header = head.find((row) => row.row === headerRow);
  const data = head.filter((row) => row.row > headerRow);
  const width = Math.max(0, ...head.map((row) => row.cells.length));
  const fieldOf = (index: number): FrameField | null =>
    (Object.entries(named).find(([, own]) => own.includes(index))?.[0] as FrameField | undefined) ?? null;
  const columns = Array.from({ length: width }, (_, index): FileColumn => {
    const title = headerRow === 0 ? '' : headerText(header?.cells[index]);
    const field = fieldOf(index);
    const cells = data.map((row) => row.cells[index]).filter((cell) => cellText(cell) !== '');
    const share = (test: (cell: CellValue | undefined, text: string) => boolean) =>
      cells.length === 0 ? 0 : cells.filter((cell) => test(cell, cellText(cell))).length / cells.length;
    const base = { index, header: title };
    const isPrivate = share((_cell, text) => identity.test(text)) > 0.02;
    if (field !== null && !(isPrivate && field !== 'phone')) return { ...base, guess: field, isKept: true };
    if (isPrivate || privateHeader.test(title)) return { ...base, guess: null, isKept: false };
    const phones = share((cell) => parsePhones(cell ?? null).phones.length > 0);
    if (phones >= 0.5) return { ...base, guess: 'phone', isKept: true };
    const names = share((_cell, text) => schoolWord.test(text) || schools.byName(text).kind === 'one');
    // Columns that the header names need no guess.
    const guessed = (guess: FrameField) => ({
      ...base,
      guess: named[guess].length > 0 ? null : guess,
      isKept: true,
    });
    if (names >= 0.5) return guessed('school');
    if (share((_cell, text) => schools.byCode(text).kind === 'one') >= 0.5) return guessed('schoolCode');
    const others: readonly [FrameField, number][] = [
      ['group', share((_cell, text) => groupWord.test(text))],
      ['township', share((_cell, text) => townshipWord.test(text))],
      ['grade', share((cell, text) => gradeWord.test(text) && isGrade(cell))],
    ];
    const best = others.find(([, part]) => part >= 0.8);
    if (best) return guessed(best[0]);
    return { ...base, guess: null, isKept: phones >= 0.2 || names >= 0.2 };
  });
  return { headerRow, columns: onlyOnce(columns) };
}

function isGrade(cell: CellValue | undefined): boolean {
  const parsed = parseGrade(cell);
  return parsed.ok && parsed.grade !== null;
}

/** Except for phones, a field has one column: the one that the header names, else the leftmost. */
function onlyOnce(columns: readonly FileColumn[]): readonly FileColumn[] {
  const taken = new Set<FrameField>();
  return columns.map((column) => {
    const { guess } = column;
    if (guess === null || guess === 'phone') return column;
    if (taken.has(guess)) return { ...column, guess: null };
    taken.add(guess);
    return column;
  });
}

/** Anything that could be data is left out. */
function headerText(cell: CellValue | undefined): string {
  const text = cellText(cell);
  return text.length <= 20 && !/\d{4}|@/.test(text) ? text : '';
}

/** Sheets with the same columns are confirmed together. */
export function layoutKey(columns: readonly FileColumn[]): string {
  return JSON.stringify(columns.map((c) => [c.header, c.isKept, c.guess]));
}

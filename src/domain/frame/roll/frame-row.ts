/**
 * Converts a row of a roll to a contact: school, grade, at most one number. Data minimisation: the first mobile of a household is
 * kept, and a landline only if there is no mobile. Only mapped columns are read. Faults are stored, so they contain nothing of an
 * unmatched cell: with a wrong delimiter it can be a person's name. The clerk finds the cell by row and field. A blank school is
 * a fault: merged cells were filled by the reader, and nothing else is guessed. There is one parser per sheet, because each has
 * its own header. Townships are recognised but not kept: the school list has them.
 */
import type { SchoolId } from '../../model/ids.ts';
import { countyLevelGroups, type Group } from '../../model/vocabulary.ts';
import { parseGrade } from './grade.ts';
import type { FrameField, HeaderMapping } from './header.ts';
import { parsePhones, type ParsedPhones } from '../../messaging/phone.ts';
import { skipReason, skipReasons, type SkipReason } from './rows.ts';
import type { SchoolIndex } from './school-index.ts';
import {
  cellFaults,
  cellText,
  columnLetters,
  linesFault,
  type CellValue,
  type RowFault,
  type TableRow,
} from './table.ts';

export interface FrameEntry {
  /** Null only in groups reported by county. */
  readonly school: SchoolId | null;
  readonly grade: number | null;
  /** None or one mobile, 11 digits. */
  readonly phones: readonly string[];
  /** At most one, only if there is no mobile: for an interviewer. */
  readonly landlines: readonly string[];
  /** All mobiles of the row, or all landlines if there is no mobile; empty unless there are several. */
  readonly household: readonly string[];
}

interface Place {
  readonly sheet: string;
  readonly row: number;
}

export type FrameRowResult = Place &
  (
    | { readonly kind: 'entry'; readonly entry: FrameEntry; readonly warnings: readonly RowFault[] }
    | { readonly kind: 'fault'; readonly faults: readonly RowFault[] }
    | { readonly kind: 'skipped'; readonly reason: SkipReason }
  );

export interface FrameRowOptions {
  readonly group: Group;
  readonly schools: SchoolIndex;
  readonly mapping: HeaderMapping<FrameField>;
  /** Decides what 初一 is. */
  readonly system?: '6-3' | '5-4';
  /** For rows that name no school: the sheet's. `isOnly`: a row of another school is a fault, as in a file that a school sent. */
  readonly school?: { readonly id: SchoolId; readonly isOnly: boolean };
}

export interface FrameRowParser {
  readonly parse: (row: TableRow) => FrameRowResult;
  /** So far. */
  readonly counts: () => Readonly<Record<'entries' | 'faulty' | 'withoutPhone' | SkipReason, number>>;
}

/** A parser for the rows of one sheet; it counts its results. Never throws on input: a bad row is a result with its faults. */
export function createFrameRowParser(options: FrameRowOptions): FrameRowParser {
  const { columns, headerRow } = options.mapping;
  const mapped = Object.values(columns).flat();
  const counts: Record<'entries' | 'faulty' | 'withoutPhone' | SkipReason, number> = {
    entries: 0,
    faulty: 0,
    withoutPhone: 0,
    ...(Object.fromEntries(skipReasons.map((r) => [r, 0])) as Record<SkipReason, number>),
  };

  function parse(row: TableRow): FrameRowResult {
    const place = { sheet: row.sheet, row: row.row };
    const broken = linesFault(row, columns.phone, row.row <= headerRow);
    if (broken) {
      counts.faulty += 1;
      return { ...place, kind: 'fault', faults: [broken] };
    }
    const skipped = row.row <= headerRow ? 'header' : skipReason(row.cells, mapped);
    // A row of formulas without results looks blank.
    const isHiddenByFormula = skipped === 'blank' && cellFaults(row, columns).length > 0;
    if (skipped !== undefined && !isHiddenByFormula) {
      counts[skipped] += 1;
      return { ...place, kind: 'skipped', reason: skipped };
    }
    // One of several numbers may be unreadable: see readPhones.
    const unreadable = cellFaults(row, { ...columns, phone: [] });
    if (unreadable.length > 0) {
      counts.faulty += 1;
      return { ...place, kind: 'fault', faults: unreadable };
    }
    const faults: RowFault[] = [];
    const warnings: RowFault[] = [];
    checkGroup(row, options, faults);
    const school = findSchool(row, options, faults);
    const grade = readGrade(row, options, faults);
    const contact = readPhones(row, options, faults, warnings);
    if (faults.length > 0) {
      counts.faulty += 1;
      return { ...place, kind: 'fault', faults: faults.map((fault) => withColumn(fault, row, columns)) };
    }
    counts.entries += 1;
    if (contact.phones.length === 0) counts.withoutPhone += 1;
    return { ...place, kind: 'entry', entry: { school, grade, ...contact }, warnings };
  }

  return { parse, counts: () => ({ ...counts }) };
}

/** Where the clerk looks, because the fault does not contain the cell. */
function withColumn(
  fault: RowFault,
  row: TableRow,
  columns: Readonly<Record<FrameField, readonly number[]>>,
): RowFault {
  const own = fault.field === 'school' ? [...columns.school, ...columns.schoolCode] : [];
  const candidates = own.length > 0 ? own : (columns[fault.field as FrameField] ?? []);
  const column = candidates.find((c) => cellText(row.cells[c]) !== '') ?? candidates[0];
  if (column === undefined) return fault;
  return { ...fault, params: { column: columnLetters(column), ...fault.params } };
}

function textOf(row: TableRow, columns: readonly number[]): string {
  return columns.map((column) => cellText(row.cells[column])).find((text) => text !== '') ?? '';
}

const groupWords: readonly (readonly [RegExp, Group])[] = [
  [/^(?:学生)?(?:家长|监护人)|^parents?$|^guardians?$/i, 'parent'],
  [/校长|园长|^principals?$/i, 'principal'],
  [/教师|老师|教职工|^teachers?$/i, 'teacher'],
  [/人大|政协|代表|委员|^deput(?:y|ies)$/i, 'deputy'],
  [/群众|公众|居民|社会|^public$/i, 'public'],
  [/^学生|^students?$|^pupils?$/i, 'student'],
];

function parseGroup(text: string): Group | undefined {
  return groupWords.find(([words]) => words.test(text))?.[1];
}

function checkGroup(row: TableRow, options: FrameRowOptions, faults: RowFault[]): void {
  const text = textOf(row, options.mapping.columns.group);
  if (text === '') return;
  const group = parseGroup(text);
  if (group === undefined) faults.push({ field: 'group', message: 'roll.group.unknown', params: {} });
  else if (group !== options.group) faults.push({ field: 'group', message: 'roll.group.other', params: {} });
}

function findSchool(row: TableRow, options: FrameRowOptions, faults: RowFault[]): SchoolId | null {
  const { schools, mapping, group, school: given } = options;
  const name = textOf(row, mapping.columns.school);
  const code = textOf(row, mapping.columns.schoolCode);
  const optional = countyLevelGroups.has(group);
  const fail = (message: string, params: Record<string, string>): null => {
    // Principals and deputies are reported by county; their workplace need not be a school of the list.
    if (!optional || given?.isOnly === true) faults.push({ field: 'school', message, params });
    return null;
  };
  if (given && name === '' && code === '') return given.id;
  const found = (id: SchoolId): SchoolId | null =>
    given?.isOnly === true && id !== given.id ? fail('roll.school.not-own', {}) : id;
  const byCode = code === '' ? undefined : schools.byCode(code);
  const township = textOf(row, mapping.columns.township);
  const byName = name === '' ? undefined : schools.byName(name, township);
  if (byCode?.kind === 'one') {
    const same = byName === undefined || byName.kind !== 'one' || byName.school.id === byCode.school.id;
    return same ? found(byCode.school.id) : fail('roll.school.conflict', {});
  }
  if (byName?.kind === 'one') return found(byName.school.id);
  if (byName?.kind === 'several') return fail('roll.school.several', {});
  if (byName?.kind === 'none')
    return byName.nearest.length > 0
      ? fail('roll.school.near', { nearest: byName.nearest.join('、') })
      : fail('roll.school.unknown', {});
  return fail(code === '' ? 'roll.school.blank' : 'roll.school.unknownCode', {});
}

function readGrade(row: TableRow, options: FrameRowOptions, faults: RowFault[]): number | null {
  const column = options.mapping.columns.grade.find((c) => cellText(row.cells[c]) !== '');
  if (column === undefined) return null;
  const result = parseGrade(row.cells[column], options.system);
  if (result.ok) return result.grade;
  faults.push({ field: 'grade', message: result.message, params: {} });
  return null;
}

function readPhones(
  row: TableRow,
  options: FrameRowOptions,
  faults: RowFault[],
  warnings: RowFault[],
): Omit<FrameEntry, 'school' | 'grade'> {
  // Pupils get no messages (domain.md §7): their numbers are not even read.
  if (options.group === 'student') return { phones: [], landlines: [], household: [] };
  const mobiles = new Set<string>();
  const landlines = new Set<string>();
  const wrong: RowFault[] = [];
  for (const column of options.mapping.columns.phone) {
    const unreadable = cellFaults(row, { phone: [column] });
    wrong.push(...unreadable);
    if (unreadable.length > 0) continue;
    const cell = row.cells[column] ?? null;
    const parsed = parsePhones(cell);
    if (isTorn(row, cell, parsed)) {
      faults.push({ field: 'phone', message: 'roll.record.lines', params: { ...row.lines } });
      continue;
    }
    for (const phone of parsed.phones) (phone.kind === 'mobile' ? mobiles : landlines).add(phone.number);
    wrong.push(...parsed.faults.map((fault) => ({ field: 'phone', ...fault })));
    warnings.push(...parsed.warnings.map((warning) => ({ field: 'phone', ...warning })));
  }
  const [mobile] = mobiles;
  const [landline] = landlines;
  // An unreadable number is a fault of the row only if no other can be used.
  (mobile === undefined && landline === undefined ? faults : warnings).push(...wrong);
  const dropped = mobiles.size + landlines.size - (mobile !== undefined || landline !== undefined ? 1 : 0);
  if (dropped > 0)
    warnings.push({ field: 'phone', message: 'roll.phone.dropped', params: { count: dropped } });
  const all = mobile === undefined ? landlines : mobiles;
  const household = all.size > 1 ? [...all] : [];
  if (mobile !== undefined) return { phones: [mobile], landlines: [], household };
  if (wrong.length === 0)
    warnings.push({
      field: 'phone',
      message: landline === undefined ? 'roll.phone.none' : 'roll.phone.landlineOnly',
    });
  return { phones: [], landlines: landline === undefined ? [] : [landline], household };
}

/** Maximum number of lines for the numbers of one household. */
const householdLines = 4;

/** Not every line is a number: a stray quote has pulled rows of the table into this cell. */
function isTorn({ lines }: TableRow, cell: CellValue, parsed: ParsedPhones): boolean {
  if (lines === undefined || typeof cell !== 'string' || !/[\r\n]/.test(cell)) return false;
  return (
    lines.to - lines.from >= householdLines ||
    parsed.faults.length > 0 ||
    parsed.warnings.some((warning) => warning.message === 'roll.phone.extracted')
  );
}

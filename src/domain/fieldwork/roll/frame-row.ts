/**
 * A row of a frame to a contact: school, grade, at most one number. Minimum necessary: of a household's numbers the first mobile
 * stays, and a landline only where there is no mobile. Only mapped columns are read; messages hold no value of another, and
 * numbers only masked. A blank school is a fault: what was merged has been filled by the reader, the rest is not guessed.
 * One parser a sheet, since each has its own header. A township is recognised and not kept: the school list has it.
 */
import type { SchoolId } from '../../ids.ts';
import { countyLevelGroups, type Group } from '../../vocabulary.ts';
import { parseGrade } from './grade.ts';
import type { FrameField, HeaderMapping } from './header.ts';
import { parsePhones } from './phone.ts';
import { skipReason, skipReasons, type SkipReason } from './rows.ts';
import type { SchoolIndex } from './school-index.ts';
import { cellFaults, cellText, shown, type RowFault, type TableRow } from './table.ts';

export interface FrameEntry {
  /** Null only in groups that are reported by county. */
  readonly school: SchoolId | null;
  readonly grade: number | null;
  /** None or one mobile, 11 digits. */
  readonly phones: readonly string[];
  /** None or one, only where there is no mobile: for an interviewer. */
  readonly landlines: readonly string[];
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
}

export interface FrameRowParser {
  readonly parse: (row: TableRow) => FrameRowResult;
  /** So far. */
  readonly counts: () => Readonly<Record<'entries' | 'faulty' | 'withoutPhone' | SkipReason, number>>;
}

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
    const skipped = row.row <= headerRow ? 'header' : skipReason(row.cells, mapped);
    // A row of formulas without results looks blank.
    const isHiddenByFormula = skipped === 'blank' && cellFaults(row, columns).length > 0;
    if (skipped !== undefined && !isHiddenByFormula) {
      counts[skipped] += 1;
      return { ...place, kind: 'skipped', reason: skipped };
    }
    // Of several numbers one may be unreadable: see readPhones.
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
      return { ...place, kind: 'fault', faults };
    }
    counts.entries += 1;
    if (contact.phones.length === 0) counts.withoutPhone += 1;
    return { ...place, kind: 'entry', entry: { school, grade, ...contact }, warnings };
  }

  return { parse, counts: () => ({ ...counts }) };
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
  if (group === undefined)
    faults.push({ field: 'group', message: 'roll.group.unknown', params: { value: shown(text) } });
  else if (group !== options.group)
    faults.push({ field: 'group', message: 'roll.group.other', params: { value: shown(text) } });
}

function findSchool(row: TableRow, options: FrameRowOptions, faults: RowFault[]): SchoolId | null {
  const { schools, mapping, group } = options;
  const name = textOf(row, mapping.columns.school);
  const code = textOf(row, mapping.columns.schoolCode);
  const optional = countyLevelGroups.has(group);
  const fail = (message: string, params: Record<string, string>): null => {
    // Principals and deputies are reported by county; what stands as their workplace need not be a school of the list.
    if (!optional) faults.push({ field: 'school', message, params });
    return null;
  };
  const byCode = code === '' ? undefined : schools.byCode(code);
  const byName = name === '' ? undefined : schools.byName(name);
  if (byCode?.kind === 'one') {
    const same = byName === undefined || byName.kind !== 'one' || byName.school.id === byCode.school.id;
    return same
      ? byCode.school.id
      : fail('roll.school.conflict', { value: shown(name), code: shownCode(code) });
  }
  if (byName?.kind === 'one') return byName.school.id;
  if (byName?.kind === 'several') return fail('roll.school.several', { value: shown(name) });
  if (byName?.kind === 'none')
    return byName.nearest.length > 0
      ? fail('roll.school.near', { value: shown(name), nearest: byName.nearest.join('、') })
      : fail('roll.school.unknown', { value: shown(name) });
  return code === ''
    ? fail('roll.school.blank', {})
    : fail('roll.school.unknownCode', { code: shownCode(code) });
}

/** A school's code has ten digits and may be shown; an identity number has eighteen and may not. */
function shownCode(code: string): string {
  return code.length <= 14 && !/^1[3-9]\d{9}$/.test(code) ? code : shown(code);
}

function readGrade(row: TableRow, options: FrameRowOptions, faults: RowFault[]): number | null {
  const column = options.mapping.columns.grade.find((c) => cellText(row.cells[c]) !== '');
  if (column === undefined) return null;
  const result = parseGrade(row.cells[column], options.system);
  if (result.ok) return result.grade;
  faults.push({
    field: 'grade',
    message: result.message,
    params: { value: shown(cellText(row.cells[column])) },
  });
  return null;
}

function readPhones(
  row: TableRow,
  options: FrameRowOptions,
  faults: RowFault[],
  warnings: RowFault[],
): Pick<FrameEntry, 'phones' | 'landlines'> {
  // Pupils are not written to (domain.md §7): their numbers are not even read.
  if (options.group === 'student') return { phones: [], landlines: [] };
  const mobiles = new Set<string>();
  const landlines = new Set<string>();
  const wrong: RowFault[] = [];
  for (const column of options.mapping.columns.phone) {
    const unreadable = cellFaults(row, { phone: [column] });
    wrong.push(...unreadable);
    if (unreadable.length > 0) continue;
    const parsed = parsePhones(row.cells[column] ?? null);
    for (const phone of parsed.phones) (phone.kind === 'mobile' ? mobiles : landlines).add(phone.number);
    wrong.push(...parsed.faults.map((fault) => ({ field: 'phone', ...fault })));
    warnings.push(...parsed.warnings.map((warning) => ({ field: 'phone', ...warning })));
  }
  const [mobile] = mobiles;
  const [landline] = landlines;
  // A number that cannot be read is the row's fault only if no other can be used.
  (mobile === undefined && landline === undefined ? faults : warnings).push(...wrong);
  const dropped = mobiles.size + landlines.size - (mobile !== undefined || landline !== undefined ? 1 : 0);
  if (dropped > 0)
    warnings.push({ field: 'phone', message: 'roll.phone.dropped', params: { count: dropped } });
  if (mobile !== undefined) return { phones: [mobile], landlines: [] };
  if (wrong.length === 0)
    warnings.push({
      field: 'phone',
      message: landline === undefined ? 'roll.phone.none' : 'roll.phone.landlineOnly',
    });
  return { phones: [], landlines: landline === undefined ? [] : [landline] };
}

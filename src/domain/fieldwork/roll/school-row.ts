/** A row of a school list to a school. Ids: the clerk's code, or else one derived from the name, the same in every import. */
import { sha256, toHex } from '../../hash.ts';
import { schoolIdSchema, type SchoolId } from '../../ids.ts';
import type { Location, Ownership, SchoolCategory, SchoolLevel } from '../../vocabulary.ts';
import type { HeaderMapping, SchoolField } from './header.ts';
import { skipReason, type SkipReason } from './rows.ts';
import { createSchoolIndex, schoolKey } from './school-index.ts';
import { cellFaults, cellText, shown, type RowFault, type TableRow } from './table.ts';

export interface SchoolEntry {
  readonly id: SchoolId;
  readonly name: string;
  readonly code: string | null;
  readonly aliases: readonly string[];
  readonly category: SchoolCategory | null;
  readonly location: Location | null;
  readonly level: SchoolLevel | null;
  readonly ownership: Ownership | null;
  readonly pupils: number | null;
  readonly staff: number | null;
  readonly township: string | null;
  /** Name or code of the central school, as written; `resolveParents` finds it. */
  readonly parent: string | null;
}

interface Place {
  readonly sheet: string;
  readonly row: number;
}

export type SchoolRowResult = Place &
  (
    | { readonly kind: 'entry'; readonly entry: SchoolEntry; readonly warnings: readonly RowFault[] }
    | { readonly kind: 'fault'; readonly faults: readonly RowFault[] }
    | { readonly kind: 'skipped'; readonly reason: SkipReason }
  );

export interface SchoolRowParser {
  readonly parse: (row: TableRow) => SchoolRowResult;
}

type Words<T> = readonly (readonly [RegExp, T])[];

const categories: Words<SchoolCategory> = [
  [/教学点|teaching-?\s?point/i, 'teaching-point'],
  [/九年一贯|九年制|nine-?\s?year/i, 'nine-year'],
  [/完全中学|十二年一贯|完中|complete-?\s?secondary/i, 'complete-secondary'],
  [/^(?:普通|独立)?(?:小学|完全小学|完小|小学校|primary(?: school)?|elementary)$/i, 'primary'],
  [/^(?:普通|独立)?(?:初中|初级中学|职业初中|junior(?: (?:high|middle|secondary))?(?: school)?)$/i, 'junior'],
  [/特殊教育|特教|专门学校|其他|^other$/i, 'other'],
];

/** National Bureau of Statistics: 111, 112 urban; 121–123 town; 210, 220 rural. */
const locations: Words<Location> = [
  [/^(?:1\.?)?(?:城区|城市|主城区|市区|城乡结合区|111|112|urban|city)/i, 'urban'],
  [/^(?:2\.?)?(?:镇区|县镇|县城|城镇|镇中心区|镇乡结合区|特殊区域|镇|12[123]|town)/i, 'town'],
  [/^(?:3\.?)?(?:乡村|农村|乡中心区|村庄|村|乡|210|220|rural|village)/i, 'rural'],
];

const levels: Words<SchoolLevel> = [
  [/^(?:好|优|优秀|优质|较好|良好|强|good|strong)$/i, 'good'],
  [/^(?:中|中等|良|一般|medium|average)$/i, 'medium'],
  [/^(?:差|弱|薄弱|较弱|较差|薄弱学校|weak|poor)$/i, 'weak'],
];

const ownerships: Words<Ownership> = [
  [/民办|私立|社会力量|^private$/i, 'private'],
  [/公办|公立|教育部门|地方企业|^public$/i, 'public'],
];

export function createSchoolRowParser(mapping: HeaderMapping<SchoolField>): SchoolRowParser {
  const { columns } = mapping;
  const mapped = Object.values(columns).flat();
  const rowsById = new Map<string, number>();
  const rowsByName = new Map<string, number>();

  function parse(row: TableRow): SchoolRowResult {
    const place = { sheet: row.sheet, row: row.row };
    const reason = row.row <= mapping.headerRow ? 'header' : skipReason(row.cells, mapped);
    // A row of formulas without results looks blank.
    const unreadable = cellFaults(row, columns);
    if (reason !== undefined && (reason !== 'blank' || unreadable.length === 0))
      return { ...place, kind: 'skipped', reason };
    if (unreadable.length > 0) return { ...place, kind: 'fault', faults: unreadable };

    const faults: RowFault[] = [];
    const text = (field: SchoolField) =>
      columns[field].map((c) => cellText(row.cells[c])).find((t) => t !== '') ?? '';
    const word = <T>(field: SchoolField, words: Words<T>): T | null => {
      const value = text(field);
      if (value === '' || /^[-/—–无]$/.test(value)) return null;
      const found = words.find(([pattern]) => pattern.test(value));
      if (found) return found[1];
      faults.push({ field, message: `roll.${field}.unknown`, params: { value: shown(value) } });
      return null;
    };
    const whole = (field: 'pupils' | 'staff'): number | null => {
      const value = text(field).replace(/[,\s]|人$/g, '');
      if (value === '' || /^[-/—–无]$/.test(value)) return null;
      const number = Number(value);
      if (Number.isInteger(number) && number >= 0 && number <= 1_000_000) return number;
      faults.push({ field, message: 'roll.count.unknown', params: { value: shown(value) } });
      return null;
    };

    const name = text('name');
    if (name === '') faults.push({ field: 'name', message: 'roll.name.blank' });
    for (const field of ['name', 'township', 'parent', 'alias'] as const)
      if (text(field).length > 100) faults.push({ field, message: 'roll.name.long', params: { max: 100 } });
    const code = readCode(text('code'), faults);
    const id = code ?? derivedSchoolId(name);
    reportDuplicate(rowsById, code, row.row, 'code', faults);
    reportDuplicate(rowsByName, schoolKey(name), row.row, 'name', faults);
    const entry: SchoolEntry = {
      id: schoolIdSchema.parse(id),
      name,
      code,
      aliases: columns.alias
        .flatMap((c) => cellText(row.cells[c]).split(/[、,;/]/))
        .map((alias) => alias.trim())
        .filter((alias) => alias !== ''),
      category: word('category', categories),
      location: word('location', locations),
      level: word('level', levels),
      ownership: word('ownership', ownerships),
      pupils: whole('pupils'),
      staff: whole('staff'),
      township: text('township') || null,
      parent: text('parent') || null,
    };
    if (faults.length > 0) return { ...place, kind: 'fault', faults };
    const warnings: RowFault[] = [];
    if (entry.location === null) warnings.push({ field: 'location', message: 'roll.location.none' });
    if (entry.category === null) warnings.push({ field: 'category', message: 'roll.category.none' });
    return { ...place, kind: 'entry', entry, warnings };
  }

  return { parse };
}

/** `n` and 12 hexadecimal digits of SHA-256 of the name without spacing and punctuation. */
function derivedSchoolId(name: string): SchoolId {
  return schoolIdSchema.parse(`n${toHex(sha256('school-name\0', schoolKey(name))).slice(0, 12)}`);
}

function readCode(text: string, faults: RowFault[]): string | null {
  if (text === '' || /^[-/—–无]$/.test(text)) return null;
  const code = text.replace(/\s/g, '');
  if (/^\d(?:\.\d+)?e\+?\d+$/i.test(code)) faults.push({ field: 'code', message: 'roll.code.scientific' });
  else if (!/^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/.test(code))
    faults.push({ field: 'code', message: 'roll.code.invalid', params: { value: shown(code) } });
  else return code;
  return null;
}

function reportDuplicate(
  seen: Map<string, number>,
  key: string | null,
  row: number,
  field: 'code' | 'name',
  faults: RowFault[],
): void {
  if (key === null || key === '') return;
  const first = seen.get(key);
  if (first === undefined) seen.set(key, row);
  else faults.push({ field, message: 'roll.school.duplicate', params: { row: first } });
}

/** The central school of each entry that names one, by code or name; a school is not its own. After the whole list is read. */
export function resolveParents(entries: readonly SchoolEntry[]): {
  readonly parents: ReadonlyMap<SchoolId, SchoolId>;
  readonly faults: readonly (RowFault & { readonly school: SchoolId })[];
} {
  const index = createSchoolIndex(entries);
  const parents = new Map<SchoolId, SchoolId>();
  const faults: (RowFault & { school: SchoolId })[] = [];
  for (const entry of entries) {
    if (entry.parent === null || /^(?:是|否|无|本部|y|n|yes|no|[-/—–])$/i.test(entry.parent)) continue;
    const byCode = index.byCode(entry.parent);
    const match = byCode.kind === 'one' ? byCode : index.byName(entry.parent);
    if (match.kind === 'one') {
      if (match.school.id !== entry.id) parents.set(entry.id, match.school.id);
    } else
      faults.push({
        school: entry.id,
        field: 'parent',
        message: match.kind === 'several' ? 'roll.school.several' : 'roll.parent.unknown',
        params: { name: entry.name, value: shown(entry.parent) },
      });
  }
  for (const [child, parent] of parents) {
    if (!parents.has(parent)) continue;
    // One level: reporting strata merge a point into its central school, not further.
    const name = entries.find((e) => e.id === child)?.name ?? '';
    faults.push({ school: child, field: 'parent', message: 'roll.parent.chain', params: { name } });
  }
  return { parents, faults };
}

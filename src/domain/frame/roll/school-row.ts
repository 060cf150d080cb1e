/** Converts a row of a school list to an entry. The whole list decides which school it is (school-plan.ts). */
import { controlMessage, findUnreadable } from '../../line.ts';
import type { Location, Ownership, SchoolCategory, SchoolLevel } from '../../model/vocabulary.ts';
import type { HeaderMapping, SchoolField } from './header.ts';
import { skipReason, type SkipReason } from './rows.ts';
import type { SchoolEntry } from './school-plan.ts';
import { cellFaults, cellText, linesFault, shown, type RowFault, type TableRow } from './table.ts';

interface Place {
  readonly sheet: string;
  readonly row: number;
}

export type SchoolRowResult = Place &
  (
    | { readonly kind: 'entry'; readonly entry: SchoolEntry }
    /** `entry`: what could be read, so that other rows may name the school; null: nothing. */
    | { readonly kind: 'fault'; readonly faults: readonly RowFault[]; readonly entry: SchoolEntry | null }
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

/** A parser for the rows of one sheet with this mapping. Never throws on input: a bad row is a result with its faults. */
export function createSchoolRowParser(mapping: HeaderMapping<SchoolField>): SchoolRowParser {
  const { columns } = mapping;
  const mapped = Object.values(columns).flat();
  const given = (Object.keys(columns) as SchoolField[]).filter((field) => columns[field].length > 0);

  function parse(row: TableRow): SchoolRowResult {
    const place = { sheet: row.sheet, row: row.row };
    const broken = linesFault(row, [], row.row <= mapping.headerRow);
    if (broken) return { ...place, kind: 'fault', faults: [broken], entry: null };
    const reason = row.row <= mapping.headerRow ? 'header' : skipReason(row.cells, mapped);
    // A row of formulas without results looks blank.
    const unreadable = cellFaults(row, columns);
    if (reason !== undefined && (reason !== 'blank' || unreadable.length === 0))
      return { ...place, kind: 'skipped', reason };
    if (unreadable.length > 0) return { ...place, kind: 'fault', faults: unreadable, entry: null };

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
      if (findUnreadable(text(field)).length > 0) faults.push({ field, message: controlMessage });
      else if (text(field).length > 100)
        faults.push({ field, message: 'roll.name.long', params: { max: 100 } });
    const code = readCode(text('code'), faults);
    const entry: SchoolEntry = {
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
      given,
    };
    if (faults.length > 0) return { ...place, kind: 'fault', faults, entry: name === '' ? null : entry };
    return { ...place, kind: 'entry', entry };
  }

  return { parse };
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

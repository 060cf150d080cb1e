/**
 * Rows of a school table as in the yearly report. The regime's indicators determine the required columns; a table with a fault is
 * refused as a whole.
 */
import { schoolHeader, type HeaderKind, type HeaderMapping } from '../frame/roll/header.ts';
import { skipReason } from '../frame/roll/rows.ts';
import { schoolKey } from '../frame/roll/school-index.ts';
import { cellFaults, cellText, columnLetters, shown, type TableRow } from '../frame/roll/table.ts';
import { controlMessage, findUnreadable } from '../line.ts';
import type { RowFault } from '../model/import.ts';
import type { Regime } from './regime.ts';
import {
  partStages,
  tableValues,
  type PartStage,
  type SchoolKind,
  type SchoolRow,
  type TableValue,
} from './school-table.ts';

const pupilFields = ['primaryPupils', 'juniorPupils', 'seniorPupils', 'pupils'] as const;
export const tableFields = ['name', 'kind', ...pupilFields, ...tableValues] as const;
export type TableField = (typeof tableFields)[number];

const ofStage = (stage: string) =>
  new RegExp(`^(?:${stage})(?:部|段|阶段)?(?:在校)?(?:学生|生)(?:总)?(?:人)?数?$`, 'u');
const synonyms: Readonly<Record<TableField, RegExp>> = {
  name: schoolHeader.synonyms.name,
  kind: schoolHeader.synonyms.category,
  pupils: schoolHeader.synonyms.pupils,
  primaryPupils: new RegExp(`${ofStage('小学').source}|^primarypupils$`, 'u'),
  juniorPupils: new RegExp(`${ofStage('初中|初级中学').source}|^juniorpupils$`, 'u'),
  seniorPupils: new RegExp(`${ofStage('高中|普通高中|普高').source}|^seniorpupils$`, 'u'),
  rooms: /^教学(?:用房)?(?:及|和)?(?:教学)?辅助用房(?:建筑)?(?:总)?面积$|^(?:teachingrooms|rooms)$/u,
  sports: /^(?:体育)?运动(?:场馆|场地|场)(?:总)?面积$|^sports(?:grounds)?$/u,
  instruments: /^教学(?:科研)?(?:实验)?仪器设备(?:资产)?(?:总)?(?:价)?值$|^instruments$/u,
  computers: /^(?:教学用|学生用|教学)?(?:计算机|电脑)(?:总)?(?:台)?数?$|^computers$/u,
  books: /^(?:纸质)?图书(?:馆)?(?:藏书|藏)?(?:总)?(?:量|册)?数?$|^books$/u,
  teachers: /^(?:专任)?(?:教师|老师)(?:总)?(?:人)?数?$|^teachers$/u,
  higherDegree: /^高于规定学历(?:要求)?(?:的)?(?:专任)?教师(?:人)?数?$|^higherdegree$/u,
  intermediateTitle:
    /^(?:具有)?中级(?:及以上|以上|及其以上)(?:专业)?(?:技术)?(?:职务|职称)(?:的)?(?:专任)?教师(?:人)?数?$|^intermediatetitle$/u,
  backbone: /^(?:县级(?:及)?以上|区县级(?:及)?以上)?骨干教师(?:人)?数?$|^backbone$/u,
  artsTeachers: /^(?:体育[、和及]?艺术|体艺|音体美|体音美)(?:专任)?(?:类)?教师(?:人)?数?$|^artsteachers$/u,
  networkedRooms: /^(?:网络)?多媒体教室(?:总)?(?:间)?数?$|^networkedrooms$/u,
};

/** The columns that a school table must have under this regime: name, pupils, and the values of its indicators. */
export function tableHeader(regime: Regime): HeaderKind<TableField> {
  const needed = [...new Set(regime.balance.indicators.map((i) => i.of))];
  return {
    fields: tableFields,
    synonyms,
    several: new Set(),
    required: [['name'], ['pupils', 'primaryPupils', 'juniorPupils'], ...needed.map((value) => [value])],
  };
}

const kinds: readonly (readonly [RegExp, SchoolKind])[] = [
  [/特殊教育|特教|盲|聋|培智|^special$/i, 'special'],
  [/职业|中职|职高|技工|^vocational$/i, 'vocational'],
  [/教学点|teaching-?\s?point/i, 'teaching-point'],
  [/十二年|twelve-?\s?year/i, 'twelve-year'],
  [/九年|nine-?\s?year/i, 'nine-year'],
  [/完全中学|完中|complete-?\s?secondary/i, 'complete-secondary'],
  [/初中|初级中学|^junior/i, 'junior'],
  [/小学|完小|^primary/i, 'primary'],
  [/^(?:其他|其它|other)$/i, 'other'],
];

export interface PlacedSchoolRow {
  readonly sheet: string;
  readonly row: number;
  readonly entry: SchoolRow;
}

/** For one sheet. Header rows are passed too: they tell whether instruments are in units of ten thousand. */
export function createTableRowParser(
  { columns, headerRow }: HeaderMapping<TableField>,
  needed: readonly TableValue[],
): (row: TableRow) => { readonly entry?: PlacedSchoolRow; readonly faults: readonly RowFault[] } {
  const mapped = Object.values(columns).flat();
  const letters = (field: TableField) =>
    columns[field][0] === undefined ? '' : columnLetters(columns[field][0]);
  const tenThousands = new Set<TableField>();

  return (row) => {
    if (row.row <= headerRow) {
      for (const value of tableValues)
        if (columns[value].some((c) => /万/u.test(cellText(row.cells[c])))) tenThousands.add(value);
      return { faults: [] };
    }
    const broken = cellFaults(row, columns);
    const place = { row: row.row, sheet: row.sheet };
    const reason = skipReason(row.cells, mapped);
    if (reason !== undefined && (reason !== 'blank' || broken.length === 0)) return { faults: [] };
    const faults: RowFault[] = broken.map((f) => ({
      ...place,
      field: f.field,
      message: f.message,
      params: f.params ?? {},
    }));
    const isBroken = (field: TableField) => broken.some((f) => f.field === field);
    const fault = (field: TableField, message: string, params: Record<string, string | number> = {}) =>
      faults.push({ ...place, field, message, params: { column: letters(field), ...params } });
    const text = (field: TableField) => cellText(row.cells[columns[field][0] ?? -1]);

    function amount(field: TableField, isWhole: boolean): number | null {
      const value = text(field);
      if (value === '' || /^[-/—–无]$/u.test(value)) return null;
      const number = Number(
        value.replace(/(?<=\d),(?=\d{3})/g, '').replace(/(?:人|册|台|间|元|万元|平方米|㎡|m2)$/u, ''),
      );
      if (!Number.isFinite(number) || number < 0 || number > 1e9)
        fault(field, 'inspection.table.number', { value: shown(value) });
      else if (isWhole && !Number.isInteger(number))
        fault(field, 'inspection.table.whole', { value: shown(value) });
      else return tenThousands.has(field) || /万元$/u.test(value) ? number * 10_000 : number;
      return 0;
    }

    const name = text('name');
    if (name === '' && !isBroken('name')) fault('name', 'inspection.table.name-blank');
    if (findUnreadable(name).length > 0) fault('name', controlMessage);
    else if (name.length > 100) fault('name', 'roll.name.long', { max: 100 });
    const written = text('kind');
    const kind =
      kinds.find(([pattern]) => pattern.test(written))?.[1] ??
      (written === '' ? (kinds.find(([pattern]) => pattern.test(name))?.[1] ?? 'other') : null);
    if (kind === null) fault('kind', 'inspection.table.kind-unknown', { value: shown(written) });
    const pupils = readPupils(kind ?? 'other');
    const values: Partial<Record<TableValue, number>> = {};
    for (const value of needed) {
      const read = amount(value, value !== 'rooms' && value !== 'sports' && value !== 'instruments');
      if (read === null && !isBroken(value)) fault(value, 'inspection.table.blank');
      else if (read !== null) values[value] = read;
    }
    if (faults.length > 0) return { faults };
    return { entry: { ...place, entry: { name, kind: kind ?? 'other', pupils, values } }, faults };

    function readPupils(own: SchoolKind): Record<PartStage, number> {
      const counts: Record<PartStage, number> = { primary: 0, junior: 0, senior: 0 };
      let isGiven = false;
      for (const stage of partStages) {
        const field = `${stage}Pupils` as const;
        if (columns[field].length === 0) continue;
        const read = amount(field, true);
        counts[stage] = read ?? 0;
        isGiven ||= read !== null;
      }
      const total = columns.pupils.length === 0 ? null : amount('pupils', true);
      const sum = counts.primary + counts.junior + counts.senior;
      if (isGiven && sum > 0) {
        if (total !== null && total !== sum) fault('pupils', 'inspection.table.sum', { total, sum });
        return counts;
      }
      if (total === null || total === 0) {
        const field = pupilFields.find((f) => columns[f].length > 0) ?? 'pupils';
        if (!faults.some((f) => pupilFields.includes(f.field as 'pupils')))
          fault(field, 'inspection.table.pupils-blank');
        return counts;
      }
      if (own === 'primary' || own === 'teaching-point') return { ...counts, primary: total };
      if (own === 'junior') return { ...counts, junior: total };
      // Of no judged stage: only their number is used.
      if (own === 'special' || own === 'vocational') return { ...counts, primary: total };
      fault('pupils', 'inspection.table.stages-needed');
      return counts;
    }
  };
}

/** The same school twice with the same stage. */
export function findRepeated(rows: readonly PlacedSchoolRow[]): readonly RowFault[] {
  const known = new Map<string, number>();
  return rows.flatMap(({ row, sheet, entry }) => {
    for (const stage of partStages) {
      if (entry.pupils[stage] === 0) continue;
      const key = `${schoolKey(entry.name)} ${stage}`;
      const first = known.get(key);
      if (first !== undefined)
        return [
          {
            row,
            sheet,
            field: 'name',
            message: 'inspection.table.twice',
            params: { first, name: entry.name },
          },
        ];
      known.set(key, row);
    }
    return [];
  });
}

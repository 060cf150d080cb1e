/**
 * Which column holds what. The header is looked for under title rows; it may take two rows (监护人1 over 姓名, 电话).
 * Columns that no field needs are counted, never read: they hold names, identity numbers, birth dates.
 */
import { countyLevelGroups, type Group } from '../../vocabulary.ts';
import { cellText, type CellValue, type RowFault, type TableRow } from './table.ts';

const frameFields = ['school', 'schoolCode', 'phone', 'grade', 'group', 'township'] as const;
export type FrameField = (typeof frameFields)[number];

const schoolFields = [
  'name',
  'code',
  'category',
  'location',
  'level',
  'ownership',
  'pupils',
  'staff',
  'township',
  'parent',
  'alias',
] as const;
export type SchoolField = (typeof schoolFields)[number];

export interface HeaderMapping<F extends string> {
  /** Row number of the (last) header row; data begin after it. 0: there is none (explicit mapping). */
  readonly headerRow: number;
  /** 0-based columns, in the file's order. A field that the file lacks has none. */
  readonly columns: Readonly<Record<F, readonly number[]>>;
  readonly unmapped: number;
}

export type HeaderResult<F extends string> =
  ({ readonly ok: true } & HeaderMapping<F>) | { readonly ok: false; readonly fault: RowFault };

/** Given by a person for a file that is not understood: 0-based columns of each field. */
export interface MappingOverride<F extends string> {
  /** Row number of the last row that is no data; 0 where data begin at once. */
  readonly headerRow: number;
  readonly columns: Readonly<Partial<Record<F, readonly number[]>>>;
}

/** How many rows a header is looked for in, titles and explanations included. */
export const HEADER_WITHIN = 20;

const relations =
  '(?:学生|第?[一二三四1-4])?(?:监护人|家长|父亲|母亲|爸爸|妈妈|父|母|爷爷|奶奶|祖父|祖母|联系人|家庭|紧急联系人|家庭成员|法定监护人|教师|老师|教职工|校长|代表|委员|本人|成员|受访者|个人)?[一二三四1-4]?的?';
const phone = new RegExp(
  `^${relations}(?:或(?:其他)?监护人)?(?:常用|有效|主要|备用|首选)?(?:联系电话|联系方式|联系手机|手机号码|手机号|手机|移动电话|电话号码|电话|联系号码|固定电话|座机)(?:[/或及、](?:手机号码|手机号|手机|电话))?[一二三四1-4]?$`,
  'u',
);
const englishPhone =
  /^(?:(?:guardian|parent|father|mother|father's|mother's|contact|home|teacher|principal|cell|mobile|primary)s?)*(?:phone|mobile|cell|tel|telephone)(?:phone)?(?:number|no\.?|num)?[12]?$/;

const frameSynonyms: Readonly<Record<FrameField, RegExp>> = {
  school:
    /^(?:学校|学校名称|校名|就读学校|就读学校名称|所在学校|所在学校名称|任教学校|工作学校|单位|单位名称|工作单位|所在单位|学生就读学校|子女就读学校|school|schoolname|nameofschool)$/,
  schoolCode: /^(?:学校代码|学校标识码|学校编码|学校编号|单位代码|schoolcode|schoolid|schoolno)$/,
  phone: new RegExp(`${phone.source}|${englishPhone.source}`, 'u'),
  grade: /^(?:年级|就读年级|所在年级|学生年级|子女年级|任教年级|年级名称|grade|gradelevel)$/,
  group: /^(?:类别|人员类别|身份|身份类别|对象|对象类别|调查对象|群体|人群|人员类型|group|respondentgroup)$/,
  township: /^(?:乡镇|镇街|街道|乡镇街道|乡镇或街道|乡镇\/街道|所属乡镇|所在乡镇|镇|township|town)$/,
};

const schoolSynonyms: Readonly<Record<SchoolField, RegExp>> = {
  name: /^(?:学校|学校名称|学校全称|校名|单位名称|单位|school|schoolname|name)$/,
  code: /^(?:代码|学校代码|学校标识码|标识码|学校编码|学校编号|单位代码|code|schoolcode|schoolid|id)$/,
  category:
    /^(?:类别|学校类别|办学类型|学校办学类型|学校类型|类型|学段|办学层次|category|schooltype|type|stage)$/,
  location:
    /^(?:城乡|城乡类别|城乡类型|城乡分类|城乡属性|城乡分类代码|所在地城乡类型|所在地类型|所在区域|区域|驻地城乡类型|位置|location|area|urbanrural)$/,
  level: /^(?:层次|学校层次|等次|等级|办学水平|办学质量|水平|整体水平|综合水平|学校水平|level|overalllevel)$/,
  ownership: /^(?:性质|办学性质|学校性质|举办者|举办者类型|公民办|公办民办|公办\/民办|办别|ownership)$/,
  pupils:
    /^(?:学生数|学生人数|在校生数|在校学生数|在校生|在校生人数|在校学生人数|学生总数|pupils|students|enrolment|enrollment|numberofpupils)$/,
  staff:
    /^(?:教职工数|教职工人数|教职工|教师数|教师人数|专任教师数|专任教师|专任教师人数|教职工总数|staff|teachers|numberofstaff|numberofteachers)$/,
  township: frameSynonyms.township,
  parent:
    /^(?:中心校|中心学校|所属中心校|所属中心学校|隶属中心校|上级学校|主管学校|所属学校|总校|本部|parent|parentschool|centralschool)$/,
  alias: /^(?:简称|学校简称|曾用名|别名|又名|alias|aliases|shortname)$/,
};

/** @param group decides what must be there: groups that are reported by county need no school. */
export function mapFrameHeader(
  rows: readonly TableRow[],
  options: { readonly group: Group; readonly override?: MappingOverride<FrameField> },
): HeaderResult<FrameField> {
  const required: FrameField[][] = [['phone']];
  if (!countyLevelGroups.has(options.group)) required.unshift(['school', 'schoolCode']);
  return mapHeader(rows, frameFields, frameSynonyms, new Set(['phone']), required, options.override);
}

export function mapSchoolHeader(
  rows: readonly TableRow[],
  options: { readonly override?: MappingOverride<SchoolField> } = {},
): HeaderResult<SchoolField> {
  return mapHeader(rows, schoolFields, schoolSynonyms, new Set(['alias']), [['name']], options.override);
}

interface Candidate<F extends string> {
  readonly row: number;
  readonly index: number;
  readonly columns: Record<F, number[]>;
  readonly fields: number;
  readonly cells: number;
  readonly width: number;
}

function mapHeader<F extends string>(
  rows: readonly TableRow[],
  fields: readonly F[],
  synonyms: Readonly<Record<F, RegExp>>,
  several: ReadonlySet<F>,
  required: readonly (readonly F[])[],
  override: MappingOverride<F> | undefined,
): HeaderResult<F> {
  const head = rows.slice(0, HEADER_WITHIN);
  const width = Math.max(0, ...rows.map((row) => row.cells.length));
  if (override) return fromOverride(override, fields, required, width);

  const missingOf = (candidate: Candidate<F>) =>
    required.filter((choice) => choice.every((field) => candidate.columns[field].length === 0));
  let best: Candidate<F> | undefined;
  const consider = (texts: readonly (readonly string[])[], row: TableRow, index: number) => {
    const candidate = recognise(texts, row, index, fields, synonyms, several);
    if (candidate.fields === 0) return;
    const better =
      best === undefined ||
      missingOf(candidate).length < missingOf(best).length ||
      (missingOf(candidate).length === missingOf(best).length &&
        (candidate.fields > best.fields ||
          (candidate.fields === best.fields && candidate.cells > best.cells)));
    if (better) best = candidate;
  };
  head.forEach((row, i) => {
    const own = headerTexts(row.cells);
    consider(
      own.map((text) => [text]),
      row,
      i,
    );
    const above = head[i - 1];
    if (!above || above.row !== row.row - 1 || above.sheet !== row.sheet) return;
    const upper = headerTexts(above.cells);
    const length = Math.max(own.length, upper.length);
    consider(
      Array.from({ length }, (_, c) => {
        const low = own[c] ?? '';
        const high = upper[c] ?? '';
        return low === '' || low === high ? [high] : [high + low, low];
      }),
      row,
      i,
    );
  });
  if (best === undefined)
    return { ok: false, fault: { field: '', message: 'roll.header.none', params: { rows: HEADER_WITHIN } } };
  const missing = missingOf(best);
  if (missing.length > 0) {
    const cells = head[best.index]?.cells ?? [];
    return {
      ok: false,
      fault: {
        field: '',
        message: `roll.header.missing.${missing[0]?.[0] ?? ''}`,
        params: {
          row: best.row,
          seen: seenHeaders(cells),
        },
      },
    };
  }
  // A header merged over two rows is filled into both.
  let headerRow = best.row;
  const key = (row: TableRow | undefined) =>
    fields.map((f) => best!.columns[f].map((c) => headerText(row?.cells[c]))).join('\n');
  for (let i = best.index + 1; head[i] && key(head[i]) === key(head[best.index]); i += 1)
    headerRow = head[i]!.row;
  return { ok: true, headerRow, columns: best.columns, unmapped: best.width - best.cells };
}

function fromOverride<F extends string>(
  override: MappingOverride<F>,
  fields: readonly F[],
  required: readonly (readonly F[])[],
  width: number,
): HeaderResult<F> {
  const columns = Object.fromEntries(
    fields.map((f) => [f, [...(override.columns[f] ?? [])]]),
  ) as unknown as Record<F, number[]>;
  const all = fields.flatMap((f) => columns[f]);
  const wrong = all.find((c) => !Number.isInteger(c) || c < 0);
  if (wrong !== undefined || new Set(all).size !== all.length)
    return { ok: false, fault: { field: '', message: 'roll.header.override' } };
  // An explicitly empty list says: this file has none.
  const missing = required.filter((choice) =>
    choice.every((f) => columns[f].length === 0 && override.columns[f] === undefined),
  );
  if (missing.length > 0)
    return {
      ok: false,
      fault: {
        field: '',
        message: `roll.header.missing.${missing[0]?.[0] ?? ''}`,
        params: { row: override.headerRow, seen: '' },
      },
    };
  return { ok: true, headerRow: override.headerRow, columns, unmapped: Math.max(0, width - all.length) };
}

function recognise<F extends string>(
  texts: readonly (readonly string[])[],
  row: TableRow,
  index: number,
  fields: readonly F[],
  synonyms: Readonly<Record<F, RegExp>>,
  several: ReadonlySet<F>,
): Candidate<F> {
  const columns = Object.fromEntries(fields.map((f) => [f, []])) as unknown as Record<F, number[]>;
  texts.forEach((choices, column) => {
    for (const text of choices) {
      const field = text === '' ? undefined : fields.find((f) => synonyms[f].test(text));
      if (field === undefined) continue;
      if (several.has(field) || columns[field].length === 0) columns[field].push(column);
      return;
    }
  });
  // One text over the whole width is a title, not a header.
  const distinct = new Set(texts.map((choices) => choices.join('\n')).filter((text) => text !== ''));
  const used = fields.filter((f) => columns[f].length > 0);
  const title = distinct.size === 1 && texts.filter((choices) => choices.join('') !== '').length > 1;
  const cells = used.reduce((n, f) => n + columns[f].length, 0);
  return { row: row.row, index, columns, fields: title ? 0 : used.length, cells, width: texts.length };
}

function headerTexts(cells: readonly CellValue[]): string[] {
  return cells.map(headerText);
}

/** Without spaces, explanations in brackets, stars and colons. */
function headerText(cell: CellValue | undefined): string {
  if (typeof cell === 'number') return '';
  return cellText(cell)
    .slice(0, 100)
    .toLowerCase()
    .replace(/\([^)]*\)|\[[^\]]*\]|【[^】]*】|〔[^〕]*〕/g, '')
    .replace(/[\s*:#_"“”'.·]|必填|选填/gu, '')
    .replace(/^\d+[、)]/, '');
}

/** Header texts for a message. Anything that could be data (digits, length) is left out. */
function seenHeaders(cells: readonly CellValue[]): string {
  return cells
    .filter((cell): cell is string => typeof cell === 'string')
    .map((cell) => cellText(cell))
    .filter((text) => text !== '' && text.length <= 20 && !/\d{4}|@/.test(text))
    .slice(0, 30)
    .join('、');
}

/**
 * Finds the columns of a table. The header is searched for below title rows, and may take two rows (监护人1 over 姓名, 电话). Columns
 * that no field needs are counted, never read: they hold names, identity numbers, birth dates.
 */
import { countyLevelGroups, type Group } from '../../model/vocabulary.ts';
import { cellText, type CellValue, type RowFault, type TableRow } from './table.ts';

export const frameFields = ['school', 'schoolCode', 'phone', 'grade', 'group', 'township'] as const;
export type FrameField = (typeof frameFields)[number];

export const schoolFields = [
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

/** Given by a person for a file without a recognised header: 0-based columns of each field. */
export interface MappingOverride<F extends string> {
  /** For this sheet only; for every sheet if absent. */
  readonly sheet?: string | undefined;
  /** Row number of the last row before the data; 0 if data begin at once. */
  readonly headerRow: number;
  readonly columns: Readonly<Partial<Record<F, readonly number[]>>>;
  /** Of the preview on which the columns were chosen. */
  readonly fingerprint?: string | undefined;
}

/** In how many rows a header is searched for, including titles and explanations. */
export const HEADER_WITHIN = 20;

/** Words for the owner of a number in rolls. `班主任` and `学校` are left out on purpose: their numbers are not the respondent's. */
const person =
  '(?:学生|孩子|子女|第?[一二三四1-4])?(?:法定|主要|第[一二三四1-4])?(?:监护人|监护|家长|父母双方|父母|父亲|母亲|爸爸|妈妈|父|母|爷爷|奶奶|外公|外婆|姥姥|姥爷|外祖父|外祖母|祖父|祖母|家庭联系人|紧急联系人|联系人|家庭成员|家庭|家属|亲属|紧急|住宅|户主|居民|群众|教师|老师|教职工|教职员工|教工|职工|员工|校长|园长|人大代表|政协委员|代表|委员|本人|成员|受访者|受访人|被访者|被调查人|调查对象|个人)';
const joint = '(?:[/或及和与、]|或者|以及)';
const people = `(?:学生|孩子|子女|第?[一二三四1-4])?(?:${person}(?:${joint}?(?:其他)?${person}){0,3})?(?:姓名)?${joint}?[一二三四1-4]?的?`;
const purpose =
  '(?:常用|现用|在用|有效|主要|首选|备用|第[一二]|预留|登记|绑定|注册|实名|最新|可?(?:用于)?(?:接收|接受|收取?)(?:短信|信息|通知|问卷)?的?|短信接收|短信通知|短信|通知|微信|联系用?)';
const number =
  '(?:联系电话号码|联系手机号码|联系手机号|联系手机|联系电话|联系方式|联系号码|联络电话|联络方式|通讯电话|通信电话|通讯号码|移动电话号码|移动电话|手机电话|手机号码|手机号|手机|电话号码|电话号|电话|固定电话|固话|座机|宅电|(?<=短信|接收)号码)';
const phone = new RegExp(
  `^(?!学生(?:本人)?的?(?:手机|移动电话)|学生本人)${people}${purpose}{0,2}${number}(?:${joint}?${number}){0,2}[一二三四1-4]?$`,
  'u',
);
const englishPhone =
  /^(?:(?:pupil's|student's)?(?:guardian|parent|father|mother|contact|home|teacher|principal|deputy|cell|mobile|primary|main|sms)(?:'s|s'|s)?\/?)*(?:(?:phone|mobile|cell|tel|telephone)(?:phone)?(?:number|no|num)?|(?<=contact)(?:number|no))[12]?$/;

const township =
  /^(?:学校)?(?:所属|所在|所在地)?(?:乡镇街道|乡镇或街道|乡镇\/街道|乡镇、街道|乡镇办事处|乡镇办|乡镇|镇乡街道|镇乡|镇街道|镇\/街道|镇街|镇办|街镇|街道|乡|镇)(?:名称|名)?$|^(?:township|town)$/;

const frameSynonyms: Readonly<Record<FrameField, RegExp>> = {
  school:
    /^(?:学生|孩子|子女|教师|老师|校长)?(?:现在|目前|当前|现)?(?:就读|在读|就学|上学|所在|所属|所读|学籍所在|学籍|任教|任职|工作|服务|在校)?的?(?:学校|校)(?:(?:[/或及和、]?(?:教学点|校区|校点|幼儿园))?(?:名称|全称|名|规范名称|名称全称|全名))?$|^(?:学校[/或及和、]?教学点|就读校名|所在校名|校名全称|schoolname|nameofschool|nameoftheschool|school|schoolattended|child'sschool|student'sschool)$/,
  schoolCode:
    /^(?:就读|所在)?(?:学校|学校机构|机构|单位)(?:代码|标识码|编码|编号|识别码|国标码)$|^(?:schoolcode|schoolid|schoolno)$/,
  phone: new RegExp(`${phone.source}|${englishPhone.source}`, 'u'),
  grade:
    /^(?:学生|孩子|子女)?(?:就读|在读|所在|所读|任教|现读|现)?年级(?:名称)?$|^(?:grade|gradelevel|yeargroup)$/,
  group: /^(?:类别|人员类别|身份|身份类别|对象|对象类别|调查对象|群体|人群|人员类型|group|respondentgroup)$/,
  township,
};

/** Used only if the row has no better word: for a parent it is the employer, for a teacher the school. */
const frameWeakSynonyms: Partial<Readonly<Record<FrameField, RegExp>>> = {
  school: /^(?:工作|所在|任教|任职|现)?(?:单位|工作单位)(?:名称|全称)?$|^机构名称$/,
};

const schoolSynonyms: Readonly<Record<SchoolField, RegExp>> = {
  name: /^(?:学校|学校机构|办学机构|机构|单位)(?:[/或及和、]?(?:教学点|校区|校点))?(?:规范|标准)?(?:名称|全称|名|名称全称|全名)?$|^(?:校名|校名全称|school|schoolname|nameofschool|nameoftheschool|name)$/,
  code: /^(?:学校|学校机构|机构|单位)?(?:代码|标识码|编码|识别码|国标码)$|^学校编号$|^(?:code|schoolcode|schoolid|id)$/,
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
  township,
  parent:
    /^(?:中心校|中心学校|所属中心校|所属中心学校|隶属中心校|上级学校|主管学校|所属学校|总校|本部|parent|parentschool|centralschool)$/,
  alias:
    /^(?:学校)?(?:名称)?(?:简称|曾用名称|曾用名|曾用校名|原用名|原校名|原名称|原名|旧校名|旧名|别名|别称|又名|俗称|俗名|习惯叫法|常用名|常用称呼|其他名称)$|^(?:alias|aliases|shortname|formername|othername|othernames)$/,
};

/** What a kind of table may and must contain. */
export interface HeaderKind<F extends string> {
  readonly fields: readonly F[];
  readonly synonyms: Readonly<Record<F, RegExp>>;
  /** Used only for fields without a better word in the row. */
  readonly weakSynonyms?: Partial<Readonly<Record<F, RegExp>>>;
  /** Fields that may have more than one column. */
  readonly several: ReadonlySet<F>;
  /** Of each list, one. */
  readonly required: readonly (readonly F[])[];
}

/** Groups reported by county need no school. */
export function frameHeader(group: Group): HeaderKind<FrameField> {
  return {
    fields: frameFields,
    synonyms: frameSynonyms,
    weakSynonyms: frameWeakSynonyms,
    several: new Set(['phone']),
    required: countyLevelGroups.has(group) ? [['phone']] : [['school', 'schoolCode'], ['phone']],
  };
}

export const schoolHeader: HeaderKind<SchoolField> = {
  fields: schoolFields,
  synonyms: schoolSynonyms,
  several: new Set(['alias']),
  required: [['name']],
};

/** Like `mapHeader`, for the columns of a roll of this group. */
export function mapFrameHeader(
  rows: readonly TableRow[],
  options: { readonly group: Group; readonly override?: MappingOverride<FrameField> },
): HeaderResult<FrameField> {
  return mapHeader(rows, frameHeader(options.group), options.override);
}

/** Like `mapHeader`, for a list of schools. */
export function mapSchoolHeader(
  rows: readonly TableRow[],
  options: { readonly override?: MappingOverride<SchoolField> } = {},
): HeaderResult<SchoolField> {
  return mapHeader(rows, schoolHeader, options.override);
}

/** How well the rows match this kind of table. Of several ways to split a text into cells the best is used. 0: no header. */
export function scoreHeader<F extends string>(rows: readonly TableRow[], kind: HeaderKind<F>): number {
  const best = bestCandidate(rows, kind);
  if (best === undefined) return 0;
  return (missingOf(best, kind).length === 0 ? 1000 : 0) + best.cells;
}

/** What is recognised, complete or not: the starting point for a person who maps the columns by hand. */
export function guessHeader<F extends string>(
  rows: readonly TableRow[],
  kind: HeaderKind<F>,
): Pick<HeaderMapping<F>, 'headerRow' | 'columns'> {
  const best = bestCandidate(rows, kind);
  const none = Object.fromEntries(kind.fields.map((f) => [f, []])) as unknown as Record<F, number[]>;
  return { headerRow: best?.row ?? 0, columns: best?.columns ?? none };
}

interface Candidate<F extends string> {
  readonly row: number;
  readonly index: number;
  readonly columns: Record<F, number[]>;
  readonly fields: number;
  readonly cells: number;
  readonly width: number;
}

function missingOf<F extends string>(
  candidate: Candidate<F>,
  kind: HeaderKind<F>,
): readonly (readonly F[])[] {
  return kind.required.filter((choice) => choice.every((field) => candidate.columns[field].length === 0));
}

function bestCandidate<F extends string>(
  rows: readonly TableRow[],
  kind: HeaderKind<F>,
): Candidate<F> | undefined {
  const head = rows.slice(0, HEADER_WITHIN);
  let best: Candidate<F> | undefined;
  const consider = (texts: readonly (readonly string[])[], row: TableRow, index: number) => {
    const candidate = recognise(texts, row, index, kind);
    if (candidate.fields === 0) return;
    const missing = missingOf(candidate, kind).length;
    const leastMissing = best === undefined ? Infinity : missingOf(best, kind).length;
    const better =
      best === undefined ||
      missing < leastMissing ||
      (missing === leastMissing &&
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
  return best;
}

/** Finds the header in the first rows, or applies a person's mapping. Not ok: what is missing or doubtful, by column. */
export function mapHeader<F extends string>(
  rows: readonly TableRow[],
  kind: HeaderKind<F>,
  override?: MappingOverride<F>,
): HeaderResult<F> {
  const { fields } = kind;
  if (override) {
    const width = Math.max(0, ...rows.map((row) => row.cells.length));
    return fromOverride(override, fields, kind.required, width);
  }
  const head = rows.slice(0, HEADER_WITHIN);
  const best = bestCandidate(rows, kind);
  if (best === undefined)
    return { ok: false, fault: { field: '', message: 'roll.header.none', params: { rows: HEADER_WITHIN } } };
  const missing = missingOf(best, kind);
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
  // A header merged over two rows is copied into both.
  let headerRow = best.row;
  const key = (row: TableRow | undefined) =>
    fields.map((f) => best.columns[f].map((c) => headerText(row?.cells[c]))).join('\n');
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
  // An explicitly empty list means that this file has none.
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
  kind: HeaderKind<F>,
): Candidate<F> {
  const { fields, several } = kind;
  const columns = Object.fromEntries(fields.map((f) => [f, []])) as unknown as Record<F, number[]>;
  const taken = new Set<number>();
  const take = (synonyms: Partial<Readonly<Record<F, RegExp>>>, open: readonly F[]) =>
    texts.forEach((choices, column) => {
      if (taken.has(column)) return;
      for (const text of choices) {
        const field = text === '' ? undefined : open.find((f) => synonyms[f]?.test(text));
        if (field === undefined) continue;
        if (several.has(field) || columns[field].length === 0) {
          columns[field].push(column);
          taken.add(column);
        }
        return;
      }
    });
  take(kind.synonyms, fields);
  if (kind.weakSynonyms)
    take(
      kind.weakSynonyms,
      fields.filter((f) => columns[f].length === 0),
    );
  // A single text over the whole width is a title, not a header.
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
    .replace(/\([^)]{0,98}\)|\[[^\]]{0,98}\]|【[^】]{0,98}】|〔[^〕]{0,98}〕/g, '')
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

/**
 * Converts an XLSForm workbook (https://xlsform.org/en/ref-table/: sheets `survey`, `choices`, `settings`) to a questionnaire
 * document. Only simple forms: ratings, choices, whole numbers, open texts, and conditional questions. Other features are refused
 * by sheet, row and column, with a remedy; nothing is dropped silently. Long because each sheet has its own rules.
 */
import type { Issue, MessageParams } from '../errors.ts';
import { cellText, type CellValue, type TableRow } from '../frame/roll/table.ts';
import type { Group } from '../model/vocabulary.ts';
import { checkNewQuestionnaire } from '../questionnaire/counted-follow-ups.ts';
import type { ChoiceOption, Item, LocalText, Questionnaire, RatingItem } from '../questionnaire/template.ts';

/** A fault or a notice at a cell; `path` is `survey!B7`. */
export type CellIssue = Issue;

export interface XlsFormOptions {
  readonly groups: readonly Group[];
  /** Rules that it is intended for; null: none. */
  readonly regime: string | null;
  /** Questionnaires whose options and items are recognised by their wording, or by their ids. */
  readonly known: readonly Questionnaire[];
  /** Used where the workbook has neither title nor id. */
  readonly fileName: string;
}

export type XlsFormResult =
  | { readonly ok: true; readonly document: Questionnaire; readonly notices: readonly CellIssue[] }
  | { readonly ok: false; readonly issues: readonly CellIssue[] };

const sheetNames = ['survey', 'choices', 'settings'] as const;
type SheetName = (typeof sheetNames)[number];
const needed = { survey: ['type', 'name', 'label'], choices: ['list_name', 'name', 'label'] } as const;
const mostIssues = 100;

/** Metadata that the service never records. */
const metadata = new Set(
  'start end today deviceid subscriberid simserial phonenumber username email audit start-geopoint'.split(
    ' ',
  ),
);
/** Columns without effect on what is shown or stored here. */
const harmless =
  /^(appearance|guidance_hint.*|version|instance_name|style|parameters|constraint_message.*|required_message.*|public_key|submission_url|allow_choice_duplicates|auto_send|auto_delete|dimension|about|scored|order|notes?|comment|#.*)$/;

interface Cell {
  readonly sheet: SheetName;
  readonly row: number;
  /** 0-based. */
  readonly column: number;
  /** Normalised for comparison in the form's own language: full-width letters become ASCII. */
  readonly text: string;
  /** As respondents will read it. */
  readonly said: string;
}
interface Line {
  readonly sheet: SheetName;
  readonly row: number;
  /** By column name without its language. */
  readonly get: (name: string) => Cell | undefined;
  readonly texts: (name: string) => readonly (readonly [language: string, cell: Cell])[];
}
interface Sheet {
  readonly lines: readonly Line[];
  readonly languages: readonly string[];
}
interface Choice {
  /** In the form. */
  readonly name: string;
  readonly id: string;
  readonly text: LocalText;
  readonly row: number;
}
type Report = (
  at: { sheet: string; row: number; column?: number | undefined },
  key: string,
  params?: MessageParams,
) => void;

/** Rows of all sheets → the document, or every fault by its cell. */
export function readXlsForm(rows: readonly TableRow[], o: XlsFormOptions): XlsFormResult {
  const issues: CellIssue[] = [];
  const notices: CellIssue[] = [];
  const into =
    (list: CellIssue[]): Report =>
    ({ sheet, row, column }, key, params = {}) => {
      const letter = column === undefined ? '' : columnLetter(column);
      list.push({
        path: `${sheet}!${letter}${row}`,
        message: `template.xlsform.${key}`,
        params: { sheet, row, column: letter, ...params },
      });
    };
  const fault = into(issues);
  const notice = into(notices);
  const end = (): XlsFormResult => ({ ok: false, issues: issues.slice(0, mostIssues) });

  const bySheet = new Map<SheetName, TableRow[]>();
  for (const row of rows) {
    const name = sheetNames.find((one) => one === row.sheet.trim().toLowerCase());
    if (name) bySheet.set(name, [...(bySheet.get(name) ?? []), row]);
    else if (!notices.some((n) => n.params?.['sheet'] === row.sheet))
      notice({ sheet: row.sheet, row: row.row }, 'other-sheet');
  }
  for (const name of ['survey', 'choices'] as const)
    if (!bySheet.has(name)) fault({ sheet: name, row: 1 }, 'no-sheet');
  if (issues.length > 0) return end();

  const settings = readSheet('settings', bySheet.get('settings') ?? [], 'zh-CN', fault);
  const first = settings.lines[0];
  const main = languageCode(first?.get('default_language')?.text ?? '') || 'zh-CN';
  const survey = readSheet('survey', bySheet.get('survey') ?? [], main, fault);
  const choices = readSheet('choices', bySheet.get('choices') ?? [], main, fault);
  if (issues.length > 0) return end();

  const spoken = [...survey.languages];
  const languages = spoken.includes(main) ? [main, ...spoken.filter((l) => l !== main)] : spoken;
  const lists = readChoices(choices, languages, o.known, fault);
  const read = readSurvey(survey, { languages, lists, ...o, fault, notice });
  if (issues.length > 0) return end();

  const titleCell = first?.get('form_title');
  const name = (titleCell?.said ?? '') || o.fileName.replace(/\.[^.]*$/, '') || 'XLSForm';
  const document: Questionnaire = {
    id: toId(first?.get('form_id')?.text ?? '') ?? toId(o.fileName.replace(/\.[^.]*$/, '')) ?? 'xlsform',
    groups: [...o.groups],
    ...(o.regime !== null && { regime: o.regime }),
    languages,
    title: Object.fromEntries(languages.map((l) => [l, name])),
    ...(read.introduction && { introduction: read.introduction }),
    scales: read.scales,
    dimensions: read.dimensions,
    items: read.items,
  };
  const checked = checkNewQuestionnaire(document);
  if (checked.ok) return { ok: true, document, notices };
  for (const found of checked.issues) {
    const { sheet, row } = placeOf(found.path, read.rows, read.scaleRows);
    issues.push({ ...found, path: `${sheet}!${row}` });
  }
  return end();
}

/** The cell from which a part of the document came. */
function placeOf(
  path: string,
  rows: readonly number[],
  scales: ReadonlyMap<string, readonly number[]>,
): { readonly sheet: SheetName; readonly row: number } {
  const item = /^items\[(\d+)\]/.exec(path)?.[1];
  if (item !== undefined) return { sheet: 'survey', row: rows[Number(item)] ?? 1 };
  const scale = /^scales\.([^.]+)(?:\.options\[(\d+)\])?/.exec(path);
  if (scale) return { sheet: 'choices', row: scales.get(scale[1]!)?.[Number(scale[2] ?? 0)] ?? 1 };
  return {
    sheet: path.startsWith('title') || path === 'id' ? 'settings' : 'survey',
    row: path.startsWith('title') ? 2 : 1,
  };
}

/* Sheets */

function readSheet(name: SheetName, rows: readonly TableRow[], main: string, fault: Report): Sheet {
  const [head, ...rest] = rows;
  if (!head) return { lines: [], languages: [] };
  const columns = head.cells.map((cell) => {
    const text = cellText(cell);
    const [own = '', ...language] = text.split('::');
    return {
      name: own
        .trim()
        .toLowerCase()
        .replace(/[\s-]+/g, '_')
        .replace(/^list_name$|^list$/, 'list_name'),
      language: language.length === 0 ? main : languageCode(language.join('::')),
      text,
    };
  });
  for (const [i, column] of columns.entries())
    if (column.language === '')
      fault({ sheet: name, row: head.row, column: i }, 'language', { text: short(column.text) });
  for (const column of name === 'settings' ? [] : needed[name])
    if (!columns.some((c) => c.name === column))
      fault({ sheet: name, row: head.row }, 'no-column', { name: column });
  const labels = columns.filter((c) => c.name === 'label').map((c) => c.language);
  const lines = rest.map((row): Line => {
    const all = columns.flatMap((column, i) => {
      const text = cellText(row.cells[i]);
      return text === ''
        ? []
        : [{ ...column, cell: { sheet: name, row: row.row, column: i, text, said: saidIn(row.cells[i]) } }];
    });
    for (const [column, mark] of row.marks ?? [])
      fault({ sheet: name, row: row.row, column }, 'marked', { mark });
    for (const { name: column, cell, text } of all)
      if (!isKnown(name, column)) fault(cell, 'column', { name: short(text) });
    return {
      sheet: name,
      row: row.row,
      get: (wanted) => all.find((one) => one.name === wanted)?.cell,
      texts: (wanted) =>
        all.filter((one) => one.name === wanted).map((one) => [one.language, one.cell] as const),
    };
  });
  return { lines, languages: [...new Set(labels)] };
}

function isKnown(sheet: SheetName, name: string): boolean {
  if (harmless.test(name) || name === '') return true;
  switch (sheet) {
    case 'survey':
      return /^(type|name|label|hint|required|relevant|constraint)$/.test(name);
    case 'choices':
      return /^(list_name|name|label)$/.test(name);
    case 'settings':
      return /^(form_title|form_id|default_language)$/.test(name);
  }
}

/** `中文 (zh)`, `English (en)`, `zh-CN`; empty if it is not a language. */
function languageCode(text: string): string {
  const said = text.trim();
  if (said === '' || said === 'default') return said === '' ? '' : 'zh-CN';
  const code = /\(([A-Za-z-]+)\)\s*$/.exec(said)?.[1] ?? said;
  const names: Readonly<Record<string, string>> = {
    zh: 'zh-CN',
    'zh-hans': 'zh-CN',
    'zh-cn': 'zh-CN',
    中文: 'zh-CN',
    汉语: 'zh-CN',
    chinese: 'zh-CN',
    english: 'en',
    英文: 'en',
    英语: 'en',
  };
  const known = names[code.toLowerCase()];
  if (known !== undefined) return known;
  return /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(code) ? code : '';
}

/* Choices */

function readChoices(
  sheet: Sheet,
  languages: readonly string[],
  known: readonly Questionnaire[],
  fault: Report,
): ReadonlyMap<string, readonly Choice[]> {
  const lists = new Map<string, Choice[]>();
  const standard = knownOptions(known);
  for (const line of sheet.lines) {
    const list = line.get('list_name');
    const name = line.get('name');
    if (!list && !name && line.texts('label').length === 0) continue;
    if (!list || !name) {
      fault({ sheet: 'choices', row: line.row }, 'cell-missing', { name: list ? 'name' : 'list_name' });
      continue;
    }
    const text = readText(line, 'label', languages, fault);
    if (text === null) continue;
    const id =
      standard.find((one) => sameText(one.text, text))?.id ?? toId(name.text) ?? numberedId(name.text);
    const own = lists.get(list.text) ?? [];
    if (id === null) fault(name, 'bad-name', { text: short(name.text) });
    else if (own.some((choice) => choice.id === id))
      fault(name, 'choice-twice', { text: short(name.text), list: short(list.text) });
    else lists.set(list.text, [...own, { name: name.text, id, text, row: line.row }]);
  }
  return lists;
}

/** Options of shipped scales: a form that numbers them means the same ones. */
function knownOptions(known: readonly Questionnaire[]): readonly ChoiceOption[] {
  return known.flatMap((q) => Object.values(q.scales).flatMap((scale) => scale.options));
}

const sameText = (a: LocalText, b: LocalText): boolean =>
  Object.entries(b).some(
    ([language, text]) => plain(a[language] ?? '') === plain(text) && plain(text) !== '',
  );
const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s.。?!,’'‘]/g, '');

/* Survey */

interface SurveyContext extends XlsFormOptions {
  readonly languages: readonly string[];
  readonly lists: ReadonlyMap<string, readonly Choice[]>;
  readonly fault: Report;
  readonly notice: Report;
}
interface Survey {
  readonly introduction: LocalText | null;
  readonly scales: Questionnaire['scales'];
  readonly dimensions: Questionnaire['dimensions'];
  readonly items: Item[];
  /** Of each item. */
  readonly rows: readonly number[];
  readonly scaleRows: ReadonlyMap<string, readonly number[]>;
}

function readSurvey(sheet: Sheet, c: SurveyContext): Survey {
  const { fault, notice } = c;
  const scales: Questionnaire['scales'] = {};
  const scaleRows = new Map<string, readonly number[]>();
  const dimensions: { id: string; text: LocalText }[] = [];
  const items: Item[] = [];
  const rows: number[] = [];
  const groups: { readonly id: string; readonly text: LocalText }[] = [];
  /** Names in the form → ids here. */
  const ids = new Map<string, string>();
  const listOf = new Map<string, string>();
  const introduction: LocalText[] = [];
  const lines = sheet.lines.filter(
    (line) => line.get('type') !== undefined || line.get('name') !== undefined,
  );
  const rated = ratedLists(lines, c);

  for (const line of lines) {
    const type = line.get('type');
    if (!type) {
      fault({ sheet: 'survey', row: line.row }, 'cell-missing', { name: 'type' });
      continue;
    }
    const [kind = '', list = '', ...rest] = type.text
      .toLowerCase()
      .replace(/\b(begin|end)[ _]group\b/, '$1-group')
      .split(/\s+/);
    const listName = type.text.trim().split(/\s+/)[1] ?? '';
    if (metadata.has(kind)) {
      notice(type, 'metadata', { type: short(type.text) });
      continue;
    }
    if (kind === 'begin-group') {
      const text = readText(line, 'label', c.languages, fault, true) ?? {};
      groups.push({ id: toId(line.get('name')?.text ?? '') ?? `part-${groups.length + 1}`, text });
      if (line.get('relevant')) fault(line.get('relevant')!, 'group-relevant');
      continue;
    }
    if (kind === 'end-group') {
      groups.pop();
      continue;
    }
    if (kind === 'note') {
      const text = readText(line, 'label', c.languages, fault);
      if (items.length > 0) fault(type, 'note-late');
      else if (text !== null) introduction.push(text);
      continue;
    }
    const isChoice = kind === 'select_one' || kind === 'select_multiple';
    if (!isChoice && kind !== 'text' && kind !== 'integer') {
      fault(type, 'type', { type: short(type.text) });
      continue;
    }
    if (rest.includes('or_other')) fault(type, 'or-other');
    const name = line.get('name');
    if (!name) {
      fault({ sheet: 'survey', row: line.row }, 'cell-missing', { name: 'name' });
      continue;
    }
    const text = readText(line, 'label', c.languages, fault);
    const model = text === null ? undefined : knownItem(c, text);
    const id = model?.id ?? toId(name.text) ?? numberedId(name.text);
    if (id === null) {
      fault(name, 'bad-name', { text: short(name.text) });
      continue;
    }
    if (ids.has(name.text) || items.some((item) => item.id === id)) {
      fault(name, 'item-twice', { text: short(name.text) });
      continue;
    }
    const options = isChoice ? c.lists.get(listName) : undefined;
    if (isChoice && !options) {
      fault(type, list === '' ? 'no-list-named' : 'no-list', { list: short(listName) });
      continue;
    }
    if (text === null) continue;
    const condition = readRelevant(line.get('relevant'), { ids, items, lists: c.lists, listOf, fault });
    ids.set(name.text, id);
    if (isChoice) listOf.set(id, listName);
    rows.push(line.row);
    const base = {
      id,
      text,
      ...(isYes(line.get('required')?.text) && { required: true }),
      ...(condition && { showIf: condition }),
    };
    const hint = line.texts('hint').length > 0 ? readText(line, 'hint', c.languages, fault) : null;
    if (hint && kind !== 'text') notice(line.texts('hint')[0]![1], 'hint');
    const constraint = line.get('constraint');
    if (constraint && kind !== 'integer') fault(constraint, 'constraint');
    if (kind === 'integer') items.push({ type: 'number', ...base, ...readRange(constraint, fault) });
    else if (kind === 'text') items.push({ type: 'text', ...base, maxLength: 500, ...(hint && { hint }) });
    else if (kind === 'select_one' && rated.has(listName)) {
      const scale = scaleFor(listName, options!, scales, scaleRows);
      const dimension = dimensionFor(line, c, model, groups);
      if (!dimensions.some((d) => d.id === dimension.id)) dimensions.push(dimension);
      items.push({
        type: 'rating',
        ...base,
        dimension: dimension.id,
        scale,
        ...statements(line, c, model, condition !== null),
      });
    } else {
      const own = options!.map(({ id: option, text: label }) => ({ id: option, text: label }));
      items.push(
        kind === 'select_one'
          ? { type: 'single', ...base, options: own.map((option) => ({ ...option, ...dontKnow(c, option) })) }
          : { type: 'multiple', ...base, options: own },
      );
    }
  }
  if (items.length === 0 && lines.length === 0) fault({ sheet: 'survey', row: 2 }, 'empty');
  return {
    introduction: joined(introduction),
    scales: withDontKnow(scales, c),
    dimensions,
    items,
    rows,
    scaleRows,
  };
}

function joined(texts: readonly LocalText[]): LocalText | null {
  const [first] = texts;
  if (!first) return null;
  return Object.fromEntries(
    Object.keys(first).map((l) => [l, texts.map((text) => text[l] ?? '').join('\n')]),
  );
}

/** Lists that are scales: their options are known, the appearance is `likert`, or several questions share them. */
function ratedLists(lines: readonly Line[], c: SurveyContext): ReadonlySet<string> {
  const standard = new Set(
    knownOptions(c.known)
      .filter((o) => o.dontKnow !== true)
      .map((o) => o.id),
  );
  const uses = new Map<string, number>();
  const likert = new Set<string>();
  for (const line of lines) {
    const [kind, list = ''] = line.get('type')?.text.trim().split(/\s+/) ?? [];
    if (kind?.toLowerCase() !== 'select_one') continue;
    uses.set(list, (uses.get(list) ?? 0) + 1);
    if (/\blikert\b/.test(line.get('appearance')?.text ?? '')) likert.add(list);
  }
  return new Set(
    [...uses].flatMap(([list, count]) => {
      const known = (c.lists.get(list) ?? []).filter((choice) => standard.has(choice.id)).length;
      return likert.has(list) || count > 1 || known > 1 ? [list] : [];
    }),
  );
}

function scaleFor(
  list: string,
  options: readonly Choice[],
  scales: Questionnaire['scales'],
  rows: Map<string, readonly number[]>,
): string {
  const id = toId(list) ?? `scale-${Object.keys(scales).length + 1}`;
  if (!Object.hasOwn(scales, id)) {
    scales[id] = { options: options.map(({ id: option, text }) => ({ id: option, text })) };
    rows.set(
      id,
      options.map((option) => option.row),
    );
  }
  return id;
}

/** The text of 不了解 in shipped questionnaires, and a tail if they have one for these options. */
function withDontKnow(scales: Questionnaire['scales'], c: SurveyContext): Questionnaire['scales'] {
  return Object.fromEntries(
    Object.entries(scales).map(([id, scale]) => {
      const model = c.known
        .flatMap((q) => Object.values(q.scales))
        .find((one) => one.options.every((option) => scale.options.some((own) => own.id === option.id)));
      const tail =
        model?.tail && c.languages.every((l) => model.tail?.[l] !== undefined) ? model.tail : undefined;
      return [
        id,
        {
          options: scale.options.map((option) => ({ ...option, ...dontKnow(c, option) })),
          ...(tail && { tail: Object.fromEntries(c.languages.map((l) => [l, tail[l]!])) }),
        },
      ];
    }),
  );
}

function dontKnow(c: SurveyContext, option: { readonly id: string; readonly text: LocalText }) {
  const isIt = knownOptions(c.known).some(
    (one) => one.dontKnow === true && (one.id === option.id || sameText(one.text, option.text)),
  );
  return isIt ? { dontKnow: true as const } : {};
}

/** A topic that shipped questionnaires ask with this wording keeps its id. */
function knownItem(c: SurveyContext, text: LocalText): RatingItem | undefined {
  return c.known
    .flatMap((q) => q.items)
    .find((item): item is RatingItem => item.type === 'rating' && sameText(item.text, text));
}

/** The column `dimension`, the dimension of a shipped item with the same wording, or the surrounding group. */
function dimensionFor(
  line: Line,
  c: SurveyContext,
  model: RatingItem | undefined,
  groups: readonly { readonly id: string; readonly text: LocalText }[],
): { id: string; text: LocalText } {
  const all = c.known.flatMap((q) => q.dimensions);
  const inOurs = (text: LocalText) =>
    Object.fromEntries(c.languages.map((l) => [l, text[l] ?? text['en'] ?? Object.values(text)[0] ?? '']));
  const asked = line.get('dimension')?.said;
  if (asked !== undefined) {
    const found = all.find((d) => d.id === toId(asked) || Object.values(d.text).includes(asked));
    if (found) return { id: found.id, text: inOurs(found.text) };
    return { id: toId(asked) ?? 'other', text: Object.fromEntries(c.languages.map((l) => [l, asked])) };
  }
  const own = model && all.find((d) => d.id === model.dimension);
  if (own) return { id: own.id, text: inOurs(own.text) };
  const group = groups.at(-1);
  if (group && Object.keys(group.text).length > 0) return { id: group.id, text: inOurs(group.text) };
  return { id: 'other', text: inOurs({ 'zh-CN': '其他', en: 'Other' }) };
}

/**
 * What an item for a regime says of itself: as its columns say, as the shipped item of the same words says, else about the county and scored. A follow-up is never
 * scored (counted-follow-ups.ts); a column that says it is, is left for the check to refuse.
 */
function statements(
  line: Line,
  c: SurveyContext,
  model: RatingItem | undefined,
  isFollowUp: boolean,
): Partial<RatingItem> {
  const about = line.get('about');
  const scored = line.get('scored');
  if (about && about.text !== 'school' && about.text !== 'county') c.fault(about, 'about');
  const said = {
    about:
      about?.text === 'school' || about?.text === 'county'
        ? about.text
        : (model?.about ?? ('county' as const)),
    scored: scored ? isYes(scored.text) : !isFollowUp && (model?.scored ?? true),
  };
  if (isFollowUp && !scored && model?.scored !== false)
    c.notice({ sheet: 'survey', row: line.row }, 'follow-up-unscored');
  if (c.regime === null) return about || scored ? said : said.scored ? {} : { scored: false };
  if (!about && !model) c.notice({ sheet: 'survey', row: line.row }, 'about-county');
  return { ...said, ...(said.scored && model?.covers && { covers: model.covers }) };
}

/* Expressions */

interface Before {
  readonly ids: ReadonlyMap<string, string>;
  readonly items: readonly Item[];
  readonly lists: ReadonlyMap<string, readonly Choice[]>;
  /** Name of the list by the item's id. */
  readonly listOf: ReadonlyMap<string, string>;
  readonly fault: Report;
}

const equals =
  /^\s*(?:\$\{([^}]+)\}\s*=\s*['"‘’“”]([^'"‘’“”]*)['"‘’“”]|selected\s*\(\s*\$\{([^}]+)\}\s*,\s*['"‘’“”]([^'"‘’“”]*)['"‘’“”]\s*\))\s*$/;

/** `${q} = 'a'`, `selected(${q}, 'a')`, and several of them about the same question joined by `or`. */
function readRelevant(cell: Cell | undefined, b: Before): { item: string; in: string[] } | null {
  if (!cell) return null;
  const parts = cell.text.split(/\sor\s/i).map((part) => equals.exec(part));
  const names = new Set(parts.map((m) => m?.[1] ?? m?.[3]));
  const [name] = names;
  if (name === undefined || names.size !== 1 || parts.some((m) => m === null)) {
    b.fault(cell, 'relevant', { text: short(cell.text) });
    return null;
  }
  const item = b.items.find((one) => one.id === b.ids.get(name.trim()));
  if (!item) {
    b.fault(cell, 'relevant-later', { text: short(name) });
    return null;
  }
  const choices = b.lists.get(b.listOf.get(item.id) ?? '') ?? [];
  const wanted = parts.map((m) => m?.[2] ?? m?.[4] ?? '');
  const found = wanted.map((value) => choices.find((choice) => choice.name === value)?.id);
  const missing = found.findIndex((id) => id === undefined);
  if (missing >= 0) {
    b.fault(cell, 'relevant-option', { text: short(wanted[missing]!) });
    return null;
  }
  return { item: item.id, in: [...new Set(found as string[])] };
}

/** `. >= 0 and . <= 300` */
function readRange(cell: Cell | undefined, fault: Report): { min: number; max: number } {
  let [min, max] = [0, 1_000_000];
  for (const part of cell?.text.split(/\sand\s/i) ?? []) {
    const match = /^\s*\.\s*(>=|<=|>|<)\s*(\d{1,9})\s*$/.exec(part);
    if (!match) {
      fault(cell!, 'constraint-number', { text: short(cell!.text) });
      break;
    }
    const value = Number(match[2]);
    if (match[1] === '>=') min = value;
    else if (match[1] === '>') min = value + 1;
    else if (match[1] === '<=') max = value;
    else max = value - 1;
  }
  return { min, max };
}

/* Cells */

/** Chinese punctuation and line breaks are kept as typed. */
function saidIn(cell: CellValue | undefined): string {
  return typeof cell === 'string' ? cell.replace(/\r\n?/g, '\n').trim() : cellText(cell);
}

/** In every language of the form; null if one is missing, which is reported unless it is optional. */
function readText(
  line: Line,
  name: string,
  languages: readonly string[],
  fault: Report,
  isOptional = false,
): LocalText | null {
  const texts = new Map(line.texts(name).map(([language, cell]) => [language, cell]));
  const missing = languages.filter((language) => !texts.has(language));
  if (missing.length > 0) {
    if (!isOptional)
      fault({ sheet: line.sheet, row: line.row }, 'text-missing', { name, language: missing.join(', ') });
    return null;
  }
  for (const cell of texts.values())
    if (/\$\{[^{}]*\}/.test(cell.text)) fault(cell, 'reference', { text: short(cell.text) });
  return Object.fromEntries(languages.map((language) => [language, texts.get(language)!.said]));
}

const isYes = (text: string | undefined): boolean => /^(yes|true|true\(\)|1|是)$/i.test(text?.trim() ?? '');

/** Names in forms may have capitals and underscores. */
function toId(name: string): string | null {
  const id = name
    .trim()
    .toLowerCase()
    .replace(/[\s_.]+/g, '-')
    .replace(/-+/g, '-')
    .replace(/^-|-$/g, '');
  return /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id) && id.length <= 40 ? id : null;
}
/** Forms often number their choices. */
function numberedId(name: string): string | null {
  return /^\d{1,6}$/.test(name.trim()) ? `option-${name.trim()}` : null;
}

function columnLetter(index: number): string {
  const rest = Math.floor(index / 26);
  return (rest > 0 ? columnLetter(rest - 1) : '') + String.fromCharCode(65 + (index % 26));
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

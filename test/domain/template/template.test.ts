/** Templates that users bring: where a fault stands in a file, workbooks of XLSForm, adapting, comparing, versions. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { TableRow } from '../../../src/domain/frame/roll/table.ts';
import type { ContentHash } from '../../../src/domain/model/ids.ts';
import type { TemplateVersion } from '../../../src/domain/model/template.ts';
import { checkQuestionnaire } from '../../../src/domain/questionnaire/check.ts';
import type { Questionnaire } from '../../../src/domain/questionnaire/template.ts';
import { adaptQuestionnaire, borrowable } from '../../../src/domain/template/adapt.ts';
import { compareQuestionnaires } from '../../../src/domain/template/compare.ts';
import { decideTemplate, decideTemplateWithdrawal } from '../../../src/domain/template/decide-template.ts';
import { readJsonText } from '../../../src/domain/template/json-lines.ts';
import { readXlsForm } from '../../../src/domain/template/xlsform.ts';
import { systemActor } from '../../../src/domain/campaign/permissions.ts';

const folder = new URL('../../../survey-templates/', import.meta.url);
const shipped = (name: string): Questionnaire => {
  const { $schema: _, ...document } = JSON.parse(
    readFileSync(new URL(name, folder), 'utf8'),
  ) as Questionnaire;
  return document;
};
const parent = shipped('parent-2017.json');
const others = [
  'teacher-2017',
  'principal-2017',
  'deputy-2017',
  'public-2017',
  'parent-2012',
  'balanced/parent-2017-balanced',
].map((name) => shipped(`${name}.json`));

describe('the line of a fault', () => {
  test('of any part, and of what should hold a part that is missing', () => {
    const text = '{\n "a": [\n  {"b": 1},\n  {\n   "c.d": "}{\\" \\u4e2d"\n  }\n ],\n "e": null\n}\n';
    const read = readJsonText(text);
    if (!read.ok) throw new Error('unread');
    expect(read.json.value).toEqual(JSON.parse(text));
    const lines = ['', 'a', 'a[0]', 'a[0].b', 'a[1]', 'a[1].c.d', 'e', 'a[1].missing', 'a[7].x', 'nothing'];
    expect(lines.map((path) => read.json.lineOf(path))).toEqual([1, 2, 3, 3, 4, 5, 8, 4, 2, 1]);
  });

  test('what ships reads as JSON.parse reads it', () => {
    for (const name of [
      'parent-2017.json',
      'profiles/quality-2017.json',
      'balanced/teacher-2012-balanced.json',
    ]) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      const read = readJsonText(`\ufeff${text}`);
      expect(read.ok && read.json.value).toEqual(JSON.parse(text));
    }
  });

  test.each([
    ['{\n"a": 1\n"b": 2}', 'comma', 3],
    ['{\n"a": [1,\n]}', 'last-comma', 3],
    ['{"a": 1,\n}', 'last-comma', 2],
    ["{\n'a': 1}", 'name', 2],
    ['{"a"\n:\n"x\ny"}', 'string', 3],
    ['{"a":\n “x”}', 'value', 2],
    ['{"a": 1\n', 'end', 1],
    ['{}\n{}', 'more', 2],
    ['{"a" 1}', 'colon', 1],
    ['['.repeat(5_000), 'deep', 1],
  ] as const)('a slip, case %#', (text, kind, line) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(readJsonText(text)).toMatchObject({
      ok: false,
      issue: { message: `template.json.${kind}`, params: { line } },
    });
  });

  test('a name that stands twice, which JSON.parse passes over', () => {
    const read = readJsonText('{"items": 1,\n"x": {"y": 1, "y": 2},\n"items": 2}');
    expect(read.ok && read.json.repeated.map((i) => [i.path, i.params?.['line']])).toEqual([
      ['x.y', 2],
      ['items', 3],
    ]);
  });

  test('names of a document that mean something to JavaScript are names', () => {
    const read = readJsonText('{"__proto__": {"polluted": true}, "constructor": 1}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(read.ok && Object.keys(read.json.value as object)).toEqual(['__proto__', 'constructor']);
  });
});

type Cells = readonly (string | number | null)[];
const sheet = (name: string, rows: readonly Cells[]): TableRow[] =>
  rows.map((cells, i) => ({ sheet: name, row: i + 1, cells: [...cells] }));
const choices = sheet('choices', [
  ['list_name', 'name', 'label::中文 (zh)', 'label::English (en)'],
  ['sat', '1', '非常满意', 'Very satisfied'],
  ['sat', '2', '满意', 'Satisfied'],
  ['sat', '3', '基本满意', 'Basically satisfied'],
  ['sat', '4', '不满意', 'Dissatisfied'],
  ['sat', '9', '不了解', 'Don’t know'],
  ['why', 'too_much', '太多', 'Too much'],
  ['why', 'too_little', '太少', 'Too little'],
]);
const settings = sheet('settings', [
  ['form_title', 'form_id', 'default_language'],
  ['家长问卷（本县）', 'our_parents', '中文 (zh)'],
]);
const head: Cells = [
  'type',
  'name',
  'label::中文 (zh)',
  'label::English (en)',
  'required',
  'relevant',
  'constraint',
  'about',
  'default',
];
const survey = (...rows: readonly Cells[]) => sheet('survey', [head, ...rows]);
const options = {
  groups: ['parent'] as const,
  regime: null,
  known: [parent, ...others],
  fileName: 'parents.xlsx',
};
const teaching = parent.items.find((item) => item.id === 'teaching')!.text;

describe('a workbook of XLSForm', () => {
  test('becomes a questionnaire: known options and matters keep their ids, follow-ups their condition', () => {
    const read = readXlsForm(
      [
        ...survey(
          ['start', 'start'],
          ['note', 'hello', '请照自己的想法选。', 'Choose as you think.'],
          ['begin group', 'lessons', '上课', 'Lessons'],
          ['select_one sat', 'Q1', teaching['zh-CN']!, teaching['en']!, 'yes'],
          ['select_one sat', 'home_work', '作业的数量', 'The amount of homework', 'true()'],
          [
            'select_one why',
            'home_work_why',
            '多还是少？',
            'Too much or too little?',
            '',
            "${home_work} = ‘4’ or selected(${home_work}, '3')",
          ],
          ['end group', null],
          ['integer', 'minutes', '每天几分钟？', 'How many minutes a day?', '', '', '. >= 0 and . < 300'],
          ['text', 'more', '还想说的', 'Anything else'],
        ),
        ...choices,
        ...settings,
      ],
      options,
    );
    if (!read.ok) throw new Error(JSON.stringify(read.issues));
    expect(checkQuestionnaire(read.document)).toMatchObject({ ok: true });
    expect(read.document).toMatchObject({
      id: 'our-parents',
      groups: ['parent'],
      languages: ['zh-CN', 'en'],
      title: { 'zh-CN': '家长问卷（本县）' },
      introduction: { en: 'Choose as you think.' },
      scales: { sat: { tail: { 'zh-CN': '您满不满意？' } } },
      items: [
        { type: 'rating', id: 'teaching', dimension: 'quality', scale: 'sat', required: true },
        { type: 'rating', id: 'home-work', dimension: 'lessons' },
        {
          type: 'single',
          id: 'home-work-why',
          showIf: { item: 'home-work', in: ['dissatisfied', 'basically-satisfied'] },
        },
        { type: 'number', id: 'minutes', min: 0, max: 299 },
        { type: 'text', id: 'more' },
      ],
    });
    expect(read.document.scales['sat']!.options.map((o) => [o.id, o.dontKnow])).toEqual([
      ['very-satisfied', undefined],
      ['satisfied', undefined],
      ['basically-satisfied', undefined],
      ['dissatisfied', undefined],
      ['dont-know', true],
    ]);
    expect(read.notices.map((n) => n.path)).toEqual(['survey!A2']);
  });

  test('for a regime, items say what they are about, and what a shipped item says of itself comes along', () => {
    const read = readXlsForm(
      [
        ...survey(
          ['select_one sat', 'a', teaching['zh-CN']!, teaching['en']!],
          ['select_one sat', 'b', '食堂', 'The canteen', '', '', '', 'school'],
          ['select_one sat', 'c', '校车', 'School buses'],
        ),
        ...choices,
      ],
      { ...options, regime: 'quality-2017' },
    );
    if (!read.ok) throw new Error(JSON.stringify(read.issues));
    expect(read.document.items).toMatchObject([
      { id: 'teaching', about: 'school', scored: true, covers: { 'quality-2017': ['quality'] } },
      { id: 'b', about: 'school', scored: true },
      { id: 'c', about: 'county', scored: true },
    ]);
    expect(read.notices.map((n) => n.path)).toEqual(['survey!4']);
  });

  test('a rating that only some are asked is not scored; said to be scored, it is refused', () => {
    const read = (scored: string | null) =>
      readXlsForm(
        [
          ...sheet('survey', [
            [...head, 'scored'],
            ['select_one sat', 'a', '甲', 'A'],
            ['select_one sat', 'b', '乙', 'B', '', "${a} = '4'", '', '', '', scored],
          ]),
          ...choices,
        ],
        options,
      );
    const taken = read(null);
    if (!taken.ok) throw new Error(JSON.stringify(taken.issues));
    expect(taken.document.items[1]).toMatchObject({ id: 'b', type: 'rating', scored: false });
    expect(taken.notices).toMatchObject([
      { path: 'survey!3', message: 'template.xlsform.follow-up-unscored' },
    ]);
    expect(read('yes')).toMatchObject({
      ok: false,
      issues: [{ path: 'survey!3', message: 'questionnaire.check.follow-up-scored' }],
    });
  });

  /** Each row alone, in row 3 below one that is right; the cell, and what is said of it. */
  const faults: readonly (readonly [Cells, string, string])[] = [
    [['geopoint', 'where', '哪里', 'Where'], 'A3', 'type'],
    [['begin repeat', 'child', '每个孩子', 'Each child'], 'A3', 'type'],
    [['select_one sat or_other', 'b', '乙', 'B'], 'A3', 'or-other'],
    [['select_one nowhere', 'b', '乙', 'B'], 'A3', 'no-list'],
    [['select_one', 'b', '乙', 'B'], 'A3', 'no-list-named'],
    [['select_one sat', 'b', '乙'], '3', 'text-missing'],
    [['select_one sat', null, '乙', 'B'], '3', 'cell-missing'],
    [['select_one sat', 'a', '乙', 'B'], 'B3', 'item-twice'],
    [['select_one sat', '学校', '乙', 'B'], 'B3', 'bad-name'],
    [['select_one sat', 'b', '${a}呢', 'And ${a}'], 'C3', 'reference'],
    [['select_one sat', 'b', '乙', 'B', '', "${a} = '1' and ${a} = '2'"], 'F3', 'relevant'],
    [['select_one sat', 'b', '乙', 'B', '', "${z} = '1'"], 'F3', 'relevant-later'],
    [['select_one sat', 'b', '乙', 'B', '', "${a} = '7'"], 'F3', 'relevant-option'],
    [['integer', 'b', '几', 'How many', '', '', 'regex(., "x")'], 'G3', 'constraint-number'],
    [['text', 'b', '乙', 'B', '', '', '. > 1'], 'G3', 'constraint'],
    [['select_one sat', 'b', '乙', 'B', '', '', '', 'town'], 'H3', 'about'],
    [['select_one sat', 'b', '乙', 'B', '', '', '', '', '1'], 'I3', 'column'],
    [['note', 'n', '说明', 'Note'], 'A3', 'note-late'],
  ];
  test('what it cannot take is refused by sheet, row, column and remedy', () => {
    for (const [row, cell, key] of faults) {
      const read = readXlsForm([...survey(['select_one sat', 'a', '甲', 'A'], row), ...choices], options);
      expect([cell, read.ok ? null : read.issues.map((i) => [i.path, i.message])]).toEqual([
        cell,
        expect.arrayContaining([[`survey!${cell}`, `template.xlsform.${key}`]]) as unknown,
      ]);
    }
  });

  test('faults of the sheets themselves, and of a scale without 不了解', () => {
    const rows = survey(['select_one sat', 'a', '甲', 'A'], ['select_one sat', 'b', '乙', 'B']);
    const of = (...more: TableRow[]) => {
      const read = readXlsForm([...rows, ...more], options);
      return read.ok ? [] : read.issues.map((i) => [i.path, i.message]);
    };
    expect(of()).toEqual([['choices!1', 'template.xlsform.no-sheet']]);
    expect(of(...sheet('choices', [['list_name', 'name']]))).toEqual([
      ['choices!1', 'template.xlsform.no-column'],
    ]);
    expect(of(...sheet('choices', [['list_name', 'name', 'label::某种话']]))).toContainEqual([
      'choices!C1',
      'template.xlsform.language',
    ]);
    expect(of(...choices.filter((row) => row.cells[1] !== '9'))).toEqual([
      ['choices!2', 'questionnaire.check.dont-know-missing'],
    ]);
    const twice = [...choices, { sheet: 'choices', row: 9, cells: ['sat', '10', '满意', 'Satisfied'] }];
    expect(of(...twice)).toEqual([['choices!B9', 'template.xlsform.choice-twice']]);
  });
});

const unchanged = {
  ...{ id: 'ours', title: parent.title, introduction: parent.introduction ?? {}, tails: {}, orders: {} },
  items: parent.items.map(({ id, text }) => ({ id, text })),
};

describe('adapting', () => {
  test('nothing changed: the same questionnaire under another id', () => {
    expect(adaptQuestionnaire(parent, others, unchanged)).toEqual({ ...parent, id: 'ours' });
  });

  test('items in another order, with other words, left out with their follow-ups, and taken from others', () => {
    const more = borrowable(parent, others);
    expect(more.map(({ item }) => item.id)).toContain('high-school-places');
    const parentOf = parent.items.find((item) => item.showIf)!;
    const borrowed = more.find(({ item }) => item.id === 'high-school-places')!.item;
    const items = [
      { id: borrowed.id, text: borrowed.text },
      ...unchanged.items
        .filter(({ id }) => id !== parentOf.showIf!.item)
        .map((item) =>
          item.id === 'teaching' ? { id: 'teaching', text: { 'zh-CN': '教课', en: 'Teaching' } } : item,
        ),
    ];
    const made = adaptQuestionnaire(parent, others, {
      ...unchanged,
      items,
      orders: { satisfaction: 'reversed' },
    });
    expect(checkQuestionnaire(made)).toMatchObject({ ok: true });
    expect(made.items[0]).toMatchObject({ id: 'high-school-places' });
    expect(made.items.map((item) => item.id)).not.toContain(parentOf.id);
    const reworded = made.items.find((item) => item.id === 'teaching');
    expect(reworded).toMatchObject({ text: { en: 'Teaching' }, scored: true });
    expect(reworded).not.toHaveProperty('core');
    expect(made.items.find((item) => item.id === 'conduct')).toHaveProperty('core', true);
    expect(made.scales['satisfaction']!.options.map((o) => o.id)).toEqual([
      ...['dissatisfied', 'basically-satisfied', 'satisfied', 'very-satisfied', 'dont-know'],
    ]);
    expect(made.scales['satisfaction']).not.toHaveProperty('reversible');
  });

  test('a text left empty is named by the check', () => {
    const items = unchanged.items.map((item, i) =>
      i === 2 ? { ...item, text: { ...item.text, en: ' ' } } : item,
    );
    const check = checkQuestionnaire(adaptQuestionnaire(parent, others, { ...unchanged, items }));
    expect(check).toMatchObject({
      ok: false,
      issues: [{ path: 'items[2].text', params: { language: 'en' } }],
    });
  });

  test('items on another scale cannot be taken', () => {
    const balanced = shipped('balanced/teacher-2017-balanced.json');
    expect(borrowable(parent, [balanced]).every(({ item }) => item.type !== 'rating')).toBe(true);
  });
});

describe('what differs', () => {
  const changed = structuredClone(parent);
  changed.title['en'] = 'Ours';
  const [overall, teachingItem, ...rest] = changed.items;
  const last = rest.pop()!;
  changed.items = [teachingItem!, overall!, ...rest];
  const scale = changed.scales['satisfaction']!;
  scale.options.reverse();
  (changed.items[0] as { scored?: boolean }).scored = false;
  changed.items[3]!.text = { ...changed.items[3]!.text, 'zh-CN': '别的' };

  test('between versions, each once', () => {
    const found = compareQuestionnaires(parent, changed).map((d) => [
      d.of === 'questionnaire' ? d.of : `${d.of} ${d.id}`,
      [d.what, d.name, d.language].filter(Boolean).join(' '),
    ]);
    expect(found).toEqual([
      ['questionnaire', 'text title en'],
      ['scale satisfaction', 'order'],
      [`item ${teachingItem!.id}`, 'property scored'],
      [`item ${overall!.id}`, 'moved'],
      [`item ${changed.items[3]!.id}`, 'text text zh-CN'],
      [`item ${last.id}`, 'removed'],
    ]);
  });

  test('of the same, nothing; the other way round, the mirror', () => {
    expect(compareQuestionnaires(parent, structuredClone(parent))).toEqual([]);
    const back = compareQuestionnaires(changed, parent);
    expect(back.map((d) => d.what).sort()).toEqual(['added', 'moved', 'order', 'property', 'text', 'text']);
  });
});

describe('versions', () => {
  const at = { at: 5, actor: { ...systemActor, name: '张三' } };
  const hash = (n: number) => String(n).repeat(64) as ContentHash;
  const command = {
    kind: 'questionnaire',
    id: 'ours',
    hash: hash(1),
    origin: 'file',
    note: ' 第一版 ',
    title: '问卷',
  } as const;
  const first = decideTemplate([], new Set(), command, at);

  test('follow each other by id, and say who added them', () => {
    expect(first.changes).toMatchObject({
      no: 1,
      version: 1,
      note: '第一版',
      addedBy: '张三',
      withdrawn: null,
    });
    expect(first.trail).toMatchObject([{ action: 'template.add', details: { title: '问卷', version: 1 } }]);
    const second = decideTemplate([first.changes], new Set(), { ...command, hash: hash(2) }, at);
    expect(second.changes).toMatchObject({ no: 2, version: 2 });
    expect(
      decideTemplate([first.changes], new Set(), { ...command, hash: hash(2), id: 'other' }, at).changes
        .version,
    ).toBe(1);
  });

  test('the same content is refused until it is withdrawn; so is what ships', () => {
    expect(() => decideTemplate([first.changes], new Set(), command, at)).toThrow('template.same');
    expect(() => decideTemplate([], new Set([hash(1)]), command, at)).toThrow('template.as-shipped');
    const gone = decideTemplateWithdrawal(first.changes, { reason: '有错字', title: '问卷' }, at);
    expect(gone.changes.withdrawn).toEqual({ at: 5, by: '张三', reason: '有错字' });
    expect(gone.trail).toMatchObject([{ action: 'template.withdraw', details: { reason: '有错字' } }]);
    expect(decideTemplate([gone.changes], new Set(), command, at).changes).toMatchObject({
      no: 2,
      version: 2,
    });
    expect(() => decideTemplateWithdrawal(gone.changes, { reason: 'x', title: '' }, at)).toThrow(
      'template.withdrawn',
    );
  });

  test('a withdrawal needs a reason, a note has an end', () => {
    const refuse = (reason: string) => () =>
      decideTemplateWithdrawal(first.changes, { reason, title: '' }, at);
    expect(refuse(' ')).toThrow('template.invalid');
    expect(refuse('x'.repeat(201))).toThrow('template.invalid');
    expect(() => decideTemplate([], new Set(), { ...command, note: 'x'.repeat(201) }, at)).toThrow(
      'template.invalid',
    );
    const many = Array.from({ length: 2_000 }, (_, i): TemplateVersion => ({
      ...first.changes,
      no: i,
      hash: hash(3),
    }));
    expect(() => decideTemplate(many, new Set(), command, at)).toThrow('template.too-many');
  });
});

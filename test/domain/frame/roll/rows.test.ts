import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseGrade } from '../../../../src/domain/frame/roll/grade.ts';
import { createFrameRowParser } from '../../../../src/domain/frame/roll/frame-row.ts';
import { mapFrameHeader, mapSchoolHeader } from '../../../../src/domain/frame/roll/header.ts';
import { createSchoolIndex, type ListedSchool } from '../../../../src/domain/frame/roll/school-index.ts';
import { planSchools } from '../../../../src/domain/frame/roll/school-plan.ts';
import { createSchoolRowParser } from '../../../../src/domain/frame/roll/school-row.ts';
import type { CellValue, TableRow } from '../../../../src/domain/frame/roll/table.ts';
import type { Group } from '../../../../src/domain/model/vocabulary.ts';
import { readAll } from '../../../tabular/helpers.ts';
import { readReference } from '../../../support/reference.ts';

const table = (...rows: CellValue[][]): TableRow[] =>
  rows.map((cells, i) => ({ sheet: '', row: i + 1, cells }));
const schools = createSchoolIndex([
  { id: 's1', name: '城关镇第一小学', code: '2137000001', aliases: ['城关一小', '希望小学'] },
  { id: 's2', name: '城关镇第二小学', code: '2137000002' },
  { id: 's3', name: '希望小学', code: '3', township: '城关镇' },
  { id: 's4', name: '希望 小学', code: '4', township: '河口乡' },
] as unknown as ListedSchool[]);

function parseFrame(rows: TableRow[], group: Group = 'parent') {
  const mapping = mapFrameHeader(rows, { group });
  if (!mapping.ok) throw new Error(mapping.fault.message);
  const parser = createFrameRowParser({ group, schools, mapping });
  return { results: rows.map((row) => parser.parse(row)), counts: parser.counts(), mapping };
}

describe('header of a frame', () => {
  it.each<[string, CellValue[][], object]>([
    ['plain', [['学校', '手机号']], { headerRow: 1, school: [0], phone: [1], unmapped: 0 }],
    [
      'English',
      [['School Name', 'Grade', "Mother's phone"]],
      { headerRow: 1, school: [0], grade: [1], phone: [2] },
    ],
    [
      'title rows, stars, notes, line breaks',
      [['某县家长名册'], [], ['序号', '*就读学校\n(全称)', '联系电话（必填）：', '年 级']],
      { headerRow: 3, school: [1], phone: [2], grade: [3], unmapped: 1 },
    ],
    [
      'a title merged over all columns',
      [
        ['学校', '学校', '学校'],
        ['学校', '姓名', '电话'],
      ],
      { headerRow: 2, school: [0], phone: [2] },
    ],
    [
      'two rows, merged cells filled',
      [
        ['学校', '监护人1', '监护人1', '监护人2', '监护人2'],
        ['学校', '姓名', '电话', '姓名', '电话'],
      ],
      { headerRow: 2, school: [0], phone: [2, 4], unmapped: 2 },
    ],
    [
      'two rows of a text file',
      [
        ['学校名称', '年级', '家长信息', null, null],
        [null, null, '姓名', '身份证号', '手机号码'],
        ['一小', 1, '张三', '370102198001011234', '13800138000'],
      ],
      { headerRow: 2, school: [0], grade: [1], phone: [4], unmapped: 2 },
    ],
    [
      'a header merged over two rows',
      [
        ['学校', '电话'],
        ['学校', '电话'],
        ['一小', '13800138000'],
      ],
      { headerRow: 2, school: [0], phone: [1] },
    ],
    [
      'father and mother, but not the form teacher',
      [['学校标识码', '父亲电话', '母亲手机号', '班主任电话', '学校电话', '监护人1联系电话']],
      { schoolCode: [0], phone: [1, 2, 5], unmapped: 2 },
    ],
  ])('%s', (_, cells, expected) => {
    const result = mapFrameHeader(table(...cells), { group: 'parent' });
    if (!result.ok) throw new Error(result.fault.message);
    const flat = { headerRow: result.headerRow, unmapped: result.unmapped, ...result.columns };
    expect(flat).toMatchObject(expected);
  });

  it('says what is missing and what was seen', () => {
    const rows = table(['学校', '姓名', '年级'], ['一小', '张三', 3]);
    expect(mapFrameHeader(rows, { group: 'parent' })).toEqual({
      ok: false,
      fault: {
        field: '',
        message: 'roll.header.missing.phone',
        params: { row: 1, seen: '学校、姓名、年级' },
      },
    });
    expect(mapFrameHeader(table(['姓名', '手机']), { group: 'deputy' }).ok).toBe(true);
  });

  it('shows nothing of a file without a header', () => {
    const result = mapFrameHeader(table(['一小', '张三', '370102198001011234', '13800138000']), {
      group: 'parent',
    });
    expect(result).toEqual({
      ok: false,
      fault: { field: '', message: 'roll.header.none', params: { rows: 20 } },
    });
  });

  it('takes an explicit mapping', () => {
    const rows = table(['一小', '张三', '13800138000']);
    const good = mapFrameHeader(rows, {
      group: 'parent',
      override: { headerRow: 0, columns: { school: [0], phone: [2] } },
    });
    expect(good).toMatchObject({ ok: true, headerRow: 0, unmapped: 1 });
    const none = mapFrameHeader(rows, {
      group: 'parent',
      override: { headerRow: 0, columns: { school: [0], phone: [] } },
    });
    expect(none.ok).toBe(true);
    const twice = mapFrameHeader(rows, {
      group: 'parent',
      override: { headerRow: 0, columns: { school: [0], phone: [0] } },
    });
    expect(twice).toMatchObject({ ok: false, fault: { message: 'roll.header.override' } });
  });
});

describe('rows of a frame', () => {
  it('reads contacts and counts what is no data', () => {
    const { results, counts } = parseFrame(
      table(
        ['某县家长名册'],
        ['学校', '年级', '姓名', '父亲电话', '母亲电话'],
        ['（示例）城关镇第一小学', '三年级', '张三', '13800138000'],
        ['城关镇 第一小学', '三年级', '张三', 13800138000, '13900139000'],
        ['城关一小', '初一', '李四', null, '0531-88886666'],
        ['2137000002', 'G2', '王五', '1.38E+10', '13900139001'],
        ['城关镇第二小学', null, '赵六'],
        [],
        ['合计', null, '4人'],
        ['填表人：钱七', null, null],
      ),
    );
    expect(results.map((r) => r.kind)).toEqual([
      'skipped',
      'skipped',
      'skipped',
      'entry',
      'entry',
      'fault',
      'entry',
      'skipped',
      'skipped',
      'skipped',
    ]);
    expect(results[3]).toMatchObject({
      entry: { school: 's1', grade: 3, phones: ['13800138000'], landlines: [] },
      warnings: [{ message: 'roll.phone.dropped', params: { count: 1 } }],
    });
    expect(results[4]).toMatchObject({
      entry: { school: 's1', grade: 7, phones: [], landlines: ['0531-88886666'] },
      warnings: [{ message: 'roll.phone.landlineOnly' }],
    });
    expect(results[6]).toMatchObject({ entry: { phones: [] }, warnings: [{ message: 'roll.phone.none' }] });
    expect(counts).toEqual({
      entries: 3,
      faulty: 1,
      withoutPhone: 2,
      blank: 1,
      total: 1,
      sample: 1,
      note: 1,
      header: 2,
    });
  });

  it.each<[CellValue[], string, object?]>([
    [['城关镇第一小', '1', '13800138000'], 'roll.school.near', { nearest: '城关镇第一小学、城关镇第二小学' }],
    [['火星中学', '1', '13800138000'], 'roll.school.unknown'],
    [[null, '1', '13800138000'], 'roll.school.blank'],
    [['希望小学', '1', '13800138000'], 'roll.school.several'],
    [['城关一小', '2019级', '13800138000'], 'roll.grade.cohort'],
    [['城关一小', '高一', '13800138000'], 'roll.grade.outside'],
    [['城关一小', '1', '1380013800'], 'roll.phone.short'],
    [['城关一小', '1', '1.38E+10'], 'roll.phone.scientific'],
    [['城关一小', '1', '13800138000', '教师'], 'roll.group.other'],
    [['城关一小', '1', '13800138000', '甲类'], 'roll.group.unknown'],
    [['城关一小', '1', '13800138000', null, '2137000002'], 'roll.school.conflict'],
  ])('%j: %s', (cells, message, params) => {
    const { results } = parseFrame(table(['学校', '年级', '电话', '类别', '学校代码'], cells));
    expect(results[1]).toMatchObject({ kind: 'fault', faults: [{ message, ...(params && { params }) }] });
  });

  it('keeps no number of a pupil and needs no school of a deputy', () => {
    const rows = table(['学校', '电话'], ['城关一小', '13800138000']);
    expect(parseFrame(rows, 'student').results[1]).toMatchObject({ entry: { phones: [], landlines: [] } });
    const deputies = parseFrame(table(['姓名', '单位', '手机'], ['甲', '某公司', '13800138000']), 'deputy');
    expect(deputies.results[1]).toMatchObject({ entry: { school: null, phones: ['13800138000'] } });
  });

  it('tells schools of one name apart by township, code or full name', () => {
    const rows = table(
      ['学校', '乡镇', '学校代码', '电话'],
      ['希望小学', '河口', null, '13800138000'],
      ['希望小学', '城关镇', null, '13800138001'],
      ['希望小学', null, '4', '13800138002'],
      ['希望小学', '青山乡', null, '13800138003'],
    );
    expect(parseFrame(rows).results.slice(1)).toMatchObject([
      { entry: { school: 's4' } },
      { entry: { school: 's3' } },
      { entry: { school: 's4' } },
      { kind: 'fault', faults: [{ field: 'school', message: 'roll.school.several' }] },
    ]);
  });

  it('names the column of a fault, and nothing of the cell', () => {
    const { results } = parseFrame(table(['学校', '年级', '电话'], ['张某某', '李某某', '王某某']));
    expect(results[1]).toMatchObject({
      faults: [
        { field: 'school', message: 'roll.school.unknown', params: { column: 'A' } },
        { field: 'grade', message: 'roll.grade.unknown', params: { column: 'B' } },
        { field: 'phone', message: 'roll.phone.letters', params: { column: 'C' } },
      ],
    });
    expect(JSON.stringify(results)).not.toMatch(/某/);
  });

  it('lets no value of an unmapped column through, good row or bad', () => {
    const secrets = ['张某某', '370102201501011234', '2015-01-01', '三(2)班', 'G370102'];
    const header = ['学生姓名', '身份证号', '出生日期', '班级', '学籍号', '学校', '年级', '家长电话'];
    const values: [CellValue, CellValue, CellValue][] = [
      ['城关一小', 3, '13800138000'],
      ['火星中学', '2019级', '1.38E+10'],
      [null, '?', '138'],
      ['张某某', '370102201501011234', '370102201501011234'],
      ['合计', null, null],
      [null, null, null],
    ];
    const { results, mapping, counts } = parseFrame(table(header, ...values.map((v) => [...secrets, ...v])));
    expect(mapping.ok && mapping.unmapped).toBe(5);
    const clean = JSON.stringify([results, mapping, counts]);
    for (const secret of secrets) expect(clean).not.toContain(secret);
  });

  it('survives naughty strings in every column, and shows no long number', () => {
    const strings = JSON.parse(readReference('hostile/naughty-strings.json')) as string[];
    const { results } = parseFrame(table(['学校', '年级', '电话'], ...strings.map((s) => [s, s, s])));
    expect(results).toHaveLength(strings.length + 1);
    expect(results.every((r) => r.kind !== 'entry')).toBe(true);
    expect(JSON.stringify(results.flatMap((r) => (r.kind === 'fault' ? r.faults : [])))).not.toMatch(/\d{7}/);
  });
});

describe('grades', () => {
  it.each<[CellValue, number | null]>([
    ['一年级', 1],
    ['小学三年级', 3],
    ['三年级2班', 3],
    ['三（2）班', 3],
    ['七年级', 7],
    ['初一', 7],
    ['初中三年级', 9],
    [7, 7],
    ['7', 7],
    ['G7', 7],
    ['Grade 7', 7],
    ['', null],
    [null, null],
  ])('%j is %s', (cell, grade) => {
    expect(parseGrade(cell)).toEqual({ ok: true, grade });
  });

  it('counts 初一 as the sixth grade in the 5-4 system, and 初四 only there', () => {
    expect(parseGrade('初一', '5-4')).toEqual({ ok: true, grade: 6 });
    expect(parseGrade('初四', '5-4')).toEqual({ ok: true, grade: 9 });
    expect(parseGrade('初四').ok).toBe(false);
  });

  it.each(['2019级', '2019', '高一', '幼儿园大班', '10', '0', '十一年级', 'x', '12班', '初十'])(
    '%s is a fault',
    (text) => {
      expect(parseGrade(text).ok).toBe(false);
    },
  );
});

describe('school lists', () => {
  const rows = table(
    ['某县义务教育学校名单'],
    [
      '学校名称',
      '学校标识码',
      '办学类型',
      '城乡类别',
      '办学水平',
      '办别',
      '在校生数',
      '专任教师数',
      '乡镇',
      '所属中心校',
      '电话',
    ],
    ['城关中心小学', 2137000001, '小学', '镇区', '好', '公办', 1200, '80人', '城关镇', null, '0531-1'],
    ['东村教学点', null, '小学教学点', '220', '薄弱', '公办', 12, 2, '城关镇', '城关 中心小学'],
    ['某县一中', '3', '完全中学', '县城', '中', '民办', '3,000', 200, '城关镇', '火星小学'],
    ['某县一中', '2137000001', '大学', '城区'],
    ['合计'],
  );
  const mapping = mapSchoolHeader(rows);

  it('are read, with derived ids that stay the same', () => {
    if (!mapping.ok) throw new Error(mapping.fault.message);
    expect(mapping).toMatchObject({ headerRow: 2, unmapped: 1 });
    const read = () => {
      const parser = createSchoolRowParser(mapping);
      return rows.map((row) => parser.parse(row));
    };
    const results = read();
    expect(read()).toEqual(results);
    expect(results[2]).toMatchObject({
      entry: {
        code: '2137000001',
        category: 'primary',
        location: 'town',
        level: 'good',
        ownership: 'public',
        pupils: 1200,
        staff: 80,
        township: '城关镇',
      },
    });
    expect(results[3]).toMatchObject({
      entry: { code: null, category: 'teaching-point', location: 'rural', level: 'weak' },
    });
    expect(results[4]).toMatchObject({
      entry: { category: 'complete-secondary', location: 'town', pupils: 3000 },
    });
    expect(results[5]).toMatchObject({ faults: [{ field: 'category', message: 'roll.category.unknown' }] });
    const placed = results.flatMap((r) => (r.kind === 'entry' ? [r] : []));
    expect(planSchools([], placed).faults).toMatchObject([
      { row: 5, field: 'parent', message: 'roll.parent.unknown', params: { value: '火星小学' } },
    ]);
    const { schools: saved } = planSchools([], placed.slice(0, 2));
    expect(saved).toMatchObject([
      { id: '2137000001', parent: null },
      { id: expect.stringMatching(/^n[0-9a-f]{12}$/), parent: '2137000001' },
    ]);
    expect(planSchools([], placed.slice(0, 2)).schools).toEqual(saved);
  });
});

describe('from bytes to contacts', () => {
  it('reads a GB18030 file with a title and an unmapped column', async () => {
    const { default: iconv } = await import('iconv-lite');
    const rows = await readAll(
      iconv.encode('名册\n学校\t姓名\t手机\n城关一小\t张三\t13800138000\n', 'gb18030'),
    );
    expect(parseFrame(rows).results[2]).toMatchObject({ entry: { school: 's1', phones: ['13800138000'] } });
  });
});

describe('messages', () => {
  const load = (language: string, name: string) =>
    JSON.parse(readFileSync(`src/texts/${language}/${name}.json`, 'utf8')) as Record<string, string>;
  const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

  it.each(['roll', 'tabular', 'divisions', 'sms'])(
    '%s: same keys and placeholders in both languages',
    (name) => {
      const zh = load('zh-CN', name);
      const en = load('en', name);
      expect(Object.keys(zh)).toEqual(Object.keys(en));
      for (const [key, text] of Object.entries(zh))
        expect([key, placeholders(text)]).toEqual([key, placeholders(en[key]!)]);
    },
  );
});

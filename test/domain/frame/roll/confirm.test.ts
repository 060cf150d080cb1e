/** What is said of a file before a person confirms it. */
import { describe, expect, test } from 'vitest';
import { classifyColumns } from '../../../../src/domain/frame/roll/columns.ts';
import {
  createRunFinder,
  findDoubts,
  runLength,
  type ReadRoll,
} from '../../../../src/domain/frame/roll/doubts.ts';
import { guessGroups, type FileLook } from '../../../../src/domain/frame/roll/guess-group.ts';
import { createSchoolIndex } from '../../../../src/domain/frame/roll/school-index.ts';
import type { CellValue, TableRow } from '../../../../src/domain/frame/roll/table.ts';
import type { SchoolId } from '../../../../src/domain/model/ids.ts';

const schools = createSchoolIndex([
  { id: 'S1' as SchoolId, name: '城关第一小学' },
  { id: 'S2' as SchoolId, name: '河口中学' },
]);
const rows = (...cells: CellValue[][]): TableRow[] =>
  cells.map((own, i) => ({ sheet: '', row: i + 1, cells: own }));
const judge = (...cells: CellValue[][]) => {
  const { headerRow, columns } = classifyColumns(rows(...cells), schools);
  return { headerRow, columns: columns.map((c) => [c.header, c.guess, c.isKept]) };
};

describe('columns', () => {
  test('of a register: what a roll needs is kept, names and identity numbers never', () => {
    const found = judge(
      ['某县学生登记表'],
      ['序号', '学生姓名', '年级', '监护人电话', '备用电话', '身份证号', '备注'],
      [1, '张三', '一年级', '13800010001', '', '110101201501011234', '住校'],
      [2, '李四', '二年级', '13900010002', '13700010003', '110101201502021234', ''],
    );
    expect(found).toEqual({
      headerRow: 2,
      columns: [
        ['序号', null, false],
        ['学生姓名', null, false],
        ['年级', 'grade', true],
        ['监护人电话', 'phone', true],
        ['备用电话', 'phone', true],
        ['身份证号', null, false],
        ['备注', null, false],
      ],
    });
  });

  test('without a header they are known by their cells', () => {
    const { headerRow, columns } = judge(
      ['城关第一小学', '王小明', '13800010001', '20150101', '三年级'],
      ['河口中学', '赵小红', '13900010002', '20120505', '七年级'],
    );
    expect(headerRow).toBe(0);
    expect(columns).toEqual([
      ['', 'school', true],
      ['', null, false],
      ['', 'phone', true],
      ['', null, false],
      ['', 'grade', true],
    ]);
  });

  test('a column with an unknown header that holds phones can be chosen, one of identity numbers under any header cannot', () => {
    const { columns } = judge(
      ['学校', '家长', '其它'],
      ['城关第一小学', '13800010001', '110101201501011234'],
      ['城关第一小学', '13800010005', '110101201501011235'],
    );
    expect(columns).toEqual([
      ['学校', 'school', true],
      ['家长', 'phone', true],
      ['其它', null, false],
    ]);
  });
});

describe('whose roll a file looks like', () => {
  const look: FileLook = {
    fileName: '家长_各校分表.xlsx',
    sheetNames: ['城关第一小学'],
    headers: ['年级', '监护人电话'],
    rows: 900,
    pupils: 1000,
    staff: 80,
    schools: 2,
  };
  const asked = ['parent', 'teacher', 'principal', 'deputy'] as const;
  test('is said with its reasons', () => {
    const [first, ...rest] = guessGroups(look, asked);
    expect(first).toEqual({
      group: 'parent',
      reasons: [
        { path: 'group', message: 'roll.looks.file', params: { word: '家长' } },
        { path: 'group', message: 'roll.looks.column', params: { header: '监护人电话' } },
        { path: 'group', message: 'roll.looks.size.pupils', params: { rows: 900 } },
      ],
    });
    expect(rest).toEqual([]);
  });
  test('numbers alone say nothing, and a group that is not asked is never said', () => {
    expect(guessGroups({ ...look, fileName: 'a.xlsx', headers: ['电话'] }, asked)).toEqual([]);
    expect(guessGroups(look, ['teacher'])).toEqual([]);
  });
  test('a list of five schools’ teachers is no list of principals', () => {
    const guess = guessGroups(
      { ...look, fileName: '镇区五校名单.xlsx', headers: ['姓名', '任教学科', '电话'], rows: 75 },
      asked,
    );
    expect(guess.map((g) => g.group)).toEqual(['teacher']);
  });
});

describe('doubts', () => {
  const roll = (patch: Partial<ReadRoll>): ReadRoll => ({
    group: 'parent',
    rows: 100,
    bySchool: new Map([['S1' as SchoolId, 100]]),
    schools: [{ id: 'S1' as SchoolId, name: '城关第一小学', pupils: 120, staff: 12 }],
    inOtherGroups: new Map(),
    known: 0,
    repeats: null,
    isSameFile: false,
    ...patch,
  });
  const five = new Map(['A', 'B', 'C', 'D', 'E'].map((id) => [id as SchoolId, 25]));
  test('an honest roll gives none', () => {
    expect(findDoubts(roll({}))).toEqual([]);
    expect(findDoubts(roll({ group: 'principal', rows: 12, bySchool: five }))).toEqual([]);
    // Teachers have children, too.
    expect(findDoubts(roll({ inOtherGroups: new Map([['teacher', 4]]) }))).toEqual([]);
  });
  test('126 principals for 5 schools', () => {
    expect(findDoubts(roll({ group: 'principal', rows: 126, bySchool: five }))).toEqual([
      { path: 'group', message: 'roll.doubt.principals', params: { rows: 126, schools: 5 } },
    ]);
  });
  test('numbers of another group, a repeated file, more people than the school has', () => {
    const messages = (patch: Partial<ReadRoll>) => findDoubts(roll(patch)).map((d) => d.message);
    expect(messages({ inOtherGroups: new Map([['teacher', 31]]) })).toEqual([
      'roll.doubt.other-group.teacher',
    ]);
    expect(messages({ known: 80, repeats: '家长.csv' })).toEqual(['roll.doubt.repeats']);
    expect(messages({ known: 100, repeats: '家长.csv', isSameFile: true })).toEqual(['roll.doubt.same-file']);
    expect(messages({ bySchool: new Map([['S1' as SchoolId, 300]]) })).toEqual(['roll.doubt.over.parent']);
    expect(messages({ group: 'teacher' })).toEqual(['roll.doubt.over.teacher']);
  });
  test('consecutive numbers, from twenty on, where they stand, masked', () => {
    const finder = (count: number) => {
      const runs = createRunFinder();
      runs.add({ sheet: '', row: 2 }, '13712345678');
      for (let i = 0; i < count; i++) runs.add({ sheet: '', row: 40 + i }, String(13_900_000_001 + i));
      runs.add({ sheet: '', row: 200 }, undefined);
      return runs.list();
    };
    expect(finder(runLength - 1)).toEqual([]);
    expect(finder(59)).toEqual([
      {
        path: 'phone',
        message: 'roll.doubt.consecutive',
        params: { sheet: '', from: 40, to: 98, count: 59, first: '139****0001', last: '139****0059' },
      },
    ]);
  });
});

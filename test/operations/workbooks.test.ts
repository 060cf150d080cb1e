/** Workbooks as clerks make them: what is hidden, not calculated or turned into a date is said, never read or lost in silence. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseGrade } from '../../src/domain/frame/roll/grade.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { campaignKey } from '../../src/operations/campaign/lookup.ts';
import { applyRoll, readRoll } from '../../src/operations/frame/roll.ts';
import { importSchools } from '../../src/operations/frame/schools.ts';
import { unsealPhone } from '../../src/operations/evidence/sealing.ts';
import { handMade, sheetXml } from '../tabular/helpers.ts';
import { bytesOf, countyA, createWorld, type World } from '../support/world.ts';

let world: World;
let id: CampaignId;
beforeEach(async () => {
  world = await createWorld();
  ({ id } = await world.addCampaign());
  await world.addSchools(id, countyA);
});
afterEach(() => world.close());

type Content = Uint8Array<ArrayBufferLike>;
const fixture = (name: string): Content => readFileSync(`test/fixtures/cases/${name}.xlsx`);
const fileOf = (content: Content) => ({ fileName: 'a.xlsx', source: bytesOf(Buffer.from(content)) });

async function readFile(content: Content, more: Partial<Parameters<typeof readRoll>[2]> = {}) {
  const staged = await readRoll(world.deps, world.actors.official, {
    campaign: id,
    county: countyA,
    group: 'parent',
    ...fileOf(content),
    ...more,
  });
  const faults = await world.storage.listFaults(staged.id, 0, 100);
  return { id: staged.id, ...staged.summary!, faults: faults.map((f) => [f.row, f.field, f.message]) };
}
async function storedPhones(importId: string) {
  await applyRoll(world.deps, world.actors.official, importId, {
    keepGood: true,
    reason: 'an invented roll',
  });
  const key = campaignKey(world.deps, await world.campaign(id), 'contacts');
  const frame = await world.storage.listFrame(id, countyA, null, 100);
  return frame.map((f) => unsealPhone(key, f.entry, f.sealed!).phone).sort();
}
const schoolList = (content: Content, more: { hiddenRows?: 'read' | 'skip' } = {}) =>
  importSchools(world.deps, world.actors.official, id, countyA, { ...fileOf(content), ...more });
const messages = (issues: readonly { message: string; params?: unknown }[]) =>
  issues.map((i) => [i.message, i.params]);

describe('what is hidden', () => {
  test('X03: a hidden column is not read, and this is reported', async () => {
    const read = await readFile(fixture('X03'));
    expect(messages(read.warnings)).toEqual([
      ['roll.columns-hidden', { sheet: '名册', count: 1, columns: 'B' }],
    ]);
    expect(await storedPhones(read.id)).toEqual(['19400300011', '19400300012']);
  });

  test('X01: hidden rows are read with a warning that counts them', async () => {
    const read = await readFile(fixture('X01'));
    expect(read).toMatchObject({ good: 3, bad: 0 });
    expect(messages(read.warnings)).toEqual([['roll.rows-hidden.read', { sheet: '名册', rows: 1 }]]);
  });

  test('X01: or left out by choice', async () => {
    const read = await readFile(fixture('X01'), { hiddenRows: 'skip' });
    expect(messages(read.warnings)).toEqual([['roll.rows-hidden.skip', { sheet: '名册', rows: 1 }]]);
    expect(await storedPhones(read.id)).toEqual(['19400100001', '19400100003']);
  });

  test('in a list of schools as well', async () => {
    const cell = (c: string, r: number, text: string) => `<c r="${c}${r}" t="str"><v>${text}</v></c>`;
    const rows =
      `<row r="1">${cell('A', 1, '学校名称')}${cell('B', 1, '学生数')}${cell('C', 1, '学校代码')}</row>` +
      `<row r="2">${cell('A', 2, '甲小学')}${cell('B', 2, '999')}${cell('C', 2, 'X1')}</row>` +
      `<row r="3" ht="0">${cell('A', 3, '乙小学')}${cell('B', 3, '999')}${cell('C', 3, 'X2')}</row>`;
    const xml = `<worksheet><cols><col min="2" max="2" width="0"/></cols><sheetData>${rows}</sheetData></worksheet>`;
    const content = handMade({ sheets: [{ name: 's', xml }] });
    const read = await schoolList(content, { hiddenRows: 'skip' });
    expect(read).toMatchObject({ saved: 1, faults: [] });
    expect(messages(read.warnings)).toEqual([
      ['roll.columns-hidden', { sheet: 's', count: 1, columns: 'B' }],
      ['roll.rows-hidden.skip', { sheet: 's', rows: 1 }],
      ['roll.schools.location', { schools: 1 }],
      ['roll.schools.category', { schools: 1 }],
    ]);
    const saved = (await world.storage.listSchools(id, countyA)).filter((s) => s.name.endsWith('乙小学'));
    expect(saved).toEqual([]);
  });

  test.each([
    ['S01', 'roll.sheet-without-header'],
    ['S02', 'roll.sheet-hidden'],
  ])('%s: every sheet of a list of schools is listed with what became of it', async (name, second) => {
    const read = await schoolList(fixture(name));
    expect(read).toMatchObject({ saved: 1, faults: [] });
    expect(messages(read.warnings)).toEqual([
      ['roll.sheet-read', { sheet: '小学', rows: 1 }],
      [second, { sheet: '初中' }],
    ]);
  });
});

describe('cells that are not what they seem', () => {
  test('X04, X04b: a formula without a result is a fault that says how to mend it', async () => {
    expect(await readFile(fixture('X04'))).toMatchObject({
      good: 0,
      bad: 2,
      faults: [
        [2, 'phone', 'roll.cell.formula'],
        [3, 'phone', 'roll.cell.formula'],
      ],
    });
    expect((await readFile(fixture('X04b'))).faults).toEqual([
      [2, 'school', 'roll.cell.formula'],
      [3, 'school', 'roll.cell.formula'],
    ]);
  });

  test('S05: so it is in a list of schools; no pupils are lost', async () => {
    const read = await schoolList(fixture('S05'));
    expect(read.saved).toBe(0);
    expect(read.faults.map((f) => [f.row, f.field, f.message, f.params])).toEqual([
      [2, 'pupils', 'roll.cell.formula', { column: 'E' }],
    ]);
  });

  test('X06: a class that Excel turned into a date', async () => {
    expect((await readFile(fixture('X06'))).faults).toEqual([
      [2, 'grade', 'roll.cell.date'],
      [3, 'grade', 'roll.cell.date'],
    ]);
  });

  test.each(['3月1日', '1-Mar', 'Mar-01', '2026-03-01', '2026/3/1', '2026年3月1日'])(
    'so it is in the text file that Excel saves: %s',
    (text) => {
      expect(parseGrade(text)).toEqual({ ok: false, message: 'roll.grade.date' });
      expect(parseGrade('3-1')).toEqual({ ok: true, grade: 3 });
      expect(parseGrade('2019级')).toEqual({ ok: false, message: 'roll.grade.cohort' });
    },
  );

  const row = (r: number, cells: string) => `<row r="${r}">${cells}</row>`;
  const text = (value: string) => `<c t="str"><v>${value}</v></c>`;
  const sheet = (...rows: string[]) =>
    handMade({ sheets: [{ name: 's', xml: sheetXml(rows.map((cells, i) => row(i + 1, cells)).join('')) }] });

  test('a number of more than 15 digits has lost its last ones', async () => {
    const header = text('学校名称') + text('学校标识码') + text('身份证号');
    const code = '<c><v>123456789012345000</v></c>';
    const read = await schoolList(sheet(header, text('甲小学') + code, text('乙小学') + text('X1') + code));
    expect(read.faults.map((f) => [f.row, f.field, f.message])).toEqual([[2, 'code', 'roll.cell.digits']]);
    const roll = text('学校') + text('家长电话') + text('年级');
    expect((await readFile(sheet(roll, text('第一小学') + code + text('1')))).faults).toEqual([
      [2, 'phone', 'roll.cell.digits'],
    ]);
  });

  test('an error value is no blank; a second number that can be read is taken', async () => {
    const header = text('学校') + text('父亲电话') + text('母亲电话');
    const error = '<c t="e"><f>VLOOKUP(1,2,3)</f><v>#N/A</v></c>';
    const good = text('13800138000');
    const read = await readFile(
      sheet(header, error + good + good, text('第一小学') + error + good, text('第一小学') + error + error),
    );
    expect(read.faults).toEqual([
      [2, 'school', 'roll.cell.error'],
      [4, 'phone', 'roll.cell.error'],
      [4, 'phone', 'roll.cell.error'],
    ]);
    expect(read.good).toBe(1);
    expect(await storedPhones(read.id)).toEqual(['13800138000']);
  });

  test('an empty text as result is a value', async () => {
    const header = text('学校') + text('电话');
    const empty = '<c t="str"><f>IF(1,"")</f><v></v></c>';
    expect(await readFile(sheet(header, text('第一小学') + empty))).toMatchObject({ good: 1, bad: 0 });
  });
});

describe('tables that repeat themselves', () => {
  test('X13: titles, headers and subtotals of each page are skipped and counted', async () => {
    const read = await readFile(fixture('X13'));
    expect(read).toMatchObject({ good: 3, bad: 0, faults: [] });
    expect(messages(read.warnings)).toContainEqual(['roll.rows-repeated', { sheet: '名册', rows: 2 }]);
    expect(await storedPhones(read.id)).toEqual(['19401300001', '19401300002', '19401300003']);
  });

  test.each(['本页小计', '本页 合计：12', '累计', '以下空白', '（以下空白）', '第 2 页 共 3 页'])(
    'a row that begins with %s is no data',
    async (words) => {
      const cell = (text: string) => `<c t="str"><v>${text}</v></c>`;
      const xml = sheetXml(
        `<row>${cell('学校')}${cell('电话')}</row><row>${cell('第一小学')}${cell('13800138000')}</row>` +
          `<row>${cell(words)}<c><v>2</v></c></row>`,
      );
      const read = await readFile(handMade({ sheets: [{ name: 's', xml }] }));
      expect(read).toMatchObject({ good: 1, bad: 0 });
    },
  );

  test.each(['X14', 'X14b'])('%s: two tables side by side are refused, and nothing is kept', async (name) => {
    await expect(readFile(fixture(name))).rejects.toMatchObject({
      kind: 'invalid',
      message: 'roll.header.beside',
      params: { first: 'A', second: 'E', text: '学校名称', sheet: '名册' },
    });
    expect((await world.storage.listImports(id, countyA)).map((i) => i.state)).toEqual(['discarded']);
    const list = schoolList(fixture(name));
    await expect(list).rejects.toMatchObject({ message: 'roll.header.beside' });
  });
});

test('S03: only rows that hold a value count towards the limit', async () => {
  const cell = (c: string, r: number, value: string) => `<c r="${c}${r}" t="str"><v>${value}</v></c>`;
  const data = `<row r="1">${cell('A', 1, '学校名称')}</row><row r="2">${cell('A', 2, '己小学')}</row>`;
  const blank = Array.from(
    { length: 20_097 },
    (_, i) => `<row r="${i + 3}"><c r="A${i + 3}" s="1"/></row>`,
  ).join('');
  const xml = sheetXml(data + blank, '<mergeCells><mergeCell ref="A2:A9000"/></mergeCells>');
  expect(await schoolList(handMade({ sheets: [{ name: '名单', xml }] }))).toMatchObject({
    saved: 1,
    faults: [],
  });
});

/** Files of a roll from the upload to the roll and out again: one county, in the order in which a clerk works. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import type { FileChoices } from '../../src/domain/model/roll-file.ts';
import { getCoverage } from '../../src/operations/frame/coverage.ts';
import {
  checkRollFile,
  correctRollFile,
  discardRollFile,
  expireRollFiles,
  listRollFiles,
  viewRollFile,
} from '../../src/operations/frame/files.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { handInRoll, listHandIns, sendBackRoll, takeBackRoll } from '../../src/operations/frame/hand-in.ts';
import { leftOutFile } from '../../src/operations/frame/left-out.ts';
import { receiveFile } from '../../src/operations/frame/receive.ts';
import { applyRoll, getImport, withdrawRoll } from '../../src/operations/frame/roll.ts';
import { editSchool, listSchools } from '../../src/operations/frame/schools.ts';
import {
  createUploadLinks,
  listUploadLinks,
  openUploadLink,
  receiveBySchool,
  revokeUploadLinks,
} from '../../src/operations/frame/upload-links.ts';
import { xlsxChunks } from '../../src/tabular/write.ts';
import { everythingIn, rowsOf } from '../support/tables.ts';
import { bytesOf, countyA, createWorld, csv, type World } from '../support/world.ts';

let world: World;
let id: CampaignId;
beforeAll(async () => {
  world = await createWorld();
  ({ id } = await world.addCampaign());
  await world.addSchools(id, countyA);
});
afterAll(() => world.close());

async function workbook(
  sheets: readonly { name: string; header: string[]; rows: (string | number)[][] }[],
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of xlsxChunks(sheets)) parts.push(part);
  return Buffer.concat(parts);
}
async function receive(fileName: string, content: string | Uint8Array) {
  const file = { campaign: id, county: countyA, fileName, source: bytesOf(content) };
  return (await receiveFile(world.deps, world.actors.official, file)).done;
}
const view = async (file: string) => viewRollFile(world.deps, world.actors.official, file, 50);
const check = async (file: string, patch: Partial<FileChoices>) => {
  const { choices } = await view(file);
  return (await checkRollFile(world.deps, world.actors.official, file, { ...choices, ...patch })).done;
};
const size = async () => (await world.storage.listFrame(id, countyA, null, 1_000)).length;
const text = async (source: AsyncIterable<Uint8Array>) => {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
};
const phone = (n: number) => String(13_800_000_000 + n * 7);

describe('a workbook with a sheet for each school', () => {
  let file: string;
  test('is received: sheets are matched to schools, the group is guessed and not chosen', async () => {
    const header = ['序号', '学生姓名', '年级', '监护人电话', '身份证号'];
    const content = await workbook([
      {
        name: '第一小学',
        header,
        rows: [
          [1, '张小明', '一年级', phone(1), '110101201501011234'],
          [2, '李小红', '二年级', '1390000123', '110101201501011235'],
        ],
      },
      { name: '二小（第二小学）', header, rows: [[1, '王小刚', '三年级', phone(3), '110101201501011236']] },
      { name: 'Sheet25', header, rows: [[1, '赵小花', '三年级', phone(4), '110101201501011237']] },
    ]);
    const received = await receive('家长_各校分表.xlsx', content);
    file = received.id;
    expect(received).toMatchObject({ state: 'waiting', by: 'official-a', import: null });
    expect(received.content).toMatchObject({
      sheets: [
        { name: '第一小学', rows: 2, layout: 0, school: 'S1' },
        { name: '二小（第二小学）', rows: 1, layout: 0, school: 'S2' },
        { name: 'Sheet25', rows: 1, layout: 0, school: null },
      ],
      looksLike: [{ group: 'parent' }],
    });
    const { choices, preview } = await view(file);
    expect(choices.group).toBeNull();
    expect(choices.layouts).toEqual([[null, null, 'grade', 'phone', null]]);
    // Names and identity numbers are not shown, phones are masked.
    expect(preview[0]![0]).toEqual({
      sheet: '第一小学',
      row: 2,
      cells: [null, null, '一年级', '138****0007', null],
    });
  });

  test('a name that could mean two schools is of neither', async () => {
    const schoolOf = async (fileName: string) => {
      const received = await receive(fileName, csv(['年级', '监护人电话'], [['一年级', phone(9)]]));
      await discardRollFile(world.deps, world.actors.official, received.id);
      return received.content?.sheets[0]?.school;
    };
    expect(await schoolOf('第一小学家长名册.csv')).toBe('S1');
    expect(await schoolOf('第一小学、第二小学家长名册.csv')).toBeNull();
  });

  test('what a roll does not need never reaches the disk, and what it needs only sealed', async () => {
    const stored = await everythingIn(world);
    for (const secret of ['张小明', '110101201501011234', phone(1)])
      expect(stored.includes(secret), secret).toBe(false);
  });

  test('without group and school it is not checked; each missing choice is named', async () => {
    await expect(check(file, {})).rejects.toMatchObject({
      message: 'roll-file.choose',
      issues: [{ path: 'group', message: 'roll-file.group' }],
    });
    await expect(check(file, { group: 'parent' })).rejects.toMatchObject({
      issues: [{ path: 'sheet-2', message: 'roll-file.sheet-school', params: { sheet: 'Sheet25', rows: 1 } }],
    });
    await expect(
      check(file, { group: 'parent', layouts: [[null, 'phone', 'grade', null, null]] }),
    ).rejects.toMatchObject({
      issues: expect.arrayContaining([{ path: 'layout-0', message: 'roll-file.not-kept' }]),
    });
  });

  test('a bad row is shown with what its cell holds, and corrected in place', async () => {
    const sheets = ['S1', 'S2', 'S3'] as unknown as FileChoices['sheets'];
    expect((await check(file, { group: 'parent', sheets })).summary).toMatchObject({ good: 3, bad: 1 });
    const { faults, choices } = await view(file);
    expect(faults).toMatchObject([
      { sheetNo: 0, column: 3, cell: '1390000123', fault: { row: 3, message: 'roll.phone.short' } },
    ]);
    expect(choices).toMatchObject({ group: 'parent', sheets });
    // An inspector sees where, not what.
    const seen = await viewRollFile(world.deps, world.actors.inspector, file, 50);
    expect(seen.faults[0]!.cell).toBeNull();
    const cells = [{ sheet: 0, row: 3, column: 3, text: phone(2) }];
    const staged = await (await correctRollFile(world.deps, world.actors.official, file, cells)).done;
    expect(staged).toMatchObject({ state: 'staged', group: 'parent', file, summary: { good: 4, bad: 0 } });
  });

  test('choices made on an older check are refused: two people, or a back button', async () => {
    const { choices, file: now } = await view(file);
    await expect(
      checkRollFile(world.deps, world.actors.official, file, choices, 'import-before'),
    ).rejects.toMatchObject({ message: 'roll-file.changed' });
    await expect(
      (await checkRollFile(world.deps, world.actors.official, file, choices, now.import)).done,
    ).resolves.toMatchObject({ state: 'staged' });
  });

  test('applied, its rows are on the roll and gone from the file', async () => {
    const { file: now } = await view(file);
    await expect(freezeFrame(world.deps, world.actors.operator, id, countyA)).rejects.toMatchObject({
      message: 'frame.import-pending',
    });
    const applied = await applyRoll(world.deps, world.actors.official, now.import!, { keepGood: false });
    expect(applied).toMatchObject({ state: 'applied', added: 4 });
    expect(await size()).toBe(4);
    expect(await world.storage.listRollFilePages(file, 0, 10)).toEqual([]);
    expect(await listRollFiles(world.deps, world.actors.official, id, countyA)).toEqual([]);
  });
});

describe('doubts and rows left out', () => {
  test('a parents’ file as principals needs a reason, and says what it repeats', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => ['第一小学', i === 0 ? '13.8' : phone(100 + i)]);
    const { id: file } = await receive('名单.csv', csv(['学校', '电话'], rows));
    const staged = await check(file, { group: 'principal' });
    expect(staged.summary).toMatchObject({ good: 29, bad: 1 });
    expect(staged.summary!.doubts.map((d) => d.message)).toEqual(['roll.doubt.principals']);
    const apply = (options: { keepGood: boolean; reason?: string }) =>
      applyRoll(world.deps, world.actors.official, staged.id, options);
    await expect(apply({ keepGood: false })).rejects.toMatchObject({ message: 'roll.bad-rows' });
    await expect(apply({ keepGood: true })).rejects.toMatchObject({
      message: 'roll.doubts',
      params: { doubts: 1 },
    });
    await expect(apply({ keepGood: true, reason: '对' })).rejects.toMatchObject({ message: 'roll.reason' });
    expect((await getImport(world.deps, world.actors.official, staged.id)).state).toBe('staged');
    const parents = await check(file, { group: 'parent' });
    expect(parents.summary!.doubts).toEqual([]);
    await applyRoll(world.deps, world.actors.official, parents.id, { keepGood: true });
    // The row that was left out can be downloaded, mended and sent again.
    const left = await text(leftOutFile(world.deps, world.actors.official, file, 'zh-CN'));
    expect(left.split('\r\n')[1]).toMatch(/^第一小学,,,13\.8,,2,/);

    const again = await receive('名单（改）.csv', csv(['学校', '电话'], rows));
    const repeated = await check(again.id, { group: 'parent' });
    expect(repeated.summary!.doubts).toMatchObject([
      { message: 'roll.doubt.same-file', params: { file: '名单.csv' } },
    ]);
    const teachers = await check(again.id, { group: 'teacher' });
    expect(teachers.summary!.doubts.map((d) => d.message)).toEqual([
      'roll.doubt.over.teacher',
      'roll.doubt.other-group.parent',
    ]);
    await discardRollFile(world.deps, world.actors.official, again.id);
  });

  test('a file that cannot be read is kept as refused, with what to do', async () => {
    const refused = await receive('空.csv', '');
    expect(refused).toMatchObject({ state: 'refused', content: { fault: { message: 'tabular.empty' } } });
    await discardRollFile(world.deps, world.actors.official, refused.id);
  });

  test('a first row that is no header is read; one in words that nobody knows is left out if a person says so', async () => {
    const headed = await receive('家长.csv', csv(['学校', '监护人电话'], [['第一小学', phone(701)]]));
    expect(headed.content?.sheets).toMatchObject([{ rows: 1, headerRow: 1 }]);
    await discardRollFile(world.deps, world.actors.official, headed.id);

    const { id: file, content } = await receive(
      '家长二.csv',
      csv(
        ['甲', '乙'],
        [
          ['第一小学', phone(702)],
          ['第二小学', phone(703)],
        ],
      ),
    );
    expect(content?.sheets).toMatchObject([{ rows: 3, headerRow: 0 }]);
    expect((await view(file)).choices.layouts).toEqual([['school', 'phone']]);
    expect((await check(file, { group: 'parent' })).summary).toMatchObject({ good: 2, bad: 1 });
    expect((await check(file, { group: 'parent', headed: [0] })).summary).toMatchObject({ good: 2, bad: 0 });
    expect((await check(file, { headed: [] })).summary).toMatchObject({ bad: 1 });
    await discardRollFile(world.deps, world.actors.official, file);

    const bare = await receive('家长三.csv', `第一小学,${phone(704)}\r\n第二小学,${phone(705)}\r\n`);
    expect((await check(bare.id, { group: 'parent' })).summary).toMatchObject({ good: 2, bad: 0 });
    await discardRollFile(world.deps, world.actors.official, bare.id);
  });

  test('an upload that breaks off leaves nothing that could be applied', async () => {
    async function* broken() {
      yield Buffer.from('学校,电话\r\n第一小学,13800010001\r\n');
      throw new Error('the line went dead');
    }
    const file = { campaign: id, county: countyA, fileName: '断.csv', source: broken() };
    await expect((await receiveFile(world.deps, world.actors.official, file)).done).rejects.toThrow();
    await expireRollFiles(world.deps, world.actors.operator, true);
    expect(
      (await listRollFiles(world.deps, world.actors.official, id, countyA)).map((f) => f.file.state),
    ).toEqual(['closed']);
  });

  test('nobody confirms for a week: its rows go', async () => {
    const { id: file } = await receive('教师.csv', csv(['学校', '教师电话'], [['第一小学', phone(900)]]));
    await check(file, { group: 'teacher' });
    world.passTime(8 * 86_400_000);
    await expireRollFiles(world.deps, world.actors.operator);
    expect((await world.storage.findRollFile(file))!.state).toBe('closed');
    expect(await world.storage.listRollFilePages(file, 0, 1)).toEqual([]);
  });
});

describe('withdrawing', () => {
  test('gives the roll that the other files alone would have made', async () => {
    const frame = async () =>
      (await world.storage.listFrame(id, countyA, null, 1_000)).map((f) => [
        Buffer.from(f.entry).toString('hex'),
        f.affiliations,
      ]);
    const before = await frame();
    const mixed = csv(
      ['学校', '年级', '家长电话'],
      [
        ['第一小学', '五年级', phone(1)],
        ['第二小学', '一年级', phone(3)],
        ['第二小学', '一年级', phone(777)],
      ],
    );
    const { id: file } = await receive('家长补充.csv', mixed);
    const { id: roll } = await check(file, { group: 'parent' });
    await applyRoll(world.deps, world.actors.official, roll, { keepGood: false });
    expect(await size()).toBe(before.length + 1);
    expect(await frame()).not.toEqual(before);
    await expect(withdrawRoll(world.deps, world.actors.official, roll, '')).rejects.toMatchObject({
      message: 'roll.reason',
    });
    await expect(
      withdrawRoll(world.deps, world.actors.officialOfB, roll, '传错了文件'),
    ).rejects.toMatchObject({
      message: 'import.not-found',
    });
    const withdrawn = await withdrawRoll(world.deps, world.actors.official, roll, '传错了文件');
    expect(withdrawn).toMatchObject({
      state: 'withdrawn',
      withdrawal: { by: 'official-a', reason: '传错了文件', removed: 1, kept: 2 },
    });
    expect(await frame()).toEqual(before);
    const trail = await world.storage.listTrail({ campaign: id, counties: null, before: null, limit: 5 });
    expect(JSON.stringify(trail)).toContain('import.withdrawn');
    // The same file is new again.
    const { id: second } = await receive('家长补充.csv', mixed);
    const again = await check(second, { group: 'parent' });
    expect((await applyRoll(world.deps, world.actors.official, again.id, { keepGood: false })).added).toBe(1);
    await withdrawRoll(world.deps, world.actors.official, again.id, '传错了文件');
  });
});

describe('a school’s own link', () => {
  test('takes files of its school alone, shows nothing else, and ends', async () => {
    const [link] = await createUploadLinks(world.deps, world.actors.official, id, countyA, ['S6' as never]);
    const token = link!.url.split('/u/')[1]!;
    expect(await openUploadLink(world.deps, token)).toMatchObject({ school: { name: '下村小学' } });
    const content = csv(
      ['学校', '家长电话'],
      [
        ['', phone(2_000)],
        ['第一小学', phone(2_001)],
      ],
    );
    const sent = await (
      await receiveBySchool(world.deps, token, { fileName: '家长.csv', source: bytesOf(content) })
    ).done;
    expect(sent).toMatchObject({ state: 'waiting', school: 'S6', by: '下村小学' });
    const staged = await check(sent.id, { group: 'parent', sheets: ['S1' as never] });
    expect(staged.summary).toMatchObject({ good: 1, bad: 1 });
    expect((await view(sent.id)).faults[0]!.fault.message).toBe('roll.school.not-own');
    await discardRollFile(world.deps, world.actors.official, sent.id);
    // Neither in the database nor in the trail.
    expect(JSON.stringify(await rowsOf(world, 'SELECT * FROM trail'))).not.toContain(token);
    expect(await listUploadLinks(world.deps, world.actors.official, id, countyA)).toMatchObject([
      { school: 'S6', uploads: 1 },
    ]);
    await expect(openUploadLink(world.deps, `${token.slice(0, -1)}A`)).rejects.toMatchObject({
      message: 'upload-link.ended',
    });
    await revokeUploadLinks(world.deps, world.actors.official, id, countyA, null);
    await expect(openUploadLink(world.deps, token)).rejects.toMatchObject({ message: 'upload-link.ended' });
  });
});

describe('handing in', () => {
  test('lacks are counted, explained, sent back with a reason, taken back', async () => {
    const { gaps, total, schools } = await getCoverage(world.deps, world.actors.official, id, countyA);
    expect(gaps).toEqual({ schools: 3, groups: ['teacher', 'principal', 'deputy'], principals: 0 });
    expect(total).toMatchObject({ schools: 6, missing: 3, pupils: 510, teachers: 0 });
    // Schools without a file first.
    expect(schools.slice(0, 3).every((s) => s.contacts === 0)).toBe(true);
    const official = world.actors.official;
    await expect(handInRoll(world.deps, official, id, countyA, '')).rejects.toMatchObject({
      message: 'roll.missing-reason',
      params: { missing: 6 },
    });
    await handInRoll(world.deps, official, id, countyA, '其余各校周五前补齐');
    await expect(receive('再来.csv', 'x')).rejects.toMatchObject({ message: 'roll.handed-in' });
    await sendBackRoll(world.deps, world.actors.operator, id, countyA, '请补上教师名册');
    await handInRoll(world.deps, official, id, countyA, '其余各校周五前补齐');
    await takeBackRoll(world.deps, official, id, countyA);
    const steps = await listHandIns(world.deps, world.actors.operator, id, countyA);
    expect(steps.map((s) => [s.step, s.note])).toEqual([
      ['taken-back', ''],
      ['handed-in', '其余各校周五前补齐'],
      ['sent-back', '请补上教师名册'],
      ['handed-in', '其余各校周五前补齐'],
    ]);
  });

  test('a school is edited in place', async () => {
    const schools = await listSchools(world.deps, world.actors.official, id, countyA);
    const { id: school, code: _code, ...fields } = schools.find((s) => s.id === 'S2')!;
    const save = (patch: object) =>
      editSchool(world.deps, world.actors.official, id, countyA, school, { ...fields, ...patch });
    await save({ pupils: 115 });
    await expect(save({ pupils: -1 })).rejects.toMatchObject({
      message: 'school.invalid',
      issues: [{ path: 'pupils', message: 'school.field.pupils' }],
    });
    const after = await listSchools(world.deps, world.actors.official, id, countyA);
    expect(after.find((s) => s.id === 'S2')!.pupils).toBe(115);
  });

  test('the freeze forgets what each roll said', async () => {
    await freezeFrame(world.deps, world.actors.operator, id, countyA);
    expect(await rowsOf(world, 'SELECT * FROM roll_statements')).toEqual([]);
  });
});

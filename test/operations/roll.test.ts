import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import type { CampaignId, SchoolId } from '../../src/domain/model/ids.ts';
import { campaignKey } from '../../src/operations/campaign/lookup.ts';
import { getCoverage } from '../../src/operations/frame/coverage.ts';
import {
  applyRoll,
  discardRoll,
  faultFile,
  getImport,
  listImports,
  readRoll,
  discardReadings,
  resumeImports,
} from '../../src/operations/frame/roll.ts';
import { importSchools, listSchools } from '../../src/operations/frame/schools.ts';
import { unsealPhone } from '../../src/operations/evidence/sealing.ts';
import { bytesOf, countyA, countyB, createWorld, csv, type World } from '../support/world.ts';

let world: World;
let id: CampaignId;
beforeEach(async () => {
  world = await createWorld();
  ({ id } = await world.addCampaign());
  await world.addSchools(id, countyA);
});
afterEach(() => world.close());

const header = ['学校', '年级', '家长电话'];
const parents = csv(header, [
  ['第一小学', '一年级', '13800010001'],
  ['第一小学', '一年级', '13800010002'],
  ['第二小学', '三年级', '13800010009'],
  ['第三中学', '七年级', ''],
]);

async function frame() {
  return world.storage.listFrame(id, countyA, null, 100_000);
}
async function read(content: string, more: Partial<Parameters<typeof readRoll>[2]> = {}) {
  const file = { campaign: id, county: countyA, group: 'parent', fileName: 'a.csv' } as const;
  return readRoll(world.deps, world.actors.official, { ...file, source: bytesOf(content, 7), ...more });
}

describe('schools', () => {
  test('are listed with their central school', async () => {
    const schools = await listSchools(world.deps, world.actors.official, id, countyA);
    expect(schools.map((s) => s.name)).toHaveLength(6);
    expect(schools.find((s) => s.id === 'S5')).toMatchObject({
      category: 'teaching-point',
      location: 'rural',
      ownership: 'public',
      pupils: 30,
      parent: 'S4',
    });
  });

  test('a list with a fault changes nothing', async () => {
    const content = csv(
      ['学校代码', '学校名称', '城乡类别', '中心校'],
      [
        ['S7', '第七小学', '城区', ''],
        ['S8', '第八小学', '月球', ''],
        ['S9', '第九小学', '城区', '没有的学校'],
        // Its central school is in the list, though with a fault of its own.
        ['S10', '第八小学东教学点', '乡村', '第八小学'],
        ['S11', '第十一小学', '火星', '没有的学校'],
        ['', '第七小学', '城区', ''],
      ],
    );
    const file = { fileName: 's.csv', source: bytesOf(content) };
    const result = await importSchools(world.deps, world.actors.official, id, countyA, file);
    expect(result.saved).toBe(0);
    // All that is wrong, at once, as the file has its rows.
    expect(result.faults.map((f) => [f.row, f.params['column'], f.field, f.message])).toEqual([
      [3, 'C', 'location', 'roll.location.unknown'],
      [4, 'D', 'parent', 'roll.parent.unknown'],
      [6, 'C', 'location', 'roll.location.unknown'],
      [6, 'D', 'parent', 'roll.parent.unknown'],
      [7, 'B', 'name', 'roll.school.same-name'],
    ]);
    expect(await listSchools(world.deps, world.actors.official, id, countyA)).toHaveLength(6);
  });

  test('a later list may name a central school of an earlier one', async () => {
    const content = csv(['学校代码', '学校名称', '中心校'], [['S7', '东沟教学点', '中心小学']]);
    const file = { fileName: 's.csv', source: bytesOf(content) };
    expect(await importSchools(world.deps, world.actors.official, id, countyA, file)).toEqual({
      saved: 1,
      faults: [],
      warnings: [
        { path: 'location', message: 'roll.schools.location', params: { schools: 1 } },
        { path: 'category', message: 'roll.schools.category', params: { schools: 1 } },
      ],
    });
    const schools = await listSchools(world.deps, world.actors.official, id, countyA);
    expect(schools.find((s) => s.id === 'S7')?.parent).toBe('S4');
  });
});

describe('reading and applying', () => {
  test('nothing is in the frame before it is applied', async () => {
    const staged = await read(parents);
    expect(staged).toMatchObject({
      state: 'staged',
      by: 'official-a',
      summary: { good: 4, bad: 0, unmappedColumns: 0, consecutive: { S1: 1 } },
    });
    expect(await frame()).toEqual([]);
    const applied = await applyRoll(world.deps, world.actors.official, staged.id, { keepGood: false });
    expect(applied).toMatchObject({ state: 'applied', added: 4, duplicates: 0 });
    expect(await frame()).toHaveLength(4);
  });

  test('the phone is sealed to its entry and comes out whole', async () => {
    await world.addRoll(id, countyA, 'parent', parents);
    const key = campaignKey(world.deps, await world.campaign(id), 'contacts');
    const phones = (await frame()).map((f) => unsealPhone(key, f.entry, f.sealed!).phone);
    expect(phones.sort()).toEqual(['', '13800010001', '13800010002', '13800010009']);
  });

  test('contacts without a phone are each one of their own; a landline is kept for an interviewer alone', async () => {
    const content = csv(header, [
      ['第一小学', '一年级', ''],
      ['第一小学', '一年级', ''],
      ['第一小学', '一年级', '0531-88886666'],
    ]);
    expect(await world.addRoll(id, countyA, 'parent', content)).toMatchObject({ added: 3, duplicates: 0 });
    const key = campaignKey(world.deps, await world.campaign(id), 'contacts');
    const phones = (await frame()).map((f) => unsealPhone(key, f.entry, f.sealed!).phone);
    expect(phones.sort()).toEqual(['', '', '0531-88886666']);
    // Nobody can be written to.
    const { schools } = await getCoverage(world.deps, world.actors.official, id, countyA);
    expect(schools.find((s) => s.id === 'S1')).toMatchObject({ contacts: 3, withPhone: 0 });
  });

  test('the same file twice adds nothing, with contacts without a phone too', async () => {
    await world.addRoll(id, countyA, 'parent', parents);
    const before = await frame();
    const again = await world.addRoll(id, countyA, 'parent', parents, { fileName: 'other name.csv' });
    expect(again).toMatchObject({ added: 0, duplicates: 4, joined: 0 });
    expect(await frame()).toEqual(before);
  });

  test('an edited file with contacts without a phone is warned of', async () => {
    await world.addRoll(id, countyA, 'parent', parents);
    const staged = await read(`${parents}第一小学,二年级,13800010077\r\n`);
    expect(staged.summary?.warnings).toContainEqual({
      path: 'phone',
      message: 'roll.phoneless-again',
      params: { schools: 1 },
    });
  });

  test('two children in two schools are one contact of two schools', async () => {
    const content = csv(header, [
      ['第一小学', '四年级', '13900000001'],
      ['第二小学', '一年级', '１３９ 0000 0001'],
    ]);
    expect(await world.addRoll(id, countyA, 'parent', content)).toMatchObject({ added: 1, joined: 1 });
    const [only] = await frame();
    expect(only?.affiliations).toEqual([
      { school: 'S1', grade: 4 },
      { school: 'S2', grade: 1 },
    ]);
    const { schools } = await getCoverage(world.deps, world.actors.official, id, countyA);
    expect(schools.filter((s) => s.shared > 0).map((s) => s.id)).toEqual(['S1', 'S2']);
  });

  test('a teacher who is a parent stays two contacts', async () => {
    await world.addRoll(id, countyA, 'parent', csv(header, [['第一小学', '一年级', '13900000001']]));
    await world.addRoll(id, countyA, 'teacher', csv(['学校', '手机'], [['第一小学', '13900000001']]));
    expect((await frame()).map((f) => f.group).sort()).toEqual(['parent', 'teacher']);
  });

  test('bad rows are reported, refused, and left out only when asked', async () => {
    const content = csv(header, [
      ['第一小学', '一年级', '13800010001'],
      ['第一小学', '一年级', '1.38E+10'],
      ['没有的学校', '一年级', '13800010003'],
    ]);
    const staged = await read(content);
    expect(staged.summary).toMatchObject({ good: 1, bad: 2 });
    await expect(
      applyRoll(world.deps, world.actors.official, staged.id, { keepGood: false }),
    ).rejects.toMatchObject({ kind: 'conflict', message: 'roll.bad-rows', params: { bad: 2 } });
    expect(await frame()).toEqual([]);

    const chunks: Uint8Array[] = [];
    for await (const chunk of faultFile(world.deps, world.actors.official, staged.id, 'en'))
      chunks.push(chunk);
    const report = Buffer.concat(chunks).toString('utf8');
    expect(report.split('\r\n')).toEqual([
      '\ufefffile,sheet,row,column,field,what is wrong and what to do',
      expect.stringMatching(/^a\.csv,,3,C,phone,.*1\.38E\+10/),
      expect.stringMatching(/^a\.csv,,4,A,school,"The school list has no school/),
      '',
    ]);

    await applyRoll(world.deps, world.actors.official, staged.id, { keepGood: true });
    expect(await frame()).toHaveLength(1);
  });

  test('a file without a header is refused with what to do, and nothing of it stays', async () => {
    await expect(read(csv(['甲', '乙'], [['x', 'y']]))).rejects.toMatchObject({
      kind: 'invalid',
      message: 'roll.header.none',
    });
    await expect(read(csv(['姓名', '学校'], [['x', '第一小学']]))).rejects.toMatchObject({
      message: 'roll.header.missing.phone',
    });
    await expect(read('')).rejects.toMatchObject({ message: 'tabular.empty' });
    const imports = await listImports(world.deps, world.actors.official, id, countyA);
    expect(imports.map((i) => i.state)).toEqual(['discarded', 'discarded', 'discarded']);
  });

  test('a discarded import cannot be applied', async () => {
    const { id: staged } = await read(parents);
    await discardRoll(world.deps, world.actors.official, staged);
    await expect(
      applyRoll(world.deps, world.actors.official, staged, { keepGood: true }),
    ).rejects.toMatchObject({ message: 'roll.discarded' });
    expect(await frame()).toEqual([]);
  });

  test('a stopped process’s work is taken up: half applied goes on, half read is forgotten', async () => {
    const rows = Array.from({ length: 2_500 }, (_, i) => ['第一小学', '一年级', String(13_700_000_000 + i)]);
    const { id: half } = await read(csv(header, rows), { source: bytesOf(csv(header, rows)) });
    await world.storage.applyImport({ at: 1, actor: systemActor }, half, 1_000, 'an invented roll');
    await world.storage.createImport(
      { at: 1, actor: systemActor },
      {
        id: 'reading00000',
        campaign: id,
        county: countyA,
        group: 'parent',
        fileName: 'x',
        lateReason: null,
        file: null,
      },
    );
    await world.storage.createImport(
      { at: 1, actor: systemActor },
      {
        id: 'a-broken-one',
        campaign: id,
        county: countyA,
        group: 'teacher',
        fileName: 'y',
        lateReason: null,
        file: null,
      },
    );
    const discard = vi.spyOn(world.storage, 'discardImport').mockRejectedValueOnce(new Error('disk'));
    await discardReadings(world.deps, systemActor);
    discard.mockRestore();
    expect(world.logged.filter((l) => l.event === 'import.discard-failed').map((l) => l.details)).toEqual([
      expect.objectContaining({ campaign: id, county: countyA, import: 'a-broken-one' }),
    ]);
    await resumeImports(world.deps, systemActor);
    const imports = await listImports(world.deps, world.actors.official, id, countyA);
    expect(Object.fromEntries(imports.map((i) => [i.id, i.state]))).toEqual({
      [half]: 'applied',
      'a-broken-one': 'reading',
      reading00000: 'discarded',
    });
    expect(await frame()).toHaveLength(2_500);
  });
});

test('what no field needs is nowhere on the disk', async () => {
  const secret = ['赵钱孙李周', '370102199001011234', '2016-02-29', '三年二班班主任吴郑王'];
  const rows = Array.from({ length: 50 }, (_, i) => [
    ...secret.slice(0, 3),
    i % 5 === 0 ? '没有的学校' : '第一小学',
    '一年级',
    String(13_811_110_000 + i * 3),
    secret[3] as string,
  ]);
  const content = csv(['学生姓名', '身份证号', '出生日期', '学校', '年级', '家长电话', '备考'], rows);
  const applied = await world.addRoll(id, countyA, 'parent', content, { keepGood: true });
  expect(applied.summary).toMatchObject({ good: 40, bad: 10, unmappedColumns: 4 });
  const needles = [...secret, '13811110003', '13811110000'].flatMap((text) => [
    Buffer.from(text, 'utf8'),
    Buffer.from(text, 'utf16le'),
  ]);
  const files = readdirSync(world.directory, { recursive: true, withFileTypes: true }).filter((f) =>
    f.isFile(),
  );
  expect(files.map((f) => f.name)).toContain('manyi.db');
  for (const file of files) {
    const bytes = readFileSync(join(file.parentPath, file.name));
    for (const needle of needles)
      expect(bytes.includes(needle), `${file.name}: ${needle.toString()}`).toBe(false);
  }
  expect(JSON.stringify(world.logged)).not.toMatch(/赵钱孙李周|3701021990|13811110/);
});

test('coverage by school, and the schools without a roll', async () => {
  await world.addRoll(id, countyA, 'parent', parents);
  await world.addRoll(id, countyA, 'parent', parents);
  await world.addRoll(id, countyA, 'teacher', csv(['学校', '手机'], [['第一小学', '13700000001']]));
  const { schools, missing } = await getCoverage(world.deps, world.actors.official, id, countyA);
  expect(schools.find((s) => s.id === 'S1')).toEqual({
    id: 'S1' as SchoolId,
    name: '第一小学',
    location: 'urban',
    township: '城关镇',
    contacts: 3,
    pupils: 120,
    guardians: 2,
    guardianRatio: 2 / 120,
    staff: 12,
    teachers: 1,
    teacherRatio: 1 / 12,
    shared: 0,
    consecutive: 1,
    withPhone: 3,
  });
  expect(missing.map((s) => s.id)).toEqual(['S4', 'S5', 'S6']);
});

test('another county’s clerk reaches nothing', async () => {
  const { id: staged } = await read(parents);
  const other = world.actors.officialOfB;
  await expect(read(parents, { county: countyB })).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(getImport(world.deps, other, staged)).rejects.toMatchObject({ kind: 'not-found' });
  await expect(applyRoll(world.deps, other, staged, { keepGood: true })).rejects.toMatchObject({
    kind: 'not-found',
  });
  await expect(discardRoll(world.deps, other, staged)).rejects.toMatchObject({ kind: 'not-found' });
  await expect(faultFile(world.deps, other, staged, 'en').next()).rejects.toMatchObject({
    kind: 'not-found',
  });
  await expect(getCoverage(world.deps, other, id, countyA)).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(listSchools(world.deps, other, id, countyA)).rejects.toMatchObject({ kind: 'forbidden' });
  for (const actor of [world.actors.inspector, world.actors.interviewer])
    await expect(applyRoll(world.deps, actor, staged, { keepGood: true })).rejects.toMatchObject({
      kind: 'forbidden',
    });
});

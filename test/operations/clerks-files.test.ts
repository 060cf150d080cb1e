/** Text files of clerks from bytes to what is stored: see test/fixtures/cases/README.md. */
import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { campaignKey } from '../../src/operations/campaign/lookup.ts';
import { applyRoll, discardRoll, readRoll } from '../../src/operations/frame/roll.ts';
import { importSchools, listSchools, removeSchool } from '../../src/operations/frame/schools.ts';
import { unsealPhone } from '../../src/operations/evidence/sealing.ts';
import { bytesOf, countyA, createWorld, csv, type World } from '../support/world.ts';

let world: World;
let id: CampaignId;
beforeEach(async () => {
  world = await createWorld();
  ({ id } = await world.addCampaign());
});
afterEach(() => world.close());

const fixture = (name: string) => readFileSync(new URL(`../fixtures/cases/${name}`, import.meta.url));
const schoolList = (content: string | Uint8Array) =>
  importSchools(world.deps, world.actors.official, id, countyA, {
    fileName: 'schools.csv',
    source: bytesOf(content, 7),
  });
const readFile = (content: string | Uint8Array) =>
  readRoll(world.deps, world.actors.official, {
    campaign: id,
    county: countyA,
    group: 'parent',
    fileName: 'roll.csv',
    source: bytesOf(content, 7),
  });
const apply = async (content: string | Uint8Array) =>
  applyRoll(world.deps, world.actors.official, (await readFile(content)).id, {
    keepGood: true,
    reason: 'an invented roll',
  });

/** Phone, school and grade of every contact. */
async function stored(): Promise<string[]> {
  const key = campaignKey(world.deps, await world.campaign(id), 'contacts');
  const names = new Map((await world.storage.listSchools(id, countyA)).map((s) => [s.id, s.name]));
  const frame = await world.storage.listFrame(id, countyA, null, 1000);
  return frame
    .map(({ entry, sealed, affiliations }) => {
      const at = affiliations.map((a) => `${names.get(a.school) ?? ''} ${a.grade ?? ''}`.trim()).sort();
      return [unsealPhone(key, entry, sealed!).phone, ...at].join(' ');
    })
    .sort();
}

describe('how text is split', () => {
  beforeEach(() => schoolList('学校名称\n第一小学\n第二小学\n'));

  test('C10c: a record of several lines is a fault with its lines, and nothing is under a wrong school', async () => {
    const read = await readFile(fixture('C10c.csv'));
    expect(read.summary).toMatchObject({ good: 1, bad: 1 });
    expect(await world.storage.listFaults(read.id, 0, 9)).toMatchObject([
      { row: 2, message: 'roll.record.lines', params: { from: 2, to: 4 } },
    ]);
    await applyRoll(world.deps, world.actors.official, read.id, {
      keepGood: true,
      reason: 'an invented roll',
    });
    expect(await stored()).toEqual(['19411000024 第二小学']);
  });

  test.each([
    ['the school', '学校,备注,电话\n"第一小学,无,13800138000\n第二小学",无,13800138001\n'],
    ['the phone', '学校,备注,电话\n第一小学,无,"13800138000\n第二小学,无,13800138001"\n'],
    ['the grade', '学校,电话,年级\n第一小学,13800138000,"三年级\n第二小学,13800138001,四年级"\n'],
    ['a total', '学校,备注,电话\n合计,"2\n第二小学,无",13800138001\n'],
    ['the header', '学校,电话,"备注\n第一小学,13800138000,6寸"\n'],
  ])('a stray quote in %s loses nothing silently', async (_, content) => {
    expect((await readFile(content)).summary).toMatchObject({ good: 0, bad: 1 });
  });

  test('numbers of one household over several lines are read', async () => {
    await apply('学校,电话\n第一小学,"父亲：13800138000\n母亲：13800138001"\n');
    expect(await stored()).toEqual(['13800138000 第一小学']);
  });

  test.each(['C12d', 'C12e'])('%s: the delimiter with which a header is recognised wins', async (name) => {
    const read = await readFile(fixture(`${name}.csv`));
    expect(read.summary).toMatchObject({ bad: 0 });
    expect(read.summary!.good).toBeGreaterThanOrEqual(4);
  });

  test('C08c: a cell that matches nothing is not written, and a discarded import leaves nothing', async () => {
    const read = await readFile(fixture('C08c-name-on-disk.csv'));
    expect(read.summary).toMatchObject({ good: 1, bad: 1 });
    const raw = new Database(join(world.directory, 'data', 'manyi.db'), { readonly: true });
    const rows = () => JSON.stringify(raw.prepare('SELECT * FROM import_faults').all());
    expect(rows()).toContain('roll.school');
    expect(rows()).not.toContain('欧阳');
    await discardRoll(world.deps, world.actors.official, read.id);
    for (const table of ['import_faults', 'import_rows'])
      expect(raw.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
    expect(raw.prepare('SELECT summary FROM imports').pluck().get()).toBeNull();
    raw.close();
    for (const file of ['manyi.db', 'manyi.db-wal'])
      expect(readFileSync(join(world.directory, 'data', file)).includes('欧阳')).toBe(false);
  });
});

describe('lists of schools', () => {
  test('S08a, S08b: warnings are given, and codes that come later find the same schools', async () => {
    const first = await schoolList(fixture('S08a-no-codes-no-location.csv'));
    expect(first).toMatchObject({ saved: 2, faults: [] });
    expect(first.warnings.map((w) => [w.message, w.params])).toEqual([
      ['roll.schools.location', { schools: 2 }],
      ['roll.schools.category', { schools: 2 }],
    ]);
    await apply('学校,电话\n甲小学,13800138000\n');
    const later = await schoolList(fixture('S08b-with-codes.csv'));
    expect(later).toMatchObject({
      saved: 2,
      warnings: [{ message: 'roll.schools.coded', params: { schools: 2 } }],
    });
    const schools = await listSchools(world.deps, world.actors.official, id, countyA);
    expect(schools.map((s) => [s.name, s.code]).sort()).toEqual([
      ['乙小学', '2137000002'],
      ['甲小学', '2137000001'],
    ]);
    await apply('学校标识码,电话\n2137000001,13800138001\n');
    expect(await stored()).toEqual(['13800138000 甲小学', '13800138001 甲小学']);
  });

  test('a school without contacts can be removed during preparation', async () => {
    await schoolList('学校名称,中心校\n甲小学,\n乙小学,\n丙教学点,乙小学\n');
    const ids = new Map((await world.storage.listSchools(id, countyA)).map((s) => [s.name, s.id]));
    const remove = (name: string) =>
      removeSchool(world.deps, world.actors.official, id, countyA, ids.get(name)!);
    const staged = await readFile('学校,电话\n甲小学,13800138000\n');
    await expect(remove('甲小学')).rejects.toMatchObject({ kind: 'conflict', message: 'school.used' });
    await applyRoll(world.deps, world.actors.official, staged.id, {
      keepGood: true,
      reason: 'an invented roll',
    });
    await expect(remove('甲小学')).rejects.toMatchObject({ message: 'school.used' });
    await expect(remove('乙小学')).rejects.toMatchObject({ message: 'school.has-points' });
    await remove('丙教学点');
    await remove('乙小学');
    await expect(remove('乙小学')).rejects.toMatchObject({ kind: 'not-found' });
    const left = await listSchools(world.deps, world.actors.official, id, countyA);
    expect(left.map((s) => s.name)).toEqual(['甲小学']);
    const trail = await world.storage.listTrail({ campaign: id, counties: null, before: null, limit: 50 });
    expect(trail.filter((e) => e.action === 'schools.remove')).toHaveLength(2);
  });

  test('A01: short and former names are stored and found', async () => {
    const file = '学校名称,简称,曾用名\n第一小学,一小,红星小学、东方红小学\n第二小学,二小,\n';
    expect(await schoolList(file)).toMatchObject({ saved: 2 });
    await apply(fixture('A01-alias-roll.csv'));
    await apply('学校,电话\n红星小学,13800138000\n东方红小学,13800138001\n');
    expect(await stored()).toEqual(['13800138000 第一小学', '13800138001 第一小学', '19414300003 第一小学']);
  });

  test('two schools of one name are told apart by township or code', async () => {
    const list = '学校名称,学校标识码,乡镇\n希望小学,1,城关镇\n希望小学,2,河口乡\n';
    expect(await schoolList(list)).toMatchObject({ saved: 2, faults: [] });
    const read = await readFile(
      csv(
        ['学校', '所属乡镇', '学校代码', '电话'],
        [
          ['希望小学', '河口乡', '', '13800138000'],
          ['希望小学', '', '1', '13800138001'],
          ['希望小学', '', '', '13800138002'],
        ],
      ),
    );
    expect(read.summary).toMatchObject({ good: 2, bad: 1 });
    expect(await world.storage.listFaults(read.id, 0, 9)).toMatchObject([{ message: 'roll.school.several' }]);
  });
});

describe('contacts', () => {
  beforeEach(() => schoolList('学校名称\n第一小学\n第二小学\n'));

  test('a household that gives its numbers in another order is one contact', async () => {
    const first = await apply(
      '学校,电话\n第一小学,13800138000/13800138001\n第二小学,13800138001、13800138000\n',
    );
    expect(first).toMatchObject({ added: 1, duplicates: 1, joined: 1 });
    const later = await apply(
      '学校,电话\n第一小学,13800138001/13800138000\n第一小学,13800138001/13800138002\n',
    );
    expect(later).toMatchObject({ added: 1, duplicates: 1, joined: 0 });
    expect(await stored()).toEqual(['13800138000 第一小学 第二小学', '13800138001 第一小学']);
  });

  test('a roll that is sent again with another grade corrects it', async () => {
    await apply(
      '学校,年级,电话\n第一小学,一年级,13800138000\n第一小学,三年级,13800138001\n第一小学,五年级,13800138001\n',
    );
    const later = await apply('学校,年级,电话\n第一小学,二年级,13800138000\n第一小学,三年级,13800138001\n');
    expect(later).toMatchObject({ added: 0, duplicates: 2, joined: 0, corrected: 1 });
    expect(await stored()).toEqual(['13800138000 第一小学 2', '13800138001 第一小学 3 第一小学 5']);
  });
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AppError } from '../../src/domain/errors.ts';
import { countyCodeSchema } from '../../src/domain/model/ids.ts';
import { countyNames, readCountyWords, writeCountyWords } from '../../src/operations/campaign/county-list.ts';
import { ensureDivisions, importDivisions } from '../../src/operations/campaign/divisions.ts';
import { bytesOf, createWorld, csv, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

const code = (text: string) => countyCodeSchema.parse(text);
const file = (rows: readonly (readonly string[])[], asOf = '2025-01-01') => ({
  fileName: 'd.csv',
  asOf,
  source: bytesOf(csv(['代码', '名称'], rows)),
});

test('the shipped list is loaded once, and a later one replaces it whole', async () => {
  await ensureDivisions(world.deps);
  expect(await world.storage.countDivisions()).toBe(2_978);
  expect(await world.storage.findDivision(code('110101'))).toEqual({ name: '东城区', asOf: '2023-06-30' });
  const { administrator } = world.actors;
  const rows = [['110101', '新东城区']];
  expect(await importDivisions(world.deps, administrator, file(rows))).toBe(1);
  await ensureDivisions(world.deps);
  expect(await world.storage.countDivisions()).toBe(1);
  expect(await world.storage.findDivision(code('110101'))).toEqual({ name: '新东城区', asOf: '2025-01-01' });
});

test('a list with a fault replaces nothing', async () => {
  const { administrator, operator } = world.actors;
  await importDivisions(world.deps, administrator, file([['110101', '东城区']]));
  const rows = [
    ['110102', '西城区'],
    ['1101', '短'],
    ['110102', '西城区'],
    ['110105', ''],
  ];
  const error = await importDivisions(world.deps, administrator, file(rows)).catch(
    (e: unknown) => e as AppError,
  );
  expect(error).toMatchObject({ message: 'divisions.invalid' });
  expect((error as AppError).issues.map((i) => i.path)).toEqual(['row 3', 'row 4', 'row 5']);
  expect(await world.storage.countDivisions()).toBe(1);
  await expect(
    importDivisions(world.deps, administrator, file([['110101', 'x']], '2025-13-01')),
  ).rejects.toMatchObject({ message: 'divisions.as-of' });
  await expect(importDivisions(world.deps, operator, file([['110101', 'x']]))).rejects.toMatchObject({
    kind: 'forbidden',
  });
});

test('an account’s counties are named as people name them, and shown so again', async () => {
  await importDivisions(
    world.deps,
    world.actors.administrator,
    file([
      ['110101', '东城区'],
      ['320102', '玄武区'],
      ['130102', '长安区'],
      ['610116', '长安区'],
    ]),
  );
  const { counties } = await world.addCampaign();
  const [own] = counties;
  const codes = ['110101', '320102', '610116', own!.code].map(code);
  expect(await readCountyWords(world.deps, `东城区、３２０１０２ 610116，${own!.name}; 东城区`)).toEqual(
    codes,
  );
  // Of two counties of one name the code stays.
  const words = await writeCountyWords(world.deps, codes);
  expect(words).toBe(`东城区、玄武区、610116、${own!.name}`);
  expect(await readCountyWords(world.deps, words)).toEqual(codes);
  expect((await countyNames(world.deps, codes)).get(code('610116'))).toBe('长安区');
  expect(await readCountyWords(world.deps, ' ')).toEqual([]);
  const page = Array.from({ length: 5000 }, (_, i) => `词${i}`).join(' ');
  await expect(readCountyWords(world.deps, page)).rejects.toMatchObject({ issues: { length: 20 } });

  const error = (await readCountyWords(world.deps, '东城区 长安区 无此县').catch(
    (e: unknown) => e,
  )) as AppError;
  expect(error.issues).toEqual([
    {
      path: 'counties',
      message: 'user.county-several',
      params: { text: '长安区', choices: '130102、610116' },
    },
    { path: 'counties', message: 'user.county-unknown', params: { text: '无此县', choices: '' } },
  ]);
});

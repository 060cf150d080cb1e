/**
 * What pages promise respondents about who sees what, and what is kept: each sentence beside a check of what roles can really see. A sentence without a
 * check fails, so whoever rewords one looks at its check again. The campaign is the one that test/storage/golden-database.test.ts opens: closed and
 * released, with comments, reports of pressure and every role's doors.
 */
import Database from 'better-sqlite3';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actions, may, type Action, type Actor } from '../../src/domain/campaign/permissions.ts';
import { isScoreVisible, type CampaignState } from '../../src/domain/campaign/life-cycle.ts';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import { leafTypeOf } from '../../src/domain/evidence/leaf.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { countyLevelGroups, roles, type Group } from '../../src/domain/model/vocabulary.ts';
import { listComments } from '../../src/operations/answer/comments.ts';
import { viewPressure } from '../../src/operations/answer/pressure.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { exportBundle } from '../../src/operations/evidence/bundle.ts';
import { unsealCode, unsealPhone } from '../../src/operations/evidence/sealing.ts';
import { getSummary } from '../../src/operations/summary/summary.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { translator } from '../../src/texts/texts.ts';
import { bundleLines } from '../support/evidence.ts';
import { namedKeys } from '../support/golden-campaign.ts';
import { countyA, createWorld, type World } from '../support/world.ts';

const golden = new URL('../fixtures/golden/', import.meta.url);
const read = (name: string) => gunzipSync(readFileSync(new URL(name, golden)));

let world: World;
let deps: Deps;
let id: CampaignId;
let directory: string;
let raw: Database.Database;
/** Phones and codes as the contacts key opens them. */
let contacts: readonly {
  readonly group: string;
  readonly phone: string | null;
  readonly code: string | null;
}[];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'manyi-promises-'));
  mkdirSync(join(directory, 'data'));
  const file = join(directory, 'data', 'manyi.db');
  writeFileSync(file, read('closed.db.gz'));
  // Nobody in it wrote a comment: one of the largest stratum's.
  const before = new Database(file);
  before
    .prepare(
      `INSERT INTO texts (campaign, county, text_id, item, questionnaire, reporting_stratum, body)
       SELECT i.campaign, i.county, ?, 'comments', i.questionnaire, i.reporting_stratum, '多种些树。'
       FROM (SELECT r.*, count(*) AS n FROM issued AS r GROUP BY reporting_stratum ORDER BY n DESC LIMIT 1) AS i`,
    )
    .run(Buffer.alloc(16, 7));
  before.close();
  world = await createWorld({ keys: namedKeys() });
  const storage = await openSqliteStorage({ directory: join(directory, 'data'), inline: true });
  deps = { ...world.deps, storage };
  id = (JSON.parse(read('summary.json.gz').toString('utf8')) as { id: CampaignId }).id;
  raw = new Database(file, { readonly: true });
  const key = deps.keys.use(id, 'contacts');
  contacts = (
    raw.prepare('SELECT entry, grp, sealed, sealed_code FROM contacts').all() as {
      entry: Uint8Array;
      grp: string;
      sealed: Uint8Array | null;
      sealed_code: Uint8Array | null;
    }[]
  ).map(({ entry, grp, sealed, sealed_code }) => ({
    group: grp,
    phone: sealed && (unsealPhone(key, entry, sealed).phone || null),
    code: sealed_code && unsealCode(key, entry, sealed_code),
  }));
});
afterAll(async () => {
  raw.close();
  await deps.storage.close();
  await world.close();
  rmSync(directory, { recursive: true, force: true });
});

const columnsOf = (table: string) =>
  (raw.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
const refused = (code: string) => ({ message: code });
/** The same campaign at an earlier time of its life. */
const inState = (state: CampaignState): Deps => ({
  ...deps,
  storage: {
    ...deps.storage,
    findCampaign: async (of: CampaignId) => {
      const found = await deps.storage.findCampaign(of);
      return found && { ...found, state };
    },
  },
});
const actors = (): Readonly<Record<(typeof roles)[number], Actor>> => world.actors;

async function noSchoolAndNoCountySees(): Promise<void> {
  // Schools and teachers have no accounts at all; the county's is the official.
  expect([...roles].sort()).toEqual(['administrator', 'inspector', 'interviewer', 'official', 'operator']);
  const person: readonly Action[] = [
    'codes.export',
    'comments.view',
    'pressure.view',
    'evidence.view',
    'evidence.export',
    'assisted.enter',
    'recount.run',
    'trail.view',
  ];
  for (const action of person)
    expect([action, may(actors().official, action, countyA)]).toEqual([action, false]);
  for (const see of [listComments, viewPressure, exportBundle])
    await expect(see(deps, actors().official, id, countyA)).rejects.toMatchObject(refused('forbidden'));
  const shown = JSON.stringify(await getSummary(deps, actors().official, id, countyA));
  const pseudonyms = raw.prepare('SELECT hex(pseudonym) AS p FROM issued').all() as { p: string }[];
  expect(pseudonyms.length).toBeGreaterThan(100);
  for (const { p } of pseudonyms) expect(shown).not.toContain(p.toLowerCase());
}

async function afterTheEndTotalsAndComments(): Promise<void> {
  const { administrator, operator, inspector, official } = actors();
  for (const see of [getSummary, listComments])
    for (const actor of [administrator, operator, inspector])
      await expect(see(inState('open'), actor, id, countyA)).rejects.toMatchObject({ kind: 'conflict' });
  for (const actor of [administrator, operator, inspector]) {
    expect((await listComments(deps, actor, id, countyA)).comments.length).toBeGreaterThan(0);
    expect((await getSummary(deps, actor, id, countyA)).groups.length).toBeGreaterThan(0);
  }
  expect((await getSummary(deps, official, id, countyA)).groups.length).toBeGreaterThan(0);
  await expect(listComments(deps, official, id, countyA)).rejects.toMatchObject(refused('forbidden'));
}

/** Single sheets, by the bundle: the inspector's alone, with the stratum (a school) and without a phone. */
async function sheetsWithoutPhones(withSchool: boolean): Promise<void> {
  const { administrator, operator, official } = actors();
  for (const actor of [administrator, operator, official])
    await expect(exportBundle(deps, actor, id, countyA)).rejects.toMatchObject(refused('forbidden'));
  const lines = await bundleLines(deps, world, id, countyA);
  // Leaves with contents: nonce and answers.
  const sheets = lines.filter((line) => 'c' in (JSON.parse(line) as object));
  expect(sheets.length).toBeGreaterThan(50);
  const text = lines.join('\n');
  const decoded = [...text.matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g)].map(([found]) =>
    Buffer.from(found, 'base64').toString('utf8'),
  );
  const whole = [text, ...decoded].join('\n');
  const phones = contacts.flatMap(({ phone }) => phone ?? []);
  expect(phones.length).toBeGreaterThan(100);
  for (const phone of phones) expect(whole.includes(phone)).toBe(false);
  // A sheet names its reporting stratum: a school for parents and teachers, the county for the others.
  const strata = raw.prepare('SELECT grp, level FROM reporting_strata').all() as {
    grp: string;
    level: string;
  }[];
  if (withSchool)
    expect(strata.filter(({ grp, level }) => grp === 'parent' && level === 'school')).not.toEqual([]);
  else
    for (const { grp, level } of strata)
      if (countyLevelGroups.has(grp as Group)) expect([grp, level]).toEqual([grp, 'county']);
  expect(text).toContain('第一小学');
}

/** What the roll leaves in the database of a person, and that nothing joins it with an answer but the keys. */
function onlyTheRollApartFromAnswers(of: readonly string[]): void {
  const known: Readonly<Record<string, readonly string[]>> = {
    身份类别: ['grp'],
    学校: ['school'],
    年级: ['grade'],
    手机号: ['sealed', 'has_phone', 'digest', 'household', 'commitment'],
  };
  // Ours, of the draw and of the notice: nothing about the person.
  const ours = 'campaign county entry late slip_no counted_set reporting_stratum sealed_code source'.split(
    ' ',
  );
  const allowed = new Set([...ours, ...Object.values(known).flat()]);
  const found = new Set([...columnsOf('contacts'), ...columnsOf('contact_schools')]);
  expect([...found].filter((column) => !allowed.has(column))).toEqual([]);
  for (const what of of) expect(known[what]!.some((column) => found.has(column))).toBe(true);
  const shared = columnsOf('contacts').filter((column) => columnsOf('responses').includes(column));
  expect(shared.sort()).toEqual(['campaign', 'county', 'reporting_stratum']);
  // Whoever takes phones out does so to send messages.
  expect(actions['codes.export']).toEqual(['administrator', 'operator']);
}

/** With the pseudonym key a code finds its answer. */
function theKeyLinks(): void {
  const key = deps.keys.use(id, 'pseudonym');
  const answered = raw.prepare('SELECT count(*) AS n FROM responses WHERE pseudonym = ?');
  const linked = contacts.filter(
    ({ code }) => code !== null && (answered.get(pseudonymOf(key, code)) as { n: number }).n > 0,
  );
  expect(linked.length).toBeGreaterThan(50);
}

function theKeyIsDestroyedAtTheEnd(): void {
  const types = (
    raw.prepare('SELECT data FROM evidence_leaves ORDER BY county, no').all() as {
      data: Uint8Array;
    }[]
  ).map(({ data }) => leafTypeOf(new Uint8Array(data)));
  expect(types.indexOf('keys-destroyed')).toBeGreaterThan(types.indexOf('closing'));
  expect(types.indexOf('keys-destroyed')).toBeLessThan(types.indexOf('closed'));
}

/** Every table that holds something of a person, and that the end of the storage period empties it. */
function keptUntilTheDay(): void {
  const source = readFileSync(new URL('../../src/storage/README.md', import.meta.url), 'utf8');
  for (const table of ['contacts', 'responses', 'texts', 'pressure_reports']) {
    const row = source.split('\n').find((line) => line.startsWith(`| \`${table}\``));
    expect(row, table).toMatch(/storage period/);
  }
}

async function pressureOutsideTheScore(): Promise<void> {
  const asked: string[] = [];
  const watched = new Proxy(deps.storage, {
    get(target, name) {
      asked.push(String(name));
      return Reflect.get(target, name, target) as unknown;
    },
  });
  await getSummary({ ...deps, storage: watched }, actors().inspector, id, countyA);
  expect(asked).not.toContain('listPressure');
}

type Check = () => unknown;
/** Sentence → what must be so for it to be true. */
const held: Readonly<Record<string, Check>> = {
  '答不答、怎么答，都由您。': () => {
    // Nothing marks a code as answered, for nobody.
    for (const table of ['contacts', 'issued'])
      expect(columnsOf(table).filter((column) => /answer|respond|done/.test(column))).toEqual([]);
  },
  '学校、老师和县里看不到谁答了、答了什么。': noSchoolAndNoCountySees,
  '结束后，主办单位和督学看汇总和您写的意见，县里只看汇总。': afterTheEndTotalsAndComments,
  '督学核验时还能看到逐份答卷，上面没有手机号。': () => sheetsWithoutPhones(false),
  '督学核验时还能看到逐份答卷，上面有学校，没有手机号。': () => sheetsWithoutPhones(true),
  // Said only where the deployment or the campaign says so itself: test/http/answer.test.ts.
  '本次由县里自己主办。': () => undefined,
  '县里看汇总和您写的意见，管系统的人在截止前有办法查到谁答了什么。': async () => {
    // The county's people are then the operators.
    expect((await listComments(deps, actors().operator, id, countyA)).comments.length).toBeGreaterThan(0);
    theKeyLinks();
  },
  '名册上登记的身份类别、学校、年级和手机号，只用来抽样和通知您，同答案分开存。': () =>
    onlyTheRollApartFromAnswers(['身份类别', '学校', '年级', '手机号']),
  '名册上登记的身份类别、学校和手机号，只用来抽样和通知您，同答案分开存。': () =>
    onlyTheRollApartFromAnswers(['身份类别', '学校', '手机号']),
  '名册上登记的身份类别和手机号，只用来抽样和通知您，同答案分开存。': () =>
    onlyTheRollApartFromAnswers(['身份类别', '手机号']),
  '我们没有您的姓名和手机号。': () => {
    const slips = contacts.filter(({ group }) => group === 'public');
    expect(slips.length).toBeGreaterThan(5);
    expect(slips.filter(({ phone }) => phone !== null)).toEqual([]);
    expect(columnsOf('contacts').filter((column) => column.includes('name'))).toEqual([]);
  },
  '截止前，系统凭答题码认得您的答案，好让您改。': theKeyLinks,
  '截止前，系统凭您的网址认得您的答案，好让您改。': theKeyLinks,
  '截止后，这个联系就销毁。': theKeyIsDestroyedAtTheEnd,
  '手机号、答卷和意见存到{day}，到期销毁。': keptUntilTheDay,
  '答卷和意见存到{day}，到期销毁。': keptUntilTheDay,
  '这里不计入得分，只给主办单位和督学看，学校和县里看不到。': async () => {
    await pressureOutsideTheScore();
    for (const actor of [actors().administrator, actors().operator, actors().inspector])
      expect((await viewPressure(deps, actor, id, countyA)).respondents).toBeGreaterThanOrEqual(0);
    await expect(viewPressure(deps, actors().official, id, countyA)).rejects.toMatchObject(
      refused('forbidden'),
    );
  },
  '这里不计入得分。': pressureOutsideTheScore,
  '本次由县里自己主办，县里看得到。': async () => {
    expect((await viewPressure(deps, actors().operator, id, countyA)).minimumCell).toBeGreaterThan(0);
  },
  '答案与手机号分开保存，汇总公布。': () => onlyTheRollApartFromAnswers(['手机号']),
  '不问姓名、身份证号、银行卡和密码。': () => {
    for (const group of ['parent', 'teacher', 'principal', 'deputy', 'public'])
      for (const year of ['2012', '2017'])
        expect(
          readFileSync(new URL(`../../survey-templates/${group}-${year}.json`, import.meta.url), 'utf8'),
        ).not.toMatch(/您的姓名|身份证|银行|密码/);
  },
  '结果只按{county}汇总，不分学校，也不分城乡。': () => countyOnly('principal'),
  '结果只按{county}汇总。': () => countyOnly('deputy'),
};

async function countyOnly(group: 'principal' | 'deputy'): Promise<void> {
  expect(countyLevelGroups.has(group)).toBe(true);
  for (const actor of [actors().inspector, actors().operator, actors().official]) {
    const s = await getSummary(deps, actor, id, countyA);
    expect(s.schools.filter((one) => one.group === group).map(({ level }) => level)).toEqual(['county']);
    expect(s.locations.flatMap((l) => l.groups.filter((one) => one.group === group))).toEqual([]);
    expect(s.locations.some((l) => l.groups.some((one) => one.group === 'parent'))).toBe(true);
  }
}

const promising =
  /^respondent\.(?:seen-by|stored|stored-until|voluntary\.text|pressure\.text|thanks\.private)\b/;

describe('what respondents are told is so', () => {
  const texts = JSON.parse(
    readFileSync(new URL('../../src/texts/zh-CN/respondent.json', import.meta.url), 'utf8'),
  ) as Record<string, string>;
  const sentences = (text: string) => text.match(/[^。]+。/g) ?? [];
  const told = new Set(
    Object.entries(texts)
      .filter(([key]) => promising.test(key))
      .flatMap(([, text]) => sentences(text)),
  );
  for (const group of ['principal', 'deputy']) {
    const { introduction } = JSON.parse(
      readFileSync(new URL(`../../survey-templates/${group}-2012.json`, import.meta.url), 'utf8'),
    ) as { introduction: Record<string, string> };
    for (const sentence of sentences(introduction['zh-CN']!))
      if (sentence.startsWith('结果')) told.add(sentence);
  }

  test('every sentence has its check, and every check its sentence', () => {
    expect([...told].filter((sentence) => !Object.hasOwn(held, sentence))).toEqual([]);
    expect(Object.keys(held).filter((sentence) => !told.has(sentence))).toEqual([]);
  });

  test.each(Object.entries(held))('%s', async (_, check) => {
    await check();
  });

  test('the English texts have as many sentences', () => {
    const t = translator('en');
    for (const key of Object.keys(texts).filter((k) => promising.test(k)))
      expect([key, t(key, { day: 'X' }).match(/[^.]+\./g)?.length]).toEqual([
        key,
        sentences(texts[key]!).length,
      ]);
  });

  test('nobody sees a figure while the survey is open', () => {
    expect(isScoreVisible('open')).toBe(false);
  });
});

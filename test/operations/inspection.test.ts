/** One county's inspection from its rules to the end, over one released survey: what is decided is tested in test/domain/inspection. Long because it is one journey. */
import Database from 'better-sqlite3';
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { openCampaign, releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
import { auditCampaign } from '../../src/operations/evidence/audit.ts';
import { exportBundle } from '../../src/operations/evidence/bundle.ts';
import { viewBalance } from '../../src/operations/inspection/balance.ts';
import {
  changeInspection,
  getInspectionVersion,
  listInspectionVersions,
} from '../../src/operations/inspection/inspection.ts';
import { documentOf } from '../../src/http/api/inspection/schema.ts';
import { canonicalJson } from '../../src/domain/hash.ts';
import { viewInspection } from '../../src/operations/inspection/documents.ts';
import { getProgramme } from '../../src/operations/inspection/programmes.ts';
import { viewProgramme } from '../../src/operations/inspection/programme.ts';
import {
  createResurvey,
  rectificationList,
  viewRectification,
} from '../../src/operations/inspection/rectification.ts';
import { rectificationXlsx } from '../../src/export/rectification.ts';
import { hasPython, runIndependent } from '../evidence/independent/run.ts';
import { getRegime } from '../../src/operations/inspection/regimes.ts';
import { importSchoolTable } from '../../src/operations/inspection/school-table.ts';
import { strFromU8, unzipSync } from 'fflate';
import type { InspectionRecord } from '../../src/domain/inspection/record-names.ts';
import { determinationXlsx } from '../../src/export/determination.ts';
import { determinationDocx } from '../../src/export/report/determination-docx.ts';
import { determinationOf, readNotice, viewSheet } from '../../src/operations/inspection/sheet.ts';
import { getSummary } from '../../src/operations/summary/summary.ts';
import { schoolTableTemplate } from '../../src/export/school-table.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { readTable, isNotice } from '../../src/tabular/read.ts';
import { answer, verify } from '../support/evidence.ts';
import { bytesOf, countyA, createWorld, csv, dice, type World } from '../support/world.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';

let world: World;
let id: CampaignId;
let bundle: readonly string[] = [];

const header = [
  ...['学校名称', '办学类型', '小学学生数', '初中学生数', '教学及辅助用房面积（平方米）', '体育运动场馆面积'],
  ...[
    '教学仪器设备值（万元）',
    '计算机台数',
    '图书册数',
    '专任教师数',
    '高于规定学历教师数',
    '中级及以上职称教师数',
  ],
];
const rows = [
  ['第一小学', '小学', 120, '', 700, 900, 30, 20, 4000, 8, 7, 4],
  ['第二小学', '小学', 110, '', 600, 800, 26, 18, 3600, 7, 6, 4],
  ['第三中学', '九年一贯制', 40, 60, 600, 900, 25, 18, 3000, 9, 8, 5],
  ['中心小学', '小学', 90, '', 300, 400, 12, 8, 1500, 6, 4, 2],
  ['上村教学点', '教学点', 30, '', 60, 100, 1, 1, 200, 2, 1, 0],
  ['下村小学', '小学', 60, '', 120, 150, 2, 2, 400, 4, 2, 1],
] as const;
const tableOf = (list: readonly (readonly (string | number)[])[], head: readonly string[] = header) => ({
  fileName: 'schools.csv',
  source: bytesOf(csv(head, list)),
});

beforeAll(async () => {
  world = await createWorld();
  const { deps, actors } = world;
  const [county] = world.campaignInput().counties;
  ({ id } = await world.addCampaign({ counties: [county!] }));
  await world.fillCounty(id, countyA);
  await changeInspection(deps, actors.operator, id, countyA, 'rules', {
    do: 'choose',
    regime: await getRegime('basic-2012-shandong'),
    adapted: false,
  });
  await importSchoolTable(deps, actors.official, id, countyA, tableOf(rows));
  await freezeFrame(deps, actors.operator, id, countyA);
  await drawSample(deps, actors.inspector, id, countyA, dice);
  await openCampaign(deps, actors.operator, id);
  await runSurvey(id, [0, 0, 1, 2]);
}, 60_000);

/** From open to released; contacts answer by turns. */
async function runSurvey(campaign: CampaignId, picks: readonly number[]): Promise<void> {
  const { deps, actors } = world;
  const codes = await world.sentCodes(campaign, countyA);
  for (const [i, { code }] of codes.entries())
    await answer(deps, campaign, countyA, code, picks[i % picks.length]!);
  for (const { code } of await world.sentCodes(campaign, countyA, 'slips'))
    await answer(deps, campaign, countyA, code, 1);
  world.passTime(15 * 86_400_000);
  await closeCampaign(deps, actors.operator, campaign);
  await releaseCampaign(deps, actors.secondOperator, campaign);
}
afterAll(() => world.close());

describe('the school table', () => {
  it('is refused whole, with cell and remedy', async () => {
    const { deps, actors } = world;
    const before = await viewInspection(deps, actors.official, id, countyA);
    const bad = [
      ['第一小学', '小学', 120, '', 700, 900, 30, '二十', 4000, 8, 7, 4],
      ['第二小学', '中等', 110, '', 600, '', 26, 18, 3600, 7, 6, 4],
      ['', '小学', 110.5, '', 600, 800, 26, 18, 3600, 7, 6, 4],
      ['第三中学', '九年一贯制', '', '', 600, 900, 25, 18, 3000, 9, 8, 5],
      ['第一小学', '小学', 20, '', 700, 900, 30, 20, 4000, 8, 7, 4],
    ];
    const refused = await importSchoolTable(deps, actors.official, id, countyA, tableOf(bad), 'x');
    expect(refused.saved).toBe(0);
    expect(refused.faults.map((f) => [f.row, f.params['column'] ?? '', f.message])).toEqual([
      [2, 'H', 'inspection.table.number'],
      [3, 'B', 'inspection.table.kind-unknown'],
      [3, 'F', 'inspection.table.blank'],
      [4, 'A', 'inspection.table.name-blank'],
      [4, 'C', 'inspection.table.whole'],
      [5, 'C', 'inspection.table.pupils-blank'],
    ]);
    const twice = await importSchoolTable(
      deps,
      actors.official,
      id,
      countyA,
      tableOf([rows[0], rows[0]]),
      'x',
    );
    expect(twice.faults).toMatchObject([{ row: 3, message: 'inspection.table.twice', params: { first: 2 } }]);
    const perPupil = header.map((h) => (h === '图书册数' ? '生均图书册数' : h));
    await expect(
      importSchoolTable(deps, actors.official, id, countyA, tableOf(rows, perPupil), 'x'),
    ).rejects.toMatchObject({ message: 'roll.header.missing.books' });
    // Here no column can be chosen by hand.
    for (const [names, message] of [
      [header.map(() => '?'), 'inspection.table.header'],
      [header.map((h) => (h === header[0] ? '甲' : h)), 'inspection.table.header.name'],
    ] as const)
      await expect(
        importSchoolTable(deps, actors.official, id, countyA, tableOf(rows, names), 'x'),
      ).rejects.toMatchObject({ message });
    const after = await viewInspection(deps, actors.official, id, countyA);
    expect(after.documents.schools).toEqual(before.documents.schools);
  });

  it('gives coefficients: instruments in units of ten thousand, one school of two stages, one point left out', async () => {
    const { balance } = await viewBalance(world.deps, world.actors.official, id, countyA);
    const [primary, junior] = balance!.stages;
    expect(balance!.excluded.map((e) => e.school)).toEqual(['上村教学点']);
    expect(primary).toMatchObject({ schools: 5, pupils: 420 });
    expect(junior).toMatchObject({ schools: 1, pupils: 60, composite: 0, meets: true });
    const instruments = primary!.indicators.find((i) => i.indicator.id === 'instruments')!;
    // 25 of the nine-year school's 10,000 yuan: 40 of 40 + 66 weighted pupils.
    const shared = (250_000 * 40) / 106;
    expect(instruments.mean).toBeCloseTo((300_000 + 260_000 + shared + 120_000 + 20_000) / 420, 6);
    const books = primary!.indicators.find((i) => i.indicator.id === 'books')!;
    expect(books.schools.find((s) => s.school === '第三中学')!.amount).toBe(Math.floor((3000 * 40) / 106));
  });

  it('has an empty form whose columns the reader knows', async () => {
    for (const name of ['basic-2012', 'quality-2017']) {
      const file = await schoolTableTemplate(await getRegime(name), 'zh-CN');
      const found: unknown[][] = [];
      for await (const item of readTable(bytesOf(file), { fileName: 'x.xlsx' }))
        if (!isNotice(item)) found.push([...item.cells]);
      const { tableHeader } = await import('../../src/domain/inspection/read-school-table.ts');
      const { mapHeader } = await import('../../src/domain/frame/roll/header.ts');
      const kind = tableHeader(await getRegime(name));
      expect(mapHeader([{ sheet: '', row: 1, cells: found[0] as string[] }], kind)).toMatchObject({
        ok: true,
        unmapped: 0,
      });
    }
  });
});

describe('versions', () => {
  it('are kept, need a reason, and refuse what was made on an older one or by the wrong account', async () => {
    const { deps, actors } = world;
    const choose = async (name: string) => ({ do: 'choose', regime: await getRegime(name), adapted: false });
    const change = async (
      actor: (typeof actors)['operator'],
      options: { version?: number; reason?: string },
    ) => changeInspection(deps, actor, id, countyA, 'rules', await choose('basic-2012'), options);
    await expect(change(actors.operator, {})).rejects.toMatchObject({ message: 'inspection.reason' });
    await expect(change(actors.operator, { version: 0, reason: '改' })).rejects.toMatchObject({
      message: 'inspection.changed-meanwhile',
    });
    await expect(change(actors.official, { reason: '改' })).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(change(actors.officialOfB, { reason: '改' })).rejects.toMatchObject({ kind: 'forbidden' });
    await change(actors.operator, { version: 1, reason: '误选了山东' });
    await changeInspection(deps, actors.operator, id, countyA, 'rules', await choose('basic-2012-shandong'), {
      reason: '改回',
    });
    const entries = await listInspectionVersions(deps, actors.official, id, countyA);
    expect(entries.map((e) => [e.no, e.record, e.version, e.reason])).toEqual([
      [4, 'rules', 3, '改回'],
      [3, 'rules', 2, '误选了山东'],
      [2, 'schools', 1, null],
      [1, 'rules', 1, null],
    ]);
    const first = await getInspectionVersion(deps, actors.official, id, countyA, '1');
    expect(JSON.parse(first.body).regime.id).toBe('basic-2012-shandong');
  });

  it('of a regime that contradicts itself are refused, with every fault', async () => {
    const { deps, actors } = world;
    const regime = structuredClone(await getRegime('chongqing')) as {
      points: { full: number };
      work: { full: number };
    };
    regime.points.full = 101;
    regime.work.full = 99;
    await expect(
      changeInspection(
        deps,
        actors.operator,
        id,
        countyA,
        'rules',
        { do: 'choose', regime, adapted: true },
        { reason: 'x' },
      ),
    ).rejects.toMatchObject({
      message: 'inspection.regime.invalid',
      issues: [
        { path: 'work.full', message: 'inspection.regime.sum' },
        { path: 'points.full', message: 'inspection.regime.sum' },
      ],
    });
  });
});

describe('evidence', () => {
  it('every version is a leaf that the offline verifier checks, those from before the freeze behind the frame', async () => {
    const { deps, actors } = world;
    const lines: string[] = [];
    for await (const line of await exportBundle(deps, actors.inspector, id, countyA)) lines.push(line);
    bundle = lines
      .join('')
      .split('\n')
      .filter((l) => l !== '');
    const result = await verify(bundle);
    expect(result.findings).toEqual([]);
    expect(result.ok).toBe(true);
    const leaves = result.events.filter((e) => e.type === 'inspection');
    const versions = await listInspectionVersions(deps, actors.inspector, id, countyA);
    expect(leaves).toHaveLength(versions.length);
    expect(leaves.slice(0, 2).map((l) => l.leaf)).toEqual([1, 2]);
    for (const [i, leaf] of leaves.entries()) {
      const version = await getInspectionVersion(deps, actors.inspector, id, countyA, String(i + 1));
      const content = createHash('sha256').update(version.body).digest('hex');
      expect(leaf.what).toContain(`"content":"${content}"`);
    }
  });

  it.each([
    [
      'body',
      `UPDATE inspection_versions SET body = replace(body, '第一小学', '第一中学') WHERE no = 2`,
      ['content'],
    ],
    ['reason', `UPDATE inspection_versions SET reason = NULL WHERE no = 3`, ['reason']],
    [
      'who',
      `UPDATE inspection_versions SET by = replace(by, 'operator', 'administrator') WHERE no = 1`,
      ['by'],
    ],
    ['a row', `DELETE FROM inspection_versions WHERE no = 4`, ['row']],
    [
      'a row added',
      `INSERT INTO inspection_versions SELECT campaign, county, 99, record, 99, change, body, reason, at, by FROM inspection_versions WHERE no = 4`,
      ['row'],
    ],
  ])('the audit finds %s that was changed behind its back', async (_, sql, what) => {
    const found = await auditAfter(sql);
    expect(found.map((d) => [d.table, d.what])).toEqual(what.map((w) => ['inspection_versions', w]));
  });
  it('and nothing in an honest table', async () => {
    expect(await auditAfter('SELECT 1')).toEqual([]);
  });
});

describe('the sheet', () => {
  it('reads satisfaction from the released survey, and nothing that anybody types; conclusions carry the gates', async () => {
    const { deps, actors } = world;
    const change = (
      actor: (typeof actors)['operator'],
      record: InspectionRecord,
      raw: unknown,
      reason?: string,
    ) => changeInspection(deps, actor, id, countyA, record, raw, { reason });
    const before = await viewSheet(deps, actors.official, id, countyA);
    const survey = await getSummary(deps, actors.inspector, id, countyA);
    expect(before.satisfaction).toMatchObject({ verdict: survey.verdict.kind, regime: 'basic-2012' });
    expect(survey.official.kind).toBe('estimate');
    const gate = before.sheet!.gates.find((g) => g.id === 'satisfaction')!;
    expect(gate.reasons[0]!.message).toBe('inspection.gate.survey.value');
    await expect(change(actors.operator, 'parts', { do: 'satisfaction', value: 99 })).rejects.toMatchObject({
      message: 'inspection.invalid',
    });
    await change(actors.official, 'other-figures', {
      ...{ do: 'note', body: '县报', value: 98.6, unit: 'percent', asOf: '2026-03-01', note: '' },
    });
    expect((await viewSheet(deps, actors.official, id, countyA)).sheet).toEqual(before.sheet);
    // One more than can be read again is refused, and the inspection stays readable.
    const note = (no: number) =>
      change(actors.official, 'other-figures', {
        ...{ do: 'note', body: `县报 ${no}`, value: 98, unit: 'percent', asOf: '2026-03-01', note: '' },
      });
    for (let no = 2; no <= 20; no++) await note(no);
    await expect(note(21)).rejects.toMatchObject({ message: 'inspection.full', params: { most: 20 } });
    const full = await viewSheet(deps, actors.official, id, countyA);
    expect(full.view.documents['other-figures'].body.figures).toHaveLength(20);
    await readLongerOne(full.view.documents['other-figures'].body.figures);
    const signed = { on: '2026-06-01', opinion: '自评完成', signedBy: '张三' };
    await change(actors.official, 'stages', { do: 'conclude', stage: 'self', outcome: 'passed', ...signed });
    await expect(
      change(actors.inspector, 'stages', { do: 'conclude', stage: 'city', outcome: 'passed', ...signed }),
    ).rejects.toMatchObject({ message: 'inspection.stage.gates' });
    await change(actors.inspector, 'stages', {
      do: 'conclude',
      stage: 'city',
      outcome: 'not-passed',
      ...signed,
    });
    const { view } = await viewSheet(deps, actors.inspector, id, countyA);
    const { conclusion } = view.documents.stages.body.stages['city']!;
    expect(conclusion!.gates).toEqual(before.sheet!.gates.map((g) => ({ id: g.id, state: g.state })));
  });

  it('is a workbook and a paper with every gate, and a notice while it stands', async () => {
    const { deps, actors } = world;
    const made = determinationOf(await viewSheet(deps, actors.official, id, countyA))!;
    const chunks: Uint8Array[] = [];
    for await (const chunk of determinationXlsx(made, 'zh-CN')) chunks.push(chunk);
    const cells: string[] = [];
    for await (const item of readTable(bytesOf(Buffer.concat(chunks)), { fileName: 'x.xlsx' }))
      if (!isNotice(item)) cells.push(...item.cells.map(String));
    for (const text of [
      '小学校际均衡',
      '一票否决：薄弱学校未完成改造',
      '公众满意度',
      '县报',
      '不通过',
      '自评完成',
    ])
      expect(
        cells.some((c) => c.includes(text)),
        text,
      ).toBe(true);
    const paper = await determinationDocx(made, 'zh-CN');
    const xml = strFromU8(unzipSync(paper)['word/document.xml']!);
    for (const text of ['云溪县认定表', '一票否决：薄弱学校未完成改造', '自评完成'])
      expect(xml).toContain(text);
    await expect(readNotice(deps, id, countyA)).rejects.toMatchObject({ kind: 'not-found' });
    const today = new Date(world.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    const notice = { from: today, to: today, text: '现将有关情况公告如下。', contact: '0531-88886666' };
    await changeInspection(deps, actors.operator, id, countyA, 'stages', { do: 'notice', ...notice });
    expect((await readNotice(deps, id, countyA)).notice).toEqual(notice);
    world.passTime(2 * 86_400_000);
    await expect(readNotice(deps, id, countyA)).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('sample schools', () => {
  it('are drawn by an inspector from the frozen roll and dice, once, and kept in the log', async () => {
    const { deps, actors } = world;
    const draw = { do: 'draw', dice, count: 4 };
    await expect(changeInspection(deps, actors.operator, id, countyA, 'sample', draw)).rejects.toMatchObject({
      kind: 'forbidden',
    });
    const made = await changeInspection(deps, actors.inspector, id, countyA, 'sample', draw);
    const { frame } = (await world.campaign(id)).counties[0]!;
    const own = JSON.parse(made.body) as { draw: { seed: string; schools: string[] } };
    const seed = createHash('sha256')
      .update(frame!.root)
      .update(dice.replaceAll(' ', ''))
      .update('sample schools');
    expect(own.draw.seed).toBe(seed.digest('hex'));
    expect(own.draw.schools).toHaveLength(4);
    const [last] = (await deps.storage.listLeaves(id, countyA, 0, 100_000)).filter((l) => l.data).slice(-1);
    expect(new TextDecoder().decode(last!.data)).toContain(
      createHash('sha256').update(made.body).digest('hex'),
    );
  });
});

describe('rectification', () => {
  it('is built from the lowest items and failed gates; a re-survey asks the same items and shows the difference', async () => {
    const { deps, actors } = world;
    const change = (actor: (typeof actors)['operator'], raw: unknown, reason?: string) =>
      changeInspection(deps, actor, id, countyA, 'rectification', raw, { reason });
    await expect(
      createResurvey(deps, actors.operator, id, countyA, { name: '复查', closesAt: world.now() + 9e8 }),
    ).rejects.toMatchObject({ message: 'inspection.resurvey.no-items' });
    await change(actors.official, { do: 'collect', lowest: 12 });
    const first = await viewRectification(deps, actors.official, id, countyA);
    const { groups } = await getSummary(deps, actors.official, id, countyA);
    const values = groups.flatMap((g) =>
      g.items.flatMap((i) =>
        i.type === 'rating' && i.scored !== false && i.figure.kind === 'estimate' ? [i.figure.value] : [],
      ),
    );
    const items = first.body.tasks.filter((task) => task.kind === 'item');
    expect(items).toHaveLength(12);
    const highest = [...values].sort((a, b) => a - b)[11]!;
    for (const task of items) {
      const own = groups.find((g) => g.group === task.group)!.items.find((i) => i.id === task.item)!;
      expect(own.figure.kind === 'estimate' && own.figure.value <= highest).toBe(true);
      expect(task.title['zh-CN']).toBe(own.title['zh-CN']);
    }
    const { sheet } = await viewSheet(deps, actors.official, id, countyA);
    expect(first.body.tasks.filter((task) => task.kind === 'gate').map((task) => task.ref)).toEqual(
      sheet!.gates.filter((g) => g.state === 'not-met').map((g) => `gate:${g.id}`),
    );
    await expect(change(actors.official, { do: 'collect', lowest: 12 })).rejects.toMatchObject({
      message: 'inspection.collect.nothing',
    });
    await expect(change(actors.operator, { do: 'resurvey', campaign: id })).rejects.toMatchObject({
      message: 'inspection.resurvey.by-service',
    });

    const closesAt = world.now() + 14 * 86_400_000;
    await expect(
      createResurvey(deps, actors.official, id, countyA, { name: '复查', closesAt }),
    ).rejects.toMatchObject({ kind: 'forbidden' });
    const made = await createResurvey(deps, actors.operator, id, countyA, { name: '复查', closesAt });
    const survey = await world.campaign(id);
    expect(made).toMatchObject({
      state: 'draft',
      purpose: 're-survey',
      name: '复查',
      profile: survey.profile,
    });
    expect(made.questionnaires.map((q) => q.hash)).toEqual(survey.questionnaires.map((q) => q.hash));
    expect(made.storageUntil - made.closesAt).toBe(survey.storageUntil - survey.closesAt);
    const waiting = await viewRectification(deps, actors.inspector, id, countyA);
    expect(waiting.resurveys).toMatchObject([{ campaign: { id: made.id }, result: null }]);
    await world.fillCounty(made.id, countyA);
    await world.freezeAndDraw(made.id, countyA);
    await openCampaign(deps, actors.operator, made.id);
    await runSurvey(made.id, [0, 1, 0, 1, 2]);
    const after = await viewRectification(deps, actors.official, id, countyA);
    const [{ result } = { result: null }] = after.resurveys;
    // Too few answered for a verdict on either survey.
    expect(result!.official).toEqual({ kind: 'not-comparable', why: 'verdict' });
    let shown = 0;
    for (const task of items) {
      const { before, now, trend } = result!.items.get(task.no)!;
      if (trend.kind === 'not-comparable') {
        // One of so few that it is not shown.
        expect([trend.why, now.kind]).toEqual(['figure', 'suppressed']);
        continue;
      }
      shown += 1;
      if (before.kind !== 'estimate' || now.kind !== 'estimate') throw new Error();
      expect(trend.value).toBeCloseTo(now.value - before.value, 9);
      expect(trend.interval.low).toBeLessThanOrEqual(trend.value);
      expect(trend.interval.high).toBeGreaterThanOrEqual(trend.value);
    }
    expect(shown).toBeGreaterThan(0);
    const chunks: Uint8Array[] = [];
    for await (const chunk of rectificationXlsx(rectificationList(after), 'zh-CN')) chunks.push(chunk);
    const sheets = new Map<string, string[]>();
    for await (const item of readTable(bytesOf(Buffer.concat(chunks)), { fileName: 'x.xlsx' }))
      if (!isNotice(item))
        sheets.set(item.sheet, [...(sheets.get(item.sheet) ?? []), ...item.cells.map(String)]);
    expect([...sheets.keys()]).toEqual(['整改台账', '复查调查 1']);
    expect(sheets.get('整改台账')!.some((cell) => cell === items[0]!.title['zh-CN'])).toBe(true);
  }, 60_000);
});

describe('the programme of schools', () => {
  it('goes from the rules to levels, each change a leaf, and the whole log verifies by two programs', async () => {
    const { deps, actors } = world;
    const change = (actor: (typeof actors)['operator'], raw: unknown) =>
      changeInspection(deps, actor, id, countyA, 'programme', raw);
    const rules = await getProgramme('guiyang');
    await change(actors.operator, { do: 'choose', rules, adapted: false });
    const [level] = rules.levels;
    const schools = await deps.storage.listSchools(id, countyA);
    const school = schools.find((s) => s.parent === null)!.id;
    const answers = level!.criteria.map((c) => ({ criterion: c.id, note: '达到' }));
    await change(actors.official, { do: 'apply', school, level: level!.id, answers });
    await expect(change(actors.official, { do: 'draw', dice })).rejects.toMatchObject({ kind: 'forbidden' });
    for (let round = 0; round < rules.check.rounds.length; round++) {
      await change(actors.inspector, { do: 'draw', dice });
      await change(actors.inspector, { do: 'check', no: 1, passes: true, note: '属实' });
      await change(actors.inspector, { do: 'end-round' });
    }
    const { coverage } = await viewProgramme(deps, actors.official, id, countyA);
    const units = schools.filter((s) => s.parent === null && s.ownership === 'public').length;
    expect(coverage).toMatchObject({ units, byLevel: [{ count: 1 }, { count: 0 }, { count: 0 }] });

    const lines: string[] = [];
    for await (const line of await exportBundle(deps, actors.inspector, id, countyA)) lines.push(line);
    const text = lines.join('');
    const own = await verify(text.split('\n').filter((l) => l !== ''));
    expect(own).toMatchObject({ ok: true, findings: [] });
    const versions = await listInspectionVersions(deps, actors.inspector, id, countyA);
    expect(own.events.filter((e) => e.type === 'inspection')).toHaveLength(versions.length);
    expect(new Set(versions.map((v) => v.record))).toContain('programme');
    expect(await auditAfter('SELECT 1')).toEqual([]);
    if (!hasPython) return;
    const file = join(world.directory, 'inspection.bundle');
    writeFileSync(file, text);
    const edited = join(world.directory, 'edited.bundle');
    writeFileSync(edited, editInspection(text));
    const [theirs, refused] = await runIndependent([file, edited]);
    expect(theirs).toMatchObject({ ok: true, root: own.root });
    expect(refused!.ok).toBe(false);
  }, 60_000);
});

/** A row of an older version, which had fewer limits: it can be read and made shorter, not longer. */
async function readLongerOne(figures: readonly object[]): Promise<void> {
  const older = [0, 1].map((no) => ({ ...figures[0], body: `${'省'.repeat(150)}\u202a${no}` }));
  const body = canonicalJson({ figures: [...figures, ...older] });
  const newest = "record = 'other-figures' ORDER BY version DESC LIMIT 1";
  const sql = `UPDATE inspection_versions SET body = '${body}' WHERE no = (SELECT no FROM inspection_versions WHERE ${newest})`;
  await onCopy(sql, async (deps) => {
    const { official } = world.actors;
    const read = async () => (await viewSheet(deps, official, id, countyA)).view.documents;
    const documents = await read();
    expect(documents['other-figures'].body.figures).toHaveLength(22);
    expect(documentOf('other-figures').shape.body.safeParse(documents['other-figures'].body).success).toBe(
      true,
    );
    const change = (raw: object, reason?: string) =>
      changeInspection(deps, official, id, countyA, 'other-figures', raw, { reason });
    const one = { do: 'note', body: '县报', value: 97, unit: 'percent', asOf: '2026-03-01', note: '' };
    await expect(change(one)).rejects.toMatchObject({ message: 'inspection.full', params: { most: 20 } });
    await change({ do: 'withdraw', index: 0 }, '登记错了');
    expect((await read())['other-figures'].body.figures).toHaveLength(21);
  });
}

/** Works on a copy of the database that was edited by hand. */
async function onCopy<T>(sql: string, work: (deps: World['deps']) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(world.directory, 'edited-'));
  const source = new Database(join(world.dataDir, 'manyi.db'));
  source.pragma('wal_checkpoint(TRUNCATE)');
  source.close();
  copyFileSync(join(world.dataDir, 'manyi.db'), join(folder, 'manyi.db'));
  const raw = new Database(join(folder, 'manyi.db'));
  raw.exec(sql);
  raw.close();
  const storage = await openSqliteStorage({ directory: folder, inline: true });
  try {
    return await work({ ...world.deps, storage });
  } finally {
    await storage.close();
  }
}

const auditAfter = (sql: string) =>
  onCopy(sql, async (deps) => (await auditCampaign(deps, world.actors.administrator, id))[0]!.differences);

/** One letter of the first inspection leaf. */
function editInspection(text: string): string {
  const leaf = Buffer.from('"record":"rules"').toString('base64').slice(2, 14);
  const plain = text.replace(/("record\\?":\\?")rules/, '$1rulez');
  return plain === text ? text.replace(leaf, `${leaf.slice(0, -1)}A`) : plain;
}

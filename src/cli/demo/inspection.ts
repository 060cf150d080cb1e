/** The inspection of the demonstration's counties: one passes, one fails on a coefficient, one on satisfaction, one by a veto. */
import type { Actor } from '../../domain/campaign/permissions.ts';
import { formatValue } from '../../domain/scoring/format.ts';
import type { CampaignId } from '../../domain/model/ids.ts';
import type { InspectionRecord } from '../../domain/inspection/record-names.ts';
import type { Regime } from '../../domain/inspection/regime.ts';
import type { Deps } from '../../operations/deps.ts';
import type { UploadedFile } from '../../operations/frame/schools.ts';
import { changeInspection } from '../../operations/inspection/inspection.ts';
import { getProgramme } from '../../operations/inspection/programmes.ts';
import { getRegime } from '../../operations/inspection/regimes.ts';
import { importSchoolTable } from '../../operations/inspection/school-table.ts';
import { counties, schoolsOf, type CountyPlan, type DemoSchool } from './counties.ts';
import { createRandom } from './random.ts';
import { dice } from './rolls.ts';
import { serviceDay } from '../../domain/time-zone.ts';

/** How much the schools of each county differ: the first one's exceed the limit. */
const spreads: Readonly<Record<string, number>> = {
  '990101': 1,
  '990102': 0.3,
  '990103': 0.35,
  '990104': 0.4,
};

export interface DemoActors {
  readonly operator: Actor;
  readonly inspector: Actor;
}

export async function buildInspection(
  deps: Deps,
  actors: DemoActors,
  id: CampaignId,
  scale: number,
): Promise<void> {
  const regime = await getRegime('basic-2012-shandong');
  for (const plan of counties) {
    const change = { do: 'choose', regime, adapted: false };
    await changeInspection(deps, actors.operator, id, plan.code, 'rules', change);
    const { faults } = await importSchoolTable(
      deps,
      actors.operator,
      id,
      plan.code,
      schoolTable(plan, scale),
    );
    if (faults.length > 0) throw new Error(`school table of ${plan.name}: ${JSON.stringify(faults[0])}`);
    await fillSheet(deps, actors, id, plan, regime);
    // Those of the first two are drawn with the work on site (onsite.ts).
    if (counties.indexOf(plan) > 1) await drawSchools(deps, actors, id, plan);
  }
}

/** Sample schools with their locations, and one added by an inspector. */
async function drawSchools(deps: Deps, actors: DemoActors, id: CampaignId, plan: CountyPlan): Promise<void> {
  const random = createRandom(Number(plan.code) + 47);
  const put = (actor: Actor, change: unknown) =>
    changeInspection(deps, actor, id, plan.code, 'sample', change);
  const made = await put(actors.inspector, { do: 'draw', count: 6, dice: dice(random) });
  const drawn = (JSON.parse(made.body) as { draw: { schools: string[] } }).draw.schools;
  const schools = await deps.storage.listSchools(id, plan.code);
  const other = schools.find((s) => !drawn.includes(s.id) && s.parent === null);
  if (other)
    await put(actors.inspector, { do: 'designate', school: other.id, reason: '群众反映大班额问题集中' });
  const near = (base: number) => Math.round((base + 0.36 * (random.next() - 0.5)) * 10_000) / 10_000;
  const places = schools.map((s) => ({ school: s.id, lat: near(27.1), lon: near(107.6) }));
  await put(actors.operator, { do: 'locate', places });
  await put(actors.inspector, { do: 'start', lat: 27.1, lon: 107.6 });
}

/** Tasks of rectification in one county: some done and re-inspected, some overdue. */
export async function buildRectification(
  deps: Deps,
  actors: DemoActors,
  id: CampaignId,
  plan: CountyPlan,
): Promise<void> {
  const put = (actor: Actor, change: unknown) =>
    changeInspection(deps, actor, id, plan.code, 'rectification', change);
  const made = await put(actors.operator, { do: 'collect', lowest: 6 });
  const { tasks } = JSON.parse(made.body) as { tasks: { no: number; kind: string }[] };
  const inDays = (days: number) =>
    new Date(deps.now() + (days * 24 + 8) * 3_600_000).toISOString().slice(0, 10);
  const units = ['县教育体育局基础教育科', '县教育体育局人事科', '县教育体育局计财科'];
  const measures = [
    '调整学区划分并公示，增开校车线路',
    '核增教师编制，落实校长教师交流',
    '补齐薄弱学校教学设备',
  ];
  for (const [i, { no }] of tasks.slice(0, -1).entries())
    await put(actors.operator, {
      ...{ do: 'plan', no, unit: units[i % 3], role: '科长', measure: measures[i % 3] },
      due: inDays(i === 0 ? 5 : 60 + 10 * i),
    });
  for (const { no } of tasks.slice(1, 4))
    await put(actors.operator, {
      do: 'report',
      no,
      evidence: '整改报告及现场照片，存县教体局督导室',
      hash: null,
    });
  const drawn = await put(actors.inspector, { do: 'draw', dice: dice(createRandom(Number(plan.code) + 53)) });
  const { rounds } = JSON.parse(drawn.body) as { rounds: { drawn: number[] }[] };
  for (const no of rounds[0]!.drawn)
    await put(actors.inspector, { do: 'check', no, passes: true, note: '到校核对，与报告一致' });
  await put(actors.inspector, { do: 'end-round' });
}

/** Schools with levels of several years, and this year's applications in progress. */
export async function buildProgramme(
  deps: Deps,
  actors: DemoActors,
  id: CampaignId,
  plan: CountyPlan,
): Promise<void> {
  const put = (actor: Actor, change: unknown) =>
    changeInspection(deps, actor, id, plan.code, 'programme', change);
  const rules = await getProgramme('guiyang');
  await put(actors.operator, { do: 'choose', rules, adapted: false });
  const units = (await deps.storage.listSchools(id, plan.code)).filter((s) => s.parent === null);
  const year = Number(serviceDay(deps.now()).slice(0, 4));
  const ago = [4, 4, 3, 3, 2, 2];
  const held = Math.min(ago.length, units.length - 3);
  for (const [i, { id: school }] of units.slice(0, held).entries())
    await put(actors.inspector, {
      ...{ do: 'register', school, level: rules.levels[i % 2]!.id, from: `${year - ago[i]!}-03-01` },
      note: '市教育局公布的名单',
    });
  const apply = (school: string, level: (typeof rules.levels)[number]) =>
    put(actors.operator, {
      ...{ do: 'apply', school, level: level.id },
      answers: level.criteria.map((c) => ({ criterion: c.id, note: '自查达到，材料存学校档案室' })),
    });
  const top = rules.levels.at(-1)!;
  if (held > 0) await apply(units[0]!.id, top);
  for (const { id: school } of units.slice(held, held + 3)) await apply(school, rules.levels[0]!);
  await put(actors.inspector, { do: 'draw', dice: dice(createRandom(Number(plan.code) + 59)) });
}

/** Scores, amounts and vetoes of a county that meets its obligations; one of them has a veto. */
async function fillSheet(
  deps: Deps,
  actors: DemoActors,
  id: CampaignId,
  plan: CountyPlan,
  regime: Regime,
): Promise<void> {
  const random = createRandom(Number(plan.code) + 43);
  const put = (actor: Actor, record: InspectionRecord, change: unknown) =>
    changeInspection(deps, actor, id, plan.code, record, change);
  const indicators = regime.work?.areas.flatMap((a) => a.indicators) ?? [];
  const scores = (most: number) =>
    indicators.map(({ id: indicator, points }) => {
      const lost = random.next() < most ? 1 : 0;
      return {
        indicator,
        points: points - lost,
        reason: lost === 0 ? '' : '抽查发现个别学校台账不全，扣 1 分',
      };
    });
  await put(actors.operator, 'work', { do: 'self', scores: scores(0.2) });
  await put(actors.inspector, 'work', { do: 'inspectors', scores: scores(0.5) });
  const years = [2023, 2024, 2025].map((year, i) => {
    const grown = (base: number, rate: number) => Math.round(base * (1 + rate) ** i);
    return {
      ...{ year, revenue: grown(180_000, 0.034), funds: grown(81_760, 0.072) },
      perPupil: { primary: grown(9_800, 0.04), junior: grown(13_100, 0.045) },
      publicFunds: { primary: grown(720, 0.05), junior: grown(940, 0.05) },
      ...{
        surchargeDue: grown(3_100, 0.03),
        surchargeLevied: grown(3_100, 0.03),
        surchargeUsed: grown(3_100, 0.03),
      },
      ...{ transfers: grown(24_000, 0.05), transfersToEducation: grown(5_300, 0.06) },
    };
  });
  await put(actors.operator, 'growth', { do: 'put', years, stated: [] });
  for (const veto of regime.vetoes.filter((v) => v.follows === undefined)) {
    const isViolated = plan.code === '990104' && veto.id === 'weak-schools';
    await put(actors.inspector, 'vetoes', {
      ...{ do: 'judge', veto: veto.id, state: isViolated ? 'violated' : 'clear' },
      evidence: isViolated ? '改造项目清单中 2 所教学点未开工' : '查阅台账并到校核对，未发现',
    });
  }
  await put(actors.operator, 'stages', { do: 'plan', stage: 'self', from: '2026-09-01', to: '2026-09-30' });
  await put(actors.operator, 'archive', {
    do: 'put',
    no: 4,
    state: 'ready',
    place: '市教育督导室档案柜 3-2',
    hash: null,
  });
}

const kindNames = {
  primary: '小学',
  'teaching-point': '教学点',
  junior: '初中',
  'nine-year': '九年一贯制',
  'complete-secondary': '完全中学',
  other: '其他',
} as const;

function pupilsOf({ category, pupils }: DemoSchool): readonly [number, number, number] {
  const lower = Math.round(pupils * 0.62);
  switch (category) {
    case 'nine-year':
      return [lower, pupils - lower, 0];
    case 'complete-secondary':
      return [0, lower, pupils - lower];
    case 'junior':
      return [0, pupils, 0];
    default:
      return [pupils, 0, 0];
  }
}

function schoolTable(plan: CountyPlan, scale: number): UploadedFile {
  const random = createRandom(Number(plan.code) + 41);
  const spread = spreads[plan.code] ?? 0.3;
  const header = [
    ...['学校名称', '办学类型', '小学学生数', '初中学生数', '高中学生数', '教学及辅助用房面积（平方米）'],
    ...['体育运动场馆面积（平方米）', '教学仪器设备值（万元）', '计算机台数', '图书册数', '专任教师数'],
    ...['高于规定学历教师数', '中级及以上职称教师数'],
  ];
  const rows = schoolsOf(plan, scale).map((school) => {
    const pupils = pupilsOf(school);
    const all = school.pupils;
    const level =
      school.level === '好' ? 1 + 2.6 * spread : school.level === '弱' ? 1 - 0.85 * spread : 1 - 0.6 * spread;
    const about = (perPupil: number) => perPupil * all * level * (0.92 + 0.16 * random.next());
    const tenth = (value: number) => formatValue(value, { decimals: 1, threshold: null });
    const teachers = Math.max(2, Math.round((all / 15) * (0.5 + 0.5 * level)));
    return [
      ...[school.name, kindNames[school.category], ...pupils],
      ...[tenth(about(4.6)), tenth(about(7.2)), tenth(about(1700) / 10_000)],
      ...[Math.round(about(0.12)), Math.round(about(26)), teachers],
      ...[Math.round(teachers * 0.8), Math.round(teachers * 0.5 * Math.min(1.3, level))],
    ].join(',');
  });
  const text = [header.join(','), ...rows].join('\r\n');
  return {
    fileName: `${plan.name}学校数据表.csv`,
    source: (async function* () {
      yield Buffer.from(`${text}\r\n`, 'utf8');
    })(),
  };
}

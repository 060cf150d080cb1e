/** The inspection of the demonstration's counties: one passes, one fails on a coefficient, one on satisfaction, one by a veto. */
import type { Actor } from '../../domain/campaign/permissions.ts';
import { formatValue } from '../../domain/scoring/format.ts';
import type { CampaignId } from '../../domain/model/ids.ts';
import type { InspectionRecord } from '../../domain/inspection/record-names.ts';
import type { Regime } from '../../domain/inspection/regime.ts';
import type { Deps } from '../../operations/deps.ts';
import type { UploadedFile } from '../../operations/frame/schools.ts';
import { changeInspection } from '../../operations/inspection/inspection.ts';
import { getRegime } from '../../operations/inspection/regimes.ts';
import { importSchoolTable } from '../../operations/inspection/school-table.ts';
import { counties, schoolsOf, type CountyPlan, type DemoSchool } from './counties.ts';
import { createRandom } from './random.ts';

/** How far the schools of each county lie apart: the first one's above the limit. */
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
  }
}

/** Scores, amounts and vetoes of a county that does its work; one of them has a veto. */
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

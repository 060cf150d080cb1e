/** The inspection of the demonstration's counties: one passes, one fails on a coefficient, one on satisfaction, one by a veto. */
import type { Actor } from '../../domain/campaign/permissions.ts';
import { formatValue } from '../../domain/scoring/format.ts';
import type { CampaignId } from '../../domain/model/ids.ts';
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
  }
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

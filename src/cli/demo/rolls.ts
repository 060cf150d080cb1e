/** Files as a county's clerk would send them: the list of schools, and a roll for each group. */
import type { Group } from '../../domain/model/vocabulary.ts';
import type { UploadedFile } from '../../operations/frame/schools.ts';
import type { CountyPlan, DemoSchool } from './counties.ts';
import { createRandom, type Random } from './random.ts';

const categoryNames = {
  primary: '小学',
  'teaching-point': '教学点',
  junior: '初级中学',
  'nine-year': '九年一贯制学校',
  'complete-secondary': '完全中学',
  other: '其他',
} as const;
const locationNames = { urban: '城区', town: '镇区', rural: '乡村' } as const;
const gradeNames = ['一', '二', '三', '四', '五', '六', '七', '八', '九'].map((g) => `${g}年级`);

export function schoolFile(plan: CountyPlan, schools: readonly DemoSchool[]): UploadedFile {
  const header = [
    '学校名称',
    '办学类型',
    '城乡类型',
    '办学水平',
    '性质',
    '学生数',
    '教职工数',
    '乡镇',
    '中心校',
  ];
  const rows = schools.map((s) => [
    s.name,
    categoryNames[s.category],
    locationNames[s.location],
    s.level,
    s.ownership,
    s.pupils,
    s.staff,
    s.township,
    s.parent,
  ]);
  return csv(`${plan.name}学校名单.csv`, [header, ...rows]);
}

/** By group. The parents' roll of a county has what such files have: a title above the header, names, a few wrong numbers. */
export function rollFiles(
  plan: CountyPlan,
  schools: readonly DemoSchool[],
): readonly { readonly group: Group; readonly file: UploadedFile }[] {
  const random = createRandom(Number(plan.code) + 7);
  const phone = phoneSeries(plan);
  const parents: Cell[][] = [];
  for (const school of schools) {
    const grades = gradesOf(school);
    for (let i = 0; i < school.pupils; i++) {
      const grade = grades[Math.floor((i * grades.length) / school.pupils)]!;
      const draw = random.next();
      // The younger child's school has the same number again.
      if (draw < 0.03 && parents.length > 0)
        parents.push([school.name, grade, '家长', random.pick(parents)[3]!]);
      else if (draw < 0.97) parents.push([school.name, grade, '家长', draw < 0.09 ? '' : phone()]);
    }
  }
  const wrong: Cell[][] = [
    [schools[0]!.name, '三年级', '家长', '19400'],
    [schools[0]!.name, '大班', '家长', phone()],
    ['没有这所学校', '二年级', '家长', phone()],
  ];
  const staff = (count: (s: DemoSchool) => number) =>
    schools.flatMap((s) => Array.from({ length: count(s) }, (): Cell[] => [s.name, phone()]));
  const deputies = Array.from({ length: 64 }, (): Cell[] => [random.next() < 0.08 ? '' : phone()]);
  const file = (group: string, rows: readonly (readonly Cell[])[]) =>
    csv(`${plan.name}${group}名册.csv`, rows);
  return [
    {
      group: 'parent',
      file: file('家长', [
        [`${plan.name}学生家长名册`],
        ['学校', '年级', '姓名', '手机号码'],
        ...parents,
        ...wrong,
      ]),
    },
    { group: 'teacher', file: file('教师', [['学校', '手机'], ...staff((s) => s.staff)]) },
    {
      group: 'principal',
      file: file('校长', [['学校', '手机'], ...staff((s) => (s.category === 'teaching-point' ? 0 : 2))]),
    },
    { group: 'deputy', file: file('代表委员', [['手机'], ...deputies]) },
  ];
}

type Cell = string | number;

function gradesOf(school: DemoSchool): readonly string[] {
  switch (school.category) {
    case 'primary':
      return gradeNames.slice(0, 6);
    case 'teaching-point':
      return gradeNames.slice(0, 3);
    case 'junior':
    case 'complete-secondary':
      return gradeNames.slice(6);
    case 'nine-year':
    case 'other':
      return gradeNames;
  }
}

/** 1940, the county's last digit, and six digits that never follow one another. */
function phoneSeries(plan: CountyPlan): () => string {
  let n = 0;
  return () => {
    n += 1;
    return `1940${plan.code.slice(-1)}${String((n * 7_919) % 1_000_000).padStart(6, '0')}`;
  };
}

function csv(fileName: string, rows: readonly (readonly Cell[])[]): UploadedFile {
  const text = `\uFEFF${rows.map((row) => row.join(',')).join('\r\n')}\r\n`;
  return { fileName, source: once(Buffer.from(text)) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export function dice(random: Random): string {
  return Array.from({ length: 24 }, () => random.whole(1, 6)).join('');
}

/**
 * Four fictional counties (codes 99xxxx), each with the pattern that it demonstrates. Phone numbers begin with 1940, a prefix
 * that no carrier is known to have.
 */
import type { CountyCode } from '../../domain/model/ids.ts';
import type { Location, SchoolCategory } from '../../domain/model/vocabulary.ts';
import { createRandom, type Random } from './random.ts';

export interface CountyPlan {
  readonly code: CountyCode;
  readonly name: string;
  readonly residents: number;
  readonly townships: readonly string[];
  /** Target of the county's score, on the scale of the profile's official formula. */
  readonly score: number;
  /** Share of the drawn contacts who answer. */
  readonly response: number;
  /** How much one person's answers resemble each other, 0 to 1: rehearsed answers are all alike. */
  readonly uniformity: number;
  /** Share of respondents who answer twice. */
  readonly reanswer: number;
  /** Told what to answer, and some answer differently later. */
  readonly mobilised: boolean;
  /** No letters are sent: contacts without a phone are not reached. */
  readonly smsOnly: boolean;
}

const code = (text: string) => text as CountyCode;

export const counties: readonly CountyPlan[] = [
  {
    code: code('990101'),
    name: '云溪县',
    residents: 412_000,
    townships: ['柳湾镇', '石鼓镇', '东皋乡', '白沙镇', '竹园乡'],
    score: 93,
    response: 0.95,
    uniformity: 0.85,
    reanswer: 0.03,
    mobilised: true,
    smsOnly: false,
  },
  {
    code: code('990102'),
    name: '青屏县',
    residents: 356_000,
    townships: ['南浦镇', '望山乡', '清泉镇', '枫林乡'],
    score: 85.3,
    response: 0.83,
    uniformity: 0.55,
    reanswer: 0.04,
    mobilised: false,
    smsOnly: false,
  },
  {
    code: code('990103'),
    name: '石汀县',
    residents: 287_000,
    townships: ['河口镇', '槐树乡', '高坪镇', '长岭乡'],
    score: 75,
    response: 0.75,
    uniformity: 0.5,
    reanswer: 0.02,
    mobilised: false,
    smsOnly: false,
  },
  {
    code: code('990104'),
    name: '远浦县',
    residents: 198_000,
    townships: ['芦塘镇', '双桥乡', '平川镇'],
    score: 83,
    response: 0.33,
    uniformity: 0.5,
    reanswer: 0.01,
    mobilised: false,
    smsOnly: true,
  },
];

export interface DemoSchool {
  readonly name: string;
  readonly category: SchoolCategory;
  readonly location: Location;
  readonly level: '好' | '中' | '弱';
  readonly ownership: '公办' | '民办';
  readonly township: string;
  readonly parent: string;
  readonly pupils: number;
  readonly staff: number;
}

export function schoolsOf(plan: CountyPlan, scale: number): readonly DemoSchool[] {
  const random = createRandom(Number(plan.code));
  const schools: DemoSchool[] = [];
  const add = (
    name: string,
    category: SchoolCategory,
    location: Location,
    township: string,
    size: number,
    more: Partial<Pick<DemoSchool, 'parent' | 'ownership' | 'level'>> = {},
  ) => {
    const pupils = Math.max(12, Math.round(size * scale * (0.85 + 0.3 * random.next())));
    const staff = Math.max(3, Math.round(pupils / 13));
    const level = more.level ?? random.pick(['好', '中', '中', '弱'] as const);
    schools.push({
      name,
      category,
      location,
      level,
      ownership: '公办',
      township,
      parent: '',
      pupils,
      staff,
      ...more,
    });
  };
  const seat = '城关镇';
  const short = plan.name.slice(0, -1);
  add(`${short}第一小学`, 'primary', 'urban', seat, 220, { level: '好' });
  add(`${short}第二小学`, 'primary', 'urban', seat, 240);
  add(`${short}实验学校`, 'nine-year', 'urban', seat, 270, { level: '好' });
  add(`${short}第一中学`, 'complete-secondary', 'urban', seat, 220, { level: '好' });
  add(`${short}第三初级中学`, 'junior', 'urban', seat, 190);
  add(`${short}育英学校`, 'nine-year', 'urban', seat, 110, { ownership: '民办' });
  for (const township of plan.townships) {
    const place = township.slice(0, -1);
    const isTown = township.endsWith('镇');
    const central = `${place}中心小学`;
    add(central, 'primary', isTown ? 'town' : 'rural', township, isTown ? 140 : 95);
    add(`${place}初级中学`, 'junior', isTown ? 'town' : 'rural', township, isTown ? 120 : 80);
    for (const village of villages(random))
      add(`${village}教学点`, 'teaching-point', 'rural', township, 26, { parent: central, level: '弱' });
  }
  return schools.filter((s, i) => schools.findIndex((o) => o.name === s.name) === i);
}

const villageNames = [
  '上河',
  '下坝',
  '柏树',
  '新庄',
  '大塘',
  '石桥',
  '杏花',
  '小岭',
  '前营',
  '梨园',
  '沙坪',
  '古井',
];

function villages(random: Random): readonly string[] {
  return Array.from({ length: random.whole(1, 2) }, () => random.pick(villageNames));
}

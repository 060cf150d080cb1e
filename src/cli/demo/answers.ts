/** How the people of a demonstration county answer: a distribution for each item, and one disposition per person. */
import type { Questionnaire } from '../../domain/questionnaire/template.ts';
import type { Group, Location } from '../../domain/model/vocabulary.ts';
import type { CountyPlan } from './counties.ts';
import { createRandom } from './random.ts';

/** Shares of the options, best first, 不了解 last. */
type Shares = readonly [number, number, number, number, number];
const best: Shares = [0.85, 0.12, 0.02, 0.005, 0.005];
const worst: Shares = [0.1, 0.3, 0.3, 0.25, 0.05];
const points = [100, 80, 60, 0, 0];
const optionIds = ['very-satisfied', 'satisfied', 'basically-satisfied', 'dissatisfied', 'dont-know'];

/** The mixture of best and worst whose mean, without 不了解, is `mean`. */
function sharesFor(mean: number): Shares {
  const sum = (s: Shares) => s.reduce((n, share, i) => n + share * points[i]!, 0);
  const part = (mean * (1 - worst[4]) - sum(worst)) / (sum(best) - sum(worst) + mean * (best[4] - worst[4]));
  const weight = Math.min(1, Math.max(0, part));
  return best.map((share, i) => weight * share + (1 - weight) * worst[i]!) as unknown as Shares;
}

const byGroup: Readonly<Partial<Record<Group, number>>> = { teacher: -1.5, principal: 1, deputy: 0.5 };
const byLocation: Readonly<Record<Location, number>> = { urban: -0.6, town: 0.2, rural: 0.6 };
/** Mean of the offsets below over the items of a questionnaire, so that a county's figure is near its plan. */
const centre = -0.6;
/** Dimensions in which such surveys score low and high (README of scoring, sources). */
const byDimension: Readonly<Record<string, number>> = {
  'school-choice': -3,
  regulation: -3,
  'conditions-gap': -2,
  'teacher-gap': -2,
  proximity: -1,
  'government-effort': 1,
  disadvantaged: 1,
  quality: 3,
  overall: 3,
};

const comments = [
  '希望多开一些体育课和劳动课。',
  '作业比以前少了，孩子睡得早了。',
  '离学校太远，能不能加一班校车。',
  '班上人太多，老师顾不过来。',
  '村里的教学点应该留住好老师。',
  '食堂的饭菜可以再热一些。',
  '课后服务办得不错。',
  '城里学校和乡下学校的差别还是大。',
  '班主任王小明老师很负责，有事打19400001234就能找到。',
  '三（2）班作业太多，孩子十点还没睡。',
];

export interface Sheet {
  readonly fields: readonly (readonly [string, string])[];
}
export interface Answerer {
  /** One more person's sheet. */
  answer(questionnaire: Questionnaire, group: Group, location: Location | null): Sheet;
  /** The sheet of a person who was told what to answer. */
  rehearsed(questionnaire: Questionnaire): Sheet;
}

export function createAnswerer(plan: CountyPlan, seed: number): Answerer {
  const base = Number(plan.code) * 31 + seed;
  const random = createRandom(base);
  const people = new Map<Group, number>();
  const rest = Math.sqrt(1 - plan.uniformity ** 2);

  return {
    answer(questionnaire, group, location) {
      const no = people.get(group) ?? 0;
      people.set(group, no + 1);
      // Dispositions are spread evenly (golden ratio), so that the county's figure matches the plan, whoever was drawn.
      const disposition = quantile((0.5 + no * 0.618_033_988_749_895) % 1);
      const ratings = questionnaire.items.flatMap((i) => (i.type === 'rating' ? [i] : []));
      const level = plan.score + (byGroup[group] ?? 0) + (location ? byLocation[location] : 0) - centre;
      // By person and item: another questionnaire does not change the answer to an item that both have.
      const drawnFor = (item: string) => createRandom(seedOf(`${base} ${group} ${no} ${item}`));
      const fields = ratings.map((item): readonly [string, string] => {
        const own = plan.uniformity * disposition + rest * drawnFor(item.id).normal();
        return [item.id, option(normal(own), sharesFor(level + (byDimension[item.dimension] ?? 0)))];
      });
      const chosen = new Map(fields);
      for (const item of questionnaire.items) {
        if (item.type !== 'single') continue;
        if (item.showIf && !item.showIf.in.includes(chosen.get(item.showIf.item) ?? '')) continue;
        const ids = item.options.filter((o) => o.dontKnow !== true).map((o) => o.id);
        // Mostly the first reason; for sizes, any.
        const at = item.showIf ? drawnFor(item.id).next() ** 4 : drawnFor(item.id).next();
        fields.push([item.id, ids[Math.floor(at * ids.length)]!]);
      }
      const text = questionnaire.items.find((i) => i.type === 'text');
      if (text && random.next() < (plan.mobilised ? 0.01 : 0.06))
        fields.push([text.id, random.pick(comments)]);
      return { fields };
    },
    rehearsed: (questionnaire) => ({
      fields: questionnaire.items.flatMap((i) =>
        i.type === 'rating' ? [[i.id, 'very-satisfied'] as const] : [],
      ),
    }),
  };
}

/** FNV-1a, 32 bits. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function option(probability: number, shares: Shares): string {
  let below = 0;
  for (const [i, share] of shares.entries()) {
    below += share;
    if (probability < below) return optionIds[i]!;
  }
  return optionIds[0]!;
}

/** Standard normal distribution, to 1e-7 (Abramowitz and Stegun 26.2.17). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = Math.exp((-z * z) / 2) * 0.398_942_280_4 * poly;
  return z > 0 ? 1 - tail : tail;
}

/** Its inverse, by bisection: accurate enough for a demonstration, and short. */
function quantile(p: number): number {
  let [low, high] = [-8, 8];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (normal(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

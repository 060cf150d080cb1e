/** The formulas that the page of a split ballot shows of each arm, written here again from the format's document. */
import type { Group } from '../../domain/model/vocabulary.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { Formula } from '../../domain/scoring/rules/formula.ts';
import type { Model } from './model.ts';

/** Options from the best to the worst, with their points; which are negative, and the best two. */
const scales = [
  {
    points: { 'very-satisfied': 100, satisfied: 80, 'basically-satisfied': 60, dissatisfied: 0 },
    negative: ['dissatisfied'],
  },
  {
    points: {
      'very-satisfied': 100,
      'fairly-satisfied': 75,
      neutral: 50,
      'fairly-dissatisfied': 25,
      'very-dissatisfied': 0,
    },
    negative: ['fairly-dissatisfied', 'very-dissatisfied'],
  },
] as const;

export interface ArmFormulas {
  readonly mean: Formula;
  readonly negative: Formula;
  readonly topTwo: Formula;
  /** Any option at all, of those and 不了解. */
  readonly known: Formula;
}

/** null: of neither scale. A formula of the profile that says the same is taken for it: then both are one unknown. */
export function armFormulas(model: Model, group: Group): ArmFormulas | null {
  const q = model.questionnaire(group);
  const scale = q && scales.find(({ points }) => isScaleOf(q, Object.keys(points)));
  if (!scale) return null;
  const title = { 'zh-CN': '-', en: '-' };
  const base = { title, unit: 'answers', dontKnow: 'exclude' } as const;
  const options = Object.keys(scale.points);
  const share = (id: string, satisfied: readonly string[]): Formula => ({
    ...base,
    kind: 'share',
    id: `:${id}`,
    satisfied: [...satisfied],
  });
  const known: Formula = { ...share('known', options), dontKnow: 'include' };
  const own = (formula: Formula) =>
    model.shown.profile.formulas.find((other) => isSame(formula, other, options)) ?? formula;
  return {
    mean: own({ ...base, kind: 'mean', id: ':mean', points: { ...scale.points } }),
    negative: own(share('negative', scale.negative)),
    topTwo: own(share('top-two', options.slice(0, 2))),
    known: own(known),
  };
}

/** Of the groups whose ballot was split. */
export function ballotFormulas(model: Model, group: Group): readonly Formula[] {
  const isSplit = model.arm !== null || model.apart.some((own) => own.arm?.group === group);
  const own = isSplit ? armFormulas(model, group) : null;
  return own === null ? [] : [own.mean, own.negative, own.topTwo, own.known];
}

function isScaleOf({ vectorOptions }: CompiledQuestionnaire, options: readonly string[]): boolean {
  return vectorOptions.length === options.length && vectorOptions.every((id) => options.includes(id));
}

function isSame(a: Formula, b: Formula, options: readonly string[]): boolean {
  const isWhole = [b.items, b.dimension, b.named, b.about].every((own) => own === undefined);
  const points = (formula: Formula, option: string) =>
    formula.kind === 'mean' ? (formula.points[option] ?? 0) : formula.satisfied.includes(option) ? 100 : 0;
  return (
    isWhole &&
    a.unit === b.unit &&
    a.dontKnow === b.dontKnow &&
    options.every((option) => points(a, option) === points(b, option))
  );
}

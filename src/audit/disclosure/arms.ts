/**
 * The formulas that the page of a split ballot shows of each arm, written independently from the document of the
 * format.
 */
import type { Group } from '../../domain/model/vocabulary.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { Formula } from '../../domain/scoring/rules/formula.ts';
import type { Model } from './model.ts';

/** Options from best to worst with their points. The first two are the top two; `negative` lists the negative ones. */
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
  /** The share of all options, with 不了解 in the denominator. */
  readonly known: Formula;
}

/** null: on neither scale. An equal formula of the profile is used instead, so that both share their unknowns. */
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

/** Empty for groups without a split ballot. */
export function ballotFormulas(model: Model, group: Group): readonly Formula[] {
  const isSplit = model.arm !== null || model.otherArms.some((own) => own.arm?.group === group);
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

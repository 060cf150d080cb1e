/**
 * What would bring a county within the limit: the smallest additions at the weakest schools. Of all ways to add one amount, raising the lowest schools to one level
 * leaves the smallest variance (the mean is the same for all of them), so the smallest amount that reaches a coefficient is found by raising that level.
 */
import { settle } from '../scoring/figure.ts';
import { coefficientOf, meanOf, type Holding, type IndicatorBalance, type StageBalance } from './balance.ts';

export interface Addition {
  readonly school: string;
  readonly add: number;
}

export interface IndicatorAdditions {
  readonly indicator: string;
  /** The coefficient that the additions are to reach. */
  readonly target: number;
  readonly after: number;
  readonly total: number;
  /** Largest first. */
  readonly schools: readonly Addition[];
}

const raised = (holdings: readonly Holding[], level: number): readonly Holding[] =>
  holdings.map((h) => ({ pupils: h.pupils, amount: Math.max(h.amount, level * h.pupils) }));
const coefficientAt = (holdings: readonly Holding[], level: number) =>
  coefficientOf(raised(holdings, level)).value ?? 0;

/** Countable things are added whole, so the coefficient reached may be below the target. */
export function additionsTo(
  { indicator, schools, value }: IndicatorBalance,
  target: number,
): IndicatorAdditions | null {
  if (value === null || value <= target) return null;
  let low = Math.min(...schools.map((s) => s.amount / s.pupils));
  let high = Math.max(...schools.map((s) => s.amount / s.pupils));
  for (let i = 0; i < 200 && high - low > high * 1e-12; i++) {
    const middle = (low + high) / 2;
    if (coefficientAt(schools, middle) <= target) high = middle;
    else low = middle;
  }
  // Rounding up can put a school above the level: then a little more brings it back.
  let added = additionsAt(schools, high, indicator.whole);
  for (let i = 0; i < 1000 && (coefficientOf(added).value ?? 0) > target; i++) {
    high *= 1.0001;
    added = additionsAt(schools, high, indicator.whole);
  }
  const list = schools
    .map((s, i) => ({ school: s.school, add: settle(added[i]!.amount - s.amount) }))
    .filter((a) => a.add > 0)
    .sort((a, b) => b.add - a.add);
  return {
    indicator: indicator.id,
    target,
    after: coefficientOf(added).value ?? 0,
    total: settle(list.reduce((n, a) => n + a.add, 0)),
    schools: list,
  };
}

function additionsAt(holdings: readonly Holding[], level: number, whole: boolean): readonly Holding[] {
  return raised(holdings, level).map((h, i) => {
    const before = holdings[i]!.amount;
    return { pupils: h.pupils, amount: whole ? before + Math.ceil(settle(h.amount - before)) : h.amount };
  });
}

export interface AdditionPlan {
  /** Every indicator above it is brought down to it; of a regime that judges each, the limit. */
  readonly cap: number;
  readonly composite: number | null;
  readonly indicators: readonly IndicatorAdditions[];
}

/**
 * Where each indicator is judged, each that is above the limit is brought to it. Where their mean is judged, the largest are brought down to one common value, for
 * amounts of different units cannot be weighed against each other: a choice, said beside the plan.
 */
export function planAdditions(stage: StageBalance): AdditionPlan | null {
  const values = stage.indicators.map((i) => i.value);
  if (stage.meets !== false || values.some((v) => v === null)) return null;
  const cap = stage.composite === null ? stage.limit : commonCap(values as number[], stage.limit);
  const plans = stage.indicators.map((i) => additionsTo(i, cap));
  return {
    cap,
    composite: stage.composite === null ? null : meanOf(values.map((v, i) => plans[i]?.after ?? v!)),
    indicators: plans.filter((p) => p !== null),
  };
}

/** The largest c with mean(min(vᵢ, c)) ≤ limit. */
export function commonCap(values: readonly number[], limit: number): number {
  const ascending = [...values].sort((a, b) => a - b);
  let below = 0;
  for (const [i, value] of ascending.entries()) {
    const rest = values.length - i;
    const cap = (limit * values.length - below) / rest;
    if (cap <= value) return cap;
    below += value;
  }
  return ascending.at(-1) ?? limit;
}

/**
 * The smallest additions at the weakest schools that would bring a county within the limit. Of all ways to add one amount,
 * raising the lowest schools to one level gives the smallest variance, because the mean is the same for all. So the smallest
 * amount that reaches a coefficient is found by raising that level.
 */
import { settle } from '../scoring/figure.ts';
import { coefficientOf, meanOf, type Holding, type IndicatorBalance, type StageBalance } from './balance.ts';

export interface Addition {
  readonly school: string;
  readonly add: number;
}

export interface IndicatorAdditions {
  readonly indicator: string;
  /** The coefficient to be reached. */
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

/** Countable things are added in whole units, so the resulting coefficient may be below the target. */
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
  // Rounding up can raise a school above the level: then a little more reduces the coefficient again.
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
  /** Target for every indicator above it; in a regime that judges each, the limit. */
  readonly cap: number;
  readonly composite: number | null;
  readonly indicators: readonly IndicatorAdditions[];
}

/**
 * If each indicator is judged, each one above the limit is reduced to it. If their mean is judged, the largest are reduced to one
 * common value, because amounts in different units cannot be compared. This is a choice, stated beside the plan.
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

/**
 * The smallest additions that would bring a county within the limit, in whole units: nobody hires a third of a teacher. For a given
 * total the mean is fixed, so the variance is least where Σ x²⁄P is. That sum is separable and convex, so giving unit after unit to
 * the school where it adds least is the best way to spend any total (O. Gross, *A class of discrete type minimization problems*,
 * RAND RM-1644, 1956), and the first total that reaches the target is the smallest.
 */
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

const totalOf = (added: readonly number[]) => added.reduce((n, x) => n + x, 0);
const plus = (holdings: readonly Holding[], added: readonly number[]): readonly Holding[] =>
  holdings.map(({ pupils, amount }, i) => ({ pupils, amount: amount + added[i]! }));
const coefficientAfter = (holdings: readonly Holding[], added: readonly number[]) =>
  coefficientOf(plus(holdings, added)).value ?? 0;

/** Units are whole, so the resulting coefficient may be below the target. null: it is not above the target. */
export function additionsTo(
  { indicator, schools, value }: IndicatorBalance,
  target: number,
): IndicatorAdditions | null {
  if (value === null || value <= target) return null;
  const added = smallestUnits(schools, target);
  const list = schools
    .map((s, i) => ({ school: s.school, add: added[i]! }))
    .filter((a) => a.add > 0)
    .sort((a, b) => b.add - a.add);
  return {
    indicator: indicator.id,
    target,
    after: coefficientAfter(schools, added),
    total: totalOf(added),
    schools: list,
  };
}

/**
 * Units tried one by one, times schools. So many are needed only where very many schools have a handful of pupils; then the result
 * may be above the smallest.
 */
const maximumSteps = 25_000_000;

function smallestUnits(holdings: readonly Holding[], target: number): readonly number[] {
  // Fewer cannot be enough, even in parts of a unit.
  const atLeast = Math.floor(totalOf(amountsToLevel(holdings, target)));
  let [cost] = edgeOf(
    (c) => totalOf(unitsUpTo(holdings, c)) <= atLeast,
    Math.min(...holdings.map((h) => (2 * h.amount) / h.pupils)),
    Math.max(...holdings.map((h) => (2 * h.amount + 1) / h.pupils)),
  );
  const added = [...unitsUpTo(holdings, cost)];
  const costs = holdings.map((h, i) => (2 * (h.amount + added[i]!) + 1) / h.pupils);
  const start = plus(holdings, added);
  const pupils = start.reduce((n, h) => n + h.pupils, 0);
  let amount = start.reduce((n, h) => n + h.amount, 0);
  let squares = start.reduce((n, h) => n + h.amount ** 2 / h.pupils, 0);
  for (let step = 0; step < maximumSteps / holdings.length; step++) {
    // The coefficient's square, but for rounding; what is near is computed as everywhere else.
    const isNear = (squares * pupils) / amount ** 2 - 1 <= target ** 2 + 1e-6;
    if (isNear && coefficientAfter(holdings, added) <= target) return added;
    let cheapest = 0;
    for (let i = 1; i < costs.length; i++) if (costs[i]! < costs[cheapest]!) cheapest = i;
    added[cheapest]! += 1;
    amount += 1;
    squares += costs[cheapest]!;
    costs[cheapest]! += 2 / holdings[cheapest]!.pupils;
  }
  const isAbove = (c: number) => coefficientAfter(holdings, unitsUpTo(holdings, c)) > target;
  while (isAbove(2 * cost)) cost *= 2;
  return unitsUpTo(holdings, edgeOf(isAbove, cost, 2 * cost)[1]);
}

/** In parts of a unit: of all ways to add one amount, raising the lowest schools to one level gives the smallest variance. */
function amountsToLevel(holdings: readonly Holding[], target: number): readonly number[] {
  const amounts = (level: number) => holdings.map((h) => Math.max(0, level * h.pupils - h.amount));
  const levels = holdings.map((h) => h.amount / h.pupils);
  const isAbove = (level: number) => coefficientAfter(holdings, amounts(level)) > target;
  return amounts(edgeOf(isAbove, Math.min(...levels), Math.max(...levels))[0]);
}

/** All units that add at most this to Σ x²⁄P each. */
function unitsUpTo(holdings: readonly Holding[], cost: number): readonly number[] {
  return holdings.map((h) => Math.max(0, Math.floor((cost * h.pupils - 1) / 2 - h.amount) + 1));
}

/** To twelve digits, the last value for which it holds and the first for which it does not; it holds for `low`, and not for `high`. */
function edgeOf(holds: (value: number) => boolean, low: number, high: number): readonly [number, number] {
  for (let i = 0; i < 200 && high - low > high * 1e-12; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return [low, high];
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

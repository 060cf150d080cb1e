/**
 * Adjusted weights, as anybody can compute them from N and n of the strata. Within a group, N ⁄ n is adjusted so that
 * the weights of each location, of each grade, or of both add up to the frame's. The other categories represent one
 * in which nobody answered. Written independently from the definition of the profile.
 */
import type { RuleProfile } from '../../domain/scoring/rules/profile.ts';
import type { KnownStratum } from './case.ts';

interface Answered {
  readonly stratum: KnownStratum;
  readonly size: number;
  readonly n: number;
}

/** Weight of each answer, by number of the stratum. `sampled`: n of a stratum. */
export function adjustedWeights(
  strata: readonly KnownStratum[],
  sampled: (stratum: KnownStratum) => number,
  adjustment: NonNullable<RuleProfile['adjustment']>,
): ReadonlyMap<number, number> {
  if (adjustment.kind === 'none') return new Map();
  const known = strata.filter((stratum) => stratum.frameSize !== null);
  const answered = known
    .map((stratum): Answered => ({ stratum, size: stratum.frameSize!, n: sampled(stratum) }))
    .filter(({ n }) => n > 0);
  if (answered.length === 0) return new Map();
  const sizes = answered.map(({ size }) => size);
  const margins = (adjustment.kind === 'rake' ? (['location', 'grade'] as const) : [adjustment.by]).map(
    (margin) => marginOf(known, answered, (stratum) => String(stratum[margin] ?? '')),
  );
  const totals = adjustment.kind === 'rake' ? (fitAll(sizes, margins) ?? sizes) : fit(sizes, margins[0]!);
  const weights = totals.map((total, i) => total / answered[i]!.n);
  const cut = adjustment.trim === null ? weights : trim(weights, answered, adjustment.trim);
  return new Map(answered.map(({ stratum }, i) => [stratum.no, cut[i]!]));
}

interface Margin {
  /** By index of the answered strata. */
  readonly categories: readonly string[];
  readonly totals: ReadonlyMap<string, number>;
}

function marginOf(
  known: readonly KnownStratum[],
  answered: readonly Answered[],
  categoryOf: (stratum: KnownStratum) => string,
): Margin {
  const categories = answered.map(({ stratum }) => categoryOf(stratum));
  const all = known.reduce((sum, { frameSize }) => sum + frameSize!, 0);
  const present = known.filter((stratum) => categories.includes(categoryOf(stratum)));
  const represented = present.reduce((sum, { frameSize }) => sum + frameSize!, 0);
  const totals = new Map<string, number>();
  for (const stratum of present) {
    const category = categoryOf(stratum);
    totals.set(category, (totals.get(category) ?? 0) + stratum.frameSize!);
  }
  return {
    categories,
    totals: new Map([...totals].map(([category, total]) => [category, (total * all) / represented])),
  };
}

function fit(values: readonly number[], { categories, totals }: Margin): readonly number[] {
  const sums = new Map<string, number>();
  values.forEach((value, i) => sums.set(categories[i]!, (sums.get(categories[i]!) ?? 0) + value));
  return values.map((value, i) => {
    const sum = sums.get(categories[i]!)!;
    return sum > 0 ? (value * totals.get(categories[i]!)!) / sum : value;
  });
}

/** null: the margins contradict each other. */
function fitAll(start: readonly number[], margins: readonly Margin[]): readonly number[] | null {
  let values = start;
  for (let round = 0; round < 1000; round++) {
    const before = values;
    for (const margin of margins) values = fit(values, margin);
    if (values.every((value, i) => Math.abs(value - before[i]!) <= 1e-9 * Math.abs(value))) return values;
  }
  return null;
}

/** Caps weights at `times` their mean, and distributes the rest over the others in proportion. */
function trim(weights: readonly number[], answered: readonly Answered[], times: number): readonly number[] {
  const sum = (of: (weight: number) => number) =>
    weights.reduce((total, weight, i) => total + of(weight) * answered[i]!.n, 0);
  const limit = (times * sum((weight) => weight)) / sum(() => 1);
  const lost = sum((weight) => Math.max(0, weight - limit));
  const rest = sum((weight) => (weight > limit ? 0 : weight));
  return weights.map((weight) => (weight > limit ? limit : rest > 0 ? weight * (1 + lost / rest) : weight));
}

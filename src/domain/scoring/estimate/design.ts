/**
 * The same estimators from plain rows, one per unit, as in R `survey`: to check figures by hand, and for data that is in no
 * tally. Rows are summed to StratumSums, each stratum around its own means, and then processed like tallies.
 */
import { criticalValue, type IntervalMethod } from '../statistics/interval.ts';
import {
  degreesOfFreedom,
  designEffect,
  sumVariance,
  varianceParts,
  type LonelyPolicy,
  type StratumSums,
} from './stratified.ts';

/** A stratified sample. The weight of every stratum is given, or N ⁄ n. */
export interface Design<Row> {
  readonly rows: readonly Row[];
  readonly stratum: (row: Row) => string;
  /** N of a stratum; null = unknown: no correction. */
  readonly population: (stratum: string) => number | null;
  /** Weight of each unit of a stratum; required if N is unknown. */
  readonly weight?: (stratum: string) => number;
  readonly lonely?: LonelyPolicy;
}

export interface DesignEstimate {
  readonly value: number;
  /** null if the lonely policy leaves it unknown. */
  readonly se: number | null;
  /** R: `degf` of the design, or of its subset for a domain. */
  readonly df: number;
  readonly deff: number | null;
}

type Variable<Row> = (row: Row) => number;

/** R: `svymean(~y, subset(design, domain))`. null for an empty domain. */
export function estimateMean<Row>(
  design: Design<Row>,
  y: Variable<Row>,
  domain?: (row: Row) => boolean,
): DesignEstimate | null {
  return estimateRatio(design, y, () => 1, domain);
}

/** R: `svyratio(~y, ~c, subset(design, domain))`. null if Σ w c is 0. */
export function estimateRatio<Row>(
  design: Design<Row>,
  y: Variable<Row>,
  c: Variable<Row>,
  domain?: (row: Row) => boolean,
): DesignEstimate | null {
  // Centred on the ratio, so that large means lose no digits.
  const plain = sumRows(design, y, c, domain);
  const scale = plain.reduce((sum, s) => sum + s.weight * s.c, 0);
  if (scale === 0) return null;
  const value = plain.reduce((sum, s) => sum + s.weight * s.y, 0) / scale;
  const strata = sumRows(design, (row) => y(row) - value * c(row), c, domain);
  const parts = varianceParts(strata, 0, scale, design.lonely ?? 'fail');
  const variance = parts && sumVariance(parts);
  return {
    value,
    se: variance === null ? null : Math.sqrt(variance),
    df: degreesOfFreedom(strata),
    deff: variance === null ? null : designEffect(strata, 0, variance),
  };
}

/** Σ w y. R: `svytotal(~y, design)`. */
export function estimateTotal<Row>(
  design: Design<Row>,
  y: Variable<Row>,
  domain?: (row: Row) => boolean,
): DesignEstimate {
  const strata = sumRows(design, y, () => 1, domain);
  const parts = varianceParts(strata, 0, 1, design.lonely ?? 'fail');
  const variance = parts && sumVariance(parts);
  const value = strata.reduce((sum, s) => sum + s.weight * s.y, 0);
  // Against the total of a simple random sample from the same population, which is its mean times Σ w.
  const weights = strata.reduce((sum, s) => sum + s.weight * s.n, 0);
  const deff =
    variance === null || weights === 0
      ? null
      : designEffect(strata, value / weights, variance / (weights * weights));
  return {
    value,
    se: variance === null ? null : Math.sqrt(variance),
    df: degreesOfFreedom(strata),
    deff,
  };
}

/** value ± critical value × SE. R: `confint(estimate, level = level, df = …)`. null without SE or degrees of freedom. */
export function intervalOf(
  estimate: Pick<DesignEstimate, 'value' | 'se' | 'df'>,
  method: IntervalMethod,
  level: number,
): { readonly low: number; readonly high: number } | null {
  const critical = criticalValue(method, level, estimate.df);
  if (estimate.se === null || critical === null) return null;
  return { low: estimate.value - critical * estimate.se, high: estimate.value + critical * estimate.se };
}

function sumRows<Row>(
  design: Design<Row>,
  y: Variable<Row>,
  c: Variable<Row>,
  domain: ((row: Row) => boolean) | undefined,
): readonly StratumSums[] {
  const sizes = new Map<string, number>();
  for (const row of design.rows) {
    const key = design.stratum(row);
    sizes.set(key, (sizes.get(key) ?? 0) + 1);
  }
  const strata = new Map<string, { -readonly [K in keyof StratumSums]: StratumSums[K] }>();
  for (const [key, sampled] of sizes) {
    const population = design.population(key);
    const weight = design.weight?.(key) ?? (population === null ? 1 : population / sampled);
    strata.set(key, { key, sampled, population, weight, n: 0, y: 0, c: 0, yy: 0, yc: 0, cc: 0 });
  }
  for (const row of design.rows) {
    if (domain && !domain(row)) continue;
    const s = strata.get(design.stratum(row))!;
    const [a, b] = [y(row), c(row)];
    s.n += 1;
    s.y += a;
    s.c += b;
    s.yy += a * a;
    s.yc += a * b;
    s.cc += b * b;
  }
  return [...strata.values()];
}

/**
 * Intervals of a proportion: for a count x out of n (simple random sample), and for a design-based estimate p with standard error
 * and degrees of freedom. They have their names in R, because there is no single "interval".
 */
import { incompleteBeta, quantileBeta } from './incomplete-beta.ts';
import { criticalValue } from './interval.ts';
import { quantileNormal } from './quantile-normal.ts';

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval: all p with |x ⁄ n − p| ≤ z √(p (1 − p) ⁄ n). `continuity`: Yates' correction, as R takes it, at most |x − n ⁄ 2|.
 * Source: E. B. Wilson, JASA 22 (1927) 209–212. R: `prop.test(x, n, conf.level = level, correct = continuity)$conf.int`.
 */
export function wilsonInterval(x: number, n: number, level: number, continuity = false): Bounds {
  const z = -quantileNormal((1 - level) / 2);
  const p = x / n;
  const yates = continuity ? Math.min(0.5, Math.abs(x - n / 2)) : 0;
  const half = (z * z) / (2 * n);
  const bound = (sign: 1 | -1) => {
    const moved = p + (sign * yates) / n;
    const root = z * Math.sqrt((moved * (1 - moved)) / n + (z * z) / (4 * n * n));
    return (moved + half + sign * root) / (1 + (z * z) / n);
  };
  return { low: x === 0 ? 0 : Math.max(0, bound(-1)), high: x === n ? 1 : Math.min(1, bound(1)) };
}

/**
 * The exact interval: tails of the binomial, each at most half of 1 − level. Never covers less than `level`.
 * Source: C. Clopper and E. S. Pearson, Biometrika 26 (1934) 404–413. R: `binom.test(x, n, conf.level = level)$conf.int`.
 */
export function clopperPearsonInterval(x: number, n: number, level: number): Bounds {
  const tail = (1 - level) / 2;
  return {
    low: x === 0 ? 0 : quantileBeta(tail, x, n - x + 1),
    high: x === n ? 1 : 1 - quantileBeta(tail, n - x, x + 1),
  };
}

/** P(X ≥ x) of a binomial. R: `pbinom(x - 1, n, p, lower.tail = FALSE)`. */
export function binomialUpperTail(x: number, n: number, p: number): number {
  if (x <= 0) return 1;
  if (x > n) return 0;
  return incompleteBeta(p, x, n - x + 1);
}

export type ProportionMethod = 'mean' | 'logit' | 'xlogit' | 'asin' | 'beta' | 'likelihood';

/**
 * Interval of a design-based proportion. `mean`: p ± t·SE. `logit`, `xlogit`: on the log odds (R's two differ only by how they arrive there). `asin`: on
 * arcsin √p. `beta`: Clopper–Pearson with the effective number of units p (1 − p) ⁄ SE², times (t_{n−1} ⁄ t_df)². `likelihood`: all q whose scaled log-likelihood ratio
 * 2 n_eff (n − 1) ⁄ n · [p ln(p ⁄ q) + (1 − p) ln((1 − p) ⁄ (1 − q))] is at most t² (R profiles this by splines, so it agrees to a few digits).
 * null without degrees of freedom, or where a method has no answer for p = 0 or 1. Source: E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998)
 * 193–201; J. N. K. Rao and A. J. Scott, Annals of Statistics 12 (1984) 46–60. R: `svyciprop(~x, design, method, level, df)`.
 */
export function designProportionInterval(
  estimate: { readonly p: number; readonly se: number; readonly df: number; readonly n: number },
  level: number,
  method: ProportionMethod,
): Bounds | null {
  const { p, se, df, n } = estimate;
  const t = criticalValue('t', level, df);
  if (t === null) return null;
  if (method === 'mean') return { low: p - t * se, high: p + t * se };
  if (!(p > 0 && p < 1) || !(se > 0)) return null;
  const effective = (p * (1 - p)) / (se * se);
  switch (method) {
    case 'logit':
    case 'xlogit': {
      const centre = Math.log(p / (1 - p));
      const margin = (t * se) / (p * (1 - p));
      return { low: expit(centre - margin), high: expit(centre + margin) };
    }
    case 'asin': {
      const centre = Math.asin(Math.sqrt(p));
      const margin = (t * se) / (2 * Math.sqrt(p * (1 - p)));
      return {
        low: Math.sin(Math.max(0, centre - margin)) ** 2,
        high: Math.sin(Math.min(Math.PI / 2, centre + margin)) ** 2,
      };
    }
    case 'beta': {
      const simple = criticalValue('t', level, n - 1);
      if (simple === null) return null;
      const m = effective * (simple / t) ** 2;
      const tail = (1 - level) / 2;
      return {
        low: quantileBeta(tail, m * p, m * (1 - p) + 1),
        high: quantileBeta(1 - tail, m * p + 1, m * (1 - p)),
      };
    }
    case 'likelihood': {
      const deviance = (q: number) =>
        ((2 * effective * (n - 1)) / n) * (p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q)));
      return { low: solve(deviance, p, 0, t * t), high: solve(deviance, p, 1, t * t) };
    }
  }
}

function expit(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Where a function that grows from `from` towards `to` reaches `target`, by bisection. */
function solve(f: (x: number) => number, from: number, to: number, target: number): number {
  let inside = from;
  let outside = to;
  for (let i = 0; i < 200; i++) {
    const middle = (inside + outside) / 2;
    if (f(middle) <= target) inside = middle;
    else outside = middle;
  }
  return inside;
}

/**
 * Variances of a stratified sample without replacement from sums alone. Everything is a ratio R = Σ w y ⁄ Σ w c of two random sums (a mean: c = 1;
 * a total: R = 0, scale 1), linearised by Taylor: zᵢ = (yᵢ − R cᵢ) ⁄ scale, 0 for units outside the domain, which stay in their stratum's n. So a
 * domain is estimated within the full design, and its own random size counts.
 *
 * Var = Σ_h (1 − f_h) n_h ⁄ (n_h − 1) · w_h² · [Σ z² − (Σ z)² ⁄ n_h],  f_h = min(1, n_h ⁄ N_h), 0 where N is not known.
 *
 * Source: C.-E. Särndal, B. Swensson, J. Wretman, *Model Assisted Survey Sampling* (Springer 1992) §5.5–5.8; T. Lumley, *Complex Surveys* (Wiley
 * 2010) §2. R `survey`: `svydesign(id = ~1, strata, weights, fpc)` with `svymean`, `svytotal`, `svyratio`, `svyby`.
 */

/** One sampling stratum: sample size, population, and the sums of the domain's units in it. */
export interface StratumSums {
  /** Identifies strata; sums with equal keys are one stratum's (`mergeSums`). */
  readonly key: string;
  /** n_h, units in the whole design, inside the domain or not. */
  readonly sampled: number;
  /** N_h; null = unknown, no correction. */
  readonly population: number | null;
  readonly weight: number;
  /** Units of the domain. */
  readonly n: number;
  readonly y: number;
  readonly c: number;
  readonly yy: number;
  readonly yc: number;
  readonly cc: number;
}

/**
 * The contribution of a stratum with a single unit out of more. `fail` refuses; `remove` and `certainty` add nothing; `average`
 * adds the mean of the other strata; `adjust` uses its distance from the overall figure, which is conservative. R:
 * `options(survey.lonely.psu = …)`.
 */
export type LonelyPolicy = 'fail' | 'remove' | 'certainty' | 'average' | 'adjust';

/** A stratum's part of a variance, kept separate to compute the effect of more answers. */
export interface VariancePart {
  readonly variance: number;
  /** f_h. */
  readonly fraction: number;
  /** n_h. */
  readonly sampled: number;
}

/** Below this share of the sums whose difference it is, a sum of squares is rounding noise of equal values. */
const NOISE = 1e-12;

/**
 * Parts of Var(Σ w (y − ratio·c) ⁄ scale) by stratum; null if the policy leaves it unknown (`average` with lonely strata only).
 * @throws RangeError under `fail` with a lonely stratum
 */
export function varianceParts(
  strata: readonly StratumSums[],
  ratio: number,
  scale: number,
  policy: LonelyPolicy,
): readonly VariancePart[] | null {
  const parts: VariancePart[] = [];
  let lonely = 0;
  for (const s of strata) {
    const fraction = samplingFraction(s);
    const sum = s.y - ratio * s.c;
    const size = s.yy + ratio * ratio * s.cc;
    const squares = s.yy - 2 * ratio * s.yc + ratio * ratio * s.cc;
    const factor = ((1 - fraction) * s.weight * s.weight) / (scale * scale);
    let variance = 0;
    if (fraction < 1) {
      if (s.sampled > 1) {
        const centred = squares - (sum * sum) / s.sampled;
        variance = centred <= NOISE * size ? 0 : (factor * s.sampled * centred) / (s.sampled - 1);
      } else if (policy === 'fail') throw new RangeError(`stratum ${s.key} has only one unit`);
      else if (policy === 'average') {
        lonely++;
        continue;
      } else if (policy === 'adjust') variance = squares <= NOISE * size ? 0 : factor * squares;
    }
    parts.push({ variance, fraction, sampled: s.sampled });
  }
  if (lonely === 0) return parts;
  if (parts.length === 0) return null;
  const grown = strata.length / parts.length;
  return parts.map((part) => ({ ...part, variance: part.variance * grown }));
}

/** f = min(1, n ⁄ N); 0 if N is unknown. */
export function samplingFraction(s: Pick<StratumSums, 'sampled' | 'population'>): number {
  return s.population === null ? 0 : Math.min(1, s.sampled / s.population);
}

/** Σ of the parts. */
export function sumVariance(parts: readonly VariancePart[]): number {
  return parts.reduce((sum, part) => sum + part.variance, 0);
}

/** Units of the domain less strata with any of them, including censuses. R: `degf(subset(design, …))`. */
export function degreesOfFreedom(strata: readonly Pick<StratumSums, 'n'>[]): number {
  return strata.reduce((sum, s) => sum + (s.n > 0 ? s.n - 1 : 0), 0);
}

/**
 * Design effect of the ratio: its variance over that of a simple random sample without replacement of the same size from Σ w
 * (with replacement if no weight gives a population). null if either is 0 (identical answers, or a census). R: `svymean(…, deff =
 * TRUE)`.
 */
export function designEffect(strata: readonly StratumSums[], ratio: number, variance: number): number | null {
  let n = 0;
  let weights = 0;
  let c = 0;
  let squares = 0;
  let size = 0;
  for (const s of strata) {
    n += s.n;
    weights += s.weight * s.n;
    c += s.weight * s.c;
    squares += s.weight * (s.yy - 2 * ratio * s.yc + ratio * ratio * s.cc);
    size += s.weight * (s.yy + ratio * ratio * s.cc);
  }
  if (n < 2 || squares <= NOISE * size) return null;
  const meanC = c / weights;
  const spread = (squares / weights / (meanC * meanC)) * (n / (n - 1));
  // Weights of 1 everywhere: the population size is unknown.
  const correction =
    weights > n ? (weights - n) / weights : strata.some((s) => s.population === null) ? 1 : 0;
  return correction > 0 && variance > 0 ? variance / ((spread * correction) / n) : null;
}

/** Merges strata with equal keys; their n, N and weight must agree. */
export function mergeSums(strata: readonly StratumSums[]): readonly StratumSums[] {
  const merged = new Map<string, StratumSums>();
  for (const s of strata) {
    const other = merged.get(s.key);
    merged.set(
      s.key,
      other
        ? {
            ...other,
            n: other.n + s.n,
            y: other.y + s.y,
            c: other.c + s.c,
            yy: other.yy + s.yy,
            yc: other.yc + s.yc,
            cc: other.cc + s.cc,
          }
        : s,
    );
  }
  return [...merged.values()];
}

/**
 * Straight-lining: of any two ratings that one person gave, how often they are the same option; 100 means the same option
 * throughout. The mean over people of Σ v(v − 1) ⁄ m(m − 1), v how often each option was chosen of m ratings, without 不了解. It
 * needs only the tallies' Σv and Σvvᵀ. More options make equal answers rarer by chance alone, so arms with different scales
 * differ a little without any straight-lining.
 * Source: S. McCarty, L. Shrum, *Public Opinion Quarterly* 64 (2000), who use 1 − Σ (v⁄m)² for differentiation; Y. Kim et al.,
 * *Social Science Computer Review* 37 (2019).
 *
 * Its variance is not in the tallies. A share with mean μ has a variance of at most μ(1 − μ) (Bhatia, Davis 2000), so the
 * standard error is an upper bound. Over strata with parts W and means μₕ it is Σ W² μₕ(1 − μₕ) ⁄ (n − 1). Whatever the μₕ with
 * mean μ are, this is at most ¼ (Σ W² ⁄ (n − 1) − (1 − 2μ)² ⁄ Σ (n − 1)): the maximum under Σ W μₕ = μ, by Lagrange's method. So
 * it reveals nothing beyond the value and the numbers of people. One stratum: μ(1 − μ) ⁄ (n − 1).
 */
import { crossIndex, scopeGroups, type Tally } from '../tally/tally.ts';

/** Counted sheets of one cell, with the weight of each. */
export interface WeightedSheets {
  readonly stratum: string;
  readonly weight: number;
  readonly tally: Tally;
}

export interface StraightLining {
  /** Percent. */
  readonly value: number;
  /** People with two ratings or more. */
  readonly n: number;
  /** At most. */
  readonly se: number;
  readonly df: number;
  /** Number of people whose pairs are not alike. */
  readonly unlike: number;
}

/**
 * Straight-lining over the given cells, in percent (0–100), with an upper bound of its standard error. null if nobody has two
 * ratings.
 */
export function straightLiningOf(cells: readonly WeightedSheets[]): StraightLining | null {
  let unlike = 0;
  const strata = new Map<string, { n: number; weight: number; people: number }>();
  for (const { stratum, weight, tally } of cells) {
    const own = strata.get(stratum) ?? { n: 0, weight: 0, people: 0 };
    strata.set(stratum, own);
    const { axes } = tally.plan;
    for (const { answered, dontKnow, n, sum, cross } of scopeGroups(tally, 0)) {
      const m = answered - dontKnow;
      if (m < 2) continue;
      let pairs = 0;
      for (let option = 0; option < axes; option++)
        pairs += cross[crossIndex(axes, option, option)]! - sum[option]!;
      const alike = pairs / (m * (m - 1));
      own.n += n;
      own.people += weight * n;
      own.weight += weight * alike;
      unlike += n - alike;
    }
  }
  const present = [...strata.values()].filter((own) => own.n > 0);
  const people = present.reduce((sum, own) => sum + own.people, 0);
  if (people === 0) return null;
  const mean = present.reduce((sum, own) => sum + own.weight, 0) / people;
  // A single person shows no variation: computed as if there were two.
  const free = (own: { readonly n: number }) => Math.max(1, own.n - 1);
  const spread = present.reduce((sum, own) => sum + (own.people / people) ** 2 / free(own), 0);
  const known = (1 - 2 * mean) ** 2 / present.reduce((sum, own) => sum + free(own), 0);
  const n = present.reduce((sum, own) => sum + own.n, 0);
  return {
    value: 100 * mean,
    n,
    se: 50 * Math.sqrt(Math.max(0, spread - known)),
    df: n - present.length,
    unlike,
  };
}

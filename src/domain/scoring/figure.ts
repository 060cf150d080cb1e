/** The only form in which a number about answers leaves scoring (design 12): views and exports accept nothing else. */

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Two-sided confidence level. */
  readonly level: number;
  /**
   * Names the kind, because there is no single "interval". `normal`, `t`: value ± critical value × standard error. `census`:
   * everyone is counted, no sampling error. `unanimous`: no spread in the sample, so the exact bound for those who were not
   * asked.
   */
  readonly method: 'normal' | 't' | 'census' | 'unanimous';
}

export interface Estimate {
  readonly kind: 'estimate';
  /** Unrounded, in points or percent (0–100); a number item's mean in its own unit. Show it with `formatValue`. */
  readonly value: number;
  /** Formula id, or `return-rate`, `outcome-rate` (AAPOR's), `share`, `mean` for figures without a profile formula. */
  readonly formula: string;
  /** People behind the value; for a rate, the cases in its numerator. */
  readonly n: number;
  /**
   * The unweighted denominator: item answers (unit `answers`), people (unit `respondents`, means of number items), codes or
   * contacts (rates).
   */
  readonly denominator: number;
  readonly interval?: Interval;
  /** Standard error, in the value's unit; absent if the sample has no spread and is no census. */
  readonly se?: number;
  /** Degrees of freedom: respondents less strata. */
  readonly df?: number;
  /** Variance over that of a simple random sample of the same size. */
  readonly deff?: number;
  /** Answers behind the value other than the most common one, without 不了解. For suppression, which removes it: never shown. */
  readonly others?: number;
}

export type SuppressionReason =
  /** Fewer codes than the minimum cell; everyone knows how many there are. */
  | 'minimum-cell'
  /**
   * Of few people, nearly unanimous, or a neighbour of such a cell. Which of these is not told: "small" beside "a neighbour of a small one" would
   * bound both, and "nearly unanimous" would tell the answers.
   */
  | 'protected';

export interface Suppressed {
  readonly kind: 'suppressed';
  readonly why: SuppressionReason;
}

export type Figure =
  | Estimate
  | Suppressed
  /** Nobody answered, or only 不了解 under a formula that leaves it out. Never shown as 0. */
  | { readonly kind: 'no-data' }
  /** Not before close or release. `until`: ISO 8601. */
  | { readonly kind: 'not-released'; readonly until?: string };

export const noData: Figure = { kind: 'no-data' };

/**
 * Removes floating-point noise (13 significant digits), so that an exact 85 is 85 and not 84.99999999999999. Different ratios of
 * counts up to 10^6 differ by more than that.
 */
export function settle(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(13));
}

import { settle } from './figure.ts';
import { criticalValue } from './interval.ts';
import type { IntervalRule, Measure } from './estimate.ts';

/** How many more answers, in the same proportions, would set the interval on one side of the threshold, if the figure stayed where it is. */
export type MoreResponses =
  /** It is on one side already. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'more';
      /** Answers needed in addition, all groups together. */
      readonly responses: number;
      /** Of those, each group's by the same factor. */
      readonly factor: number;
    }
  /** The figure is the threshold itself, or shows no spread that more answers would narrow. */
  | { readonly kind: 'never' };

/**
 * The half-width t·SE must come down to the distance d between figure and threshold. Without finite populations it halves with four times the answers: k = (t·SE ⁄
 * d)². With them each stratum's variance at k times its answers is V·(1 ⁄ k − f) ⁄ (1 − f), 0 once everybody is in, which is solved for k by bisection. The degrees
 * of freedom stay those of now, which asks for a little too much. null without an interval.
 * Source: the sample size formula n = n₀ ⁄ (1 + n₀ ⁄ N), W. G. Cochran, *Sampling Techniques* (Wiley 1977) §4.6, stratum by stratum.
 */
export function moreResponsesNeeded(
  measure: Measure | null,
  threshold: number,
  rule: IntervalRule | null,
): MoreResponses | null {
  if (measure === null || rule === null || measure.parts === null) return null;
  const critical = criticalValue(rule.method, rule.level, measure.df);
  if (critical === null) return null;
  const distance = Math.abs(settle(measure.value) - threshold);
  const halfWidth = (k: number) =>
    critical *
    Math.sqrt(
      measure.parts!.reduce((sum, { variance, fraction }) => {
        const left = Math.max(0, 1 / k - fraction);
        return sum + (left === 0 ? 0 : (variance * left) / (1 - fraction));
      }, 0),
    );
  const met = measure.value >= threshold;
  // At the threshold itself "met" needs low ≥ threshold, "not met" high < threshold.
  const decided = (k: number) => (met ? halfWidth(k) <= distance : halfWidth(k) < distance);
  if (decided(1)) return { kind: 'none' };
  if (distance === 0 && !decided(Infinity)) return { kind: 'never' };
  let low = 1;
  let high = 2;
  while (!decided(high)) {
    low = high;
    high *= 2;
    if (high > 1e9) return { kind: 'never' };
  }
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (decided(middle)) high = middle;
    else low = middle;
  }
  const extra = measure.parts.reduce((sum, { sampled, fraction }) => {
    const most = fraction > 0 ? sampled / fraction : Infinity;
    return sum + Math.min(most, sampled * high) - sampled;
  }, 0);
  return { kind: 'more', responses: Math.ceil(extra - 1e-6), factor: settle(high) };
}

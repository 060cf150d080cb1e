import { settle } from '../figure.ts';
import { intervalOf, type IntervalRule, type Measure } from './estimate.ts';

/**
 * How many more answers, in the same proportions, would move the whole interval to one side of the threshold, if the figure
 * stayed the same.
 */
export type MoreResponses =
  /** It is on one side already. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'more';
      /** Answers needed in addition, all groups together. */
      readonly responses: number;
      /**
       * Decided has the same meaning as in the verdict by interval: the whole interval is on one side of the threshold. So the
       * sentence never contradicts the interval beside it. The factor is found by bisection over `intervalOf`. In an infinite
       * population, half the width needs four times the answers. null without an interval.
       * Source: the sample size formula n = n₀ ⁄ (1 + n₀ ⁄ N), W. G. Cochran, *Sampling Techniques* (Wiley 1977) §4.6, stratum by
       * stratum.
       */
      readonly factor: number;
    }
  /** The figure is the threshold itself, or shows no spread that more answers would narrow. */
  | { readonly kind: 'never' };

/**
 * Decided means what the verdict by interval means: the whole interval lies on one side of the threshold. So the sentence can never contradict the interval that is
 * shown beside it. The factor is found by bisection over `intervalOf`. Without finite populations half the width takes four times the answers. null without an
 * interval.
 * Source: the sample size formula n = n₀ ⁄ (1 + n₀ ⁄ N), W. G. Cochran, *Sampling Techniques* (Wiley 1977) §4.6, stratum by stratum.
 */
export function moreResponsesNeeded(
  measure: Measure | null,
  threshold: number,
  rule: IntervalRule | null,
): MoreResponses | null {
  if (measure === null || rule === null || measure.parts === null) return null;
  const { parts } = measure;
  if (intervalOf(measure, parts, rule) === null) return null;
  const decided = (factor: number) => {
    const interval = intervalOf(measure, parts, rule, factor);
    return interval !== null && (interval.low >= threshold || interval.high < threshold);
  };
  if (decided(1)) return { kind: 'none' };
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
  const extra = parts.reduce((sum, { sampled, fraction }) => {
    const most = fraction > 0 ? sampled / fraction : Infinity;
    return sum + Math.min(most, sampled * high) - sampled;
  }, 0);
  return { kind: 'more', responses: Math.ceil(extra - 1e-6), factor: settle(high) };
}

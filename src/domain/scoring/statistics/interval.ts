import { quantileNormal } from './quantile-normal.ts';
import { quantileT } from './quantile-t.ts';

export type IntervalMethod = 'normal' | 't';

const kept = new Map<string, number>();

/**
 * Two-sided critical value: z or, by Student's t, that of the degrees of freedom; null if there are none. R: `qnorm((1 + level) /
 * 2)`, `qt((1 + level) / 2, df)`. Values are cached: a county needs the same few thousands of times.
 */
export function criticalValue(method: IntervalMethod, level: number, df: number): number | null {
  if (!(df > 0)) return null;
  const key = method === 'normal' ? `${level}` : `${level}/${df}`;
  let value = kept.get(key);
  if (value === undefined) {
    value = method === 'normal' ? -quantileNormal((1 - level) / 2) : -quantileT((1 - level) / 2, df);
    if (kept.size > 10_000) kept.clear();
    kept.set(key, value);
  }
  return value;
}

/**
 * How far a mean can be from what all n respondents answered alike. At this two-sided level, at most 1 − (α ⁄ 2)^(1 ⁄ n) of the
 * population answer differently. No spread in a sample is not certainty. Source: Clopper–Pearson for x = n (`quantileBeta`).
 */
export function unanimousMargin(n: number, level: number): number {
  return n > 0 ? 1 - ((1 - level) / 2) ** (1 / n) : 1;
}

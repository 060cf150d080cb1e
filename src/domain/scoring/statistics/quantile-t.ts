import { incompleteBeta } from './incomplete-beta.ts';
import { quantileNormal } from './quantile-normal.ts';

/**
 * t with P(T ≤ t) = p for Student's distribution with df > 0 degrees of freedom, fractions allowed; df = Infinity is the normal one.
 * Solved on P(T > t) = ½ I_{df ⁄ (df + t²)}(df ⁄ 2, ½), to about 1e-13. NaN where df ≤ 0: no spread can be estimated.
 * Source: DLMF 8.17; A&S 26.7.1. R: `qt(p, df)`.
 */
export function quantileT(p: number, df: number): number {
  if (!(p >= 0 && p <= 1) || !(df > 0)) return NaN;
  if (df === Infinity || p === 0 || p === 1 || p === 0.5) return quantileNormal(p);
  const tail = Math.min(p, 1 - p);
  let low = 0;
  let high = Infinity;
  let t = -quantileNormal(tail);
  const density = (x: number) => (tailOf(x * (1 + 1e-6), df) - tailOf(x * (1 - 1e-6), df)) / (2e-6 * x);
  for (let i = 0; i < 200; i++) {
    const error = tailOf(t, df) - tail;
    if (error === 0) break;
    if (error > 0) low = t;
    else high = t;
    const newton = t - error / density(t);
    const inside = newton > low && newton < high;
    const next = inside ? newton : high === Infinity ? 2 * t : (low + high) / 2;
    if (Math.abs(next - t) <= 1e-15 * t) {
      t = next;
      break;
    }
    t = next;
  }
  return p < 0.5 ? -t : t;
}

/** P(T > t) for t > 0. R: `pt(t, df, lower.tail = FALSE)`. */
function tailOf(t: number, df: number): number {
  const square = t * t;
  // Uses the argument that is not close to 1, to keep the digits.
  return square < df
    ? 0.5 * incompleteBeta(square / (df + square), 0.5, df / 2, true)
    : 0.5 * incompleteBeta(df / (df + square), df / 2, 0.5);
}

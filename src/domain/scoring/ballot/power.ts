/**
 * How small a difference of two arms' means a split ballot finds: with probability `power`, its interval at `level` leaves 0 out. Two-sided, of independent means of people
 * whose own means have the standard deviation `sd`, normal quantiles: δ = (z(1 − α⁄2) + z(power)) · sd · √(1⁄n₁ + 1⁄n₂). (Source: J. Cohen, *Statistical Power Analysis* (1988) §2;
 * R: `power.t.test(n, sd = sd, power = 0.8)$delta` for equal arms, which takes t's quantiles and is 0.2 % more at 300 an arm.)
 */
import { quantileNormal } from '../statistics/quantile-normal.ts';

export const usualPower = { level: 0.95, power: 0.8 } as const;

/** @returns points; Infinity if an arm is empty */
export function smallestDifference(
  first: number,
  second: number,
  sd: number,
  { level, power }: { readonly level: number; readonly power: number } = usualPower,
): number {
  if (first <= 0 || second <= 0) return Infinity;
  return (
    (quantileNormal(1 - (1 - level) / 2) + quantileNormal(power)) * sd * Math.sqrt(1 / first + 1 / second)
  );
}

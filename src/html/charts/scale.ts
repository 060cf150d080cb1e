/** Converts a value to its position on a band, in percent of the band's width. */

export interface Scale {
  readonly low: number;
  readonly high: number;
}

/** 0 to 100, two decimals; values outside the scale are at its end. */
export function placeOn(scale: Scale, value: number): number {
  const share = (value - scale.low) / (scale.high - scale.low);
  return Math.round(Math.min(1, Math.max(0, share)) * 10_000) / 100;
}

/**
 * A scale up to `high`. Its low end is a multiple of `step`, at most `usual`, and below every value: figures from 60 up are drawn
 * from 60, a county at 42 from 40. On a scale that starts above 0, values must be drawn as positions, not as lengths.
 */
export function scaleFor(
  values: readonly number[],
  { usual = 60, high = 100, step = 10 }: { usual?: number; high?: number; step?: number } = {},
): Scale {
  const least = Math.min(usual, ...values);
  return { low: Math.floor(least / step) * step, high };
}

/** Positions of axis labels: multiples of `step` within the scale. */
export function ticksOf({ low, high }: Scale, step = 10): readonly number[] {
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) ticks.push(tick);
  return ticks;
}

/** Converts figures to marks: their shape, scale and interval. */
import { isUncertain } from '../../domain/scoring/summary/headline.ts';
import type { Estimate, Figure } from '../../domain/scoring/figure.ts';
import { formatValue, type Rounding } from '../../domain/scoring/format.ts';
import type { AxisLabel } from './plot.ts';
import { scaleFor, ticksOf, type Scale } from './scale.ts';
import type { Mark, Point } from './strip.ts';

export function pointOf(figure: Estimate, threshold: number): Point {
  const meets = figure.value >= threshold;
  if (isUncertain(figure, threshold)) return meets ? 'hollow-dot' : 'hollow-diamond';
  return meets ? 'dot' : 'diamond';
}

export function figureMarks(figure: Figure, threshold: number): readonly Mark[] {
  if (figure.kind !== 'estimate') return [];
  const { interval } = figure;
  return [
    ...(interval && interval.high > interval.low
      ? [{ kind: 'interval' as const, from: interval.low, to: interval.high }]
      : []),
    { kind: 'point', at: figure.value, point: pointOf(figure, threshold) },
  ];
}

export function intervalText(figure: Figure, style: Rounding): string {
  return figure.kind === 'estimate' && figure.interval
    ? `${formatValue(figure.interval.low, style)}–${formatValue(figure.interval.high, style)}`
    : '–';
}

/** Every value and bound, so that one scale fits them all. */
export function scaleOf(figures: readonly Figure[], threshold: number): Scale {
  const values = figures.flatMap((figure) =>
    figure.kind === 'estimate' ? [figure.value, figure.interval?.low ?? figure.value] : [],
  );
  return scaleFor([...values, threshold]);
}

/** The ends and the threshold; further labels would not fit on a phone. */
export function scoreAxis(scale: Scale, threshold: number): readonly AxisLabel[] {
  // The numbers at the threshold and at the end take 12 % of a wide drawing, and 30 % of the narrowest.
  const room = (scale.high - threshold) / (scale.high - scale.low);
  return [
    { at: scale.low, text: String(scale.low) },
    { at: threshold, text: String(threshold), strong: true },
    ...(room < 0.12 ? [] : [{ at: scale.high, text: String(scale.high), minor: room < 0.3 }]),
  ];
}

export function scoreGrid(scale: Scale, threshold: number): readonly Mark[] {
  return [...ticksOf(scale).map((at): Mark => ({ kind: 'grid', at })), { kind: 'threshold', at: threshold }];
}

const pointOrder: readonly Point[] = ['dot', 'hollow-dot', 'hollow-diamond', 'diamond'];

/** The kinds of points used, in the order of a legend. */
export function pointsOf(figures: readonly Figure[], threshold: number): readonly Point[] {
  const points = new Set(
    figures.flatMap((figure) => (figure.kind === 'estimate' ? [pointOf(figure, threshold)] : [])),
  );
  return pointOrder.filter((point) => points.has(point));
}

/** Figures as charts: which marks a figure makes, and what is written beside them. */
import { isUncertain } from '../../../domain/scoring/summary/headline.ts';
import type { Estimate, Figure } from '../../../domain/scoring/figure.ts';
import { formatValue, type FigureStyle, type Rounding } from '../../../domain/scoring/format.ts';
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { legend, plot, type AxisLabel } from '../../../html/charts/plot.ts';
import { scaleFor, ticksOf, type Scale } from '../../../html/charts/scale.ts';
import { pointSign, type Mark, type Point } from '../../../html/charts/strip.ts';
import { figureText } from '../figure-view.ts';
import { formatCount, type StaffContext } from '../page-view.ts';

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

/** The ends and the threshold; what lies between would not fit on a phone. */
export function scoreAxis(scale: Scale, threshold: number): readonly AxisLabel[] {
  return [
    { at: scale.low, text: String(scale.low) },
    { at: threshold, text: String(threshold), strong: true },
    ...(threshold > scale.high - 3 ? [] : [{ at: scale.high, text: String(scale.high) }]),
  ];
}

export function scoreGrid(scale: Scale, threshold: number): readonly Mark[] {
  return [...ticksOf(scale).map((at): Mark => ({ kind: 'grid', at })), { kind: 'threshold', at: threshold }];
}

export interface FigureRow {
  readonly name: Content;
  readonly figure: Figure;
}

/** Dots with intervals against the threshold, in the order given: name, drawing, value, interval, people. */
export function figurePlot(
  c: StaffContext,
  s: Pick<Summary, 'threshold'>,
  o: {
    readonly caption: string;
    readonly names: string;
    readonly rows: readonly FigureRow[];
    readonly style: FigureStyle;
    readonly scale?: Scale;
    /** Off where the figures have none. */
    readonly intervals?: boolean;
    readonly tall?: boolean;
  },
): Html {
  const { t } = c.page;
  const { value: threshold } = s.threshold;
  const scale =
    o.scale ??
    scaleOf(
      o.rows.map((row) => row.figure),
      threshold,
    );
  const hasIntervals = o.intervals !== false;
  return plot({
    caption: o.caption,
    names: o.names,
    drawing: t('results.plot.drawing', { threshold }),
    scale,
    axis: scoreAxis(scale, threshold),
    common: scoreGrid(scale, threshold),
    tall: o.tall ?? false,
    columns: [
      { text: t('results.plot.value') },
      ...(hasIntervals ? [{ text: t('results.plot.interval'), minor: true }] : []),
      { text: t('staff.figure.people'), minor: true },
    ],
    rows: o.rows.map(({ name, figure }) => ({
      name,
      marks: figureMarks(figure, threshold),
      cells: [
        figure.kind === 'estimate'
          ? html`<b>${figureText(c, figure, o.style)}</b>`
          : figureText(c, figure, o.style),
        ...(hasIntervals ? [intervalText(figure, o.style)] : []),
        figure.kind === 'estimate' ? formatCount(figure.n) : '–',
      ],
    })),
  });
}

/** What the points mean: those that occur. */
export function pointLegend(
  c: StaffContext,
  s: Pick<Summary, 'threshold'>,
  figures: readonly Figure[],
  /** Of a rate below its floor. */
  floor: string | null = null,
): Content {
  const { t } = c.page;
  const { value: threshold } = s.threshold;
  const points = new Set(
    figures.flatMap((figure) => (figure.kind === 'estimate' ? [pointOf(figure, threshold)] : [])),
  );
  const order: readonly Point[] = ['dot', 'hollow-dot', 'hollow-diamond', 'diamond'];
  const entries = order
    .filter((point) => points.has(point))
    .map((point) => ({ sign: pointSign(point), text: t(`results.point.${point}`, { threshold }) }));
  const rate =
    floor === null ? [] : [{ sign: html`<span class="below" aria-hidden="true">▼</span> `, text: floor }];
  return entries.length + rate.length > 0 && legend([...entries, ...rate]);
}

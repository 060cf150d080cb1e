/** Figures as charts, with their labels. */
import type { Figure } from '../../../domain/scoring/figure.ts';
import type { FigureStyle } from '../../../domain/scoring/format.ts';
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import {
  figureMarks,
  intervalText,
  pointsOf,
  scaleOf,
  scoreAxis,
  scoreGrid,
} from '../../../html/charts/figures.ts';
import { legend, plot } from '../../../html/charts/plot.ts';
import type { Scale } from '../../../html/charts/scale.ts';
import { pointSign } from '../../../html/charts/strip.ts';
import { figureText } from '../figure-view.ts';
import { formatCount, type StaffContext } from '../page-view.ts';

export interface FigureRow {
  readonly name: Content;
  readonly figure: Figure;
}

/** Dots with intervals and the threshold, in the given order: name, drawing, value, interval, people. */
export function figurePlot(
  c: StaffContext,
  s: Pick<Summary, 'threshold'>,
  o: {
    readonly caption: string;
    readonly names: string;
    readonly rows: readonly FigureRow[];
    readonly style: FigureStyle;
    readonly scale?: Scale;
    /** Off if the figures have none. */
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

/** The meaning of the points used. */
export function pointLegend(
  c: StaffContext,
  s: Pick<Summary, 'threshold'>,
  figures: readonly Figure[],
  /** For a rate below its minimum. */
  floor: string | null = null,
): Content {
  const { t } = c.page;
  const { value: threshold } = s.threshold;
  const entries = pointsOf(figures, threshold).map((point) => ({
    sign: pointSign(point),
    text: t(`results.point.${point}`, { threshold }),
  }));
  const rate =
    floor === null ? [] : [{ sign: html`<span class="below" aria-hidden="true">▼</span> `, text: floor }];
  return entries.length + rate.length > 0 && legend([...entries, ...rate]);
}

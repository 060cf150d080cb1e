/** A county's result by dimension: from highest to lowest, and dimensions × groups as a heat map. */
import { rank } from '../../../domain/scoring/summary/ranking.ts';
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import type { Figure } from '../../../domain/scoring/figure.ts';
import { pointStyle } from '../../../domain/scoring/format.ts';
import { html, type Html } from '../../../html/html.ts';
import { heatMap, type HeatCell } from '../../../html/charts/heat-map.ts';
import { card } from '../../../html/parts.ts';
import { basisText, figureCells, figureColumns, figureText, titleCell } from '../figure-view.ts';
import { inGroupOrder, table, type StaffContext } from '../page-view.ts';
import { how } from './result-frame-view.ts';
import { figurePlot, pointLegend } from './plot-view.ts';

export function dimensionsTab(c: StaffContext, s: Summary): Html {
  const { t } = c.page;
  const style = pointStyle(s);
  const ranked = rank(s.dimensions);
  const shown = [...ranked.map(({ of }) => of), ...s.dimensions.filter((d) => d.figure.kind !== 'estimate')];
  const groups = inGroupOrder(s.groups).filter((g) => g.dimensions.length > 0);
  // Asked of single groups with their own wording: not compared, but shown.
  const own = new Map(
    groups.flatMap((g) =>
      g.dimensions.filter((d) => !s.dimensions.some((x) => x.id === d.id)).map((d) => [d.id, d]),
    ),
  );
  const { value: threshold } = s.threshold;
  const cell = (figure: Figure | undefined): HeatCell =>
    figure === undefined
      ? { value: null, text: '–' }
      : {
          value: figure.kind === 'estimate' ? figure.value : null,
          text:
            figure.kind === 'estimate'
              ? html`${figureText(c, figure, style)}
                  <small>${basisText(c, figure, { ...style, basis: 'respondents' })}</small>`
              : html`<span class="why"
                  >${t(figure.kind === 'suppressed' ? 'results.hidden' : 'figure.no-data')}</span
                >`,
        };
  return html`${card({
    title: t('results.dimensions.chart'),
    body: html`${figurePlot(c, s, {
      caption: t('results.dimensions.chart'),
      names: t('staff.summary.dimension'),
      rows: shown.map((d) => ({ name: titleCell(c, d), figure: d.figure })),
      style,
      tall: true,
    })}${pointLegend(
      c,
      s,
      shown.map((d) => d.figure),
    )}${how(c, [t('results.how.dimension')])}`,
  })}${
    groups.length > 0 &&
    card({
      title: t('results.dimensions.heat'),
      body: html`<p class="quiet">
          ${t('results.dimensions.heat.about', { threshold, minimum: s.profile.minimumCell })}
        </p>
        ${own.size > 0 && html`<p class="quiet">${t('staff.summary.dimensions.about')}</p>`}
        ${heatMap({
          caption: t('results.dimensions.heat'),
          names: t('staff.summary.dimension'),
          columns: [t('staff.all-groups'), ...groups.map((g) => t(`staff.group.${g.group}`))],
          threshold,
          below: t('results.below', { threshold }),
          rows: [...shown, ...[...own.values()].map((d) => ({ ...d, figure: null }))].map((d) => ({
            name: html`${titleCell(c, d)}${d.figure === null && html` <span class="quiet">${t('staff.summary.own-items')}</span>`}`,
            cells: [
              cell(d.figure ?? undefined),
              ...groups.map((g) => cell(g.dimensions.find((x) => x.id === d.id)?.figure)),
            ],
          })),
        })}`,
    })
  }${card({
    title: t('staff.summary.dimensions'),
    body: table({
      caption: t('staff.summary.dimensions'),
      columns: [{ text: t('staff.summary.dimension') }, ...figureColumns(c, t('staff.all-groups'))],
      rows: shown.map((d) => [titleCell(c, d), ...figureCells(c, d.figure, style)]),
    }),
  })}`;
}

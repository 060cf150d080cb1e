/** A county's result by group: dots with intervals, then each group's figure by every formula. */
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import { formatShare, pointStyle } from '../../../domain/scoring/format.ts';
import { html, type Html } from '../../../html/html.ts';
import { card, tag } from '../../../html/parts.ts';
import { countText, figureCells, figureColumns, figureText, localised } from '../figure-view.ts';
import { inGroupOrder, table, type StaffContext } from '../page-view.ts';
import { howFormula } from './how-view.ts';
import { how } from './result-frame-view.ts';
import { intervalText } from '../../../html/charts/figures.ts';
import { figurePlot, pointLegend } from './plot-view.ts';

export function groupsTab(c: StaffContext, s: Summary): Html {
  const { t } = c.page;
  const style = pointStyle(s);
  const groups = inGroupOrder(s.groups);
  const official = s.formulas.find((f) => f.official)?.formula;
  const name = (g: (typeof groups)[number]) =>
    html`${t(`staff.group.${g.group}`)}${g.voided && html` ${tag('bad', t('staff.state.voided'))}`}${
      g.mergedInto !== null &&
      html` <span class="quiet"
        >${t('results.merged-into', { group: t(`staff.group.${g.mergedInto}`) })}</span
      >`
    }${g.excepted && html` <span class="quiet">${t('results.excepted')}</span>`}`;
  return html`${card({
    title: t('results.who.chart'),
    body: html`${figurePlot(c, s, {
      caption: t('results.who.chart'),
      names: t('staff.field.group'),
      rows: groups.map((g) => ({ name: name(g), figure: g.figure })),
      style,
    })}${pointLegend(
      c,
      s,
      groups.map((g) => g.figure),
    )}`,
  })}${card({
    title: t('staff.summary.groups'),
    body: html`${table({
      caption: t('staff.summary.groups'),
      columns: [
        { text: t('staff.field.group') },
        { text: t('staff.summary.weight'), number: true },
        { text: t('staff.summary.responses'), number: true },
        ...figureColumns(c, t('staff.summary.figure')),
        { text: t('results.plot.interval'), number: true },
      ],
      rows: groups.map((g) => [
        name(g),
        `${formatShare(g.weight)}%`,
        countText(c, g.responses),
        ...figureCells(c, g.figure, style),
        intervalText(g.figure, style),
      ]),
    })}${how(c, [official && howFormula(c, s, official), t('results.how.group')])}`,
  })}${card({
    title: t('results.groups.formulas'),
    body: html`${table({
      caption: t('results.groups.formulas'),
      columns: [
        { text: t('staff.summary.formula') },
        ...groups.map((g) => ({ text: t(`staff.group.${g.group}`), number: true })),
      ],
      rows: s.formulas.map((f) => [
        html`${localised(c, f.formula.title)}${f.official && html` ${tag('ok', t('staff.summary.official'))}`}`,
        ...groups.map((g) => {
          const own = g.formulas.find((x) => x.id === f.id);
          return own === undefined ? '–' : figureText(c, own.figure, pointStyle(s, f.formula));
        }),
      ]),
    })}`,
  })}`;
}

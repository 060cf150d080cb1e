/** A county's result by item: how many people chose which option. */
import type { Group } from '../../../domain/model/vocabulary.ts';
import type {
  Distribution,
  GroupSummary,
  ItemFigure,
  Summary,
} from '../../../domain/scoring/summary/summary-types.ts';
import {
  formatMargin,
  formatValue,
  itemStyle,
  pointStyle,
  type FigureStyle,
} from '../../../domain/scoring/format.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { legend, plot, shadeSign } from '../../../html/charts/plot.ts';
import type { Mark } from '../../../html/charts/strip.ts';
import { card } from '../../../html/parts.ts';
import { figureCells, figureColumns, figureText, localised, titleCell } from '../figure-view.ts';
import { formatCount, inGroupOrder, table, type StaffContext } from '../page-view.ts';
import { how } from './result-frame-view.ts';

type Options = Extract<Distribution, { kind: 'options' }>;

/** Shares of all people who answered the item, in the order of the options; 不了解 last. */
function partsOf(d: Options): readonly { readonly share: number; readonly count: number }[] {
  const total = d.options.reduce((sum, o) => sum + o.count, 0) + d.dontKnow;
  return [...d.options.map((o) => o.count), d.dontKnow].map((count) => ({
    count,
    share: total === 0 ? 0 : (100 * count) / total,
  }));
}

/** Lighter from the first option to the last; 不了解 has its own pattern. */
const shades = 5;
const dontKnowShade = 6;

function partMarks(d: Options): readonly Mark[] {
  let from = 0;
  return partsOf(d).flatMap(({ share, count }, i): Mark[] => {
    if (count === 0) return [];
    const isDontKnow = i === d.options.length;
    const mark: Mark = {
      kind: 'part',
      from,
      to: from + share,
      shade: isDontKnow ? dontKnowShade : Math.min(i, shades),
      // Three digits take 24 px: of some 400 px on a desktop, of some 90 px on a phone.
      ...(share >= 8 && { text: formatCount(count), minor: share < 28 }),
    };
    from += share;
    return [mark];
  });
}

export function itemsTab(c: StaffContext, s: Summary): Html {
  const { t } = c.page;
  const style = pointStyle(s);
  const groups = inGroupOrder(s.groups).filter((g) => g.items.length > 0);
  return html`<p class="quiet">${t('results.items.about')}</p>
    ${groups.map((g) => {
      const ratings = g.items.filter((item) => item.type === 'rating');
      const others = g.items.filter((item) => item.type !== 'rating');
      return card({
        id: `items-${g.group}`,
        title: `${t(`staff.group.${g.group}`)}${g.questionnaire === null ? '' : ` · ${localised(c, g.questionnaire)}`}`,
        body: isHidden(g.items)
          ? html`<p>${t('results.items.hidden', { minimum: s.profile.minimumCell })}</p>
              ${numbers(c, g, style)}`
          : html`${byScale(ratings).map((own, i) => ratingPlot(c, plotName(c, g.group, own, i), own, style))}${others.map((item) => otherItem(c, item, style))}${numbers(c, g, style)}`,
      });
    })}`;
}

/** A list of hidden figures says no more than a sentence. */
function isHidden(items: readonly ItemFigure[]): boolean {
  return items.every(
    ({ figure, distribution }) =>
      figure.kind !== 'estimate' && distribution.kind !== 'options' && distribution.kind !== 'number',
  );
}

/** Items with the same options share a legend. Hidden ones go with the first. */
function byScale(items: readonly ItemFigure[]): readonly (readonly ItemFigure[])[] {
  const scales = new Map<string, ItemFigure[]>();
  const optionsOf = ({ distribution: d }: ItemFigure) =>
    d.kind === 'options' ? d.options.map((o) => o.id).join() : null;
  const first = items.map(optionsOf).find((options) => options !== null) ?? '';
  for (const item of items) {
    const key = optionsOf(item) ?? first;
    scales.set(key, [...(scales.get(key) ?? []), item]);
  }
  return [...scales.values()];
}

/** Drawings of a page must have different names. */
function plotName(c: StaffContext, group: Group, items: readonly ItemFigure[], no: number): string {
  const { t } = c.page;
  const name = `${t(`staff.group.${group}`)} · ${t('results.items.chart')}`;
  return no === 0 ? name : `${name} · ${localised(c, items[0]!.title)}`;
}

function ratingPlot(
  c: StaffContext,
  caption: string,
  items: readonly ItemFigure[],
  style: FigureStyle,
): Html {
  const { t } = c.page;
  const first = items.map((item) => item.distribution).find((d) => d.kind === 'options');
  const figureOnly = items.filter(
    ({ figure, distribution }) => figure.kind === 'estimate' && distribution.kind === 'suppressed',
  ).length;
  return html`${figureOnly > 0 && html`<p class="why">${t('results.items.figure-only', { items: figureOnly })}</p>`}${
    first !== undefined &&
    legend([
      ...first.options.map((o, i) => ({ sign: shadeSign(Math.min(i, shades)), text: localised(c, o.title) })),
      { sign: shadeSign(dontKnowShade), text: t('staff.summary.dont-know') },
    ])
  }${plot({
    caption,
    names: t('staff.summary.item'),
    drawing: t('results.items.drawing'),
    scale: { low: 0, high: 100 },
    axis: [],
    common: [],
    tall: true,
    columns: [{ text: t('results.plot.value') }, { text: t('results.items.people'), minor: true }],
    rows: items.map((item) => {
      const d = item.distribution;
      return {
        name: localised(c, item.title),
        marks: d.kind === 'options' ? partMarks(d) : [],
        cells: [
          item.figure.kind === 'estimate'
            ? html`<b>${figureText(c, item.figure, style)}</b>`
            : html`<span class="why"
                >${t(item.figure.kind === 'suppressed' ? 'results.hidden' : 'figure.no-data')}</span
              >`,
          d.kind === 'options' ? formatCount(d.n) : '–',
        ],
      };
    }),
  })}`;
}

function otherItem(c: StaffContext, item: ItemFigure, style: FigureStyle): Html {
  const { t } = c.page;
  const d = item.distribution;
  const title = localised(c, item.title);
  if (d.kind === 'options') {
    const total = d.n;
    return html`<h3>${title}</h3>
      ${plot({
        caption: title,
        names: t('results.items.option'),
        drawing: t('results.items.drawing'),
        scale: { low: 0, high: 100 },
        axis: [],
        common: [],
        columns: [{ text: t('staff.figure.people') }, { text: '%' }],
        rows: d.options.map((o) => ({
          name: localised(c, o.title),
          marks: [{ kind: 'bar', to: total === 0 ? 0 : (100 * o.count) / total }],
          cells: [formatCount(o.count), total === 0 ? '–' : `${formatMargin((100 * o.count) / total, 1)}%`],
        })),
      })}`;
  }
  return html`<h3>${title}</h3>
    <p>
      ${
        item.type === 'number' && item.figure.kind === 'estimate'
          ? t('results.items.mean', {
              mean: formatValue(item.figure.value, itemStyle(item, style)),
              people: formatCount(item.figure.n),
            })
          : figureText(c, item.figure.kind === 'estimate' ? { kind: 'no-data' } : item.figure, style)
      }
    </p>`;
}

/** Every number behind the drawings. */
function numbers(
  c: StaffContext,
  { group, items }: Pick<GroupSummary, 'group' | 'items'>,
  style: FigureStyle,
): Html {
  const { t } = c.page;
  return html`<details>
      <summary>${t('results.items.numbers')}</summary>
      ${table({
        caption: `${t(`staff.group.${group}`)} · ${t('results.items.numbers')}`,
        columns: [
          { text: t('staff.summary.item') },
          ...figureColumns(c, t('staff.summary.figure')),
          { text: t('results.items.people-by-option') },
        ],
        rows: items.map((item) => [
          titleCell(c, item),
          ...(item.type === 'rating' || item.type === 'number'
            ? figureCells(c, item.figure, itemStyle(item, style))
            : (['–', '–', '–'] as const)),
          spread(c, item.distribution),
        ]),
      })}
    </details>
    ${how(c, [t('results.how.item')])}`;
}

function spread(c: StaffContext, d: Distribution): Content {
  const { t } = c.page;
  switch (d.kind) {
    case 'options':
      return html`<span class="spread"
        >${[
          ...d.options.map((option) => `${localised(c, option.title)} ${formatCount(option.count)}`),
          ...(d.dontKnow > 0 ? [`${t('staff.summary.dont-know')} ${formatCount(d.dontKnow)}`] : []),
          ...(d.blank > 0 ? [`${t('staff.summary.blank')} ${formatCount(d.blank)}`] : []),
        ].join(' · ')}</span
      >`;
    case 'number':
      return t('staff.summary.number', { n: formatCount(d.n) });
    case 'suppressed':
      return html`<span class="why">${t(`figure.suppressed.${d.why}`)}</span>`;
    case 'no-data':
      return html`<span class="why">${t('figure.no-data')}</span>`;
  }
}

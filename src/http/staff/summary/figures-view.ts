/** Figures by group, dimension, item, school, location, first answers and channel. */
import type { ItemFigure, Summary } from '../../../domain/scoring/summary/summary-types.ts';
import type { Figure } from '../../../domain/scoring/figure.ts';
import {
  formatDifference,
  formatShare,
  itemStyle,
  rateStyle,
  type FigureStyle,
} from '../../../domain/scoring/format.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import {
  basisText,
  countText,
  figureBar,
  figureCells,
  figureColumns,
  figureText,
  groupSection,
  localised,
} from '../figure-view.ts';
import { stratumName } from '../fieldwork/shared-view.ts';
import { formatCount, inGroupOrder, table, type StaffContext } from '../page-view.ts';

export function groupPart(c: StaffContext, s: Summary, style: FigureStyle): Html {
  const { t } = c.page;
  return html`<h2>${t('staff.summary.groups')}</h2>
    ${table({
      caption: t('staff.summary.groups'),
      columns: [
        { text: t('staff.field.group') },
        { text: t('staff.summary.weight'), number: true },
        ...figureColumns(c, t('staff.summary.figure')),
        { text: t('staff.figure.bar') },
      ],
      rows: s.groups.map((g) => [
        html`${t(`staff.group.${g.group}`)}${g.voided && html` <span class="state voided">${t('staff.state.voided')}</span>`}${
          g.mergedInto !== null && html` <span class="quiet">→ ${t(`staff.group.${g.mergedInto}`)}</span>`
        }`,
        `${formatShare(g.weight)}%`,
        ...figureCells(c, g.figure, style),
        figureBar(g.figure, s.threshold.value),
      ]),
    })}`;
}

export function dimensionPart(c: StaffContext, s: Summary, style: FigureStyle): Content {
  const { t } = c.page;
  if (s.dimensions.length === 0) return null;
  const groups = s.groups.filter((g) => g.dimensions.length > 0);
  return html`<h2>${t('staff.summary.dimensions')}</h2>
    ${
      s.groups.some((g) => g.dimensions.some((d) => d.compared === false)) &&
      html`<p class="quiet">${t('staff.summary.dimensions.about')}</p>`
    }
    ${table({
      caption: t('staff.summary.dimensions'),
      columns: [
        { text: t('staff.summary.dimension') },
        ...figureColumns(c, t('staff.all-groups')),
        { text: t('staff.figure.bar') },
        ...groups.map((g) => ({ text: t(`staff.group.${g.group}`), number: true })),
      ],
      rows: s.dimensions.map((d) => [
        titleCell(c, d),
        ...figureCells(c, d.figure, style),
        figureBar(d.figure, s.threshold.value),
        ...groups.map((g) => {
          const own = g.dimensions.find((x) => x.id === d.id);
          if (own === undefined) return '–';
          return html`${figureText(c, own.figure, style)}${
            own.figure.kind === 'estimate' &&
            html`<br /><span class="quiet"
                >${basisText(c, own.figure, { ...style, basis: 'respondents' })}</span
              >`
          }${own.compared === false && html`<br /><span class="quiet">${t('staff.summary.own-items')}</span>`}`;
        }),
      ]),
    })}`;
}

/** With a word on what is no part of the score. */
function titleCell(c: StaffContext, { title, scored }: Pick<ItemFigure, 'title' | 'scored'>): Content {
  return html`${localised(c, title)}${
    scored === false && html` <span class="quiet">${c.page.t('staff.summary.unscored')}</span>`
  }`;
}

function itemRow(
  c: StaffContext,
  item: ItemFigure,
  style: FigureStyle,
  threshold: number,
): readonly Content[] {
  const { t } = c.page;
  const d = item.distribution;
  const spread =
    d.kind === 'options'
      ? [
          ...d.options.map((option) => `${localised(c, option.title)} ${formatCount(option.count)}`),
          ...(d.dontKnow > 0 ? [`${t('staff.summary.dont-know')} ${formatCount(d.dontKnow)}`] : []),
          ...(d.blank > 0 ? [`${t('staff.summary.blank')} ${formatCount(d.blank)}`] : []),
        ].join(' · ')
      : d.kind === 'number'
        ? t('staff.summary.number', { n: formatCount(d.n) })
        : d.kind === 'suppressed'
          ? html`<span class="why">${t(`figure.suppressed.${d.why}`)}</span>`
          : html`<span class="why">${t('figure.no-data')}</span>`;
  const isRating = item.type === 'rating';
  return [
    titleCell(c, item),
    ...(isRating || item.type === 'number'
      ? figureCells(c, item.figure, itemStyle(item, style))
      : (['–', '–', '–'] as const)),
    isRating ? figureBar(item.figure, threshold) : '',
    html`<span class="spread">${spread}</span>`,
  ];
}

export function itemPart(c: StaffContext, s: Summary, style: FigureStyle): Html {
  const { t } = c.page;
  return html`<h2>${t('staff.summary.items')}</h2>
    ${s.groups
      .filter((g) => g.items.length > 0)
      .map((g) =>
        groupSection(
          `${t(`staff.group.${g.group}`)}${g.questionnaire === null ? '' : ` · ${localised(c, g.questionnaire)}`}`,
          table({
            caption: `${t('staff.summary.items')} · ${t(`staff.group.${g.group}`)}`,
            columns: [
              { text: t('staff.summary.item') },
              ...figureColumns(c, t('staff.summary.figure')),
              { text: t('staff.figure.bar') },
              { text: t('staff.summary.distribution') },
            ],
            rows: g.items.map((item) => itemRow(c, item, style, s.threshold.value)),
          }),
          false,
        ),
      )}`;
}

export function unitPart(c: StaffContext, s: Summary, style: FigureStyle): Content {
  const { t } = c.page;
  if (s.schools.length === 0) return null;
  const groups = [...new Set(inGroupOrder(s.schools).map((u) => u.group))];
  return html`<h2>${t('staff.summary.units')}</h2>
    <p class="quiet">
      ${t('staff.draw.reporting.about')}${
        s.groups.some((g) => g.items.some((item) => item.scored === false)) && t('staff.summary.units.about')
      }
    </p>
    ${groups.map((group) =>
      groupSection(
        t(`staff.group.${group}`),
        table({
          caption: `${t('staff.summary.units')} · ${t(`staff.group.${group}`)}`,
          columns: [
            { text: t('staff.field.unit') },
            { text: t('staff.rates.issued'), number: true },
            { text: t('staff.summary.responses'), number: true },
            ...figureColumns(c, t('staff.summary.figure')),
            { text: t('staff.figure.bar') },
          ],
          rows: s.schools
            .filter((u) => u.group === group)
            .map((u) => [
              html`${stratumName(c, u)}${u.voided && html` <span class="state voided">${t('staff.state.voided')}</span>`}`,
              countText(c, u.issued),
              countText(c, u.responses),
              ...figureCells(c, u.figure, style),
              figureBar(u.figure, s.threshold.value),
            ]),
        }),
      ),
    )}`;
}

export function locationPart(c: StaffContext, s: Summary, style: FigureStyle): Content {
  const { t } = c.page;
  if (s.locations.length === 0) return null;
  return html`<h2>${t('staff.summary.locations')}</h2>
    ${table({
      caption: t('staff.summary.locations'),
      columns: [
        { text: t('staff.field.location') },
        { text: t('staff.field.group') },
        ...figureColumns(c, t('staff.summary.figure')),
        { text: t('staff.figure.bar') },
      ],
      rows: s.locations.flatMap((l) =>
        l.groups.map((g) => [
          t(`staff.location.${l.location}`),
          t(`staff.group.${g.group}`),
          ...figureCells(c, g.figure, style),
          figureBar(g.figure, s.threshold.value),
        ]),
      ),
    })}`;
}

/** Last less first, with its sign. */
function differenceOf(last: Figure, first: Figure, style: FigureStyle): string {
  if (last.kind !== 'estimate' || first.kind !== 'estimate') return '–';
  const difference = last.value - first.value;
  const text = formatDifference(difference, style.decimals);
  return Number(text) === 0 ? text : `${difference > 0 ? '+' : '−'}${text}`;
}

export function firstPart(c: StaffContext, s: Summary, style: FigureStyle): Html {
  const { t } = c.page;
  const last = new Map(s.groups.map((g) => [g.group, g.figure]));
  return html`<h2>${t('staff.summary.first')}</h2>
    <p class="quiet">${t('staff.summary.first.about')}</p>
    ${table({
      caption: t('staff.summary.first'),
      columns: [
        { text: t('staff.field.group') },
        ...figureColumns(c, t('staff.summary.by-last')),
        ...figureColumns(c, t('staff.summary.by-first')),
        { text: t('staff.summary.first.difference'), number: true },
      ],
      rows: [
        [
          html`<strong>${t('staff.summary.official')}</strong>`,
          ...figureCells(c, s.official, style),
          ...figureCells(c, s.first.official, style),
          differenceOf(s.official, s.first.official, style),
        ],
        ...s.first.groups.map((g) => [
          t(`staff.group.${g.group}`),
          ...figureCells(c, last.get(g.group) ?? { kind: 'no-data' }, style),
          ...figureCells(c, g.figure, style),
          differenceOf(last.get(g.group) ?? { kind: 'no-data' }, g.figure, style),
        ]),
      ],
    })}
    <p>
      ${t('staff.summary.reanswers')}${t('staff.colon')}${figureText(c, s.reanswers.total, rateStyle)}${
        s.reanswers.total.kind === 'estimate' &&
        `% ${t('staff.summary.reanswers.of', {
          again: formatCount(s.reanswers.total.n),
          people: formatCount(s.reanswers.total.denominator),
        })}`
      }
    </p>
    ${
      s.reanswers.strata.length > 0 &&
      groupSection(
        t('staff.summary.reanswers.units'),
        table({
          caption: t('staff.summary.reanswers.units'),
          columns: [
            { text: t('staff.field.unit') },
            { text: t('staff.field.group') },
            { text: '%', number: true },
            { text: t('staff.summary.reanswers.again'), number: true },
            { text: t('staff.figure.people'), number: true },
          ],
          rows: s.reanswers.strata.map((r) => [
            r.name === '' ? t('staff.level.rest') : r.name,
            t(`staff.group.${r.group}`),
            ...figureCells(c, r.figure, rateStyle),
          ]),
        }),
        false,
      )
    }`;
}

export function channelPart(c: StaffContext, s: Summary, style: FigureStyle): Html {
  const { t } = c.page;
  const counted = (yes: boolean) => t(yes ? 'staff.summary.counted' : 'staff.summary.not-counted');
  const columns = [
    { text: t('staff.summary.source') },
    { text: t('staff.summary.is-counted') },
    { text: t('staff.field.group') },
    { text: t('staff.summary.responses'), number: true },
    ...figureColumns(c, t('staff.summary.figure')),
  ];
  return html`<h2>${t('staff.summary.channels')}</h2>
    <p class="quiet">${t('staff.summary.channels.about')}</p>
    ${table({
      caption: t('staff.summary.channels.by-channel'),
      columns,
      rows: s.channels.flatMap((channel) =>
        channel.groups.map((g) => [
          t(`staff.channel.${channel.channel}`),
          counted(channel.counted),
          t(`staff.group.${g.group}`),
          countText(c, g.responses),
          ...figureCells(c, g.figure, style),
        ]),
      ),
    })}${table({
      caption: t('staff.summary.channels.by-set'),
      columns,
      rows: s.sets.flatMap((set) =>
        set.groups.map((g) => [
          t(`staff.set.${set.set}`),
          counted(set.counted),
          t(`staff.group.${g.group}`),
          countText(c, g.responses),
          ...figureCells(c, g.figure, style),
        ]),
      ),
    })}`;
}

/** Figures by first answers compared with those by last ones, and by channel and set. */
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import type { Figure } from '../../../domain/scoring/figure.ts';
import { formatDifference, rateStyle, type FigureStyle } from '../../../domain/scoring/format.ts';
import { html, type Html } from '../../../html/html.ts';
import { countText, figureCells, figureColumns, figureText, groupSection } from '../figure-view.ts';
import { formatCount, table, type StaffContext } from '../page-view.ts';
import { how } from './result-frame-view.ts';

/** Last minus first, with its sign. */
function differenceOf(last: Figure, first: Figure, style: FigureStyle): string {
  if (last.kind !== 'estimate' || first.kind !== 'estimate') return '–';
  const difference = last.value - first.value;
  const text = formatDifference(difference, style.decimals);
  return Number(text) === 0 ? text : `${difference > 0 ? '+' : '−'}${text}`;
}

export function firstPart(c: StaffContext, s: Summary, style: FigureStyle): Html {
  const { t } = c.page;
  const last = new Map(s.groups.map((g) => [g.group, g.figure]));
  return html`<p class="quiet">${t('staff.summary.first.about')}</p>
    ${table({
      caption: t('staff.summary.first'),
      stack: true,
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
          stack: true,
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
    }${how(c, [t('results.how.first'), t('results.how.reanswers')])}`;
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
  return html`<p class="quiet">${t('staff.summary.channels.about')}</p>
    ${table({
      caption: t('staff.summary.channels.by-channel'),
      showCaption: true,
      stack: true,
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
      showCaption: true,
      stack: true,
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
    })}${how(c, [t('results.how.channel')])}`;
}

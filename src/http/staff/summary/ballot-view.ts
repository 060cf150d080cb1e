/** The arms of a split ballot side by side: what differs beyond chance, then each difference from the first arm with its interval. */
import type {
  BallotComparison,
  BallotGroup,
  ComparedMeasure,
} from '../../../domain/scoring/ballot/compare.ts';
import { formatDifference, formatShare } from '../../../domain/scoring/format.ts';
import type { Figure } from '../../../domain/scoring/figure.ts';
import { axis } from '../../../html/charts/plot.ts';
import type { Scale } from '../../../html/charts/scale.ts';
import { strip } from '../../../html/charts/strip.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { countText, figureText, localised } from '../figure-view.ts';
import { countyFrame, countyPath, type FramedCampaign, type FramedCounty } from '../frame-view.ts';
import { table, type StaffContext } from '../page-view.ts';

export function ballotPage(
  c: StaffContext,
  o: {
    readonly campaign: FramedCampaign;
    readonly county: FramedCounty;
    readonly comparison: BallotComparison;
    readonly csv: string;
  },
): Html {
  const { t } = c.page;
  const { comparison } = o;
  return countyFrame(c, o, {
    title: t('ballot.title'),
    tab: 'summary',
    under: [{ href: `${countyPath(o.campaign.id, o.county.code)}/summary`, text: t('staff.page.summary') }],
    body:
      comparison.groups.length === 0
        ? html`<p>${t('ballot.none')}</p>`
        : html`<p>${t('ballot.about', { level: formatShare(comparison.level, 4) })}</p>
            <p class="links"><a href="${o.csv}">${t('ballot.csv')}</a></p>
            <p class="hint">${t('staff.summary.hidden', { minimum: comparison.minimumCell })}</p>
            ${comparison.groups.map((group) => groupPart(c, group, comparison))}
            <p class="quiet">${t('ballot.not-known')}</p>`,
  });
}

function groupPart(c: StaffContext, g: BallotGroup, comparison: BallotComparison): Html {
  const { t } = c.page;
  const { decimals } = comparison;
  const name = t(`staff.group.${g.group}`);
  const armName = (arm: string) => t('ballot.arm', { arm });
  const [first, ...others] = g.arms;
  const scale = differenceScale(g.measures);
  return html`<h2>${name}</h2>
    ${others.map((arm, i) => foundText(c, g, i + 1, t('ballot.difference', { arm: arm.arm, first: first!.arm }), comparison))}
    ${table({
      caption: `${name} · ${t('ballot.arms')}`,
      stack: true,
      columns: [
        { text: t('ballot.head.arm') },
        { text: t('ballot.head.scale') },
        { text: t('ballot.head.questionnaire') },
        { text: t('staff.summary.responses'), number: true },
        { text: t('ballot.head.incomplete'), number: true },
      ],
      rows: g.arms.map((a) => [
        html`${armName(a.arm)}${
          a.isMain && html` <span class="quiet">${t(a.official ? 'ballot.official' : 'ballot.main')}</span>`
        }${a.share !== null && html` <span class="quiet">${t('ballot.share', { share: a.share })}</span>`}`,
        t(`ballot.scale.${a.scale}`),
        localised(c, a.title),
        countText(c, a.responses),
        figureText(c, a.incomplete, { decimals, threshold: null }),
      ]),
    })}
    ${table({
      caption: `${name} · ${t('ballot.measures')}`,
      stack: true,
      columns: [
        { text: t('ballot.head.measure') },
        ...g.arms.map((a) => ({ text: armName(a.arm), number: true })),
        ...others.flatMap((a) => [
          { text: t('ballot.difference', { arm: a.arm, first: first!.arm }), number: true },
          {
            text: html`<span class="unseen">${t('ballot.drawing')}</span>
              <div class="cell-axis">${axis(differenceAxis(scale), scale)}</div>`,
          },
          { text: t('ballot.interval'), number: true },
        ]),
      ],
      rows: g.measures.map((m) => [
        measureName(c, m),
        ...m.figures.map((figure, i) => valueCell(c, figure, m.ranks[i] ?? null, decimals)),
        ...m.differences.slice(1).flatMap((figure) => differenceCells(c, figure, scale, decimals)),
      ]),
    })}`;
}

function measureName(c: StaffContext, { dimension, title, measure }: ComparedMeasure): string {
  return dimension === null || title === null ? c.page.t(`ballot.measure.${measure}`) : localised(c, title);
}

/** Null: not known. */
function isClear(figure: Figure): boolean | null {
  if (figure.kind !== 'estimate' || !figure.interval) return null;
  return figure.interval.low > 0 || figure.interval.high < 0;
}

/** The answer before the figures: which differences are more than chance, and how many would seem so if there were none. */
function foundText(
  c: StaffContext,
  g: BallotGroup,
  arm: number,
  difference: string,
  { decimals, level }: BallotComparison,
): Html | null {
  const { t } = c.page;
  const known = g.measures.filter((m) => isClear(m.differences[arm]!) !== null);
  if (known.length === 0) return null;
  const clear = known.flatMap((m) => {
    const figure = m.differences[arm]!;
    return figure.kind === 'estimate' && isClear(figure) === true
      ? [t('ballot.found.one', { name: measureName(c, m), value: signed(figure.value, decimals) })]
      : [];
  });
  const params = { difference, count: known.length, clear: clear.length };
  return html`<p class="lead">
      ${
        clear.length === 0
          ? t('ballot.found.none', params)
          : t('ballot.found.some', { ...params, names: clear.join(t('staff.list-comma')) })
      }
    </p>
    <p class="quiet">
      ${t('ballot.found.about', {
        count: known.length,
        level: formatShare(level, 4),
        expected: formatDifference(known.length * (1 - level), 1),
      })}
    </p>`;
}

/** Around 0, wide enough for every interval. */
function differenceScale(measures: readonly ComparedMeasure[]): Scale {
  const ends = measures.flatMap(({ differences }) =>
    differences.flatMap((d) =>
      d.kind !== 'estimate' ? [] : [d.value, ...(d.interval ? [d.interval.low, d.interval.high] : [])],
    ),
  );
  const reach = Math.max(5, ...ends.map((end) => Math.ceil(Math.abs(end) / 5) * 5));
  return { low: -reach, high: reach };
}

const differenceAxis = ({ low, high }: Scale) => [
  { at: low, text: `−${-low}` },
  { at: 0, text: '0', strong: true },
  { at: high, text: `+${high}` },
];

function valueCell(c: StaffContext, figure: Figure, rank: number | null, decimals: number): Content {
  return html`${figureText(c, figure, { decimals, threshold: null })}${
    rank !== null && html`<br /><span class="quiet">${c.page.t('ballot.rank', { rank })}</span>`
  }`;
}

const signed = (value: number, decimals: number) => {
  const text = formatDifference(value, decimals);
  return Number(text) === 0 ? text : `${value > 0 ? '+' : '−'}${text}`;
};

/** The difference and what it means, its drawing, its interval. */
function differenceCells(
  c: StaffContext,
  figure: Figure,
  scale: Scale,
  decimals: number,
): readonly [Content, Content, Content] {
  const { t } = c.page;
  if (figure.kind !== 'estimate') return [figureText(c, figure, { decimals, threshold: null }), '', ''];
  const { interval, value } = figure;
  const clear = isClear(figure);
  return [
    html`<b>${signed(value, decimals)}</b>${
        clear !== null &&
        html`<br /><span class="${clear ? 'change' : 'quiet'}"
            >${t(clear ? 'ballot.clear' : 'ballot.chance')}</span
          >`
      }`,
    html`<div class="cell-strip">
      ${strip(
        [
          { kind: 'zero', at: 0 },
          ...(interval ? ([{ kind: 'interval', from: interval.low, to: interval.high }] as const) : []),
          { kind: 'point', at: value, point: clear === true ? 'dot' : 'hollow-dot' },
        ],
        scale,
      )}
    </div>`,
    interval
      ? t('ballot.interval.range', {
          low: signed(interval.low, decimals),
          high: signed(interval.high, decimals),
        })
      : '–',
  ];
}

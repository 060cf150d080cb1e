/**
 * Counties of one campaign side by side: who is below the threshold, how certain, what changed, and where. Sorted and filtered by
 * the address only.
 */
import { groups as allGroups, type Group } from '../../../domain/model/vocabulary.ts';
import { listDoubts } from '../../../domain/scoring/summary/doubts.ts';
import { headlineOf, toneOf, type Headline } from '../../../domain/scoring/summary/headline.ts';
import { rankDimensions } from '../../../domain/scoring/summary/ranking.ts';
import { compareWith, type Trend } from '../../../domain/scoring/summary/trend.ts';
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import type { Estimate, Figure } from '../../../domain/scoring/figure.ts';
import {
  formatShare,
  formatSigned,
  formatValue,
  pointStyle,
  returnStyle,
} from '../../../domain/scoring/format.ts';
import { shadeOf } from '../../../html/charts/heat-map.ts';
import { axis, legend, plot } from '../../../html/charts/plot.ts';
import { pointSign, strip, type Mark, type Point } from '../../../html/charts/strip.ts';
import { tileMap } from '../../../html/charts/tile-map.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import { card, tag, type Tone } from '../../../html/parts.ts';
import { addressWith, filterLinks, sortingOf, type Sorting } from '../../../html/table.ts';
import { figureText, localised } from '../figure-view.ts';
import { campaignFrame, countyPath, type FramedCampaign } from '../frame-view.ts';
import { formatCount, type StaffContext } from '../page-view.ts';
import {
  figureMarks,
  intervalText,
  pointOf,
  scaleOf,
  scoreAxis,
  scoreGrid,
} from '../../../html/charts/figures.ts';

export interface ComparedCounty {
  readonly summary: Summary;
  /** Of the earlier campaign; null: missing, or not visible. */
  readonly before: Summary | null;
}

export interface ComparePage {
  readonly campaign: FramedCampaign;
  readonly counties: readonly ComparedCounty[];
  /** The campaign for trends, and the possible ones. */
  readonly earlier: { readonly id: string; readonly name: string } | null;
  readonly choices: readonly { readonly id: string; readonly name: string }[];
  /** Name by the first four digits of a county's code, from the list of divisions. */
  readonly cities: ReadonlyMap<string, string>;
  /** Counties left out because of the page's limit. */
  readonly left: number;
  /** Without ending. */
  readonly files: string;
}

interface Line {
  readonly s: Summary;
  readonly headline: Headline;
  /** For the requested group, or the official one. */
  readonly figure: Figure;
  readonly trend: Trend | null;
  readonly doubts: number;
  readonly city: string;
}

/** Beyond this many the table replaces the chart; its rows have the same drawings. */
const mostInChart = 24;
const sorts = ['name', 'score', 'people', 'return', 'trend', 'doubts'] as const;
const tones: Readonly<Record<ReturnType<typeof toneOf>, Tone>> = {
  good: 'ok',
  bad: 'bad',
  doubt: 'warn',
  none: 'neutral',
};

export function comparePage(c: StaffContext, o: ComparePage): Html {
  const { t } = c.page;
  const { searchParams } = new URL(c.here, 'http://x');
  const group = allGroups.find((own) => own === searchParams.get('group')) ?? null;
  const lines = o.counties.map((county): Line => lineOf(county, group, o.earlier !== null));
  const wanted = (name: string, value: string) => {
    const asked = searchParams.get(name);
    return asked === null || asked === '' || asked === value;
  };
  const chosen = lines.filter((line) => wanted('verdict', line.headline) && wanted('city', line.city));
  const sorting = sortingOf(c.here, sorts, '-score');
  const shown = sortLines(c, chosen, sorting);
  return campaignFrame(c, o.campaign, {
    title: t('staff.compare'),
    tab: 'compare',
    cards: true,
    body: html`${overviewCard(c, o, lines, group)}${
      shown.length > 0 &&
      shown.length <= mostInChart &&
      html`<div class="grid">
        ${chartCard(c, shown, o.earlier !== null)}${o.earlier !== null && trendCard(c, shown, o.earlier.name)}
      </div>`
    }${tableCard(c, o, shown, sorting)}${mapCard(c, o, shown)}`,
  });
}

function lineOf({ summary: s, before }: ComparedCounty, group: Group | null, hasEarlier: boolean): Line {
  return {
    s,
    headline: headlineOf(s),
    figure:
      group === null ? s.official : (s.groups.find((g) => g.group === group)?.figure ?? { kind: 'no-data' }),
    trend: hasEarlier && group === null ? compareWith(s, before) : null,
    doubts: listDoubts(s).filter((d) => d.tone !== 'good').length,
    city: s.county.code.slice(0, 4),
  };
}

function sortLines(c: StaffContext, lines: readonly Line[], { by, isDown }: Sorting): readonly Line[] {
  const order = new Intl.Collator(c.page.language).compare;
  const rate = (s: Summary) => s.returnRates.find((r) => r.group === null)?.figure;
  const value = (line: Line): number | null => {
    switch (by) {
      case 'people':
        return line.figure.kind === 'estimate' ? line.figure.n : null;
      case 'return': {
        const figure = rate(line.s);
        return figure?.kind === 'estimate' ? figure.value : null;
      }
      case 'trend':
        return line.trend?.kind === 'difference' ? line.trend.value : null;
      case 'doubts':
        return line.doubts;
      default:
        // Not judged: shown in its row, but without a rank.
        return line.figure.kind === 'estimate' && line.headline !== 'insufficient' ? line.figure.value : null;
    }
  };
  const sign = isDown ? -1 : 1;
  return lines
    .map((line) => ({ line, key: value(line) }))
    .sort((a, b) => {
      const names = order(a.line.s.county.name, b.line.s.county.name);
      if (by === 'name') return sign * names;
      if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null) || names;
      return sign * (a.key - b.key) || names;
    })
    .map(({ line }) => line);
}

const thresholdOf = (lines: readonly Line[]) => lines[0]?.s.threshold.value ?? 85;

function overviewCard(c: StaffContext, o: ComparePage, lines: readonly Line[], group: Group | null): Html {
  const { t } = c.page;
  const count = (...wanted: readonly Headline[]) => lines.filter((l) => wanted.includes(l.headline)).length;
  const unsure = (headline: Headline) =>
    count(headline) === 0 ? '' : t('compare.sentence.unsure', { count: count(headline) });
  const headlines: readonly Headline[] = [
    'met',
    'met-uncertain',
    'undecided',
    'not-met-uncertain',
    'not-met',
    'insufficient',
  ];
  const cities = [...new Set(lines.map((l) => l.city))].sort();
  const groups = allGroups.filter((g) => lines.some((l) => l.s.groups.some((own) => own.group === g)));
  return card({
    title: t('compare.verdicts'),
    aside: html`<a href="${o.files}.xlsx">${t('results.report.excel')}</a>
      <a href="${o.files}.csv">${t('results.report.csv')}</a>`,
    body: html`<p class="lead">
        ${t('compare.sentence', {
          counties: lines.length,
          met: count('met', 'met-uncertain'),
          metUncertain: unsure('met-uncertain'),
          notMet: count('not-met', 'not-met-uncertain'),
          notMetUncertain: unsure('not-met-uncertain'),
        })}${count('undecided') > 0 && t('compare.sentence.undecided', { count: count('undecided') })}${
          count('insufficient') > 0 && t('compare.sentence.insufficient', { count: count('insufficient') })
        }${t('results.full-stop')}
      </p>
      ${o.left > 0 && html`<p class="quiet">${t('compare.left', { left: o.left })}</p>`}
      ${filterLinks({
        label: t('results.verdict'),
        here: c.here,
        name: 'verdict',
        options: [
          { value: '', text: t('compare.all'), count: lines.length },
          ...headlines
            .filter((h) => count(h) > 0)
            .map((h) => ({ value: h, text: t(`headline.${h}`), count: count(h) })),
        ],
      })}${
        groups.length > 1 &&
        filterLinks({
          label: t('staff.field.group'),
          here: c.here,
          name: 'group',
          options: [
            { value: '', text: t('staff.all-groups') },
            ...groups.map((g) => ({ value: g, text: t(`staff.group.${g}`) })),
          ],
        })
      }${
        cities.length > 1 &&
        filterLinks({
          label: t('compare.city'),
          here: c.here,
          name: 'city',
          options: [
            { value: '', text: t('compare.all'), count: lines.length },
            ...cities.map((city) => ({
              value: city,
              text: cityName(c, o, city),
              count: lines.filter((l) => l.city === city).length,
            })),
          ],
        })
      }${
        o.choices.length > 0 &&
        filterLinks({
          label: t('compare.earlier'),
          here: c.here,
          name: 'before',
          options: [
            { value: '', text: t('compare.earlier.none') },
            ...o.choices.map(({ id, name }) => ({ value: id, text: name })),
          ],
        })
      }${group !== null && html`<p class="quiet">${t('compare.group', { group: t(`staff.group.${group}`) })}</p>`}`,
  });
}

function cityName(c: StaffContext, o: ComparePage, city: string): string {
  return o.cities.get(city) ?? c.page.t('compare.city.code', { code: city });
}

/** A figure without a verdict is drawn as a cross, without its interval. */
function lineMarks(line: Line, threshold: number): readonly Mark[] {
  if (line.figure.kind !== 'estimate') return [];
  if (line.headline === 'insufficient') return [{ kind: 'point', at: line.figure.value, point: 'cross' }];
  return figureMarks(line.figure, threshold);
}

const nameOf = ({ s }: Line) =>
  html`<a href="${countyPath(s.campaign.id, s.county.code)}/summary">${s.county.name}</a>`;

const headlineTag = (c: StaffContext, { headline }: Line) =>
  tag(tones[toneOf(headline)], c.page.t(`headline.${headline}`));

function chartCard(c: StaffContext, lines: readonly Line[], isBeside: boolean): Html {
  const { t } = c.page;
  const threshold = thresholdOf(lines);
  const scale = scaleOf(
    lines.map((l) => l.figure),
    threshold,
  );
  const points: readonly (readonly [Point, string])[] = [
    ['dot', t('results.point.dot', { threshold })],
    ['hollow-dot', t('results.point.hollow-dot', { threshold })],
    ['hollow-diamond', t('results.point.hollow-diamond', { threshold })],
    ['diamond', t('results.point.diamond', { threshold })],
    ['cross', t('headline.insufficient')],
  ];
  const used = new Set(
    lines.flatMap(({ figure, headline }): readonly Point[] =>
      figure.kind !== 'estimate'
        ? []
        : headline === 'insufficient'
          ? ['cross']
          : [pointOf(figure, threshold)],
    ),
  );
  return card({
    title: t('compare.chart', { threshold }),
    span: isBeside ? 7 : 12,
    aside: html`<a href="#figures">${t('compare.to-table')}</a>`,
    body: html`${plot({
      caption: t('compare.chart', { threshold }),
      names: t('xlsx.county'),
      drawing: t('results.plot.drawing', { threshold }),
      scale,
      axis: scoreAxis(scale, threshold),
      common: scoreGrid(scale, threshold),
      columns: [{ text: t('results.plot.value') }, { text: t('results.verdict'), minor: true }],
      rows: lines.map((line) => ({
        name: nameOf(line),
        marks: lineMarks(line, threshold),
        cells: [html`<b>${figureText(c, line.figure, pointStyle(line.s))}</b>`, headlineTag(c, line)],
      })),
    })}${legend(points.filter(([point]) => used.has(point)).map(([point, text]) => ({ sign: pointSign(point), text })))}`,
  });
}

/** Symmetric about no change, in steps of 2 points. */
function trendScale(lines: readonly Line[]) {
  const most = lines.reduce(
    (max, { trend }) =>
      trend?.kind === 'difference'
        ? Math.max(max, Math.abs(trend.interval.low), Math.abs(trend.interval.high))
        : max,
    0,
  );
  const end = Math.max(2, Math.ceil(most / 2) * 2);
  return { low: -end, high: end };
}

function trendText(c: StaffContext, line: Line): Content {
  const { t } = c.page;
  const { trend, s } = line;
  if (trend === null) return '–';
  if (trend.kind === 'not-comparable') return html`<span class="why">${t(`trend.${trend.why}`)}</span>`;
  const sign = trend.change === 'up' ? '▲ ' : trend.change === 'down' ? '▼ ' : '';
  return html`<b>${formatSigned(trend.value, s.profile.decimals)}</b>
    <span class="change">${sign}${t(`trend.${trend.change}`)}</span>`;
}

function trendInterval({ trend, s }: Line, between: string): string {
  if (trend?.kind !== 'difference') return '–';
  const { low, high } = trend.interval;
  return `${formatSigned(low, s.profile.decimals)}${between}${formatSigned(high, s.profile.decimals)}`;
}

function trendCard(c: StaffContext, lines: readonly Line[], earlier: string): Html {
  const { t } = c.page;
  const scale = trendScale(lines);
  const level = lines.find((l) => l.trend?.kind === 'difference')?.s.profile.interval.level;
  return card({
    title: t('compare.trend', { earlier }),
    span: 5,
    body: html`${plot({
        caption: t('compare.trend', { earlier }),
        names: t('xlsx.county'),
        drawing: t('compare.trend.drawing'),
        scale,
        axis: [
          { at: scale.low, text: formatSigned(scale.low, 0) },
          { at: 0, text: '0', strong: true },
          { at: scale.high, text: formatSigned(scale.high, 0) },
        ],
        common: [
          { kind: 'grid', at: scale.low / 2 },
          { kind: 'grid', at: scale.high / 2 },
          { kind: 'zero', at: 0 },
        ],
        columns: [{ text: t('compare.difference') }],
        rows: lines.map((line) => ({
          name: line.s.county.name,
          marks:
            line.trend?.kind === 'difference'
              ? [
                  { kind: 'interval', from: line.trend.interval.low, to: line.trend.interval.high },
                  {
                    kind: 'point',
                    at: line.trend.value,
                    point: line.trend.change === 'unclear' ? 'hollow-dot' : 'dot',
                  },
                ]
              : [],
          cells: [trendText(c, line)],
        })),
      })}
      <p class="quiet">
        ${t('compare.trend.about', { level: level === undefined ? '–' : formatShare(level, 4) })}
      </p>`,
  });
}

function tableCard(c: StaffContext, o: ComparePage, lines: readonly Line[], sorting: Sorting): Html {
  const { t } = c.page;
  const threshold = thresholdOf(lines);
  const scale = scaleOf(
    lines.map((l) => l.figure),
    threshold,
  );
  const hasTrend = o.earlier !== null;
  return card({
    id: 'figures',
    title: t('compare.table'),
    body: html`${
        lines.length === 0
          ? html`<p>
              ${t('compare.none')}${t('sentence.gap')}<a
                href="${addressWith(c.here, { verdict: null, city: null })}"
                >${t('compare.show-all')}</a
              >
            </p>`
          : pagedTable(c, {
              caption: t('compare.table'),
              search: {
                label: t('list.find.county'),
                textOf: (line) => `${line.s.county.name} ${line.s.county.code}`,
              },
              sorting,
              columns: [
                { text: t('xlsx.county'), sort: 'name' },
                { text: t('results.plot.value'), number: true, sort: 'score' },
                {
                  text: html`<span class="unseen">${t('staff.figure.bar')}</span>
                    <div class="cell-axis">${axis(scoreAxis(scale, threshold), scale)}</div>`,
                },
                { text: t('results.plot.interval'), number: true },
                { text: t('results.verdict') },
                { text: t('staff.figure.people'), number: true, sort: 'people' },
                { text: t('staff.rates.return'), number: true, sort: 'return' },
                ...(hasTrend
                  ? [
                      { text: t('compare.difference'), sort: 'trend' },
                      { text: t('compare.difference.interval'), number: true },
                    ]
                  : []),
                { text: t('compare.weakest') },
                { text: t('compare.doubts'), number: true, sort: 'doubts' },
              ],
              items: lines,
              row: (line) => row(c, line, scale, threshold, hasTrend),
            })
      }
      <p class="quiet">${t('compare.table.about', { threshold })}</p>`,
  });
}

function row(
  c: StaffContext,
  line: Line,
  scale: ReturnType<typeof scaleOf>,
  threshold: number,
  hasTrend: boolean,
): readonly Content[] {
  const { t } = c.page;
  const { s, figure } = line;
  const total = s.returnRates.find((r) => r.group === null);
  const [weakest] = rankDimensions(s).weakest;
  const isBelow =
    total?.figure.kind === 'estimate' && total.floor !== null && total.figure.value < total.floor;
  return [
    nameOf(line),
    html`<b>${figureText(c, figure, pointStyle(s))}</b>`,
    html`<div class="cell-strip">
      ${strip([{ kind: 'threshold', at: threshold }, ...lineMarks(line, threshold)], scale)}
    </div>`,
    intervalText(figure, pointStyle(s)),
    headlineTag(c, line),
    figure.kind === 'estimate' ? formatCount((figure satisfies Estimate).n) : '–',
    total?.figure.kind === 'estimate'
      ? html`${formatValue(total.figure.value, returnStyle(s))}%${isBelow && html` <span class="below">${t('results.return.below')}</span>`}`
      : '–',
    ...(hasTrend ? [trendText(c, line), trendInterval(line, t('compare.to'))] : []),
    weakest
      ? html`<span class="nowrap"
          >${localised(c, weakest.of.title)} ${formatValue(weakest.figure.value, pointStyle(s))}</span
        >`
      : '–',
    line.doubts === 0 ? t('compare.no-doubts') : t('compare.doubts.count', { count: line.doubts }),
  ];
}

function mapCard(c: StaffContext, o: ComparePage, lines: readonly Line[]): Content {
  const { t } = c.page;
  if (lines.length < 2) return null;
  const threshold = thresholdOf(lines);
  const cities = [...new Set(lines.map((l) => l.city))].sort();
  return card({
    id: 'map',
    title: t('compare.map'),
    body: html`<p class="quiet">${t('compare.map.about', { threshold })}</p>
      ${tileMap(
        cities.map((city) => ({
          title: cityName(c, o, city),
          tiles: lines
            .filter((l) => l.city === city)
            .map((line) => ({
              name: nameOf(line),
              text:
                line.figure.kind === 'estimate' ? formatValue(line.figure.value, pointStyle(line.s)) : '–',
              shade:
                line.figure.kind === 'estimate' && line.headline !== 'insufficient'
                  ? shadeOf(line.figure.value, threshold)
                  : null,
              point:
                line.figure.kind !== 'estimate' || line.headline === 'insufficient'
                  ? 'cross'
                  : pointOf(line.figure, threshold),
            })),
        })),
      )}`,
  });
}

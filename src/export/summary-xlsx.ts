/**
 * Summaries as a workbook: one sheet per subject, one row per figure, several counties one below the other. Numbers are those of
 * the pages, rounded by `domain/scoring/format.ts` before they are written, because a number format would show 84.96 as 85.0. The
 * last sheet has them unrounded, like the CSV.
 */
import type {
  Count,
  DimensionFigure,
  SchoolSummary,
  Summary,
} from '../domain/scoring/summary/summary-types.ts';
import type { Figure } from '../domain/scoring/figure.ts';
import { reportingLevels } from '../domain/frame/strata.ts';
import type { LocalisedText } from '../domain/scoring/rules/formula.ts';
import {
  itemStyle,
  pointStyle,
  rateStyle,
  returnStyle,
  roundValue,
  type FigureStyle,
  type Rounding,
} from '../domain/scoring/format.ts';
import { headlineOf } from '../domain/scoring/summary/headline.ts';
import type { Language } from '../domain/model/vocabulary.ts';
import { xlsxChunks, type SheetToWrite } from '../tabular/write.ts';
import type { Cell, Row } from '../tabular/cells.ts';
import { translator, type Translate } from '../texts/texts.ts';
import { localisedIn } from './report/draft.ts';
import { chartsOf, maxDrawn, type Drawing } from './summary-charts.ts';
import { basisOf, summaryTable, type ReportedSummary } from './summary-csv.ts';

interface Sheet {
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: readonly Row[];
  /** For one county: its groups, dimensions and places; for several: county beside county. */
  readonly draws?: Drawing;
}

/** The displayed number; empty if there is none. */
function shown(value: number | undefined, style: Rounding): Cell {
  return value === undefined ? null : { number: roundValue(value, style), decimals: style.decimals };
}

export function summaryXlsx(
  summaries: readonly ReportedSummary[],
  language: Language,
): AsyncGenerator<Uint8Array, void, undefined> {
  return xlsxChunks(workbook(summaries, language));
}

function* workbook(summaries: readonly ReportedSummary[], language: Language): Generator<SheetToWrite> {
  const t = translator(language);
  const sheets = subjects(summaries, language, t).filter((sheet) => sheet.rows.length > 0);
  const all = summaryTable(summaries, language);
  const rows = [...all.rows];
  const contents: Row[] = [
    ...sheets.map((sheet) => [sheet.name, sheet.rows.length]),
    [t('xlsx.sheet.all'), rows.length],
    ...summaries.map((s) => [
      t('xlsx.hidden', { county: s.county.name, minimum: s.profile.minimumCell }),
      null,
    ]),
    ...summaries
      .filter((s) => s.campaign.selfAdministered)
      .map((s) => [`${s.county.name}${t('staff.colon')}${t('staff.note.self-administered')}`, null]),
  ];
  yield write({ name: t('xlsx.sheet.contents'), header: [t('xlsx.sheet'), t('xlsx.rows')], rows: contents });
  for (const sheet of sheets)
    yield { ...write(sheet), ...(sheet.draws && { charts: chartsOf(t, sheet, sheet.draws) }) };
  yield write({ name: t('xlsx.sheet.all'), header: all.header, rows });
}

function write(sheet: Pick<Sheet, 'name' | 'header' | 'rows'>): SheetToWrite {
  const widths = sheet.header.map((head, i) => {
    const longest = sheet.rows
      .slice(0, 200)
      .reduce((most, row) => Math.max(most, widthOf(row[i] ?? null)), widthOf(head) + 3);
    return Math.min(48, Math.max(8, longest + 1));
  });
  const { name, header, rows } = sheet;
  return { name, header, rows, widths, filtered: true };
}

/** A Chinese character is as wide as two digits. */
function widthOf(cell: Cell): number {
  if (cell === null) return 0;
  const text = typeof cell === 'object' ? String(cell.number) : String(cell);
  return [...text].reduce((sum, c) => sum + (c > '\u2e7f' ? 2 : 1), 0);
}

function subjects(summaries: readonly ReportedSummary[], language: Language, t: Translate): readonly Sheet[] {
  const text = localisedIn(language);
  const titleOf = ({ title, scored }: { readonly title: LocalisedText; readonly scored?: false }) =>
    text(title) + (scored === false ? t('staff.summary.unscored') : '');
  const group = (id: string | null) => (id === null ? t('staff.all-groups') : t(`summary-csv.group.${id}`));
  const head = (...keys: readonly string[]) => [
    t('xlsx.code'),
    t('xlsx.county'),
    ...keys.map((key) => t(key)),
  ];
  const each = (f: (s: ReportedSummary) => Iterable<Row>): readonly Row[] =>
    summaries.flatMap((s) => [...f(s)].map((row): Row => [s.county.code, s.county.name, ...row]));
  const count = (n: Count): Cell => (n.kind === 'count' ? n.value : null);
  /** Value, interval, people, item answers, and why there is none. */
  const figure = (f: Figure, style: FigureStyle): Row => {
    if (f.kind !== 'estimate')
      return [
        null,
        null,
        null,
        null,
        null,
        t(f.kind === 'suppressed' ? `figure.suppressed.${f.why}` : `figure.${f.kind}`),
      ];
    const { people, itemAnswers } = basisOf(f, style);
    return [
      shown(f.value, style),
      shown(f.interval?.low, style),
      shown(f.interval?.high, style),
      people,
      itemAnswers,
      null,
    ];
  };
  const figureHead = [
    'results.plot.value',
    'xlsx.low',
    'xlsx.high',
    'staff.figure.people',
    'staff.figure.item-answers',
    'xlsx.note',
  ];
  const rate = (f: Figure, style: Rounding): Row =>
    f.kind === 'estimate'
      ? [shown(f.value, style), f.n, f.denominator, null]
      : [null, null, null, t(f.kind === 'suppressed' ? `figure.suppressed.${f.why}` : `figure.${f.kind}`)];
  const scores = (names: string): Pick<Drawing, 'columns' | 'unit'> => ({
    columns: {
      names: t(names),
      values: t('results.plot.value'),
      bounds: [t('xlsx.low'), t('xlsx.high')],
      threshold: t('xlsx.threshold'),
    },
    unit: t('xlsx.chart.points'),
  });
  /** For a single county; for several there would be too many. */
  const ofCounty = (drawing: (county: string) => Drawing) =>
    summaries.length === 1 ? { draws: drawing(summaries[0]!.county.name) } : {};
  const rateHead = ['xlsx.percent', 'xlsx.numerator', 'xlsx.denominator', 'xlsx.note'];
  return [
    {
      name: t('xlsx.sheet.counties'),
      header: head('results.verdict', ...figureHead, 'xlsx.threshold', 'xlsx.meets', ...rateHead.slice(0, 1)),
      rows: each(function* (s) {
        const total = s.returnRates.find((r) => r.group === null)?.figure;
        yield [
          t(`headline.${headlineOf(s)}`),
          ...figure(s.official, pointStyle(s)),
          s.threshold.value,
          s.official.kind === 'estimate'
            ? t(s.official.value >= s.threshold.value ? 'verdict.met' : 'verdict.not-met')
            : null,
          total?.kind === 'estimate' ? shown(total.value, returnStyle(s)) : null,
        ];
      }),
      draws: { ...scores('xlsx.county'), keyOf: () => 'all', titleOf: () => t('xlsx.chart.counties') },
    },
    {
      name: t('xlsx.sheet.formulas'),
      header: head('staff.summary.formula', 'xlsx.official', ...figureHead, 'xlsx.meets', 'report.why'),
      rows: each((s) =>
        s.formulas.map((f): Row => {
          const why = s.differences.find((d) => d.formula === f.id);
          return [
            text(f.formula.title),
            f.official ? t('staff.summary.official') : null,
            ...figure(f.figure, pointStyle(s, f.formula)),
            f.meets === null ? null : t(f.meets ? 'verdict.met' : 'verdict.not-met'),
            why
              ? t(why.message, { ...why.params, ...(why.optionTitle && { option: text(why.optionTitle) }) })
              : null,
          ];
        }),
      ),
    },
    {
      name: t('xlsx.sheet.groups'),
      header: head(
        'staff.field.group',
        'xlsx.weight',
        'staff.summary.responses',
        ...figureHead,
        'xlsx.threshold',
      ),
      // Counties stand side by side within a group.
      rows: groupsOf(summaries).flatMap((id) =>
        each((s) =>
          s.groups
            .filter((g) => g.group === id)
            .map((g): Row => [
              group(g.group),
              { number: roundValue(100 * g.weight, { decimals: 1, threshold: null }), decimals: 1 },
              count(g.responses),
              ...figure(g.figure, pointStyle(s)),
              s.threshold.value,
            ]),
        ),
      ),
      draws:
        summaries.length === 1
          ? {
              ...scores('staff.field.group'),
              keyOf: () => 'all',
              titleOf: () => t('xlsx.chart.groups', { county: summaries[0]!.county.name }),
            }
          : {
              ...scores('xlsx.county'),
              keyOf: ([, , name = '']) => name,
              titleOf: ([, , name = '']) => t('xlsx.chart.counties-of', { group: name }),
            },
    },
    {
      name: t('xlsx.sheet.dimensions'),
      header: head('staff.summary.dimension', 'staff.field.group', ...figureHead, 'xlsx.threshold'),
      rows: each(function* (s) {
        const row = (d: DimensionFigure, of: string | null): Row => [
          titleOf(d),
          group(of),
          ...figure(d.figure, pointStyle(s)),
          s.threshold.value,
        ];
        for (const d of s.dimensions) yield row(d, null);
        for (const g of s.groups)
          for (const d of s.dimensions) {
            const own = g.dimensions.find(({ id }) => id === d.id);
            if (own) yield row({ ...d, figure: own.figure }, g.group);
          }
      }),
      ...ofCounty((county) => ({
        ...scores('staff.summary.dimension'),
        keyOf: ([, , , of = '']) => of,
        titleOf: ([, , , of = '']) =>
          of === group(null)
            ? t('xlsx.chart.dimensions', { county })
            : t('xlsx.chart.dimensions-of', { county, group: of }),
      })),
    },
    {
      name: t('xlsx.sheet.items'),
      header: head('staff.field.group', 'staff.summary.item', 'xlsx.item-id', ...figureHead),
      rows: each((s) =>
        s.groups.flatMap((g) =>
          g.items.map((i): Row => [
            group(g.group),
            titleOf(i),
            i.id,
            ...figure(i.figure, itemStyle(i, pointStyle(s))),
          ]),
        ),
      ),
    },
    {
      name: t('xlsx.sheet.options'),
      header: head(
        'staff.field.group',
        'staff.summary.item',
        'results.items.option',
        'staff.figure.people',
        'xlsx.note',
      ),
      rows: each((s) => optionRows(s, t, text, group)),
    },
    {
      name: t('xlsx.sheet.places'),
      header: head(
        'staff.field.unit',
        'staff.field.group',
        'results.units.level',
        'staff.rates.issued',
        'staff.summary.responses',
        'staff.rates.return',
        ...figureHead,
        'xlsx.threshold',
      ),
      // The lowest first, so that a chart of the first ones shows the weakest.
      rows: each((s) =>
        lowestFirst(s.schools).map((u): Row => [
          u.name === '' ? t('staff.level.rest') : u.name,
          group(u.group),
          t(`results.units.level.${u.level}`),
          count(u.issued),
          count(u.responses),
          u.returnRate.kind === 'estimate' ? shown(u.returnRate.value, returnStyle(s)) : null,
          ...figure(u.figure, pointStyle(s)),
          s.threshold.value,
        ]),
      ),
      ...ofCounty((county) => ({
        ...scores('staff.field.unit'),
        keyOf: ([, , , of = '', level = '']) => `${of} ${level}`,
        titleOf: ([, , , of = '', level = ''], cut) =>
          t(cut ? 'xlsx.chart.lowest-places' : 'xlsx.chart.places', {
            county,
            group: of,
            level,
            count: maxDrawn,
          }),
        ranked: true,
      })),
    },
    {
      name: t('xlsx.sheet.locations'),
      header: head('staff.field.location', 'staff.field.group', ...figureHead),
      rows: each((s) =>
        s.locations.flatMap(({ location, groups }) =>
          groups.map((g): Row => [
            t(`staff.location.${location}`),
            group(g.group),
            ...figure(g.figure, pointStyle(s)),
          ]),
        ),
      ),
    },
    {
      name: t('xlsx.sheet.return'),
      header: head('xlsx.rate', 'staff.field.group', ...rateHead, 'report.floor'),
      rows: each(function* (s) {
        for (const r of s.returnRates)
          yield [t('staff.rates.return'), group(r.group), ...rate(r.figure, returnStyle(s)), r.floor];
        for (const { group: of, rates } of s.responseRates)
          for (const { name, figure: f } of rates) yield [name, group(of), ...rate(f, rateStyle), null];
        yield [t('staff.summary.reanswers'), group(null), ...rate(s.reanswers.total, rateStyle), null];
      }),
      ...ofCounty((county) => ({
        columns: { names: t('staff.field.group'), values: t('xlsx.percent'), threshold: t('report.floor') },
        unit: '%',
        keyOf: ([, , name]) => (name === t('staff.rates.return') ? 'all' : null),
        titleOf: () => t('xlsx.chart.return', { county }),
      })),
    },
    {
      name: t('xlsx.sheet.first'),
      header: head('staff.field.group', 'xlsx.answers', ...figureHead),
      rows: each(function* (s) {
        const style = pointStyle(s);
        yield [group(null), t('staff.summary.by-first'), ...figure(s.first.official, style)];
        for (const g of s.first.groups)
          yield [group(g.group), t('staff.summary.by-first'), ...figure(g.figure, style)];
        yield [group(null), t('staff.summary.by-last'), ...figure(s.official, style)];
        for (const g of s.groups)
          yield [group(g.group), t('staff.summary.by-last'), ...figure(g.figure, style)];
      }),
    },
    {
      name: t('xlsx.sheet.channels'),
      header: head(
        'staff.summary.source',
        'staff.summary.is-counted',
        'staff.field.group',
        'staff.summary.responses',
        ...figureHead,
      ),
      rows: each(function* (s) {
        const counted = (yes: boolean) => t(yes ? 'staff.summary.counted' : 'staff.summary.not-counted');
        for (const c of s.channels)
          for (const g of c.groups)
            yield [
              t(`staff.channel.${c.channel}`),
              counted(c.counted),
              group(g.group),
              count(g.responses),
              ...figure(g.figure, pointStyle(s)),
            ];
        for (const c of s.sets)
          for (const g of c.groups)
            yield [
              t(`staff.set.${c.set}`),
              counted(c.counted),
              group(g.group),
              count(g.responses),
              ...figure(g.figure, pointStyle(s)),
            ];
      }),
    },
    {
      name: t('xlsx.sheet.signals'),
      header: head('staff.field.unit', 'staff.field.group', 'staff.summary.integrity.signal'),
      rows: each((s) =>
        s.signals.map((signal): Row => [
          signal.name === '' ? t('staff.level.rest') : signal.name,
          group(signal.group),
          t(`signal.${signal.kind}`),
        ]),
      ),
    },
    {
      name: t('xlsx.sheet.evidence'),
      header: head('staff.log.origin', 'staff.log.size', 'staff.log.root', 'staff.summary.profile-hash'),
      rows: each((s) => [[s.log?.origin ?? null, s.log?.size ?? null, s.log?.root ?? null, s.profile.hash]]),
    },
  ];
}

/** In the order of the first county that has them. */
const groupsOf = (summaries: readonly Summary[]) => [
  ...new Set(summaries.flatMap((s) => s.groups.map((g) => g.group))),
];

/** By group, then by kind of unit, then by score; those without a score come last. */
function lowestFirst(units: readonly SchoolSummary[]): readonly SchoolSummary[] {
  const groups = [...new Set(units.map((u) => u.group))];
  const score = ({ figure }: SchoolSummary) => (figure.kind === 'estimate' ? figure.value : Infinity);
  const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);
  return [...units].sort(
    (a, b) =>
      groups.indexOf(a.group) - groups.indexOf(b.group) ||
      reportingLevels.indexOf(a.level) - reportingLevels.indexOf(b.level) ||
      compare(score(a), score(b)),
  );
}

function* optionRows(
  s: Summary,
  t: Translate,
  text: ReturnType<typeof localisedIn>,
  group: (id: string | null) => string,
): Generator<Row> {
  for (const g of s.groups)
    for (const item of g.items) {
      const name = [group(g.group), text(item.title)];
      const d = item.distribution;
      if (d.kind === 'options') {
        for (const o of d.options) yield [...name, text(o.title), o.count, null];
        if (item.type === 'rating') yield [...name, t('staff.summary.dont-know'), d.dontKnow, null];
        yield [...name, t('staff.summary.blank'), d.blank, null];
      } else if (d.kind === 'suppressed') yield [...name, null, null, t(`figure.suppressed.${d.why}`)];
    }
}

/**
 * Summaries as one long table, one line per figure, for spreadsheets and statistics programs; several counties follow one
 * another. Values are unrounded, in points or percent, with the displayed form beside them. A suppressed figure has no value and
 * a reason.
 */
import type { LogStatus } from '../domain/evidence/witness.ts';
import type { AuditStatus } from '../domain/model/audit.ts';
import type { MessageParams } from '../domain/errors.ts';
import type { Estimate, Figure } from '../domain/scoring/figure.ts';
import {
  formatValue,
  itemStyle,
  moreResponsesMessage,
  pointStyle,
  rateStyle,
  returnStyle,
  verdictReasonParams,
  type FigureStyle,
  type Rounding,
} from '../domain/scoring/format.ts';
import type { Count, DimensionFigure, ItemFigure, Summary } from '../domain/scoring/summary/summary-types.ts';
import type { Verdict } from '../domain/scoring/summary/verdict.ts';
import type { Language } from '../domain/model/vocabulary.ts';
import { mainLanguage, translator, type Translate } from '../texts/texts.ts';
import { csvChunks } from '../tabular/write.ts';

type Row = readonly (string | number | null)[];

export interface ReportedSummary extends Summary {
  readonly log: LogStatus | null;
  readonly audit: AuditStatus | null;
}

const columns = [
  'campaign',
  'county-code',
  'county',
  'figure',
  'group',
  'place',
  'id',
  'title',
  'official',
  'formula',
  'value',
  'people',
  'item-answers',
  'out-of',
  'se',
  'low',
  'high',
  'level',
  'method',
  'shown',
  'shown-low',
  'shown-high',
  'note',
] as const;

const shownAt = columns.indexOf('shown') - columns.indexOf('people');

export interface Line {
  readonly figure: string;
  readonly group?: string | null;
  readonly place?: string;
  readonly id?: string;
  readonly title?: string;
  readonly official?: boolean;
  readonly value: Explained | Count | Text;
}
/** A figure, its displayed form, and a sentence about it. */
type Explained = Figure & {
  readonly style: FigureStyle;
  readonly message?: string;
  readonly params?: MessageParams;
};
/** A sentence or a number about the figures, not one of them. */
interface Text {
  readonly kind: 'text';
  readonly value?: number;
  /** Absent: a whole number that counts something. */
  readonly rounding?: Rounding;
  readonly message?: string;
  readonly params?: MessageParams;
}

export function summaryCsv(
  summaries: readonly ReportedSummary[],
  language: Language,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { header, rows } = summaryTable(summaries, language);
  return csvChunks(header, rows);
}

/** The same before it is written: files of this kind are compared with these rows. */
export function summaryTable(
  summaries: readonly ReportedSummary[],
  language: Language,
): { readonly header: readonly string[]; readonly rows: Iterable<Row> } {
  const t = translator(language);
  const header = columns.map((column) => t(`summary-csv.column.${column}`));
  const text = (title: Readonly<Record<string, string>>) => title[language] ?? title[mainLanguage] ?? '';

  function* rows(): Generator<Row> {
    for (const summary of summaries)
      for (const line of summaryLines(summary, text))
        yield [
          summary.campaign.name,
          summary.county.code,
          summary.county.name,
          t(`summary-csv.figure.${line.figure}`),
          line.group ? t(`summary-csv.group.${line.group}`) : '',
          line.place ?? '',
          line.id ?? '',
          line.title ?? '',
          line.official ? t('summary-csv.official') : '',
          ...cells(line.value),
        ];
  }
  const nothing = Array<null>(columns.indexOf('note') - columns.indexOf('people')).fill(null);
  function cells(value: Explained | Count | Text): Row {
    switch (value.kind) {
      case 'estimate': {
        const { interval, style } = value;
        const { people, itemAnswers, outOf } = basisOf(value, style);
        return [
          value.formula,
          value.value,
          people,
          itemAnswers,
          outOf,
          value.se ?? null,
          interval?.low ?? null,
          interval?.high ?? null,
          interval?.level ?? null,
          interval ? t(`interval.method.${interval.method}`) : '',
          formatValue(value.value, style),
          interval ? formatValue(interval.low, style) : null,
          interval ? formatValue(interval.high, style) : null,
          value.message === undefined ? '' : t(value.message, value.params),
        ];
      }
      case 'count':
        return ['', value.value, ...nothing, ''];
      case 'text':
        return [
          '',
          value.value ?? null,
          ...nothing.map((cell, i) =>
            i === shownAt && value.value !== undefined && value.rounding
              ? formatValue(value.value, value.rounding)
              : cell,
          ),
          value.message === undefined ? '' : t(value.message, namedParams(t, value.params)),
        ];
      case 'suppressed':
        return ['', null, ...nothing, t(`figure.suppressed.${value.why}`)];
      case 'no-data':
        return ['', null, ...nothing, t('figure.no-data')];
      case 'not-released':
        return ['', null, ...nothing, t('figure.not-released')];
    }
  }
  return { header, rows: rows() };
}

/** Indexes of the parts of a line in its row. */
export const summaryColumns = {
  county: columns.indexOf('county-code'),
  figure: columns.indexOf('figure'),
  id: columns.indexOf('id'),
  title: columns.indexOf('title'),
  value: columns.indexOf('value'),
  /** Columns from here on describe the figure; those before identify it. */
  said: columns.indexOf('formula'),
} as const;
/** Lines about the log, which grows until the summary is checked again. */
export const logFigures = ['log-size', 'witnesses', 'witnesses-signed', 'audit'] as const;

/** The heading for each of a figure's numbers: people and their item answers are never in one column. */
export function basisOf(
  { n, denominator }: Estimate,
  { basis }: FigureStyle,
): {
  readonly people: number;
  readonly itemAnswers: number | null;
  readonly outOf: number | null;
} {
  return {
    people: n,
    itemAnswers: basis === 'answers' ? denominator : null,
    outOf: basis === 'rate' ? denominator : null,
  };
}

/** Parameters of a line's message, with the group by its name. */
export function namedParams(t: Translate, params: MessageParams = {}): MessageParams {
  return params['group'] ? { ...params, group: t(`summary-csv.group.${params['group']}`) } : params;
}

function dimensionFigure({ scored, compared }: DimensionFigure): string {
  if (scored === false) return 'dimension-unscored';
  return compared === false ? 'dimension-own' : 'dimension';
}

/** Every figure of a summary, in reading order. */
export function* summaryLines(
  s: ReportedSummary,
  text: (title: Readonly<Record<string, string>>) => string,
): Generator<Line> {
  const style = pointStyle(s);
  const returned = returnStyle(s);
  const points = (figure: Figure): Explained => ({ ...figure, style });
  yield { figure: 'official', official: true, value: points(s.official) };
  yield* verdictLines('verdict', s.verdict, returned);
  for (const f of s.formulas) {
    const why = s.differences.find((difference) => difference.formula === f.id);
    const option = why?.optionTitle ? { option: text(why.optionTitle) } : {};
    yield {
      figure: 'formula',
      id: f.id,
      title: text(f.formula.title),
      official: f.official,
      value: {
        ...f.figure,
        style: pointStyle(s, f.formula),
        ...(why ? { message: why.message, params: { ...why.params, ...option } } : {}),
      },
    };
  }
  if (s.moreResponses)
    yield {
      figure: 'more-responses',
      value: {
        kind: 'text',
        ...moreResponsesMessage(s.moreResponses, s.official, s.threshold.value),
        ...(s.moreResponses.kind === 'more' ? { value: s.moreResponses.responses } : {}),
      },
    };
  if (s.nonResponse) {
    yield { figure: 'bound-low', value: { kind: 'text', value: s.nonResponse.low, rounding: style } };
    yield { figure: 'bound-high', value: { kind: 'text', value: s.nonResponse.high, rounding: style } };
  }
  for (const r of s.returnRates)
    yield { figure: 'return-rate', group: r.group, value: { ...r.figure, style: returned } };
  for (const { group, rates } of s.responseRates)
    for (const { name, figure } of rates)
      yield {
        figure: 'outcome',
        group,
        id: name,
        value: { ...figure, style: rateStyle, message: `outcome.${name}` },
      };
  const items = function* (list: readonly ItemFigure[], group: string, place = ''): Generator<Line> {
    for (const i of list)
      yield {
        figure: i.scored === false ? 'item-unscored' : 'item',
        group,
        place,
        id: i.id,
        title: text(i.title),
        value: { ...i.figure, style: itemStyle(i, style) },
      };
  };
  for (const g of s.groups) {
    yield { figure: 'responses', group: g.group, value: g.responses };
    yield { figure: 'group', group: g.group, value: points(g.figure) };
    for (const d of g.dimensions)
      yield {
        figure: dimensionFigure(d),
        group: g.group,
        id: d.id,
        title: text(d.title),
        value: points(d.figure),
      };
    yield* items(g.items, g.group);
  }
  for (const d of s.dimensions)
    yield { figure: dimensionFigure(d), id: d.id, title: text(d.title), value: points(d.figure) };
  for (const p of s.schools) {
    yield { figure: 'issued', group: p.group, place: p.name, value: p.issued };
    yield { figure: 'responses', group: p.group, place: p.name, value: p.responses };
    yield {
      figure: 'return-place',
      group: p.group,
      place: p.name,
      value: { ...p.returnRate, style: returned },
    };
    yield { figure: 'place', group: p.group, place: p.name, value: points(p.figure) };
    yield* items(p.items, p.group, p.name);
  }
  for (const { location, groups } of s.locations)
    for (const g of groups)
      yield { figure: 'location', group: g.group, place: location, value: points(g.figure) };
  for (const { channel, groups } of s.channels)
    for (const g of groups)
      yield { figure: 'channel', group: g.group, place: channel, value: points(g.figure) };
  for (const { set, groups } of s.sets)
    for (const g of groups) yield { figure: 'set', group: g.group, place: set, value: points(g.figure) };
  yield { figure: 'first', value: points(s.first.official) };
  for (const g of s.first.groups) yield { figure: 'first', group: g.group, value: points(g.figure) };
  yield { figure: 'reanswers', value: { ...s.reanswers.total, style: rateStyle } };
  for (const r of s.reanswers.strata)
    yield {
      figure: 'reanswers',
      group: r.group,
      place: r.name,
      value: { ...r.figure, style: rateStyle },
    };
  for (const { kind, group, name, lot } of s.signals)
    yield {
      figure: 'signal',
      group,
      place: name,
      id: kind,
      value: { kind: 'text', message: `signal.${kind}`, ...(lot === null ? {} : { value: lot }) },
    };
  if (s.withoutFlagged) yield* withoutFlaggedLines(s.withoutFlagged, style, returned);
  if (s.log) yield* logLines(s.log);
  if (s.audit)
    yield { figure: 'audit', id: new Date(s.audit.at).toISOString(), value: counted(s.audit.differences) };
}

const counted = (value: number): Count => ({ kind: 'count', value });

/** The checkpoint that verifies the figures, and who outside holds which size. */
function* logLines({ origin, size, root, held }: LogStatus): Generator<Line> {
  yield { figure: 'log-size', id: root, title: origin, value: counted(size) };
  if (held.length === 0) yield { figure: 'witnesses', id: String(size), value: counted(0) };
  for (const h of held) {
    yield { figure: 'witnesses', id: String(h.size), value: counted(h.witnesses) };
    yield { figure: 'witnesses-signed', id: String(h.size), value: counted(h.signed) };
  }
}

function* withoutFlaggedLines(
  without: NonNullable<Summary['withoutFlagged']>,
  style: FigureStyle,
  rates: Rounding,
): Generator<Line> {
  const points = (figure: Figure): Explained => ({ ...figure, style });
  yield { figure: 'without-flagged', official: true, value: points(without.official) };
  for (const g of without.groups)
    yield { figure: 'without-flagged', group: g.group, value: points(g.figure) };
  yield { figure: 'without-flagged-first', value: points(without.first.official) };
  for (const g of without.first.groups)
    yield { figure: 'without-flagged-first', group: g.group, value: points(g.figure) };
  yield* verdictLines('verdict-without-flagged', without.verdict, rates);
}

/** The verdict, and each reason against one. */
function* verdictLines(figure: string, verdict: Verdict, rates: Rounding): Generator<Line> {
  yield { figure, value: { kind: 'text', message: `verdict.${verdict.kind}` } };
  if (verdict.kind !== 'insufficient') return;
  for (const reason of verdict.reasons)
    yield {
      figure,
      id: reason.code,
      group: 'group' in reason ? reason.group : null,
      value: {
        kind: 'text',
        message: `verdict.reason.${reason.code}`,
        params: verdictReasonParams(reason, rates),
      },
    };
}

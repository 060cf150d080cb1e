/**
 * Summaries as one long table, one line a figure, for spreadsheets and statistics programs: several counties stand one under the other. Values are unrounded
 * and in points or percent; a figure that may not be shown has no value and says why.
 */
import type { LogStatus } from '../domain/evidence/witness.ts';
import type { MessageParams } from '../domain/errors.ts';
import type { Figure } from '../domain/scoring/figure.ts';
import type { Count, ItemFigure, Summary } from '../domain/scoring/summary-types.ts';
import type { Verdict } from '../domain/scoring/verdict.ts';
import type { Language } from '../domain/vocabulary.ts';
import { mainLanguage, translator, type Translate } from '../messages/messages.ts';
import { csvChunks, type Row } from '../tabular/write.ts';

export interface ReportedSummary extends Summary {
  readonly log: LogStatus | null;
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
  'n',
  'denominator',
  'se',
  'low',
  'high',
  'level',
  'method',
  'note',
] as const;

export interface Line {
  readonly figure: string;
  readonly group?: string | null;
  readonly place?: string;
  readonly id?: string;
  readonly title?: string;
  readonly official?: boolean;
  readonly value: Explained | Count | Text;
}
/** A figure, and a sentence beside it. */
type Explained = Figure & { readonly message?: string; readonly params?: MessageParams };
/** A sentence or a number about the figures, not one of them. */
interface Text {
  readonly kind: 'text';
  readonly value?: number;
  readonly message?: string;
  readonly params?: MessageParams;
}

export function summaryCsv(
  summaries: readonly ReportedSummary[],
  language: Language,
): AsyncGenerator<Uint8Array, void, undefined> {
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
  const nothing = [null, null, null, null, null, null, null] as const;
  function cells(value: Explained | Count | Text): Row {
    switch (value.kind) {
      case 'estimate': {
        const { interval } = value;
        return [
          value.formula,
          value.value,
          value.n,
          value.denominator,
          value.se ?? null,
          interval?.low ?? null,
          interval?.high ?? null,
          interval?.level ?? null,
          interval ? t(`interval.method.${interval.method}`) : '',
          value.message === undefined ? '' : t(value.message, value.params),
        ];
      }
      case 'count':
        return ['', value.value, ...nothing, ''];
      case 'text':
        return [
          '',
          value.value ?? null,
          ...nothing,
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
  return csvChunks(header, rows());
}

/** Parameters of a line's message, with the group by its name. */
export function namedParams(t: Translate, params: MessageParams = {}): MessageParams {
  return params['group'] ? { ...params, group: t(`summary-csv.group.${params['group']}`) } : params;
}

/** Every figure of a summary, in the order in which it is read. */
export function* summaryLines(
  s: ReportedSummary,
  text: (title: Readonly<Record<string, string>>) => string,
): Generator<Line> {
  yield { figure: 'official', official: true, value: s.official };
  yield* verdictLines('verdict', s.verdict);
  for (const f of s.formulas) {
    const why = s.differences.find((difference) => difference.formula === f.id);
    const option = why?.optionTitle ? { option: text(why.optionTitle) } : {};
    yield {
      figure: 'formula',
      id: f.id,
      title: text(f.formula.title),
      official: f.official,
      value: why ? { ...f.figure, message: why.message, params: { ...why.params, ...option } } : f.figure,
    };
  }
  if (s.moreResponses)
    yield {
      figure: 'more-responses',
      value: {
        kind: 'text',
        message: `more-responses.${s.moreResponses.kind}`,
        ...(s.moreResponses.kind === 'more'
          ? { value: s.moreResponses.responses, params: { responses: s.moreResponses.responses } }
          : {}),
      },
    };
  if (s.nonResponse) {
    yield { figure: 'bound-low', value: { kind: 'text', value: s.nonResponse.low } };
    yield { figure: 'bound-high', value: { kind: 'text', value: s.nonResponse.high } };
  }
  for (const r of s.returnRates) yield { figure: 'return-rate', group: r.group, value: r.figure };
  for (const { group, rates } of s.responseRates)
    for (const { name, figure } of rates)
      yield {
        figure: 'outcome',
        group,
        id: name,
        value: { ...figure, message: `outcome.${name}` },
      };
  const items = function* (list: readonly ItemFigure[], group: string, place = ''): Generator<Line> {
    for (const i of list)
      yield { figure: 'item', group, place, id: i.id, title: text(i.title), value: i.figure };
  };
  for (const g of s.groups) {
    yield { figure: 'responses', group: g.group, value: g.responses };
    yield { figure: 'group', group: g.group, value: g.figure };
    for (const d of g.dimensions)
      yield { figure: 'dimension', group: g.group, id: d.id, title: text(d.title), value: d.figure };
    yield* items(g.items, g.group);
  }
  for (const d of s.dimensions)
    yield { figure: 'dimension', id: d.id, title: text(d.title), value: d.figure };
  for (const p of s.schools) {
    yield { figure: 'issued', group: p.group, place: p.name, value: p.issued };
    yield { figure: 'responses', group: p.group, place: p.name, value: p.responses };
    yield { figure: 'return-place', group: p.group, place: p.name, value: p.returnRate };
    yield { figure: 'place', group: p.group, place: p.name, value: p.figure };
    yield* items(p.items, p.group, p.name);
  }
  for (const { location, groups } of s.locations)
    for (const g of groups) yield { figure: 'location', group: g.group, place: location, value: g.figure };
  for (const { channel, groups } of s.channels)
    for (const g of groups) yield { figure: 'channel', group: g.group, place: channel, value: g.figure };
  for (const { set, groups } of s.sets)
    for (const g of groups) yield { figure: 'set', group: g.group, place: set, value: g.figure };
  yield { figure: 'first', value: s.first.official };
  for (const g of s.first.groups) yield { figure: 'first', group: g.group, value: g.figure };
  yield { figure: 'reanswers', value: s.reanswers.total };
  for (const r of s.reanswers.strata)
    yield { figure: 'reanswers', group: r.group, place: r.name, value: r.figure };
  for (const { kind, group, name, lot } of s.signals)
    yield {
      figure: 'signal',
      group,
      place: name,
      id: kind,
      value: { kind: 'text', message: `signal.${kind}`, ...(lot === null ? {} : { value: lot }) },
    };
  if (s.withoutFlagged) yield* withoutFlaggedLines(s.withoutFlagged);
  if (s.log) yield* logLines(s.log);
}

const counted = (value: number): Count => ({ kind: 'count', value });

/** The checkpoint that the figures can be verified by, and who outside holds which size. */
function* logLines({ origin, size, root, held }: LogStatus): Generator<Line> {
  yield { figure: 'log-size', id: root, title: origin, value: counted(size) };
  if (held.length === 0) yield { figure: 'witnesses', id: String(size), value: counted(0) };
  for (const h of held) {
    yield { figure: 'witnesses', id: String(h.size), value: counted(h.witnesses) };
    yield { figure: 'witnesses-signed', id: String(h.size), value: counted(h.signed) };
  }
}

function* withoutFlaggedLines(without: NonNullable<Summary['withoutFlagged']>): Generator<Line> {
  yield { figure: 'without-flagged', official: true, value: without.official };
  for (const g of without.groups) yield { figure: 'without-flagged', group: g.group, value: g.figure };
  yield { figure: 'without-flagged-first', value: without.first.official };
  for (const g of without.first.groups)
    yield { figure: 'without-flagged-first', group: g.group, value: g.figure };
  yield* verdictLines('verdict-without-flagged', without.verdict);
}

/** The verdict, and each reason against one. */
function* verdictLines(figure: string, verdict: Verdict): Generator<Line> {
  yield { figure, value: { kind: 'text', message: `verdict.${verdict.kind}` } };
  if (verdict.kind !== 'insufficient') return;
  for (const { code, ...params } of verdict.reasons)
    yield {
      figure,
      id: code,
      group: 'group' in params ? params.group : null,
      value: {
        kind: 'text',
        message: `verdict.reason.${code}`,
        params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, value ?? ''])),
      },
    };
}

/**
 * Summaries as one long table, one line a figure, for spreadsheets and statistics programs: several counties stand one under the other. Values are unrounded
 * and in points or percent; a figure that may not be shown has no value and says why.
 */
import type { LogStatus } from '../domain/evidence/witness.ts';
import type { Figure } from '../domain/scoring/figure.ts';
import type { Count, ItemFigure, Summary } from '../domain/scoring/summary-types.ts';
import type { Language } from '../domain/vocabulary.ts';
import { mainLanguage, translator } from '../messages/messages.ts';
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
  'note',
] as const;

export interface Line {
  readonly figure: string;
  readonly group?: string | null;
  readonly place?: string;
  readonly id?: string;
  readonly title?: string;
  readonly official?: boolean;
  readonly value: Figure | Count;
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
  function cells(value: Figure | Count): Row {
    switch (value.kind) {
      case 'estimate':
        return [value.formula, value.value, value.n, value.denominator, ''];
      case 'count':
        return ['', value.value, null, null, ''];
      case 'suppressed':
        return ['', null, null, null, t(`figure.suppressed.${value.why}`)];
      case 'no-data':
        return ['', null, null, null, t('figure.no-data')];
      case 'not-released':
        return ['', null, null, null, t('figure.not-released')];
    }
  }
  return csvChunks(header, rows());
}

/** Every figure of a summary, in the order in which it is read. */
export function* summaryLines(
  s: ReportedSummary,
  text: (title: Readonly<Record<string, string>>) => string,
): Generator<Line> {
  yield { figure: 'official', official: true, value: s.official };
  for (const f of s.formulas)
    yield {
      figure: 'formula',
      id: f.id,
      title: text(f.formula.title),
      official: f.official,
      value: f.figure,
    };
  for (const r of s.returnRates) yield { figure: 'return-rate', group: r.group, value: r.figure };
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

/**
 * The comparison of a split ballot's arms as a table: one line for each measure and arm, with its difference from the first arm.
 */
import type { Language } from '../domain/model/vocabulary.ts';
import type { BallotComparison } from '../domain/scoring/ballot/compare.ts';
import type { Figure } from '../domain/scoring/figure.ts';
import { csvChunks } from '../tabular/write.ts';
import type { Row } from '../tabular/cells.ts';
import { translator } from '../texts/texts.ts';

const columns = [
  'county-code',
  'county',
  'group',
  'arm',
  'scale',
  'main',
  'share',
  'measure',
  'dimension',
  'value',
  'people',
  'rank',
  'difference',
  'difference-se',
  'low',
  'high',
  'level',
  'note',
] as const;

export function ballotCsv(
  comparison: BallotComparison,
  language: Language,
): AsyncGenerator<Uint8Array, void, undefined> {
  const t = translator(language);
  const yes = (is: boolean) => (is ? t('ballot.yes') : '');
  function* rows(): Generator<Row> {
    for (const { group, arms, measures } of comparison.groups)
      for (const { measure, title, figures, differences, ranks } of measures)
        for (const [i, { arm, scale, isMain, share }] of arms.entries())
          yield [
            comparison.county.code,
            comparison.county.name,
            t(`summary-csv.group.${group}`),
            arm,
            t(`ballot.scale.${scale}`),
            yes(isMain),
            share,
            t(`ballot.measure.${measure}`),
            title ? (title[language] ?? title['zh-CN'] ?? '') : '',
            ...valueCells(figures[i]!),
            ranks[i] ?? null,
            ...differenceCells(differences[i]!),
            noteOf(figures[i]!),
          ];
  }
  const noteOf = (figure: Figure) =>
    figure.kind === 'suppressed'
      ? t(`figure.suppressed.${figure.why}`)
      : figure.kind === 'estimate'
        ? ''
        : t('figure.no-data');
  return csvChunks(
    columns.map((column) => t(`ballot.column.${column}`)),
    rows(),
  );
}

function valueCells(figure: Figure): Row {
  return figure.kind === 'estimate' ? [figure.value, figure.n] : [null, null];
}

function differenceCells(figure: Figure): Row {
  if (figure.kind !== 'estimate') return [null, null, null, null, null];
  const { value, se = null, interval } = figure;
  return [value, se, interval?.low ?? null, interval?.high ?? null, interval?.level ?? null];
}

/** The rectification list as a workbook for offices: tasks, results of re-inspections, and the re-survey. */
import type { RectificationBody } from '../domain/inspection/rectification.ts';
import type { RectificationRule } from '../domain/inspection/rectification-rule.ts';
import type { ItemDifference } from '../domain/inspection/resurvey.ts';
import type { Language } from '../domain/model/vocabulary.ts';
import { formatSigned, formatValue, type FigureStyle } from '../domain/scoring/format.ts';
import type { Figure } from '../domain/scoring/figure.ts';
import { xlsxChunks, type SheetToWrite } from '../tabular/write.ts';
import { translator } from '../texts/texts.ts';
import { localisedIn } from './report/draft.ts';

export interface RectificationList {
  readonly body: RectificationBody;
  readonly rule: RectificationRule | null;
  readonly resurveys: readonly {
    readonly name: string;
    readonly decimals: number;
    readonly style: FigureStyle;
    /** By number of the task. */
    readonly items: ReadonlyMap<number, ItemDifference>;
  }[];
}

export function rectificationXlsx(
  { body, rule, resurveys }: RectificationList,
  language: Language,
): AsyncGenerator<Uint8Array, void, undefined> {
  const t = translator(language);
  const text = localisedIn(language);
  const figure = (own: Figure, style: FigureStyle) =>
    own.kind === 'estimate'
      ? { number: Number(formatValue(own.value, style)), decimals: style.decimals }
      : '–';
  const sheets: SheetToWrite[] = [
    {
      name: t('inspection.tasks'),
      header: [
        t('inspection.archive.no'),
        t('inspection.task.problem'),
        t('inspection.task.source'),
        t('inspection.task.found'),
        t('inspection.task.unit'),
        t('inspection.task.role'),
        t('inspection.task.measure'),
        t('inspection.task.due'),
        t('inspection.task.state'),
        t('inspection.task.evidence'),
        t('inspection.stage.opinion'),
      ],
      rows: body.tasks.map((task) => [
        { number: task.no, decimals: 0 },
        text(task.title),
        t(`inspection.finding.${task.kind}`),
        text(task.found),
        task.owner?.unit ?? '',
        task.owner?.role ?? '',
        task.measure,
        task.due ?? '',
        t(`inspection.task.state.${task.state}`),
        task.evidence.map((e) => `${e.on} ${e.text}`).join(t('results.semicolon')),
        task.opinion,
      ]),
      widths: [6, 40, 12, 40, 20, 12, 36, 12, 12, 36, 24],
    },
  ];
  if (body.rounds.length > 0)
    sheets.push({
      name: t('inspection.reinspection'),
      header: [
        t('inspection.round'),
        t('inspection.archive.no'),
        t('inspection.task.problem'),
        t('inspection.round.result'),
        t('inspection.round.note'),
        t('inspection.round.of-all'),
      ],
      rows: body.rounds.flatMap((round, i) =>
        round.drawn.map((no) => {
          const check = round.checks.find((own) => own.no === no);
          const title = rule?.rounds.find((r) => r.id === round.round)?.title;
          return [
            `${i + 1} ${title ? text(title) : round.round}`,
            { number: no, decimals: 0 },
            text(body.tasks.find((task) => task.no === no)?.title ?? {}),
            check ? t(`inspection.round.${check.passes ? 'passes' : 'fails'}`) : t('inspection.round.unseen'),
            check?.note ?? '',
            t(`inspection.round.outcome.${round.outcome ?? 'open'}`),
          ];
        }),
      ),
      widths: [24, 6, 40, 12, 36, 16],
    });
  for (const [i, own] of resurveys.entries())
    sheets.push({
      name: `${t('inspection.resurvey')} ${i + 1}`,
      header: [
        t('inspection.archive.no'),
        t('inspection.task.problem'),
        t('inspection.resurvey.before'),
        t('inspection.resurvey.now'),
        t('compare.difference'),
        t('compare.difference.interval'),
        own.name,
      ],
      rows: body.tasks.flatMap((task) => {
        const item = own.items.get(task.no);
        if (!item) return [];
        const { trend } = item;
        return [
          [
            { number: task.no, decimals: 0 },
            text(task.title),
            figure(item.before, own.style),
            figure(item.now, own.style),
            trend.kind === 'difference' ? formatSigned(trend.value, own.decimals) : '–',
            trend.kind === 'difference'
              ? t('inspection.resurvey.interval', {
                  low: formatSigned(trend.interval.low, own.decimals),
                  high: formatSigned(trend.interval.high, own.decimals),
                })
              : '–',
            trend.kind === 'difference' ? t(`trend.${trend.change}`) : t(`trend.${trend.why}`),
          ],
        ];
      }),
      widths: [6, 40, 10, 10, 12, 24, 24],
    });
  return xlsxChunks(sheets);
}

/** The determination sheet as rows, from which workbook and paper are made. */
import type { Balance } from '../domain/inspection/balance.ts';
import type { Gate, Sheet } from '../domain/inspection/sheet.ts';
import { pointsText, requirementMet } from '../domain/inspection/sheet.ts';
import type { Regime } from '../domain/inspection/regime.ts';
import type { ArchiveBody, OtherFiguresBody, PartsBody, WorkBody } from '../domain/inspection/scores.ts';
import type { StagesBody } from '../domain/inspection/stages.ts';
import type { Language } from '../domain/model/vocabulary.ts';
import { formatAtMost, formatSigned, formatValue } from '../domain/scoring/format.ts';
import { xlsxChunks, type SheetToWrite } from '../tabular/write.ts';
import { gateName, gateReasons, gateState, overallText } from '../texts/gate-words.ts';
import { translator } from '../texts/texts.ts';
import { localisedIn } from './report/draft.ts';

export interface Determination {
  readonly campaign: { readonly name: string; readonly commissioner: string; readonly demo: boolean };
  readonly county: { readonly name: string };
  readonly regime: Regime;
  readonly sheet: Sheet;
  readonly reference: Gate | null;
  readonly balance: Balance | null;
  readonly work: WorkBody;
  readonly parts: PartsBody;
  readonly stages: StagesBody;
  readonly archive: ArchiveBody;
  readonly others: OtherFiguresBody;
}

export interface DeterminationTable {
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Parts of the text's width. */
  readonly widths: readonly number[];
}

export function determinationTables(d: Determination, language: Language): readonly DeterminationTable[] {
  const t = translator(language);
  const text = localisedIn(language);
  const { regime, sheet } = d;
  const reasonsOf = (gate: Gate) => gateReasons(t, gate);
  const nameOf = (gate: Gate) => gateName(t, text, gate);
  const tables: DeterminationTable[] = [
    {
      name: t('inspection.gates'),
      header: [t('inspection.gate'), t('inspection.verdict'), t('inspection.reasons')],
      rows: [
        ...sheet.gates.map((g) => [nameOf(g), gateState(t, g), reasonsOf(g)]),
        ...(d.reference === null
          ? []
          : [
              [
                t('staff.bracketed', { text: nameOf(d.reference), more: t('inspection.reference') }),
                gateState(t, d.reference),
                reasonsOf(d.reference),
              ],
            ]),
      ],
      widths: [3, 1.2, 5],
    },
    ...(d.balance?.stages ?? [])
      .filter((s) => s.schools > 0)
      .map((s): DeterminationTable => ({
        name: `${t('inspection.balance')}${t('staff.colon')}${t(`inspection.stage.${s.stage}`)}`,
        header: [
          t('inspection.indicator'),
          t('inspection.mean'),
          t('inspection.deviation'),
          t('inspection.coefficient'),
        ],
        rows: [
          ...s.indicators.map((i) => [
            text(i.indicator.title),
            formatValue(i.mean, { decimals: 3, threshold: null }),
            formatValue(i.deviation, { decimals: 3, threshold: null }),
            i.value === null ? '–' : formatAtMost(i.value, 3, s.limit),
          ]),
          ...(s.composite === null
            ? []
            : [[t('inspection.composite'), '', '', formatAtMost(s.composite, 3, s.limit)]]),
        ],
        widths: [5, 1.5, 1.5, 1.5],
      })),
  ];
  if (regime.work)
    tables.push({
      name: t('inspection.work'),
      header: [
        t('inspection.indicator'),
        t('inspection.work.points'),
        t('inspection.work.self'),
        t('inspection.work.inspectors'),
        t('inspection.reasons'),
      ],
      rows: regime.work.areas.flatMap((a) =>
        a.indicators.map((i) => {
          const own = d.work.scores[i.id];
          return [
            text(i.title),
            pointsText(i.points),
            own?.self ? pointsText(own.self.points) : '–',
            own?.inspectors ? pointsText(own.inspectors.points) : '–',
            own?.inspectors?.reason || own?.self?.reason || '',
          ];
        }),
      ),
      widths: [4, 1, 1, 1, 3],
    });
  for (const part of regime.parts)
    if (part.indicators.length > 0)
      tables.push({
        name: text(part.title),
        header: [
          t('inspection.indicator'),
          t('inspection.standard'),
          t('inspection.value'),
          t('inspection.verdict'),
        ],
        rows: part.indicators.map((r) => {
          const own = d.parts.values[r.id];
          const met = requirementMet(r, d.parts);
          return [
            text(r.title),
            r.standard === null ? t('inspection.yes') : String(r.standard),
            own === undefined
              ? '–'
              : own.value !== null
                ? String(own.value)
                : t(own.yes === true ? 'inspection.yes' : 'inspection.no'),
            t(`inspection.gate.${met === null ? 'missing' : met ? 'met' : 'not-met'}`),
          ];
        }),
        widths: [5, 1.2, 1.2, 1.2],
      });
  if (sheet.growth && sheet.growth.checks.length > 0)
    tables.push({
      name: t('inspection.growth'),
      header: [
        t('inspection.year'),
        t('inspection.growth.check'),
        t('inspection.growth.value'),
        t('inspection.growth.against'),
        t('inspection.verdict'),
      ],
      rows: sheet.growth.checks.map((c) => [
        String(c.year),
        c.stage === null
          ? t(`inspection.growth.item.${c.item}`)
          : t('staff.bracketed', {
              text: t(`inspection.growth.item.${c.item}`),
              more: t(`inspection.stage.${c.stage}`),
            }),
        c.value === null ? '–' : `${formatSigned(c.value, 2)}%`,
        c.against === null ? '–' : `${formatSigned(c.against, 2)}%`,
        t(`inspection.gate.${c.state}`),
      ]),
      widths: [1, 4, 1.4, 1.4, 1.2],
    });
  tables.push({
    name: t('inspection.stages'),
    header: [
      t('inspection.stage'),
      t('inspection.stage.period'),
      t('inspection.stage.conclusion'),
      t('inspection.stage.opinion'),
      t('inspection.stage.signed'),
    ],
    rows: regime.stages.map((s) => {
      const own = d.stages.stages[s.id];
      const end = own?.conclusion;
      return [
        text(s.title),
        own?.from ? t('inspection.stage.from-to', { from: own.from, to: own.to ?? '' }) : '–',
        end ? t(`inspection.outcome.${end.outcome}`) : '–',
        end?.opinion ?? '–',
        end ? t('inspection.stage.signed-by', { name: end.signedBy, on: end.on }) : '–',
      ];
    }),
    widths: [2, 2, 1.2, 3, 2],
  });
  if (d.others.figures.length > 0)
    tables.push({
      name: t('inspection.others'),
      header: [
        t('inspection.others.body'),
        t('inspection.others.value'),
        t('inspection.others.as-of'),
        t('inspection.note'),
      ],
      rows: d.others.figures.map((f) => [
        f.body,
        `${f.value} ${t(`inspection.unit.${f.unit}`)}`,
        f.asOf,
        `${t('inspection.others.unverified')} ${f.note}`,
      ]),
      widths: [3, 1.5, 1.5, 3],
    });
  tables.push({
    name: t('inspection.archive'),
    header: [
      t('inspection.archive.no'),
      t('inspection.archive.item'),
      t('inspection.archive.state'),
      t('inspection.archive.kept'),
    ],
    rows: regime.archive.map((a) => {
      const own = d.archive.items[a.no];
      return [
        String(a.no),
        text(a.title),
        own ? t(`inspection.archive.${own.state}`) : '–',
        own?.place ?? '',
      ];
    }),
    widths: [1, 4, 1.2, 3],
  });
  return tables;
}

/** The statements of the paper above its tables. */
export function determinationLines(d: Determination, language: Language): readonly string[] {
  const t = translator(language);
  const text = localisedIn(language);
  const { sheet, regime } = d;
  return [
    ...(d.campaign.demo ? [t('http.mark.demo')] : []),
    t('inspection.export.rules', { title: text(regime.title), version: regime.version }),
    overallText(t, text, sheet),
  ];
}

export function determinationXlsx(
  d: Determination,
  language: Language,
): AsyncGenerator<Uint8Array, void, undefined> {
  const t = translator(language);
  const text = localisedIn(language);
  const width = (rows: readonly (readonly string[])[], i: number) =>
    Math.min(
      60,
      Math.max(8, ...rows.map((r) => [...(r[i] ?? '')].reduce((n, c) => n + (c > '\u2e7f' ? 2 : 1), 1))),
    );
  const about: SheetToWrite = {
    name: t('inspection.export.about'),
    header: [`${d.county.name}${t('inspection.export.title')}`],
    rows: [
      [d.campaign.name],
      ...determinationLines(d, language).map((line) => [line]),
      [t('inspection.choices')],
      ...d.regime.choices.map((choice) => [text(choice)]),
    ],
    widths: [100],
  };
  const sheets = determinationTables(d, language).map(({ name, header, rows }): SheetToWrite => ({
    name,
    header,
    rows: rows.map((row) =>
      row.map((cell) =>
        /^-?\d+(?:\.\d+)?$/.test(cell)
          ? { number: Number(cell), decimals: /\.(\d+)/.exec(cell)?.[1]?.length ?? 0 }
          : cell,
      ),
    ),
    widths: header.map((_, i) => width([header, ...rows], i)),
  }));
  return xlsxChunks([about, ...sheets]);
}

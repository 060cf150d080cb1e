/**
 * A county's evaluation report as .docx, from the suppressed summary alone. The page and type follow GB/T 9704: A4 with 37, 35, 28 and 26 mm of margin, the body in
 * 仿宋 16 pt at 28.95 pt, headings in 黑体 and 楷体, page numbers between dashes. Charts are Word's own, so that they can be edited; their numbers are the rounded
 * ones, because a number format would round 84.96 up to 85.0.
 *
 * Long because a report is read from the title page to the last annex, and is written in that order.
 */
import {
  AlignmentType,
  Document,
  Footer,
  HeadingLevel,
  ImageRun,
  LineRuleType,
  Packer,
  PageNumber,
  Paragraph,
  Table,
  TableCell,
  TableLayoutType,
  TableRow,
  TextRun,
  VerticalAlign,
  WidthType,
  type ISectionOptions,
} from 'docx';
import { ChartRun } from 'docx/charts';
import { listDoubts } from '../../domain/scoring/summary/doubts.ts';
import { headlineOf } from '../../domain/scoring/summary/headline.ts';
import { lowestPlaces, rank } from '../../domain/scoring/summary/ranking.ts';
import type { Figure } from '../../domain/scoring/figure.ts';
import {
  formatShare,
  formatValue,
  itemStyle,
  moreResponsesMessage,
  pointStyle,
  rateStyle,
  returnStyle,
  roundValue,
  verdictReasonParams,
  type FigureStyle,
} from '../../domain/scoring/format.ts';
import type { Group, Language } from '../../domain/model/vocabulary.ts';
import { translator, type Translate } from '../../texts/texts.ts';
import type { ReportedSummary } from '../summary-csv.ts';
import { namedParams } from '../summary-csv.ts';
import { figureString, localisedIn, type ReportDraft } from './draft.ts';
import { qrPng } from './png.ts';
import { serviceDay } from '../../domain/time-zone.ts';

const twips = (millimetres: number) => Math.round((millimetres / 25.4) * 1440);
const song = { ascii: 'Times New Roman', hAnsi: 'Times New Roman', eastAsia: '仿宋' };
const black = { ascii: 'Times New Roman', hAnsi: 'Times New Roman', eastAsia: '黑体' };
const kai = { ascii: 'Times New Roman', hAnsi: 'Times New Roman', eastAsia: '楷体' };
/** Word and WPS fall back to 宋体 where the font of official titles is not installed. */
const title = { ascii: 'Times New Roman', hAnsi: 'Times New Roman', eastAsia: '方正小标宋简体' };
const line = { line: 579, lineRule: LineRuleType.EXACT };
const auto = { line: 240, lineRule: LineRuleType.AUTO };
/** Width of the text in twips. */
const textWidth = twips(210 - 28 - 26);
/** The same in pixels, for the size of charts. */
const chartWidth = 588;
const bar = '3F74A3';
const red = 'A3201A';

interface Maker {
  readonly t: Translate;
  readonly text: ReturnType<typeof localisedIn>;
  readonly s: ReportedSummary;
  readonly style: FigureStyle;
}

type Block = Paragraph | Table;

export const body = (content: string) =>
  new Paragraph({ spacing: line, indent: { firstLine: 640 }, children: [new TextRun(content)] });
export const heading1 = (content: string) =>
  new Paragraph({
    heading: HeadingLevel.HEADING_1,
    keepNext: true,
    spacing: line,
    indent: { firstLine: 640 },
    children: [new TextRun({ text: content, font: black, size: 32, bold: false, color: '000000' })],
  });
const heading2 = (content: string) =>
  new Paragraph({
    heading: HeadingLevel.HEADING_2,
    keepNext: true,
    spacing: line,
    indent: { firstLine: 640 },
    children: [new TextRun({ text: content, font: kai, size: 32, bold: false, color: '000000' })],
  });
export const caption = (content: string) =>
  new Paragraph({
    keepNext: true,
    alignment: AlignmentType.CENTER,
    spacing: { ...auto, before: 160, after: 80 },
    children: [new TextRun({ text: content, font: black, size: 24 })],
  });
export const small = (content: string) =>
  new Paragraph({
    spacing: { ...auto, before: 60, after: 120 },
    children: [new TextRun({ text: content, size: 21 })],
  });

/** Columns of numbers are right-aligned; `widths` are parts of the text's width. */
export function tableOf(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  widths: readonly number[],
): Table {
  const total = widths.reduce((a, b) => a + b, 0);
  const width = widths.map((part) => Math.floor((textWidth * part) / total));
  const isNumber = (content: string) => /^[\d–—%.\s/]+$/.test(content);
  const isNumeric = header.map(
    (_, i) => i > 0 && rows.some((row) => isNumber(row[i] ?? '') && row[i] !== '–'),
  );
  const cell = (content: string, column: number, isHead: boolean) =>
    new TableCell({
      width: { size: width[column]!, type: WidthType.DXA },
      verticalAlign: VerticalAlign.CENTER,
      margins: { left: 80, right: 80, top: 30, bottom: 30 },
      ...(isHead && { shading: { fill: 'EEF1F4' } }),
      children: [
        new Paragraph({
          spacing: auto,
          keepNext: isHead,
          alignment:
            isNumeric[column] === true && (isHead || isNumber(content))
              ? AlignmentType.RIGHT
              : AlignmentType.LEFT,
          children: [new TextRun({ text: content, size: 21, ...(isHead && { font: black }) })],
        }),
      ],
    });
  return new Table({
    width: { size: textWidth, type: WidthType.DXA },
    columnWidths: width,
    layout: TableLayoutType.FIXED,
    rows: [
      new TableRow({ tableHeader: true, cantSplit: true, children: header.map((h, i) => cell(h, i, true)) }),
      ...rows.map(
        (row) =>
          new TableRow({ cantSplit: true, children: row.map((content, i) => cell(content, i, false)) }),
      ),
    ],
  });
}

/** Columns with intervals, and the threshold as a line. Only shown figures. */
function scoreChart(
  { t, s, style }: Maker,
  name: string,
  list: readonly { readonly name: string; readonly figure: Figure }[],
): Block[] {
  const shown = list.flatMap((entry) =>
    entry.figure.kind === 'estimate' ? [{ name: entry.name, figure: entry.figure }] : [],
  );
  if (shown.length === 0) return [];
  const round = (value: number) => roundValue(value, style);
  const values = shown.map(({ figure }) => round(figure.value));
  const amount = (f: (i: number) => number | undefined) =>
    shown.map((_, i) => {
      const bound = f(i);
      // From the rounded numbers: the drawing equals the table.
      return bound === undefined
        ? null
        : Math.max(
            0,
            Number(
              formatValue(Math.abs(round(bound) - values[i]!), { decimals: style.decimals, threshold: null }),
            ),
          );
    });
  const hasInterval = shown.some(({ figure }) => figure.interval);
  const threshold = s.threshold.value;
  const lowest = Math.min(60, threshold, ...shown.map(({ figure }) => figure.interval?.low ?? figure.value));
  const format = style.decimals === 0 ? '0' : `0.${'0'.repeat(style.decimals)}`;
  const font = { name: '仿宋', color: '000000', size: 10 };
  return [
    caption(name),
    new Paragraph({
      alignment: AlignmentType.CENTER,
      spacing: auto,
      children: [
        new ChartRun({
          type: 'column',
          transformation: { width: chartWidth, height: 280 },
          altText: {
            name,
            description: `${name}${t('staff.colon')}${shown
              .map((entry, i) => `${entry.name} ${formatValue(shown[i]!.figure.value, style)}`)
              .join(t('staff.list-comma'))}`,
          },
          categories: shown.map((entry) => entry.name),
          gapWidth: 80,
          series: [
            {
              name: t('report.chart.score'),
              values,
              color: bar,
              dataLabels: {
                value: true,
                numberFormat: format,
                position: 'insideBase',
                font: { ...font, color: 'FFFFFF', bold: true },
              },
              ...(hasInterval && {
                errorBars: {
                  type: 'custom' as const,
                  plus: amount((i) => shown[i]!.figure.interval?.high),
                  minus: amount((i) => shown[i]!.figure.interval?.low),
                  line: { color: '000000', width: 1 },
                },
              }),
            },
            {
              name: t('report.chart.threshold', { threshold }),
              type: 'line',
              values: shown.map(() => threshold),
              color: red,
              markers: false,
            },
          ],
          valueAxis: { minimum: Math.floor(lowest / 10) * 10, maximum: 100, interval: 10, font },
          categoryAxis: { font },
          legend: { position: 'bottom', font },
        }),
      ],
    }),
  ];
}

const intervalString = (figure: Figure, style: FigureStyle) =>
  figure.kind === 'estimate' && figure.interval
    ? `${formatValue(figure.interval.low, style)}–${formatValue(figure.interval.high, style)}`
    : '–';
const peopleString = (figure: Figure) => (figure.kind === 'estimate' ? String(figure.n) : '–');

function titlePage({ t, s }: Maker, isDemo: boolean): Paragraph[] {
  const centred = (content: string, size: number, font: typeof song, before = 0) =>
    new Paragraph({
      alignment: AlignmentType.CENTER,
      spacing: { ...auto, before },
      children: [new TextRun({ text: content, size, font })],
    });
  const closed = s.campaign.closedAt === null ? null : Date.parse(s.campaign.closedAt);
  const day = closed === null ? '' : serviceDay(closed);
  return [
    ...(isDemo ? [centred(t('http.mark.demo'), 28, black)] : []),
    ...(s.campaign.selfAdministered ? [centred(t('http.mark.self-administered'), 28, black)] : []),
    centred(s.county.name, 44, title, 2800),
    centred(t('report.title', { campaign: s.campaign.name }), 44, title, 240),
    centred(t('report.subtitle', { purpose: t(`staff.purpose.${s.campaign.purpose}`) }), 32, kai, 320),
    centred(s.campaign.commissioner, 32, song, 4200),
    centred(day === '' ? '' : t('report.closed', { day }), 32, song, 160),
  ];
}

function purposeAndMethod({ t, text, s }: Maker): Block[] {
  const rates = returnStyle(s);
  const [first] = s.returnRates;
  return [
    heading1(t('report.purpose')),
    body(
      t('report.purpose.text', {
        commissioner: s.campaign.commissioner,
        county: s.county.name,
        campaign: s.campaign.name,
        purpose: t(`staff.purpose.${s.campaign.purpose}`),
        instrument: text(s.profile.instrument),
      }),
    ),
    body(
      t('report.basis.text', {
        profile: text(s.profile.title),
        version: s.profile.version,
        source: text(s.profile.source),
      }),
    ),
    heading1(t('report.method')),
    body(t(`report.method.${s.profile.sampling}`)),
    body(t('report.method.protect', { minimum: s.profile.minimumCell })),
    ...(first === undefined
      ? []
      : [
          caption(t('report.table.return')),
          tableOf(
            [
              t('staff.field.group'),
              t('staff.summary.returned'),
              t(`staff.rates.denominator.${first.denominator}`),
              t('staff.rates.return'),
              t('report.floor'),
            ],
            s.returnRates.map(({ group, figure, floor }) => [
              group === null ? t('staff.all-groups') : t(`summary-csv.group.${group}`),
              peopleString(figure),
              figure.kind === 'estimate' ? String(figure.denominator) : '–',
              `${figureString(t, figure, rates)}${figure.kind === 'estimate' ? '%' : ''}`,
              floor === null ? '–' : `${floor}%`,
            ]),
            [3, 2, 2, 2, 1.5],
          ),
        ]),
  ];
}

function results(m: Maker): Block[] {
  const { t, text, s, style } = m;
  const { official } = s;
  const groups = s.groups.filter((g) => !g.excepted);
  const dimensions = rank(s.dimensions.filter((d) => d.scored !== false)).map(({ of }) => of);
  const beside = s.dimensions.filter((d) => d.scored === false);
  const hiddenDimensions = s.dimensions.filter((d) => d.scored !== false && d.figure.kind !== 'estimate');
  const places = lowestPlaces(s, 10);
  const group = (id: string) => t(`summary-csv.group.${id}`);
  return [
    heading1(t('report.results')),
    heading2(t('report.results.official')),
    body(officialSentence(m)),
    ...(official.kind === 'estimate' && s.nonResponse
      ? [
          body(
            t('non-response.bounds', {
              issued: s.nonResponse.issued,
              answered: s.nonResponse.answered,
              low: formatValue(s.nonResponse.low, style),
              high: formatValue(s.nonResponse.high, style),
            }) + t('results.full-stop'),
          ),
        ]
      : []),
    ...beside.map((d) =>
      body(
        `${t('staff.summary.beside', { title: text(d.title) })}${figureString(t, d.figure, style)}${t('results.full-stop')}`,
      ),
    ),
    ...scoreChart(
      m,
      t('report.chart.formulas'),
      s.formulas.map((f) => ({ name: text(f.formula.title), figure: f.figure })),
    ),
    heading2(t('report.results.groups')),
    ...scoreChart(
      m,
      t('report.chart.groups'),
      groups.map((g) => ({ name: group(g.group), figure: g.figure })),
    ),
    caption(t('report.table.groups')),
    tableOf(
      [
        t('staff.field.group'),
        t('results.plot.value'),
        t('results.plot.interval'),
        t('staff.figure.people'),
        t('staff.summary.weight'),
      ],
      groups.map((g) => [
        group(g.group),
        figureString(t, g.figure, style),
        intervalString(g.figure, style),
        peopleString(g.figure),
        `${formatShare(g.weight)}%`,
      ]),
      [3, 2, 2.5, 1.5, 1.5],
    ),
    ...(s.dimensions.length === 0
      ? []
      : [
          heading2(t('report.results.dimensions')),
          ...scoreChart(
            m,
            t('report.chart.dimensions'),
            dimensions.map((d) => ({ name: text(d.title), figure: d.figure })),
          ),
          caption(t('report.table.dimensions')),
          tableOf(
            [t('staff.summary.dimension'), t('staff.all-groups'), ...groups.map((g) => group(g.group))],
            [...dimensions, ...hiddenDimensions].map((d) => [
              text(d.title),
              figureString(t, d.figure, style),
              ...groups.map((g) => {
                const own = g.dimensions.find((x) => x.id === d.id);
                return own ? figureString(t, own.figure, style) : '–';
              }),
            ]),
            [3, ...[0, ...groups].map(() => 1.4)],
          ),
        ]),
    ...(places.lowest.length === 0 && places.hidden === 0
      ? []
      : [
          heading2(t('report.results.places')),
          ...(places.lowest.length === 0
            ? []
            : [
                caption(t('report.table.places')),
                tableOf(
                  [
                    t('staff.field.unit'),
                    t('staff.field.group'),
                    t('results.plot.value'),
                    t('staff.figure.people'),
                  ],
                  places.lowest.map(({ of, figure }) => [
                    of.name === '' ? t('staff.level.rest') : of.name,
                    group(of.group),
                    formatValue(figure.value, style),
                    String(figure.n),
                  ]),
                  [4, 2, 1.5, 1.5],
                ),
              ]),
          small(t('report.places.hidden', { hidden: places.hidden, minimum: s.profile.minimumCell })),
        ]),
  ];
}

function officialSentence({ t, text, s, style }: Maker): string {
  const { official, threshold } = s;
  const formula = s.formulas.find((f) => f.official);
  if (official.kind !== 'estimate')
    return t('report.official.none', { why: figureString(t, official, style) });
  const more = s.moreResponses && moreResponsesMessage(s.moreResponses, official, threshold.value);
  return [
    t('report.official.score', {
      formula: formula ? text(formula.formula.title) : '',
      value: formatValue(official.value, style),
      people: official.n,
    }),
    official.interval
      ? `${t('results.interval', { level: formatShare(official.interval.level, 4), interval: intervalString(official, style) })}${more ? `${t('results.interval.then')}${t(more.message, more.params)}` : ''}${t('results.full-stop')}`
      : t('results.no-interval'),
  ].join(t('report.sentence-space'));
}

function judgement(m: Maker, draft: ReportDraft): Block[] {
  const { t, s, style } = m;
  const headline = headlineOf(s);
  const params = { threshold: s.threshold.value };
  return [
    heading1(t('report.points')),
    ...draft.highlights
      .filter((sentence) => sentence.trim() !== '')
      .map((sentence, i) =>
        body(`${t('results.report.highlight', { no: i + 1 })}${t('staff.colon')}${sentence}`),
      ),
    ...(draft.problem.trim() === ''
      ? []
      : [body(`${t('results.report.problem')}${t('staff.colon')}${draft.problem}`)]),
    heading1(t('report.verdict')),
    body(
      `${t(`headline.${headline}`)}${t('results.full-stop')}${
        s.verdict.kind === 'insufficient'
          ? s.verdict.reasons
              .map((reason) =>
                t(
                  `verdict.reason.${reason.code}`,
                  namedParams(t, verdictReasonParams(reason, returnStyle(s))),
                ),
              )
              .join(t('results.semicolon')) + t('results.full-stop')
          : t(`headline.${headline}.sentence`, params)
      }`,
    ),
    ...(draft.summary === '' ? [] : [body(draft.summary)]),
    heading1(t('report.doubts')),
    ...listDoubts(s).map((doubt) =>
      body(
        `${t(`doubt.${doubt.kind}`)}${t('staff.colon')}${t(`doubt.${doubt.kind}.${doubt.case}`, {
          ...('strata' in doubt && { strata: doubt.strata }),
          ...('rolls' in doubt && { rolls: doubt.rolls, unanswered: doubt.unanswered }),
          ...('voids' in doubt && { voids: doubt.voids }),
          ...('groups' in doubt && {
            groups: doubt.total
              ? t('staff.all-groups')
              : doubt.groups.map((id) => t(`summary-csv.group.${id}`)).join(t('staff.list-comma')),
          }),
          ...(doubt.kind === 'non-response' &&
            s.nonResponse && {
              low: formatValue(s.nonResponse.low, style),
              high: formatValue(s.nonResponse.high, style),
            }),
        })}${t('results.full-stop')}`,
      ),
    ),
  ];
}

function annexes(m: Maker): Block[] {
  const { t, text, s, style } = m;
  const group = (id: string) => t(`summary-csv.group.${id}`);
  const annex = (no: number, name: string) =>
    new Paragraph({
      heading: HeadingLevel.HEADING_1,
      pageBreakBefore: no === 1,
      keepNext: true,
      spacing: { ...auto, before: 240, after: 120 },
      children: [
        new TextRun({
          text: t('report.annex', { no, name: t(name) }),
          font: black,
          size: 32,
          color: '000000',
        }),
      ],
    });
  const [outcome] = s.responseRates;
  return [
    annex(1, 'report.annex.items'),
    ...s.groups
      .filter((g) => g.items.length > 0)
      .flatMap((g): Block[] => [
        caption(`${group(g.group)}${g.questionnaire === null ? '' : ` · ${text(g.questionnaire)}`}`),
        tableOf(
          [t('staff.summary.item'), t('results.plot.value'), t('results.items.people-by-option')],
          g.items.map((item) => [
            text(item.title) + (item.scored === false ? t('staff.summary.unscored') : ''),
            item.type === 'rating' || item.type === 'number'
              ? figureString(t, item.figure, itemStyle(item, style))
              : '–',
            item.distribution.kind === 'options'
              ? [
                  ...item.distribution.options.map((o) => `${text(o.title)} ${o.count}`),
                  `${t('staff.summary.dont-know')} ${item.distribution.dontKnow}`,
                ].join(t('results.semicolon'))
              : item.distribution.kind === 'number'
                ? t('staff.summary.number', { n: item.distribution.n })
                : figureString(t, item.distribution, style),
          ]),
          [5, 1.4, 5],
        ),
      ]),
    annex(2, 'report.annex.rule'),
    small(
      t('report.rule.text', {
        profile: text(s.profile.title),
        version: s.profile.version,
        source: text(s.profile.source),
        threshold: s.threshold.value,
        decision: t(`results.how.decision.${s.profile.decision}`),
        hash: s.profile.hash,
      }),
    ),
    annex(3, 'report.annex.quota'),
    tableOf(
      [t('staff.field.group'), t('staff.draw.quota'), t('report.drawn')],
      s.drawn.map((d) => [group(d.group), String(d.quota), String(d.drawn)]),
      [3, 2, 2],
    ),
    annex(4, 'report.annex.dispositions'),
    ...(outcome === undefined
      ? [small(t('figure.no-data'))]
      : [
          tableOf(
            [
              t('staff.summary.outcome.rate'),
              ...s.responseRates.map((r) => (r.group === null ? t('staff.all-groups') : group(r.group))),
            ],
            outcome.rates.map(({ name }, i) => [
              name,
              ...s.responseRates.map((r) => {
                const figure = r.rates[i]?.figure ?? { kind: 'no-data' as const };
                return `${figureString(t, figure, rateStyle)}${figure.kind === 'estimate' ? '%' : ''}`;
              }),
            ]),
            [2, ...s.responseRates.map(() => 1.5)],
          ),
        ]),
    annex(5, 'report.annex.formulas'),
    tableOf(
      [t('staff.summary.formula'), t('results.plot.value'), t('staff.figure.people'), t('report.why')],
      s.formulas.map((f) => {
        const why = s.differences.find((d) => d.formula === f.id);
        return [
          text(f.formula.title) + (f.official ? t('report.official.mark') : ''),
          figureString(t, f.figure, pointStyle(s, f.formula)),
          peopleString(f.figure),
          why
            ? t(why.message, { ...why.params, ...(why.optionTitle && { option: text(why.optionTitle) }) })
            : '–',
        ];
      }),
      [4, 1.4, 1.2, 5],
    ),
    annex(6, 'report.annex.checkpoint'),
    ...(s.log === null
      ? [small(t('evidence.no-log'))]
      : [
          small(t('report.checkpoint.text', { origin: s.log.origin, size: s.log.size, root: s.log.root })),
          new Paragraph({
            spacing: auto,
            children: [
              new ImageRun({
                type: 'png',
                data: qrPng(s.log.note),
                transformation: { width: 170, height: 170 },
                altText: { name: 'QR', description: t('staff.log.qr', { size: s.log.size }), title: 'QR' },
              }),
            ],
          }),
          small(t('report.checkpoint.how')),
        ]),
  ];
}

interface QuotedComment {
  readonly group: Group;
  readonly stratum: string | null;
  readonly text: string;
}

/** In their own words; with the school only if the page of comments names it. */
function quoted({ t }: Maker, comments: readonly QuotedComment[]): Block[] {
  if (comments.length === 0) return [];
  return [
    heading1(t('report.comments')),
    ...comments.map(({ group, stratum, text }) =>
      body(
        `${t(`summary-csv.group.${group}`)}${stratum === null ? '' : t('report.comments.place', { place: stratum })}${t('staff.colon')}${t('report.comments.text', { text })}`,
      ),
    ),
    body(t('report.comments.about')),
  ];
}

const a4 = {
  size: { width: twips(210), height: twips(297) },
  margin: { top: twips(37), bottom: twips(35), left: twips(28), right: twips(26), footer: twips(25) },
};
const officialStyles = { default: { document: { run: { font: song, size: 32 } } } };
function pageNumbers() {
  return {
    default: new Footer({
      children: [
        new Paragraph({
          alignment: AlignmentType.CENTER,
          children: [
            new TextRun({
              children: ['— ', PageNumber.CURRENT, ' —'],
              size: 28,
              font: { ...song, eastAsia: '宋体' },
            }),
          ],
        }),
      ],
    }),
  };
}

/** Another document in the same layout. */
export function officialPaper(o: {
  readonly title: string;
  readonly creator: string;
  readonly children: readonly Block[];
}): Promise<Buffer> {
  return Packer.toBuffer(
    new Document({
      title: o.title,
      creator: o.creator,
      lastModifiedBy: o.creator,
      styles: officialStyles,
      sections: [{ properties: { page: a4 }, footers: pageNumbers(), children: [...o.children] }],
    }),
  );
}

export interface ReportOptions {
  readonly language: Language;
  readonly demo: boolean;
  /** As proposed (`reportDraft`), or as edited. */
  readonly draft: ReportDraft;
  /** Selected by a person, in readable (masked) form. */
  readonly comments?: readonly QuotedComment[];
}

/** The whole file. */
export async function reportDocx(s: ReportedSummary, o: ReportOptions): Promise<Buffer> {
  const t = translator(o.language);
  const m: Maker = { t, text: localisedIn(o.language), s, style: pointStyle(s) };
  const cover: ISectionOptions = { properties: { page: a4 }, children: titlePage(m, o.demo) };
  const content: ISectionOptions = {
    properties: { page: { ...a4, pageNumbers: { start: 1 } } },
    footers: pageNumbers(),
    children: [
      ...purposeAndMethod(m),
      ...results(m),
      ...judgement(m, o.draft),
      ...quoted(m, o.comments ?? []),
      ...annexes(m),
    ],
  };
  const document = new Document({
    title: `${s.county.name}${t('report.title', { campaign: s.campaign.name })}`,
    creator: s.campaign.commissioner,
    lastModifiedBy: s.campaign.commissioner,
    styles: officialStyles,
    sections: [cover, content],
  });
  return Packer.toBuffer(document);
}

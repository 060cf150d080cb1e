/** Every format of a county's summary is made of the JSON that is published, and shows no number that it lacks: so whoever audits the JSON has audited all. */
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { summaryText } from '../src/cli/summary-text.ts';
import { table } from '../src/cli/table.ts';
import type { Figure } from '../src/domain/scoring/figure.ts';
import type { Summary } from '../src/domain/scoring/summary/summary.ts';
import { publicationHtml } from '../src/export/publication-page.ts';
import { summaryCsv, type ReportedSummary } from '../src/export/summary-csv.ts';
import { reportDocx } from '../src/export/report/docx.ts';
import { reportDraft } from '../src/export/report/draft.ts';
import { summaryXlsx } from '../src/export/summary-xlsx.ts';
import { comparedPage, resultPages, staffContext } from './support/result-pages.ts';
import { randomCounty, shownSummary } from './support/random-county.ts';

const language = 'en';
const context = staffContext(language);

/** Texts of the parts of an Office file, charts and their numbers included. */
function officeText(file: Uint8Array, part: RegExp): string {
  return Object.entries(unzipSync(new Uint8Array(file)))
    .filter(([name]) => part.test(name))
    .flatMap(([, bytes]) =>
      [
        ...Buffer.from(bytes)
          .toString('utf8')
          .matchAll(/<(?:w:t|c:v|t|v)(?: [^>]*)?>([^<]*)</g),
      ].map(([, text]) => text),
    )
    .join(' | ');
}

const reportText = async (s: ReportedSummary) =>
  officeText(
    await reportDocx(s, { language, demo: false, draft: reportDraft(s, language) }),
    /^word\/(document|charts\/chart\d+)\.xml$/,
  );

async function workbookText(s: ReportedSummary): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of summaryXlsx([s], language)) chunks.push(chunk);
  return officeText(Buffer.concat(chunks), /^xl\/worksheets\/(?!sheet1\.)/);
}

async function formatsOf(summary: Summary): Promise<Readonly<Record<string, string>>> {
  const report = { ...summary, log: null, audit: null };
  const chunks: Uint8Array[] = [];
  for await (const chunk of summaryCsv([report], language)) chunks.push(chunk);
  const publication = {
    manyi: 'publication' as const,
    version: 1 as const,
    publishedAt: 0,
    service: '',
    demo: false,
    summary: report,
    roll: null,
    key: '',
    checkpoints: [],
  };
  return {
    csv: Buffer.concat(chunks).toString('utf8'),
    page: resultPages(report, language),
    compare: comparedPage([summary], context),
    report: await reportText(report),
    workbook: await workbookText(report),
    publication: publicationHtml(publication, language),
    command: summaryText({ language, table, t: context.page.t }, report),
  };
}

/** Numbers as a reader sees them: markup, styles and drawings gone. */
function numbersIn(text: string): readonly string[] {
  const read = text
    .replace(/<(style|script|svg)\b[^]*?<\/\1>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&[a-z#0-9]+;/g, ' ')
    .replace(/(?<=\d)[\u202f\u00a0 ](?=\d{3}\b)/g, '');
  return [...new Set([...read.matchAll(/\d+(?:\.\d+)?/g)].map((match) => match[0]))];
}

function collect(value: unknown, numbers: number[], strings: string[]): void {
  if (typeof value === 'number') numbers.push(value);
  else if (typeof value === 'string') strings.push(value);
  else if (value !== null && typeof value === 'object')
    for (const child of Object.values(value)) collect(child, numbers, strings);
}

/** What follows from the JSON by a subtraction, a division or by counting its entries. */
function derived(s: Summary): readonly number[] {
  const less = (last: Figure | undefined, before: Figure) =>
    last?.kind === 'estimate' && before.kind === 'estimate' ? [Math.abs(last.value - before.value)] : [];
  const bounds = (figures: readonly Figure[]) =>
    figures.flatMap((f) =>
      f.kind === 'estimate' && f.interval ? [f.value - f.interval.low, f.interval.high - f.value] : [],
    );
  const places = s.schools.length;
  return [
    ...less(s.official, s.first.official),
    ...s.first.groups.flatMap((entry) =>
      less(s.groups.find((group) => group.group === entry.group)?.figure, entry.figure),
    ),
    // Shares of those who chose an option.
    ...s.groups.flatMap((g) =>
      g.items.flatMap(({ distribution: d }) =>
        d.kind === 'options' && d.n > 0 ? d.options.map((o) => (100 * o.count) / d.n) : [],
      ),
    ),
    // Error bars of the report's charts.
    ...bounds([
      s.official,
      ...s.formulas.map((f) => f.figure),
      ...s.groups.map((g) => g.figure),
      ...s.dimensions.map((d) => d.figure),
    ]),
    // How many places, and how many of them are hidden; how many have signals.
    ...Array.from({ length: places + s.signals.length + 1 }, (_, i) => i),
  ];
}

/** The same summary with nothing of any answer in it: what is then left of a format are its own words. */
function emptied(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(emptied);
  if ('kind' in value && ['estimate', 'count', 'options', 'number'].includes(value.kind as string))
    return { kind: 'suppressed', why: 'minimum-cell' };
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, emptied(child)]));
}

test.each([2, 3, 5, 8, 13, 21])('county %i: each format from the JSON alone', async (seed) => {
  const summary = shownSummary(randomCounty(seed));
  const numbers: number[] = [];
  const strings: string[] = [];
  collect(summary, numbers, strings);
  const formats = await formatsOf(summary);
  const plain = await formatsOf(emptied(summary) as Summary);
  const margins = [...numbers.flatMap((x) => [x, 100 * x, Math.abs(x)]), ...derived(summary)];
  const said = new Set(strings.flatMap((text) => numbersIn(text)));
  for (const [name, text] of Object.entries(formats)) {
    const own = new Set(numbersIn(plain[name]!));
    const unknown = numbersIn(text).filter((token) => {
      if (own.has(token) || said.has(token)) return false;
      // A unit of the last digit: rounding never crosses the threshold.
      const unit = 10 ** -(token.split('.')[1]?.length ?? 0);
      // A number of an Office file has lost the zero of 59.0.
      const slack = token.includes('.') ? unit : name === 'report' || name === 'workbook' ? 0.1 : 1e-9;
      return !margins.some((x) => Math.abs(x - Number(token)) <= slack);
    });
    expect(unknown, name).toEqual([]);
  }
});

test('a number that the JSON lacks is noticed', () => {
  expect(numbersIn('<b>7 209</b> of 12.5 %')).toEqual(['7209', '12.5']);
});

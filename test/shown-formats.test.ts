/** Every format of a county's summary is made of the JSON that is published, and shows no number that it lacks: so whoever audits the JSON has audited all. */
import { expect, test } from 'vitest';
import { summaryText } from '../src/cli/summary-text.ts';
import type { Figure } from '../src/domain/scoring/figure.ts';
import type { Summary } from '../src/domain/scoring/summary/summary.ts';
import { publicationHtml } from '../src/export/publication.ts';
import { summaryCsv } from '../src/export/summary-csv.ts';
import { html, toMarkup } from '../src/html/html.ts';
import type { StaffContext } from '../src/http/staff/page-view.ts';
import { comparePage } from '../src/http/staff/summary/compare-view.ts';
import { summaryPage } from '../src/http/staff/summary/view.ts';
import { translator } from '../src/texts/texts.ts';
import { framed } from './support/framed.ts';
import { randomCounty, shownSummary } from './support/random-county.ts';

const language = 'en';
const context: StaffContext = {
  page: {
    language,
    t: translator(language),
    large: false,
    style: html``,
    script: '',
    stylesheet: '',
    icpNumber: null,
    demo: false,
    selfAdministered: false,
  },
  stylesheet: '',
  user: null,
  may: () => true,
  csrf: '',
  here: '/',
  languages: ['zh-CN', 'en'],
};

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
    page: toMarkup(summaryPage(context, { summary: report, ...framed(summary), csv: '' })),
    compare: toMarkup(
      comparePage(context, {
        campaign: framed(summary).campaign,
        summaries: [summary],
        csv: '',
      }),
    ),
    publication: publicationHtml(publication, language),
    command: summaryText({ language, t: context.page.t }, report),
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

function changes({ official, groups, first }: Summary): readonly number[] {
  const less = (last: Figure | undefined, before: Figure) =>
    last?.kind === 'estimate' && before.kind === 'estimate' ? [Math.abs(last.value - before.value)] : [];
  return [
    ...less(official, first.official),
    ...first.groups.flatMap((entry) =>
      less(groups.find((group) => group.group === entry.group)?.figure, entry.figure),
    ),
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
  // Shares are shown as percent, and last answers' figures less first ones'.
  const margins = [...numbers.flatMap((x) => [x, 100 * x, Math.abs(x)]), ...changes(summary)];
  const said = new Set(strings.flatMap((text) => numbersIn(text)));
  for (const [name, text] of Object.entries(formats)) {
    const own = new Set(numbersIn(plain[name]!));
    const unknown = numbersIn(text).filter((token) => {
      if (own.has(token) || said.has(token)) return false;
      // A unit of the last digit: rounding never crosses the threshold.
      const unit = 10 ** -(token.split('.')[1]?.length ?? 0);
      return !margins.some((x) => Math.abs(x - Number(token)) <= unit * (token.includes('.') ? 1 : 1e-9));
    });
    expect(unknown, name).toEqual([]);
  }
});

test('a number that the JSON lacks is noticed', () => {
  expect(numbersIn('<b>7 209</b> of 12.5 %')).toEqual(['7209', '12.5']);
});

/** The report and the workbook of a county: what stands in them, in the digits of every other form, and that LibreOffice opens them. */
import { unzipSync } from 'fflate';
import { readSheet } from 'read-excel-file/node';
import { describe, expect, test } from 'vitest';
import type { Figure } from '../../src/domain/scoring/figure.ts';
import { formatValue, pointStyle } from '../../src/domain/scoring/format.ts';
import type { Summary } from '../../src/domain/scoring/summary/summary.ts';
import { reportDocx } from '../../src/export/report/docx.ts';
import { reportDraft } from '../../src/export/report/draft.ts';
import { bitmapPng } from '../../src/export/report/png.ts';
import { summaryXlsx } from '../../src/export/summary-xlsx.ts';
import type { ReportedSummary } from '../../src/export/summary-csv.ts';
import { sheetsOf } from '../browser/sheets.ts';
import { hasOffice, needsOffice, officePdfs } from '../support/office.ts';
import { randomCounty, shownSummary } from '../support/random-county.ts';

const log = {
  origin: 'example.org/log/990101',
  size: 4321,
  root: 'cm9vdA==',
  at: 0,
  note: 'example.org/log/990101\n4321\ncm9vdA==\n\n— example.org abc\n',
  witnesses: [],
  held: [],
};

/** Near the threshold, where one more rounding would show 85.0 beside "not met". */
function countyAt(value: number): ReportedSummary {
  const s = shownSummary(randomCounty(3));
  const at = (figure: Figure): Figure =>
    figure.kind === 'estimate'
      ? { ...figure, value, interval: { low: value - 1.5, high: value + 1.5, level: 0.95, method: 't' } }
      : figure;
  return {
    ...s,
    official: at(s.official),
    verdict: { kind: value >= 85 ? 'met' : 'not-met' },
    formulas: s.formulas.map((f) => ({ ...f, figure: at(f.figure), meets: value >= 85 })),
    groups: s.groups.map((g) => ({ ...g, figure: at(g.figure) })),
    dimensions: s.dimensions.map((d) => ({ ...d, figure: at(d.figure) })),
    log,
    audit: null,
  };
}

const language = 'zh-CN';
const options = (s: Summary) => ({ language, demo: true, draft: reportDraft(s, language) }) as const;
const partsOf = (file: Uint8Array) => {
  const parts = unzipSync(new Uint8Array(file));
  return Object.fromEntries(
    Object.entries(parts).map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]),
  );
};
/** Paragraphs and cells as lines. */
const linesOf = (xml: string) =>
  [...xml.matchAll(/<w:p[ >].*?<\/w:p>/gs)].map(([p]) =>
    [...p.matchAll(/<w:t[^>]*>([^<]*)<\/w:t>/g)].map(([, text]) => text).join(''),
  );

describe('report', () => {
  test('has the parts of an official report, in their order', async () => {
    const s = countyAt(86.3);
    const lines = linesOf(partsOf(await reportDocx(s, options(s)))['word/document.xml']!);
    const wanted = [
      /演示/,
      new RegExp(s.county.name),
      /评估报告$/,
      /^一、调查目的与依据/,
      /^二、调查方法与样本/,
      /^表 1/,
      /^三、调查结果/,
      /^（一）总体得分/,
      /^图 1/,
      /^（二）各类人员/,
      /^（三）各方面/,
      /^四、亮点与问题/,
      /^亮点1：/,
      /^亮点2：/,
      /^问题：/,
      /^五、结论/,
      /^六、可信度/,
      /^附件 1/,
      /^附件 2/,
      /^附件 3/,
      /^附件 4/,
      /^附件 5/,
      /^附件 6/,
    ];
    let from = 0;
    for (const pattern of wanted) {
      const found = lines.findIndex((text, i) => i >= from && pattern.test(text));
      expect(found, String(pattern)).toBeGreaterThanOrEqual(from);
      from = found;
    }
    expect(lines.join('\n')).toContain(log.root);
  });

  test.each([
    [84.95, '84.9'],
    [84.9999, '84.9'],
    [85, '85.0'],
  ])('%d reads %s in text, tables, charts and their workbooks', async (value, text) => {
    const s = countyAt(value);
    const parts = partsOf(await reportDocx(s, options(s)));
    const lines = linesOf(parts['word/document.xml']!);
    expect(lines.filter((line) => line === text).length).toBeGreaterThanOrEqual(s.groups.length);
    expect(lines.join('\n')).toContain(`得分 ${text} 分`);
    const charts = Object.entries(parts).filter(([name]) => /^word\/charts\/chart\d+\.xml$/.test(name));
    expect(charts).toHaveLength(3);
    for (const [, xml] of charts) expect(xml).toContain(`<c:v>${Number(text)}</c:v>`);
    if (value < 85)
      for (const all of [lines.join('\n'), ...charts.map(([, xml]) => xml)])
        expect(all).not.toMatch(/85\.0\b|84\.9[59]/);
  });

  test('takes the sentences that people wrote, and leaves empty ones out', async () => {
    const s = countyAt(86.3);
    const draft = { highlights: ['办学条件 <改善> & 明显。', ' '], problem: '大班额。', summary: '' };
    const lines = linesOf(
      partsOf(await reportDocx(s, { language, demo: false, draft }))['word/document.xml']!,
    );
    expect(lines).toContain('亮点1：办学条件 &lt;改善&gt; &amp; 明显。');
    expect(lines.some((line) => line.startsWith('亮点2'))).toBe(false);
    expect(lines).toContain('问题：大班额。');
  });

  test('of a county whose figures are all hidden there is a report, with no figure in it', async () => {
    const hide = (value: unknown): unknown =>
      value === null || typeof value !== 'object'
        ? value
        : Array.isArray(value)
          ? value.map(hide)
          : 'kind' in value && ['estimate', 'count', 'options'].includes(value.kind as string)
            ? { kind: 'suppressed', why: 'protected' }
            : Object.fromEntries(Object.entries(value).map(([name, child]) => [name, hide(child)]));
    const s = {
      ...(hide(countyAt(86.3)) as ReportedSummary),
      log: null,
      nonResponse: null,
      moreResponses: null,
      differences: [],
    };
    const parts = partsOf(await reportDocx(s, options(s)));
    expect(Object.keys(parts).some((name) => name.includes('chart'))).toBe(false);
    expect(linesOf(parts['word/document.xml']!).join('\n')).not.toMatch(/\d\d\.\d/);
  });
});

async function workbook(list: readonly ReportedSummary[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of summaryXlsx(list, language)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('workbook', () => {
  test('one sheet a subject, whose rows the first one counts', async () => {
    const file = await workbook([
      countyAt(84.9999),
      { ...countyAt(91), county: { ...countyAt(91).county, name: '第二县' } },
    ]);
    const contents = await readSheet(file, '说明');
    const counted = contents.slice(1).filter(([, rows]) => typeof rows === 'number');
    expect(counted.length).toBeGreaterThan(9);
    for (const [name, rows] of counted)
      expect((await readSheet(file, String(name))).length - 1, String(name)).toBe(rows);
    const counties = await readSheet(file, '全县');
    expect(counties.map((row) => row[1])).toEqual(['县（区）', 'County 3', '第二县']);
  });

  test('numbers are numbers, as pages show them; heads stay in view and filter', async () => {
    const s = countyAt(84.9999);
    const file = await workbook([s]);
    const groups = await readSheet(file, '各类人员');
    const score = groups[0]!.indexOf('得分');
    for (const row of groups.slice(1)) {
      const figure = s.groups.find(
        (g) =>
          row[2] ===
          { parent: '家长', teacher: '教师', principal: '校长', deputy: '人大代表、政协委员' }[
            g.group as 'parent'
          ],
      )!.figure;
      if (figure.kind === 'estimate')
        expect(row[score]).toBe(Number(formatValue(figure.value, pointStyle(s))));
      else expect(row[score]).toBeNull();
    }
    const parts = partsOf(file);
    const sheet = parts['xl/worksheets/sheet2.xml']!;
    expect(sheet).toContain('state="frozen"');
    expect(sheet).toMatch(/<\/sheetData><autoFilter ref="A1:[A-Z]+2"\/>/);
    // Style 4 is "0.0".
    expect(sheet).toMatch(/s="4"><v>84\.9<\/v>/);
    expect(parts['xl/styles.xml']).toContain('<numFmt numFmtId="165" formatCode="0.0"/>');
    for (const [name, xml] of Object.entries(parts))
      if (name.includes('sheet') && !xml.includes('比率的分母')) expect(xml, name).not.toContain('<v>84.99');
  });
});

test.skipIf(!hasOffice)(
  `LibreOffice opens both${hasOffice ? '' : needsOffice}`,
  { timeout: 150_000 },
  async () => {
    const s = countyAt(84.9999);
    const [docx, xlsx] = officePdfs([
      { bytes: await reportDocx(s, options(s)), ending: 'docx' },
      { bytes: await workbook([s]), ending: 'xlsx' },
    ]);
    const pages = await sheetsOf(docx!);
    expect(pages.length).toBeGreaterThanOrEqual(6);
    expect(pages.length).toBeLessThanOrEqual(12);
    const textOf = (list: typeof pages) =>
      list
        .map(({ items }) => items.map(({ text }) => text).join(''))
        .join('')
        .replace(/\s/g, '');
    for (const text of ['评估报告', '一、调查目的与依据', '附件6', '84.9', log.root, '—1—'])
      expect(textOf(pages), text).toContain(text);
    // A4, and no text outside the margins of 28 and 26 mm, but for a full stop that hangs.
    const mm = (points: number) => (points * 25.4) / 72;
    for (const { width, items } of pages) {
      expect(Math.round(mm(width))).toBe(210);
      for (const { left, right, text } of items) {
        expect(mm(left), text).toBeGreaterThan(27);
        expect(mm(right), text).toBeLessThan(190);
      }
    }
    const cells = textOf(await sheetsOf(xlsx!));
    expect(cells).toContain('84.9');
    expect(textOf(pages)).not.toContain('85.0');
  },
);

test('a bitmap as PNG: one bit a pixel, each module so many pixels', () => {
  const png = bitmapPng(
    [
      [true, false],
      [false, true],
    ],
    3,
  );
  expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]]).toEqual([6, 6, 1, 0]);
});

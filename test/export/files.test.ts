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

const groupNames = { parent: '家长', teacher: '教师', principal: '校长', deputy: '人大代表、政协委员' };

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
      const figure = s.groups.find((g) => row[2] === groupNames[g.group as 'parent'])!.figure;
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

/** What refers to cells in a chart, with the copy it keeps. */
interface Reference {
  readonly sheet: string;
  readonly column: number;
  readonly from: number;
  readonly to: number;
  readonly kept: ReadonlyMap<number, string>;
}
const referencesOf = (xml: string): readonly Reference[] =>
  [
    ...xml.matchAll(
      /<c:f>'(.+?)'!\$([A-Z]+)\$(\d+)(?::\$[A-Z]+\$(\d+))?<\/c:f><c:\w+Cache>(.*?)<\/c:\w+Cache>/g,
    ),
  ].map(([, sheet, letters, from, to, cache]) => ({
    sheet: sheet!,
    column: [...letters!].reduce((sum, c) => sum * 26 + c.charCodeAt(0) - 64, 0) - 1,
    from: Number(from) - 1,
    to: Number(to ?? from) - 1,
    kept: new Map(
      [...cache!.matchAll(/<c:pt idx="(\d+)"><c:v>(.*?)<\/c:v>/g)].map(([, i, text]) => [Number(i), text!]),
    ),
  }));
const chartsIn = (parts: Record<string, string>) =>
  Object.entries(parts)
    .filter(([name]) => name.startsWith('xl/charts/'))
    .map(([, xml]) => ({
      title: /<c:title>.*?<a:t>(.*?)<\/a:t>/.exec(xml)![1]!,
      xml,
      references: referencesOf(xml),
    }));

describe('charts of the workbook', () => {
  const hidden = { kind: 'suppressed', why: 'protected' } as const;

  test('show the cells of their own sheet, digit for digit, and leave gaps for what is hidden', async () => {
    const s = countyAt(84.9999);
    const file = await workbook([s]);
    const charts = chartsIn(partsOf(file));
    expect(charts.map(({ title }) => title)).toEqual(
      expect.arrayContaining([
        'County 3各类人员得分',
        'County 3各方面得分',
        'County 3学校得分，由低到高：家长',
      ]),
    );
    for (const { xml, references } of charts) {
      expect(references.length).toBeGreaterThan(3);
      expect(xml).toContain('<c:dispBlanksAs val="gap"/>');
      for (const { sheet, column, from, to, kept } of references) {
        const rows = await readSheet(file, sheet);
        for (let row = from; row <= to; row += 1) {
          const cell = rows[row]![column] ?? null;
          expect(kept.get(row - from) ?? null, `${sheet} ${row} ${column}`).toBe(
            cell === null ? null : String(cell),
          );
        }
      }
    }
    const groups = charts.find(({ title }) => title.endsWith('各类人员得分'))!;
    // Score, bounds and threshold, each with its name and the names of the groups.
    expect(groups.references).toHaveLength(12);
    expect([...groups.references.at(-1)!.kept.values()]).toEqual(s.groups.map(() => '85'));
    expect([...groups.references[2]!.kept.values()]).toEqual(s.groups.map(() => '84.9'));
  });

  test('rank schools from the lowest, the first forty of them, none without a figure', async () => {
    const s = countyAt(86.3);
    const [one] = s.schools.filter((u) => u.level === 'school' && u.figure.kind === 'estimate');
    const schools = Array.from({ length: 60 }, (_, i) => ({
      ...one!,
      name: `学校 ${i}`,
      figure:
        i % 10 === 0 || one!.figure.kind !== 'estimate'
          ? hidden
          : { ...one!.figure, value: 60 + ((i * 37) % 60) / 2 },
    }));
    const charts = chartsIn(partsOf(await workbook([{ ...s, schools }])));
    const ranking = charts.find(({ title }) => title.includes('得分最低的 40'))!;
    const values = [...ranking.references[2]!.kept.values()].map(Number);
    expect(values).toHaveLength(40);
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(values[0]).toBe(60.5);
  });

  test('put counties side by side, in all and by group', async () => {
    const named = (value: number, name: string): ReportedSummary => {
      const s = countyAt(value);
      return { ...s, county: { ...s.county, name } };
    };
    const none: ReportedSummary = { ...named(90, '丙县'), official: hidden };
    const charts = chartsIn(partsOf(await workbook([named(84.9999, '甲县'), named(91, '乙县'), none])));
    expect(charts.map(({ title }) => title)).toEqual([
      '各县（区）得分',
      ...countyAt(85).groups.map((g) => `各县（区）得分：${groupNames[g.group as 'parent']}`),
    ]);
    expect([...charts[0]!.references[1]!.kept.values()]).toEqual(['甲县', '乙县', '丙县']);
    expect([...charts[0]!.references[2]!.kept.entries()]).toEqual([
      [0, '84.9'],
      [1, '91'],
    ]);
  });

  test('make a whole package: every part has a type, every relation a part, every drawing its own ids', async () => {
    const parts = partsOf(await workbook([countyAt(84.9999)]));
    const types = parts['[Content_Types].xml']!;
    for (const name of Object.keys(parts))
      if (!name.endsWith('.rels') && name !== '[Content_Types].xml')
        expect(types, name).toContain(`PartName="/${name}"`);
    for (const [, name] of types.matchAll(/PartName="\/([^"]+)"/g)) expect(parts).toHaveProperty([name!]);
    for (const [name, xml] of Object.entries(parts)) {
      if (name.endsWith('.rels')) {
        const folder = name.replace(/_rels\/[^/]+$/, '');
        for (const [, target] of xml.matchAll(/Target="([^"]+)"/g))
          expect(parts, `${name} ${target}`).toHaveProperty([
            new URL(target!, `file:///${folder}`).pathname.slice(1),
          ]);
        continue;
      }
      const rels = parts[name.replace(/([^/]+)$/, '_rels/$1.rels')] ?? '';
      for (const [, id] of xml.matchAll(/ r:id="([^"]+)"/g)) expect(rels, name).toContain(`Id="${id}"`);
      const ids = [...xml.matchAll(/<xdr:cNvPr id="(\d+)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
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
    for (const title of ['County3各类人员得分', 'County3各方面得分', 'County3学校得分，由低到高'])
      expect(cells).toContain(title);
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

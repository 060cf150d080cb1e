import { describe, expect, it } from 'vitest';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import writeXlsxFile from 'write-excel-file/node';
import { readSheet } from 'read-excel-file/node';
import { serialToIso } from '../../src/tabular/xlsx-read.ts';
import { xlsxChunks } from '../../src/tabular/write.ts';
import { handMade, join, readAll, readBook, readItems, sheetXml } from './helpers.ts';
import { readReference } from '../support/reference.ts';

describe('reading .xlsx made by others', () => {
  it('reads what write-excel-file wrote, merged cells filled', async () => {
    const bytes = await writeXlsxFile([
      [{ value: '某县家长名册', columnSpan: 3 }, null, null],
      [{ value: '学校' }, { value: '电话' }, { value: '日期' }],
      [
        { value: '第一小学', rowSpan: 2 },
        { value: 13800138000, type: Number },
        { value: new Date(Date.UTC(2024, 8, 1)), type: Date, format: 'yyyy-mm-dd' },
      ],
      [null, { value: '13900139000' }, { value: true, type: Boolean }],
    ]).toBuffer();
    expect((await readAll(bytes)).map((r) => r.cells)).toEqual([
      ['某县家长名册', '某县家长名册', '某县家长名册'],
      ['学校', '电话', '日期'],
      ['第一小学', 13800138000, '2024-09-01'],
      ['第一小学', '13900139000', 'TRUE'],
    ]);
  });

  it('reads prefixes, inline, shared and rich text, errors, gaps and several sheets; skips hidden ones', async () => {
    const bytes = handMade({
      strings:
        '<sst><si><t>学校</t></si><si><r><t>第</t></r><r><rPr><b/></rPr><t xml:space="preserve">一 </t></r>' +
        '<rPh sb="0" eb="1"><t>yi</t></rPh></si><si><t>a_x000D_b&amp;</t></si></sst>',
      styles:
        '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/><numFmt numFmtId="165" ' +
        'formatCode="[Red]0.00&quot;day&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>' +
        '<xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="11"/></cellXfs></styleSheet>',
      sheets: [
        {
          name: '一',
          xml:
            '<x:worksheet xmlns:x="m"><x:sheetData><x:row r="2"><x:c r="B2" t="s"><x:v>0</x:v></x:c><x:c r="D2" t="s"><x:v>1</x:v></x:c></x:row>' +
            '<x:row r="4"><x:c r="A4" t="inlineStr"><x:is><x:t>行</x:t></x:is></x:c><x:c r="B4" t="e"><x:v>#N/A</x:v></x:c>' +
            '<x:c r="C4" t="b"><x:v>1</x:v></x:c><x:c r="D4" s="1"><x:v>45536</x:v></x:c><x:c r="E4" s="2"><x:v>45536.5</x:v></x:c>' +
            '<x:c r="F4" s="3"><x:v>1.5</x:v></x:c><x:c r="G4" s="4"><x:v>1.3800138E10</x:v></x:c><x:c r="H4" t="str"><x:f>A1</x:f><x:v>公式</x:v></x:c>' +
            '<x:c r="I4" t="s"><x:v>2</x:v></x:c><x:c r="XFD4" s="1"/></x:row></x:sheetData>' +
            '<x:mergeCells><x:mergeCell ref="B2:C3"/></x:mergeCells></x:worksheet>',
        },
        { name: '藏', state: 'veryHidden', xml: sheetXml('<row><c><v>1</v></c></row>') },
        { name: '二', xml: sheetXml('<row><c><v>7</v></c><c t="str"><v>x</v></c></row><row/>') },
      ],
    });
    expect(await readBook(bytes)).toEqual([
      { sheet: '一', row: 2, cells: [null, '学校', '学校', '第一 '] },
      {
        sheet: '一',
        row: 4,
        cells: ['行', null, 'TRUE', '2024-09-01', '2024-09-01T12:00:00', 1.5, 13800138000, '公式', 'a\rb&'],
        marks: new Map([
          [1, 'error'],
          [3, 'date'],
          [4, 'date'],
        ]),
      },
      { notice: { path: '藏', message: 'roll.sheet-hidden', params: { sheet: '藏' } } },
      { sheet: '二', row: 1, cells: [7, 'x'] },
    ]);
  });

  it('fills a school merged over several rows, and only its area', async () => {
    const rows = [1, 2, 3, 4]
      .map(
        (r) =>
          `<row r="${r}">${r === 1 ? '<c r="A1" t="str"><v>一小</v></c>' : ''}<c r="B${r}"><v>${r}</v></c></row>`,
      )
      .join('');
    const bytes = handMade({
      sheets: [{ name: 's', xml: sheetXml(rows, '<mergeCells><mergeCell ref="A1:A3"/></mergeCells>') }],
    });
    expect((await readAll(bytes)).map((r) => r.cells[0])).toEqual(['一小', '一小', '一小', null]);
  });

  // ECMA-376 part 1, 18.17.4.1; day 60 of the 1900 system does not exist.
  it.each([
    [1, false, '1900-01-01'],
    [59, false, '1900-02-28'],
    [61, false, '1900-03-01'],
    [366, true, '1905-01-01'],
    [39448, false, '2008-01-01'],
    [0.75, false, '18:00:00'],
  ])('day %s (1904: %s) is %s', (serial, date1904, iso) => {
    expect(serialToIso(serial, date1904)).toBe(iso);
  });
});

describe('hostile workbooks', () => {
  const one = (xml: string) => handMade({ sheets: [{ name: 's', xml }] });

  it.each([
    ['tabular.zip', one('<worksheet><sheetData><row><c><v>1</v></row>')],
    ['tabular.zip', one('<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet>&x;</worksheet>')],
    ['tabular.zip', one(sheetXml('<row><c t="str"><v>&lol;</v></c></row>'))],
    ['tabular.zip', one(sheetXml('<row r="5"/><row r="4"/>'))],
    ['tabular.zip', one(sheetXml('<row r="99999999"/>'))],
    ['tabular.columns', one(sheetXml('<row r="1"><c r="XFD1"><v>1</v></c></row>'))],
    ['tabular.zip', one(sheetXml(`<!--${' '.repeat(3 * 1024 * 1024)}-->`))],
    ['tabular.not-xlsx', zipSync({ 'word/document.xml': strToU8('<w/>') })],
    ['tabular.zip', one(sheetXml('<row><c><v>1</v></c></row>')).subarray(0, 900)],
    ['tabular.zip', Buffer.from('PK\u0003\u0004 not a zip at all')],
  ])('%s', async (message, bytes) => {
    await expect(readAll(bytes)).rejects.toMatchObject({ kind: 'invalid', message });
  });

  it('a workbook without a row is empty', async () => {
    await expect(readItems(one(sheetXml('')))).rejects.toMatchObject({ message: 'tabular.empty' });
  });

  it('stops inflating a bomb', async () => {
    const row = '<row><c><v>1</v></c></row>'.repeat(1000);
    await expect(readAll(one(sheetXml(row + '<x></x>'.repeat(4 * 1024 * 1024))))).rejects.toMatchObject({
      kind: 'too-large',
      message: 'tabular.inflated',
    });
  });

  it('keeps overlapping merged areas from multiplying work', async () => {
    const merges = '<mergeCell ref="A1:XFD1048576"/>'.repeat(20_000);
    const rows = '<row><c><v>1</v></c></row>'.repeat(200);
    const result = await readAll(one(sheetXml(rows, `<mergeCells>${merges}</mergeCells>`)));
    expect(result).toHaveLength(200);
    expect(result[199]?.cells).toHaveLength(256);
  });
});

describe('writing .xlsx', () => {
  it('is read by read-excel-file as by us', async () => {
    const rows = [
      ['00138', '13800138000', -5.5, null],
      ['=1+1', ' 两端 ', 0, '_x0041_<&">'],
    ];
    const bytes = await join(
      xlsxChunks([{ name: '名单/一:[x]', header: ['代码', '电话', '数', 'd'], rows }]),
    );
    expect((await readSheet(bytes, { trim: false })).slice(1)).toEqual([
      rows[0],
      expect.arrayContaining(['=1+1', 0]),
    ]);
    expect((await readAll(bytes)).map((r) => r.cells)).toEqual([
      ['代码', '电话', '数', 'd'],
      ['00138', '13800138000', -5.5],
      rows[1],
    ]);
  });

  it('goes on in further sheets, with the header', async () => {
    const rows = Array.from({ length: 10 }, (_, i) => [i]);
    const bytes = await join(xlsxChunks([{ name: 'S', header: ['n'], rows }], { maxRows: 5 }));
    const read = await readAll(bytes);
    expect(read.filter((r) => r.cells[0] !== 'n').map((r) => r.cells[0])).toEqual(rows.flat());
    expect([...new Set(read.map((r) => r.sheet))]).toEqual(['S', 'S (2)', 'S (3)']);
  });

  it('refuses what Excel would cut off', async () => {
    const rows = [['x'.repeat(32_768)]];
    await expect(join(xlsxChunks([{ name: 'S', header: ['n'], rows }]))).rejects.toMatchObject({
      message: 'tabular.cell',
    });
  });

  it('carries every naughty string there and back', async () => {
    const strings = JSON.parse(readReference('hostile/naughty-strings.json')) as string[];
    const rows = strings.map((s) => [s, 'x']);
    const bytes = await join(xlsxChunks([{ name: 'S', header: ['s', 'x'], rows }]));
    const read = (await readAll(bytes)).slice(1).map((r) => r.cells[0] ?? '');
    expect(read).toEqual(strings.map((s) => s.replace(/^'(?='*[=+\-@\t\r＝＋－＠])/u, '')));
  });
});

describe('charts', () => {
  const chart = {
    title: '<图>\u0001',
    unit: '分',
    description: 'x',
    from: 0,
    to: 2,
    names: 0,
    values: 1,
    scale: { low: 60, high: 100, step: 10 },
  };
  const partsOf = async (maxRows?: number): Promise<Record<string, string>> => {
    const rows = [
      ['a', 61],
      ['b', null],
      ['c&"d', 99.5],
    ];
    const chunks: Uint8Array[] = [];
    const sheet = { name: "A'b", header: ['name', 'value'], rows, charts: [chart] };
    for await (const chunk of xlsxChunks([sheet], maxRows === undefined ? {} : { maxRows }))
      chunks.push(chunk);
    return Object.fromEntries(
      Object.entries(unzipSync(Buffer.concat(chunks))).map(([name, bytes]) => [name, strFromU8(bytes)]),
    );
  };

  it('refers to cells by the name of their sheet, escaped', async () => {
    const xml = (await partsOf())['xl/charts/chart1.xml']!;
    expect(xml).toContain("<c:f>'A''b'!$B$2:$B$4</c:f>");
    expect(xml).toContain('<a:t>&lt;图&gt; </a:t>');
    expect(xml).toContain(
      '<c:ptCount val="3"/><c:pt idx="0"><c:v>61</c:v></c:pt><c:pt idx="2"><c:v>99.5</c:v></c:pt>',
    );
    expect(xml).toContain('<c:v>c&amp;&quot;d</c:v>');
  });

  it('is left out where its rows go on in a further sheet', async () => {
    const parts = await partsOf(2);
    expect(Object.keys(parts).filter((name) => /chart|drawing/.test(name))).toEqual([]);
    expect(Object.values(parts).join('')).not.toContain('<drawing');
    expect(Object.keys(await partsOf(4)).filter((name) => /chart|drawing/.test(name))).toHaveLength(3);
  });
});

import { describe, expect, it } from 'vitest';
import { safeFileName, storedFileName } from '../../src/domain/file-name.ts';
import { isVisible, isVisibleText, lineSchema } from '../../src/domain/line.ts';
import { csvChunks } from '../../src/tabular/write.ts';
import { join } from '../tabular/helpers.ts';

describe('lines that people type', () => {
  it.each([
    0, 1, 7, 8, 9, 0xa, 0xb, 0xd, 0x1b, 0x7f, 0x85, 0x9f, 0x2028, 0x202e, 0x2066, 0xfeff, 0xd800, 0xffff,
  ])('U+%s is refused inside a name', (code) => {
    const name = `云${String.fromCharCode(code)}溪县`;
    expect(isVisible(name)).toBe(false);
    expect(lineSchema(1, 100).safeParse(name).error?.issues[0]?.message).toBe('text.control');
  });
  it.each(['云溪县', '𠮷野小学', "O'Neill — 3(1)", 'مدرسة\u200f', 'क्\u200dष'])('%s is accepted', (name) => {
    expect(lineSchema(1, 100).parse(name)).toBe(name);
  });
  it('texts may have lines', () => {
    expect(isVisibleText('一\r\n\t二')).toBe(true);
    expect(isVisibleText('一\0')).toBe(false);
  });
});

describe('spreadsheet formulas', () => {
  const signs = ['=', '+', '-', '@', '|', '＝', '＋', '－', '＠', '−', '﹢', '﹣', '﹦', '﹫'];
  const before = [
    '',
    '\n',
    '\v',
    ' ',
    '\u00a0',
    '\u200b',
    '\ufeff',
    '\t',
    '\r',
    '\u3000',
    '\u2060',
    ' \u200b\n',
    '\0',
  ];
  const texts = [...signs.flatMap((sign) => before.map((b) => `${b}${sign}cmd`)), '\ttab', '\rcr', '\nline'];

  it.each(['title', 'place', 'school'])(
    'none begins a text cell of the column %s, nor its header',
    async (column) => {
      const rows = texts.map((text) => [text]);
      const records = (await join(csvChunks([column, ...texts], rows))).toString('utf8').slice(1);
      // Each guarded text is there; without the apostrophe none is at the start of a cell.
      for (const text of texts) {
        expect(records).toContain(`'${text}`);
        expect(
          records.includes(`,${text}`) || records.includes(`\r\n${text}`) || records.includes(`"${text}`),
        ).toBe(false);
      }
    },
  );

  it('ordinary texts and numbers stay as they are', async () => {
    const bytes = await join(csvChunks(['a'], [['第一小学'], [' 张三'], ['1-3'], [-5], ['a=b']]));
    expect(bytes.toString('utf8')).not.toContain("'");
  });
});

describe('names of files', () => {
  it.each([
    ['=cmd|calc.csv', 'cmd|calc.csv'],
    ['−1.xlsx', '1.xlsx'],
    [' \ufeff@sum.csv', 'sum.csv'],
    ['../../etc/名册.csv', '名册.csv'],
    ['C:\\Users\\名册.csv', '名册.csv'],
    ['名\0册\u202e.csv', '名册.csv'],
    [`${'长'.repeat(200)}.csv`, `${'长'.repeat(116)}.csv`],
  ])('%j is stored as %j', (sent, stored) => {
    expect(storedFileName(sent)).toBe(stored);
  });
  it.each(['=1.csv', '﹦1.csv', '|cmd.csv', '−1', '../../x'])('%j begins no download with a sign', (name) => {
    expect(safeFileName(`${name}-faults`, 'csv')).toMatch(/^[\p{L}\p{N}]/u);
    expect(safeFileName(name, 'csv')).toMatch(/^[\p{L}\p{N}]/u);
  });
});

import fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import iconv from 'iconv-lite';
import { createRecordSplitter, RecordError } from '../../src/tabular/records.ts';
import { detectDelimiter } from '../../src/tabular/text.ts';
import { readAll } from './helpers.ts';

function split(text: string, delimiter = ',', size = 3) {
  const splitter = createRecordSplitter(delimiter, 1000);
  const records = [];
  for (let i = 0; i < text.length; i += size) records.push(...splitter.push(text.slice(i, i + size)));
  records.push(...splitter.end());
  return records;
}

describe('records', () => {
  it('are what csv-parse makes of the same text, whatever the pieces', () => {
    const piece = fc.constantFrom('a', '学', '"', '""', ',', ';', '\n', '\r\n', '\r', ' ', '1');
    let compared = 0;
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }).map((p) => p.join('')),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(',', ';'),
        (text, size, delimiter) => {
          let theirs: string[][];
          try {
            theirs = parse(text, {
              delimiter,
              record_delimiter: ['\r\n', '\n', '\r'],
              relax_column_count: true,
              relax_quotes: true,
            });
          } catch {
            expect(() => split(text, delimiter, size)).toThrow(RecordError);
            return;
          }
          compared += 1;
          expect(split(text, delimiter, size).map((r) => r.cells)).toEqual(theirs);
        },
      ),
      { seed: 5, numRuns: 2000 },
    );
    expect(compared).toBeGreaterThan(500);
  });

  it('know their lines', () => {
    const records = split('a,b\n"x\ny",z\nc\n');
    expect(records.map(({ from, to }) => [from, to])).toEqual([
      [1, 1],
      [2, 3],
      [4, 4],
    ]);
  });

  it('bound a line and a quote without end', () => {
    expect(() => split('x'.repeat(2000))).toThrow('line in record 1');
    expect(() => split('a\n"' + 'x\n'.repeat(2000))).toThrow('quote in record 2');
  });
});

const header = '学校名称,联系电话\n';
const text = (rows: number) => Array.from({ length: rows }, (_, i) => `一小,1941100${1000 + i}`);

describe('text files as they arrive', () => {
  it('an unclosed quote is named by the row in which it opens', async () => {
    const rows = text(60);
    rows[48] = '一小,"19411001048';
    await expect(readAll(Buffer.from(header + rows.join('\n')))).rejects.toMatchObject({
      message: 'tabular.quote',
      params: { row: 50 },
    });
  });

  it.each(['utf-8', 'gb18030', 'utf-16le'])('NULs at the end of %s are padding', async (encoding) => {
    const bytes = iconv.encode(header + text(3).join('\n'), encoding, { addBOM: encoding === 'utf-16le' });
    for (const size of [7, 1000]) {
      const rows = await readAll(Buffer.concat([bytes, Buffer.alloc(2048)]), { size });
      expect(rows.map((r) => r.cells)).toEqual([
        ['学校名称', '联系电话'],
        ...text(3).map((row) => row.split(',')),
      ]);
    }
  });

  it.each(['\r\n', ''])('copy /b a+b: the second file begins on its own row, after %j', async (ending) => {
    for (const encoding of ['utf-8', 'utf-16le']) {
      const part = (content: string) => iconv.encode(content, encoding, { addBOM: true });
      const bytes = Buffer.concat([
        part(`"学校","电话"\r\n一小,1${ending}`),
        part(`"学校","电话"\r\n二小,2\r\n`),
      ]);
      expect((await readAll(bytes)).map((r) => r.cells)).toEqual([
        ['学校', '电话'],
        ['一小', '1'],
        ['学校', '电话'],
        ['二小', '2'],
      ]);
    }
  });

  it('the delimiter with which a header is recognised wins over counts', () => {
    const sample = '学校|电话|备注\n一小|1,2,3\n二小|4,5,6\n三小|7,8,9\n';
    expect(detectDelimiter(sample)).toBe(',');
    const score = (rows: readonly { cells: readonly unknown[] }[]) =>
      rows[0]?.cells.includes('电话') ? 2 : 0;
    expect(detectDelimiter(sample, score)).toBe('|');
    expect(detectDelimiter('a|b\nc|d\n')).toBe('|');
  });
});

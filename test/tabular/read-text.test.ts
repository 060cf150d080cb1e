import { describe, expect, it } from 'vitest';
import iconv from 'iconv-lite';
import { isNotice, readTable } from '../../src/tabular/read.ts';
import { decode, detectDelimiter } from '../../src/tabular/text.ts';
import { chunked, readAll } from './helpers.ts';

const table = '学校,联系电话,家长\r\n第一小学,13800138000,"张三,丰"\r\n第二小学,13900139000,"李\n四"\r\n';
const cells = [
  ['学校', '联系电话', '家长'],
  ['第一小学', '13800138000', '张三,丰'],
  ['第二小学', '13900139000', '李\n四'],
];

describe('text tables, held against iconv-lite', () => {
  it.each([
    ['utf-8', false],
    ['utf-8', true],
    ['gb18030', false],
    ['gbk', false],
    ['utf-16le', true],
    ['utf-16le', false],
    ['utf-16be', true],
    ['utf-16be', false],
  ])('%s, byte order mark %s, whatever the chunks', async (encoding, addBOM) => {
    for (const size of [1, 3, 7, 1000]) {
      const rows = await readAll(iconv.encode(table, encoding, { addBOM }), { fileName: 'a.xls', size });
      expect(rows.map((r) => r.cells)).toEqual(cells);
      expect(rows.map((r) => r.row)).toEqual([1, 2, 3]);
    }
  });

  it('reads four-byte GB18030 and rare names', async () => {
    const rows = await readAll(iconv.encode('学校名称,姓名\n𠮷野小学,㐂\n', 'gb18030'));
    expect(rows[1]?.cells).toEqual(['𠮷野小学', '㐂']);
  });

  it('decides the encoding where the first Chinese character stands, however late', async () => {
    const ascii = 'code,phone\n' + '1,13800138000\n'.repeat(50_000);
    for (const encoding of ['utf-8', 'gb18030']) {
      const bytes = iconv.encode(ascii + '2,实验小学\n', encoding);
      let text = '';
      for await (const part of decode(chunked(bytes, 4096), 'x')) text += part;
      expect(text.endsWith('2,实验小学\n')).toBe(true);
    }
  });

  it.each([',', ';', '\t', '，'])('delimiter %j', async (d) => {
    const text = [`学校${d}电话${d}备注`, `一小${d}13800138000${d}a`, `二小${d}"x${d}y"${d}`].join('\n');
    const rows = await readAll(Buffer.from(text));
    expect(rows.map((r) => r.cells)).toEqual([
      ['学校', '电话', '备注'],
      ['一小', '13800138000', 'a'],
      ['二小', `x${d}y`],
    ]);
  });

  it('does not take the separator of two phones for the delimiter', () => {
    expect(detectDelimiter('学校,电话\n一小,138;139\n二小,137;136\n')).toBe(',');
  });

  it('numbers rows as the clerk sees them, with empty lines and title rows', async () => {
    const rows = await readAll(Buffer.from('某县家长名册\n\n学校,电话\n一小,138\n'));
    expect(rows.map((r) => [r.row, r.cells.length])).toEqual([
      [1, 1],
      [3, 2],
      [4, 2],
    ]);
  });

  it('takes off what forces text: ="…"', async () => {
    const rows = await readAll(Buffer.from('电话,b\n="13800138000",1\n"=""0531-88886666""",1\n'));
    expect(rows.slice(1).map((r) => r.cells[0])).toEqual(['13800138000', '0531-88886666']);
  });

  it.each([
    ['tabular.empty', Buffer.alloc(0)],
    ['tabular.empty', Buffer.from('\ufeff')],
    ['tabular.empty', Buffer.from(' \r\n\n')],
    ['tabular.html', Buffer.from('\n<html><table><tr><td>学校</td></tr></table>')],
    ['tabular.html', Buffer.from('<?xml version="1.0"?><Workbook/>')],
    ['tabular.binary', Buffer.from('%PDF-1.7\n')],
    ['tabular.binary', Buffer.from([1, 0, 0, 2, 0, 0, 0, 5, 0])],
    ['tabular.encoding', Buffer.from([0x41, 0x2c, 0xff, 0xff, 0xff, 0x0a])],
    ['tabular.quote', Buffer.from('a,b\n"' + 'x'.repeat(1_200_000))],
    ['tabular.columns', Buffer.from('a' + ',b'.repeat(20_000))],
    ['tabular.xls', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0, 0])],
    [
      'tabular.encrypted',
      Buffer.concat([
        Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
        Buffer.alloc(5000),
        Buffer.from('EncryptedPackage', 'utf16le'),
      ]),
    ],
  ])('refuses with %s', async (message, bytes) => {
    await expect(readAll(bytes)).rejects.toMatchObject({ kind: 'invalid', message });
  });

  it('bounds rows and bytes', async () => {
    await expect(readAll(Buffer.from('a\n'.repeat(11)), { maxRows: 10 })).rejects.toMatchObject({
      kind: 'too-large',
      message: 'tabular.rows',
    });
    await expect(readAll(Buffer.from('a\n'.repeat(5000)), { maxBytes: 9000 })).rejects.toMatchObject({
      message: 'tabular.bytes',
    });
  });

  it('closes the source when the reader breaks off or fails', async () => {
    for (const text of ['a,b\n'.repeat(100_000), '<html>']) {
      let closed = false;
      const source = (async function* () {
        try {
          yield* chunked(Buffer.from(text), 5000);
        } finally {
          closed = true;
        }
      })();
      try {
        for await (const row of readTable(source, { fileName: 'x' }))
          if (!isNotice(row) && row.row === 3) break;
      } catch {
        // the second is refused
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(closed).toBe(true);
    }
  });

  it('drops empty trailing columns', async () => {
    const rows = await readAll(Buffer.from(`a,b${','.repeat(5000)}\n`));
    expect(rows[0]?.cells).toEqual(['a', 'b']);
  });
});

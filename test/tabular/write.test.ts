import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { safeFileName } from '../../src/domain/file-name.ts';
import { csvChunks } from '../../src/tabular/write.ts';
import { join, readAll } from './helpers.ts';
import { readReference } from '../support/reference.ts';

const csv = async (header: string[], rows: (string | number | null)[][]) => join(csvChunks(header, rows));

describe('csvChunks', () => {
  it('has a byte order mark, CRLF, and guards formulas, in headers too', async () => {
    const text = (
      await csv(
        ['=cmd', 'n'],
        [
          ['+86', -5],
          ['＝1', 1.5],
          ['\t@x', null],
          ["'=y", 0],
        ],
      )
    ).toString('utf8');
    expect(text).toBe("\ufeff'=cmd,n\r\n'+86,-5\r\n'＝1,1.5\r\n\"'\t@x\",\r\n''=y,0\r\n");
  });

  it('comes back as it went, whatever the texts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 2, maxLength: 4 }), {
          minLength: 1,
          maxLength: 8,
        }),
        async (rows) => {
          const read = (await readAll(await csv(['甲', '乙'], rows))).slice(1);
          const trimmed = rows.map((r) =>
            r.slice(0, r.findLastIndex((c) => c !== '') + 1).map((c) => c || null),
          );
          // Rows without a value are not read.
          const valued = trimmed.filter((r) => r.some((c) => c !== null && c.trim() !== ''));
          expect(read.map((r) => r.cells)).toEqual(valued);
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  it('leaves no cell of the naughty strings to be run', async () => {
    const strings = JSON.parse(readReference('hostile/naughty-strings.json')) as string[];
    const bytes = await csv(
      ['s', 'x'],
      strings.map((s) => [s, 'x']),
    );
    const records: string[][] = parse(bytes, { bom: true });
    expect(records).toHaveLength(strings.length + 1);
    expect(records.filter(([s]) => /^[=+\-@\t\r]/.test(s ?? ''))).toEqual([]);
    expect((await readAll(bytes)).slice(1).map((r) => r.cells[0] ?? '')).toEqual(strings);
  });
});

describe('download names', () => {
  it.each([
    ['../../etc/passwd', 'etc-passwd.csv'],
    ['济源市\r\nSet-Cookie: a', '济源市Set-Cookie- a.csv'],
    ['=cmd|calc', 'cmd-calc.csv'],
    ['\u202egnp.exe', 'gnp.exe.csv'],
    ['', 'file.csv'],
    ['CON', 'file-CON.csv'],
  ])('%j', (base, name) => {
    expect(safeFileName(base, 'csv')).toBe(name);
  });
});

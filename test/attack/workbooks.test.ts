/**
 * Small files that cost much. Each is made here and refused for its own reason; the memory of the whole process, the reading thread
 * included, stays bounded, and the service goes on.
 */
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { isNotice, type TableItem } from '../../src/tabular/read.ts';
import { readWorkbook, workbookMemoryMb } from '../../src/tabular/xlsx-worker.ts';
import { xlsxLimits } from '../../src/tabular/xlsx-read.ts';
import { handMade, readBook, readItems, sheetXml } from '../tabular/helpers.ts';

const one = (xml: string, more: { strings?: string; styles?: string } = {}) =>
  handMade({ sheets: [{ name: 's', xml }], ...more });
const data = '<row><c><v>1</v></c></row>';

/** The highest resident memory while `work` runs, over that before it. */
async function peakMb(work: () => Promise<unknown>): Promise<number> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
  try {
    await work();
  } finally {
    clearInterval(watch);
  }
  return (peak - before) / 2 ** 20;
}

describe('bombs as they come, through the thread', () => {
  it.each([
    // 200 MB of strings in 200 kB.
    [
      'tabular.inflated',
      one(sheetXml(data), { strings: `<sst>${`<si><t>${'x'.repeat(1_000)}</t></si>`.repeat(50_000)}</sst>` }),
    ],
    // A sheet of 60 MB in 60 kB.
    ['tabular.inflated', one(sheetXml(data + '<row/>'.repeat(10_000_000)))],
    // 10 million formatted cells.
    ['tabular.inflated', one(sheetXml(`<row>${'<c/>'.repeat(10_000_000)}</row>`))],
    [
      'tabular.merges',
      one(
        sheetXml(
          data,
          Array.from(
            { length: xlsxLimits.merges + 1 },
            (_, i) => `<mergeCell ref="A${i + 1}:B${i + 1}"/>`,
          ).join(''),
        ),
      ),
    ],
    // The 257th column.
    ['tabular.columns', one(sheetXml('<row r="1"><c r="IW1"><v>1</v></c></row>'))],
    ['tabular.zip', one(sheetXml('<x>'.repeat(100_000) + '</x>'.repeat(100_000)))],
    [
      'tabular.zip',
      one(sheetXml(`<row ${Array.from({ length: 200_000 }, (_, i) => `a${i}=""`).join(' ')}/>`)),
    ],
    // One text of 60,000 characters in 40 cells of each row.
    [
      'tabular.cells',
      one(sheetXml(`<row>${'<c t="s"><v>0</v></c>'.repeat(40)}</row>`.repeat(2_000)), {
        strings: `<sst><si><t>${'字'.repeat(60_000)}</t></si></sst>`,
      }),
    ],
  ])('%s', async (message, bytes) => {
    let caught: unknown;
    const peak = await peakMb(async () => {
      caught = await readItems(bytes).catch((error: unknown) => error);
    });
    expect(caught).toMatchObject({ message, params: { file: 'roll.xlsx' } });
    expect(peak).toBeLessThan(workbookMemoryMb + 150);
  });
});

describe('each limit by itself', () => {
  const strings = '<sst><si><t>abcdefghij</t></si><si><t>x</t></si></sst>';
  const rows = (n: number) => '<row><c t="s"><v>0</v></c><c><v>1</v></c></row>'.repeat(n);
  it.each([
    [{ sharedBytes: 10 }, 'tabular.inflated'],
    [{ sharedStrings: 1 }, 'tabular.inflated'],
    [{ cellCharacters: 9 }, 'tabular.zip'],
    [{ rowCharacters: 9 }, 'tabular.cells'],
    [{ characters: 29 }, 'tabular.cells'],
    [{ cells: 5 }, 'tabular.cells'],
    [{ elements: 20 }, 'tabular.inflated'],
    [{ inflated: 500 }, 'tabular.inflated'],
    [{ merges: 1 }, 'tabular.merges'],
    [{ depth: 4 }, 'tabular.zip'],
    [{ entries: 3 }, 'tabular.zip'],
    [{ sheets: 0 }, 'tabular.zip'],
    [{ styles: 1 }, 'tabular.zip'],
  ])('%j', async (limits, message) => {
    const bytes = one(sheetXml(rows(3), '<mergeCell ref="A1:A2"/>'.repeat(2)), {
      strings,
      styles: '<styleSheet><cellXfs><xf/><xf/></cellXfs></styleSheet>',
    });
    expect(await readBook(bytes)).toHaveLength(3);
    await expect(readBook(bytes, limits)).rejects.toMatchObject({ message });
  });
});

describe('the thread', () => {
  const wide = one(sheetXml(`<row>${'<c t="s"><v>0</v></c>'.repeat(8)}</row>`.repeat(200)), {
    strings: `<sst><si><t>${'字'.repeat(60_000)}</t></si></sst>`,
  });
  const read = async (memoryMb?: number) => {
    const items: TableItem[] = [];
    const task = { bytes: new Uint8Array(wide), file: 'w.xlsx', hiddenRows: 'read' } as const;
    for await (const item of readWorkbook(task, memoryMb)) items.push(item);
    return items;
  };

  it('ends where its memory does, with an error that says so; the process and the next file go on', async () => {
    // Within the memory that it has in service the same file is read.
    expect(await read()).toHaveLength(200);
    await expect(read(4)).rejects.toMatchObject({ kind: 'too-large', message: 'tabular.memory' });
    expect((await readItems(one(sheetXml(data)))).filter((i) => !isNotice(i))).toHaveLength(1);
  });

  it('serves others while it reads: no more than a piece is copied at once', async () => {
    let turns = 0;
    let reading = true;
    const turn = () => {
      turns += 1;
      if (reading) setImmediate(turn);
    };
    setImmediate(turn);
    const rows = Array.from({ length: 20_000 }, (_, i) => `<row><c><v>${i}</v></c></row>`).join('');
    expect(await readItems(one(sheetXml(rows)))).toHaveLength(20_000);
    reading = false;
    expect(turns).toBeGreaterThan(40);
  });

  it('is ended when the caller breaks off, and more files than threads all get their turn', async () => {
    const rows = one(sheetXml(data.repeat(5_000)));
    const first = async () => {
      const task = { bytes: new Uint8Array(rows), file: 'w.xlsx', hiddenRows: 'read' } as const;
      for await (const item of readWorkbook(task)) return item;
      return undefined;
    };
    const items = await Promise.all([first(), first(), first(), first(), first()]);
    expect(items.every((item) => item !== undefined && !isNotice(item) && item.cells[0] === 1)).toBe(true);
  });

  it('hands over what is wrong with a file', async () => {
    const bytes = zipSync({ 'word/document.xml': strToU8('<w/>') });
    await expect(readItems(bytes)).rejects.toMatchObject({ kind: 'invalid', message: 'tabular.not-xlsx' });
  });
});

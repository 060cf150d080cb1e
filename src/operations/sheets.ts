/** Rows of a file, sheet by sheet: the first few at once, for the header to be found in, the rest as they come. */
import type { TableRow } from '../domain/fieldwork/roll/table.ts';

export interface SheetRows {
  readonly sheet: string;
  /** The first rows, at most as many as asked for. */
  readonly head: readonly TableRow[];
  /** The rows after them; what is not taken is skipped. */
  readonly rest: AsyncIterable<TableRow>;
}

export async function* splitSheets(
  rows: AsyncIterable<TableRow>,
  headLength: number,
): AsyncGenerator<SheetRows, void, undefined> {
  const iterator = rows[Symbol.asyncIterator]();
  let next = await iterator.next();
  const take = async (sheet: string): Promise<TableRow | undefined> => {
    if (next.done || next.value.sheet !== sheet) return undefined;
    const row = next.value;
    next = await iterator.next();
    return row;
  };
  try {
    while (!next.done) {
      const { sheet } = next.value;
      const head: TableRow[] = [];
      while (head.length < headLength) {
        const row = await take(sheet);
        if (row === undefined) break;
        head.push(row);
      }
      async function* remaining() {
        for (;;) {
          const row = await take(sheet);
          if (row === undefined) return;
          yield row;
        }
      }
      yield { sheet, head, rest: remaining() };
      while ((await take(sheet)) !== undefined);
    }
  } finally {
    await iterator.return?.();
  }
}

/** Repeated headers: on each printed page, or over a second table beside the first. */
import type { HeaderMapping } from './header.ts';
import { cellText, columnLetters, type RowFault, type TableRow } from './table.ts';

/**
 * Recognises rows that repeat the header or a title above it.
 * @param head the first rows of the sheet, including the header
 */
export function createRepeatFinder(head: readonly TableRow[], headerRow: number): (row: TableRow) => boolean {
  const known = new Map<string, Set<string>>();
  for (const row of head) {
    if (row.row > headerRow) break;
    const first = firstText(row);
    known.set(first, (known.get(first) ?? new Set()).add(wholeText(row)));
  }
  // The first text alone decides for nearly every row.
  return (row) => row.row > headerRow && known.get(firstText(row))?.has(wholeText(row)) === true;
}

function firstText(row: TableRow): string {
  for (const cell of row.cells) {
    const text = cellText(cell);
    if (text !== '') return text;
  }
  return '';
}

function wholeText(row: TableRow): string {
  return row.cells.map(cellText).join('\t').trim();
}

const identities = ['school', 'name', 'schoolCode', 'code'];

/**
 * A second column of schools further right means two tables side by side. One would be lost or mixed into the other. Adjacent
 * columns come from a merged cell.
 */
export function findTableBeside<F extends string>(
  head: readonly TableRow[],
  { headerRow, columns }: HeaderMapping<F>,
): RowFault | undefined {
  const cells = head.find((row) => row.row === headerRow)?.cells ?? [];
  for (const [field, own] of Object.entries<readonly number[]>(columns)) {
    const [first] = own;
    if (!identities.includes(field) || first === undefined) continue;
    const text = cellText(cells[first]);
    if (text === '') continue;
    let column = first + 1;
    while (cellText(cells[column]) === text) column += 1;
    for (; column < cells.length; column += 1)
      if (cellText(cells[column]) === text)
        return {
          field: '',
          message: 'roll.header.beside',
          params: { text: text.slice(0, 20), first: columnLetters(first), second: columnLetters(column) },
        };
  }
  return undefined;
}

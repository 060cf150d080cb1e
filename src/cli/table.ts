/**
 * Tables for a terminal. If the columns are too wide, the one with the longest text is wrapped; if that is not enough, each row
 * becomes a block of `name value`. In a file or pipe a table has its natural width, one line per row.
 */
import { displayWidth } from './present.ts';
import { wrapText } from './usage.ts';

const between = '  ';
/** Minimum width of a wrapped column. */
const leastWrapped = 20;

/** @param columns width of the terminal; undefined: no limit */
export function table(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  columns?: number,
): string {
  const lines = [header, ...rows].map((row) => header.map((_, i) => String(row[i] ?? '')));
  const widths = header.map((_, i) => Math.max(...lines.map((line) => displayWidth(line[i] ?? ''))));
  const all = widths.reduce((sum, width) => sum + width, between.length * (header.length - 1));
  if (columns === undefined || all <= columns || rows.length === 0) return inColumns(lines, widths);
  return wrapped(lines, widths, columns - all) ?? inBlocks(lines, columns);
}

function inColumns(lines: readonly (readonly string[])[], widths: readonly number[]): string {
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - displayWidth(cell)))
        .join(between)
        .trimEnd(),
    )
    .join('\n');
}

/** With the widest column narrowed; undefined if too little is left of it, or one of its words is longer. */
function wrapped(
  lines: readonly (readonly string[])[],
  widths: readonly number[],
  missing: number,
): string | undefined {
  const widest = widths.indexOf(Math.max(...widths));
  const room = widths[widest]! + missing;
  if (room < leastWrapped) return undefined;
  const broken = lines.map((line) => wrapText(line[widest] ?? '', room).split('\n'));
  if (broken.flat().some((piece) => displayWidth(piece) > room)) return undefined;
  return inColumns(
    lines.flatMap((line, row) =>
      broken[row]!.map((piece, n) => line.map((cell, i) => (i === widest ? piece : n === 0 ? cell : ''))),
    ),
    widths.map((width, i) => (i === widest ? room : width)),
  );
}

/** Empty cells are left out. */
function inBlocks([header = [], ...rows]: readonly (readonly string[])[], columns: number): string {
  const names = Math.max(...header.map(displayWidth));
  const indent = names + between.length;
  const room = Math.max(leastWrapped, columns - indent);
  return rows
    .map((row) =>
      header
        .flatMap((name, i) => {
          const [first = '', ...more] = wrapText(row[i] ?? '', room).split('\n');
          if (first === '') return [];
          return [
            `${name}${' '.repeat(indent - displayWidth(name))}${first}`,
            ...more.map((line) => ' '.repeat(indent) + line),
          ];
        })
        .join('\n'),
    )
    .join('\n\n');
}

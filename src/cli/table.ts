/**
 * Tables for a terminal. Where the columns are wider than it, the one with the longest text is broken into lines; where that does not do, each row becomes
 * a block of `name  value`. What goes into a file or a pipe is as wide as it is, one line a row.
 */
import { displayWidth } from './present.ts';
import { wrapText } from './usage.ts';

const between = '  ';
/** Broken into lines, a column is at least so wide. */
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

/** With the widest column so much narrower; undefined if too little is left of it, or a word of it is longer. */
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

/** What is empty is left out. */
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

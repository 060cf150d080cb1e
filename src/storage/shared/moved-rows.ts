/** Limits the rows in memory while whole tables are read: by their size, not by their number. */
import type { MovedRow } from '../port/move.ts';

export const rowsPerPart = 2000;
export const bytesPerPart = 4 * 1024 * 1024;

/** About what a row takes. */
export function sizeOf(row: MovedRow): number {
  let size = 0;
  for (const value of row)
    size += typeof value === 'string' ? 2 * value.length : value instanceof Uint8Array ? value.length : 8;
  return size;
}

/** Groups single rows into batches. */
export function* inParts(rows: Iterable<MovedRow>): Generator<readonly MovedRow[]> {
  let part: MovedRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    part.push(row);
    bytes += sizeOf(row);
    if (part.length < rowsPerPart && bytes < bytesPerPart) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}

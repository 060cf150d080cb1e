/** Cells of tallies passed from the reader to the writer as bytes, which the main thread passes on at almost no cost. */
import { deserialize, serialize } from 'node:v8';
import type { TallyCell } from '../../domain/scoring/tally/tally.ts';

/** Some cells, in key order. */
export type PackedCells = Uint8Array & { readonly _cells: never };

/** In parts of `size` cells. */
export function packCells(cells: readonly TallyCell[], size: number): readonly PackedCells[] {
  const parts: PackedCells[] = [];
  for (let from = 0; from < cells.length; from += size)
    parts.push(new Uint8Array(serialize(cells.slice(from, from + size))) as PackedCells);
  return parts;
}

/** Only for bytes that `packCells` made in this process. */
export function unpackCells(packed: PackedCells): readonly TallyCell[] {
  return deserialize(packed) as readonly TallyCell[];
}

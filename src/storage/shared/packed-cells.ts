/** Cells of tallies on their way from the reader to the writer: bytes, which cost the thread between them next to nothing to pass on. */
import { deserialize, serialize } from 'node:v8';
import type { TallyCell } from '../../domain/scoring/tally/tally.ts';

/** Some cells, in the order of their keys. */
export type PackedCells = Uint8Array & { readonly _cells: never };

/** In parts of `size` cells. */
export function packCells(cells: readonly TallyCell[], size: number): readonly PackedCells[] {
  const parts: PackedCells[] = [];
  for (let from = 0; from < cells.length; from += size)
    parts.push(new Uint8Array(serialize(cells.slice(from, from + size))) as PackedCells);
  return parts;
}

/** Only of bytes that `packCells` made in this process. */
export function unpackCells(packed: PackedCells): readonly TallyCell[] {
  return deserialize(packed) as readonly TallyCell[];
}

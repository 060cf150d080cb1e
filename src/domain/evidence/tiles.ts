/**
 * Hashes in tiles, as in C2SP tlog-tiles: tile (level L, number N) holds the roots of the complete subtrees of 256^L leaves
 * number 256·N … 256·N + 255, 32 bytes each. The last tile of a level may hold fewer. Proofs can be computed from tiles alone.
 */
import { nodeHash } from './merkle.ts';
import type { NodeReader } from './proofs.ts';

export const tileWidth = 256;

export interface TileAddress {
  readonly level: number;
  readonly index: number;
}

/** Hashes of one tile, 32 bytes each; undefined if there is none. */
export type TileReader = (tile: TileAddress) => Uint8Array | undefined;

/** Hashes that a tile holds when the tree has `size` leaves: 0 to 256. */
export function tileSize({ level, index }: TileAddress, size: number): number {
  const entries = Math.floor(size / tileWidth ** level);
  return Math.max(0, Math.min(tileWidth, entries - index * tileWidth));
}

/** `<L>/<N>[.p/<W>]` with N in groups of three digits, all but the last with an x before: 1234067 is x001/x234/067. */
export function tilePath({ level, index }: TileAddress, width: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const name = groups.map((g, i) => (i < groups.length - 1 ? `x${g}` : g)).join('/');
  return `${level}/${name}${width < tileWidth ? `.p/${width}` : ''}`;
}

/** The inverse; undefined for anything that `tilePath` does not write. */
export function parseTilePath(path: string): (TileAddress & { readonly width: number }) | undefined {
  const match = /^([0-6]?[0-9])\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (!match) return undefined;
  const [, levelText = '', name = '', partial] = match;
  const tile = { level: Number(levelText), index: Number(name.replaceAll(/[x/]/g, '')) };
  const width = partial === undefined ? tileWidth : Number(partial);
  return width > 0 && width <= tileWidth && tilePath(tile, width) === path ? { ...tile, width } : undefined;
}

/**
 * A view into the tile, 32 bytes.
 * @throws RangeError if the tile has no such hash
 */
export function hashInTile(tile: Uint8Array, position: number): Uint8Array {
  const hash = tile.subarray(position * 32, position * 32 + 32);
  if (hash.length !== 32) throw new RangeError(`tile holds no hash ${position}`);
  return hash;
}

/**
 * Looks up roots of complete subtrees in tiles.
 * @throws RangeError if a tile is missing or too short
 */
export function createNodeReader(readTile: TileReader): NodeReader {
  return (height, index) => {
    const level = Math.floor(height / 8);
    const span = 2 ** (height % 8);
    const first = index * span;
    const address = { level, index: Math.floor(first / tileWidth) };
    const tile = readTile(address);
    if (!tile) throw new RangeError(`no tile ${tilePath(address, tileWidth)}`);
    let nodes = Array.from({ length: span }, (_, i) => hashInTile(tile, (first % tileWidth) + i));
    while (nodes.length > 1)
      nodes = Array.from({ length: nodes.length / 2 }, (_, i) => nodeHash(nodes[2 * i]!, nodes[2 * i + 1]!));
    return nodes[0]!;
  };
}

export interface TileWriter {
  append(leafHash: Uint8Array): void;
  /** Complete tiles that have changed. */
  changed(): Iterable<TileAddress & { readonly hashes: Uint8Array }>;
}

/** Appends leaf hashes to the tiles of a tree of `size` leaves. Reads at most one tile per level. */
export function createTileWriter(size: number, readTile: TileReader): TileWriter {
  const changed = new Map<string, TileAddress & { hashes: Uint8Array }>();
  const tails: ({ index: number; bytes: Uint8Array; used: number } | undefined)[] = [];

  function put(level: number, entries: number, hash: Uint8Array): void {
    const index = Math.floor(entries / tileWidth);
    const used = entries % tileWidth;
    let tail = tails[level];
    if (tail?.index !== index) {
      const bytes = new Uint8Array(tileWidth * 32);
      if (used > 0) {
        const stored = readTile({ level, index });
        if (stored === undefined || stored.length < used * 32)
          throw new RangeError(`tile ${tilePath({ level, index }, used)} is missing`);
        bytes.set(stored.subarray(0, used * 32));
      }
      tail = { index, bytes, used };
      tails[level] = tail;
    }
    tail.bytes.set(hash, used * 32);
    tail.used = used + 1;
    changed.set(`${level}/${index}`, { level, index, hashes: tail.bytes.subarray(0, tail.used * 32) });
    if (tail.used < tileWidth) return;
    let nodes = Array.from({ length: tileWidth }, (_, i) => hashInTile(tail.bytes, i));
    while (nodes.length > 1)
      nodes = Array.from({ length: nodes.length / 2 }, (_, i) => nodeHash(nodes[2 * i]!, nodes[2 * i + 1]!));
    put(level + 1, index, nodes[0]!);
  }

  let leaves = size;
  return {
    append(leafHash) {
      put(0, leaves, leafHash);
      leaves += 1;
    },
    changed: () => changed.values(),
  };
}

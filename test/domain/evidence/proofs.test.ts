import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  appendLeaf,
  createTreeBuilder,
  decodeRange,
  emptyRange,
  encodeRange,
  leafHash,
  nodeHash,
  rangeRoot,
} from '../../../src/domain/evidence/merkle.ts';
import {
  consistencyProof,
  inclusionProof,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/domain/evidence/proofs.ts';
import {
  createNodeReader,
  createTileWriter,
  parseTilePath,
  tilePath,
  tileSize,
  type TileAddress,
} from '../../../src/domain/evidence/tiles.ts';
import { fromHex, sha256, toHex } from '../../../src/domain/hash.ts';
import { readReference } from '../../support/reference.ts';

/** RFC 6962 §2.1 as it is written there. */
function mth(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return sha256();
  if (hashes.length === 1) return hashes[0]!;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(mth(hashes.slice(0, k)), mth(hashes.slice(k)));
}

const leaves = (n: number) => Array.from({ length: n }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));

function memoryTiles() {
  const tiles = new Map<string, Uint8Array>();
  const key = (t: TileAddress) => `${t.level}/${t.index}`;
  return {
    tiles,
    read: (t: TileAddress) => tiles.get(key(t)),
    /** In pieces, as lots come. */
    grow(hashes: readonly Uint8Array[], piece: number) {
      for (let at = 0; at < hashes.length; at += piece) {
        const writer = createTileWriter(at, (t) => tiles.get(key(t)));
        for (const h of hashes.slice(at, at + piece)) writer.append(h);
        for (const t of writer.changed()) tiles.set(key(t), t.hashes.slice());
      }
    },
  };
}

function treeOf(hashes: readonly Uint8Array[], piece = 97) {
  const memory = memoryTiles();
  memory.grow(hashes, piece);
  return { ...memory, node: createNodeReader(memory.read) };
}

interface Reference {
  readonly leaves_hex: readonly string[];
  readonly leaf_hashes_hex: readonly string[];
  readonly roots_hex: readonly string[];
  readonly empty_root_hex: string;
  readonly inclusion: readonly { index: number; size: number; path_hex: readonly string[] }[];
  readonly consistency: readonly { from?: number; to?: number; path_hex: readonly string[] }[];
}
const reference = JSON.parse(readReference('merkle/eight-leaves.json')) as Reference;

describe('the eight standard leaves of Certificate Transparency', () => {
  const { leaves_hex, leaf_hashes_hex, roots_hex, empty_root_hex, inclusion, consistency } = reference;
  const hashes = leaf_hashes_hex.map(fromHex);
  const { node } = treeOf(hashes, 3);

  test('leaf hashes and roots', () => {
    expect(leaves_hex.map((l) => toHex(leafHash(fromHex(l))))).toEqual(leaf_hashes_hex);
    expect(toHex(rangeRoot(emptyRange))).toBe(empty_root_hex);
    let range = emptyRange;
    const builder = createTreeBuilder();
    roots_hex.forEach((root, i) => {
      range = appendLeaf(range, hashes[i]!);
      builder.append(hashes[i]!);
      expect(toHex(rangeRoot(range))).toBe(root);
      expect(toHex(builder.root())).toBe(root);
      expect(toHex(treeRoot(node, i + 1))).toBe(root);
    });
  });

  test('every inclusion path', () => {
    expect(inclusion.length).toBeGreaterThan(30);
    for (const { index, size, path_hex } of inclusion) {
      expect(inclusionProof(node, index, size).map(toHex)).toEqual(path_hex);
      const root = fromHex(roots_hex[size - 1]!);
      expect(verifyInclusion(hashes[index]!, index, size, path_hex.map(fromHex), root)).toBe(true);
    }
  });

  test('every consistency path', () => {
    expect(consistency.length).toBeGreaterThan(20);
    for (const c of consistency as readonly Record<string, unknown>[]) {
      const [from, to] = Object.entries(c)
        .filter(([, v]) => typeof v === 'number')
        .map(([, v]) => v as number)
        .sort((a, b) => a - b) as [number, number];
      const path = (c['path_hex'] as string[]).map(fromHex);
      expect(consistencyProof(node, from, to).map(toHex)).toEqual(c['path_hex']);
      const rootOf = (n: number) => fromHex(n === 0 ? empty_root_hex : roots_hex[n - 1]!);
      expect(verifyConsistency(from, to, path, rootOf(from), rootOf(to))).toBe(true);
    }
  });
});

describe('the tree', () => {
  test('grown leaf by leaf, from its stored range and from tiles, it is the recursive definition', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 1, max: 300 }), (n, piece) => {
        const hashes = leaves(n);
        const root = toHex(mth(hashes));
        const builder = createTreeBuilder();
        for (const [i, h] of hashes.entries()) {
          if (i === piece) {
            const again = decodeRange(builder.size, encodeRange(builder.range()));
            expect(toHex(rangeRoot(again))).toBe(toHex(mth(hashes.slice(0, i))));
          }
          builder.append(h);
        }
        expect(toHex(builder.root())).toBe(root);
        expect(toHex(treeRoot(treeOf(hashes, piece).node, n))).toBe(root);
      }),
      { numRuns: 60 },
    );
  });

  test('a stored range of another size is refused', () => {
    expect(() => decodeRange(3, new Uint8Array(32))).toThrow(RangeError);
    expect(() => decodeRange(-1, new Uint8Array(0))).toThrow(RangeError);
    expect(() => decodeRange(1.5, new Uint8Array(32))).toThrow(RangeError);
  });

  test('tiles are paged and named as tlog-tiles says', () => {
    expect(tilePath({ level: 0, index: 1234067 }, 256)).toBe('0/x001/x234/067');
    expect(tilePath({ level: 1, index: 0 }, 7)).toBe('1/000.p/7');
    expect(parseTilePath('0/x001/x234/067')).toEqual({ level: 0, index: 1234067, width: 256 });
    expect(parseTilePath('1/000.p/7')).toEqual({ level: 1, index: 0, width: 7 });
    for (const bad of [
      '0/0',
      '0/x000/000',
      '00/000',
      '0/000.p/256',
      '0/000.p/0',
      '0/000.p/07',
      '-1/000',
      '0/x1/000',
    ])
      expect(parseTilePath(bad), bad).toBeUndefined();
    const { tiles } = treeOf(leaves(70_000), 30_000);
    expect(tiles.get('1/0')!.length).toBe(32 * 256);
    expect(tiles.get('1/1')!.length).toBe(32 * tileSize({ level: 1, index: 1 }, 70_000));
    expect(tiles.get('2/0')!.length).toBe(32);
    expect(tileSize({ level: 0, index: 273 }, 70_000)).toBe(70_000 - 273 * 256);
    expect(tileSize({ level: 3, index: 0 }, 70_000)).toBe(0);
  });
});

const sizes = fc.integer({ min: 1, max: 600 });

describe('proofs', () => {
  test('every inclusion proof verifies; every change of path, index, size, leaf or root is refused', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), fc.nat(), (size, i, bit, other) => {
        const index = i % size;
        const hashes = leaves(size);
        const { node } = treeOf(hashes);
        const path = inclusionProof(node, index, size);
        const root = mth(hashes);
        const leaf = hashes[index]!;
        expect(verifyInclusion(leaf, index, size, path, root)).toBe(true);
        const flip = (h: Uint8Array) => {
          const copy = h.slice();
          copy[(bit >> 3) % 32]! ^= 1 << (bit & 7);
          return copy;
        };
        expect(verifyInclusion(flip(leaf), index, size, path, root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, path, flip(root))).toBe(false);
        path.forEach((h, at) => {
          expect(verifyInclusion(leaf, index, size, path.with(at, flip(h)), root)).toBe(false);
          expect(verifyInclusion(leaf, index, size, path.toSpliced(at, 1), root)).toBe(false);
          expect(verifyInclusion(leaf, index, size, path.toSpliced(at, 0, h), root)).toBe(false);
          expect(verifyInclusion(leaf, index, size, path.with(at, h.slice(0, 31)), root)).toBe(false);
        });
        expect(verifyInclusion(leaf, index, size, [...path, leaf], root)).toBe(false);
        const wrong = other % (size + 2);
        if (wrong !== index) expect(verifyInclusion(leaf, wrong, size, path, root)).toBe(false);
        for (const bad of [-1, 0.5, NaN, Infinity, 2 ** 53, size])
          expect(verifyInclusion(leaf, bad, size, path, root)).toBe(false);
        // A path of another length is a path of another tree: sizes that give the same shape for this index give the same tree.
        for (const bad of [-1, 0, NaN, 2 ** 60, size * 4 + 3])
          expect(verifyInclusion(leaf, index, bad, path, root)).toBe(false);
      }),
      { numRuns: 80 },
    );
  });

  test('every consistency proof verifies; every change is refused', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (newer, o, bit) => {
        const older = o % (newer + 1);
        const hashes = leaves(newer);
        const { node } = treeOf(hashes);
        const path = consistencyProof(node, older, newer);
        const [oldRoot, newRoot] = [mth(hashes.slice(0, older)), mth(hashes)];
        expect(verifyConsistency(older, newer, path, oldRoot, newRoot)).toBe(true);
        const flip = (h: Uint8Array) => {
          const copy = h.slice();
          copy[(bit >> 3) % 32]! ^= 1 << (bit & 7);
          return copy;
        };
        expect(verifyConsistency(older, newer, path, flip(oldRoot), newRoot)).toBe(false);
        if (older > 0) expect(verifyConsistency(older, newer, path, oldRoot, flip(newRoot))).toBe(false);
        path.forEach((h, at) => {
          expect(verifyConsistency(older, newer, path.with(at, flip(h)), oldRoot, newRoot)).toBe(false);
          expect(verifyConsistency(older, newer, path.toSpliced(at, 1), oldRoot, newRoot)).toBe(false);
          expect(verifyConsistency(older, newer, path.toSpliced(at, 0, h), oldRoot, newRoot)).toBe(false);
        });
        expect(verifyConsistency(older, newer, [...path, newRoot], oldRoot, newRoot)).toBe(false);
        if (older !== newer) expect(verifyConsistency(newer, older, path, newRoot, oldRoot)).toBe(false);
        for (const bad of [-1, 0.5, NaN, 2 ** 53]) {
          expect(verifyConsistency(bad, newer, path, oldRoot, newRoot)).toBe(false);
          expect(verifyConsistency(older, bad, path, oldRoot, newRoot)).toBe(false);
        }
        if (older > 1) expect(verifyConsistency(older - 1, newer, path, oldRoot, newRoot)).toBe(false);
      }),
      { numRuns: 80 },
    );
  });

  test('a leaf that is made of two hashes is no node (second preimage)', () => {
    const hashes = leaves(2);
    const root = mth(hashes);
    const forged = leafHash(Buffer.concat([Buffer.of(1), hashes[0]!, hashes[1]!]));
    expect(verifyInclusion(forged, 0, 1, [], root)).toBe(false);
    expect(verifyInclusion(leafHash(Buffer.concat(hashes)), 0, 1, [], root)).toBe(false);
    const four = leaves(4);
    const inner = nodeHash(four[0]!, four[1]!);
    expect(verifyInclusion(inner, 0, 4, [nodeHash(four[2]!, four[3]!)], mth(four))).toBe(false);
  });
});

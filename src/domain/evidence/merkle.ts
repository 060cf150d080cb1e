/**
 * RFC 6962 §2.1 Merkle tree hashing. The tree is stored as its compact range: the roots of its complete subtrees, largest first.
 * These are O(log n) hashes, and appending needs no other leaf.
 */
import { sha256 } from '../hash.ts';

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

/** RFC 6962, 2.1: SHA-256(0x00 ‖ data). */
export function leafHash(data: Uint8Array): Uint8Array {
  return sha256(LEAF, data);
}

/** RFC 6962, 2.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(NODE, left, right);
}

/** Size and subtree roots; `hashes.length` equals the number of one-bits of `size`. */
export interface CompactRange {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

export const emptyRange: CompactRange = { size: 0, hashes: [] };

/** @param leaf its hash @throws RangeError if the range does not fit its size */
export function appendLeaf(range: CompactRange, leaf: Uint8Array): CompactRange {
  const hashes = [...range.hashes];
  let node = leaf;
  // Each trailing one-bit of the size is a complete subtree as large as the one just finished.
  for (let bits = range.size; bits % 2 === 1; bits = Math.floor(bits / 2)) {
    const left = hashes.pop();
    if (left === undefined) throw new RangeError('compact range does not fit its size');
    node = nodeHash(left, node);
  }
  hashes.push(node);
  return { size: range.size + 1, hashes };
}

/** The same as a mutable object, for many leaves in a row. */
export interface TreeBuilder {
  readonly size: number;
  append(leaf: Uint8Array): void;
  range(): CompactRange;
  root(): Uint8Array;
}

/** Appends in place, for many leaves: `appendLeaf` copies the range each time. */
export function createTreeBuilder(from: CompactRange = emptyRange): TreeBuilder {
  const hashes = [...from.hashes];
  let size = from.size;
  return {
    get size() {
      return size;
    },
    append(leaf) {
      let node = leaf;
      for (let bits = size; bits % 2 === 1; bits = Math.floor(bits / 2)) {
        const left = hashes.pop();
        if (left === undefined) throw new RangeError('compact range does not fit its size');
        node = nodeHash(left, node);
      }
      hashes.push(node);
      size += 1;
    },
    range: () => ({ size, hashes: [...hashes] }),
    root: () => rangeRoot({ size, hashes }),
  };
}

/** As stored: the concatenated hashes. */
export function encodeRange(range: CompactRange): Uint8Array {
  const out = new Uint8Array(range.hashes.length * 32);
  range.hashes.forEach((h, i) => out.set(h, i * 32));
  return out;
}

/** @throws RangeError if the bytes are not those of a tree of that size */
export function decodeRange(size: number, bytes: Uint8Array): CompactRange {
  let ones = 0;
  for (let bits = size; bits > 0; bits = Math.floor(bits / 2)) ones += bits % 2;
  if (!Number.isSafeInteger(size) || size < 0 || bytes.length !== ones * 32)
    throw new RangeError('compact range does not fit its size');
  return { size, hashes: Array.from({ length: ones }, (_, i) => bytes.slice(i * 32, i * 32 + 32)) };
}

/** Root of the whole tree; for the empty tree SHA-256 of the empty string. */
export function rangeRoot(range: CompactRange): Uint8Array {
  const last = range.hashes.at(-1);
  if (last === undefined) return sha256();
  let root = last;
  for (let i = range.hashes.length - 2; i >= 0; i--) root = nodeHash(range.hashes[i] as Uint8Array, root);
  return root;
}

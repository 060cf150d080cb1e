/**
 * RFC 6962 §2.1.1–2.1.2 proofs. Making a proof needs only roots of complete subtrees, which `NodeReader` looks up. Verification
 * follows RFC 9162 §2.1.3.2 and §2.1.4.2. Sizes and indexes are safe integers, so arithmetic is on numbers, never on 32-bit
 * words.
 */
import { nodeHash, rangeRoot } from './merkle.ts';

/** Root of the complete subtree over leaves [index · 2^height, (index + 1) · 2^height). */
export type NodeReader = (height: number, index: number) => Uint8Array;

/** Root over the leaves [from, to); a complete subtree of at least that length starts at `from`. */
function rangeHash(node: NodeReader, from: number, to: number): Uint8Array {
  const hashes: Uint8Array[] = [];
  let at = from;
  while (at < to) {
    let height = 0;
    let width = 1;
    while (at + width * 2 <= to && at % (width * 2) === 0) {
      height += 1;
      width *= 2;
    }
    hashes.push(node(height, at / width));
    at += width;
  }
  return rangeRoot({ size: to - from, hashes });
}

/** The largest power of two smaller than n > 1. */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function assertCount(n: number, least: number, most: number, what: string): void {
  if (!Number.isSafeInteger(n) || n < least || n > most) throw new RangeError(`${what} ${n} is out of range`);
}

/** Root of the first `size` leaves. */
export function treeRoot(node: NodeReader, size: number): Uint8Array {
  assertCount(size, 0, Number.MAX_SAFE_INTEGER, 'size');
  return rangeHash(node, 0, size);
}

/** PATH(index, D[size]). @throws RangeError unless 0 ≤ index < size */
export function inclusionProof(node: NodeReader, index: number, size: number): readonly Uint8Array[] {
  assertCount(size, 1, Number.MAX_SAFE_INTEGER, 'size');
  assertCount(index, 0, size - 1, 'index');
  const path: Uint8Array[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push(rangeHash(node, middle, to));
      to = middle;
    } else {
      path.push(rangeHash(node, from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/** PROOF(older, D[newer]); empty for equal sizes and for the empty tree. @throws RangeError unless 0 ≤ older ≤ newer */
export function consistencyProof(node: NodeReader, older: number, newer: number): readonly Uint8Array[] {
  assertCount(newer, 0, Number.MAX_SAFE_INTEGER, 'size');
  assertCount(older, 0, newer, 'size');
  if (older === 0 || older === newer) return [];
  const path: Uint8Array[] = [];
  let [from, to] = [0, newer];
  let isLeftmost = true;
  while (older !== to) {
    const middle = from + splitOf(to - from);
    if (older <= middle) {
      path.push(rangeHash(node, middle, to));
      to = middle;
    } else {
      path.push(rangeHash(node, from, middle));
      from = middle;
      isLeftmost = false;
    }
  }
  if (!isLeftmost) path.push(rangeHash(node, from, to));
  return path.reverse();
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

function areHashes(list: readonly Uint8Array[]): boolean {
  // Safe integers allow at most 53 levels.
  return list.length <= 54 && list.every((h) => h instanceof Uint8Array && h.length === 32);
}

const isCount = (n: number) => Number.isSafeInteger(n) && n >= 0;
const half = (n: number) => Math.floor(n / 2);

/** Whether the tree of `size` leaves with `root` contains `leaf` (a leaf hash) at `index`. False for malformed input. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isCount(index) || !isCount(size) || index >= size || !areHashes([leaf, root, ...path])) return false;
  let [at, last] = [index, size - 1];
  let node = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(sibling, node);
      while (at % 2 === 0 && at !== 0) {
        at = half(at);
        last = half(last);
      }
    } else node = nodeHash(node, sibling);
    at = half(at);
    last = half(last);
  }
  return last === 0 && equal(node, root);
}

/**
 * Whether the tree of `older` leaves with `olderRoot` is a prefix of that of `newer` leaves with `newerRoot`. False for malformed
 * input.
 */
export function verifyConsistency(
  older: number,
  newer: number,
  path: readonly Uint8Array[],
  olderRoot: Uint8Array,
  newerRoot: Uint8Array,
): boolean {
  if (!isCount(older) || !isCount(newer) || older > newer) return false;
  if (!areHashes([olderRoot, newerRoot, ...path])) return false;
  if (older === newer) return path.length === 0 && equal(olderRoot, newerRoot);
  // The empty tree is a prefix of every tree; its root is still a fixed value.
  if (older === 0) return path.length === 0 && equal(olderRoot, rangeRoot({ size: 0, hashes: [] }));

  let [at, last] = [older - 1, newer - 1];
  while (at % 2 === 1) {
    at = half(at);
    last = half(last);
  }
  // A complete old tree is its own first node, and is omitted from the path.
  const nodes = at === 0 ? [olderRoot, ...path] : path;
  let oldNode = nodes[0];
  if (oldNode === undefined) return false;
  let newNode = oldNode;
  for (const sibling of nodes.slice(1)) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      oldNode = nodeHash(sibling, oldNode);
      newNode = nodeHash(sibling, newNode);
      while (at % 2 === 0 && at !== 0) {
        at = half(at);
        last = half(last);
      }
    } else newNode = nodeHash(newNode, sibling);
    at = half(at);
    last = half(last);
  }
  return last === 0 && equal(oldNode, olderRoot) && equal(newNode, newerRoot);
}

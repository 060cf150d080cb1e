/**
 * The log as its tables hold it: every leaf against its hash, the hashes against the roots, and the state leaves replayed as in
 * the verifier (verify/leaves.ts). A failure here is a difference of the log's own tables. Everything else is compared with the
 * resulting leaves.
 */
import { AppError } from '../../errors.ts';
import { sha256Into, toHex } from '../../hash.ts';
import { decodeStateLeaf, leafTypes, type StateLeafBody, type StateLeafType } from '../leaf.ts';
import { createTreeBuilder, encodeRange, leafHash, rangeRoot, type TreeBuilder } from '../merkle.ts';
import { tileSize, tileWidth } from '../tiles.ts';
import { sameBytes } from '../verify/bytes.ts';
import { recordState } from '../verify/leaves.ts';
import { Run } from '../verify/run.ts';
import type { Differences } from './difference.ts';

export interface LogRows {
  readonly size: number;
  readonly range: Uint8Array;
  /** Of every level. */
  readonly tiles: readonly { readonly level: number; readonly no: number; readonly hashes: Uint8Array }[];
  /** In ascending order of `no`. */
  readonly states: readonly { readonly no: number; readonly type: number; readonly data: Uint8Array }[];
}

/** Responses of one lot, in ascending order of their leaf hashes. */
export interface Lot {
  readonly first: number;
  readonly count: number;
}

export interface Indexed<T extends StateLeafType> {
  readonly index: number;
  readonly body: StateLeafBody<T>;
}

export interface AuditedLog {
  readonly size: number;
  /** Leaf hashes, 32 bytes each. */
  readonly hashes: Uint8Array;
  /** By their number. */
  readonly lots: ReadonlyMap<number, Lot>;
  /** Hexadecimal, for the requested sizes. */
  readonly roots: ReadonlyMap<number, string>;
  first<T extends StateLeafType>(type: T): Indexed<T> | undefined;
  last<T extends StateLeafType>(type: T): Indexed<T> | undefined;
  all<T extends StateLeafType>(type: T): readonly Indexed<T>[];
}

/** @param sizes for which roots are needed */
export function readLog(differences: Differences, rows: LogRows, sizes: readonly number[]): AuditedLog {
  const { size } = rows;
  const hashes = new Uint8Array(size * 32);
  const stored = new Map<string, Uint8Array>();
  for (const { level, no, hashes: own } of rows.tiles) {
    const row = `${level}/${no}`;
    stored.set(row, own);
    const expected = tileSize({ level, index: no }, size) * 32;
    if (own.length !== expected)
      differences.add('evidence_tiles', row, null, 'hashes', `${expected} bytes`, `${own.length} bytes`);
    if (level === 0)
      hashes.set(own.subarray(0, Math.max(0, hashes.length - no * tileWidth * 32)), no * tileWidth * 32);
  }
  const roots = hashTree(differences, hashes, size, new Set(sizes), stored, rows.range);
  const states = new Map<StateLeafType, Indexed<StateLeafType>[]>();
  const lots = replay(differences, rows, hashes, states);
  const all = <T extends StateLeafType>(type: T) =>
    (states.get(type) ?? []) as unknown as readonly Indexed<T>[];
  return {
    size,
    hashes,
    lots,
    roots,
    all,
    first: (type) => all(type)[0],
    last: (type) => all(type).at(-1),
  };
}

/** Computes every node of the tiles, the compact range, and the requested roots from the leaf hashes. */
function hashTree(
  differences: Differences,
  hashes: Uint8Array,
  size: number,
  wanted: ReadonlySet<number>,
  stored: ReadonlyMap<string, Uint8Array>,
  range: Uint8Array,
): ReadonlyMap<number, string> {
  const roots = new Map<number, string>();
  /** The last tile of each level while it is filled: together, their nodes are the roots of the tree so far. */
  const levels: TreeBuilder[] = [createTreeBuilder()];
  const counts: number[] = [];
  const rangeNow = () => levels.flatMap((_, i) => levels[levels.length - 1 - i]!.range().hashes);
  function put(level: number, hash: Uint8Array): void {
    const builder = (levels[level] ??= createTreeBuilder());
    builder.append(hash);
    if (builder.size < tileWidth) return;
    levels[level] = createTreeBuilder();
    putRoot(level + 1, builder.range().hashes[0]!);
  }
  /** The root of a full tile is a hash in the tile above. */
  function putRoot(level: number, root: Uint8Array): void {
    const index = counts[level] ?? 0;
    counts[level] = index + 1;
    const row = `${level}/${Math.floor(index / tileWidth)}`;
    const at = (index % tileWidth) * 32;
    const own = stored.get(row)?.subarray(at, at + 32) ?? new Uint8Array(0);
    if (!sameBytes(own, root))
      differences.add('evidence_tiles', row, null, `hash ${index}`, toHex(root), toHex(own));
    put(level, root);
  }
  const tile = createTileRoot();
  for (let first = 0; first < size; first += tileWidth) {
    const end = Math.min(size, first + tileWidth);
    const isPlain = end === first + tileWidth && !hasWithin(wanted, first, end);
    if (isPlain) putRoot(1, tile(hashes, first));
    else
      for (let i = first; i < end; i++) {
        put(0, hashes.subarray(i * 32, i * 32 + 32));
        if (wanted.has(i + 1)) roots.set(i + 1, toHex(rangeRoot({ size: i + 1, hashes: rangeNow() })));
      }
  }
  const own = encodeRange({ size, hashes: rangeNow() });
  if (!sameBytes(own, range)) differences.add('evidence_logs', '', null, 'range', toHex(own), toHex(range));
  return roots;
}

function hasWithin(wanted: ReadonlySet<number>, first: number, end: number): boolean {
  for (let size = first + 1; size <= end; size++) if (wanted.has(size)) return true;
  return false;
}

/** The root over a full tile of leaf hashes, in its own memory: nearly all of a log of millions is full tiles. */
function createTileRoot(): (hashes: Uint8Array, first: number) => Uint8Array {
  const nodes = new Uint8Array(tileWidth * 32);
  const pair = new Uint8Array(65);
  pair[0] = 1;
  return (hashes, first) => {
    nodes.set(hashes.subarray(first * 32, (first + tileWidth) * 32));
    for (let width = tileWidth; width > 1; width /= 2)
      for (let i = 0; i < width / 2; i++) {
        pair.set(nodes.subarray(i * 64, i * 64 + 64), 1);
        sha256Into(pair, nodes, i * 32);
      }
    return nodes.slice(0, 32);
  };
}

function replay(
  differences: Differences,
  { size, states: rows }: LogRows,
  hashes: Uint8Array,
  states: Map<StateLeafType, Indexed<StateLeafType>[]>,
): ReadonlyMap<number, Lot> {
  const table = 'evidence_leaves';
  const run = new Run({});
  const lots = new Map<number, Lot>();
  let next = 0;
  for (const { no, type, data } of rows) {
    for (; next < no && next < size; next++)
      differences.add(
        table,
        String(next),
        next,
        'row',
        toHex(hashes.subarray(next * 32, next * 32 + 32)),
        '',
      );
    next = no + 1;
    const hash = leafHash(data);
    const appended = hashes.subarray(no * 32, no * 32 + 32);
    if (!sameBytes(hash, appended)) {
      differences.add(table, String(no), no < size ? no : null, 'data', toHex(appended), toHex(hash));
      continue;
    }
    if (type !== data[1]) differences.add(table, String(no), no, 'type', data[1], type);
    try {
      const leaf = decodeStateLeaf(data);
      recordState(run, no, leaf);
      const list = states.get(leaf.type) ?? [];
      list.push({ index: no, body: leaf.body });
      states.set(leaf.type, list);
      if (leaf.type !== 'lot') continue;
      lots.set(leaf.body.no, { first: no + 1, count: leaf.body.responses });
      next += leaf.body.responses;
      run.leftInLot = 0;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      differences.add(
        table,
        String(no),
        no,
        'data',
        `leaf ${leafTypeName(type)}`,
        String(error.params['fault']),
      );
    }
  }
  for (; next < size; next++)
    differences.add(table, String(next), next, 'row', toHex(hashes.subarray(next * 32, next * 32 + 32)), '');
  if (next > size) differences.add('evidence_logs', '', null, 'size', next, size);
  for (const { code, leaf, expected, found } of run.findings)
    differences.add(table, String(leaf ?? ''), leaf, code, expected, found);
  return lots;
}

const leafTypeName = (byte: number) =>
  Object.entries(leafTypes).find(([, b]) => b === byte)?.[0] ?? String(byte);

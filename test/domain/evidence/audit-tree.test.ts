/** The audit's own look at the log: leaves under hashes, hashes under tiles, range and checkpoints. More leaves than one tile holds. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Differences } from '../../../src/domain/evidence/audit/difference.ts';
import { readLog, type LogRows } from '../../../src/domain/evidence/audit/log.ts';
import { encodeStateLeaf, leafTypes } from '../../../src/domain/evidence/leaf.ts';
import { createTreeBuilder, encodeRange, leafHash } from '../../../src/domain/evidence/merkle.ts';
import { createTileWriter } from '../../../src/domain/evidence/tiles.ts';
import { sha256, toHex } from '../../../src/domain/hash.ts';

const responses = 70_000;
const by = { id: null, name: 'system', role: 'system' };
const frame = encodeStateLeaf('frame', {
  ...{ campaign: '0123456789ab', county: '990101', name: '云溪县', residents: null, slips: [] },
  ...{
    profile: 'a'.repeat(64),
    questionnaires: [],
    schools: 'b'.repeat(64),
    root: 'c'.repeat(64),
    size: 0,
    at: 1,
    by,
  },
} as never);
const lot = encodeStateLeaf('lot', { no: 1, responses, waiting: 0, at: 2 });

let rows: LogRows;
let roots: ReadonlyMap<number, string>;
const sizes = [1, 2, 256, 257, 700, 65_536, 65_537, responses + 2];
beforeAll(() => {
  const states = [
    { no: 0, type: leafTypes.frame, data: frame },
    { no: 1, type: leafTypes.lot, data: lot },
  ];
  const tree = createTreeBuilder();
  const tiles = createTileWriter(0, () => undefined);
  const own = new Map<number, string>();
  for (let i = 0; i < responses + 2; i++) {
    const hash = i < 2 ? leafHash(states[i]!.data) : sha256(String(i));
    tree.append(hash);
    tiles.append(hash);
    if (sizes.includes(i + 1)) own.set(i + 1, toHex(tree.root()));
  }
  roots = own;
  rows = {
    size: tree.size,
    range: encodeRange(tree.range()),
    tiles: [...tiles.changed()].map(({ level, index, hashes }) => ({ level, no: index, hashes })),
    states,
  };
});

function differencesOf(changed: Partial<LogRows>) {
  const differences = new Differences();
  const log = readLog(differences, { ...rows, ...changed }, sizes);
  const found = differences.named.map((d) => `${d.table} ${d.row} ${d.what}`);
  // A lot without a campaign that was opened, which these leaves do without.
  return { log, found: found.filter((name) => name !== 'evidence_leaves 1 order') };
}

describe('the log as its tables hold it', () => {
  test('has the roots of the definition at every size, and its lot', () => {
    const { log, found } = differencesOf({});
    expect(found).toEqual([]);
    expect(log.roots).toEqual(roots);
    expect([...log.lots]).toEqual([[1, { first: 2, count: responses }]]);
    expect(rows.tiles.some((t) => t.level === 2)).toBe(true);
  });

  test.each([
    [0, 3, 'evidence_tiles 1/0 hash 3'],
    [1, 0, 'evidence_tiles 1/0 hash 0'],
    [2, 0, 'evidence_tiles 2/0 hash 0'],
  ])('a hash of a tile of level %i is not what its leaves give', (level, no, expected) => {
    const tiles = rows.tiles.map((t) =>
      t.level === level && t.no === no ? { ...t, hashes: t.hashes.with(5, t.hashes[5]! ^ 1) } : t,
    );
    expect(differencesOf({ tiles }).found).toContain(expected);
  });

  test('a size, a range, a leaf or a tile that is another', () => {
    expect(differencesOf({ range: rows.range.with(0, rows.range[0]! ^ 1) }).found).toEqual([
      'evidence_logs  range',
    ]);
    expect(differencesOf({ size: rows.size - 1 }).found).toContain('evidence_logs  size');
    expect(differencesOf({ tiles: rows.tiles.filter((t) => t.level < 2) }).found).toEqual([
      'evidence_tiles 2/0 hash 0',
    ]);
    expect(differencesOf({ states: [rows.states[0]!, { ...rows.states[1]!, type: 12 }] }).found).toEqual([
      'evidence_leaves 1 type',
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { headsLeaf, decideHeads } from '../../../src/domain/evidence/decide-heads.ts';
import { checkTrail, trailHash, type ChainedEntry } from '../../../src/domain/evidence/trail.ts';
import type { CountyCode } from '../../../src/domain/model/ids.ts';

const entry = (no: number): ChainedEntry => ({
  ...{ no, at: 1_000 + no, actor: '甲', role: 'operator', via: 'web', action: `act.${no}` },
  ...{ campaign: null, county: null, details: '{}' },
});
type Stored = ChainedEntry & { readonly hash: Uint8Array | null };
function chained(entries: readonly ChainedEntry[]): Stored[] {
  let previous: Uint8Array | null = null;
  return entries.map((e) => ({ ...e, hash: (previous = trailHash(previous, e)) }));
}
const five = chained([1, 2, 3, 4, 5].map(entry));
const breaksOf = (list: readonly Stored[]) => checkTrail(list, new Set()).breaks;

describe('the chain of the trail', () => {
  test('is what the format says: SHA-256 over the hash before and the canonical JSON of the entry', () => {
    const json = (no: number) =>
      `{"action":"act.${no}","actor":"甲","at":${1_000 + no},"campaign":null,"county":null,"details":"{}","no":${no},"role":"operator","via":"web"}`;
    const first = createHash('sha256').update(Buffer.alloc(32)).update(json(1)).digest();
    const second = createHash('sha256').update(first).update(json(2)).digest();
    expect(Buffer.from(five[1]!.hash!)).toEqual(second);
    expect(breaksOf(five)).toEqual([]);
  });

  test('shows an entry that was taken out, changed, moved or put in', () => {
    expect(breaksOf(five.toSpliced(2, 1))).toEqual([{ no: 3, what: 'missing', to: 3 }]);
    expect(breaksOf(five.slice(2))).toEqual([{ no: 1, what: 'missing', to: 2 }]);
    expect(breaksOf(five.with(3, { ...five[3]!, actor: '乙' }))).toEqual([{ no: 4, what: 'changed', to: 4 }]);
    const { no: _a, ...second } = five[1]!;
    const { no: _b, ...third } = five[2]!;
    const moved = five.with(1, { no: 2, ...third }).with(2, { no: 3, ...second });
    expect(breaksOf(moved).map((b) => b.no)).toEqual([2, 3, 4]);
    expect(breaksOf([...five, { ...entry(6), hash: new Uint8Array(32) }])).toEqual([
      { no: 6, what: 'changed', to: 6 },
    ]);
    expect(breaksOf([...five, { ...entry(6), hash: null }])).toEqual([{ no: 6, what: 'unchained', to: 6 }]);
  });

  test('chained anew behind an edit it is whole by itself, and another one by every head that was committed to', () => {
    const again = chained([1, 2, 4, 5].map(entry));
    const { breaks, hashes } = checkTrail(again, new Set([5]));
    expect(breaks).toEqual([]);
    expect(hashes.get(5)).not.toBe(checkTrail(five, new Set([5])).hashes.get(5));
  });
});

describe('heads', () => {
  const county = '990101' as CountyCode;
  const state = {
    county,
    trail: { no: 5, hash: 'a'.repeat(64) },
    checkpoints: [1, 4, 9],
    snapshots: [{ day: '2026-05-12', at: 1, body: '{}' }],
    before: [],
  };

  test('name what no earlier one named, once a day', () => {
    const [first] = decideHeads(state, 100, 200);
    expect(first?.body).toMatchObject({
      trail: state.trail,
      checkpoints: [1, 4, 9],
      snapshots: [{ day: '2026-05-12' }],
    });
    const before = [first!.body as never];
    expect(decideHeads({ ...state, before }, 100, 300)).toEqual([]);
    const [next] = decideHeads({ ...state, before, checkpoints: [1, 4, 9, 12] }, 250, 300);
    expect(next?.body).toMatchObject({ checkpoints: [12], snapshots: [] });
    // At close and release whatever the hour.
    expect(headsLeaf({ ...state, before }, 210).body).toMatchObject({ checkpoints: [], snapshots: [] });
  });
});

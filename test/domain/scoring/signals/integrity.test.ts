import { describe, expect, it, test } from 'vitest';
import {
  entropy,
  findBursts,
  findHighShares,
  findIdenticalVectors,
  independentSheetShare,
} from '../../../../src/domain/scoring/signals/integrity.ts';

describe('signals', () => {
  it('a school in which two thirds answered again, among schools with a twentieth, and none of those', () => {
    const counts = Array.from({ length: 20 }, (_, i) => ({ stratum: i + 1, n: 60, x: i === 4 ? 40 : 3 }));
    const found = findHighShares(counts);
    expect(found.filter((s) => s.alarm).map((s) => s.stratum)).toEqual([5]);
    // elsewhere: 57 of 1140
    expect(found[4]!.expected).toBeCloseTo((60 * 57.5) / 1141, 9);
  });
  it('nothing is compared with nothing', () => {
    expect(findHighShares([])).toEqual([]);
    expect(findHighShares([{ stratum: 1, n: 40, x: 40 }])).toEqual([]);
    expect(findHighShares([{ stratum: 1, n: 0, x: 0 }])).toEqual([]);
    expect(findBursts([])).toEqual([]);
    expect(findIdenticalVectors([], () => 0)).toEqual([]);
  });
  it('identical sheets where nobody else has them; not the sheet that is common everywhere', () => {
    const honest = (stratum: number) => ({
      stratum,
      sheets: new Map([
        ['1111', 30],
        ...Array.from({ length: 30 }, (_, i) => [`x${stratum}-${i}`, 1] as const),
      ]),
    });
    const strata = Array.from({ length: 15 }, (_, i) => honest(i + 1));
    expect(findIdenticalVectors(strata, () => 0).some((s) => s.alarm)).toBe(false);
    strata[7] = {
      stratum: 8,
      sheets: new Map([
        ['1211', 50],
        ['1111', 10],
      ]),
    };
    const found = findIdenticalVectors(strata, () => 1e-3).filter((s) => s.alarm);
    expect(found).toMatchObject([{ stratum: 8, sheet: '1211', observed: 50, n: 60 }]);
  });
  it('a burst of one school, not the evening of all', () => {
    const strata = Array.from({ length: 12 }, (_, i) => ({ stratum: i + 1, slots: [5, 5, 40, 5, 5] }));
    expect(findBursts(strata).some((s) => s.alarm)).toBe(false);
    strata[2] = { stratum: 3, slots: [2, 2, 8, 46, 2] };
    expect(findBursts(strata).filter((s) => s.alarm)).toMatchObject([{ stratum: 3, slot: 3 }]);
  });
  test('entropy and independence by hand', () => {
    expect(entropy([1, 1, 1, 1])).toBe(2);
    expect(entropy([7])).toBe(0);
    expect(entropy([])).toBe(0);
    expect(entropy([3, 1])).toBeCloseTo(0.8112781244591328, 12);
    const share = new Map([
      [1, 0.5],
      [2, 0.25],
    ]);
    expect(independentSheetShare([1, 2], [share, share])).toBe(0.125);
    expect(independentSheetShare([1, 3], [share, share])).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { collapseStrata } from '../../../../src/domain/scoring/estimate/collapse.ts';
import { computeSummary } from '../../../../src/domain/scoring/summary/summary.ts';
import type { Location } from '../../../../src/domain/model/vocabulary.ts';
import { inputOf, parentsOnly, reporting, sampling } from '../summary-fixtures.ts';

/** Strata by location, grade and answers, numbered in this order; which numbers end up together. */
function collapse(
  strata: readonly (readonly [location: Location | null, grade: number | null, answers: number])[],
  minimum = 5,
): string[] {
  const found = collapseStrata(
    strata.map(([location, grade], i) => ({ no: i + 1, location, grade })),
    (no) => strata[no - 1]![2],
    minimum,
  );
  expect([...found.keys()].sort((a, b) => a - b)).toEqual(strata.map((_, i) => i + 1));
  return [...new Set([...found.values()].map((members) => members.join('+')))].sort();
}

describe('strata with few answers', () => {
  it('stay apart where each has enough', () => {
    expect(
      collapse([
        ['urban', 1, 5],
        ['urban', 2, 7],
        ['rural', 1, 9],
      ]),
    ).toEqual(['1', '2', '3']);
  });

  it('join the neighbouring grade with fewer answers, of two equal ones the one before', () => {
    expect(
      collapse([
        ['urban', 1, 9],
        ['urban', 2, 3],
        ['urban', 3, 6],
      ]),
    ).toEqual(['1', '2+3']);
    expect(
      collapse([
        ['urban', 1, 6],
        ['urban', 2, 3],
        ['urban', 3, 6],
      ]),
    ).toEqual(['1+2', '3']);
    // 2 joins 3 (2 answers), together 3 and still short: they join 4.
    expect(
      collapse([
        ['urban', 1, 20],
        ['urban', 2, 1],
        ['urban', 3, 2],
        ['urban', 4, 4],
      ]),
    ).toEqual(['1', '2+3+4']);
  });

  it('counts a stratum nobody answered in, so that others stand for its people', () => {
    expect(
      collapse([
        ['urban', 1, 0],
        ['urban', 2, 8],
        ['urban', 3, 8],
      ]),
    ).toEqual(['1+2', '3']);
  });

  it('keeps within the location while it can, then joins the location beside it and begins anew', () => {
    // The town has 4 in all: it joins the rural schools (12) and not the urban ones (20); grade 1 is then 2 + 6, grade 2 is 2 + 6.
    expect(
      collapse([
        ['urban', 1, 10],
        ['urban', 2, 10],
        ['town', 1, 2],
        ['town', 2, 2],
        ['rural', 1, 6],
        ['rural', 2, 6],
      ]),
    ).toEqual(['1', '2', '3+5', '4+6']);
  });

  it('is one stratum where a group has too few in all, whatever the order of the list', () => {
    const strata = [
      ['rural', 2, 1],
      ['urban', 1, 1],
      ['town', null, 2],
      [null, null, 0],
    ] as const;
    expect(collapse(strata)).toEqual(['1+2+3+4']);
    expect(collapse(strata.toReversed())).toEqual(['1+2+3+4']);
  });

  it('asks for two answers where two are enough', () => {
    expect(
      collapse(
        [
          ['urban', 1, 2],
          ['urban', 2, 1],
          ['urban', 3, 2],
        ],
        2,
      ),
    ).toEqual(['1+2', '3']);
  });
});

describe('the figure over collapsed strata', () => {
  // Three grades of 100, 100 and 200 children; nobody of the third answered.
  const strata = [100, 100, 200].map((size, i) => ({
    ...sampling(i + 1, 'parent', size, 'urban'),
    grade: i + 1,
  }));
  const input = (smallestStratum?: number) =>
    inputOf(
      parentsOnly({ withinGroup: 'strata', ...(smallestStratum === undefined ? {} : { smallestStratum }) }),
      [reporting(1, 'parent', 100)],
      [
        { reporting: 1, sampling: 1, answers: [1], times: 10 },
        { reporting: 1, sampling: 2, answers: [3], times: 6 },
        { reporting: 1, sampling: 2, answers: [1], times: 4 },
      ],
      { samplingStrata: strata },
    );

  it('lets grade 2 stand for grade 3, its neighbour, and not both grades for it alike', () => {
    // Points 100 and 60. Grade 1: 100. Grade 2: 0.6 × 60 + 0.4 × 100 = 76.
    const whole = computeSummary(input()).official;
    expect(whole).toMatchObject({ value: expect.closeTo((100 * 100 + 100 * 76) / 200, 10) });
    const collapsed = computeSummary(input(5)).official;
    expect(collapsed).toMatchObject({ value: expect.closeTo((100 * 100 + 300 * 76) / 400, 10) });
  });

  it('has the variance of a stratum of 300 with 10 answers', () => {
    const { official } = computeSummary(input(5));
    if (official.kind !== 'estimate') throw new Error(official.kind);
    // s² = 10 ⁄ 9 × 0.6 × 0.4 × 40² = 426.67; Var = (3 ⁄ 4)² × (1 − 10 ⁄ 300) × s² ⁄ 10. Grade 1 is all alike.
    expect(official.se).toBeCloseTo(
      Math.sqrt(0.75 ** 2 * (1 - 10 / 300) * ((10 / 9) * 0.24 * 1600) * 0.1),
      8,
    );
    expect(official.df).toBe(18);
  });
});

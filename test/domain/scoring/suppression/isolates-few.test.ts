import { describe, expect, it } from 'vitest';
import { isolatesFew, ratioOf } from '../../../../src/domain/scoring/suppression/isolates-few.ts';

/** Linear congruential: the same numbers on every machine. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The Mersenne prime 2^31 − 1: another field than the program's. */
const P = 2_147_483_647n;
function inverse(a: bigint): bigint {
  let result = 1n;
  for (let base = a, e = P - 2n; e > 0n; e >>= 1n, base = (base * base) % P)
    if (e & 1n) result = (result * base) % P;
  return result;
}

/** Rank of the kept columns, by plain Gaussian elimination. */
function rankOf(rows: readonly (readonly bigint[])[], keeps: (column: number) => boolean): number {
  const left = rows.map((row) => row.filter((_, column) => keeps(column)));
  let rank = 0;
  for (let column = 0; column < (left[0]?.length ?? 0); column++) {
    const found = left.findIndex((row, i) => i >= rank && row[column] !== 0n);
    if (found < 0) continue;
    [left[rank], left[found]] = [left[found]!, left[rank]!];
    const lead = left[rank]!;
    const by = inverse(lead[column]!);
    for (const [i, row] of left.entries()) {
      if (i <= rank || row[column] === 0n) continue;
      const factor = (row[column]! * by) % P;
      left[i] = row.map((value, k) => (((value - factor * lead[k]!) % P) + P) % P);
    }
    rank++;
  }
  return rank;
}

interface Case {
  readonly unit: number;
  readonly people: number;
  readonly weight: number;
  /** Of the numbers about the whole group. */
  readonly others: readonly number[];
}

const minimum = 10;

/** Does any set of fewer people than the minimum have an equation of its own? Every set is tried. */
function byAllSets(cases: readonly Case[]): boolean {
  const units = [...new Set(cases.map(({ unit }) => unit))];
  const rows = [
    ...cases[0]!.others.map((_, k) => cases.map(({ others }) => BigInt(others[k]!))),
    ...units.map((unit) => cases.map((own) => (own.unit === unit ? BigInt(own.weight) : 0n))),
  ];
  const rank = rankOf(rows, () => true);
  for (let set = 1; set < 1 << cases.length; set++) {
    const isIn = (column: number) => ((set >> column) & 1) === 1;
    const people = cases.reduce((sum, own, column) => sum + (isIn(column) ? own.people : 0), 0);
    if (people < minimum && rankOf(rows, (column) => !isIn(column)) < rank) return true;
  }
  return false;
}

/** Schools of at least the minimum, with answers of up to four of five sampling strata. */
function randomCases(seed: number, size: number): readonly Case[] {
  const random = randomOf(seed * 7919);
  const weights = [2, 3, 5, 7, seed % 3 === 0 ? 0 : 7];
  const others = weights.map(() => Array.from({ length: size }, () => 1 + random(random(2) === 0 ? 2 : 9)));
  return Array.from({ length: 3 }, (_, unit) => {
    const strata = [0, 1, 2, 3, 4].filter(() => random(3) === 0);
    const chosen = strata.length === 0 ? [random(5)] : strata;
    return chosen.map((stratum, i): Case => ({
      ...{ unit, weight: weights[stratum]!, others: others[stratum]! },
      people: i === 0 ? minimum + random(20) : 1 + random(14),
    }));
  }).flat();
}

describe.each([1, 2, 3])('%i further weights', (size) => {
  it('finds few people exactly where a search of all sets does', () => {
    const found = { few: 0, none: 0 };
    for (let seed = 1; seed <= 150; seed++) {
      const cases = randomCases(seed, size);
      const places = cases.map(({ unit, people, weight, others }) => ({
        ...{ unit, people },
        ratios: others.map((value) => ratioOf(value, weight)),
        isWithoutWeight: weight === 0,
      }));
      const expected = byAllSets(cases);
      found[expected ? 'few' : 'none']++;
      expect([seed, isolatesFew(places, minimum)]).toEqual([seed, expected]);
    }
    expect(found.few).toBeGreaterThan(20);
    expect(found.none).toBeGreaterThan(20);
  });
});

it('stops early where many people are left', () => {
  const places = Array.from({ length: 400 }, (_, unit) =>
    [1, 2, 3, 4, 5, 6].map((stratum) => ({ unit, people: 5, ratios: [ratioOf(1, stratum)] })),
  ).flat();
  expect(isolatesFew(places, minimum)).toBe(false);
});

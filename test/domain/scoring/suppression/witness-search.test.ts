/** Compares the search with an enumeration of all possible answers, for inputs small enough to enumerate. */
import { expect, it } from 'vitest';
import { roundValue } from '../../../../src/domain/scoring/format.ts';
import { computeShownSummary } from '../../../../src/domain/scoring/suppression/suppression.ts';
import { Effort } from '../../../../src/domain/scoring/suppression/effort.ts';
import {
  WitnessSearch,
  type Place,
  type SearchInput,
} from '../../../../src/domain/scoring/suppression/witness-search.ts';
import { randomOf } from '../../../support/large-county.ts';
import { randomCounty } from '../../../support/random-county.ts';

const points = [100, 60, 0];
const rounding = { decimals: 1, threshold: 85 };

/** Three hidden schools and one item. Total counts and a weighted figure are shown. */
function inputOf(seed: number): {
  readonly input: SearchInput;
  readonly counts: readonly (readonly number[])[];
} {
  const random = randomOf(seed);
  const counts = [0, 1, 2].map(() => [random(4), random(3), random(2)]);
  const weightOf = (place: Place) => place.weight;
  const places = counts.map((own, index): Place => ({
    index,
    school: { isHidden: true, hiddenItems: [true] },
    counts: [[...own]],
    weight: [10, 10, 12, 25, 31][random(5)]!,
  }));
  const divisor = Math.max(
    1,
    places.reduce((sum, place, i) => sum + place.weight * total(counts[i]!), 0),
  );
  const value = places.reduce((sum, place, i) => sum + (place.weight * scored(counts[i]!)) / divisor, 0);
  const figure = {
    ...{ isShown: true, value, rounding },
    points: [points.map((own) => own / divisor)],
    weightOf,
  };
  return { input: { places, figures: [figure], isCounted: [true], fixed: [[]] }, counts };
}

const total = (counts: readonly number[]) => counts.reduce((sum, n) => sum + n, 0);
const scored = (counts: readonly number[]) => counts.reduce((sum, n, option) => sum + n * points[option]!, 0);

/** All possible counts of n answers by option. */
function* countsOf(n: number): Generator<readonly number[]> {
  for (let first = 0; first <= n; first++)
    for (let second = 0; second <= n - first; second++) yield [first, second, n - first - second];
}

/** The true interval width of the first school's first option, over all answers that show the same. */
function trueWidth({ input, counts }: ReturnType<typeof inputOf>): number {
  const [figure] = input.figures;
  const shown = roundValue(figure!.value, rounding);
  const sums = points.map((_, option) => counts.reduce((sum, own) => sum + own[option]!, 0));
  const found: number[] = [];
  for (const one of countsOf(total(counts[0]!)))
    for (const two of countsOf(total(counts[1]!))) {
      const three = sums.map((sum, option) => sum - one[option]! - two[option]!);
      if (three.some((n) => n < 0)) continue;
      const all = [one, two, three];
      const value = input.places.reduce(
        (sum, place, i) =>
          sum + place.weight * all[i]!.reduce((part, n, option) => part + n * figure!.points[0]![option]!, 0),
        0,
      );
      if (roundValue(value, rounding) === shown) found.push(one[0]!);
    }
  return Math.max(...found) - Math.min(...found);
}

it('finds no witness that does not exist, and most of those that do', () => {
  let wide = 0;
  let missed = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const own = inputOf(seed);
    const most = trueWidth(own);
    const before = JSON.stringify(own.input.places);
    const cell = new Set([own.input.places[0]!]);
    const changes = new WitnessSearch(own.input).find(cell, 0, 0, new Effort(100_000), 20_000);
    expect(JSON.stringify(own.input.places)).toBe(before);
    if (changes) {
      expect(most, `seed ${seed}`).toBeGreaterThan(0);
      const moved = changes.filter(({ place }) => cell.has(place));
      expect(moved.filter(({ to }) => to === 0).length).not.toBe(
        moved.filter(({ from }) => from === 0).length,
      );
    }
    if (most > 0) wide++;
    if (most > 0 && !changes) missed++;
  }
  expect(wide).toBeGreaterThan(100);
  expect(missed / wide).toBeLessThan(0.1);
});

it('takes no more steps than allowed, and the same ones each time', () => {
  const findIn = (seed: number, steps: number) => {
    const { input } = inputOf(seed);
    const found = new WitnessSearch(input).find(new Set([input.places[0]!]), 0, 0, new Effort(steps), steps);
    return found && found.map(({ place, item, from, to }) => [place.index, item, from, to]);
  };
  const seeds = Array.from({ length: 400 }, (_, i) => i + 1);
  const late = seeds.filter((seed) => findIn(seed, 0) === null && findIn(seed, 20_000) !== null);
  expect(late.length).toBeGreaterThan(1);
  for (const seed of late) expect(findIn(seed, 20_000)).toEqual(findIn(seed, 20_000));
});

it('no figure has more decimals than people read', () => {
  const visit = (value: unknown, path: string): void => {
    if (value === null || typeof value !== 'object') return;
    const own = value as Record<string, unknown>;
    // The counts of rates are shown, and a number item is in its own unit.
    if (own['type'] === 'number') return;
    if (own['kind'] === 'estimate' && !/rate$|^share$/.test(String(own['formula'])))
      expect(Number(Number(own['value']).toFixed(1)), path).toBe(own['value']);
    for (const [name, part] of Object.entries(own)) visit(part, `${path}/${name}`);
  };
  for (const seed of [4, 40, 5001]) visit(computeShownSummary(randomCounty(seed)), `seed ${seed}`);
});

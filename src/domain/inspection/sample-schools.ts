/**
 * Sample schools: a stratified draw from the list of schools, the survey's roll and the dice. seed = SHA-256(root of the frozen
 * roll ‖ digits ‖ "sample schools"); each stratum takes those with the smallest SHA-256(seed ‖ school id), so anyone with the
 * list can repeat it.
 */
import { AppError } from '../errors.ts';
import { sha256, toHex } from '../hash.ts';
import { allocateProportionally, compareBytes, readDice } from '../frame/sample.ts';
import type { School } from '../model/school.ts';

export const sampleMark = 'sample schools';

/** @throws AppError invalid `draw.dice` */
export function sampleSeed(root: Uint8Array, dice: string): Uint8Array {
  return sha256(root, readDice(dice), sampleMark);
}

export interface SampleStratum {
  /** Category, whether in the county town, level. */
  readonly category: School['category'];
  readonly isTown: boolean;
  readonly level: 'good' | 'medium' | 'weak';
  readonly size: number;
  readonly schools: readonly string[];
}

export interface SchoolSample {
  readonly seed: string;
  readonly strata: readonly SampleStratum[];
  /** Ids, in the order of the strata. */
  readonly schools: readonly string[];
}

const levelWeights = { good: 1, medium: 1, weak: 2 } as const;

/**
 * Mainly weak and mainly public: weak schools count twice when places are distributed over strata, and private schools are drawn
 * only if a stratum has no public one. Categories come first: each existing one gets a place, as long as there are places.
 */
export function drawSampleSchools(schools: readonly School[], seed: Uint8Array, count: number): SchoolSample {
  const eligible = schools.filter((s) => s.category !== 'other');
  if (eligible.length === 0) throw new AppError('conflict', 'inspection.sample.no-schools');
  const byKey = new Map<string, School[]>();
  for (const school of eligible) {
    const key = [
      school.category,
      school.location === 'rural' ? 'rural' : 'town',
      school.level ?? 'medium',
    ].join(' ');
    byKey.set(key, [...(byKey.get(key) ?? []), school]);
  }
  const keyOf = (id: string) => sha256(seed, id);
  const inOrder = (list: readonly School[]) =>
    list
      .map((school) => ({ school, key: keyOf(school.id) }))
      .sort(
        (a, b) =>
          Number(a.school.ownership === 'private') - Number(b.school.ownership === 'private') ||
          compareBytes(a.key, b.key),
      )
      .map(({ school }) => school);
  const strata = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1));
  const sizes = strata.map(([, list]) => list.length);
  const weights = strata.map(
    ([key, list]) => list.length * levelWeights[key.split(' ')[2] as keyof typeof levelWeights],
  );
  const places = placesOf(
    strata.map(([key]) => key.split(' ')[0]!),
    sizes,
    weights,
    Math.min(count, eligible.length),
  );
  const drawn = strata.map(([, list], i) =>
    inOrder(list)
      .slice(0, places[i])
      .map((s) => s.id as string),
  );
  return {
    seed: toHex(seed),
    strata: strata.map(([key, list], i) => {
      const [category, place, level] = key.split(' ') as [School['category'], string, SampleStratum['level']];
      return { category, isTown: place === 'town', level, size: list.length, schools: drawn[i]! };
    }),
    schools: drawn.flat(),
  };
}

/**
 * One place for each category, in its heaviest stratum; the rest in proportion to the weights; no stratum gets more than it has.
 */
function placesOf(
  categories: readonly string[],
  sizes: readonly number[],
  weights: readonly number[],
  count: number,
): readonly number[] {
  const places = sizes.map(() => 0);
  let rest = count;
  for (const category of new Set(categories)) {
    if (rest === 0) break;
    let best = -1;
    for (const [i, own] of categories.entries())
      if (own === category && (best < 0 || weights[i]! > weights[best]!)) best = i;
    places[best] = 1;
    rest -= 1;
  }
  while (rest > 0) {
    const open = sizes.map((size, i) => (places[i]! < size ? weights[i]! : 0));
    const shares = allocateProportionally(rest, open, 0);
    let given = 0;
    for (const [i, share] of shares.entries()) {
      const more = Math.min(share, sizes[i]! - places[i]!);
      places[i]! += more;
      given += more;
    }
    if (given === 0) break;
    rest -= given;
  }
  return places;
}

export interface Coordinate {
  /** Degrees, in WGS 84 or another system: only distances are used. */
  readonly lat: number;
  readonly lon: number;
}

/** Kilometres in a straight line (haversine, mean radius 6371.0 km). */
export function distanceKm(a: Coordinate, b: Coordinate): number {
  const rad = (d: number) => (d * Math.PI) / 180;
  const h =
    Math.sin(rad(b.lat - a.lat) / 2) ** 2 +
    Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(rad(b.lon - a.lon) / 2) ** 2;
  return 2 * 6371 * Math.asin(Math.min(1, Math.sqrt(h)));
}

/**
 * A visiting order from a start: nearest next, then improved by reversing sections while that shortens the route. It is not
 * optimal, and distances are straight lines.
 */
export function visitingOrder<T extends Coordinate>(start: Coordinate, places: readonly T[]): readonly T[] {
  const rest = [...places];
  const order: T[] = [];
  let at: Coordinate = start;
  while (rest.length > 0) {
    let best = 0;
    for (const [i, place] of rest.entries())
      if (distanceKm(at, place) < distanceKm(at, rest[best]!)) best = i;
    const [next] = rest.splice(best, 1);
    order.push(next!);
    at = next!;
  }
  const length = (list: readonly T[]) =>
    list.reduce((sum, place, i) => sum + distanceKm(i === 0 ? start : list[i - 1]!, place), 0);
  for (let isBetter = true; isBetter;) {
    isBetter = false;
    for (let i = 0; i < order.length - 1; i++)
      for (let j = i + 1; j < order.length; j++) {
        const turned = [...order.slice(0, i), ...order.slice(i, j + 1).reverse(), ...order.slice(j + 1)];
        if (length(turned) < length(order) - 1e-9) {
          order.splice(0, order.length, ...turned);
          isBetter = true;
        }
      }
  }
  return order;
}

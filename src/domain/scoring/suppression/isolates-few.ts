/**
 * Can a combination of shown numbers concern few people only? The unknowns are sums over the answers from one school
 * and sampling stratum. In a combination, the answers of stratum c at school s have the coefficient
 * Σ λ_k v_k(c) + α_s w(c): v_k are numbers about the whole group that have other weights than the figures' w, and α_s
 * stands for the school's figure, whose factor is free. So the strata that a school leaves out together are those with
 * equal Σ λ_k v_k(c) ⁄ w(c).
 */
import { settle } from '../figure.ts';
import { inverse, multiply, PRIME, residue, subtract } from './field.ts';

/** The answers of one stratum at one school. */
export interface ClassPlace {
  /** The school, or the school and a location. */
  readonly unit: number | string;
  readonly people: number;
  /** v_k ⁄ w of the stratum, as residues; v_k if w is 0. */
  readonly ratios: readonly number[];
  /** w is 0: the answers are in no figure, so no school's figure can cancel them. */
  readonly isWithoutWeight?: boolean;
}

/** A ratio of two weights as a residue, without floating-point noise: equal ratios have equal residues. */
export function ratioOf(value: number, weight: number): number {
  return residue(settle(weight === 0 ? value : value / weight));
}

/** Stands for what a combination cancels anyway, so that it is always the largest class. */
const CANCELLED = 2 ** 50;

/** With more, the answer is yes without a search. */
const MOST_COMBINATIONS = 50_000;
/**
 * Is there a combination that leaves fewer people than the minimum, but not nobody? Tries every way to make the
 * ratios of strata equal, with one combination for each.
 * @param isNobodyFew also if it leaves nobody. If the answer is then no for some schools, it is no for more schools.
 */
export function isolatesFew(places: readonly ClassPlace[], minimum: number, isNobodyFew = false): boolean {
  const units = mixedUnits(places);
  const size = places[0]?.ratios.length ?? 0;
  if (units.length === 0 || size === 0) return isNobodyFew;
  const directions = size > 1 ? directionsOf(units) : [];
  if (directions.length ** (size - 1) > MOST_COMBINATIONS) return true;
  const isFew = (chosen: readonly Vector[]): boolean => {
    const factors = orthogonalTo(chosen, size);
    if (factors === null) return false;
    const left = peopleLeft(units, factors, minimum);
    return left < minimum && (isNobodyFew || left > 0);
  };
  const search = (from: number, chosen: readonly Vector[]): boolean =>
    isFew(chosen) ||
    (chosen.length < size - 1 &&
      directions.slice(from).some((direction, i) => search(from + i + 1, [...chosen, direction])));
  return search(0, []);
}

type Vector = readonly number[];
type Unit = readonly { readonly people: number; readonly ratios: Vector }[];

/** Schools with more than one class of equal ratios. */
function mixedUnits(places: readonly ClassPlace[]): readonly Unit[] {
  const units = new Map<number | string, Map<string, { people: number; readonly ratios: Vector }>>();
  const fixed: Unit[] = [];
  for (const { unit, people, ratios, isWithoutWeight } of places) {
    if (people === 0) continue;
    if (isWithoutWeight === true) {
      fixed.push([
        { people: CANCELLED, ratios: ratios.map(() => 0) },
        { people, ratios },
      ]);
      continue;
    }
    const classes = units.get(unit) ?? new Map<string, { people: number; readonly ratios: Vector }>();
    units.set(unit, classes);
    const key = ratios.join('/');
    const own = classes.get(key);
    if (own) own.people += people;
    else classes.set(key, { people, ratios });
  }
  const mixed = [...units.values()].filter((classes) => classes.size > 1);
  return [...mixed.map((classes) => [...classes.values()]), ...fixed];
}

/** Differences between the ratios of two strata at one school, scaled so that parallel ones are equal. */
function directionsOf(units: readonly Unit[]): readonly Vector[] {
  const found = new Map<string, Vector>();
  for (const unit of units)
    for (const [i, one] of unit.entries())
      for (const other of unit.slice(i + 1)) {
        const difference = one.ratios.map((ratio, k) => subtract(ratio, other.ratios[k]!));
        const lead = difference.find((value) => value !== 0);
        if (lead === undefined) continue;
        const scale = inverse(lead);
        const scaled = difference.map((value) => multiply(value, scale));
        found.set(scaled.join('/'), scaled);
      }
  return [...found.values()];
}

/**
 * Factors λ with Σ λ_k d_k = 0 for each chosen direction, otherwise arbitrary. Null if the directions depend on each
 * other, so that fewer of them give the same.
 */
function orthogonalTo(chosen: readonly Vector[], size: number): Vector | null {
  const rows: { readonly lead: number; readonly row: number[] }[] = [];
  for (const direction of chosen) {
    const row = [...direction];
    for (const { lead, row: own } of rows) subtractTimes(row, row[lead]!, own);
    const lead = row.findIndex((value) => value !== 0);
    if (lead < 0) return null;
    const scale = inverse(row[lead]!);
    for (let k = 0; k < size; k++) row[k] = multiply(row[k]!, scale);
    for (const { row: own } of rows) subtractTimes(own, own[lead]!, row);
    rows.push({ lead, row });
  }
  const leads = new Set(rows.map(({ lead }) => lead));
  const factors = Array.from({ length: size }, (_, k) => (leads.has(k) ? 0 : arbitrary(k)));
  for (const { lead, row } of rows)
    factors[lead] = row.reduce((sum, value, k) => subtract(sum, multiply(value, factors[k]!)), 0);
  // `factors` holds 0 at every lead while the sums are taken, because other rows are 0 there.
  return factors;
}

/** The same numbers in every run; no ratio of weights depends on them. */
function arbitrary(index: number): number {
  return (48_271 * (index + 1) ** 3 + 1_299_709) % PRIME;
}

/** People left where each school leaves out its largest class. Stops at the minimum. */
function peopleLeft(units: readonly Unit[], factors: Vector, minimum: number): number {
  let left = 0;
  for (const unit of units) {
    const classes = new Map<number, number>();
    let all = 0;
    let most = 0;
    for (const { people, ratios } of unit) {
      let key = 0;
      for (const [k, ratio] of ratios.entries()) key = (key + multiply(factors[k]!, ratio)) % PRIME;
      const n = (classes.get(key) ?? 0) + people;
      classes.set(key, n);
      all += people;
      if (n > most) most = n;
    }
    left += all - most;
    if (left >= minimum) return left;
  }
  return left;
}

function subtractTimes(row: number[], factor: number, other: Vector): void {
  if (factor === 0) return;
  for (let k = 0; k < row.length; k++) row[k] = subtract(row[k]!, multiply(factor, other[k]!));
}

/** Strata and questionnaires of codes, in memory: millions of them, to be merged with the answers. */
import { AppError } from '../../domain/errors.ts';
import type { CountyCode } from '../../domain/model/ids.ts';

export const pseudonymSize = 16;

export function corrupt(column: string): AppError {
  return new AppError('corrupt', 'storage.corrupt', { params: { column } });
}

/** A county's codes in ascending order of pseudonym: 21 bytes per code. */
export interface Places {
  size: number;
  pseudonyms: Uint8Array;
  samplingStrata: Int32Array;
  /** Position in `issuedSets`. */
  sets: Uint8Array;
}

export function addPlace(
  places: Places,
  bytes: Uint8Array,
  start: number,
  samplingStratum: number,
  set: number,
): void {
  const { size } = places;
  if (size === places.sets.length) {
    const grown = createPlaces(size * 2);
    grown.pseudonyms.set(places.pseudonyms);
    grown.samplingStrata.set(places.samplingStrata);
    grown.sets.set(places.sets);
    Object.assign(places, { ...grown, size });
  }
  const at = size * pseudonymSize;
  for (let i = 0; i < pseudonymSize; i++) places.pseudonyms[at + i] = bytes[start + i]!;
  places.samplingStrata[size] = samplingStratum;
  places.sets[size] = set;
  places.size++;
}

export function createPlaces(capacity: number): Places {
  return {
    size: 0,
    pseudonyms: new Uint8Array(capacity * pseudonymSize),
    samplingStrata: new Int32Array(capacity),
    sets: new Uint8Array(capacity),
  };
}

export type IssuedPlaces = ReadonlyMap<CountyCode, Places>;

/** Compares bytes of two blocks, each from an offset. */
export function comparePseudonyms(a: Uint8Array, i: number, b: Uint8Array, j: number): number {
  for (let k = 0; k < pseudonymSize; k++) {
    const order = a[i + k]! - b[j + k]!;
    if (order !== 0) return order;
  }
  return 0;
}

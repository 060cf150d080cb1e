/**
 * The draw of one county, which reads the frame twice: first to count the sampling strata, then to keep the contacts with the
 * smallest hashes of each. It holds as many contacts as are drawn, never the frame.
 */
import { toHex } from '../hash.ts';
import type { SchoolId } from '../model/ids.ts';
import type { Group, Location } from '../model/vocabulary.ts';
import { allocateProportionally, drawStratum, schoolOfResponse, type Drawn } from './sample.ts';

export interface DrawEntry {
  readonly entry: Uint8Array;
  readonly group: Group;
  readonly affiliations: readonly { readonly school: SchoolId; readonly grade: number | null }[];
}

/** A contact in its stratum, with its position by the seed. */
export interface PlacedContact {
  readonly entry: Uint8Array;
  readonly school: SchoolId | null;
}

export interface StratumCell {
  readonly group: Group;
  readonly location: Location | null;
  readonly grade: number | null;
  /** N, contacts of the frame. */
  readonly size: number;
}

export interface StratumPlan extends StratumCell {
  /** To be drawn. */
  readonly n: number;
  /** To follow as replacements. */
  readonly spare: number;
}

interface Placement {
  readonly key: string;
  readonly group: Group;
  readonly location: Location | null;
  readonly grade: number | null;
  readonly school: SchoolId | null;
}

/** The stratum of a contact: that of the school that its answers will be about. */
function placeContact(
  seed: Uint8Array,
  locations: ReadonlyMap<SchoolId, Location | null>,
  contact: DrawEntry,
): Placement {
  const chosen = schoolOfResponse(seed, contact.entry, inOrder(contact.affiliations));
  const location = (chosen && locations.get(chosen.school)) ?? null;
  const grade = chosen?.grade ?? null;
  const key = stratumKey(contact.group, location, grade);
  return { key, group: contact.group, location, grade, school: chosen?.school ?? null };
}

/** By school and grade: of two children in one school the lower grade counts, independent of the stored order. */
function inOrder(affiliations: DrawEntry['affiliations']): DrawEntry['affiliations'] {
  return affiliations.length < 2
    ? affiliations
    : [...affiliations].sort((a, b) => compareText(a.school, b.school) || (a.grade ?? 0) - (b.grade ?? 0));
}

function stratumKey(group: Group, location: Location | null, grade: number | null): string {
  return `${group}|${location ?? ''}|${grade ?? ''}`;
}

export interface StratumCounter {
  add(contact: DrawEntry): void;
  /** Ordered by group, location and grade as text, so that every repetition gives the same numbers. */
  cells(): readonly StratumCell[];
}

/** First pass of the draw: counts the sampling strata of the contacts added. `locations`: of the schools in the list. */
export function createStratumCounter(
  seed: Uint8Array,
  locations: ReadonlyMap<SchoolId, Location | null>,
): StratumCounter {
  const cells = new Map<string, StratumCell & { size: number }>();
  return {
    add(contact) {
      const { key, group, location, grade } = placeContact(seed, locations, contact);
      const cell = cells.get(key);
      if (cell) cell.size += 1;
      else cells.set(key, { group, location, grade, size: 1 });
    },
    cells: () =>
      [...cells]
        .sort(
          ([, a], [, b]) =>
            compareText(a.group, b.group) ||
            compareText(a.location ?? '', b.location ?? '') ||
            (a.grade ?? 0) - (b.grade ?? 0),
        )
        .map(([, cell]) => ({ ...cell })),
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Each group's quota, distributed over its strata in proportion to their sizes, and ⌈ratio × n⌉ replacements as far as contacts
 * remain.
 */
export function planStrata(
  cells: readonly StratumCell[],
  quotas: Readonly<Partial<Record<Group, number>>>,
  replacementRatio: number,
): readonly StratumPlan[] {
  const given = new Map<StratumCell, number>();
  for (const group of new Set(cells.map((c) => c.group))) {
    const own = cells.filter((c) => c.group === group);
    const parts = allocateProportionally(
      quotas[group] ?? 0,
      own.map((c) => c.size),
    );
    own.forEach((cell, i) => given.set(cell, parts[i] ?? 0));
  }
  return cells.map((cell) => {
    const n = given.get(cell) ?? 0;
    // 1e-9: half of 130 is 65, whatever the binary representation of the ratio.
    const wanted = Math.max(0, Math.ceil(n * replacementRatio - 1e-9));
    return { ...cell, n, spare: Math.min(wanted, cell.size - n) };
  });
}

export interface StratumDrawer {
  add(contact: DrawEntry): void;
  /** Stratum by stratum in the plan's order. Call it once. */
  finish(): Iterable<StratumPlan & Drawn<PlacedContact>>;
}

/** Keeps at most the needed number of contacts of each stratum, and twice as many while they are being sorted. */
export function createStratumDrawer(
  seed: Uint8Array,
  locations: ReadonlyMap<SchoolId, Location | null>,
  plan: readonly StratumPlan[],
): StratumDrawer {
  const kept = plan.map((stratum) => ({ stratum, contacts: [] as PlacedContact[] }));
  const byKey = new Map(
    kept.map((k) => [stratumKey(k.stratum.group, k.stratum.location, k.stratum.grade), k]),
  );
  return {
    add(contact) {
      const { key, school } = placeContact(seed, locations, contact);
      const bucket = byKey.get(key);
      if (!bucket) throw new RangeError(`contact ${toHex(contact.entry)} is in no stratum of the plan`);
      const { n, spare, size } = bucket.stratum;
      const wanted = n + spare;
      if (wanted === 0) return;
      bucket.contacts.push({ entry: contact.entry, school });
      // The smallest of all are among the smallest so far and the new ones.
      if (wanted < size && bucket.contacts.length >= wanted + Math.max(wanted, 1_000)) {
        const { drawn, replacements } = drawStratum(seed, bucket.contacts, n, spare);
        bucket.contacts = [...drawn, ...replacements];
      }
    },
    *finish() {
      for (const { stratum, contacts } of kept)
        yield { ...stratum, ...drawStratum(seed, contacts, stratum.n, stratum.spare) };
    },
  };
}

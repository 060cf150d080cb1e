/**
 * The draw. Nobody can know the seed in advance: the frame's root is fixed first, then an inspector throws dice, and seed =
 * SHA-256(root ‖ digits). Each stratum takes the contacts with the n smallest SHA-256(seed ‖ entry id). Replacements are the next
 * ones in the same order. Anyone with the roll's entry ids can repeat it.
 */
import { AppError } from '../errors.ts';
import { sha256 } from '../hash.ts';
import type { SchoolId } from '../model/ids.ts';

export const minimumDiceDigits = 20;

/**
 * @param digits thrown, 1–6 each; spaces allowed. 20 throws are 51 bits.
 * @throws AppError invalid `draw.dice` for too few or other digits, or for a sequence that cannot come from throwing (one face
 * only)
 */
export function readDice(digits: string): string {
  const text = digits.normalize('NFKC').replace(/[\s,.]/g, '');
  if (
    !/^[1-6]+$/.test(text) ||
    text.length < minimumDiceDigits ||
    text.length > 200 ||
    new Set(text).size < 3
  ) {
    throw new AppError('invalid', 'draw.dice', { params: { minimum: minimumDiceDigits } });
  }
  return text;
}

/**
 * Seed of the draw: SHA-256(root ‖ digits in ASCII), 32 bytes.
 * @throws AppError as `readDice`
 */
export function seedFromDice(root: Uint8Array, dice: string): Uint8Array {
  return sha256(root, readDice(dice));
}

/** Unsigned lexicographic order of equal-length byte strings. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = (a[i] as number) - (b[i] as number);
    if (d !== 0) return d;
  }
  return a.length - b.length;
}

/**
 * Of several schools (one household, children in two), the one that the answers will be about: the smallest SHA-256(seed ‖ entry
 * ‖ school).
 */
export function schoolOfResponse<T extends { readonly school: SchoolId }>(
  seed: Uint8Array,
  entry: Uint8Array,
  affiliations: readonly T[],
): T | undefined {
  if (affiliations.length < 2) return affiliations[0];
  let best: { hash: Uint8Array; of: T } | undefined;
  for (const of of affiliations) {
    const hash = sha256(seed, entry, of.school);
    if (best === undefined || compareBytes(hash, best.hash) < 0) best = { hash, of };
  }
  return best?.of;
}

export interface Drawn<T> {
  readonly drawn: readonly T[];
  readonly replacements: readonly T[];
}

/** The n smallest by SHA-256(seed ‖ entry), then the next `replacements`. Fewer if the stratum has fewer. */
export function drawStratum<T extends { readonly entry: Uint8Array }>(
  seed: Uint8Array,
  entries: readonly T[],
  n: number,
  replacements: number,
): Drawn<T> {
  const keyed = entries
    .map((e) => ({ e, key: sha256(seed, e.entry) }))
    .sort((a, b) => compareBytes(a.key, b.key));
  return {
    drawn: keyed.slice(0, n).map((k) => k.e),
    replacements: keyed.slice(n, n + replacements).map((k) => k.e),
  };
}

/**
 * Distributes a group's number over its strata in proportion to their sizes, by largest remainders (Hamilton); ties go to the
 * earlier stratum. Every stratum gets at least `atLeast` (or all it has) if the number is enough for all, so that a variance can
 * be estimated.
 * @returns as many numbers as `sizes`, their sum min(n, Σ sizes)
 */
export function allocateProportionally(n: number, sizes: readonly number[], atLeast = 2): readonly number[] {
  const total = sizes.reduce((a, b) => a + b, 0);
  const wanted = Math.min(n, total);
  if (wanted === 0) return sizes.map(() => 0);
  const floorOf = sizes.map((s) => Math.min(s, atLeast));
  const floorSum = floorOf.reduce((a, b) => a + b, 0);
  const base = floorSum <= wanted ? floorOf : sizes.map(() => 0);
  const exact = sizes.map((s) => (wanted * s) / total);
  const given = exact.map((x, i) => Math.max(Math.floor(x), base[i] as number));
  let rest = wanted - given.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((x, i) => ({ i, remainder: x - Math.floor(x) }))
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i);
  while (rest > 0) {
    let moved = false;
    for (const { i } of byRemainder) {
      if (rest === 0) break;
      if ((given[i] as number) < (sizes[i] as number)) {
        given[i] = (given[i] as number) + 1;
        rest--;
        moved = true;
      }
    }
    if (!moved) break;
  }
  // The minimum may have used more than its share: the largest strata give it back.
  while (rest < 0) {
    let from = -1;
    for (let i = 0; i < given.length; i++) {
      const spare = (given[i] as number) - (base[i] as number);
      if (spare > 0 && (from < 0 || (given[i] as number) >= (given[from] as number))) from = i;
    }
    given[from] = (given[from] as number) - 1;
    rest++;
  }
  return given;
}

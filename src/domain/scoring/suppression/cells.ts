/** What suppression asks of one figure with its counts, and how it hides them. */
import type { Estimate, Figure, SuppressionReason } from '../figure.ts';
import type { Count, Distribution, Summary } from '../summary/summary-types.ts';

/** Near-unanimous: fewer than this many answers differ from the commonest. With one, the one who differs knows what all others said. */
const NEAR_UNANIMOUS = 2;

export type Mutable<T> = T extends readonly (infer U)[]
  ? Mutable<U>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T;
export type Shown = Mutable<Summary>;
export type Group = Shown['groups'][number]['group'];

/** A figure, and what is shown with it. */
export interface Holder {
  figure: Figure;
  responses?: Count;
  distribution?: Distribution;
}

/** A figure as part of a whole. */
export interface Part {
  /** Respondents; 0 = nobody, which protects nobody and needs no protection. */
  readonly n: number;
  /** Not to be shown, and not to follow from what is shown. */
  readonly isProtected: boolean;
}

export interface Rules {
  readonly minimum: number;
}

/** Nobody is not few. */
export function isSmall(n: number, minimum: number): boolean {
  return n > 0 && n < minimum;
}

export function partOf({ figure, responses, distribution }: Holder, { minimum }: Rules): Part {
  const people = figure.kind === 'estimate' ? figure.n : 0;
  const counted =
    distribution !== undefined
      ? 'n' in distribution
        ? distribution.n
        : 0
      : responses?.kind === 'count'
        ? responses.value
        : people;
  const beside = figure.kind === 'estimate' ? figure.others : undefined;
  const isUnanimous =
    (people > 0 && beside !== undefined && beside < NEAR_UNANIMOUS) ||
    // Answers without a figure are all 不了解.
    (counted > 0 && (distribution ? isDistributionUnanimous(distribution) : figure.kind === 'no-data'));
  return {
    n: Math.max(people, counted),
    isProtected: isSmall(people, minimum) || isSmall(counted, minimum) || isUnanimous,
  };
}

function isDistributionUnanimous(distribution: Distribution): boolean {
  if (distribution.kind !== 'options') return false;
  let sum = 0;
  let most = 0;
  for (const { count } of distribution.options) {
    sum += count;
    if (count > most) most = count;
  }
  return sum - most < NEAR_UNANIMOUS;
}

/** `counts`: answers by option, 不了解 aside: a figure tells of those who had an opinion. */
export function isNearUnanimous(counts: readonly number[]): boolean {
  return counts.reduce((sum, count) => sum + count, 0) - Math.max(0, ...counts) < NEAR_UNANIMOUS;
}

/** Why a cell is hidden is not told apart: "small" beside "a neighbour of a small one" bounds both, and "nearly unanimous" tells the answers. */
export function hide(holder: Holder, why: SuppressionReason = 'protected'): void {
  if (holder.figure.kind === 'estimate') holder.figure = { kind: 'suppressed', why };
  if (holder.distribution && holder.distribution.kind !== 'no-data')
    holder.distribution = { kind: 'suppressed', why };
  if (holder.responses?.kind === 'count' && holder.responses.value > 0) {
    holder.responses = { kind: 'suppressed', why };
    // All 不了解: that there is no figure tells it.
    if (holder.figure.kind === 'no-data') holder.figure = { kind: 'suppressed', why };
  }
}

/** Also that nobody answered, where that would tell how many were asked. */
export function hideCompletely(holder: Holder): void {
  hide(holder);
  const hidden = { kind: 'suppressed', why: 'protected' } as const;
  if (holder.distribution?.kind === 'no-data') holder.distribution = hidden;
  // Items that are no ratings have none: what is hidden says so all the same.
  if (holder.figure.kind === 'no-data') holder.figure = hidden;
}

/** A figure without standard error, and what is computed from it. */
export function dropPrecision(figure: Estimate): Estimate {
  const { se: _se, df: _df, deff: _deff, interval: _interval, ...plain } = figure;
  return plain;
}

/**
 * May these be what is left of a known whole, all other parts being shown? Together they must be no small cell, and one protected part must
 * not be alone: it would follow by subtraction.
 */
export function mayRemain(left: readonly Part[], minimum: number): boolean {
  const present = left.filter((part) => part.n > 0);
  if (!present.some((part) => part.isProtected)) return true;
  return present.length > 1 && present.reduce((sum, part) => sum + part.n, 0) >= minimum;
}

/**
 * Which parts of a whole that is shown stay hidden: each is shown in its turn unless it is protected, or what is then left may not remain, or
 * `refuses` it. `parts` in order of importance.
 */
export function hiddenParts<T extends Part>(
  parts: readonly T[],
  minimum: number,
  refuses: (part: T) => boolean = () => false,
): ReadonlySet<T> {
  const left = new Set(parts);
  for (const part of parts) {
    if (part.isProtected) continue;
    left.delete(part);
    if (!mayRemain([...left], minimum) || refuses(part)) left.add(part);
  }
  return left;
}

/** How one figure with its counts is judged and hidden. */
import type { Estimate, Figure, SuppressionReason } from '../figure.ts';
import type { Count, Distribution, Summary } from '../summary/summary-types.ts';

/**
 * A cell is nearly unanimous if fewer answers than this differ from the most frequent one. If exactly one differs,
 * its author knows all the other answers.
 */
const NEAR_UNANIMOUS = 2;

export type Mutable<T> = T extends readonly (infer U)[]
  ? Mutable<U>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T;
export type Shown = Mutable<Summary>;
export type Group = Shown['groups'][number]['group'];

/** A figure and what is shown with it. */
export interface Holder {
  figure: Figure;
  responses?: Count;
  distribution?: Distribution;
}

/** A figure as a part of a total. */
export interface Part {
  /** Respondents. 0: there is nothing to protect, and it cannot serve as a complement. */
  readonly n: number;
  /** Must neither be shown nor be derivable from what is shown. */
  readonly isProtected: boolean;
}

export interface Rules {
  readonly minimum: number;
}

/** 0 is not small. */
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
  const others = figure.kind === 'estimate' ? figure.others : undefined;
  const isUnanimous =
    (people > 0 && others !== undefined && others < NEAR_UNANIMOUS) ||
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

/** `counts`: answers by option, without 不了解, which the figure does not describe. */
export function isNearUnanimous(counts: readonly number[]): boolean {
  return counts.reduce((sum, count) => sum + count, 0) - Math.max(0, ...counts) < NEAR_UNANIMOUS;
}

/**
 * The same reason for every hidden cell. "Small" next to "complement" would give bounds for both, and "nearly
 * unanimous" would give the answers away.
 */
export function hide(holder: Holder, why: SuppressionReason = 'protected'): void {
  if (holder.figure.kind === 'estimate') holder.figure = { kind: 'suppressed', why };
  if (holder.distribution && holder.distribution.kind !== 'no-data')
    holder.distribution = { kind: 'suppressed', why };
  if (holder.responses?.kind === 'count' && holder.responses.value > 0) {
    holder.responses = { kind: 'suppressed', why };
    // All answered 不了解: that there is no figure would reveal it.
    if (holder.figure.kind === 'no-data') holder.figure = { kind: 'suppressed', why };
  }
}

/** Also hides that nobody answered, where that would reveal how many were asked. */
export function hideCompletely(holder: Holder): void {
  hide(holder);
  const hidden = { kind: 'suppressed', why: 'protected' } as const;
  if (holder.distribution?.kind === 'no-data') holder.distribution = hidden;
  // Items that are not ratings have no figure, but are marked as hidden all the same.
  if (holder.figure.kind === 'no-data') holder.figure = hidden;
}

/** The figure without its standard error and everything computed from it. */
export function dropPrecision(figure: Estimate): Estimate {
  const { se: _se, df: _df, deff: _deff, interval: _interval, ...plain } = figure;
  return plain;
}

/**
 * May these parts be the remainder of a known total, with all other parts shown? They must have at least the minimum
 * together, and a protected part must not be alone: it would follow by subtraction.
 */
export function mayRemain(left: readonly Part[], minimum: number): boolean {
  const present = left.filter((part) => part.n > 0);
  if (!present.some((part) => part.isProtected)) return true;
  return present.length > 1 && present.reduce((sum, part) => sum + part.n, 0) >= minimum;
}

/**
 * The parts of a shown total that stay hidden. Each part in turn is shown unless it is protected, the remainder would
 * not be allowed, or `refuses` returns true. `parts`: in order of importance.
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

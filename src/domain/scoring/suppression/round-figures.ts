/** Rounds the figures of the shown summary. */
import type { Estimate } from '../figure.ts';
import { roundValue, type Rounding } from '../format.ts';
import type { Summary } from '../summary/summary-types.ts';
import type { Mutable, Shown } from './cells.ts';
import type { DisclosureRule } from './rule.ts';

/**
 * Returns the summary as it is published, without `others`. All figures have as many decimals as people read, in
 * every format. With all digits, a county's figure would reveal a group's, and, as people are whole numbers, a
 * school's. By rule 1, the county's figures keep all digits.
 */
export function roundFigures(s: Shown, rule: DisclosureRule): Summary {
  const points: Rounding = { decimals: s.profile.decimals, threshold: s.threshold.value };
  if (rule > 1) finishDerived(s, points);
  const below = new Set<unknown>([
    s.groups,
    s.items,
    s.schools,
    s.locations,
    s.channels,
    s.sets,
    s.first.groups,
  ]);
  if (s.withoutFlagged) below.add(s.withoutFlagged.groups).add(s.withoutFlagged.first.groups);
  // Rule 2 gave standard errors one decimal more than any page shows, which helped to tell counts apart.
  const ofSpread = points.decimals + (rule > 2 ? 1 : 2);
  const county: Digits | null = rule > 1 ? { points, ofSpread, isJudged: true } : null;
  const part: Digits = { points, ofSpread: points.decimals, isJudged: false };
  // The mean of a number item is in its own unit.
  const number: Digits = { points: { decimals: 2, threshold: null }, ofSpread: 2, isJudged: false };
  // Changes our own copy in place; objects with a `kind` are shared with the original.
  const visit = (value: unknown, digits: Digits | null, isOwn: boolean): unknown => {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) {
      const own = below.has(value) ? part : digits;
      if (!isOwn) return value.map((entry) => visit(entry, own, false));
      for (let i = 0; i < value.length; i++) value[i] = visit(value[i], own, true);
      return value;
    }
    const from = value as Record<string, unknown>;
    const { kind, type } = from;
    if (kind === 'options' || kind === 'suppressed' || kind === 'count') return value;
    if (kind === 'estimate') return finishFigure(value as Estimate, digits);
    const own = digits !== null && type === 'number' ? number : digits;
    const isKept = isOwn && kind === undefined;
    const to = isKept ? from : { ...from };
    for (const name in to) {
      const part = to[name];
      if (part === null || typeof part !== 'object') continue;
      const next = visit(part, own, isKept);
      if (next !== part) to[name] = next;
    }
    return to;
  };
  return visit(s, county, true) as Summary;
}

interface Digits {
  readonly points: Rounding;
  /** Decimals of a standard error. The county's has more, because trends are computed from it. */
  readonly ofSpread: number;
  /** Is its interval compared with the threshold? */
  readonly isJudged: boolean;
}

/** Field by field for speed: there are thousands. Leaves out `others`. */
function finishFigure(from: Estimate, digits: Digits | null): Estimate {
  const { kind, formula, n, denominator, df, se, deff, interval } = from;
  const figure: Mutable<Estimate> = { kind, value: from.value, formula, n, denominator };
  if (se !== undefined) figure.se = se;
  if (df !== undefined) figure.df = df;
  if (deff !== undefined) figure.deff = deff;
  if (interval) figure.interval = interval;
  // The counts behind a rate are shown with it.
  if (digits === null || formula.endsWith('-rate') || (digits.isJudged && formula === 'share')) return figure;
  const { points, ofSpread, isJudged } = digits;
  figure.value = roundValue(from.value, points);
  if (se !== undefined) figure.se = roundMargin(se, ofSpread);
  if (deff !== undefined) figure.deff = roundMargin(deff, 2);
  const bound = (limit: number) =>
    isJudged ? roundValue(limit, points) : roundMargin(limit, points.decimals);
  if (interval) figure.interval = { ...interval, low: bound(interval.low), high: bound(interval.high) };
  return figure;
}

/** For numbers that are not compared with the threshold. */
function roundMargin(value: number, decimals: number): number {
  return roundValue(value, { decimals, threshold: null });
}

/** Numbers computed from the county's figure. */
function finishDerived(s: Shown, points: Rounding): void {
  if (s.nonResponse)
    s.nonResponse = {
      ...s.nonResponse,
      low: roundValue(s.nonResponse.low, points),
      high: roundValue(s.nonResponse.high, points),
    };
  if (s.moreResponses?.kind === 'more')
    s.moreResponses = { ...s.moreResponses, factor: roundMargin(s.moreResponses.factor, 2) };
  for (const entry of s.differences) {
    entry.difference = roundMargin(entry.difference, points.decimals);
    for (const effect of entry.effects) {
      effect.points = roundMargin(effect.points, points.decimals);
      if (effect.share !== null) effect.share = roundMargin(effect.share, 1);
    }
  }
}

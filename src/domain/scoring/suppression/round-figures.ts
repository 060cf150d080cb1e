/** The digits with which figures leave this folder. */
import type { Estimate } from '../figure.ts';
import { roundValue, type Rounding } from '../format.ts';
import type { Summary } from '../summary/summary-types.ts';
import type { Mutable, Shown } from './cells.ts';
import type { DisclosureRule } from './rule.ts';

/**
 * As it leaves this folder. No figure carries `others`. All figures have as many decimals as people read, in every format, so that no digit beyond them tells counts
 * apart: a county's figure to the last digit would tell a group's, and with whole people a school's. By rule 1, the county's have all digits.
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
  // Rule 2 gave a digit of standard errors that no page shows, and that told counts apart.
  const ofSpread = points.decimals + (rule > 2 ? 1 : 2);
  const county: Digits | null = rule > 1 ? { points, ofSpread, isJudged: true } : null;
  const part: Digits = { points, ofSpread: points.decimals, isJudged: false };
  // A number item's mean is in its own unit.
  const number: Digits = { points: { decimals: 2, threshold: null }, ofSpread: 2, isJudged: false };
  // In place as far as it is our own copy, as what has a kind is not.
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
  /** Decimals of a standard error: the county's is what trends are computed from. */
  readonly ofSpread: number;
  /** Is its interval held against the threshold, too? */
  readonly isJudged: boolean;
}

/** Field by field, as there are thousands. `others` stays behind. */
function finishFigure(from: Estimate, digits: Digits | null): Estimate {
  const { kind, formula, n, denominator, df, se, deff, interval } = from;
  const figure: Mutable<Estimate> = { kind, value: from.value, formula, n, denominator };
  if (se !== undefined) figure.se = se;
  if (df !== undefined) figure.df = df;
  if (deff !== undefined) figure.deff = deff;
  if (interval) figure.interval = interval;
  // A rate's counts are shown beside it.
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

/** No threshold judges it. */
function roundMargin(value: number, decimals: number): number {
  return roundValue(value, { decimals, threshold: null });
}

/** What is computed from the county's figure. */
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

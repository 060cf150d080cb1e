/**
 * Formats figures. The only module that rounds one (a lint rule forbids `toFixed` elsewhere), so that page, CSV, publication and
 * command show the same digits. The threshold that judges a figure is a required argument everywhere: without it, 85.0 could
 * appear beside "not met".
 */
import type { MessageParams } from '../errors.ts';
import { settle, type Figure } from './figure.ts';
import type { Formula } from './rules/formula.ts';
import type { MoreResponses } from './estimate/more-responses.ts';
import type { ItemFigure, Summary } from './summary/summary-types.ts';
import type { VerdictReason } from './summary/verdict.ts';

export interface Rounding {
  readonly decimals: number;
  /** Threshold or minimum that judges the figure; null: none. */
  readonly threshold: number | null;
}

export interface FigureStyle extends Rounding {
  /**
   * What `n` and `denominator` count. `answers`: people, and their item answers. `respondents`: people, and the same people.
   * `rate`: people in the numerator, and the people or codes of which they are a part.
   */
  readonly basis: Formula['unit'] | 'rate';
}

/**
 * Rounds half up, but never across the threshold: 84.96 against 85 with one decimal is "84.9", and a value that meets the
 * threshold is never shown below it. `value` must be without floating-point noise (`settle`).
 */
export function formatValue(value: number, rounding: Rounding): string {
  return roundValue(value, rounding).toFixed(rounding.decimals);
}

/** The number that `formatValue` writes. */
export function roundValue(value: number, { decimals, threshold }: Rounding): number {
  const scale = 10 ** decimals;
  const rounded = roundHalfUp(value * scale);
  if (threshold === null) return rounded / scale;
  const line = Math.ceil(settle(threshold * scale));
  return (value >= threshold ? Math.max(rounded, line) : Math.min(rounded, line - 1)) / scale;
}

function roundHalfUp(value: number): number {
  const up = value + 0.5;
  // Floating-point noise matters only next to a tie, and removing it is slow.
  const isPlain = Math.abs(value) < 1e6 && Math.abs(up - Math.round(up)) > 1e-6;
  return Math.floor(isPlain ? up : settle(settle(value) + 0.5));
}

/** The size of a difference between two figures, without its sign. Not judged by a threshold. */
export function formatDifference(difference: number, decimals: number): string {
  return formatValue(Math.abs(settle(difference)), { decimals, threshold: null });
}

/** A difference with its sign. A value that rounds to 0 keeps it: an interval from 0.04 up is above 0. */
export function formatSigned(difference: number, decimals: number): string {
  return `${difference > 0 ? '+' : difference < 0 ? '−' : ''}${formatDifference(difference, decimals)}`;
}

/** Half the width of an interval, or a standard error. Not judged by a threshold. */
export function formatMargin(margin: number, decimals: number): string {
  return formatValue(margin, { decimals, threshold: null });
}

/** A ratio as percent, without trailing zeros: weights, confidence levels, ratios without a rule. */
export function formatShare(ratio: number, decimals = 1): string {
  return String(Number(formatValue(settle(100 * ratio), { decimals, threshold: null })));
}

/** For figures by the official formula, or by the given one. */
export function pointStyle(
  s: Pick<Summary, 'profile' | 'threshold' | 'formulas'>,
  formula = s.formulas.find((f) => f.official)?.formula,
): FigureStyle {
  return {
    decimals: s.profile.decimals,
    threshold: s.threshold.value,
    basis: formula?.unit ?? 'respondents',
  };
}

/** For valid return rates, which the profile's minimum judges. */
export function returnStyle(s: Pick<Summary, 'returnRates'>): FigureStyle {
  const [rate] = s.returnRates;
  return { decimals: rate?.decimals ?? 1, threshold: rate?.floor ?? null, basis: 'rate' };
}

/** For rates without a threshold: outcome rates, the share of re-answers. */
export const rateStyle: FigureStyle = { decimals: 1, threshold: null, basis: 'rate' };

/** A number item's mean is in its own unit. */
export function itemStyle(item: Pick<ItemFigure, 'type'>, points: FigureStyle): FigureStyle {
  return item.type === 'number' ? { decimals: 2, threshold: null, basis: 'respondents' } : points;
}

/** Parameters of `verdict.reason.<code>`; `group` stays an id, '' if the reason is about all groups. */
export function verdictReasonParams({ code: _code, ...rest }: VerdictReason, rates: Rounding): MessageParams {
  const params: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(rest) as [string, string | number | null][])
    params[name] = name === 'rate' ? formatValue(Number(value), rates) : (value ?? '');
  return params;
}

/** The sentence about the interval of the official figure. */
export function moreResponsesMessage(
  more: MoreResponses,
  official: Figure,
  threshold: number,
): { readonly message: string; readonly params: MessageParams } {
  if (more.kind !== 'none')
    return {
      message: `more-responses.${more.kind}`,
      params: more.kind === 'more' ? { responses: more.responses } : {},
    };
  const isAbove =
    official.kind === 'estimate' && (official.interval ?? { low: official.value }).low >= threshold;
  return { message: `more-responses.${isAbove ? 'above' : 'below'}`, params: { threshold } };
}

/**
 * For values with an upper limit (coefficients of variation): rounded half up, but never across the limit, so that 0.6504 against
 * 0.65 is not shown as 0.650.
 */
export function formatAtMost(value: number, decimals: number, limit: number): string {
  const scale = 10 ** decimals;
  const rounded = roundHalfUp(value * scale);
  const line = Math.floor(settle(limit * scale));
  return ((value <= limit ? Math.min(rounded, line) : Math.max(rounded, line + 1)) / scale).toFixed(decimals);
}

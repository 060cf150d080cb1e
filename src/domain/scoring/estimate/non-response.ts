import { settle } from '../figure.ts';

/**
 * Possible effect of non-respondents on the figure, without assumption or model: the figure if every one of them had chosen the
 * worst option, and the best.
 * Source: C. F. Manski, *Partial Identification of Probability Distributions* (Springer 2003) §1.
 */
export interface NonResponseBounds {
  readonly low: number;
  readonly high: number;
  /** Codes issued to the counted sets in the weighted groups, and valid answers to them. */
  readonly issued: number;
  readonly answered: number;
}

export interface GroupResponse {
  /** Share of the official figure. */
  readonly weight: number;
  readonly value: number;
  readonly answered: number;
  readonly issued: number;
  /** Least and most points. */
  readonly range: { readonly low: number; readonly high: number };
}

/**
 * Σ weight × [r × value + (1 − r) × worst or best], r = answered ⁄ issued of the group, at most 1. If r of a group is unknown
 * (nothing issued), the figure has no bounds: null.
 */
export function nonResponseBounds(groups: readonly GroupResponse[]): NonResponseBounds | null {
  const weighted = groups.filter((group) => group.weight > 0);
  const total = weighted.reduce((sum, group) => sum + group.weight, 0);
  if (!(total > 0) || weighted.some((group) => !(group.issued > 0))) return null;
  let low = 0;
  let high = 0;
  for (const { weight, value, answered, issued, range } of weighted) {
    const r = Math.min(1, answered / issued);
    low += (weight / total) * (r * value + (1 - r) * range.low);
    high += (weight / total) * (r * value + (1 - r) * range.high);
  }
  return {
    low: settle(low),
    high: settle(high),
    issued: weighted.reduce((sum, group) => sum + group.issued, 0),
    answered: weighted.reduce((sum, group) => sum + group.answered, 0),
  };
}

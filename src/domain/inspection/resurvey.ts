/**
 * One item of a rectification list, in the survey and in the re-survey. Both figures are shown ones, so the difference reveals
 * nothing new.
 */
import type { Group } from '../model/vocabulary.ts';
import { noData, type Figure } from '../scoring/figure.ts';
import { differenceOf, formulaOf, type Trend } from '../scoring/summary/trend.ts';
import type { Summary } from '../scoring/summary/summary-types.ts';

export interface ItemDifference {
  readonly before: Figure;
  readonly now: Figure;
  readonly trend: Trend;
}

type Compared = Pick<Summary, 'groups' | 'formulas' | 'profile'>;

/** Comparable only if the same group was asked the same wording, and the same formula was used. */
export function compareItem(now: Compared, before: Compared, group: Group, item: string): ItemDifference {
  const find = (s: Compared) => s.groups.find((g) => g.group === group)?.items.find((i) => i.id === item);
  const [a, b] = [find(now), find(before)];
  const figures = { now: a?.figure ?? noData, before: b?.figure ?? noData };
  const not = (why: 'figure' | 'formula' | 'items'): ItemDifference => ({
    ...figures,
    trend: { kind: 'not-comparable', why },
  });
  if (!a || !b || JSON.stringify(a.title) !== JSON.stringify(b.title)) return not('items');
  if (formulaOf(now) !== formulaOf(before)) return not('formula');
  if (a.figure.kind !== 'estimate' || b.figure.kind !== 'estimate') return not('figure');
  return { ...figures, trend: differenceOf(a.figure, b.figure, now.profile.interval) };
}

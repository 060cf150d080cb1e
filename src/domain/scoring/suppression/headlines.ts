/**
 * Decides about the county and its groups, the most important figures. A figure of the county is the weighted mean of
 * its groups, so a group that must be hidden needs another one as complement. Schools, items, locations and channels
 * never hide a headline.
 */
import { restrictFormula } from '../estimate/estimate.ts';
import type { Formula } from '../rules/formula.ts';
import { askedKey } from './asked.ts';
import {
  hide,
  hiddenParts,
  mayRemain,
  partOf,
  type Group,
  type Holder,
  type Part,
  type Rules,
  type Shown,
} from './cells.ts';
import type { Layout } from './layout.ts';

interface GroupPart extends Part {
  readonly group: Group;
  readonly holder: Holder;
}

/**
 * Hides what must be hidden of the county and the groups: official figure, formulas, dimensions. Returns the groups
 * of which nothing is shown.
 */
export function protectHeadlines(s: Shown, rules: Rules, layout: Layout): ReadonlySet<Group> {
  const weights = new Map(s.groups.map((group) => [group.group, group.weight]));
  const ordered = [...s.groups].sort((a, b) => b.weight - a.weight || responsesOf(b) - responsesOf(a));
  const officialHolder = fieldHolder(s, 'official');
  const parts = ordered.map((holder): GroupPart => ({
    ...partOf(holder, rules),
    group: holder.group,
    holder,
  }));
  const isAskedIn = (formula: Formula | undefined) => (group: Group) =>
    formula !== undefined && askedKey(layout, group, formula) !== '';
  const hidden = decide(officialHolder, parts, weights, rules, isAskedIn(layout.official));

  const keyed = (
    county: Holder,
    pick: (group: Shown['groups'][number]) => Holder | undefined,
    isCountyHidden: boolean,
    formula: Formula | undefined,
  ) => {
    const own = ordered.flatMap((group): GroupPart[] => {
      const holder = pick(group);
      if (!holder) return [];
      const part = partOf(holder, rules);
      return [
        { ...part, isProtected: part.isProtected || hidden.has(group.group), group: group.group, holder },
      ];
    });
    if (isCountyHidden) hide(county);
    for (const group of decide(county, own, weights, rules, isAskedIn(formula)))
      hide(own.find((part) => part.group === group)!.holder);
  };
  const isHidden = s.official.kind === 'suppressed';
  for (const formula of s.formulas)
    keyed(
      formula,
      (group) => group.formulas.find((entry) => entry.id === formula.id),
      isHidden,
      layout.formulas.find(({ id }) => id === formula.id),
    );
  for (const dimension of s.dimensions)
    keyed(
      dimension,
      (group) => comparedDimension(group, dimension.id),
      isHidden,
      restrictFormula(layout.official, { dimension: dimension.id }),
    );
  // Dimensions that are in no figure of the county.
  for (const group of s.groups)
    for (const dimension of group.dimensions)
      if (partOf(dimension, rules).isProtected || hidden.has(group.group)) hide(dimension);
  for (const part of parts) if (hidden.has(part.group)) hide(part.holder);
  return hidden;
}

/**
 * If exactly one group hides its figure of a dimension or formula, that figure would follow from the county's, so the
 * county's is hidden, too. A group may have hidden it to protect an item.
 */
export function protectCountyParts(s: Shown): void {
  const protect = (county: Holder, pick: (group: Shown['groups'][number]) => Holder | undefined) => {
    const hidden = s.groups.filter((group) => group.weight > 0 && pick(group)?.figure.kind === 'suppressed');
    if (hidden.length === 1) hide(county);
  };
  for (const dimension of s.dimensions) protect(dimension, (group) => comparedDimension(group, dimension.id));
  for (const formula of s.formulas)
    if (!formula.official)
      protect(formula, (group) => group.formulas.find((entry) => entry.id === formula.id));
}

/** A group's figure of a dimension, if the county's includes it. */
export function comparedDimension<D extends { readonly id: string; readonly compared?: boolean }>(
  group: { readonly dimensions: readonly D[] },
  id: string,
): D | undefined {
  return group.dimensions.find((entry) => entry.id === id && entry.compared !== false);
}

/** Hides the county's figure if necessary, and returns the groups whose figures must be hidden. */
function decide(
  county: Holder,
  parts: readonly GroupPart[],
  weights: ReadonlyMap<Group, number>,
  rules: Rules,
  isAsked: (group: Group) => boolean,
): ReadonlySet<Group> {
  const weighted = parts.filter((part) => (weights.get(part.group) ?? 0) > 0);
  const whole = partOf(county, rules);
  const isShown =
    county.figure.kind === 'estimate' && !whole.isProtected && mayRemain(weighted, rules.minimum);
  if (!isShown) hide(county);
  const hidden = new Set(
    isShown ? hiddenParts(weighted, rules.minimum) : weighted.filter((part) => part.isProtected),
  );
  // If exactly one of the groups with follow-ups is hidden, the county's denominator reveals the number asked there.
  const asked = weighted.filter((part) => part.n > 0 && isAsked(part.group));
  if (isShown && asked.filter((part) => hidden.has(part)).length === 1) {
    const other = asked.findLast((part) => !hidden.has(part));
    if (other) hidden.add(other);
  }
  const unweighted = parts.filter((part) => part.isProtected && !weighted.includes(part));
  return new Set([...hidden, ...unweighted].filter((part) => part.n > 0).map((part) => part.group));
}

function responsesOf(group: Shown['groups'][number]): number {
  return group.responses.kind === 'count' ? group.responses.value : 0;
}

/** A figure stored in a named field. */
export function fieldHolder<K extends string>(owner: Record<K, Holder['figure']>, field: K): Holder {
  return {
    get figure() {
      return owner[field];
    },
    set figure(figure) {
      owner[field] = figure;
    },
  };
}

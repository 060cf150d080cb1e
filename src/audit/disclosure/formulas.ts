/** Applies a formula of the rule profile to a questionnaire: its items, its respondents, and the points of an option. */
import type { Group } from '../../domain/model/vocabulary.ts';
import type { CompiledItem, CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { Formula } from '../../domain/scoring/rules/formula.ts';
import { fromDecimal, ratio, type Rational } from './rational.ts';

/** Restricts a formula to one item or dimension, instead of its own restriction. */
export function restrict(
  formula: Formula,
  to: { readonly item: string } | { readonly dimension: string },
): Formula {
  const { items: _items, dimension: _dimension, named: _named, about: _about, ...rest } = formula;
  return 'item' in to ? { ...rest, items: [to.item] } : { ...rest, dimension: to.dimension };
}

/** The rating items that a formula includes. */
export function ratings(formula: Formula, q: CompiledQuestionnaire) {
  const all = q.items.filter(
    (item): item is Extract<CompiledItem, { type: 'rating' }> => item.type === 'rating',
  );
  if (formula.items) return all.filter((item) => formula.items!.includes(item.id));
  if (formula.dimension === undefined)
    return all.filter(
      (item) =>
        item.scored &&
        (formula.named === undefined || item.named) &&
        (formula.about === undefined || item.about !== 'county'),
    );
  return ofDimension(formula.dimension, q);
}

/** The scored items of a dimension, and of these the ones asked of all groups; each restriction only if it leaves any. */
function ofDimension(dimension: string, q: CompiledQuestionnaire) {
  let own = q.items.filter(
    (item): item is Extract<CompiledItem, { type: 'rating' }> =>
      item.type === 'rating' && q.dimensions[item.dimension] === dimension,
  );
  for (const test of ['scored', 'core'] as const)
    if (own.some((item) => item[test])) own = own.filter((item) => item[test]);
  return own;
}

/**
 * Name of the set of items over which respondents are counted: `*` for all, otherwise their ids. null: no such count
 * exists.
 */
export function scopeOf(formula: Formula, q: CompiledQuestionnaire): string | null {
  const own = ratings(formula, q);
  if (own.length === q.items.filter((item) => item.type === 'rating').length) return '*';
  return formula.items === undefined && own.length > 0 ? scopeName(own) : null;
}

function scopeName(items: readonly { readonly id: string }[]): string {
  return items.map((item) => item.id).join('+');
}

/**
 * The formula of a row in the list of schools. For groups that exist only for the county as a whole, it is the
 * official one.
 */
export function rowFormula(official: Formula, group: Group): Formula {
  return ['principal', 'deputy', 'public'].includes(group) ? official : { ...official, about: 'school' };
}

/** Does the county's figure of the dimension include this group? */
export function takesDimension(q: CompiledQuestionnaire | undefined, dimension: string): boolean {
  if (!q?.dimensions.includes(dimension)) return false;
  const hasCore = q.items.some((item) => item.type === 'rating' && item.core);
  return !hasCore || ofDimension(dimension, q).some((item) => item.core);
}

/** Is the figure the mean of respondents' own means? For a single item, the counts determine it. */
export function isOwnMeans(formula: Formula, q: CompiledQuestionnaire): boolean {
  return formula.unit === 'respondents' && ratings(formula, q).length > 1;
}

export function pointsOf(formula: Formula, option: string): Rational {
  if (formula.kind === 'share') return ratio(formula.satisfied.includes(option) ? 100 : 0);
  return fromDecimal(formula.points[option] ?? 0);
}

/** Options of all items that the formula includes. */
export function optionsOf(formula: Formula, q: CompiledQuestionnaire): readonly string[] {
  return [...new Set(ratings(formula, q).flatMap((item) => item.optionIds))];
}

export function formulaKey(formula: Formula): string {
  const { id, dimension, items, named, about } = formula;
  return `${id}/${dimension ?? items?.join('+') ?? '*'}${named === undefined ? '' : '/named'}${about === undefined ? '' : '/school'}`;
}

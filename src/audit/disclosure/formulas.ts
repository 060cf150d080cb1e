/** What a formula of the rule profile says of a questionnaire: which items it looks at, over whom, and what an option counts for. */
import type { Group } from '../../domain/model/vocabulary.ts';
import type { CompiledItem, CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { Formula } from '../../domain/scoring/rules/formula.ts';
import { fromDecimal, ratio, type Rational } from './rational.ts';

/** Restricts a formula to one item or dimension; its own restriction falls away. */
export function restrict(
  formula: Formula,
  to: { readonly item: string } | { readonly dimension: string },
): Formula {
  const { items: _items, dimension: _dimension, named: _named, about: _about, ...rest } = formula;
  return 'item' in to ? { ...rest, items: [to.item] } : { ...rest, dimension: to.dimension };
}

/** The rating items that a formula looks at. */
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

/** Of a dimension what is scored, and of that what all groups are asked alike. */
function ofDimension(dimension: string, q: CompiledQuestionnaire) {
  let own = q.items.filter(
    (item): item is Extract<CompiledItem, { type: 'rating' }> =>
      item.type === 'rating' && q.dimensions[item.dimension] === dimension,
  );
  for (const test of ['scored', 'core'] as const)
    if (own.some((item) => item[test])) own = own.filter((item) => item[test]);
  return own;
}

/** The set of items that respondents are counted over: `*` = all, else their names; null: over no such set. */
export function scopeOf(formula: Formula, q: CompiledQuestionnaire): string | null {
  const own = ratings(formula, q);
  if (own.length === q.items.filter((item) => item.type === 'rating').length) return '*';
  return formula.items === undefined && own.length > 0 ? scopeName(own) : null;
}

function scopeName(items: readonly { readonly id: string }[]): string {
  return items.map((item) => item.id).join('+');
}

/** Of a row of the list of schools: of a group that is the county's as a whole, everything. */
export function rowFormula(official: Formula, group: Group): Formula {
  return ['principal', 'deputy', 'public'].includes(group) ? official : { ...official, about: 'school' };
}

/** Whether the county's figure of a dimension is made of the group's, too. */
export function takesDimension(q: CompiledQuestionnaire | undefined, dimension: string): boolean {
  if (!q?.dimensions.includes(dimension)) return false;
  const tells = q.items.some((item) => item.type === 'rating' && item.core);
  return !tells || ofDimension(dimension, q).some((item) => item.core);
}

/** Over one item a respondent's own mean is the answer: the counts tell it. */
export function isOwnMeans(formula: Formula, q: CompiledQuestionnaire): boolean {
  return formula.unit === 'respondents' && ratings(formula, q).length > 1;
}

export function pointsOf(formula: Formula, option: string): Rational {
  if (formula.kind === 'share') return ratio(formula.satisfied.includes(option) ? 100 : 0);
  return fromDecimal(formula.points[option] ?? 0);
}

/** Of all items that the formula looks at. */
export function optionsOf(formula: Formula, q: CompiledQuestionnaire): readonly string[] {
  return [...new Set(ratings(formula, q).flatMap((item) => item.optionIds))];
}

export function lensName(formula: Formula): string {
  const { id, dimension, items, named, about } = formula;
  return `${id}/${dimension ?? items?.join('+') ?? '*'}${named === undefined ? '' : '/named'}${about === undefined ? '' : '/school'}`;
}

/**
 * A formula turns tallies into one number between 0 and 100. No source fixes which formula "85" refers to (domain.md §1). So
 * formulas are data: all of a profile's are computed, and one is official.
 */
import { z } from 'zod';
import type { CompiledQuestionnaire, CompiledRating } from '../../questionnaire/compiled.ts';

/** A text in several languages; the program's own documents have zh-CN and en. */
export type LocalisedText = Readonly<Record<string, string>>;
export const bilingualSchema = z.strictObject({ 'zh-CN': z.string().min(1), en: z.string().min(1) });

const formulaIdSchema = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const base = {
  id: formulaIdSchema,
  title: bilingualSchema,
  /** 不了解: left out of the denominator, or kept in it with 0 points. */
  dontKnow: z.enum(['exclude', 'include']),
  /** `answers`: one ratio over all answers. `respondents`: the mean of the respondents' own means. */
  unit: z.enum(['answers', 'respondents']),
  /** Restriction to these rating items. */
  items: z.array(z.string().min(1)).min(1).optional(),
  /** Restriction to the items of one dimension. */
  dimension: z.string().min(1).optional(),
  /** Restriction to items that cover what the questionnaire's regime names. */
  named: z.literal(true).optional(),
};
export const formulaSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...base,
    kind: z.literal('mean'),
    /** Points by option id. */
    points: z.record(z.string().min(1), z.number().min(0).max(100)),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('share'),
    /** Option ids that count as satisfied. */
    satisfied: z.array(z.string().min(1)).min(1),
  }),
]);
/** `about`: restriction to items that are not about the whole county; not in profiles, only for rows of schools. */
export type Formula = z.infer<typeof formulaSchema> & { readonly about?: 'school' };

/**
 * Points of each of the questionnaire's `vectorOptions` (share: 100 or 0). `undefined` where a mean has none: checkProfileAgainst
 * refuses such a pair, and estimates throw on it rather than count it as 0.
 */
export function optionPoints(formula: Formula, q: CompiledQuestionnaire): readonly (number | undefined)[] {
  return q.vectorOptions.map((option) =>
    formula.kind === 'share'
      ? formula.satisfied.includes(option)
        ? 100
        : 0
      : Object.hasOwn(formula.points, option)
        ? formula.points[option]
        : undefined,
  );
}

/** Indexes of the rating items that a formula uses in this questionnaire, restriction applied. */
export function formulaItems(formula: Formula, q: CompiledQuestionnaire): readonly number[] {
  const found: number[] = [];
  q.items.forEach((item, index) => {
    if (item.type === 'rating' && looksAt(formula, q, item)) found.push(index);
  });
  return found;
}

/**
 * Whether the formula uses this item. Without a restriction: all scored items. A dimension's figure uses its scored core items,
 * so that groups are compared on the same wording; a dimension without scored items (`overall`) has its own figure, beside the
 * score. `items` are those named.
 */
export function looksAt(formula: Formula, q: CompiledQuestionnaire, item: CompiledRating): boolean {
  if (formula.about === 'school' && item.about === 'county') return false;
  if (formula.named === true && !item.named) return false;
  if (formula.items) return formula.items.includes(item.id);
  if (formula.dimension !== undefined)
    return q.dimensions[item.dimension] === formula.dimension && item.ofDimension;
  return item.scored;
}

/** Restricted to some items or one dimension. */
export function isRestricted(formula: Formula): boolean {
  return formula.items !== undefined || formula.dimension !== undefined || formula.named === true;
}

/** Whether the group's figure of a dimension enters the county's: only if it uses core items, if the questionnaire marks them. */
export function isCompared(q: CompiledQuestionnaire, dimension: string): boolean {
  if (!q.dimensions.includes(dimension)) return false;
  const ratings = q.items.filter((item) => item.type === 'rating');
  const own = ratings.filter((item) => q.dimensions[item.dimension] === dimension && item.ofDimension);
  return own.some((item) => item.core) || !ratings.some((item) => item.core);
}

/** Whether nothing of the dimension is part of the score. */
export function isUnscored(q: CompiledQuestionnaire, dimension: string): boolean {
  const own = q.items.filter(
    (item): item is CompiledRating => item.type === 'rating' && q.dimensions[item.dimension] === dimension,
  );
  return own.length > 0 && !own.some((item) => item.scored);
}

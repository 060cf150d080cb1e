/**
 * A formula turns tallies into one number between 0 and 100. No source fixes which one is meant by "85" (domain.md §1), so
 * formulas are data: all of a profile's are computed, one is official.
 */
import { z } from 'zod';
import type { CompiledQuestionnaire, CompiledRating } from '../../questionnaire/compiled.ts';

/** A text in several languages; the program's own documents carry zh-CN and en. */
export type LocalisedText = Readonly<Record<string, string>>;
export const bilingualSchema = z.strictObject({ 'zh-CN': z.string().min(1), en: z.string().min(1) });

const formulaIdSchema = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const base = {
  id: formulaIdSchema,
  title: bilingualSchema,
  /** 不了解: left out of the denominator, or kept in it with 0. */
  dontKnow: z.enum(['exclude', 'include']),
  /** `answers`: one ratio over all answers. `respondents`: the mean of the respondents' own means. */
  unit: z.enum(['answers', 'respondents']),
  /** Restriction to these rating items. */
  items: z.array(z.string().min(1)).min(1).optional(),
  /** Restriction to the items of one dimension. */
  dimension: z.string().min(1).optional(),
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
export type Formula = z.infer<typeof formulaSchema>;

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

/** Indexes of the rating items a formula looks at in this questionnaire, restriction applied. */
export function formulaItems(formula: Formula, q: CompiledQuestionnaire): readonly number[] {
  const found: number[] = [];
  q.items.forEach((item, index) => {
    if (item.type === 'rating' && isCounted(formula, q, item)) found.push(index);
  });
  return found;
}

function isCounted(formula: Formula, q: CompiledQuestionnaire, item: CompiledRating): boolean {
  if (formula.items && !formula.items.includes(item.id)) return false;
  if (formula.dimension !== undefined && q.dimensions[item.dimension] !== formula.dimension) return false;
  return true;
}

/**
 * Follow-ups and their parent items. A follow-up is asked after certain answers to its parent, so the number of
 * people asked equals the number who gave those answers.
 */
import type { Group } from '../../model/vocabulary.ts';
import type { Formula } from '../rules/formula.ts';
import type { DisclosureRule } from './rule.ts';
import { DONT_KNOW, type CompiledItem, type CompiledQuestionnaire } from '../../questionnaire/compiled.ts';

/** An item as a group was asked it. */
export interface AskedItem {
  readonly id: string;
  readonly type: CompiledItem['type'];
  /** Number of options, without 不了解. */
  readonly options: number;
  /** null: asked of everybody. */
  readonly after: Condition | null;
}

/**
 * By rule 4, is this rating shown for the group only? It is if its parent is not a rating, or any item further up the
 * chain is not. Such an item is never shown for a school, and the number asked the rating there would reveal it.
 */
export function isShownForGroupOnly(
  rule: DisclosureRule,
  q: CompiledQuestionnaire,
  item: CompiledItem,
): boolean {
  if (rule < 4 || item.showIf === null) return false;
  const before = q.items[item.showIf.item]!;
  return before.type !== 'rating' || isShownForGroupOnly(rule, q, before);
}

export interface Condition {
  /** Index of the parent item. */
  readonly item: number;
  /** Option indexes, without 不了解: an attacker may know who answered that. */
  readonly options: readonly number[];
}

/** In the questionnaire's order. */
export function askedItems({ items }: CompiledQuestionnaire): readonly AskedItem[] {
  return items.map(({ id, type, optionIds, showIf }) => ({
    ...{ id, type, options: optionIds.length },
    after: showIf && {
      item: showIf.item,
      options: showIf.codes.filter((code) => code !== DONT_KNOW).map((code) => code - 1),
    },
  }));
}

/** The answers that lead to a follow-up, and what a witness must keep unchanged about them. */
export interface Trigger {
  readonly after: Condition;
  /** The number of people asked the follow-up is shown, so it must stay. */
  readonly isCounted: boolean;
  /** What these people answered is shown with weights or by school, so they must stay the same people. */
  readonly isFixed: boolean;
}

/** One for every follow-up. `isShown`: by item id, for the whole group. */
export function triggersOf(
  items: readonly AskedItem[],
  isShown: (id: string) => boolean,
): readonly Trigger[] {
  const below = (at: number): readonly number[] =>
    items.flatMap(({ after }, next) => (after?.item === at ? [next, ...below(next)] : []));
  return items.flatMap(({ id, type, after }, at): readonly Trigger[] => {
    if (!after) return [];
    const [own, others] = [isShown(id), below(at)];
    const isAnyShown = others.some((other) => isShown(items[other]!.id));
    const isFixed = [at, ...others].some((other) => {
      const item = items[other]!;
      return item.type === 'rating' || (item.type === 'number' && isShown(item.id));
    });
    return [{ after, isCounted: own, isFixed: type === 'rating' || isFixed || (!own && isAnyShown) }];
  });
}

/**
 * Names the unknown number of people asked the formula's follow-ups. Empty: the formula's denominator does not depend
 * on it.
 */
export function askedKey(
  layout: {
    readonly asked: ReadonlyMap<Group, readonly AskedItem[]>;
    readonly ratings: ReadonlyMap<
      Group,
      readonly { readonly id: string; readonly points: (formula: Formula) => readonly number[] }[]
    >;
  },
  group: Group,
  formula: Formula,
): string {
  const asked = layout.asked.get(group) ?? [];
  const own = (layout.ratings.get(group) ?? []).filter((item) => item.points(formula).length > 0);
  if (formula.unit === 'respondents' && own.length > 1) return '';
  const after = own.filter(({ id }) => asked.some((item) => item.id === id && item.after !== null));
  return after.length === 0 ? '' : `${group}/${after.map(({ id }) => id).join('/')}`;
}

/** Which items hang on which answers: whoever was asked a follow-up gave one of them, so how many were asked is how many gave them. */
import type { Group } from '../../model/vocabulary.ts';
import type { Formula } from '../rules/formula.ts';
import type { DisclosureRule } from './rule.ts';
import { DONT_KNOW, type CompiledItem, type CompiledQuestionnaire } from '../../questionnaire/compiled.ts';

/** An item as a group was asked it. */
export interface AskedItem {
  readonly id: string;
  readonly type: CompiledItem['type'];
  /** Number of options, 不了解 aside. */
  readonly options: number;
  /** null: it is asked always. */
  readonly after: Condition | null;
}

/**
 * By rule 4, is this rating shown for the group alone? Such is one that hangs on an item which is no rating, directly or by others in between: that item is not shown at
 * schools, and how many were asked the rating there would tell about it.
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
  /** Index of an earlier item. */
  readonly item: number;
  /** By number; 不了解 aside, as who answered that is taken to be known. */
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

/** Beside whom is a follow-up shown, so that other answers to what it hangs on would be seen? */
export interface Trigger {
  readonly after: Condition;
  /** Its number of people is shown, and must stay. */
  readonly isCounted: boolean;
  /** What they answered is shown by weights or at schools, so that it must be the same people's. */
  readonly isFixed: boolean;
}

/** Of every item that hangs on another. `isShown`: by id, of the group as a whole. */
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

/** Empty: how many were asked all its ratings is known, or the formula does not divide by it. */
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

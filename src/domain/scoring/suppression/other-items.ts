/**
 * Items that are not ratings: single, multiple and number, shown for the group only. By rules 3 and 4 they are
 * protected like ratings, and a follow-up is shown only if the number of people asked reveals nothing about its
 * parent item. By rule 4, the same holds for ratings below such items.
 */
import { partOf, type Rules, type Shown } from './cells.ts';
import type { FollowUps, Weighted } from './follow-ups.ts';
import type { DisclosureRule } from './rule.ts';
import type { RowSpace } from './row-space.ts';

type Group = Shown['groups'][number];

interface OtherItems {
  readonly followUps: FollowUps;
  readonly space: RowSpace;
  readonly summary: Group;
  /** Ids. */
  readonly protectedItems: ReadonlySet<string>;
  readonly rules: Rules;
  readonly rule: DisclosureRule;
  /**
   * Rule 4: decides about the rating at this index of the questionnaire if a parent above it is not a rating. Returns
   * whether it is shown.
   */
  readonly isRatingShown: (at: number) => boolean;
}

/**
 * Decides in the questionnaire's order. `atoms`: places whose ratings are unknown. `isComplete`: no item was hidden
 * to protect another one.
 */
export function showOthers(
  { followUps, space, summary, protectedItems, rules, rule, isRatingShown }: OtherItems,
  atoms: readonly Weighted[],
): { readonly hidden: readonly Group['items'][number][]; readonly isComplete: boolean } {
  const hidden: Group['items'][number][] = [];
  const hiddenAt = new Set<number>();
  let isComplete = true;
  followUps.all.forEach((item, at) => {
    const entry = summary.items.find(({ id }) => id === item.id);
    if (!entry) return;
    // By rule 3, denominators reveal the number asked a rating, so hiding its nearly unanimous parent would be
    // useless.
    const isRevealed = rule < 4 && followUps.decidesRatings(at) && partOf(entry, rules).n >= rules.minimum;
    const isProtected = protectedItems.has(item.id) && !isRevealed;
    if (item.type === 'rating') {
      const isParentHidden = rule > 3 && item.after !== null && hiddenAt.has(item.after.item);
      if (isParentHidden) hidden.push(entry);
      if (isParentHidden || isProtected || (rule > 3 && !isRatingShown(at))) hiddenAt.add(at);
      return;
    }
    if (isProtected) space.protect(followUps.protectedColumnsOf(at));
    else if (!item.after || !hiddenAt.has(item.after.item)) {
      const asked = space.emptyRow();
      followUps.addAsked(asked, at, { atoms, isWhole: true });
      if (space.tryToShow([asked], followUps.columnsOf(at))) return;
      isComplete = false;
    }
    hiddenAt.add(at);
    hidden.push(entry);
  });
  return { hidden, isComplete };
}

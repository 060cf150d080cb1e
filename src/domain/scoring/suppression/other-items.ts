/**
 * Items that are no ratings: single, multiple and number. They are shown for the group alone. By rule 3 they are protected as ratings are, and a follow-up is shown only where how many
 * were asked it tells nothing of what it hangs on.
 */
import { partOf, type Rules, type Shown } from './cells.ts';
import type { FollowUps, Weighted } from './follow-ups.ts';
import type { RowSpace } from './row-space.ts';

type Group = Shown['groups'][number];

interface OtherItems {
  readonly followUps: FollowUps;
  readonly space: RowSpace;
  readonly summary: Group;
  /** Ids. */
  readonly protectedItems: ReadonlySet<string>;
  readonly rules: Rules;
}

/** Takes them in the questionnaire's order. `atoms`: whose ratings are not known. `isComplete`: none was refused for the sake of another. */
export function showOthers(
  { followUps, space, summary, protectedItems, rules }: OtherItems,
  atoms: readonly Weighted[],
): { readonly hidden: readonly Group['items'][number][]; readonly isComplete: boolean } {
  const hidden: Group['items'][number][] = [];
  const hiddenAt = new Set<number>();
  let isComplete = true;
  followUps.all.forEach((item, at) => {
    const entry = summary.items.find(({ id }) => id === item.id);
    if (!entry) return;
    const isProtected =
      protectedItems.has(item.id) &&
      // How many were asked a rating is told by what figures divide by: then there is no use in hiding what nearly all said before.
      !(followUps.decidesRatings(at) && partOf(entry, rules).n >= rules.minimum);
    if (item.type === 'rating') {
      if (isProtected) hiddenAt.add(at);
      return;
    }
    if (isProtected) space.protect(followUps.secretsOf(at));
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

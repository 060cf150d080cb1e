/**
 * Numbers of items as people read them: follow-ups are numbered after their parent item (7, 7-1, 8), so that no number is missing
 * for respondents who skip them.
 */
import type { Questionnaire } from './template.ts';

interface Numbering {
  readonly of: ReadonlyMap<string, string>;
  /** Items that everybody is asked. */
  readonly total: number;
}

/** By item: 7, then 7-1 for its first follow-up, then 8. */
export function numberItems(q: Questionnaire): Numbering {
  const of = new Map<string, string>();
  const roots = new Map<string, string>();
  const followers = new Map<string, number>();
  let total = 0;
  for (const item of q.items) {
    const root = item.showIf ? (roots.get(item.showIf.item) ?? item.showIf.item) : item.id;
    roots.set(item.id, root);
    if (!item.showIf) {
      of.set(item.id, String(++total));
      continue;
    }
    const no = (followers.get(root) ?? 0) + 1;
    followers.set(root, no);
    of.set(item.id, `${of.get(root) ?? ''}-${no}`);
  }
  return { of, total };
}

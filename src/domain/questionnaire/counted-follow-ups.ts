/**
 * A rating that is asked only after some answers may be part of no figure but its own. The number of answers that a score divides by would tell how many
 * people gave those answers, even where that number is suppressed, and no score is suppressed for the sake of an item (scoring/suppression/README.md).
 */
import type { Issue } from '../errors.ts';
import { checkQuestionnaire, type CheckResult } from './check.ts';
import { compileQuestionnaire } from './compile.ts';
import type { CompiledQuestionnaire } from './compiled.ts';

/** Ratings that break the rule: `item` is the index of one, `other` the id of the item after whose answers it is asked. */
export function countedFollowUps({ items }: CompiledQuestionnaire): readonly CountedFollowUp[] {
  return items.flatMap((item, index) =>
    item.type === 'rating' && item.showIf !== null && (item.scored || item.ofDimension)
      ? [{ item: index, id: item.id, other: items[item.showIf.item]!.id }]
      : [],
  );
}

export interface CountedFollowUp {
  readonly item: number;
  readonly id: string;
  readonly other: string;
}

/** `checkQuestionnaire` for a document that is new. Campaigns that were opened before this rule keep theirs, and are read with `checkQuestionnaire` alone. */
export function checkNewQuestionnaire(raw: unknown): CheckResult {
  const checked = checkQuestionnaire(raw);
  if (!checked.ok) return checked;
  const issues = countedFollowUps(compileQuestionnaire(checked.questionnaire)).map(
    ({ item, id, other }): Issue => ({
      path: `items[${item}].showIf`,
      message: 'questionnaire.check.follow-up-scored',
      params: { id, other },
    }),
  );
  return issues.length > 0 ? { ok: false, issues } : checked;
}

/** Counted answers, and people whose answers may be others. */
import {
  BLANK,
  DONT_KNOW,
  NOT_ASKED,
  type CompiledQuestionnaire,
} from '../../domain/questionnaire/compiled.ts';
import type { SummaryInput } from '../../domain/scoring/summary/summary.ts';
import type { TallyKey } from '../../domain/scoring/tally/tally.ts';

/** One counted answer. */
export interface Sheet extends Omit<TallyKey, 'valid'> {
  readonly answers: Uint8Array;
}

/** By how much counts differ from the true ones, by the auditor's names (audit/disclosure/model.ts). */
export type World = ReadonlyMap<string, number>;

export interface Person {
  readonly was: Sheet;
  readonly reportingStratum: number;
  readonly answers: Uint8Array;
}

/** Of the main arm, by a channel and set that count. */
export function standingSheets(
  { apart, profile }: Pick<SummaryInput, 'apart' | 'profile'>,
  sheets: readonly Sheet[],
): readonly Sheet[] {
  return sheets.filter(
    ({ channel, set, questionnaire }) =>
      apart?.has(questionnaire) !== true && profile.channels.includes(channel) && profile.sets.includes(set),
  );
}

export type Item = CompiledQuestionnaire['items'][number];

/** What somebody said to an item: an option's id, or several. Numbers are taken as they are. */
export function saidOf(item: Item, answers: Uint8Array): readonly string[] {
  const code = answers[item.offset]!;
  if (item.type === 'number') return [];
  if (item.type === 'multiple') {
    if ((code & 1) === 0) return [':none'];
    const ticked = item.optionIds.filter((_, i) => isTicked(item, answers, i));
    return ticked.length === 0 ? [':blank'] : ticked;
  }
  if (code === NOT_ASKED) return [':none'];
  if (code === BLANK) return [':blank'];
  return [code === DONT_KNOW ? ':dk' : item.optionIds[code - 1]!];
}

export function isTicked({ offset }: Item, answers: Uint8Array, option: number): boolean {
  return ((answers[offset + ((option + 1) >> 3)]! >> ((option + 1) & 7)) & 1) === 1;
}

/** Nobody answers what the sheet would not have asked. */
export function isAskedRightly(q: CompiledQuestionnaire, answers: Uint8Array): boolean {
  return q.items.every((item) => {
    const { showIf, offset, type } = item;
    if (showIf === null || type === 'number') return true;
    const isNotAsked = type === 'multiple' ? (answers[offset]! & 1) === 0 : answers[offset] === NOT_ASKED;
    return isAsked(q, item, answers) !== isNotAsked;
  });
}

export function isAsked(q: CompiledQuestionnaire, { showIf }: Item, answers: Uint8Array): boolean {
  if (showIf === null) return true;
  const on = q.items[showIf.item]!;
  if (on.type === 'multiple') return showIf.codes.some((code) => isTicked(on, answers, code - 1));
  return showIf.codes.includes(answers[on.offset]!);
}

/** Random follow-ups: of every type, below every type of parent, and in chains. */
import {
  BLANK,
  DONT_KNOW,
  NOT_ASKED,
  NUMBER_BLANK,
  NUMBER_NOT_ASKED,
  type CompiledItem,
  type CompiledQuestionnaire,
} from '../../src/domain/questionnaire/compiled.ts';
import { isAsked, setBit } from '../../src/domain/questionnaire/skip.ts';

export interface Random {
  readonly between: (low: number, high: number) => number;
  readonly chance: (p: number) => boolean;
  readonly pick: <T>(list: readonly T[]) => T;
}

const reasons = ['much', 'little', 'other'];

/** The questionnaire's items with follow-ups added. Ratings are in the first dimension. */
export function withFollowUps(
  random: Random,
  q: CompiledQuestionnaire,
  areScored: boolean,
): CompiledQuestionnaire {
  const items = [...q.items];
  let { byteLength } = q;
  const count = random.between(1, 4);
  for (let i = 0; i < count; i++) {
    const at = random.between(0, items.length - 1);
    const before = items[at]!;
    if (before.type === 'number') continue;
    const all = before.optionIds.map((_, option) => option + 1);
    // Often the last option, as in most questionnaires: why dissatisfied?
    const codes = random.chance(0.5)
      ? [all.at(-1)!]
      : all.filter(() => random.chance(0.5)).concat(random.chance(0.3) ? all[0]! : []);
    if (before.type !== 'multiple' && random.chance(0.2)) codes.push(DONT_KNOW);
    if (codes.length === 0) codes.push(all[0]!);
    const item = followUp(random, q, `f${i + 1}`, byteLength, {
      item: at,
      codes: [...new Set(codes)].sort((a, b) => a - b),
    });
    const isApart = item.type === 'rating' && !areScored;
    items.push(isApart ? { ...item, scored: false, core: false, named: false, ofDimension: false } : item);
    byteLength += item.width;
  }
  return { ...q, items, byteLength };
}

function followUp(
  random: Random,
  q: CompiledQuestionnaire,
  id: string,
  offset: number,
  showIf: NonNullable<CompiledItem['showIf']>,
): CompiledItem {
  const base = { id, offset, width: 1, required: false, showIf, optionIds: reasons };
  const type = random.pick(['single', 'single', 'multiple', 'number', 'rating'] as const);
  switch (type) {
    case 'single':
      return { ...base, type, dontKnowId: random.chance(0.5) ? 'dont-know' : null };
    case 'multiple':
      return { ...base, type, min: 1, max: 3 };
    case 'number':
      return { ...base, type, width: 4, optionIds: [], min: 0, max: 20 };
    case 'rating': {
      const like = q.items.find((item) => item.type === 'rating')!;
      return { ...like, ...base, optionIds: like.optionIds };
    }
  }
}

/** The sheet with answers to the follow-ups that its own answers lead to. `q`: with follow-ups. */
export function answerFollowUps(random: Random, q: CompiledQuestionnaire, sheet: Uint8Array): Uint8Array {
  const answers = new Uint8Array(q.byteLength);
  answers.set(sheet);
  const mood = random.pick([1, 0.5, 0.3]);
  for (const item of q.items) {
    const { offset } = item;
    if (offset < sheet.length) continue;
    const isOpen = isAsked(q.items, item.showIf, answers);
    const isBlank = random.chance(0.05);
    const option = random.chance(mood) ? 1 : random.between(1, Math.max(1, item.optionIds.length));
    if (item.type === 'number') {
      const value = !isOpen ? NUMBER_NOT_ASKED : isBlank ? NUMBER_BLANK : random.between(0, 6);
      new DataView(answers.buffer).setUint32(offset, value);
    } else if (item.type === 'multiple') {
      if (!isOpen) continue;
      setBit(answers, offset, 0);
      if (!isBlank) for (const bit of new Set([option, random.between(1, 3)])) setBit(answers, offset, bit);
    } else {
      const isUnknown = item.dontKnowId !== null && random.chance(0.05);
      answers[offset] = !isOpen ? NOT_ASKED : isBlank ? BLANK : isUnknown ? DONT_KNOW : option;
    }
  }
  return answers;
}

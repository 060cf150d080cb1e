/**
 * Who was asked an item. Where that hangs on what they said to another one, who was not asked is as little known as what they said: it is no knowledge, but an equation.
 */
import {
  DONT_KNOW,
  type CompiledItem,
  type CompiledQuestionnaire,
} from '../../domain/questionnaire/compiled.ts';
import type { Formula } from '../../domain/scoring/rules/formula.ts';
import { isOwnMeans, ratings } from './formulas.ts';
import type { Atom, Model } from './model.ts';
import { minusOne, one, ratio, zero } from './rational.ts';
import { Sum, type Terms } from './system.ts';

export type Asking =
  | { readonly kind: 'always' }
  /** Who chose one of these: nobody chose two. */
  | { readonly kind: 'sum'; readonly item: string; readonly options: readonly string[] }
  /** Who ticked anything at all. */
  | { readonly kind: 'answered'; readonly item: string }
  /** Who ticked one of these at least: what is counted bounds their number, and does not tell it. */
  | {
      readonly kind: 'any';
      readonly item: string;
      readonly options: readonly string[];
      /** Of these one person ticks so many at most. */
      readonly most: number;
    };

export function askingOf(q: CompiledQuestionnaire, { showIf }: CompiledItem): Asking {
  const on = showIf && q.items[showIf.item];
  if (!on) return { kind: 'always' };
  const options = showIf.codes.map((code) => (code === DONT_KNOW ? ':dk' : on.optionIds[code - 1]!));
  if (on.type !== 'multiple') return { kind: 'sum', item: on.id, options };
  // Whoever ticks so few others only did not answer.
  if (on.optionIds.length - options.length < on.min) return { kind: 'answered', item: on.id };
  const most = Math.min(on.max, options.length);
  return most === 1 ? { kind: 'sum', item: on.id, options } : { kind: 'any', item: on.id, options, most };
}

export function isAlwaysAsked(q: CompiledQuestionnaire, item: CompiledItem): boolean {
  return askingOf(q, item).kind === 'always';
}

/**
 * Of respondents who answered one of some items: known to whoever knows who left what blank where one of the items is asked always; where all are asked after the same answers
 * (`with` is one of them), less those who were not asked; else not (`open`).
 */
export function peopleKnown(
  q: CompiledQuestionnaire,
  items: readonly CompiledItem[],
): { readonly kind: 'known' } | { readonly kind: 'with'; readonly item: string } | { readonly kind: 'open' } {
  if (items.some((item) => isAlwaysAsked(q, item))) return { kind: 'known' };
  const [first] = items;
  const conditions = new Set(items.map(({ showIf }) => JSON.stringify(showIf)));
  return first && conditions.size === 1 ? { kind: 'with', item: first.id } : { kind: 'open' };
}

/** Who gave two ratings, as who left what blank tells it. */
export function isAlikeKnown(q: CompiledQuestionnaire | undefined): boolean {
  const always = q?.items.filter((item) => item.type === 'rating' && isAlwaysAsked(q, item)) ?? [];
  return always.length > 1;
}

/** What a formula divides by. */
export function isDenominatorKnown(formula: Formula, q: CompiledQuestionnaire): boolean {
  const items = ratings(formula, q);
  return isOwnMeans(formula, q)
    ? peopleKnown(q, items).kind === 'known'
    : items.every((item) => isAlwaysAsked(q, item));
}

/** Items whose answers move together: those that are asked after an item, that after which it is asked, and so on. */
export function tiedItems(q: CompiledQuestionnaire, id: string): readonly string[] {
  const tied = new Set([id]);
  for (let size = 0; size < tied.size;) {
    size = tied.size;
    for (const { id: own, showIf } of q.items) {
      const on = showIf && q.items[showIf.item]!.id;
      if (on === null || (!tied.has(own) && !tied.has(on))) continue;
      tied.add(own).add(on);
    }
  }
  tied.delete(id);
  return [...tied];
}

/** Who was asked, by what all of an atom said. */
export function addAsking(model: Model, atom: Atom, q: CompiledQuestionnaire, item: CompiledItem): void {
  const asking = askingOf(q, item);
  if (asking.kind === 'always') return;
  const add = (terms: Terms) => {
    model.system.add({ name: `asked ${item.id}`, source: 'prior', terms, value: zero });
  };
  const asked = askedTerms(model, atom, item.id);
  switch (asking.kind) {
    case 'sum': {
      const sum = new Sum().plusAll(asked, minusOne);
      for (const option of asking.options) sum.plus(model.answer(atom, asking.item, option), one);
      add(sum.terms);
      return;
    }
    case 'answered':
      add(new Sum().plusAll(asked, minusOne).plusAll(answeredTerms(model, atom, asking.item), one).terms);
      return;
    case 'any':
      for (const { which, terms } of slacksOf(model, atom, item.id, asking))
        add(new Sum().plusAll(terms, one).plus(model.slack(atom, item.id, which), minusOne).terms);
  }
}

/** Sums that cannot be below 0. */
export function slacksOf(
  model: Model,
  atom: Atom,
  id: string,
  { item, options, most }: Extract<Asking, { kind: 'any' }>,
): readonly { readonly which: string; readonly terms: Terms }[] {
  const asked = askedTerms(model, atom, id);
  const ticked = new Sum();
  for (const option of options) ticked.plus(model.answer(atom, item, option), one);
  return [
    ...options.map((option) => ({
      which: option,
      terms: new Sum().plusAll(asked, one).plus(model.answer(atom, item, option), minusOne).terms,
    })),
    { which: ':ticks', terms: new Sum().plusAll(ticked.terms, one).plusAll(asked, minusOne).terms },
    { which: ':most', terms: new Sum().plusAll(asked, ratio(most)).plusAll(ticked.terms, minusOne).terms },
    {
      which: ':others',
      terms: new Sum().plusAll(answeredTerms(model, atom, item), one).plusAll(asked, minusOne).terms,
    },
  ];
}

function askedTerms(model: Model, atom: Atom, id: string): Terms {
  return new Sum().plus(model.respondents(atom), one).plus(model.answer(atom, id, ':none'), minusOne).terms;
}

function answeredTerms(model: Model, atom: Atom, id: string): Terms {
  return new Sum().plusAll(askedTerms(model, atom, id), one).plus(model.answer(atom, id, ':blank'), minusOne)
    .terms;
}

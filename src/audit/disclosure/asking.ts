/**
 * Who was asked an item. If it is a follow-up, the number not asked is as unknown as the answers to its parent item,
 * so it is an equation and not prior knowledge.
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
  /** People who chose one of these options; nobody chose two. */
  | { readonly kind: 'sum'; readonly item: string; readonly options: readonly string[] }
  /** People who ticked anything. */
  | { readonly kind: 'answered'; readonly item: string }
  /**
   * People who ticked at least one of these options. The counts give bounds for their number, but do not determine
   * it.
   */
  | {
      readonly kind: 'any';
      readonly item: string;
      readonly options: readonly string[];
      /** Maximum number of these options that one person can tick. */
      readonly most: number;
    };

export function askingOf(q: CompiledQuestionnaire, { showIf }: CompiledItem): Asking {
  const on = showIf && q.items[showIf.item];
  if (!on) return { kind: 'always' };
  const options = showIf.codes.map((code) => (code === DONT_KNOW ? ':dk' : on.optionIds[code - 1]!));
  if (on.type !== 'multiple') return { kind: 'sum', item: on.id, options };
  // There are too few other options for a valid answer without one of these.
  if (on.optionIds.length - options.length < on.min) return { kind: 'answered', item: on.id };
  const most = Math.min(on.max, options.length);
  return most === 1 ? { kind: 'sum', item: on.id, options } : { kind: 'any', item: on.id, options, most };
}

export function isAlwaysAsked(q: CompiledQuestionnaire, item: CompiledItem): boolean {
  return askingOf(q, item).kind === 'always';
}

/**
 * Is the number of respondents who answered any of these items known beforehand? `known`: yes, one item is asked of
 * everybody, and an attacker may know who left it blank. `with`: all have the same condition, so this number plus the
 * number not asked `item` is known. `open`: no.
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

/** Is the number of people who gave two ratings known beforehand, from who left which item blank? */
export function isAlikeKnown(q: CompiledQuestionnaire | undefined): boolean {
  const always = q?.items.filter((item) => item.type === 'rating' && isAlwaysAsked(q, item)) ?? [];
  return always.length > 1;
}

/** Is the formula's denominator known beforehand? */
export function isDenominatorKnown(formula: Formula, q: CompiledQuestionnaire): boolean {
  const items = ratings(formula, q);
  return isOwnMeans(formula, q)
    ? peopleKnown(q, items).kind === 'known'
    : items.every((item) => isAlwaysAsked(q, item));
}

/** Items whose answers depend on each other: follow-ups, their parents, and so on. */
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

/** Adds the equation between the number asked an item and the answers to its parent in one atom. */
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

/** Sums of counts that cannot be negative. */
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

/** What is true of every county, and what anybody may know beforehand. No number of the summary is used. */
import { countedSets, channels } from '../../domain/model/vocabulary.ts';
import { ballotFormulas } from './arms.ts';
import { addAsking, isAlikeKnown, isAlwaysAsked, peopleKnown } from './asking.ts';
import type { TrueValues } from './figures.ts';
import { ratings, restrict, rowFormula, scopeOf } from './formulas.ts';
import { fates, type Model } from './model.ts';
import { combinations, samplingOf } from './pooled.ts';
import { minusOne, add, isZero, multiply, one, ratio, zero, type Rational } from './rational.ts';
import { Sum, type Terms } from './system.ts';

export function addPrior(model: Model, truth: TrueValues): void {
  addAnswers(model);
  addBlanks(model, truth);
  addSampled(model);
  addHandedIn(model);
  // Nothing is shown of other arms by channel, set or first answers.
  if (model.arm === null) {
    addPooled(model);
    addFates(model, truth);
  }
}

function put(model: Model, name: string, terms: Terms, value: Rational | null = zero, isSum = false): void {
  model.system.add({ name, source: 'prior', terms, value, isSum });
}

/** Everybody chose one option of an item or 不了解, left it blank, or was not asked. */
function addAnswers(model: Model): void {
  for (const atom of model.atoms) {
    const q = model.questionnaire(atom.group);
    const n = model.respondents(atom);
    for (const item of q?.items ?? []) {
      const all =
        item.type === 'number'
          ? [':n', ':blank', ':none']
          : item.type === 'multiple'
            ? []
            : [...item.optionIds, ...(item.dontKnowId === null ? [] : [':dk']), ':blank', ':none'];
      const sum = new Sum();
      for (const what of all) sum.plus(model.answer(atom, item.id, what), one);
      if (all.length > 0) put(model, `answers ${item.id}`, sum.plus(n, minusOne).terms, zero, true);
      addAsking(model, atom, q!, item);
    }
  }
}

/**
 * An attacker may know who left an item blank or answered 不了解: that is not an opinion. Then they also know who is in
 * a denominator. Who was not asked because of another answer is as unknown as that answer.
 */
function addBlanks(model: Model, truth: TrueValues): void {
  const { official, shown } = model;
  const known = new Set<number>();
  const together: Terms[] = [];
  for (const atom of model.atoms) {
    const q = model.questionnaire(atom.group);
    if (!q) continue;
    for (const item of q.items) {
      if ('dontKnowId' in item && item.dontKnowId !== null) known.add(model.answer(atom, item.id, ':dk'));
      known.add(model.answer(atom, item.id, ':blank'));
      if (isAlwaysAsked(q, item)) known.add(model.answer(atom, item.id, ':none'));
    }
    for (const formula of [
      official,
      rowFormula(official, atom.group),
      ...shown.profile.formulas,
      ...ballotFormulas(model, atom.group),
    ])
      for (const own of [formula, ...q.dimensions.map((dimension) => restrict(formula, { dimension }))]) {
        const scope = scopeOf(own, q);
        const items = ratings(own, q);
        if (scope === null || items.length < 2) continue;
        const people = model.denominators(atom, scope, own.dontKnow);
        const knowledge = peopleKnown(q, items);
        if (knowledge.kind === 'known') known.add(people);
        if (knowledge.kind === 'with')
          together.push(
            new Sum().plus(people, one).plus(model.answer(atom, knowledge.item, ':none'), one).terms,
          );
      }
  }
  if (shown.ballot || model.arm)
    for (const atom of model.atoms)
      if (isAlikeKnown(model.questionnaire(atom.group))) known.add(model.alike(atom, 'people'));
  for (const column of known) know(model, truth, new Sum().plus(column, one).terms);
  for (const terms of together) know(model, truth, terms);
  if (model.arm === null) addPooledBlanks(model, truth);
}

function know(model: Model, truth: TrueValues, terms: Terms): void {
  const value = truth && valueOf(model, truth, terms);
  model.system.add({ name: 'blanks', source: 'prior', terms, value, isAssumed: true });
}

function valueOf({ system: { names } }: Model, truth: NonNullable<TrueValues>, terms: Terms): Rational {
  let sum = zero;
  for (const [column, factor] of terms) sum = add(sum, multiply(factor, truth.get(names[column]!) ?? zero));
  return sum;
}

/**
 * The same for pooled counts: the number of opinions by channel and set, and the change of that number from first to
 * last answers.
 */
function addPooledBlanks(model: Model, truth: TrueValues): void {
  const { official, shown } = model;
  for (const group of new Set(shown.reportingStrata.map((r) => r.group))) {
    const q = model.questionnaire(group);
    if (!q) continue;
    const items = ratings(official, q);
    const areOpinionsKnown = items.every((item) => isAlwaysAsked(q, item));
    const arePeopleKnown = peopleKnown(q, items).kind === 'known';
    const own = shown.reportingStrata.filter((r) => r.group === group && !model.voided.has(r.no));
    const places: { readonly column: (part: string) => number; readonly isNobody: boolean }[] = [
      ...combinations(model, group).map(([channel, set]) => ({
        column: (part: string) => model.pooled(group, channel, set, part),
        isNobody: false,
      })),
      ...samplingOf(model, group).flatMap((stratum) =>
        [true, false].map((isFlagged) => ({
          column: (part: string) => model.change(group, stratum, isFlagged, part),
          // All of a group's strata may be flagged, or none.
          isNobody: own.every(({ no }) => model.flagged.has(no) !== isFlagged),
        })),
      ),
    ];
    for (const { column, isNobody } of places) {
      const opinions = new Sum();
      for (const { name } of model.parts(official, q))
        if (isNobody || name === ':dk' || (name === ':d' && arePeopleKnown))
          know(model, truth, new Sum().plus(column(name), one).terms);
        else if (!name.startsWith(':')) opinions.plus(column(name), one);
      if (opinions.terms.size > 0 && areOpinionsKnown) know(model, truth, opinions.terms);
    }
  }
}

/** n of every sampling stratum, with which an attacker computes the weights. */
function addSampled(model: Model): void {
  const sums = new Map<string, Sum>();
  for (const atom of model.standing(() => true)) {
    const key = `${atom.group}/${atom.sampling}`;
    const sum = sums.get(key) ?? new Sum();
    sums.set(key, sum.plus(model.respondents(atom), one));
  }
  for (const [key, sum] of sums) {
    const [group, no] = key.split('/');
    const stratum = model.shown.strata.find((s) => s.group === group && s.no === Number(no));
    if (stratum && stratum.responses !== null)
      put(model, `sampled ${key}`, sum.terms, ratio(stratum.responses));
  }
}

/** Respondents of a stratum by set and channel. The counted ones are the atoms' respondents. */
function addHandedIn(model: Model): void {
  const { profile, reportingStrata } = model.shown;
  for (const r of reportingStrata) {
    if (model.voided.has(r.no)) continue;
    const sum = new Sum();
    for (const atom of model.atoms) if (atom.reporting === r.no) sum.plus(model.respondents(atom), minusOne);
    for (const set of profile.sets) sum.plus(model.handedIn(r.no, set, true, true), one);
    put(model, `counted ${r.no}`, sum.terms);
  }
  for (const group of new Set(reportingStrata.map((r) => r.group))) {
    const possible = new Set(combinations(model, group).map(([c, s]) => `${c}/${s}`));
    for (const set of countedSets)
      for (const counted of [true, false])
        for (const valid of [true, false]) {
          const sum = new Sum();
          for (const r of reportingStrata)
            if (r.group === group && !model.voided.has(r.no))
              sum.plus(model.handedIn(r.no, set, counted, valid), one);
          for (const channel of channels)
            if (
              profile.channels.includes(channel) === counted &&
              (!valid || possible.has(`${channel}/${set}`))
            )
              sum.plus(model.arrived(group, channel, set, valid), minusOne);
          put(model, `came ${group} ${set}`, sum.terms);
        }
  }
}

/** The official formula's answers by channel and set. The counted ones are the atoms' answers. */
function addPooled(model: Model): void {
  const { profile, reportingStrata } = model.shown;
  for (const group of new Set(reportingStrata.map((r) => r.group))) {
    const q = model.questionnaire(group);
    if (!q) continue;
    const counted = combinations(model, group).filter(
      ([c, s]) => profile.channels.includes(c) && profile.sets.includes(s),
    );
    const atoms = model.standing((atom) => atom.group === group);
    for (const { name } of model.parts(model.official, q)) {
      const sum = new Sum();
      for (const [channel, set] of counted) sum.plus(model.pooled(group, channel, set, name), one);
      for (const atom of atoms) sum.plusAll(model.partTerms(atom, model.official, q, name), minusOne);
      put(model, `pooled ${group} ${name}`, sum.terms);
    }
  }
}

/**
 * The fates of all codes are the sums over the groups. That fails if fewer codes are left than cases: these are then
 * cut off, separately for each group and for all. Without the truth, the difference is treated as known, without a
 * number.
 */
function addFates(model: Model, truth: TrueValues): void {
  for (const fate of fates) {
    const sum = new Sum().plus(model.fate(null, fate), minusOne);
    for (const group of model.ratedGroups()) sum.plus(model.fate(group, fate), one);
    const value = truth && valueOf(model, truth, sum.terms);
    if (value === null || isZero(value)) put(model, `all ${fate}`, sum.terms, value);
  }
}

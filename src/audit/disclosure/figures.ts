/** Turns shown figures, counts and distributions into equations. */
import type { Figure } from '../../domain/scoring/figure.ts';
import type { Formula } from '../../domain/scoring/rules/formula.ts';
import type { Count, Distribution } from '../../domain/scoring/summary/summary-types.ts';
import type { CompiledItem } from '../../domain/questionnaire/compiled.ts';
import { isOwnMeans, pointsOf, ratings } from './formulas.ts';
import type { Atom, Design, Model, Reading } from './model.ts';
import { isAlwaysAsked } from './asking.ts';
import {
  add,
  decimalsOf,
  divide,
  fromDecimal,
  isZero,
  multiply,
  negate,
  one,
  ratio,
  toNumber,
  type Rational,
} from './rational.ts';
import { Sum, type Ratio, type Terms } from './system.ts';

/** True values of the unknowns, by name. null: without the truth. */
export type TrueValues = ReadonlyMap<string, Rational> | null;

export class Writer {
  readonly model: Model;
  readonly truth: TrueValues;
  readonly mismatches: string[] = [];

  constructor(model: Model, truth: TrueValues) {
    this.model = model;
    this.truth = truth;
  }

  /** A shown count. */
  count(name: string, terms: Terms | null, value: number): void {
    if (terms === null) return;
    this.#check(name, this.evaluate(terms), value, 0);
    this.model.system.add({ name, source: 'shown', terms, value: fromDecimal(value) });
  }

  countOf(name: string, terms: Terms, count: Count): void {
    if (count.kind === 'count') this.count(name, terms, count.value);
  }

  /** A figure y ⁄ c. `decimals`: as shown for figures of this kind. */
  figure(name: string, figure: Figure, reading: Reading, decimals: number): void {
    if (figure.kind === 'no-data') {
      if (reading.answers.size > 0) this.count(`${name} nobody`, reading.answers, 0);
      return;
    }
    if (figure.kind !== 'estimate') return;
    this.count(`${name} n`, reading.people, figure.n);
    this.count(`${name} denominator`, reading.answers, figure.denominator);
    if (!reading.isWeighted) return;
    const unit = 10 ** -decimals;
    const { threshold } = this.model.shown.summary;
    // Rounding never crosses the threshold, so it may move a figure by a whole unit near it.
    this.ratio(
      name,
      figure.value,
      reading,
      Math.abs(figure.value - threshold.value) <= unit ? unit : unit / 2,
    );
  }

  /**
   * y − v·c = 0. With the truth, v has all digits, because protection must not depend on rounding. `half`: the
   * maximum rounding error.
   */
  ratio(name: string, value: number, { y, c }: Pick<Reading, 'y' | 'c'>, half: number): void {
    const exact = this.quotient(y, c);
    if (exact) this.#check(name, exact, value, half);
    const v = exact ?? fromDecimal(value);
    this.model.system.add({
      name,
      source: 'shown',
      terms: new Sum().plusAll(y, one).plusAll(c, negate(v)).terms,
      value: ratio(0),
      rounding: { half, shift: value - toNumber(v), denominator: c },
    });
  }

  /** A figure that is a sum of counts with known factors. */
  weightedSum(name: string, terms: Terms, value: number, half: number): void {
    const exact = this.evaluate(terms);
    this.#check(name, exact, value, half);
    const rounding = { half, shift: exact === null ? 0 : value - toNumber(exact), denominator: null };
    this.model.system.add({ name, source: 'shown', terms, value: exact ?? fromDecimal(value), rounding });
  }

  /**
   * A weighted sum of figures. Denominators are sums of counts that are known to somebody who knows who left which
   * item blank, except where they include follow-ups. Nothing is added if some value is unknown.
   */
  sumOfFigures(
    name: string,
    parts: readonly (Pick<Reading, 'y' | 'c' | 'isWeighted' | 'isCountKnown'> & Pick<Ratio, 'weight'>)[],
    value: number,
    half: number,
  ): void {
    const sum = new Sum();
    let exact = ratio(0);
    for (const { weight, y, c, isWeighted, isCountKnown } of parts) {
      const count = this.evaluate(c);
      if (count === null || !isWeighted) return;
      if (isZero(count)) continue;
      const factor = divide(weight, count);
      const figure = divide(this.evaluate(y)!, count);
      exact = add(exact, multiply(weight, figure));
      sum.plusAll(y, factor);
      if (!isCountKnown) sum.plusAll(c, negate(multiply(factor, figure)));
    }
    const ratios = parts.filter(({ isCountKnown }) => !isCountKnown);
    if (ratios.length === 0) {
      this.weightedSum(name, sum.terms, value, half);
      return;
    }
    this.#check(name, exact, value, half);
    this.model.system.add({
      ...{ name, source: 'shown', terms: sum.terms, value: this.evaluate(sum.terms)! },
      ratios: parts.map(({ weight, y, c }) => ({ weight, y, c })),
      rounding: { half, shift: value - toNumber(exact), denominator: null },
    });
  }

  /** Standard error and design effect: Σ k w² (p − v)² x. What is subtracted is treated as known. */
  spread(name: string, figure: Figure, formula: Formula, atoms: readonly Atom[], design: Design): void {
    if (figure.kind !== 'estimate' || figure.se === undefined) return;
    const reading = this.model.read(formula, atoms, design);
    if (!reading.isWeighted) return;
    const v = this.quotient(reading.y, reading.c) ?? fromDecimal(figure.value);
    const { model } = this;
    const square = new Sum();
    const effect = new Sum();
    for (const atom of atoms) {
      const q = model.questionnaire(atom.group);
      if (!q) continue;
      const items = ratings(formula, q);
      const weight = model.weight(atom, design);
      const factor = multiply(varianceFactor(model, atom, design), multiply(weight, weight));
      if (items.length === 1 && !isOwnMeans(formula, q))
        for (const part of model.parts(formula, q)) {
          if (isZero(part.c)) continue;
          const distance = add(pointsOf(formula, part.name), negate(v));
          const terms = model.partTerms(atom, formula, q, part.name);
          square.plusAll(terms, multiply(factor, multiply(distance, distance)));
          effect.plusAll(terms, multiply(weight, multiply(distance, distance)));
        }
      else
        for (const [which, times] of [
          ['yy', one],
          ['yc', multiply(ratio(-2), v)],
          ['cc', multiply(v, v)],
        ] as const) {
          square.plus(model.moment(atom, formula, which), multiply(factor, times));
          effect.plus(model.moment(atom, formula, which), multiply(weight, times));
        }
    }
    model.system.add({ name: `${name} standard error`, source: 'shown', terms: square.terms, value: null });
    if (figure.deff !== undefined)
      model.system.add({ name: `${name} design effect`, source: 'shown', terms: effect.terms, value: null });
  }

  distribution(name: string, item: CompiledItem, distribution: Distribution, atoms: readonly Atom[]): void {
    const { model } = this;
    const terms = (what: string) => {
      const sum = new Sum();
      for (const atom of atoms) sum.plus(model.answer(atom, item.id, what), one);
      return sum.terms;
    };
    const n = () => {
      const sum = new Sum();
      if (item.type === 'number') return terms(':n');
      if (item.type === 'multiple')
        for (const atom of atoms)
          sum
            .plus(model.respondents(atom), one)
            .plus(model.answer(atom, item.id, ':none'), ratio(-1))
            .plus(model.answer(atom, item.id, ':blank'), ratio(-1));
      else
        for (const what of [...item.optionIds, ...(item.dontKnowId === null ? [] : [':dk'])])
          sum.plusAll(terms(what), one);
      return sum.terms;
    };
    switch (distribution.kind) {
      case 'suppressed':
        return;
      case 'no-data':
        return this.count(`${name} nobody`, n(), 0);
      case 'number':
        this.count(`${name} sum`, terms(':sum'), distribution.sum);
        break;
      case 'options':
        for (const option of distribution.options)
          this.count(`${name} ${option.id}`, terms(option.id), option.count);
        if (item.type !== 'multiple' && item.type !== 'number' && item.dontKnowId !== null)
          this.count(`${name} :dk`, terms(':dk'), distribution.dontKnow);
        break;
    }
    this.count(`${name} :blank`, terms(':blank'), distribution.blank);
    this.count(`${name} :none`, terms(':none'), distribution.notAsked);
    this.count(`${name} n`, n(), distribution.n);
  }

  /** Mean of a number item. */
  mean(name: string, item: CompiledItem, figure: Figure, atoms: readonly Atom[], decimals: number): void {
    const sums = [new Sum(), new Sum(), new Sum()] as const;
    for (const atom of atoms) {
      const weight = this.model.weight(atom, 'last');
      sums[0].plus(this.model.answer(atom, item.id, ':sum'), weight);
      sums[1].plus(this.model.answer(atom, item.id, ':n'), weight);
      sums[2].plus(this.model.answer(atom, item.id, ':n'), one);
    }
    const [y, c, answers] = [sums[0].terms, sums[1].terms, sums[2].terms];
    const isWeighted = atoms.every((atom) => this.model.hasWeights(atom.group));
    const isCountKnown = isAlwaysAsked(this.model.questionnaire(atoms[0]!.group)!, item);
    this.figure(name, figure, { y, c, answers, people: answers, isWeighted, isCountKnown }, decimals);
  }

  /** The true value. null: without the truth. */
  evaluate(terms: Terms): Rational | null {
    if (this.truth === null) return null;
    let sum = ratio(0);
    for (const [column, factor] of terms)
      sum = add(sum, multiply(factor, this.truth.get(this.model.system.names[column]!) ?? ratio(0)));
    return sum;
  }

  quotient(y: Terms, c: Terms): Rational | null {
    const [numerator, denominator] = [this.evaluate(y), this.evaluate(c)];
    return numerator && denominator && !isZero(denominator) ? divide(numerator, denominator) : null;
  }

  #check(name: string, truth: Rational | null, shown: number, tolerance: number): void {
    if (truth === null) return;
    const own = toNumber(truth);
    if (Math.abs(own - shown) > tolerance + 1e-9 * Math.max(1, Math.abs(shown)))
      this.mismatches.push(`${name}: shown ${shown}, is ${own}`);
  }
}

/** (1 − f) · n ⁄ (n − 1) of the stratum. */
function varianceFactor(model: Model, atom: Atom, design: Design): Rational {
  const { size, sampled: n } = model.sample(atom, design);
  const left =
    size === null || isZero(size)
      ? one
      : add(one, negate(toNumber(size) <= n ? one : divide(ratio(n), size)));
  return n > 1 ? multiply(left, ratio(n, n - 1)) : left;
}

/**
 * The maximum number of decimals of these figures. If they are few, at least `least`: all might end in zeros, which
 * JSON drops.
 */
export function precision(figures: readonly Figure[], least: number): number {
  return digitsOfAll(
    figures.flatMap((figure) => (figure.kind === 'estimate' ? [figure.value] : [])),
    least,
  );
}

/** The same for numbers. */
export function digitsOfAll(values: readonly number[], least: number): number {
  return values.reduce((most, value) => Math.max(most, decimalsOf(value)), values.length < MANY ? least : 0);
}

/** Among this many numbers, at least one does not end in 0. */
const MANY = 12;

/** Named unknowns, and equations over them. */
import { add, isZero, multiply, type Rational } from './rational.ts';

export type Terms = ReadonlyMap<number, Rational>;

export interface Ratio {
  readonly weight: Rational;
  readonly y: Terms;
  readonly c: Terms;
}

export interface Equation {
  readonly name: string;
  /** `prior`: true of every county, or known beforehand. `shown`: a published number. */
  readonly source: 'prior' | 'shown';
  readonly terms: Terms;
  /**
   * Assumes that an attacker knows who left which item blank. That person also knows how many answered, so numbers of
   * people are bounded without these equations.
   */
  readonly isAssumed?: boolean;
  /** Its first column follows from the others. No other equation with `isSum` has the same first column. */
  readonly isSum?: boolean;
  /** null: an outsider is assumed to know it, but no shown number states it (standard errors). Not used for bounds. */
  readonly value: Rational | null;
  /**
   * Set for a sum of figures y ⁄ c with unknown denominators: `terms` is its linearization. For the linear attack and
   * second values only.
   */
  readonly ratios?: readonly Ratio[];
  /**
   * The figure y ⁄ c is shown with limited digits: terms − shift·c is within ± half·c. `denominator` null: c is 1. Absent:
   * exact.
   */
  readonly rounding?: { readonly half: number; readonly shift: number; readonly denominator: Terms | null };
}

/**
 * `count`: a whole number from 0. `amount`: any number from 0. `change`: a whole number of either sign. `shift`: any
 * number.
 */
export type Sign = 'count' | 'amount' | 'change' | 'shift';
export const isWhole = (sign: Sign): boolean => sign === 'count' || sign === 'change';
export const isNegative = (sign: Sign): boolean => sign === 'change' || sign === 'shift';

/** Naming a column creates it. */
export class System {
  readonly names: string[] = [];
  readonly signs: Sign[] = [];
  readonly equations: Equation[] = [];
  readonly #index = new Map<string, number>();

  column(name: string, sign: Sign = 'count'): number {
    let at = this.#index.get(name);
    if (at === undefined) {
      at = this.names.length;
      this.#index.set(name, at);
      this.names.push(name);
      this.signs.push(sign);
    }
    return at;
  }

  find(name: string): number | undefined {
    return this.#index.get(name);
  }

  add(equation: Equation): void {
    if (equation.terms.size > 0) this.equations.push(equation);
  }
}

/** A sum under construction. */
export class Sum {
  readonly terms = new Map<number, Rational>();

  plus(column: number, factor: Rational): this {
    const before = this.terms.get(column);
    const now = before ? add(before, factor) : factor;
    if (isZero(now)) this.terms.delete(column);
    else this.terms.set(column, now);
    return this;
  }

  plusAll(terms: Terms, factor: Rational): this {
    for (const [column, value] of terms) this.plus(column, multiply(value, factor));
    return this;
  }
}

/**
 * The equations of one group's figures, as rows over the unknown counts by undecided school, item and option; the
 * last option of each item is left out. A figure Σ w p x ⁄ Σ w c is linear in them, because its denominator is known
 * or is a row of its own.
 */
import type { Formula } from '../rules/formula.ts';
import type { Candidate } from './candidates.ts';
import { multiply, residue } from './field.ts';
import { NOBODY, type FollowUps, type Weighted } from './follow-ups.ts';
import type { Atom, RatingItem } from './layout.ts';
import type { Row, RowSpace } from './row-space.ts';

export class GroupRows {
  constructor(
    private readonly space: RowSpace,
    private readonly items: readonly RatingItem[],
    private readonly followUps: FollowUps,
    /** Undecided schools, with the columns of their items. */
    private readonly open: readonly Candidate[],
  ) {}

  columnsOfItem(item: number): readonly number[] {
    return this.open.flatMap((one) => one.pairs.flatMap((pair) => (pair.item === item ? pair.columns : [])));
  }

  columnsOfAtoms(
    belongs: (atom: Atom) => boolean,
    among: Iterable<Candidate> = this.open,
  ): readonly number[] {
    const found: number[] = [];
    for (const one of among)
      for (const [atom, starts] of one.base)
        if (belongs(atom))
          starts.forEach((start, item) => {
            if (start === NOBODY) return;
            for (let option = 0; option < this.items[item]!.options - 1; option++) found.push(start + option);
          });
    return found;
  }

  isPartlyAsked(formula: Formula): boolean {
    return this.items.some(
      (item, index) => item.points(formula).length > 0 && this.followUps.isRatingAsked(index),
    );
  }

  /** The follow-ups whose numbers of people asked are part of the formula's denominator. */
  askedIn(formula: Formula): readonly number[] {
    const own = this.items.flatMap((item, index) => (item.points(formula).length > 0 ? [index] : []));
    const isInDenominator = formula.unit === 'answers' || own.length === 1;
    return isInDenominator ? own.filter((index) => this.followUps.isRatingAsked(index)) : [];
  }

  /** The equation of a figure. If the formula includes follow-ups, also its denominator, with and without weights. */
  figureRows(
    formula: Formula,
    factor: (atom: Atom) => number,
    among: Iterable<Candidate> = this.open,
  ): readonly Row[] {
    const row = this.row(formula, factor, among);
    const asked = this.askedIn(formula);
    if (asked.length === 0) return [row];
    const divisors = [factor, (atom: Atom) => (factor(atom) === 0 ? 0 : 1)].map((weightOf) => {
      const divisor = this.space.emptyRow();
      const atoms = this.weightsOf(weightOf, among);
      for (const item of asked) this.followUps.addRatingAsked(divisor, item, { atoms, isWhole: false });
      return divisor;
    });
    return [row, ...divisors];
  }

  /** The number asked an item at a school, which its counts reveal. */
  askedRows(one: Candidate, item: number): readonly Row[] {
    if (!this.followUps.isRatingAsked(item)) return [];
    return one.atoms.flatMap((atom) => {
      const starts = one.base.get(atom);
      if (!starts) return [];
      const row = this.space.emptyRow();
      this.followUps.addRatingAsked(row, item, { atoms: [{ weight: 1, starts }], isWhole: false });
      return [row];
    });
  }

  /** Σ factor · (points − points of the last option) · x over the undecided schools. */
  row(formula: Formula, factor: (atom: Atom) => number, among: Iterable<Candidate> = this.open): Row {
    const row = this.space.emptyRow();
    const weights = this.weightsOf(factor, among);
    this.items.forEach((item, index) => {
      const points = item.points(formula);
      if (points.length > 0) this.addItem(row, index, points, weights);
    });
    return row;
  }

  /** As residues: equal factors give equal residues. */
  weightsOf(factor: (atom: Atom) => number, among: Iterable<Candidate> = this.open): readonly Weighted[] {
    const residues = new Map<number, number>();
    const found: Weighted[] = [];
    for (const one of among)
      for (const [atom, starts] of one.base) {
        const given = factor(atom);
        let weight = residues.get(given);
        if (weight === undefined) {
          weight = residue(given);
          residues.set(given, weight);
        }
        if (weight !== 0) found.push({ weight, starts });
      }
    return found;
  }

  private addItem(row: Row, item: number, points: readonly number[], weights: readonly Weighted[]): void {
    const last = this.items[item]!.options - 1;
    const differences = points.slice(0, last).map((value) => residue(value - points[last]!));
    for (const { weight, starts } of weights) {
      const start = starts[item]!;
      if (start === NOBODY) continue;
      for (let option = 0; option < last; option++)
        row[start + option] = multiply(weight, differences[option]!);
    }
    // The last option follows from the others only if the number asked is known.
    if (!this.followUps.isRatingAsked(item)) return;
    const atoms = weights.filter(({ starts }) => starts[item] !== NOBODY);
    this.followUps.addRatingAsked(row, item, { atoms, isWhole: false }, residue(points[last]!));
  }

  /** Counts of an item, by option. */
  countRows(item: number, among: Iterable<Candidate> = this.open): readonly Row[] {
    return Array.from({ length: this.items[item]!.options - 1 }, (_, option) => {
      const total = this.space.emptyRow();
      for (const one of among)
        for (const starts of one.base.values())
          if (starts[item] !== NOBODY) total[starts[item]! + option] = 1;
      return total;
    });
  }

  /** How many of the whole group were asked a rating whose parent is not a rating. */
  groupAskedRow(item: number): Row {
    const row = this.space.emptyRow();
    this.followUps.addRatingAsked(row, item, { atoms: this.weightsOf(() => 1), isWhole: true });
    return row;
  }
}

/**
 * The equations of one group's figures, as rows over the unknown counts: by undecided school, item and option, one option of each item less. A figure Σ w p x ⁄ Σ w c is linear
 * in them, since what it divides by is taken as known, or is a row of its own.
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

  /** Ratings that are asked after other answers, and that the formula counts by answers: what it divides by then tells how many were asked. */
  askedIn(formula: Formula): readonly number[] {
    const own = this.items.flatMap((item, index) => (item.points(formula).length > 0 ? [index] : []));
    const tells = formula.unit === 'answers' || own.length === 1;
    return tells ? own.filter((index) => this.followUps.isRatingAsked(index)) : [];
  }

  /** A figure's equation; and where it is not known how many were asked all of its items, what it divides by, with weights and without. */
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

  /** How many were asked an item at a school, which its counts tell. */
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

  /** Σ factor · (points − points of the last option) · x over the undecided and hidden. */
  row(formula: Formula, factor: (atom: Atom) => number, among: Iterable<Candidate> = this.open): Row {
    const row = this.space.emptyRow();
    const weights = this.weightsOf(factor, among);
    this.items.forEach((item, index) => {
      const points = item.points(formula);
      if (points.length > 0) this.addItem(row, index, points, weights);
    });
    return row;
  }

  /** As residues: equal ratios stay equal. */
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
    // What the others leave to the last option is not known where it is not known how many were asked.
    if (!this.followUps.isRatingAsked(item)) return;
    const atoms = weights.filter(({ starts }) => starts[item] !== NOBODY);
    this.followUps.addRatingAsked(row, item, { atoms, isWhole: false }, residue(points[last]!));
  }

  /** The group's counts of an item, by option. */
  countRows(item: number): readonly Row[] {
    return Array.from({ length: this.items[item]!.options - 1 }, (_, option) => {
      const total = this.space.emptyRow();
      for (const one of this.open)
        for (const starts of one.base.values())
          if (starts[item] !== NOBODY) total[starts[item]! + option] = 1;
      return total;
    });
  }

  /** How many of the whole group were asked a rating that hangs on an item which is no rating. */
  groupAskedRow(item: number): Row {
    const row = this.space.emptyRow();
    this.followUps.addRatingAsked(row, item, { atoms: this.weightsOf(() => 1), isWhole: true });
    return row;
  }
}

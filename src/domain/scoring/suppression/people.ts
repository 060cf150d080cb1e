/**
 * Numbers of respondents by school. An attacker knows n of every sampling stratum, and everything shown of schools
 * and locations.
 */
import type { Candidate } from './candidates.ts';
import { isSmall } from './cells.ts';
import { residue } from './field.ts';
import { peopleOf, type Atom } from './layout.ts';
import { columnsIn, RowSpace, type Row } from './row-space.ts';

type Belongs<P = Atom> = (place: P) => boolean;

/** A school, by sampling stratum. `emptyPlaces`: strata that handed in answers, none of which counts. */
export interface Placed<P> {
  readonly places: readonly P[];
  readonly emptyPlaces: readonly P[];
  readonly isProtected: boolean;
}

export class SchoolPeople {
  /** With and without the empty strata: an attacker may or may not know in which strata nobody answered at a school. */
  private readonly views: readonly [View, View];
  /**
   * The people counted by a school's return rate or share of re-answers. They are not the same as n, so nothing about
   * them is known beforehand.
   */
  private readonly returned: RowSpace;

  constructor(
    private readonly schools: readonly Candidate[],
    private readonly minimum: number,
  ) {
    this.views = [new View(schools, () => true), new View(schools, (place) => peopleOf(place) > 0)];
    this.returned = new RowSpace(schools.map((one) => (isSmall(one.n, minimum) ? 0 : 1)));
    this.returned.show([this.returned.emptyRow().fill(1)]);
  }

  protect(isIn: Belongs, ones: readonly Candidate[]): void {
    for (const view of this.views) view.protect(isIn, ones);
    this.returned.protect(
      this.schools.flatMap((one, column) => (ones.includes(one) && one.places.some(isIn) ? [column] : [])),
    );
  }

  /** Tries to show everything about these schools: their figures may reveal n of each stratum. */
  tryToShow(ones: readonly Candidate[]): boolean {
    return this.tryIn((view) => ({ rows: [], columns: ones.flatMap((one) => view.columnsOf(one)) }));
  }

  /**
   * Tries to show n of a location. Figures over several items also reveal the sum of weights, and standard errors the sum of
   * their squares.
   */
  tryLocation(isHere: Belongs): boolean {
    const factors = [() => 1, (place: Atom) => place.weight, (place: Atom) => place.spread];
    return this.tryIn((view) => ({
      rows: factors.map((factor) => view.row(isHere, this.schools, factor)),
      columns: [],
    }));
  }

  /** Tries to show how many respondents these schools have together. */
  tryTogether(ones: readonly Candidate[]): boolean {
    return this.tryIn((view) => ({ rows: [view.row(() => true, ones)], columns: [] }));
  }

  /** Tries to show a school's return rate or share of re-answers. */
  tryReturned(one: Candidate): boolean {
    // Refused even if n follows from the sampling strata: the rate counts other people than n.
    if (isSmall(one.n, this.minimum)) return false;
    const returned = this.returned.emptyRow();
    returned[this.schools.indexOf(one)] = 1;
    return this.tryIn(
      (view) => ({ rows: [view.row(() => true, [one])], columns: [] }),
      () => !this.returned.tryToShow([returned]),
    );
  }

  private tryIn(
    shownIn: (view: View) => { readonly rows: readonly Row[]; readonly columns: readonly number[] },
    forbids: () => boolean = () => false,
  ): boolean {
    const [first, second] = this.views;
    const [one, other] = [shownIn(first), shownIn(second)];
    return first.space.tryToShow(
      one.rows,
      one.columns,
      () => !second.space.tryToShow(other.rows, other.columns, forbids),
    );
  }
}

/** Unknowns: respondents by school and sampling stratum. */
export class View<P extends Pick<Atom, 'samplingStratum'> = Atom> {
  readonly space: RowSpace;
  private readonly columns = new Map<Placed<P>, { readonly place: P; readonly column: number }[]>();
  private readonly strata = new Map<number, number[]>();

  constructor(schools: readonly Placed<P>[], isIn: Belongs<P>) {
    const preferences: number[] = [];
    for (const [rank, one] of schools.entries())
      this.columns.set(
        one,
        [...one.places, ...one.emptyPlaces].filter(isIn).map((place) => {
          const column = preferences.push(one.isProtected ? 0 : 1 + rank) - 1;
          const members = this.strata.get(place.samplingStratum);
          if (members) members.push(column);
          else this.strata.set(place.samplingStratum, [column]);
          return { place, column };
        }),
      );
    this.space = new RowSpace(preferences);
    for (const columns of this.strata.values()) {
      const row = this.space.emptyRow();
      for (const column of columns) row[column] = 1;
      this.space.show([row]);
    }
  }

  /** Strata that consist only of protected places are left out: their n is known anyway. */
  protect(isIn: Belongs<P>, ones: readonly Placed<P>[]): void {
    const own = new Set(columnsIn(this.row(isIn, ones)));
    for (const columns of this.strata.values())
      if (columns.every((column) => own.has(column))) for (const column of columns) own.delete(column);
    this.space.protect([...own]);
  }

  columnsOf(one: Placed<P>): readonly number[] {
    return this.columns.get(one)!.map(({ column }) => column);
  }

  row(belongs: Belongs<P>, among: readonly Placed<P>[], factor: (place: P) => number = () => 1): Row {
    const row = this.space.emptyRow();
    for (const one of among)
      for (const { place, column } of this.columns.get(one)!)
        if (belongs(place)) row[column] = residue(factor(place));
    return row;
  }
}

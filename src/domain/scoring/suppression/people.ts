/** How many respondents a group's schools have: an attacker knows n of every sampling stratum, and all that is shown of schools and locations. */
import type { Candidate } from './candidates.ts';
import { isSmall } from './cells.ts';
import { residue } from './field.ts';
import { peopleOf, type Atom } from './layout.ts';
import { columnsIn, RowSpace, type Row } from './row-space.ts';

type Belongs<P = Atom> = (place: P) => boolean;

/** A school, by the sampling strata that it has answers of, or has none of that count. */
export interface Placed<P> {
  readonly places: readonly P[];
  readonly emptyPlaces: readonly P[];
  readonly isProtected: boolean;
}

export class SchoolPeople {
  /** In which strata nobody of a school answered may be known or not: then that would be news of it. */
  private readonly views: readonly [View, View];
  /** What a return rate, or a share of re-answers, counts at each school: other people than n, so that nothing is known of it beforehand. */
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

  /** Everything of these schools, as their figures may tell even n of each stratum. */
  tryToShow(ones: readonly Candidate[]): boolean {
    return this.tryIn((view) => ({ rows: [], columns: ones.flatMap((one) => view.columnsOf(one)) }));
  }

  /** n of a location. Figures of several items tell the sum of weights, too, and standard errors that of their squares. */
  tryLocation(isHere: Belongs): boolean {
    const factors = [() => 1, (place: Atom) => place.weight, (place: Atom) => place.spread];
    return this.tryIn((view) => ({
      rows: factors.map((factor) => view.row(isHere, this.schools, factor)),
      columns: [],
    }));
  }

  /** How many these schools have together. */
  tryTogether(ones: readonly Candidate[]): boolean {
    return this.tryIn((view) => ({ rows: [view.row(() => true, ones)], columns: [] }));
  }

  /** A school's return rate, or share of re-answers. */
  tryReturned(one: Candidate): boolean {
    // Whatever may be known of it: what is shown is more than n of its sampling strata.
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

/** Unknowns are respondents by school and sampling stratum. */
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

  /** Of a stratum that has nobody else it is known already. */
  protect(isIn: Belongs<P>, ones: readonly Placed<P>[]): void {
    const secret = new Set(columnsIn(this.row(isIn, ones)));
    for (const columns of this.strata.values())
      if (columns.every((column) => secret.has(column))) for (const column of columns) secret.delete(column);
    this.space.protect([...secret]);
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

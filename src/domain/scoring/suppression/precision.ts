/**
 * Standard errors below the county. Each gives a sum of squares Σ k w² (p − v)² x, which is one more equation in the
 * same unknowns. If that is too much, the figure stays and its standard error is hidden.
 *
 * For one item, the squares are sums over the counts x of options, which figures and totals also describe. For
 * several items, each school's share of the sum is an unknown of its own. Both are kept by sampling stratum
 * (`Candidate.places`). Every equation covers the whole group or one location, so the column of an unknown depends on
 * little more than its stratum's weight and its option.
 *
 * A protected set is exposed if and only if one of its columns is not a linear combination of the columns of the
 * other hidden unknowns. In that case a combination of the equations is 0 on all others, but not on this one.
 */
import { restrictFormula } from '../estimate/estimate.ts';
import type { Formula } from '../rules/formula.ts';
import type { Candidate, Pair } from './candidates.ts';
import { dropPrecision, type Group, type Holder, type Shown } from './cells.ts';
import { inverse, multiply, PRIME, residue, subtract } from './field.ts';
import type { Atom, Layout, RatingItem } from './layout.ts';

/** Answers about which nothing may be derivable, taken together. */
export interface ProtectedAnswers {
  readonly schools: ReadonlySet<Candidate>;
  /** null: all items, and sums over them. */
  readonly item: number | null;
  readonly isIn: (atom: Atom) => boolean;
}

export interface HiddenPart {
  readonly s: Shown;
  readonly layout: Layout;
  readonly group: Group;
  readonly items: readonly RatingItem[];
  readonly hiddenSchools: ReadonlySet<Candidate>;
  /** By item. */
  readonly hiddenPairs: readonly ReadonlySet<Pair>[];
  readonly schools: readonly Candidate[];
  /** Shown schools with answers from several locations. */
  readonly spanning: ReadonlySet<Candidate>;
  readonly protectedAnswers: readonly ProtectedAnswers[];
}

interface UnknownPart extends HiddenPart {
  /** By item: those that are hidden, and those of spanning schools. */
  readonly unknownPairs: readonly ReadonlySet<Pair>[];
}

/** A figure of the group, of one of its locations, or of a shown school with a hidden item, in order of importance. */
interface Part {
  readonly holder: Holder;
  readonly formula: Formula;
  readonly isIn: (atom: Atom) => boolean;
  /** Set if it is a school's figure. */
  readonly school?: Candidate;
}

/** Hides standard errors and intervals that would expose a hidden sum of squares. Changes the figures in place. */
export function protectPrecision(part: HiddenPart): void {
  const { hiddenSchools, spanning, items } = part;
  // The squares of spanning schools are as unknown as those of hidden items.
  const unknownPairs = part.hiddenPairs.map(
    (pairs, item) =>
      new Set([...pairs, ...[...spanning].flatMap((one) => one.pairs.filter((pair) => pair.item === item))]),
  );
  if (unknownPairs.every((pairs) => pairs.size === 0) && hiddenSchools.size === 0) return;
  const hidden = { ...part, unknownPairs };
  const parts = partsOf(hidden);
  // Next to the standard error, a design effect would be a second equation in the same sums of squares.
  for (const { holder } of parts)
    if (holder.figure.kind === 'estimate') delete (holder.figure as { deff?: number }).deff;
  const itemsOf = (formula: Formula) =>
    items.flatMap((item, index) => (item.points(formula).length > 0 ? [index] : []));
  const single = new Map<number, Part[]>();
  const several = new Map<string, Part[]>();
  for (const part of parts) {
    const own = itemsOf(part.formula);
    const [first] = own;
    if (own.length === 1) put(single, first!, part);
    else if (own.length > 1)
      put(several, `${part.formula.id}/${part.formula.dimension ?? ''}/${part.formula.about ?? ''}`, part);
  }
  for (const [item, own] of single) protectItem(hidden, item, own);
  for (const own of several.values()) protectSums(hidden, own);
}

function put<K>(map: Map<K, Part[]>, key: K, part: Part): void {
  const list = map.get(key);
  if (list) list.push(part);
  else map.set(key, [part]);
}

function partsOf(hidden: UnknownPart): readonly Part[] {
  const { s, layout, group, items, schools, hiddenSchools, unknownPairs } = hidden;
  const all = () => true;
  const summary = s.groups.find((entry) => entry.group === group)!;
  const { official } = layout;
  const row = layout.rowFormula(group);
  const pairsHidden = new Set(
    unknownPairs.flatMap((pairs, item) => (items[item]!.points(row).length > 0 ? [...pairs] : [])),
  );
  return [
    { holder: summary, formula: official, isIn: all },
    ...summary.formulas.flatMap((holder): Part[] => {
      const formula = layout.formulas.find((own) => own.id === holder.id);
      return formula ? [{ holder, formula, isIn: all }] : [];
    }),
    ...summary.dimensions.map((holder): Part => ({
      holder,
      formula: restrictFormula(official, { dimension: holder.id }),
      isIn: all,
    })),
    ...summary.items.map((holder): Part => ({
      holder,
      formula: restrictFormula(official, { item: holder.id }),
      isIn: all,
    })),
    ...s.locations.flatMap(({ location, groups }) =>
      groups.flatMap((holder): Part[] =>
        holder.group === group
          ? [{ holder, formula: official, isIn: (atom) => atom.location === location }]
          : [],
      ),
    ),
    ...schools.flatMap((one): Part[] =>
      !hiddenSchools.has(one) && one.pairs.some((pair) => pairsHidden.has(pair))
        ? [
            {
              holder: one.school,
              formula: row,
              isIn: (atom) => atom.reportingStratum === one.school.reportingStratum,
              school: one,
            },
          ]
        : [],
    ),
  ];
}

/** The unknown number of answers with one option at one place. */
interface Unknown {
  readonly school: Candidate;
  readonly place: Atom;
  readonly option: number;
  /** Of the place, as residues. */
  readonly weight: number;
  readonly spread: number;
}

/** The coefficient of each unknown in one equation. */
type Equation = (unknown: Unknown) => number;

/** Standard errors of figures over one item only. */
function protectItem(hidden: UnknownPart, index: number, parts: readonly Part[]): void {
  const { s, layout, group, items, hiddenPairs, unknownPairs, schools, hiddenSchools } = hidden;
  const item = items[index]!;
  const last = item.options - 1;
  const pairs = unknownPairs[index]!;
  const unknown = schools.filter((one) => one.pairs.some((pair) => pairs.has(pair) && pair.hasOptions));
  if (unknown.length === 0) return;
  const differencesOf = (formula: Formula) => {
    const points = item.points(formula);
    return points.slice(0, last).map((value) => residue(value - points[last]!));
  };
  const linear = (formula: Formula, isIn: (atom: Atom) => boolean): Equation => {
    const differences = differencesOf(formula);
    return ({ place, option, weight }) => (isIn(place) ? multiply(weight, differences[option]!) : 0);
  };
  const official = restrictFormula(layout.official, { item: item.id });
  // Channels, or sets, may add up to the unweighted group.
  const unweighted = differencesOf(official);
  const equations: Equation[] = [({ option }) => unweighted[option]!];
  const entry = s.groups.find((own) => own.group === group)!.items.find((own) => own.id === item.id);
  if (entry?.distribution.kind === 'options')
    for (let at = 0; at < last; at++) equations.push(({ option }) => (option === at ? 1 : 0));
  for (const { holder, formula, isIn } of parts)
    if (holder.figure.kind === 'estimate') equations.push(linear(formula, isIn));
  // Formulas over several items: treat their part from this item as known.
  for (const formula of [...layout.formulas, ...(s.differences.length > 0 ? layout.shares : [])])
    if (item.points(formula).length > 0) equations.push(linear(formula, () => true));
  // A location's figure is over several items, too: treat its part from this item as known.
  const row = layout.rowFormula(group);
  for (const { location, groups } of s.locations)
    if (groups.some((own) => own.group === group && own.figure.kind === 'estimate'))
      equations.push(linear(official, (atom) => atom.location === location));
  // The same for a school's figure. With one hidden item, it determines that item's part. With several, it ties them
  // together, and none of them may be determined.
  const tied = new Set<Candidate>();
  const parted: Equation[] = [];
  const inRow = items.map((own) => own.points(row).length > 0);
  for (const one of unknown) {
    if (hiddenSchools.has(one)) continue;
    const isIn = (atom: Atom) => atom.reportingStratum === one.school.reportingStratum;
    const own = linear(official, isIn);
    const shown = one.pairs.find((pair) => pair.item === index && !hiddenPairs[index]!.has(pair));
    if (layout.rule > 4 && shown) {
      equations.push(own);
      if (shown.entry.distribution.kind === 'options')
        for (let at = 0; at < last; at++)
          equations.push(({ place, option }) => (isIn(place) && option === at ? 1 : 0));
      continue;
    }
    if (!inRow[index]) continue;
    parted.push(own);
    const isHidden = (pair: Pair) =>
      pair.hasOptions && inRow[pair.item] && unknownPairs[pair.item]!.has(pair);
    if (one.pairs.filter(isHidden).length > 1) tied.add(one);
    else equations.push(own);
  }
  const isTied = (own: ProtectedAnswers) => [...own.schools].every((one) => tied.has(one));
  const about = hidden.protectedAnswers.filter((own) => own.item === null || own.item === index);
  const together: readonly ProtectedAnswers[] = hidden.protectedAnswers.some(isTied)
    ? [{ schools: tied, item: index, isIn: () => true }]
    : [];
  const options = Array.from({ length: last }, (_, option) => option);
  let known = new Columns(unknownsOf(unknown, options)).with(equations);
  let withParted = known.with(parted);
  const untied = known.insidesOf(about.filter((own) => !isTied(own)));
  const tiedTogether = known.insidesOf(together);
  for (const { holder, formula, isIn } of parts) {
    const { figure } = holder;
    if (figure.kind !== 'estimate' || figure.se === undefined) continue;
    // Squares of residues, so that the difference of two figures' squares stays linear in the points.
    const squares = item.points(formula).map((points) => {
      const distance = subtract(residue(points), residue(figure.value));
      return multiply(distance, distance);
    });
    const differences = squares.map((square) => subtract(square, squares[last]!));
    const ofSquares: Equation = ({ place, option, spread }) =>
      isIn(place) ? multiply(spread, differences[option]!) : 0;
    const [next, nextParted] = [known.with([ofSquares]), withParted.with([ofSquares])];
    if (nextParted.cover(untied) && next.cover(tiedTogether)) [known, withParted] = [next, nextParted];
    else holder.figure = dropPrecision(figure);
  }
}

/** Standard errors of figures over several items. */
function protectSums(hidden: HiddenPart, parts: readonly Part[]): void {
  const { hiddenSchools, spanning } = hidden;
  const unknown = hidden.schools.filter((one) => hiddenSchools.has(one) || spanning.has(one));
  let known = new Columns(unknownsOf(unknown, [0]));
  const protectedAnswers = known.insidesOf(hidden.protectedAnswers.filter((own) => own.item === null));
  for (const { holder, isIn, school } of parts) {
    const { figure } = holder;
    if (school || figure.kind !== 'estimate' || figure.se === undefined) continue;
    const next = known.with([({ place, spread }) => (isIn(place) ? spread : 0)]);
    if (next.cover(protectedAnswers)) known = next;
    else holder.figure = dropPrecision(figure);
  }
}

/**
 * Could the official figure be shown once more, with other weights? Treats the answers of each school and stratum as
 * one unknown. Known are its sums with the usual weights, by group and location, and without weights.
 */
export function mayWeigh(
  {
    s,
    group,
    hiddenSchools,
    schools,
    protectedAnswers,
  }: Omit<HiddenPart, 'layout' | 'items' | 'hiddenPairs' | 'spanning'>,
  weightOf: (atom: Atom) => number,
): boolean {
  const places = s.locations.flatMap(({ location, groups }) =>
    groups.some((own) => own.group === group && own.figure.kind === 'estimate') ? [location] : [],
  );
  const equations: Equation[] = [
    () => 1,
    ({ weight }) => weight,
    ...places.map(
      (location): Equation =>
        ({ place, weight }) =>
          place.location === location ? weight : 0,
    ),
    ({ place }) => residue(weightOf(place)),
  ];
  const unknown = schools.filter((one) => hiddenSchools.has(one));
  const columns = new Columns(unknownsOf(unknown, [0])).with(equations);
  return columns.cover(columns.insidesOf(protectedAnswers.filter((own) => own.item === null)));
}

/** Indexes of the unknowns in a protected set. */
type Inside = readonly number[];

function unknownsOf(schools: readonly Candidate[], options: readonly number[]): readonly Unknown[] {
  return schools.flatMap((school) =>
    school.places.flatMap((place) => {
      const [weight, spread] = [residue(place.weight), residue(place.spread)];
      return options.map((option) => ({ school, place, option, weight, spread }));
    }),
  );
}

/** Unknowns with their columns of the known equations. Equal columns are stored once. */
class Columns {
  /** Number of unknowns with this column. */
  private readonly sizes: readonly number[];
  /** How many of them are in the set under test; otherwise all 0. */
  private readonly insides: number[];

  constructor(
    private readonly unknowns: readonly Unknown[],
    /** Index of each unknown's column. */
    private readonly columnOf: readonly number[] = unknowns.map(() => 0),
    private readonly columns: readonly (readonly number[])[] = [[]],
  ) {
    const sizes = columns.map(() => 0);
    for (const column of columnOf) sizes[column]!++;
    this.sizes = sizes;
    this.insides = columns.map(() => 0);
  }

  with(equations: readonly Equation[]): Columns {
    let { columnOf, columns } = this;
    for (const equation of equations) {
      const found = new Map<number, number>();
      const next: (readonly number[])[] = [];
      columnOf = this.unknowns.map((unknown, i) => {
        const before = columnOf[i]!;
        const value = equation(unknown);
        const key = before * PRIME + value;
        const column = found.get(key);
        if (column !== undefined) return column;
        found.set(key, next.length);
        return next.push([...columns[before]!, value]) - 1;
      });
      columns = next;
    }
    return new Columns(this.unknowns, columnOf, columns);
  }

  insidesOf(protectedAnswers: readonly ProtectedAnswers[]): readonly Inside[] {
    const bySchool = new Map<Candidate, number[]>();
    this.unknowns.forEach(({ school }, i) => {
      const own = bySchool.get(school);
      if (own) own.push(i);
      else bySchool.set(school, [i]);
    });
    return protectedAnswers.map(({ schools, isIn }) =>
      [...schools].flatMap((school) =>
        (bySchool.get(school) ?? []).filter((i) => isIn(this.unknowns[i]!.place)),
      ),
    );
  }

  /** Is every column of every protected set a combination of the columns of the other hidden unknowns? */
  cover(protectedAnswers: readonly Inside[]): boolean {
    return protectedAnswers.every((inside) => this.covers(inside));
  }

  private covers(inside: Inside): boolean {
    const { insides, sizes, columnOf, columns } = this;
    for (const i of inside) insides[columnOf[i]!]!++;
    const isOutside = (column: number) => sizes[column]! > insides[column]!;
    const missing = [...new Set(inside.map((i) => columnOf[i]!))].filter((column) => !isOutside(column));
    const basis = new Map<number, readonly number[]>();
    if (missing.length > 0)
      columns.forEach((values, column) => {
        if (isOutside(column)) reduce(basis, values, true);
      });
    for (const i of inside) insides[columnOf[i]!] = 0;
    return missing.every((column) => reduce(basis, columns[column]!, false));
  }
}

/**
 * Does the basis span the column? If not, `isAdded` adds its remainder. `basis`: by index of the first number other
 * than 0, which is scaled to 1.
 */
function reduce(basis: Map<number, readonly number[]>, column: readonly number[], isAdded: boolean): boolean {
  const rest = [...column];
  for (let at = 0; at < rest.length; at++) {
    const factor = rest[at]!;
    if (factor === 0) continue;
    const own = basis.get(at);
    if (!own) {
      if (isAdded) {
        const scale = inverse(factor);
        basis.set(
          at,
          rest.map((value) => multiply(value, scale)),
        );
      }
      return false;
    }
    for (let k = at; k < rest.length; k++) rest[k] = subtract(rest[k]!, multiply(factor, own[k]!));
  }
  return true;
}

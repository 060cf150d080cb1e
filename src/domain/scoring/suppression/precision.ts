/**
 * Standard errors below the county. Each tells a sum of squares Σ k w² (p − v)² x, one more equation in the same unknowns; its figure stays, it goes.
 *
 * Over one item the squares are of the counts x of options, about which figures and totals tell, too; over several, each school's share of the sum is an unknown of its
 * own. Both differ by sampling stratum, so that here each stands apart (`Candidate.places`). Every equation is about the whole group or one location, so an unknown's column
 * depends on little but its stratum's weight and its option. Something follows about a secret alone if and only if a column of it is no linear combination of the columns
 * of what else is hidden: then a combination of the equations exists that is 0 there, and not here.
 */
import { restrictFormula } from '../estimate/estimate.ts';
import type { Formula } from '../rules/formula.ts';
import type { Candidate, Pair } from './candidates.ts';
import { dropPrecision, type Group, type Holder, type Shown } from './cells.ts';
import { inverse, multiply, residue, subtract } from './field.ts';
import type { Atom, Layout, RatingItem } from './layout.ts';

/** Of these answers together nothing may follow. */
export interface Secret {
  readonly schools: ReadonlySet<Candidate>;
  /** null: of all items, and of sums over them. */
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
  readonly secrets: readonly Secret[];
}

/** A figure of the group or of one of its locations, in order of importance. */
interface Part {
  readonly holder: Holder;
  readonly formula: Formula;
  readonly isIn: (atom: Atom) => boolean;
  /** A shown school's figure, of which some item may be hidden. */
  readonly school?: Candidate;
}

export function protectPrecision(hidden: HiddenPart): void {
  const { hiddenSchools, hiddenPairs, items } = hidden;
  if (hiddenPairs.every((pairs) => pairs.size === 0) && hiddenSchools.size === 0) return;
  const parts = partsOf(hidden);
  // Beside the standard error a design effect is a second equation in the same sums of squares.
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

function partsOf(hidden: HiddenPart): readonly Part[] {
  const { s, layout, group, items, schools, hiddenSchools, hiddenPairs } = hidden;
  const all = () => true;
  const summary = s.groups.find((entry) => entry.group === group)!;
  const { official } = layout;
  const row = layout.rowFormula(group);
  const pairsHidden = new Set(
    hiddenPairs.flatMap((pairs, item) => (items[item]!.points(row).length > 0 ? [...pairs] : [])),
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

/** One equation: its coefficient of each answer, by place and option. */
type Equation = (place: Atom, option: number) => number;

/** Standard errors of figures that are of one item alone. */
function protectItem(hidden: HiddenPart, index: number, parts: readonly Part[]): void {
  const { s, layout, group, items, hiddenPairs, schools, hiddenSchools } = hidden;
  const item = items[index]!;
  const last = item.options - 1;
  const pairs = hiddenPairs[index]!;
  const unknown = schools.filter((one) => one.pairs.some((pair) => pairs.has(pair) && pair.hasOptions));
  if (unknown.length === 0) return;
  const linear =
    (formula: Formula, isIn: (atom: Atom) => boolean, weightOf = (atom: Atom) => atom.weight): Equation =>
    (place, option) => {
      const points = item.points(formula);
      return isIn(place) ? multiply(residue(weightOf(place)), residue(points[option]! - points[last]!)) : 0;
    };
  // Channels, or sets, may add up to the group without weights.
  const equations: Equation[] = [
    linear(
      restrictFormula(layout.official, { item: item.id }),
      () => true,
      () => 1,
    ),
  ];
  const entry = s.groups.find((own) => own.group === group)!.items.find((own) => own.id === item.id);
  if (entry?.distribution.kind === 'options')
    for (let at = 0; at < last; at++) equations.push((_, option) => (option === at ? 1 : 0));
  for (const { holder, formula, isIn } of parts)
    if (holder.figure.kind === 'estimate') equations.push(linear(formula, isIn));
  // Of a formula over several items, as if this one's part were known.
  for (const formula of [...layout.formulas, ...(s.differences.length > 0 ? layout.shares : [])])
    if (item.points(formula).length > 0) equations.push(linear(formula, () => true));
  // A location's figure is over several items: as if this one's part were known.
  const official = restrictFormula(layout.official, { item: item.id });
  const row = layout.rowFormula(group);
  for (const { location, groups } of s.locations)
    if (groups.some((own) => own.group === group && own.figure.kind === 'estimate'))
      equations.push(linear(official, (atom) => atom.location === location));
  // So is a school's. Of one hidden item it tells that one; several it ties together, so that none of them may follow.
  const tied = new Set<Candidate>();
  const parted: Equation[] = [];
  for (const one of unknown) {
    if (hiddenSchools.has(one) || item.points(row).length === 0) continue;
    const own = linear(official, (atom) => atom.reportingStratum === one.school.reportingStratum);
    parted.push(own);
    const inRow = (pair: Pair) => items[pair.item]!.points(row).length > 0;
    if (
      one.pairs.filter((pair) => pair.hasOptions && inRow(pair) && hiddenPairs[pair.item]!.has(pair)).length >
      1
    )
      tied.add(one);
    else equations.push(own);
  }
  const isTied = (secret: Secret) => [...secret.schools].every((one) => tied.has(one));
  const apart = hidden.secrets.filter((secret) => !isTied(secret));
  const together: readonly Secret[] = hidden.secrets.some(isTied)
    ? [{ schools: tied, item: index, isIn: () => true }]
    : [];
  const options = Array.from({ length: last }, (_, option) => option);
  for (const { holder, formula, isIn } of parts) {
    const { figure } = holder;
    if (figure.kind !== 'estimate' || figure.se === undefined) continue;
    // Squared as residues: the difference of two figures' squares stays linear in the points.
    const squares = item.points(formula).map((points) => {
      const distance = subtract(residue(points), residue(figure.value));
      return multiply(distance, distance);
    });
    const spread: Equation = (place, option) =>
      isIn(place) ? multiply(residue(place.spread), subtract(squares[option]!, squares[last]!)) : 0;
    const own = [...equations, spread];
    const isFree =
      isCovered(apart, index, unknown, options, [...own, ...parted]) &&
      isCovered(together, index, unknown, options, own);
    if (isFree) equations.push(spread);
    else holder.figure = dropPrecision(figure);
  }
}

/** Standard errors over several items. */
function protectSums(hidden: HiddenPart, parts: readonly Part[]): void {
  const unknown = hidden.schools.filter((one) => hidden.hiddenSchools.has(one));
  const equations: Equation[] = [];
  for (const { holder, isIn, school } of parts) {
    const { figure } = holder;
    if (school || figure.kind !== 'estimate' || figure.se === undefined) continue;
    const spread: Equation = (place) => (isIn(place) ? residue(place.spread) : 0);
    if (isCovered(hidden.secrets, null, unknown, [0], [...equations, spread])) equations.push(spread);
    else holder.figure = dropPrecision(figure);
  }
}

/**
 * May the official figure be shown once more, with other weights? As if the answers of each school and stratum were one unknown, added up with the usual weights by group
 * and location, and without any.
 */
export function mayWeigh(
  { s, group, hiddenSchools, schools, secrets }: Omit<HiddenPart, 'layout' | 'items' | 'hiddenPairs'>,
  weightOf: (atom: Atom) => number,
): boolean {
  const places = s.locations.flatMap(({ location, groups }) =>
    groups.some((own) => own.group === group && own.figure.kind === 'estimate') ? [location] : [],
  );
  const equations: Equation[] = [
    () => 1,
    (place) => residue(place.weight),
    ...places.map(
      (location): Equation =>
        (place) =>
          place.location === location ? residue(place.weight) : 0,
    ),
    (place) => residue(weightOf(place)),
  ];
  const unknown = schools.filter((one) => hiddenSchools.has(one));
  return isCovered(secrets, null, unknown, [0], equations);
}

/** Is every column of every secret a combination of those of what else is hidden? */
function isCovered(
  secrets: readonly Secret[],
  item: number | null,
  unknown: readonly Candidate[],
  options: readonly number[],
  equations: readonly Equation[],
): boolean {
  // Columns that are alike are one.
  const columns = new Map<string, readonly number[]>();
  const pieces = unknown.flatMap((school) =>
    school.places.map((place) => ({
      school,
      place,
      keys: options.map((option) => {
        const column = equations.map((equation) => equation(place, option));
        const key = column.join();
        columns.set(key, column);
        return key;
      }),
    })),
  );
  return secrets.every((secret) => {
    if (secret.item !== null && secret.item !== item) return true;
    const [inside, outside] = [new Set<string>(), new Set<string>()];
    for (const { school, place, keys } of pieces) {
      const side = secret.schools.has(school) && secret.isIn(place) ? inside : outside;
      for (const key of keys) side.add(key);
    }
    const missing = [...inside].filter((key) => !outside.has(key));
    if (missing.length === 0) return true;
    const basis = new Map<number, readonly number[]>();
    for (const key of outside) reduce(basis, columns.get(key)!, true);
    return missing.every((key) => reduce(basis, columns.get(key)!, false));
  });
}

/** Does the basis span the column? If not, `isAdded` adds what is left of it. By the place of the first number that is not 0, which is 1. */
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

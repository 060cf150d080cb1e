/**
 * Since rule 5: what few people with another weight answered. Counts have no weights and figures do, and figures
 * without flagged strata have other ones. A combination of such numbers may be 0 for everybody but a few people of one
 * sampling stratum (isolates-few.ts). Then something about these few would follow exactly, so some of the numbers are
 * hidden: counts of schools first, then precision, then the group's counts. Figures stay.
 */
import { groupBy } from '../../group-by.ts';
import { dropPrecision, type Group, type Holder, type Rules, type Shown } from './cells.ts';
import { sumOf } from './candidates.ts';
import { fieldHolder } from './headlines.ts';
import { isolatesFew, ratioOf } from './isolates-few.ts';
import { peopleOf, type Answered, type Atom, type Layout, type WeightOf } from './layout.ts';

/** A weight of a number that is shown, divided by the weight in figures. */
type Ratio = (place: Atom) => number;
const ofCounts: Ratio = ({ weight }) => ratioOf(1, weight);
const ofSpread: Ratio = ({ weight, spread }) => ratioOf(spread, weight);

/** A part of the answers; absent: all. */
interface Only {
  readonly item?: number;
  readonly location?: Atom['location'];
}

interface Place {
  readonly atom: Atom;
  readonly isShown: boolean;
  /** People, or those who answered an item. */
  readonly n: number;
}

/** More schools can only leave more people, so a few are tried first. */
const FIRST_SCHOOLS = 12;

/** One group that is shown, after its schools are decided. */
export class WeightClasses {
  /** At schools with answers from several strata. By school. */
  private readonly places: readonly (readonly Place[])[];
  private readonly hasWeights: boolean;
  /** Numbers about the whole group with other weights than its figure, as far as they are shown. */
  private readonly shown: Ratio[] = [];
  private areCountsHidden = false;
  /** By number of schools: all, or the first ones. */
  private readonly answered = new Map<number, ReadonlyMap<string, readonly Answered[]>>();

  constructor(
    private readonly s: Shown,
    private readonly layout: Layout,
    private readonly group: Group,
    private readonly rules: Rules,
  ) {
    const schools = layout.rule < 5 ? [] : s.schools.filter((school) => school.group === group);
    this.places = schools.flatMap(({ reportingStratum, figure }) => {
      const own = layout.places.get(reportingStratum) ?? [];
      if (own.length < 2) return [];
      return [own.map((atom) => ({ atom, isShown: figure.kind === 'estimate', n: peopleOf(atom) }))];
    });
    this.hasWeights = this.places.some((own) => new Set(own.map(({ atom }) => atom.weight)).size > 1);
  }

  /** Hides counts and standard errors that would tell what few people answered. Changes the figures in place. */
  protect(): void {
    if (this.places.length === 0) return;
    this.protectItems();
    this.protectSchools();
    this.protectEffects();
  }

  /** Tries to show a number about the whole group with these weights. */
  tryWeights(weightOf: WeightOf): boolean {
    return this.tryToShow((atom) => ratioOf(weightOf(atom), atom.weight));
  }

  /** The same for unweighted figures of channels or sets, which add up to the group. */
  tryUnweighted(): boolean {
    return !this.areCountsHidden && (this.shown.includes(ofCounts) || this.tryToShow(ofCounts));
  }

  private tryToShow(ratio: Ratio): boolean {
    if (this.tellsFew([...this.shown, ratio])) return false;
    this.shown.push(ratio);
    return true;
  }

  private protectItems(): void {
    const { items } = this.s.groups.find((entry) => entry.group === this.group)!;
    const counted = items.filter(
      ({ figure, distribution }) => figure.kind === 'estimate' && 'n' in distribution,
    );
    const hideCounts = (entry: (typeof items)[number]) => {
      entry.distribution = { kind: 'suppressed', why: 'protected' };
      this.areCountsHidden = true;
    };
    if (counted.length > 0 && !this.tryToShow(ofCounts)) counted.forEach(hideCounts);
    const ratings = this.layout.ratings.get(this.group) ?? [];
    for (const entry of items) {
      const item = ratings.findIndex(({ id }) => id === entry.id);
      if (item < 0 || entry.figure.kind !== 'estimate') continue;
      const isCounted = () => entry.distribution.kind === 'options';
      if (isCounted() && this.tellsFew([ofCounts], { item })) hideCounts(entry);
      // Squares of points may be linear in the points of the formulas side by side.
      if (this.tellsFew([...(isCounted() ? [ofCounts] : []), ofSpread], { item }))
        entry.figure = dropPrecision(entry.figure);
    }
  }

  private protectSchools(): void {
    const { s, layout, group } = this;
    const inRow = (layout.ratings.get(group) ?? []).filter(
      (item) => item.points(layout.rowFormula(group)).length > 0,
    );
    for (const school of s.schools) {
      if (school.group !== group) continue;
      // The group's counts, less those of the other schools, are a school's own.
      if (this.hasWeights)
        for (const item of school.items)
          if (item.distribution.kind === 'options')
            item.distribution = { kind: 'suppressed', why: 'protected' };
      dropEffect(school);
      school.items.forEach(dropEffect);
      const own = layout.places.get(school.reportingStratum) ?? [];
      if (new Set(own.map(({ weight, spread }) => `${weight}/${spread}`)).size < 2) continue;
      // Over one item, the figure and its standard error are two equations in the same counts.
      for (const item of school.items)
        if (item.figure.kind === 'estimate') item.figure = dropPrecision(item.figure);
      if (inRow.length === 1 && school.figure.kind === 'estimate')
        school.figure = dropPrecision(school.figure);
    }
  }

  /** Next to a standard error, a design effect is a second equation in the same sums of squares. */
  private protectEffects(): void {
    const { s, group } = this;
    const without = s.withoutFlagged;
    const of = (list: readonly (Holder & { readonly group: Group })[]) =>
      list.filter((entry) => entry.group === group);
    const further: Holder[] = [...of(s.first.groups), fieldHolder(s.first, 'official')];
    if (without)
      further.push(
        ...of(without.groups),
        ...of(without.first.groups),
        fieldHolder(without, 'official'),
        fieldHolder(without.first, 'official'),
      );
    further.forEach(dropEffect);
    for (const { location, groups } of s.locations)
      if (this.tellsFew([ofSpread], { location })) of(groups).forEach(dropEffect);
    if (!this.tellsFew([ofSpread])) return;
    const own = s.groups.find((entry) => entry.group === group)!;
    for (const entry of [own, ...own.formulas, ...own.dimensions, ...own.items]) dropEffect(entry);
    for (const entry of [fieldHolder(s, 'official'), ...s.formulas, ...s.dimensions]) dropEffect(entry);
  }

  /** Could a combination with these weights leave few people only? `item`: of those who rated it. */
  private tellsFew(ratios: readonly Ratio[], only: Only = {}): boolean {
    const isFew = (schools: readonly (readonly Place[])[], isNobodyFew: boolean) => {
      const places = this.placesOf(schools, only);
      const among = [places, places.filter(({ isShown }) => isShown)];
      const units: ((atom: Atom) => number | string)[] = [
        (atom) => atom.reportingStratum,
        // A location's figure is one more number with a free factor.
        (atom) => `${atom.reportingStratum}/${atom.location}`,
      ];
      return among.some((own) =>
        units.some((unitOf) => {
          const list = own.map(({ atom, n }) => ({
            unit: unitOf(atom),
            people: n,
            isWithoutWeight: atom.weight === 0,
            ratios: ratios.map((ratio) => ratio(atom)),
          }));
          return isolatesFew(list, this.rules.minimum, isNobodyFew);
        }),
      );
    };
    const { places } = this;
    if (places.length > FIRST_SCHOOLS && !isFew(places.slice(0, FIRST_SCHOOLS), true)) return false;
    return isFew(places, false);
  }

  private placesOf(schools: readonly (readonly Place[])[], { item, location }: Only): readonly Place[] {
    const places = schools.flat().filter(({ atom }) => location === undefined || atom.location === location);
    if (item === undefined) return places;
    const answered = this.answersOf(schools);
    return places.map((place) => {
      const { reportingStratum, samplingStratum, location: own } = place.atom;
      const list = answered.get(`${reportingStratum}/${samplingStratum}`) ?? [];
      const n = sumOf(list, (entry) =>
        entry.location === own ? sumOf(entry.items[item]!.options, (count) => count) : 0,
      );
      return { ...place, n };
    });
  }

  private answersOf(schools: readonly (readonly Place[])[]): ReadonlyMap<string, readonly Answered[]> {
    let found = this.answered.get(schools.length);
    if (!found) {
      const strata = new Set(schools.map(([first]) => first!.atom.reportingStratum));
      found = groupBy(
        this.layout.answered(this.group, strata),
        ({ reportingStratum, samplingStratum }) => `${reportingStratum}/${samplingStratum}`,
      );
      this.answered.set(schools.length, found);
    }
    return found;
  }
}

function dropEffect(holder: Holder): void {
  if (holder.figure.kind !== 'estimate' || holder.figure.deff === undefined) return;
  const { deff: _, ...figure } = holder.figure;
  holder.figure = figure;
}

/**
 * Since rule 5: what few people with another weight answered. Counts have no weights and figures do, and figures
 * without flagged strata have other ones. A combination of such numbers may be 0 for everybody but a few people of one
 * sampling stratum (isolates-few.ts). Then something about these few would follow exactly, so some of the numbers are
 * hidden: counts of schools first, then precision, then items of schools, and the group's counts last. Figures of
 * groups and schools stay.
 */
import { restrictFormula } from '../estimate/estimate.ts';
import type { Formula } from '../rules/formula.ts';
import { dropPrecision, hide, type Group, type Holder, type Rules, type Shown } from './cells.ts';
import { sumOf } from './candidates.ts';
import { fieldHolder } from './headlines.ts';
import { isolatesFew, ratioOf } from './isolates-few.ts';
import { peopleOf, type Answered, type Atom, type Layout, type RatingItem, type WeightOf } from './layout.ts';
import { hasFewOfWeight } from './school-counts.ts';

/** A weight of a number that is shown, divided by the weight in figures. */
type Ratio = (place: Atom) => number;
const ofCounts = remember(({ weight }) => ratioOf(1, weight));
const ofSpread = remember(({ weight, spread }) => ratioOf(spread, weight));

/** Every item looks at the same strata. */
function remember(ratio: Ratio): Ratio {
  const known = new WeakMap<Atom, number>();
  return (place) => {
    let found = known.get(place);
    if (found === undefined) known.set(place, (found = ratio(place)));
    return found;
  };
}

/** A part of the answers; absent: all. */
interface Only {
  readonly item?: number;
  readonly location?: Atom['location'];
}

interface Place {
  readonly atom: Atom;
  /** People, or those who answered an item. */
  readonly n: number;
}

interface Own {
  readonly school: Shown['schools'][number];
  readonly atoms: readonly Atom[];
  /** By rating. */
  readonly items: readonly (Item | undefined)[];
}

type Item = Shown['groups'][number]['items'][number];

/** An item of the group whose counts are shown. */
interface Counted {
  readonly item: number;
  readonly entry: Item;
}

/** More schools can only leave more people, so a few are tried first. */
const FIRST_SCHOOLS = 12;

/** One group that is shown, after its schools are decided. */
export class WeightClasses {
  private readonly schools: readonly Own[];
  private readonly ratings: readonly RatingItem[];
  private readonly summary: Shown['groups'][number];
  /** A school has answers with several weights, and few with one of them. */
  private readonly hasFew: boolean;
  /** Numbers about the whole group with other weights than its figure, as far as they are shown. */
  private readonly shown: Ratio[] = [];
  private areCountsHidden = false;
  /** By reporting stratum, as far as they were needed. */
  private readonly answered = new Map<number, Answered[]>();

  constructor(
    private readonly s: Shown,
    private readonly layout: Layout,
    private readonly group: Group,
    private readonly rules: Rules,
  ) {
    this.ratings = layout.ratings.get(group) ?? [];
    const schools = layout.rule < 5 ? [] : s.schools.filter((school) => school.group === group);
    this.schools = schools.flatMap((school) => {
      const atoms = layout.places.get(school.reportingStratum);
      if (!atoms) return [];
      const byId = new Map(school.items.map((item) => [item.id, item]));
      return [{ school, atoms, items: this.ratings.map(({ id }) => byId.get(id)) }];
    });
    this.summary = s.groups.find((entry) => entry.group === group)!;
    this.hasFew = this.schools.some(({ atoms }) => hasFewOfWeight(atoms, rules.minimum));
  }

  /** Hides counts, items of schools and standard errors that would tell what few people answered. Changes the figures in place. */
  protect(): void {
    this.protectNumbers();
    if (!this.schools.some(({ school, atoms }) => atoms.length > 1 || !isEstimate(school))) return;
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

  /**
   * An item whose answer is a number has a sum without weights and a mean with weights, of the whole group only. It is
   * not known here who was asked it and did not leave it blank, so these may be few of any weight.
   */
  private protectNumbers(): void {
    const weights = new Set(this.schools.flatMap(({ atoms }) => atoms.map(({ weight }) => weight)));
    if (weights.size < 2) return;
    const isFew = this.tellsFew([ofCounts], {}, new Set(this.schools));
    for (const entry of this.summary.items) {
      const { distribution } = entry;
      if (entry.type !== 'number' || !isEstimate(entry) || distribution.kind !== 'number') continue;
      if (isFew || distribution.blank > 0 || distribution.notAsked > 0)
        entry.distribution = { kind: 'suppressed', why: 'protected' };
    }
  }

  private protectItems(): void {
    this.protectCounts();
    for (const [item, { id }] of this.ratings.entries()) {
      const entry = this.summary.items.find((own) => own.id === id);
      const isCounted = entry !== undefined && isEstimate(entry) && entry.distribution.kind === 'options';
      this.protectSquares(item, isCounted ? [ofCounts] : []);
    }
  }

  /**
   * Standard errors of figures over this item alone: the item's, and those of dimensions, formulas and locations that
   * contain no other. Each is one more equation in the same counts, because squares of points may be linear in the
   * points of the formulas side by side.
   */
  private protectSquares(item: number, shown: readonly Ratio[]): void {
    const { s, layout, summary, group } = this;
    const isAlone = (formula: Formula | undefined) => formula !== undefined && this.isOnly(item, formula);
    const { official } = layout;
    const whole: readonly Holder[] = [
      ...summary.items.filter(({ id }) => id === this.ratings[item]!.id),
      ...summary.dimensions.filter(({ id }) => isAlone(restrictFormula(official, { dimension: id }))),
      ...summary.formulas.filter(({ id }) => isAlone(layout.formulas.find((own) => own.id === id))),
      ...(isAlone(official) ? [summary] : []),
    ];
    const parts = isAlone(official)
      ? s.locations.map(({ location, groups }) => ({
          ratio: (place: Atom) => (place.location === location ? ofSpread(place) : 0),
          holders: groups.filter((own) => own.group === group),
        }))
      : [];
    const ratios = [...shown];
    for (const { ratio, holders } of [{ ratio: ofSpread, holders: whole }, ...parts]) {
      const precise = holders.filter(({ figure }) => figure.kind === 'estimate' && figure.se !== undefined);
      if (precise.length === 0) continue;
      if (!this.tellsFew([...ratios, ratio], { item })) ratios.push(ratio);
      else
        for (const holder of precise)
          if (holder.figure.kind === 'estimate') holder.figure = dropPrecision(holder.figure);
    }
  }

  private isOnly(item: number, formula: Formula): boolean {
    return this.ratings.every((own, i) => own.points(formula).length > 0 === (i === item));
  }

  /**
   * The group's counts, and its figures of schools, may tell too much. Then one item is shown without counts, because
   * a school's figure is over all items. If the figures of single items at schools tell too much, they are hidden at
   * as many schools as necessary, the smallest first. What remains hidden are counts that tell too much even so.
   */
  private protectCounts(): void {
    const counted = this.summary.items.flatMap((entry): Counted[] => {
      const item = this.ratings.findIndex(({ id }) => id === entry.id);
      return item >= 0 && isEstimate(entry) && entry.distribution.kind === 'options' ? [{ item, entry }] : [];
    });
    if (counted.length === 0) return;
    const isFew = ({ item }: Counted, at: ReadonlySet<Own>) => this.tellsFew([ofCounts], { item }, at);
    const nowhere = new Set<Own>();
    const everywhere = new Set(this.schools);
    let few = counted.filter((own) => isFew(own, nowhere));
    const isAllFew = this.tellsFew([ofCounts]);
    const beyondHelp = few.filter((own) => isFew(own, everywhere));
    for (const own of beyondHelp) this.hideCounts(own);
    few = few.filter((own) => !beyondHelp.includes(own));
    if ((isAllFew || few.length > 0) && beyondHelp.length === 0)
      this.hideCounts(few.pop() ?? counted.at(-1)!);
    if (few.length > 0) {
      const left = counted.filter(({ entry }) => entry.distribution.kind === 'options');
      const hidden = this.schoolsToHide((at) => left.every((own) => !isFew(own, at)));
      if (hidden) for (const own of hidden) this.hideItems(own);
      else for (const own of few) this.hideCounts(own);
    }
    if (!this.areCountsHidden) this.shown.push(ofCounts);
  }

  private hideCounts({ entry }: Counted): void {
    entry.distribution = { kind: 'suppressed', why: 'protected' };
    this.areCountsHidden = true;
  }

  private hideItems({ items }: Own): void {
    for (const entry of items) if (entry) hide(entry);
  }

  /** As few and as small schools as are enough, at most half of those shown. null: that is not enough. */
  private schoolsToHide(areEnough: (hidden: ReadonlySet<Own>) => boolean): ReadonlySet<Own> | null {
    const shown = this.schools
      .filter(({ school }) => isEstimate(school))
      .sort((a, b) => sizeOf(a) - sizeOf(b));
    const hidden = new Set<Own>();
    for (const own of shown) {
      hidden.add(own);
      if (!areEnough(hidden)) continue;
      // The last one is necessary. The largest are shown again first.
      for (const other of [...hidden].reverse().slice(1)) {
        hidden.delete(other);
        if (!areEnough(hidden)) hidden.add(other);
      }
      return 2 * hidden.size > shown.length ? null : hidden;
    }
    return null;
  }

  private protectSchools(): void {
    const { s, layout, group } = this;
    const inRow = this.ratings.filter((item) => item.points(layout.rowFormula(group)).length > 0);
    for (const school of s.schools) {
      if (school.group !== group) continue;
      // The group's counts, less those of the other schools, are a school's own.
      if (this.hasFew)
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
    const own = this.summary;
    for (const entry of [own, ...own.formulas, ...own.dimensions, ...own.items]) dropEffect(entry);
    for (const entry of [fieldHolder(s, 'official'), ...s.formulas, ...s.dimensions]) dropEffect(entry);
  }

  /**
   * Could a combination with these weights leave few people only? The figures of hidden schools have one common
   * factor, that of the group's figure, so these schools leave their people out together.
   * @param only of the people, for example those who rated an item
   * @param hidden schools whose figure of the item is to be hidden, too
   */
  private tellsFew(ratios: readonly Ratio[], only: Only = {}, hidden: ReadonlySet<Own> = new Set()): boolean {
    const { item } = only;
    const isShown = (own: Own) => {
      const holder = item === undefined ? own.school : own.items[item];
      return holder !== undefined && isEstimate(holder) && !hidden.has(own);
    };
    const shown = this.schools.filter((own) => own.atoms.length > 1 && isShown(own));
    const some = shown.slice(0, FIRST_SCHOOLS);
    if (some.length === FIRST_SCHOOLS && !this.isFew(some, ratios, only, unitsOf(), true)) return false;
    const pooled = this.schools.filter((own) => !isShown(own));
    return this.isFew([...shown, ...pooled], ratios, only, unitsOf(new Set(pooled)));
  }

  private isFew(
    schools: readonly Own[],
    ratios: readonly Ratio[],
    only: Only,
    units: readonly ((atom: Atom) => number | string)[],
    isNobodyFew = false,
  ): boolean {
    const places = this.placesOf(schools, only);
    const { item } = only;
    // A location's figure is about all items.
    const isPlaced = item === undefined || this.isOnly(item, this.layout.official);
    return units.slice(0, isPlaced ? 2 : 1).some((unitOf) => {
      const list = places.map(({ atom, n }) => ({
        unit: unitOf(atom),
        people: n,
        isWithoutWeight: atom.weight === 0,
        ratios: ratios.map((ratio) => ratio(atom)),
      }));
      return isolatesFew(list, this.rules.minimum, isNobodyFew);
    });
  }

  private placesOf(schools: readonly Own[], { item, location }: Only): readonly Place[] {
    const atoms = schools
      .flatMap((own) => own.atoms)
      .filter((atom) => location === undefined || atom.location === location);
    if (item === undefined) return atoms.map((atom) => ({ atom, n: peopleOf(atom) }));
    this.readAnswers(schools);
    return atoms.map((atom) => {
      const list = this.answered.get(atom.reportingStratum)!;
      const n = sumOf(list, (entry) =>
        entry.samplingStratum === atom.samplingStratum && entry.location === atom.location
          ? sumOf(entry.items[item]!.options, (count) => count)
          : 0,
      );
      return { atom, n };
    });
  }

  private readAnswers(schools: readonly Own[]): void {
    const missing = schools.flatMap(({ school: { reportingStratum } }) =>
      this.answered.has(reportingStratum) ? [] : [reportingStratum],
    );
    if (missing.length === 0) return;
    for (const reportingStratum of missing) this.answered.set(reportingStratum, []);
    for (const own of this.layout.answered(this.group, new Set(missing)))
      this.answered.get(own.reportingStratum)!.push(own);
  }
}

/** Whose people may be left out together: those of a school, or of a school in one location, where a figure is shown of it. */
function unitsOf(pooled: ReadonlySet<Own> = new Set()): readonly ((atom: Atom) => number | string)[] {
  const hidden = new Set([...pooled].map(({ school }) => school.reportingStratum));
  const unitOf = ({ reportingStratum }: Atom) => (hidden.has(reportingStratum) ? 'hidden' : reportingStratum);
  return [unitOf, (atom) => `${unitOf(atom)}/${atom.location}`];
}

function isEstimate({ figure }: Holder): boolean {
  return figure.kind === 'estimate';
}

function sizeOf({ atoms }: Own): number {
  return sumOf(atoms, peopleOf);
}

function dropEffect(holder: Holder): void {
  if (holder.figure.kind !== 'estimate' || holder.figure.deff === undefined) return;
  const { deff: _, ...figure } = holder.figure;
  holder.figure = figure;
}

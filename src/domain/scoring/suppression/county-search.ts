/**
 * Prepares a county for the witness search (witness-search.ts): answers by place, and every shown figure as a
 * weighted sum of them.
 */
import type { Rounding } from '../format.ts';
import { restrictFormula } from '../estimate/estimate.ts';
import type { Formula } from '../rules/formula.ts';
import { triggersOf } from './asked.ts';
import { partOf, type Group, type Holder, type Rules, type Shown } from './cells.ts';
import { isHidden, repeatedWeights, sum } from './simple-witness.ts';
import { comparedDimension } from './headlines.ts';
import type { Answered, Layout, RatingItem } from './layout.ts';
import { WitnessSearch, type Place, type School, type ShownFigure } from './witness-search.ts';

/** An item as one group was asked it. The county's list contains the items of all groups. */
export interface OwnItem extends RatingItem {
  readonly group: Group;
  /** The group's entry for it, as shown. */
  readonly entry: Shown['groups'][number]['items'][number] | undefined;
}

export interface OwnPlace extends Place {
  readonly school: OwnSchool;
  readonly answered: Answered;
}

export interface OwnSchool extends School {
  readonly stratum: number;
  readonly group: Group;
  readonly row: Shown['schools'][number] | undefined;
  readonly isProtected: boolean;
}

/** The weight of each group in a figure. `block`: the groups whose answers are pooled with it, including itself. */
type Shares = readonly { readonly group: Group; readonly share: number; readonly block: readonly Group[] }[];
type Entry = Holder & { readonly group: Group };
/** By item. */
type Points = readonly (readonly number[])[];
type WeightOf = (answered: Answered) => number;
type Repeated = ReturnType<typeof repeatedWeights>;

export class CountySearch {
  readonly items: readonly OwnItem[];
  readonly places: readonly OwnPlace[];
  readonly schools: readonly OwnSchool[];
  readonly isCounted: boolean[];
  /**
   * By the object that holds the figure. For the county's figures by first answers and without flagged strata: by the
   * section that contains them.
   */
  readonly figuresOf = new Map<object, ShownFigure>();
  readonly sentences: readonly ShownFigure[];
  readonly search: WitnessSearch;
  private readonly figures: ShownFigure[] = [];
  private readonly placesOf: ReadonlyMap<Group, readonly OwnPlace[]>;
  private readonly startOf: ReadonlyMap<Group, number>;
  private readonly functions = new Map<WeightOf, ShownFigure['weightOf']>();
  private readonly divisors = new Map<WeightOf, Map<string, number>>();
  private readonly raw = new Map<Formula, Points>();
  /** Unweighted denominators by place, for each set of items and treatment of 不了解. */
  private readonly opinions = new Map<string, Float64Array>();

  /** `before`: the summary before anything was hidden. */
  constructor(
    private readonly s: Shown,
    before: Shown,
    private readonly layout: Layout,
    rules: Rules,
    private readonly groups: readonly Group[],
  ) {
    this.items = groups.flatMap((group) => {
      const entries = s.groups.find((own) => own.group === group)!.items;
      const ratings = layout.ratings.get(group)!;
      return ratings.map((item) => ({ ...item, group, entry: entries.find((own) => own.id === item.id) }));
    });
    this.isCounted = this.items.map(({ entry }) => entry !== undefined && !isHidden(entry));
    const rows = new Map(s.schools.map((row, i) => [row.reportingStratum, { row, was: before.schools[i]! }]));
    const schools = new Map<number, OwnSchool>();
    const schoolOf = (group: Group, stratum: number): OwnSchool => {
      let school = schools.get(stratum);
      if (school) return school;
      const { row, was } = rows.get(stratum) ?? {};
      const isItemHidden = (item: OwnItem) => {
        const entry = item.group === group ? row?.items.find((own) => own.id === item.id) : undefined;
        return entry !== undefined && isHidden(entry);
      };
      school = {
        ...{ stratum, group, row },
        isHidden: row === undefined || row.figure.kind === 'suppressed',
        isProtected: was !== undefined && partOf(was, rules).isProtected,
        hiddenItems: this.items.map(isItemHidden),
      };
      schools.set(stratum, school);
      return school;
    };
    this.startOf = new Map(
      groups.map((group) => [group, this.items.findIndex((item) => item.group === group)]),
    );
    this.places = groups
      .flatMap((group) => layout.answered(group))
      .map((answered, index): OwnPlace => {
        const { group, weight, reportingStratum } = answered;
        const start = this.startOf.get(group)!;
        const counts = this.items.map((item, i) =>
          item.group === group ? [...answered.items[i - start]!.options] : [],
        );
        return { index, answered, weight, counts, school: schoolOf(group, reportingStratum) };
      });
    this.placesOf = new Map(
      groups.map((group) => [group, this.places.filter(({ answered }) => answered.group === group)]),
    );
    this.schools = [...schools.values()];
    const repeated = repeatedWeights(s, layout);
    this.readGroups(repeated);
    this.sentences = this.readCounty(repeated);
    const fixed = this.readFollowUps();
    const { places, figures, isCounted } = this;
    this.search = new WitnessSearch({ places, figures, isCounted, fixed });
  }

  /**
   * Adds the number asked each shown follow-up as a figure. Returns, by item, the sets of options that nobody may
   * move into or out of.
   */
  private readFollowUps(): readonly (readonly ReadonlySet<number>[])[] {
    const { s, layout, items } = this;
    const fixed: ReadonlySet<number>[][] = items.map(() => []);
    for (const group of this.groups) {
      const asked = layout.asked.get(group) ?? [];
      const entries = s.groups.find((own) => own.group === group)!.items;
      const isShown = (id: string) => entries.some((entry) => entry.id === id && !isHidden(entry));
      for (const { after, isCounted, isFixed } of triggersOf(asked, isShown)) {
        const at = items.findIndex((item) => item.group === group && item.id === asked[after.item]!.id);
        if (at < 0) continue;
        if (isFixed) fixed[at]!.push(new Set(after.options));
        if (!isCounted) continue;
        const points = items.map((item, i) =>
          i === at
            ? Array.from({ length: item.options }, (_, option) => (after.options.includes(option) ? 1 : 0))
            : [],
        );
        this.add({
          value: this.placesOf
            .get(group)!
            .reduce((n, place) => n + sum(after.options.map((option) => place.counts[at]![option]!)), 0),
          rounding: { decimals: 0, threshold: null },
          points,
          weightOf: this.functionOf(one),
        });
      }
    }
    return fixed;
  }

  formula(id: string): Formula {
    return this.layout.formulas.find((formula) => formula.id === id)!;
  }

  private readGroups([firstWeight, weightWithout, firstWithout]: Repeated): void {
    const { s, layout } = this;
    const { official } = layout;
    const locations = s.locations.map(
      ({ location }): WeightOf =>
        (answered) =>
          answered.location === location ? answered.weight : 0,
    );
    const channels = s.channels.map(
      ({ channel }): WeightOf =>
        (answered) =>
          answered.channel === channel ? 1 : 0,
    );
    const sets = s.sets.map(
      ({ set }): WeightOf =>
        (answered) =>
          answered.set === set ? 1 : 0,
    );
    for (const own of s.groups) {
      const { group } = own;
      if (!this.groups.includes(group)) continue;
      const put = (holder: Holder, formula: Formula, weightOf: WeightOf = weighted) =>
        this.put(holder, [{ group, share: 1, block: [group] }], formula, weightOf);
      const putOwn = (entries: readonly Entry[] | undefined, weightOf: WeightOf) => {
        for (const entry of entries ?? []) if (entry.group === group) put(entry, official, weightOf);
      };
      put(own, official);
      for (const entry of own.formulas) put(entry, this.formula(entry.id));
      for (const entry of own.dimensions) put(entry, restrictFormula(official, { dimension: entry.id }));
      for (const entry of own.items) put(entry, restrictFormula(official, { item: entry.id }));
      s.locations.forEach(({ groups }, i) => putOwn(groups, locations[i]!));
      putOwn(s.first.groups, firstWeight);
      putOwn(s.withoutFlagged?.groups, weightWithout);
      putOwn(s.withoutFlagged?.first.groups, firstWithout);
      s.channels.forEach(({ counted, groups }, i) => counted && putOwn(groups, channels[i]!));
      s.sets.forEach(({ counted, groups }, i) => counted && putOwn(groups, sets[i]!));
    }
    // The other schools have no shown figure, or no hidden item.
    for (const school of this.schools)
      if (school.row && !school.isHidden && school.hiddenItems.includes(true)) this.putSchool(school);
  }

  private putSchool(school: OwnSchool): void {
    const { row, group } = school;
    const { figure } = row!;
    if (figure.kind !== 'estimate') return;
    const formula = this.layout.rowFormula(group);
    const all = this.rawPoints(formula);
    const points = this.items.map((item, i) => (item.group === group ? all[i]! : []));
    const opinions = this.opinionsOf(all, formula);
    let divisor = 0;
    for (const place of this.placesOf.get(group)!)
      if (place.school === school) divisor += place.weight * opinions[place.index]!;
    if (divisor === 0) return;
    const found = this.add({
      value: figure.value,
      rounding: this.rounding(),
      points: points.map((own) => own.map((value) => value / divisor)),
      weightOf: byWeight,
      school,
    });
    this.figuresOf.set(row!, found);
  }

  /** Returns the figures that the sentences on differences state. */
  private readCounty([firstWeight, weightWithout, firstWithout]: Repeated): readonly ShownFigure[] {
    const { s, layout } = this;
    const { official } = layout;
    const all = this.sharesOf(() => true);
    const weightOf = weighted;
    this.put({ figure: s.official }, all, official, weightOf);
    for (const entry of s.formulas)
      if (!entry.official) this.put(entry, all, this.formula(entry.id), weightOf);
    for (const entry of s.dimensions) {
      const shares = this.sharesOf((own) => comparedDimension(own, entry.id) !== undefined);
      this.put(entry, shares, restrictFormula(official, { dimension: entry.id }), weightOf);
    }
    this.put({ figure: s.first.official }, all, official, firstWeight, s.first);
    const without = s.withoutFlagged;
    if (without) {
      this.put({ figure: without.official }, all, official, weightWithout, without);
      this.put({ figure: without.first.official }, all, official, firstWithout, without.first);
    }
    if (s.nonResponse) {
      const points = this.pointsOf(this.answeredShares(all), official, weightOf);
      for (const value of [s.nonResponse.low, s.nonResponse.high])
        this.add({ value, rounding: this.rounding(), points, weightOf: this.functionOf(weighted) });
    }
    return this.readSentences(all);
  }

  /** The sentences on differences between formulas: shares of options, the differences, and their parts. */
  private readSentences(all: Shares): readonly ShownFigure[] {
    const { s, layout } = this;
    const found: ShownFigure[] = [];
    const of = (formula: Formula) => this.pointsOf(all, formula, weighted);
    const add = (value: number, points: Points, decimals: number = s.profile.decimals) =>
      found.push(
        this.add({
          ...{ value, points },
          rounding: { decimals, threshold: null },
          weightOf: this.functionOf(weighted),
        }),
      );
    const official = of(layout.official);
    const shares = new Map(
      layout.shares.flatMap((formula) =>
        formula.kind === 'share' ? [[formula.satisfied[0]!, of(formula)] as const] : [],
      ),
    );
    for (const { formula, difference, effects } of s.differences) {
      let rest = combine(of(this.formula(formula)), 1, official, -1);
      add(difference, rest);
      for (const { option, share, points } of effects) {
        const own = option === null ? undefined : shares.get(option);
        if (share === null || !own) continue;
        add(share, own, 1);
        const scale = share === 0 ? 0 : points / share;
        add(points, combine(own, scale, own, 0));
        rest = combine(rest, 1, own, -scale);
      }
      for (const { option, points } of effects) if (option === null) add(points, rest);
    }
    return found;
  }

  /** Adds a weighted mean of the groups' figures. */
  private put(
    holder: Holder,
    shares: Shares,
    formula: Formula,
    weightOf: WeightOf,
    key: object = holder,
  ): void {
    const { figure } = holder;
    if (figure.kind !== 'estimate') return;
    const found = this.add({
      value: figure.value,
      rounding: this.rounding(),
      points: this.pointsOf(shares, formula, weightOf),
      weightOf: this.functionOf(weightOf),
    });
    this.figuresOf.set(key, found);
  }

  private add(figure: Omit<ShownFigure, 'isShown'>): ShownFigure {
    const found = { ...figure, isShown: true };
    this.figures.push(found);
    return found;
  }

  private functionOf(weightOf: WeightOf): ShownFigure['weightOf'] {
    let own = this.functions.get(weightOf);
    if (!own) this.functions.set(weightOf, (own = (place) => weightOf((place as OwnPlace).answered)));
    return own;
  }

  private rawPoints(formula: Formula): Points {
    let own = this.raw.get(formula);
    if (!own) this.raw.set(formula, (own = this.items.map((item) => item.points(formula))));
    return own;
  }

  private pointsOf(shares: Shares, formula: Formula, weightOf: WeightOf): Points {
    const all = this.rawPoints(formula);
    const points: (readonly number[])[] = this.items.map(() => []);
    for (const { group, share, block } of shares) {
      const divisor = block.reduce(
        (total, member) => total + this.divisorOf(member, all, formula, weightOf),
        0,
      );
      if (divisor === 0) continue;
      this.items.forEach((item, i) => {
        if (item.group === group) points[i] = all[i]!.map((value) => (value * share) / divisor);
      });
    }
    return points;
  }

  /** The formula's denominator, as if everybody had answered the same number of items. */
  private divisorOf(group: Group, points: Points, formula: Formula, weightOf: WeightOf): number {
    const opinions = this.opinionsOf(points, formula);
    const key = `${group}/${keyOf(points, formula)}`;
    let known = this.divisors.get(weightOf);
    if (!known) this.divisors.set(weightOf, (known = new Map<string, number>()));
    let total = known.get(key);
    if (total !== undefined) return total;
    total = 0;
    for (const { index, answered } of this.placesOf.get(group) ?? [])
      total += weightOf(answered) * opinions[index]!;
    known.set(key, total);
    return total;
  }

  private opinionsOf(points: Points, formula: Formula): Float64Array {
    const key = keyOf(points, formula);
    let found = this.opinions.get(key);
    if (found) return found;
    found = Float64Array.from(this.places, ({ answered }) => {
      const start = this.startOf.get(answered.group)!;
      let n = 0;
      answered.items.forEach(({ options, dontKnow }, i) => {
        if (points[start + i]!.length === 0) return;
        n += sum(options) + (formula.dontKnow === 'include' ? dontKnow : 0);
      });
      return n;
    });
    this.opinions.set(key, found);
    return found;
  }

  /** Each group's share in a figure of the county. Pooled groups share their common weight. */
  private sharesOf(isIn: (own: Shown['groups'][number]) => boolean): Shares {
    const members = this.s.groups.filter((own) => isIn(own) && own.weight > 0);
    const all = members.reduce((total, own) => total + own.weight, 0);
    return members.map((own) => {
      const block = members.filter((other) => blockOf(other) === blockOf(own));
      const share = block.reduce((total, other) => total + other.weight, 0) / all;
      return { group: own.group, share, block: block.map((other) => other.group) };
    });
  }

  /** The same, reduced by nonresponse. */
  private answeredShares(shares: Shares): Shares {
    const counted = this.s.sets.filter((own) => own.counted).flatMap((own) => own.groups);
    return shares.map((own) => {
      const issued = counted
        .filter((entry) => own.block.includes(entry.group))
        .reduce((total, entry) => total + (entry.issued.kind === 'count' ? entry.issued.value : 0), 0);
      const answered = own.block
        .flatMap((group) => this.placesOf.get(group) ?? [])
        .reduce((total, place) => total + place.answered.n, 0);
      return { ...own, share: issued === 0 ? own.share : own.share * Math.min(1, answered / issued) };
    });
  }

  private rounding(): Rounding {
    return { decimals: this.s.profile.decimals, threshold: this.s.threshold.value };
  }
}

function one(): number {
  return 1;
}

function byWeight({ weight }: Place): number {
  return weight;
}

function weighted({ weight }: Answered): number {
  return weight;
}

function keyOf(points: Points, { dontKnow }: Formula): string {
  return `${dontKnow}${points.map((own) => (own.length > 0 ? 1 : 0)).join('')}`;
}

function blockOf(own: Shown['groups'][number]): Group {
  return own.mergedInto ?? own.group;
}

function combine(one: Points, times: number, other: Points, others: number): Points {
  return one.map((row, item) => {
    const second = other[item]!;
    const { length } = row.length > 0 ? row : second;
    return Array.from({ length }, (_, i) => times * (row[i] ?? 0) + others * (second[i] ?? 0));
  });
}

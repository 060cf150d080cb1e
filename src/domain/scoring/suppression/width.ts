/**
 * The width that is left: a count of an option that anybody of a protected cell chose can be at least two numbers, whatever an outsider does with rounded figures and whole
 * people. Linear algebra does not tell that: where weights differ, a weighted figure beside the counts of the whole leaves few ways in which answers can lie. For each
 * such count other answers are looked for that would have given all that is shown (worlds.ts). Where none are found, the cheapest further figure is withheld with
 * which they are.
 */
import { restrictFormula } from '../estimate/estimate.ts';
import type { Rounding } from '../format.ts';
import { isRestricted, type Formula } from '../rules/formula.ts';
import {
  hide,
  isNearUnanimous,
  isSmall,
  partOf,
  type Group,
  type Holder,
  type Rules,
  type Shown,
} from './cells.ts';
import { isHidden, isPlainlyWide, LEAST_WIDTH, sum, weightWithoutOf, type Kept } from './exchange.ts';
import { comparedDimension } from './headlines.ts';
import type { Answered, Layout, RatingItem } from './layout.ts';
import { withholdCheapest, type Remedy } from './remedy.ts';
import { widthFound, type Place, type School, type ShownFigure, type World } from './worlds.ts';

/** `before`: the summary as it was before anything was hidden. */
export function protectWidth(s: Shown, before: Shown, layout: Layout, rules: Rules, counts: Kept): void {
  const groups = s.groups.flatMap(({ group }) => (layout.ratings.has(group) ? [group] : []));
  const touched = groups.filter(
    (group) => isTouched(s, group) && !isPlainlyWide(s, before, layout, rules, group, counts),
  );
  if (touched.length > 0) new CountyWidth(s, before, layout, rules, groups).protect(touched);
}

function isTouched(s: Shown, group: Group): boolean {
  return (
    s.groups.some((own) => own.group === group && [own, ...own.items].some(isHidden)) ||
    s.schools.some((own) => own.group === group && [own, ...own.items].some(isHidden))
  );
}

/** One item as one group was asked it; the county's items are those of all its groups. */
interface OwnItem extends RatingItem {
  readonly group: Group;
  /** In the group's list, as it is shown. */
  readonly entry: Shown['groups'][number]['items'][number] | undefined;
}

interface OwnPlace extends Place {
  readonly school: OwnSchool;
  readonly answered: Answered;
  /** By item. */
  readonly dontKnow: readonly number[];
}

interface OwnSchool extends School {
  readonly group: Group;
  readonly row: Shown['schools'][number] | undefined;
  readonly isProtected: boolean;
}

interface Target {
  readonly cell: ReadonlySet<OwnPlace>;
  readonly items: readonly number[];
}

/** What part of a figure each group is. */
type Shares = readonly { readonly group: Group; readonly share: number }[];
type PooledEntry = Holder & { readonly group: Group };

class CountyWidth {
  private readonly items: readonly OwnItem[];
  private readonly places: readonly OwnPlace[];
  private readonly schools: readonly OwnSchool[];
  private readonly isCounted: boolean[];
  private readonly weightWithout: (answered: Answered) => number;
  private figures: ShownFigure[] | null = null;
  private readonly figuresOf = new Map<Holder, ShownFigure>();
  private readonly sentences: ShownFigure[] = [];

  constructor(
    private readonly s: Shown,
    private readonly before: Shown,
    private readonly layout: Layout,
    private readonly rules: Rules,
    private readonly groups: readonly Group[],
  ) {
    this.items = groups.flatMap((group) => {
      const entries = s.groups.find((own) => own.group === group)!.items;
      return layout.ratings
        .get(group)!
        .map((item) => ({ ...item, group, entry: entries.find((own) => own.id === item.id) }));
    });
    this.isCounted = this.items.map(({ entry }) => entry !== undefined && !isHidden(entry));
    const rows = new Map(s.schools.map((row, i) => [row.reportingStratum, { row, was: before.schools[i]! }]));
    const schools = new Map<number, OwnSchool>();
    const schoolOf = (group: Group, stratum: number): OwnSchool => {
      let school = schools.get(stratum);
      if (school) return school;
      const { row, was } = rows.get(stratum) ?? {};
      school = {
        ...{ group, row },
        isHidden: row === undefined || row.figure.kind === 'suppressed',
        isProtected: was !== undefined && partOf(was, rules).isProtected,
        hiddenItems: this.items.map((item) => {
          const entry = item.group === group ? row?.items.find((own) => own.id === item.id) : undefined;
          return entry !== undefined && isHidden(entry);
        }),
      };
      schools.set(stratum, school);
      return school;
    };
    this.places = groups.flatMap((group) => {
      const start = this.items.findIndex((item) => item.group === group);
      return layout.answered(group).map((answered): OwnPlace => ({
        ...{ answered, weight: answered.weight },
        school: schoolOf(group, answered.reportingStratum),
        counts: this.items.map((item, i) =>
          item.group === group ? [...answered.items[i - start]!.options] : [],
        ),
        dontKnow: this.items.map((item, i) =>
          item.group === group ? answered.items[i - start]!.dontKnow : 0,
        ),
      }));
    });
    this.schools = [...schools.values()];
    this.weightWithout = weightWithoutOf(s, layout);
  }

  protect(groups: readonly Group[]): void {
    for (const group of groups) {
      for (const { cell, items } of this.targets(group))
        for (const item of items)
          for (let option = 0; option < this.items[item]!.options; option++) {
            if (countOf(cell, item, option) === 0) continue;
            const isWide = () => widthFound(this.world(), cell, item, option, LEAST_WIDTH) >= LEAST_WIDTH;
            if (withholdCheapest(isWide, () => this.remedies(group, item))) continue;
            // None are found whatever is withheld: what an outsider needs most is.
            for (const remedy of this.remediesInVain(group, item)) {
              remedy.withhold(true);
              remedy.hide();
            }
          }
    }
  }

  private world(): World {
    this.figures ??= this.readFigures();
    return { places: this.places, figures: this.figures, isCounted: this.isCounted };
  }

  // What is protected ----------------------------------------------------------------------------------------------------

  private targets(group: Group): readonly Target[] {
    const own = this.items.flatMap((item, i) => (item.group === group ? [i] : []));
    const { official } = this.layout;
    const looksAt = own.filter((item) => this.items[item]!.points(official).length > 0);
    const places = this.places.filter((place) => place.answered.group === group);
    const whole = new Set(places);
    const targets: Target[] = [];
    for (const school of this.schools) {
      if (school.group !== group || (school.isHidden && !school.isProtected)) continue;
      const cell = new Set(places.filter((place) => place.school === school));
      const items = school.isHidden
        ? own
        : own.filter((item) => school.hiddenItems[item] && this.isProtected(cell, [item]));
      targets.push({ cell, items });
    }
    for (const { location, groups } of this.s.locations)
      for (const entry of groups) {
        if (entry.group !== group || !isHidden(entry)) continue;
        const cell = new Set(places.filter((place) => place.answered.location === location));
        if (this.isProtected(cell, looksAt)) targets.push({ cell, items: own });
      }
    const at = this.s.groups.findIndex((entry) => entry.group === group);
    const isWhole = isHidden(this.s.groups[at]!) && partOf(this.before.groups[at]!, this.rules).isProtected;
    const items = own.filter((item) => !this.isCounted[item] && this.isProtected(whole, [item]));
    targets.push({ cell: whole, items: isWhole ? own : items });
    return targets;
  }

  private isProtected(cell: ReadonlySet<OwnPlace>, items: readonly number[]): boolean {
    const options: number[] = [];
    let people = 0;
    let answers = 0;
    for (const { counts, answered, dontKnow } of cell) {
      people += answered.n;
      for (const item of items) {
        counts[item]!.forEach((n, option) => (options[option] = (options[option] ?? 0) + n));
        answers += sum(counts[item]!) + dontKnow[item]!;
      }
    }
    const { minimum } = this.rules;
    const isFew =
      items.length === 1
        ? isSmall(answers, minimum) || isSmall(sum(options), minimum)
        : isSmall(people, minimum);
    return answers > 0 && (isFew || isNearUnanimous(options));
  }

  // What is shown --------------------------------------------------------------------------------------------------------

  private readFigures(): ShownFigure[] {
    const { s, layout } = this;
    const { official } = layout;
    for (const own of s.groups) {
      const { group } = own;
      if (!this.groups.includes(group)) continue;
      const put = (holder: Holder, formula: Formula, weightOf = (answered: Answered) => answered.weight) =>
        this.put(holder, [{ group, share: 1 }], formula, weightOf);
      put(own, official);
      for (const entry of own.formulas) put(entry, this.formula(entry.id));
      for (const entry of own.dimensions) put(entry, restrictFormula(official, { dimension: entry.id }));
      for (const entry of own.items) put(entry, restrictFormula(official, { item: entry.id }));
      for (const { location, groups } of s.locations)
        for (const entry of groups)
          if (entry.group === group)
            put(entry, official, (answered) => (answered.location === location ? answered.weight : 0));
      for (const entry of s.withoutFlagged?.groups ?? [])
        if (entry.group === group) put(entry, official, this.weightWithout);
    }
    this.putPooled();
    // Of the others nothing can be otherwise.
    for (const school of this.schools)
      if (school.row && !school.isHidden && school.hiddenItems.includes(true)) this.putSchool(school);
    const all = this.sharesOf(() => true);
    const weightOf = ({ weight }: Answered) => weight;
    this.put({ figure: s.official }, all, official, weightOf);
    for (const entry of s.formulas)
      if (!entry.official) this.put(entry, all, this.formula(entry.id), weightOf);
    for (const entry of s.dimensions) {
      const shares = this.sharesOf((own) => comparedDimension(own, entry.id) !== undefined);
      this.put(entry, shares, restrictFormula(official, { dimension: entry.id }), weightOf);
    }
    if (s.withoutFlagged) this.put({ figure: s.withoutFlagged.official }, all, official, this.weightWithout);
    this.putSentences(all);
    return this.figures ?? [];
  }

  /** Without weights. Where a part is hidden, it makes up for what the others do not show. */
  private putPooled(): void {
    const { channels, sets } = this.s;
    for (const list of [channels, sets])
      for (const group of this.groups) {
        const own = (
          list as readonly { readonly counted: boolean; readonly groups: readonly PooledEntry[] }[]
        )
          .filter((entry) => entry.counted)
          .flatMap((entry) => entry.groups.filter((other) => other.group === group));
        const shown = own.flatMap(({ figure }) => (figure.kind === 'estimate' ? [figure] : []));
        const [largest] = shown.toSorted((a, b) => b.denominator - a.denominator);
        if (!largest || own.some(isHidden)) continue;
        const points = this.items.map((item) =>
          item.group === group
            ? item.points(this.layout.official).map((value) => value / largest.denominator)
            : [],
        );
        this.add({ value: largest.value, rounding: this.rounding(), points, weightOf: () => 1 });
      }
  }

  /** Why formulas differ: shares of options, and the differences themselves. */
  private putSentences(all: Shares): void {
    const { s, layout } = this;
    const weightOf = (place: Place) => place.weight;
    const of = (formula: Formula) => this.pointsOf(all, formula, ({ weight }) => weight);
    const official = of(layout.official);
    const shares = new Map<string, number>();
    for (const { effects } of s.differences)
      for (const { option, share } of effects)
        if (option !== null && share !== null) shares.set(option, share);
    for (const formula of layout.shares) {
      const value = formula.kind === 'share' ? shares.get(formula.satisfied[0]!) : undefined;
      const rounding = { decimals: 1, threshold: null };
      if (value !== undefined)
        this.sentences.push(this.add({ value, rounding, points: of(formula), weightOf }));
    }
    for (const { formula, difference } of s.differences) {
      const other = of(this.formula(formula));
      const points = other.map((row, item) =>
        row.length > 0 || official[item]!.length > 0
          ? Array.from(
              { length: this.items[item]!.options },
              (_, option) => (row[option] ?? 0) - (official[item]![option] ?? 0),
            )
          : [],
      );
      const rounding = { decimals: s.profile.decimals, threshold: null };
      this.sentences.push(this.add({ value: difference, rounding, points, weightOf }));
    }
  }

  private putSchool({ row, group }: OwnSchool): void {
    this.put(row!, [{ group, share: 1 }], this.layout.rowFormula(group), (answered) =>
      answered.reportingStratum === row!.reportingStratum ? answered.weight : 0,
    );
  }

  /** A mean of the figures of groups. */
  private put(
    holder: Holder,
    shares: Shares,
    formula: Formula,
    weightOf: (answered: Answered) => number,
  ): void {
    const { figure } = holder;
    if (figure.kind !== 'estimate') return;
    const found = this.add({
      value: figure.value,
      rounding: this.rounding(),
      points: this.pointsOf(shares, formula, weightOf),
      weightOf: (place) => weightOf((place as OwnPlace).answered),
    });
    this.figuresOf.set(holder, found);
  }

  private add(figure: Omit<ShownFigure, 'isShown'>): ShownFigure {
    const found = { ...figure, isShown: true };
    (this.figures ??= []).push(found);
    return found;
  }

  private pointsOf(
    shares: Shares,
    formula: Formula,
    weightOf: (answered: Answered) => number,
  ): (readonly number[])[] {
    const points: (readonly number[])[] = this.items.map(() => []);
    for (const { group, share } of shares) {
      const own = this.items.map((item) => (item.group === group ? item.points(formula) : []));
      const divisor = this.divisorOf(group, own, formula, weightOf);
      if (divisor > 0)
        own.forEach((row, item) => {
          if (row.length > 0) points[item] = row.map((value) => (value * share) / divisor);
        });
    }
    return points;
  }

  private rounding(): Rounding {
    return { decimals: this.s.profile.decimals, threshold: this.s.threshold.value };
  }

  /** What a formula divides by, as if everybody had answered alike many items. */
  private divisorOf(
    group: Group,
    points: readonly (readonly number[])[],
    formula: Formula,
    weightOf: (answered: Answered) => number,
  ): number {
    const looksAt = [...points.keys()].filter((item) => points[item]!.length > 0);
    let total = 0;
    for (const { answered, counts, dontKnow } of this.places) {
      if (answered.group !== group) continue;
      let n = 0;
      for (const item of looksAt)
        n += sum(counts[item]!) + (formula.dontKnow === 'include' ? dontKnow[item]! : 0);
      total += weightOf(answered) * n;
    }
    return total;
  }

  /** Of a county figure, what part each group is; of groups that are pooled, theirs together. */
  private sharesOf(isIn: (own: Shown['groups'][number]) => boolean) {
    const members = this.s.groups.filter((own) => isIn(own) && own.weight > 0);
    const all = members.reduce((total, own) => total + own.weight, 0);
    const blockOf = (own: Shown['groups'][number]) => own.mergedInto ?? own.group;
    return members.map((own) => {
      const block = members.filter((other) => blockOf(other) === blockOf(own));
      return { group: own.group, share: block.reduce((total, other) => total + other.weight, 0) / all };
    });
  }

  private formula(id: string): Formula {
    return this.layout.formulas.find((formula) => formula.id === id)!;
  }

  // What may be withheld, the cheapest first -------------------------------------------------------------------------------

  private remedies(group: Group, item: number): readonly Remedy[] {
    const { s } = this;
    const own = s.groups.find((entry) => entry.group === group)!;
    // Of a hidden group only the county's figures tell anything.
    if (isHidden(own))
      return [
        ...this.remedyOfSentences(),
        ...[...this.further(s.formulas), ...s.dimensions.toReversed()].flatMap((entry) =>
          this.remedyOf(entry),
        ),
      ];
    const peopleOf = (school: OwnSchool) =>
      this.places.reduce((n, place) => n + (place.school === school ? place.answered.n : 0), 0);
    const schools = this.schools
      .filter((school) => school.group === group && !school.isHidden && school.row)
      .map((school) => ({ school, n: peopleOf(school) }))
      .sort((a, b) => a.n - b.n);
    const items = [item, ...this.items.keys()].filter(
      (other, i) =>
        (i === 0 || other !== item) && this.items[other]!.group === group && this.isCounted[other],
    );
    return [
      ...schools.map(({ school }) => this.remedyOfSchool(school)),
      ...s.locations.flatMap(({ groups }) =>
        groups.flatMap((entry) => (entry.group === group ? this.remedyOf(entry) : [])),
      ),
      ...items.map((other) => this.remedyOfItem(other)),
      ...this.remedyOfSentences(),
      // Where these are hidden, the county's tells the less of them, the smaller the group's part is.
      ...[...this.further(own.formulas), ...own.dimensions.toReversed()].flatMap((entry) =>
        this.remedyOf(entry),
      ),
    ];
  }

  /** Formulas beside the official one: those of some items first. */
  private further<F extends { readonly id: string }>(list: readonly F[]): readonly F[] {
    const others = list.filter(({ id }) => id !== this.layout.official.id).toReversed();
    const isPart = ({ id }: F) => isRestricted(this.formula(id));
    return [...others.filter(isPart), ...others.filter((entry) => !isPart(entry))];
  }

  private remediesInVain(group: Group, item: number): readonly Remedy[] {
    const { s } = this;
    const sentences = this.remedyOfSentences();
    if (isHidden(s.groups.find((entry) => entry.group === group)!))
      return [...sentences, ...this.further(s.formulas).flatMap((entry) => this.remedyOf(entry))];
    return this.isCounted[item] ? [...sentences, this.remedyOfItem(item)] : sentences;
  }

  private remedyOf(holder: Holder): readonly Remedy[] {
    const figure = this.figuresOf.get(holder);
    if (!figure?.isShown) return [];
    return [{ withhold: (isWithheld) => (figure.isShown = !isWithheld), hide: () => hide(holder) }];
  }

  private remedyOfSentences(): readonly Remedy[] {
    if (!this.sentences.some((figure) => figure.isShown)) return [];
    return [
      {
        withhold: (isWithheld) => this.sentences.forEach((figure) => (figure.isShown = !isWithheld)),
        hide: () => (this.s.differences = []),
      },
    ];
  }

  private remedyOfItem(item: number): Remedy {
    const entry = this.items[item]!.entry!;
    const figure = this.figuresOf.get(entry);
    return {
      withhold: (isWithheld) => {
        this.isCounted[item] = !isWithheld;
        if (figure) figure.isShown = !isWithheld;
      },
      hide: () => hide(entry),
    };
  }

  private remedyOfSchool(school: OwnSchool): Remedy {
    const row = school.row!;
    const figure = this.figuresOf.get(row);
    return {
      withhold: (isWithheld) => {
        school.isHidden = isWithheld;
        if (figure) figure.isShown = !isWithheld;
      },
      hide: () => [row, ...row.items].forEach((holder) => hide(holder)),
    };
  }
}

function countOf(cell: ReadonlySet<Place>, item: number, option: number): number {
  let n = 0;
  for (const { counts } of cell) n += counts[item]![option]!;
  return n;
}

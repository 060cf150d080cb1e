/**
 * Guarantees an interval width: if anybody in a protected cell chose an option, the count can be at least two
 * numbers, in spite of rounded figures and whole people. Linear algebra alone does not ensure this. If weights
 * differ, a weighted figure together with the counts of the total may leave few solutions.
 *
 * For each such count this looks for a witness (witness-search.ts). If there is none, it hides the least important
 * further figures until there is one.
 */
import { isRestricted } from '../rules/formula.ts';
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
import { Effort } from './effort.ts';
import { CountySearch, type OwnPlace, type OwnSchool } from './county-search.ts';
import {
  isHidden,
  isProtectedItem,
  exchangeableItems,
  findSimpleWitnesses,
  type Witness,
} from './simple-witness.ts';
import { fieldHolder } from './headlines.ts';
import type { Layout } from './layout.ts';
import { applyCheapest, type Remedy } from './remedy.ts';
import type { Change, Place } from './witness-search.ts';

/**
 * Steps of the search: for one county, for one count in the first and in the last pass, and for one count with one
 * set of remedies.
 */
const STEPS = 4_000_000;
const AT_FIRST = 50_000;
const OF_COUNT = 300_000;
const OF_REMEDY = 60_000;

/** A count that needs a witness: the people in the cell who chose the option. */
interface Target {
  readonly name: string;
  readonly group: Group;
  readonly cell: ReadonlySet<OwnPlace>;
  readonly item: number;
  readonly option: number;
}

/** Returns a witness, or its absence, for each protected count. `before`: the summary before anything was hidden. */
export function protectWidth(s: Shown, before: Shown, layout: Layout, rules: Rules): readonly Witness[] {
  const groups = s.groups.flatMap(({ group }) => (layout.ratings.has(group) ? [group] : []));
  const witnesses: Witness[] = [];
  const narrow: Group[] = [];
  for (const group of groups) {
    if (!isTouched(s, layout, group)) continue;
    const found = findSimpleWitnesses(s, before, layout, rules, group);
    if (found) witnesses.push(...found);
    else narrow.push(group);
  }
  if (narrow.length > 0) witnesses.push(...new CountyWidth(s, before, layout, rules, groups).protect(narrow));
  return witnesses;
}

function isTouched(s: Shown, layout: Layout, group: Group): boolean {
  return (
    s.groups.some((own) => own.group === group && [own, ...exchangeableItems(own, layout)].some(isHidden)) ||
    s.schools.some((own) => own.group === group && [own, ...own.items].some(isHidden))
  );
}

class CountyWidth {
  private readonly county: CountySearch;
  private readonly effort = new Effort(STEPS);
  /** Witnesses found so far. They remain valid when more is hidden. */
  private readonly known: (readonly Change[])[] = [];

  constructor(
    private readonly s: Shown,
    private readonly before: Shown,
    private readonly layout: Layout,
    private readonly rules: Rules,
    groups: readonly Group[],
  ) {
    this.county = new CountySearch(s, before, layout, rules, groups);
  }

  /** Easy counts first: a witness for one count often serves others, too. */
  protect(groups: readonly Group[]): readonly Witness[] {
    const all = groups.flatMap((group) => this.targets(group));
    const found = new Map<Target, readonly Change[] | null>();
    const isLeft = (target: Target) => (found.get(target) ?? null) === null;
    for (const target of all) this.keep(found, target, this.find(target, 0));
    for (const target of all.filter(isLeft)) this.keep(found, target, this.find(target, AT_FIRST));
    for (const target of all.filter(isLeft)) {
      const { group, item } = target;
      let changes = this.find(target, OF_COUNT);
      const isWide = () => {
        this.county.search.reset();
        const own = this.find(target, OF_REMEDY);
        changes = own ?? changes;
        return own !== null;
      };
      if (!changes && !applyCheapest(isWide, this.remedies(group, item)))
        // No remedy helps, so hide what is most useful to an attacker.
        for (const remedy of this.lastResort(group, item)) {
          remedy.setHidden(true);
          remedy.hide();
        }
      this.county.search.reset();
      this.keep(found, target, changes);
    }
    // What was hidden for other counts may help these.
    for (const target of all.filter(isLeft)) this.keep(found, target, this.find(target, AT_FIRST));
    const { items } = this.county;
    return all.map((target) => ({
      ...{ cell: target.name, item: items[target.item]!.id, option: target.option },
      changes: this.describe(found.get(target) ?? null),
    }));
  }

  private find({ cell, item, option }: Target, most: number): readonly Change[] | null {
    const known = this.known.find((changes) => movesCount(changes, cell, item, option));
    return known ?? this.county.search.find(cell, item, option, this.effort, most);
  }

  private keep(
    found: Map<Target, readonly Change[] | null>,
    target: Target,
    changes: readonly Change[] | null,
  ): void {
    found.set(target, changes);
    if (changes && !this.known.includes(changes)) this.known.push(changes);
  }

  private describe(changes: readonly Change[] | null): Witness['changes'] {
    return (
      changes?.map(({ place, item, from, to }) => ({
        place: (place as OwnPlace).answered,
        item: this.county.items[item]!.id,
        ...{ from, to },
      })) ?? null
    );
  }

  // Protected counts
  // -----------------------------------------------------------------------------------------------------

  private targets(group: Group): readonly Target[] {
    const { items, isCounted, schools } = this.county;
    const own = items.flatMap((item, i) => (item.group === group ? [i] : []));
    const { official } = this.layout;
    const looksAt = own.filter((item) => items[item]!.points(official).length > 0);
    const places = this.county.places.filter((place) => place.answered.group === group);
    const whole = new Set(places);
    const targets: Target[] = [];
    const add = (name: string, cell: ReadonlySet<OwnPlace>, among: readonly number[]) => {
      for (const item of among)
        for (let option = 0; option < items[item]!.options; option++)
          if (countOf(cell, item, option) > 0) targets.push({ name, group, cell, item, option });
    };
    for (const school of schools) {
      if (school.group !== group || (school.isHidden && !school.isProtected)) continue;
      const cell = new Set(places.filter((place) => place.school === school));
      const isProtected = (item: number) => school.hiddenItems[item]! && this.isItemProtected(cell, item);
      add(`school ${school.stratum}`, cell, school.isHidden ? own : own.filter(isProtected));
    }
    for (const { location, groups } of this.s.locations)
      for (const entry of groups) {
        if (entry.group !== group || !isHidden(entry)) continue;
        const cell = new Set(places.filter((place) => place.answered.location === location));
        if (this.isProtected(cell, looksAt)) add(`${group} ${location}`, cell, own);
      }
    const at = this.s.groups.findIndex((entry) => entry.group === group);
    const isWhole = isHidden(this.s.groups[at]!) && partOf(this.before.groups[at]!, this.rules).isProtected;
    const isOwn = (item: number) => !isCounted[item] && this.isItemProtected(whole, item);
    add(`group ${group}`, whole, isWhole ? own : own.filter(isOwn));
    return targets;
  }

  private isItemProtected(cell: ReadonlySet<OwnPlace>, item: number): boolean {
    const start = this.county.items.findIndex((own) => own.group === this.county.items[item]!.group);
    return isProtectedItem(
      [...cell].map(({ answered }) => answered.items[item - start]!),
      this.rules,
    );
  }

  private isProtected(cell: ReadonlySet<OwnPlace>, items: readonly number[]): boolean {
    const options: number[] = [];
    let people = 0;
    for (const { counts, answered } of cell) {
      people += answered.n;
      for (const item of items)
        counts[item]!.forEach((n, option) => (options[option] = (options[option] ?? 0) + n));
    }
    return people > 0 && (isSmall(people, this.rules.minimum) || isNearUnanimous(options));
  }

  // Remedies, the least important first
  // -----------------------------------------------------------------------------------

  private remedies(group: Group, item: number): readonly Remedy[] {
    const { s } = this;
    const { schools, places, items, isCounted } = this.county;
    const own = s.groups.find((entry) => entry.group === group)!;
    const again = [...this.remedyOfSentences(), ...this.remediesOfRepeated(group)];
    // Only the county's figures say anything about a hidden group.
    if (isHidden(own))
      return [
        ...again,
        ...[...this.further(s.formulas), ...s.dimensions.toReversed()].flatMap((entry) =>
          this.remedyOf(entry),
        ),
      ];
    const people = new Map<OwnSchool, number>();
    for (const { school, answered } of places) people.set(school, (people.get(school) ?? 0) + answered.n);
    const shown = schools
      .filter((school) => school.group === group && !school.isHidden && school.row)
      .sort((a, b) => people.get(a)! - people.get(b)!)
      .slice(0, MOST_SCHOOLS);
    const counted = [item, ...items.keys()].filter(
      (other, i) => (i === 0 || other !== item) && items[other]!.group === group && isCounted[other],
    );
    return [
      ...again,
      ...shown.map((school) => this.remedyOfSchool(school)),
      ...s.locations.flatMap(({ groups }) => this.remediesIn(groups, group)),
      ...counted.map((other) => this.remedyOfItem(other)),
      // If these are hidden, the county's figures still describe them, but the less, the smaller the group's weight.
      ...[...this.further(own.formulas), ...own.dimensions.toReversed()].flatMap((entry) =>
        this.remedyOf(entry),
      ),
    ];
  }

  /** Figures that repeat the same answers: by channel and set, first answers, without flagged strata. */
  private remediesOfRepeated(group: Group): readonly Remedy[] {
    const { channels, sets, first, withoutFlagged: without } = this.s;
    const repeated = [first, ...(without ? [without, without.first] : [])];
    return [
      ...[...channels, ...sets].flatMap((entry) =>
        this.remediesIn(entry.groups as readonly (Holder & { readonly group: Group })[], group),
      ),
      ...repeated.flatMap((entry): Remedy[] => {
        const own = [
          ...this.remediesIn(entry.groups, group),
          ...this.remedyOf(fieldHolder(entry, 'official'), entry),
        ];
        return own.length === 0
          ? []
          : [
              {
                setHidden: (hidden) => own.forEach((remedy) => remedy.setHidden(hidden)),
                hide: () => own.forEach((remedy) => remedy.hide()),
              },
            ];
      }),
    ];
  }

  /** Formulas other than the official one; those restricted to some items first. */
  private further<F extends { readonly id: string }>(list: readonly F[]): readonly F[] {
    const others = list.filter(({ id }) => id !== this.layout.official.id).toReversed();
    const isPart = ({ id }: F) => isRestricted(this.county.formula(id));
    return [...others.filter(isPart), ...others.filter((entry) => !isPart(entry))];
  }

  private lastResort(group: Group, item: number): readonly Remedy[] {
    const { s } = this;
    const sentences = this.remedyOfSentences();
    if (isHidden(s.groups.find((entry) => entry.group === group)!))
      return [...sentences, ...this.further(s.formulas).flatMap((entry) => this.remedyOf(entry))];
    const counts = this.layout.rule > 4 ? [this.remedyOfSchoolCounts(group, item)] : [];
    return [...sentences, ...counts, ...(this.county.isCounted[item] ? [this.remedyOfItem(item)] : [])];
  }

  /** The search keeps the answers at shown schools, so it cannot tell whether this helps. */
  private remedyOfSchoolCounts(group: Group, item: number): Remedy {
    const { id } = this.county.items[item]!;
    const hide = () => {
      for (const school of this.s.schools)
        for (const entry of school.group === group ? school.items : [])
          if (entry.id === id && entry.distribution.kind === 'options')
            entry.distribution = { kind: 'suppressed', why: 'protected' };
    };
    return { setHidden: () => undefined, hide };
  }

  private remediesIn(
    entries: readonly (Holder & { readonly group: Group })[],
    group: Group,
  ): readonly Remedy[] {
    return entries.flatMap((entry) => (entry.group === group ? this.remedyOf(entry) : []));
  }

  private remedyOf(holder: Holder, key: object = holder): readonly Remedy[] {
    const figure = this.county.figuresOf.get(key);
    if (!figure?.isShown) return [];
    return [{ setHidden: (hidden) => (figure.isShown = !hidden), hide: () => hide(holder) }];
  }

  private remedyOfSentences(): readonly Remedy[] {
    const { sentences } = this.county;
    if (!sentences.some((figure) => figure.isShown)) return [];
    return [
      {
        setHidden: (hidden) => sentences.forEach((figure) => (figure.isShown = !hidden)),
        hide: () => (this.s.differences = []),
      },
    ];
  }

  private remedyOfItem(item: number): Remedy {
    const entry = this.county.items[item]!.entry!;
    const figure = this.county.figuresOf.get(entry);
    return {
      setHidden: (hidden) => {
        this.county.isCounted[item] = !hidden;
        if (figure) figure.isShown = !hidden;
      },
      hide: () => hide(entry),
    };
  }

  private remedyOfSchool(school: OwnSchool): Remedy {
    const row = school.row!;
    const figure = this.county.figuresOf.get(row);
    return {
      setHidden: (hidden) => {
        school.isHidden = hidden;
        if (figure) figure.isShown = !hidden;
      },
      hide: () => [row, ...row.items].forEach((holder) => hide(holder)),
    };
  }
}

/** Number of shown schools that may be hidden as a remedy. */
const MOST_SCHOOLS = 24;

function countOf(cell: ReadonlySet<OwnPlace>, item: number, option: number): number {
  let n = 0;
  for (const { counts } of cell) n += counts[item]![option]!;
  return n;
}

/** Do the changes alter the number of people in the cell who chose the option? */
function movesCount(
  changes: readonly Change[],
  cell: ReadonlySet<Place>,
  item: number,
  option: number,
): boolean {
  let moved = 0;
  for (const change of changes) {
    if (change.item !== item || !cell.has(change.place)) continue;
    if (change.to === option) moved++;
    if (change.from === option) moved--;
  }
  return moved !== 0;
}

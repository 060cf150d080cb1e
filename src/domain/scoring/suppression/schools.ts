/**
 * Decides about one group: its items, dimensions, locations and schools. The unknowns are counts of answers by
 * reporting stratum × sampling stratum × item × option. group-rows.ts turns every figure into an equation.
 *
 * Candidates come in order of importance: dimensions, items, locations, schools by size, items at schools. Each is
 * shown unless something would follow about a protected cell alone, or the remainder of a known total would break a
 * rule (`mayRemain`; by option, `mayAnswersRemain`).
 *
 * Above 500 lines, because all candidates of a group are decided in sequence on one shared state.
 */
import { restrictFormula } from '../estimate/estimate.ts';
import { isRestricted, type Formula } from '../rules/formula.ts';
import {
  hide,
  hideCompletely,
  isSmall,
  mayRemain,
  partOf,
  type Group,
  type Holder,
  type Part,
  type Rules,
  type Shown,
} from './cells.ts';
import {
  candidatesOf,
  forbiddenRemainders,
  mayAnswersRemain,
  ItemRemainder,
  SchoolRemainder,
  sumCounts,
  sumOf,
  tryInOrder,
  type Candidate,
  type Pair,
} from './candidates.ts';
import { FollowUps, NOBODY } from './follow-ups.ts';
import { GroupRows } from './group-rows.ts';
import { isPooled, peopleOf, type Arrival, type Atom, type Layout, type RatingItem } from './layout.ts';
import { protectNumberItems } from './number-items.ts';
import { SchoolPeople } from './people.ts';
import { spanningSchools } from './school-counts.ts';
import { showOthers } from './other-items.ts';
import { mayWeigh, protectPrecision, type ProtectedAnswers } from './precision.ts';
import { RowSpace, type Row } from './row-space.ts';

/** What later decisions need to know about a group whose schools are decided. */
export interface GroupKnowledge {
  readonly space: RowSpace;
  /** The official figure as a row over the group's unknown answers, each multiplied by `share(atom)`. */
  readonly pooledRow: (share: (atom: Atom) => number) => Row;
  /** The same, with rows for the unknown parts of its denominator. */
  readonly pooledRows: (share: (atom: Atom) => number) => readonly Row[];
  /** Tries to show the official figure with other weights. */
  readonly tryWeights: (weightOf: (atom: Atom) => number) => boolean;
  /** Columns of the official formula's sum over the answers by one channel and set. */
  readonly channelSetColumns: ReadonlyMap<Arrival, number>;
  /** The same for the number of respondents of these schools together. */
  readonly tryTogether: (strata: ReadonlySet<number>) => boolean;
  /** The same for a number that reveals how many respondents a school has. */
  readonly tryPeople: (school: number) => boolean;
}

/** Number of unprotected schools that are undecided at first, in addition to the protected ones. */
const FIRST_UNDECIDED = 6;

/** Hides what must be hidden within a group that is shown. */
export function protectSchools(s: Shown, layout: Layout, group: Group, rules: Rules): GroupKnowledge {
  const items = layout.ratings.get(group) ?? [];
  const followUps = new FollowUps(layout.asked.get(group) ?? [], items);
  const schools = candidatesOf(s, layout, group, items, rules, (item) => followUps.isRatingAsked(item));
  const spanning = spanningSchools(layout, schools, rules);
  const protectedOnes = schools.filter(
    (one) => one.isProtected || one.pairs.some((pair) => pair.isProtected) || spanning.has(one),
  );
  const others = schools.filter((one) => !protectedOnes.includes(one));
  for (let undecided = FIRST_UNDECIDED + 2 * protectedOnes.length; ; undecided *= 4) {
    const tail = others.slice(Math.max(0, others.length - undecided));
    const open = schools.filter((one) => protectedOnes.includes(one) || tail.includes(one));
    const decide = (settled: readonly Candidate[]) =>
      new GroupDecision(
        ...([s, layout, group, rules, items, followUps, schools, open, spanning] as const),
        new Set(settled),
      ).run(tail.length === others.length);
    const settled = tail.slice(0, Math.max(0, tail.length - FIRST_UNDECIDED - (protectedOnes.length >> 2)));
    const done = (settled.length > 0 ? decide(settled) : null) ?? decide([]);
    if (done) return done;
  }
}

class GroupDecision {
  private readonly space: RowSpace;
  private readonly rows: GroupRows;
  private readonly people: SchoolPeople;
  private readonly preferences: number[] = [];
  private readonly hiddenSchools = new Set<Candidate>();
  /** By item. */
  private readonly hiddenPairs: readonly Set<Pair>[];
  private readonly protectedAnswers: ProtectedAnswers[] = [];
  private readonly channelSetColumns = new Map<Arrival, number>();
  private readonly itemsShown = new Set<number>();
  private readonly hiddenEntries = new Set<Holder>();
  private readonly hiddenFollowUps = new Set<Shown['groups'][number]['items'][number]>();
  /** Items that are shown without counts. */
  private readonly hiddenCounts = new Set<Shown['groups'][number]['items'][number]>();
  private readonly summary: Shown['groups'][number];
  /** Items whose figure over the whole group is protected. */
  private readonly protectedItems: ReadonlySet<string>;
  /** Answers by option over all schools, by item. */
  private readonly totals: readonly (readonly number[])[];

  constructor(
    private readonly s: Shown,
    private readonly layout: Layout,
    private readonly group: Group,
    private readonly rules: Rules,
    private readonly items: readonly RatingItem[],
    private readonly followUps: FollowUps,
    private readonly all: readonly Candidate[],
    private readonly open: readonly Candidate[],
    /** What is shown of their items are sums over several locations. */
    private readonly spanning: ReadonlySet<Candidate>,
    /**
     * The first candidates in order, assumed to be shown. The result is the same as without this assumption if
     * nothing is refused to them, and no other school is refused. Otherwise `run` returns null.
     */
    private readonly settled: ReadonlySet<Candidate>,
  ) {
    this.layOutColumns();
    this.space = new RowSpace(this.preferences);
    this.rows = new GroupRows(this.space, items, followUps, open);
    this.people = new SchoolPeople(open, rules.minimum);
    this.summary = s.groups.find((entry) => entry.group === group)!;
    this.protectedItems = new Set(
      this.summary.items.filter((item) => partOf(item, rules).isProtected).map((item) => item.id),
    );
    this.hiddenPairs = items.map(() => new Set<Pair>());
    const pairs = items.map((): Pair[] => []);
    for (const one of all) for (const pair of one.pairs) pairs[pair.item]!.push(pair);
    this.totals = pairs.map(sumCounts);
  }

  /** Returns null if too few schools were undecided (`isWhole`: all are), or too many were assumed to be shown. */
  run(isWhole: boolean): GroupKnowledge | null {
    const knowledge: GroupKnowledge = {
      space: this.space,
      pooledRow: (share) => this.rows.row(this.layout.official, share),
      pooledRows: (share) => this.rows.figureRows(this.layout.official, share),
      channelSetColumns: this.channelSetColumns,
      tryWeights: (weightOf) => {
        const { s, group, hiddenSchools, protectedAnswers, open } = this;
        return (
          mayWeigh({ s, group, hiddenSchools, protectedAnswers, schools: open }, weightOf) &&
          this.space.tryToShow(this.rows.figureRows(this.layout.official, weightOf))
        );
      },
      tryTogether: (strata) =>
        this.people.tryTogether(this.open.filter((one) => strata.has(one.school.reportingStratum))),
      tryPeople: (school) => {
        const one = this.open.find((other) => other.school.reportingStratum === school);
        return !one || this.people.tryReturned(one);
      },
    };
    const isProtectedItem = ({ id }: { readonly id: string }) => this.protectedItems.has(id);
    const hasProtected =
      this.open.some((one) => one.isProtected || one.pairs.some((pair) => pair.isProtected)) ||
      (this.layout.rule > 2 ? this.items.some(isProtectedItem) : this.protectedItems.size > 0) ||
      (this.layout.rule > 3 &&
        this.followUps.all.some((item, at) => isProtectedItem(item) && this.followUps.decidesRatings(at))) ||
      this.partsByLocation().some((part) => part.isProtected) ||
      this.smallParts().length > 0;
    // Every school is shown, and all counts of ratings are known.
    if (!hasProtected) {
      this.showOthers(false);
      for (const entry of this.hiddenFollowUps) hideCompletely(entry);
      return {
        ...knowledge,
        pooledRow: () => this.space.emptyRow(),
        pooledRows: () => [],
        tryWeights: () => true,
      };
    }
    for (const one of this.open) this.hiddenSchools.add(one);
    for (const one of this.open) for (const pair of one.pairs) this.hiddenPairs[pair.item]!.add(pair);
    this.protect();
    const isSettling = this.settled.size > 0;
    if (!this.showWholes() && (isSettling || !isWhole)) return null;
    if (!isWhole && !this.mayAllRemain()) return null;
    if (isSettling && !this.space.isClean()) return null;
    if (!this.showSchools() && isSettling) return null;
    this.showPairs();
    if (isSettling && !this.areSettledShown()) return null;
    this.apply();
    const { s, layout, group, items, hiddenSchools, hiddenPairs, spanning, open, protectedAnswers } = this;
    protectPrecision({
      ...{ s, layout, group, items, hiddenSchools, hiddenPairs, spanning, protectedAnswers },
      schools: open,
    });
    protectNumberItems(this.summary, this.all);
    return knowledge;
  }

  /** Gives the highest preference as pivots to what is decided last, and the lowest to protected cells. */
  private layOutColumns(): void {
    for (const [rank, one] of this.open.entries()) {
      one.base.clear();
      for (const pair of one.pairs) pair.columns.length = 0;
      if (this.settled.has(one)) continue;
      for (const atom of one.atoms) {
        const starts: number[] = [];
        this.items.forEach((item, index) => {
          const pair = one.pairs.find((other) => other.item === index);
          starts.push(pair?.hasOptions ? this.preferences.length : NOBODY);
          if (!pair?.hasOptions) return;
          for (let option = 1; option < item.options; option++) {
            pair.columns.push(this.preferences.length);
            this.preferences.push(
              one.isProtected || pair.isProtected ? 0 : 1 + rank * this.items.length + index,
            );
          }
        });
        one.base.set(atom, starts);
      }
    }
    for (const own of this.layout.arrivals)
      if (isPooled(own, this.group)) this.channelSetColumns.set(own, this.preferences.push(Infinity) - 1);
    this.followUps.layOutColumns(() => this.preferences.push(0) - 1);
  }

  private protect(): void {
    const { space } = this;
    for (const one of this.open) {
      if (one.isProtected) {
        space.protect(one.pairs.flatMap((pair) => pair.columns));
        this.protectedAnswers.push({ schools: new Set([one]), item: null, isIn: () => true });
        if (isSmall(one.n, this.rules.minimum)) {
          this.people.protect(() => true, [one]);
        }
      } else
        for (const pair of one.pairs) {
          if (!pair.isProtected) continue;
          space.protect(pair.columns);
          this.protectedAnswers.push({ schools: new Set([one]), item: pair.item, isIn: () => true });
        }
    }
    this.items.forEach((item, index) => {
      if (this.protectedItems.has(item.id) && !this.isRevealed(index))
        space.protect(this.rows.columnsOfItem(index));
    });
    for (const dimension of this.summary.dimensions)
      if (dimension.figure.kind === 'suppressed')
        space.protect(
          this.items.flatMap((item, index) =>
            item.dimension === dimension.id ? this.rows.columnsOfItem(index) : [],
          ),
        );
    for (const location of this.partsByLocation())
      if (location.isProtected) {
        const isIn = (atom: Atom) => atom.location === location.location;
        space.protect(this.rows.columnsOfAtoms(isIn));
        if (isSmall(location.n, this.rules.minimum)) this.people.protect(isIn, this.open);
        this.protectedAnswers.push({ schools: new Set(this.open), item: null, isIn });
      }
    for (const { one, isIn } of this.smallParts()) {
      space.protect(this.rows.columnsOfAtoms(isIn, [one]));
      this.protectedAnswers.push({ schools: new Set([one]), item: null, isIn });
    }
    // Before any decision about the ratings below them.
    if (this.layout.rule > 3)
      this.followUps.all.forEach(({ id, type }, at) => {
        if (type !== 'rating' && this.protectedItems.has(id))
          space.protect(this.followUps.protectedColumnsOf(at));
      });
    this.protectRemainders();
  }

  /** Schools with few answers from one of their locations. A location's figure, less those of its other schools, is about these. */
  private smallParts(): readonly { readonly one: Candidate; readonly isIn: (atom: Atom) => boolean }[] {
    if (this.layout.rule < 5) return [];
    return [...this.spanning].flatMap((one) =>
      one.isProtected
        ? []
        : [...this.locationsOf([one])].flatMap((location) => {
            const isIn = (atom: Atom) => atom.location === location;
            const n = sumOf(one.places, (place) => (isIn(place) ? peopleOf(place) : 0));
            return isSmall(n, this.rules.minimum) ? [{ one, isIn }] : [];
          }),
    );
  }

  /** A school's answers from one location or of one weight. Before rule 5, all its answers. */
  private answersIn(
    one: Candidate,
    isIn: (place: Pick<Atom, 'location' | 'weight'>) => boolean,
  ): Candidate['answers'] {
    if (this.layout.rule < 5 || one.places.every(isIn)) return one.answers;
    const own = this.layout
      .answered(this.group, new Set([one.school.reportingStratum]))
      .filter((answered) => isIn(answered));
    return one.answersIn((item) =>
      Array.from({ length: this.items[item]!.options }, (_, option) =>
        sumOf(own, (answered) => answered.items[item]!.options[option]!),
      ),
    );
  }

  /**
   * Protects the remainders of known totals: the group, a location, a stratum (which weighted and unweighted totals
   * together may separate), and each item of the group. A remainder may not be too small, nearly unanimous or a
   * single protected cell. Goes through the candidates in order. Wherever one may not be shown, the remainder before
   * it becomes a protected set.
   */
  private protectRemainders(): void {
    const { minimum } = this.rules;
    const classes: ((place: Pick<Atom, 'location' | 'weight'>) => unknown)[] = [
      () => 0,
      (place) => place.location,
      (place) => place.weight,
    ];
    for (const classOf of classes)
      for (const name of new Set(this.open.flatMap((one) => one.atoms.map(classOf)))) {
        const isIn = (place: Pick<Atom, 'location' | 'weight'>) => classOf(place) === name;
        const members = this.open.flatMap((one) => {
          const n = sumOf(one.atoms, (atom) => (isIn(atom) ? peopleOf(atom) : 0));
          return n > 0 ? [{ n, isProtected: one.isProtected, one }] : [];
        });
        const answers = new Map(members.map(({ one }) => [one, this.answersIn(one, isIn)]));
        forbiddenRemainders(
          members,
          (_, left) =>
            mayRemain(left, minimum) &&
            mayAnswersRemain(
              left.map((member) => member.one),
              (one) => answers.get(one)!,
            ),
          (left) => {
            const ones = left.map((member) => member.one);
            this.space.protect(this.rows.columnsOfAtoms(isIn, ones));
            if (
              isSmall(
                sumOf(left, (member) => member.n),
                minimum,
              )
            )
              this.people.protect(isIn, ones);
            this.protectedAnswers.push({ schools: new Set(ones), item: null, isIn });
          },
        );
      }
    this.items.forEach((item, index) => {
      if (this.protectedItems.has(item.id)) return;
      const pairs = this.open.flatMap((one) => one.pairs.filter((pair) => pair.item === index && pair.n > 0));
      const left = this.itemRemainder(index, pairs);
      forbiddenRemainders(
        pairs,
        (pair) => {
          left.remove(pair);
          if (left.isAllowed()) return true;
          left.add(pair);
          return false;
        },
        (left) => {
          this.space.protect(left.flatMap((pair) => pair.columns));
          const schools = new Set(this.open.filter((one) => one.pairs.some((pair) => left.includes(pair))));
          this.protectedAnswers.push({ schools, item: index, isIn: () => true });
        },
      );
    });
  }

  /**
   * The number asked a rating is part of the official figure's denominator, which is never hidden to protect an item.
   * So it reveals, for the whole group, how many gave the answers that lead to it. For schools this stays hidden.
   */
  private isRevealed(item: number): boolean {
    return this.rows
      .askedIn(this.layout.official)
      .some((index) => this.followUps.ratingBefore(index) === item);
  }

  /**
   * Items that are not ratings. `areRatingsUnknown`: some parent items may be hidden. Returns whether none was hidden
   * to protect another one.
   */
  private showOthers(areRatingsUnknown: boolean): boolean {
    const { followUps, space, summary, protectedItems, rules } = this;
    const atoms = areRatingsUnknown ? this.rows.weightsOf(() => 1) : [];
    let isAnyRefused = false;
    const isRatingShown = (at: number) => {
      if (!areRatingsUnknown) return true;
      const rating = followUps.indexOfRating(at)!;
      if (followUps.isAfterOther(rating)) {
        const decided = this.showItem(rating);
        if (decided === 'refused') isAnyRefused = true;
        return decided === 'shown';
      }
      const entry = summary.items.find(({ id }) => id === this.items[rating]!.id);
      return !entry || !(this.hiddenEntries.has(entry) || this.hiddenFollowUps.has(entry));
    };
    const { rule } = this.layout;
    const { hidden, isComplete } = showOthers(
      { followUps, space, summary, protectedItems, rules, rule, isRatingShown },
      atoms,
    );
    for (const entry of hidden) this.hiddenFollowUps.add(entry);
    return isComplete && !isAnyRefused;
  }

  /** Formulas, dimensions, items and locations of the group. Returns whether none was refused. */
  private showWholes(): boolean {
    const { space, summary, layout } = this;
    const isWeighted = (atom: Atom) => atom.weight;
    let isComplete = true;
    const refuse = (holder: Holder) => {
      isComplete = false;
      this.hiddenEntries.add(holder);
    };
    // Headlines are already decided (headlines.ts) and are not hidden here.
    const isPart = (formula: Formula) => formula.id !== layout.official.id && isRestricted(formula);
    const headlines = layout.formulas.filter((formula) => !isPart(formula));
    const further = headlines.filter(
      (formula) => formula.id !== layout.official.id && this.rows.askedIn(formula).length > 0,
    );
    const shares = this.s.differences.length > 0 ? layout.shares : [];
    const whole = headlines.filter((formula) => !further.includes(formula));
    space.show(whole.flatMap((formula) => this.rows.figureRows(formula, isWeighted)));
    const sentences = shares.map((formula) => this.rows.row(formula, isWeighted));
    if (!shares.some((formula) => this.rows.isPartlyAsked(formula))) space.show(sentences);
    else if (!space.tryToShow(sentences)) {
      // Together, the shares reveal how many were asked.
      this.s.differences = [];
      isComplete = false;
    }
    // A formula's denominator may reveal how many gave an answer to a hidden item.
    for (const formula of further) {
      const entry = summary.formulas.find((other) => other.id === formula.id);
      if (entry?.figure.kind === 'estimate' && !space.tryToShow(this.rows.figureRows(formula, isWeighted)))
        refuse(entry);
    }
    for (const dimension of summary.dimensions) {
      if (dimension.figure.kind !== 'estimate') continue;
      const formula = restrictFormula(layout.official, { dimension: dimension.id });
      if (!space.tryToShow(this.rows.figureRows(formula, isWeighted))) refuse(dimension);
    }
    // A formula restricted to some items is less important than a dimension.
    for (const formula of layout.formulas.filter(isPart)) {
      const entry = summary.formulas.find((other) => other.id === formula.id);
      if (entry?.figure.kind === 'estimate' && !space.tryToShow(this.rows.figureRows(formula, isWeighted)))
        refuse(entry);
    }
    this.items.forEach((_, index) => {
      if (layout.rule > 3 && this.followUps.isAfterOther(index)) return;
      if (this.showItem(index) === 'refused') isComplete = false;
    });
    if (!this.showOthers(true)) isComplete = false;
    this.showLocations(refuse);
    return isComplete;
  }

  /** A rating of the whole group. `hidden`: for its own sake; `refused`: to protect something else. */
  private showItem(index: number): 'shown' | 'hidden' | 'refused' {
    const { space, summary, layout } = this;
    const item = this.items[index]!;
    const entry = summary.items.find((other) => other.id === item.id);
    const isAsked = this.followUps.isRatingAsked(index);
    const kind = entry?.distribution.kind;
    // That nobody answered would reveal how many were asked.
    if (!entry || !(kind === 'options' || (isAsked && kind === 'no-data'))) return 'shown';
    if (this.protectedItems.has(item.id)) {
      this.hiddenEntries.add(entry);
      return 'hidden';
    }
    const before = this.followUps.ratingBefore(index);
    if (before !== undefined && this.protectedItems.has(this.items[before]!.id)) {
      this.hiddenFollowUps.add(entry);
      return 'hidden';
    }
    const figure = this.rows.figureRows(
      restrictFormula(layout.official, { item: item.id }),
      (atom) => atom.weight,
    );
    const rows = [...figure, ...this.rows.countRows(index)];
    if (layout.rule > 3 && this.followUps.isAfterOther(index)) rows.push(this.rows.groupAskedRow(index));
    if (space.tryToShow(rows)) {
      this.itemsShown.add(index);
      return 'shown';
    }
    // Counts have no weights and the figure does: one of the two may be shown where both together may not.
    if (layout.rule > 4 && kind === 'options' && !isAsked && space.tryToShow(figure)) {
      this.itemsShown.add(index);
      this.hiddenCounts.add(entry);
      return 'shown';
    }
    if (isAsked) this.hiddenFollowUps.add(entry);
    this.hiddenEntries.add(entry);
    return 'refused';
  }

  private partsByLocation(): readonly (Part & {
    readonly location: Atom['location'];
    readonly holder: Holder | null;
  })[] {
    const found = this.s.locations.flatMap(({ location, groups }) =>
      groups.flatMap((holder) =>
        holder.group === this.group ? [{ ...partOf(holder, this.rules), location, holder }] : [],
      ),
    );
    const placed = found.reduce((sum, part) => sum + part.n, 0);
    const whole = this.all.reduce((sum, one) => sum + one.n, 0);
    const n = Math.max(0, whole - placed);
    return [
      ...found.sort((a, b) => b.n - a.n),
      // Answers without a location: the remainder of the group.
      { n, isProtected: isSmall(n, this.rules.minimum), location: null, holder: null },
    ];
  }

  private showLocations(refuse: (holder: Holder) => void): void {
    const parts = this.partsByLocation();
    const left = new Set(parts);
    for (const part of parts) {
      if (!part.holder || part.n === 0) continue;
      const isHere = (atom: Atom) => atom.location === part.location;
      left.delete(part);
      const isFree =
        !part.isProtected &&
        mayRemain([...left], this.rules.minimum) &&
        this.space.tryToShow(
          this.rows.figureRows(this.layout.official, (atom) => (isHere(atom) ? atom.weight : 0)),
          [],
          () => !this.people.tryLocation(isHere),
        );
      if (isFree) continue;
      left.add(part);
      if (part.isProtected) this.hiddenEntries.add(part.holder);
      else refuse(part.holder);
    }
  }

  private mayAllRemain(): boolean {
    return (
      this.maySchoolsRemain([...this.hiddenSchools]) &&
      this.items.every(
        (_, item) =>
          !this.itemsShown.has(item) || this.itemRemainder(item, this.hiddenPairs[item]!).isAllowed(),
      )
    );
  }

  private maySchoolsRemain(left: readonly Candidate[]): boolean {
    const { minimum } = this.rules;
    if (!mayRemain(left, minimum) || !mayAnswersRemain(left)) return false;
    if (!left.some((one) => one.isProtected)) return true;
    // The number of respondents of a location, less those of the shown schools, is known, too.
    for (const location of this.locationsOf(left)) {
      const isHere = (one: Candidate) => one.places.some((place) => place.location === location);
      const people = sumOf(left, (one) =>
        sumOf(one.places, (place) => (place.location === location ? peopleOf(place) : 0)),
      );
      if (isSmall(people, minimum) && this.all.some((one) => isHere(one) && !left.includes(one)))
        return false;
    }
    return true;
  }

  private locationsOf(ones: readonly Candidate[]): ReadonlySet<Atom['location']> {
    return new Set(ones.flatMap((one) => one.places.map((place) => place.location)));
  }

  private itemRemainder(item: number, pairs: Iterable<Pair>): ItemRemainder {
    return new ItemRemainder(this.totals[item]!, this.rules.minimum, pairs);
  }

  /** Returns whether no school was refused because of its equation. */
  private showSchools(): boolean {
    let isComplete = true;
    const candidates = this.open.filter((one) => !one.isProtected && one.n > 0);
    tryInOrder(candidates, (batch) => {
      const left = new Set(this.hiddenSchools);
      const free = batch.filter((one) => {
        left.delete(one);
        if (this.maySchoolsRemain([...left])) return true;
        left.add(one);
        return false;
      });
      const isShown = this.space.tryToShow(
        free.flatMap((one) =>
          this.rows.figureRows(this.layout.rowFormula(this.group), (atom) => atom.weight, [one]),
        ),
        [],
        () => !this.people.tryToShow(free),
      );
      if (isShown) for (const one of free) this.hiddenSchools.delete(one);
      else isComplete = false;
      return isShown;
    });
    return isComplete;
  }

  private areSettledShown(): boolean {
    return [...this.settled].every(
      (one) =>
        !this.hiddenSchools.has(one) && one.pairs.every((pair) => !this.hiddenPairs[pair.item]!.has(pair)),
    );
  }

  private showPairs(): void {
    const candidates = this.open.flatMap((one) =>
      this.hiddenSchools.has(one) ? [] : one.pairs.filter((pair) => !pair.isProtected),
    );
    const left = this.hiddenPairs.map((pairs, item) => this.itemRemainder(item, pairs));
    const row = this.layout.rowFormula(this.group);
    const inRow = this.items.map((item) => item.points(row).length > 0);
    const schoolOf = new Map<Pair, SchoolRemainder>();
    const ownerOf = new Map(this.open.flatMap((one) => one.pairs.map((pair) => [pair, one] as const)));
    for (const one of this.open) {
      if (this.hiddenSchools.has(one) || !one.pairs.some((pair) => pair.isProtected)) continue;
      const own = new SchoolRemainder(one.pairs, inRow);
      for (const pair of one.pairs) schoolOf.set(pair, own);
    }
    tryInOrder(candidates, (batch) => {
      const free = batch.filter((pair) => {
        const [own, school] = [left[pair.item]!, schoolOf.get(pair)];
        own.remove(pair);
        school?.remove(pair);
        if ((!this.itemsShown.has(pair.item) || own.isAllowed()) && school?.isAllowed() !== false)
          return true;
        own.add(pair);
        school?.add(pair);
        return false;
      });
      const isShown = this.space.tryToShow(
        free.flatMap((pair) => {
          const one = ownerOf.get(pair)!;
          const asked = this.rows.askedRows(one, pair.item);
          if (!this.spanning.has(one)) return asked;
          const formula = restrictFormula(this.layout.official, { item: this.items[pair.item]!.id });
          return [
            ...asked,
            ...this.rows.figureRows(formula, (atom) => atom.weight, [one]),
            ...(this.layout.rule > 4 ? this.rows.countRows(pair.item, [one]) : []),
          ];
        }),
        free.flatMap((pair) => (this.spanning.has(ownerOf.get(pair)!) ? [] : pair.columns)),
      );
      for (const pair of free)
        if (isShown) this.hiddenPairs[pair.item]!.delete(pair);
        else {
          left[pair.item]!.add(pair);
          schoolOf.get(pair)?.add(pair);
        }
      return isShown;
    });
  }

  private apply(): void {
    for (const holder of this.hiddenEntries) hide(holder);
    for (const entry of this.hiddenFollowUps) hideCompletely(entry);
    for (const entry of this.hiddenCounts) entry.distribution = { kind: 'suppressed', why: 'protected' };
    for (const one of this.hiddenSchools) hide(one.school);
    for (const one of this.open)
      for (const pair of one.pairs)
        if (this.hiddenPairs[pair.item]!.has(pair))
          (this.followUps.isRatingAsked(pair.item) ? hideCompletely : hide)(pair.entry);
    for (const { school } of this.all)
      for (const entry of school.items)
        if (school.figure.kind === 'suppressed' || this.protectedItems.has(entry.id)) hide(entry);
  }
}

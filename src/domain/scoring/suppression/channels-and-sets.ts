/** Unweighted figures by channel and by set. They are decided after a group's schools, as they are less important. */
import {
  hide,
  hiddenParts,
  isNearUnanimous,
  isSmall,
  partOf,
  type Group,
  type Holder,
  type Part,
  type Rules,
  type Shown,
} from './cells.ts';
import { sumOf } from './candidates.ts';
import type { OtherArms } from './other-arms.ts';
import type { Arrivals } from './arrivals.ts';
import { subtract } from './field.ts';
import { isPooled, type Answered, type Arrival, type Atom, type Layout } from './layout.ts';
import { columnsIn, RowSpace, type Row } from './row-space.ts';
import type { GroupKnowledge } from './schools.ts';
import type { WeightClasses } from './weight-classes.ts';

export interface Decided {
  readonly hiddenGroups: ReadonlySet<Group>;
  readonly knowledge: ReadonlyMap<Group, GroupKnowledge>;
  readonly weightClasses: ReadonlyMap<Group, WeightClasses>;
  readonly arrivals: Arrivals;
  readonly otherArms: OtherArms;
}

interface Entry extends Part {
  readonly kind: 'channel' | 'set';
  readonly name: string;
  readonly isCounted: boolean;
  readonly holder: Holder;
  readonly belongs: (own: Arrival) => boolean;
}

/** Hides what must be hidden of the figures by channel and by set, and small numbers of issued codes. */
export function protectPooled(s: Shown, layout: Layout, rules: Rules, decided: Decided): void {
  for (const { group } of s.groups) {
    const pooled = new ChannelsAndSets(s, layout, rules, decided, group);
    pooled.decide(pooled.entries.filter((entry) => entry.isCounted && entry.kind === 'channel'));
    pooled.decide(pooled.entries.filter((entry) => entry.isCounted && entry.kind === 'set'));
    const uncounted = pooled.entries.filter((entry) => !entry.isCounted);
    // Uncounted answers by a channel (shared links) and in a set (late additions) may come from almost the same
    // people.
    const isLike = (one: Entry) =>
      one.kind === 'channel' &&
      uncounted.some(
        (other) =>
          other.kind === 'set' &&
          one.n > 0 &&
          other.n > 0 &&
          isSmall(Math.abs(one.n - other.n), rules.minimum),
      );
    for (const entry of uncounted)
      if (entry.isProtected || isLike(entry) || !pooled.tryToShow(entry)) hide(entry.holder);
  }
  for (const set of s.sets)
    for (const entry of set.groups)
      if (entry.issued.kind === 'count' && isSmall(entry.issued.value, rules.minimum))
        entry.issued = { kind: 'suppressed', why: 'minimum-cell' };
  for (const school of s.schools)
    if (school.issued.kind === 'count' && isSmall(school.issued.value, rules.minimum))
      school.issued = { kind: 'suppressed', why: 'minimum-cell' };
}

/**
 * The channels and sets of one group. For each channel–set pair, the sum of the official formula over its answers is
 * one more unknown. The sum of the counted pairs is the group's unweighted sum.
 */
class ChannelsAndSets {
  readonly entries: readonly Entry[];
  private readonly space: RowSpace;
  private readonly columns: ReadonlyMap<Arrival, number>;
  private readonly atoms: readonly Atom[];
  private readonly know: GroupKnowledge | undefined;
  private answers: readonly Answered[] | undefined;

  constructor(
    s: Shown,
    private readonly layout: Layout,
    private readonly rules: Rules,
    private readonly decided: Decided,
    private readonly group: Group,
  ) {
    const { arrivals, knowledge } = decided;
    const own = layout.arrivals.filter((arrival) => isPooled(arrival, group));
    this.atoms = layout.atoms.filter((atom) => atom.group === group);
    this.know = knowledge.get(group);
    const entryOf = (
      kind: Entry['kind'],
      name: string,
      isCounted: boolean,
      groups: readonly (Holder & { readonly group: Group })[],
      belongs: (own: Arrival) => boolean,
    ): readonly Entry[] =>
      groups.flatMap((holder) =>
        holder.group === group ? [{ ...partOf(holder, rules), kind, name, isCounted, holder, belongs }] : [],
      );
    this.entries = [
      ...s.channels.flatMap(({ channel, counted, groups }) =>
        entryOf('channel', channel, counted, groups, arrivals.ofChannel(group, channel)),
      ),
      ...s.sets.flatMap(({ set, counted, groups }) =>
        entryOf('set', set, counted, groups, arrivals.ofSet(group, set)),
      ),
    ];
    this.columns = this.know?.channelSetColumns ?? new Map(own.map((arrival, column) => [arrival, column]));
    this.space = this.know?.space ?? new RowSpace(own.map(() => 1));
    for (const entry of this.entries)
      if (entry.isProtected) this.space.protect(columnsIn(this.row(entry.belongs)));
    const whole = this.row((arrival) => arrivals.isCounted(arrival));
    this.know
      ?.pooledRow(() => 1)
      .forEach((value, column) => {
        if (value !== 0) whole[column] = subtract(0, value);
      });
    this.space.show([whole]);
  }

  /** Decides about parts of the group's answers, the largest first. */
  decide(entries: readonly Entry[]): void {
    const { hiddenGroups } = this.decided;
    const ordered = [...entries].sort((a, b) => b.n - a.n);
    const left = new Set(ordered);
    const refuses = (entry: Entry): boolean => {
      left.delete(entry);
      const refused = this.wouldLeaveOneAnswer(left) || !this.tryToShow(entry);
      if (refused) left.add(entry);
      return refused;
    };
    const isAllHidden =
      hiddenGroups.has(this.group) ||
      (ordered.length > 0 && this.decided.weightClasses.get(this.group)?.tryUnweighted() === false);
    const hidden = isAllHidden ? new Set(ordered) : hiddenParts(ordered, this.rules.minimum, refuses);
    for (const entry of hidden) hide(entry.holder);
  }

  /**
   * If the hidden parts together are nearly unanimous, the group's figure less the shown parts reveals their answers.
   * Since rule 3.
   */
  private wouldLeaveOneAnswer(left: ReadonlySet<Entry>): boolean {
    if (this.layout.rule < 3 || ![...left].some((entry) => entry.n > 0 && entry.isProtected)) return false;
    const formula = this.layout.rowFormula(this.group);
    const points = (this.layout.ratings.get(this.group) ?? []).map((item) => item.points(formula));
    const names = new Set([...left].map(({ name }) => name));
    const [first] = left;
    this.answers ??= this.layout.answered(this.group);
    const counts = new Map<number, number>();
    for (const own of this.answers)
      if (names.has(first?.kind === 'channel' ? own.channel : own.set))
        for (const [item, { options }] of own.items.entries())
          for (const [option, worth] of (points[item] ?? []).entries())
            counts.set(worth, (counts.get(worth) ?? 0) + (options[option] ?? 0));
    // That all answered 不了解 is not protected.
    return sumOf([...counts.values()], (n) => n) > 0 && isNearUnanimous([...counts.values()]);
  }

  tryToShow(entry: Entry): boolean {
    const rows = [this.row(entry.belongs)];
    const countsOf = (atom: Atom) => (entry.kind === 'channel' ? atom.channels : atom.sets);
    const share = entry.isCounted
      ? shareOf(this.atoms, (atom) => countsOf(atom).get(entry.name) ?? 0, countsOf, this.rules.minimum)
      : null;
    if (share && this.know) rows.push(...this.know.pooledRows(share));
    return this.space.tryToShow(rows, [], () => !this.decided.arrivals.tryToShow(entry.belongs));
  }

  private row(belongs: (own: Arrival) => boolean): Row {
    const row = this.space.emptyRow();
    for (const [own, column] of this.columns) if (belongs(own)) row[column] = 1;
    return row;
  }
}

/**
 * The atoms that a figure by channel or set covers: 1 or 0. Null if it covers parts of atoms with at least the
 * minimum of people: no other figure covers these parts, so the equation reveals nothing about any atom. Smaller
 * parts are treated as known.
 */
function shareOf(
  atoms: readonly Atom[],
  within: (atom: Atom) => number,
  countsOf: (atom: Atom) => ReadonlyMap<string, number>,
  minimum: number,
): ((atom: Atom) => number) | null {
  const whole = new Set<Atom>();
  let mixed = 0;
  for (const atom of atoms) {
    const own = within(atom);
    let all = 0;
    for (const n of countsOf(atom).values()) all += n;
    if (own === 0) continue;
    if (own === all) whole.add(atom);
    else mixed += Math.min(own, all - own);
  }
  return mixed >= minimum ? null : (atom) => (whole.has(atom) ? 1 : 0);
}

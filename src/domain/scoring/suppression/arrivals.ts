/**
 * Equations for the number of respondents by group, channel, set and validity. Every number above school level is a
 * sum of these: group sizes, return rates, AAPOR's rates, channels, sets and re-answers. Together they must not
 * reveal the size of a small channel or set: all assisted answers may come from one family.
 * In a split ballot, rates count all arms. The page that compares the arms shows the size of each, and how many of
 * its answers were incomplete.
 */
import type { Channel, CountedSet } from '../../model/vocabulary.ts';
import { isSmall, partOf, type Group, type Rules, type Shown } from './cells.ts';
import type { Arrival, Layout } from './layout.ts';
import { columnsIn, RowSpace, type Row } from './row-space.ts';

type Belongs = (arrival: Arrival) => boolean;

export class Arrivals {
  private readonly list: readonly Arrival[];
  /**
   * One space with all channel–set pairs, and one without the pairs that nobody used: an attacker may or may not know
   * which those are. A number must be safe in both.
   */
  private readonly spaces: readonly { readonly space: RowSpace; readonly isIn: Belongs }[];
  private readonly members: ReadonlySet<Group>;
  private readonly returned: Belongs;
  private readonly channels: ReadonlySet<Channel>;
  private readonly sets: ReadonlySet<CountedSet>;

  constructor(s: Shown, layout: Layout, rules: Rules, hiddenGroups: ReadonlySet<Group>) {
    this.list = layout.arrivals;
    this.channels = new Set(s.profile.channels);
    this.sets = new Set(s.profile.sets);
    this.members = new Set(s.responseRates.flatMap((entry) => entry.group ?? []));
    const rule = layout.returnRate;
    this.returned = ({ channel, set, valid }) =>
      this.channels.has(channel) &&
      (rule?.sets.includes(set) ?? false) &&
      (valid || rule?.numerator === 'answered');
    const small: Belongs[] = [];
    const addSmall = (
      groups: Shown['channels'][number]['groups'],
      entryOf: (group: Group) => Belongs,
    ): void => {
      for (const entry of groups)
        if (isSmall(partOf(entry, rules).n, rules.minimum)) small.push(entryOf(entry.group));
    };
    for (const { channel, groups } of s.channels) addSmall(groups, (group) => this.ofChannel(group, channel));
    for (const { set, groups } of s.sets) addSmall(groups, (group) => this.ofSet(group, set));
    for (const group of hiddenGroups)
      small.push((own) => own.group === group && !this.isCounted(own) && own.voidStratum === null);
    const arms = this.armsOf(hiddenGroups);
    for (const { arm, belongs } of arms) if (arm !== null) small.push(...this.smallOfArm(belongs, rules));
    this.spaces = [() => true, (own: Arrival) => !own.isEmpty].map((isIn) => {
      const space = new RowSpace(this.list.map((own) => (small.some((belongs) => belongs(own)) ? 0 : 1)));
      for (const belongs of small) space.protect(columnsIn(this.row((own) => belongs(own) && isIn(own))));
      return { space, isIn };
    });
    // An attacker knows n of every sampling stratum, in hidden groups, too.
    for (const { group } of s.groups) this.show((own) => own.group === group && this.isCounted(own));
    for (const { belongs } of arms) {
      const isCounted = (own: Arrival) => belongs(own) && this.isOfCounted(own);
      const valid = this.peopleIn((own) => isCounted(own) && own.valid);
      if (!isSmall(valid, rules.minimum)) this.show((own) => isCounted(own) && own.valid);
      this.show((own) => isCounted(own) && !own.valid);
    }
    if (s.official.kind !== 'estimate') return;
    const weighted = new Set(s.groups.flatMap(({ group, weight }) => (weight > 0 ? [group] : [])));
    this.show((own) => weighted.has(own.group) && this.isCounted(own));
  }

  /** Valid answers by this channel: those of the counted sets, or of all sets if the channel is not counted. */
  ofChannel(group: Group, channel: Channel): Belongs {
    const isAny = !this.channels.has(channel);
    return (own) =>
      own.arm === null &&
      own.valid &&
      own.group === group &&
      own.channel === channel &&
      (isAny || this.sets.has(own.set));
  }

  ofSet(group: Group, set: CountedSet): Belongs {
    const isAny = !this.sets.has(set);
    return (own) =>
      own.arm === null &&
      own.valid &&
      own.group === group &&
      own.set === set &&
      (isAny || this.channels.has(own.channel));
  }

  isCounted(own: Arrival): boolean {
    return own.arm === null && own.valid && this.isOfCounted(own);
  }

  private isOfCounted({ channel, set }: Arrival): boolean {
    return this.channels.has(channel) && this.sets.has(set);
  }

  private peopleIn(belongs: Belongs): number {
    return this.list.reduce((sum, own) => sum + (belongs(own) ? own.people : 0), 0);
  }

  /** Arms of the shown groups with a split ballot. `arm` null: the main arm. */
  private armsOf(hiddenGroups: ReadonlySet<Group>): readonly { arm: number | null; belongs: Belongs }[] {
    const otherArms = this.list.filter((own) => own.arm !== null && !hiddenGroups.has(own.group));
    return [...new Set(otherArms.map((own) => own.group))].flatMap((group) =>
      [null, ...new Set(otherArms.flatMap((own) => (own.group === group ? [own.arm] : [])))].map((arm) => ({
        arm,
        belongs: (own: Arrival) => own.group === group && own.arm === arm && own.voidStratum === null,
      })),
    );
  }

  /** The parts of an arm that are below the minimum: its counted answers, and those by each channel and set. */
  private smallOfArm(belongs: Belongs, rules: Rules): readonly Belongs[] {
    const valid =
      (isIn: Belongs): Belongs =>
      (own) =>
        belongs(own) && own.valid && isIn(own);
    const parts = [
      valid((own) => this.isOfCounted(own)),
      ...[...new Set(this.list.map((own) => own.channel))].map((channel) =>
        valid((own) => own.channel === channel && (!this.channels.has(channel) || this.sets.has(own.set))),
      ),
      ...[...new Set(this.list.map((own) => own.set))].map((set) =>
        valid((own) => own.set === set && (!this.sets.has(set) || this.channels.has(own.channel))),
      ),
    ];
    return parts.filter((part) => isSmall(this.peopleIn(part), rules.minimum));
  }

  /** Tries to show the numerator of a return rate. `group` null: of all groups. */
  tryReturned(group: Group | null): boolean {
    return this.tryToShow((own) => this.isOf(own, group) && this.returned(own));
  }

  /** Tries to show AAPOR's rates: the complete and partial answers of the drawn sample, by all channels. */
  tryCases(group: Group | null): boolean {
    const cases = (valid: boolean) => (own: Arrival) =>
      this.isOf(own, group) && own.set === 'drawn' && own.valid === valid;
    return this.tryToShow(cases(true), cases(false));
  }

  /** Tries to show how many answers a group handed in, without void ones. */
  tryAll(group: Group): boolean {
    return this.tryToShow((own) => own.group === group);
  }

  /** Tries to show how many answers were handed in altogether, including void ones. */
  tryEverything(): boolean {
    return this.tryRows([new Float64Array(this.list.length).fill(1)]);
  }

  tryVoid(stratum: number): boolean {
    const column = this.list.findIndex((own) => own.voidStratum === stratum);
    return column < 0 || this.tryRows([this.rowOf((_, at) => at === column)]);
  }

  tryToShow(...numbers: readonly Belongs[]): boolean {
    return this.tryRows(numbers.map((belongs) => this.row(belongs)));
  }

  private tryRows(rows: readonly Row[]): boolean {
    const [first, second] = this.spaces.map((entry) => ({
      ...entry,
      rows: rows.map((row) => this.within(row, entry.isIn)),
    }));
    return first!.space.tryToShow(first!.rows, [], () => !second!.space.tryToShow(second!.rows));
  }

  private show(belongs: Belongs): void {
    for (const { space, isIn } of this.spaces) space.show([this.within(this.row(belongs), isIn)]);
  }

  private within(row: Row, isIn: Belongs): Row {
    return row.map((value, column) => (isIn(this.list[column]!) ? value : 0));
  }

  private isOf(own: Arrival, group: Group | null): boolean {
    return group === null ? this.members.has(own.group) : own.group === group;
  }

  private row(belongs: Belongs): Row {
    return this.rowOf((own) => own.voidStratum === null && belongs(own));
  }

  private rowOf(isIn: (own: Arrival, column: number) => boolean): Row {
    return Float64Array.from(this.list, (own, column) => (isIn(own, column) ? 1 : 0));
  }
}

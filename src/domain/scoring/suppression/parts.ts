/** Channels, sets, first answers, figures without the flagged, re-answers and rates: what is left to ask once groups and schools are decided. */
import { answerFlags } from '../signals/flags.ts';
import {
  hide,
  hiddenParts,
  isNearUnanimous,
  isSmall,
  mayRemain,
  partOf,
  type Group,
  type Holder,
  type Part,
  type Rules,
  type Shown,
} from './cells.ts';
import { fieldHolder } from './headlines.ts';
import { sumOf } from './candidates.ts';
import { peopleOf, type Atom, type Layout } from './layout.ts';
import type { GroupKnowledge } from './schools.ts';

export interface Decided {
  readonly hiddenGroups: ReadonlySet<Group>;
  readonly knowledge: ReadonlyMap<Group, GroupKnowledge>;
}

interface Entry extends Part {
  readonly holder: Holder;
  readonly name: string;
}

/** Answers pooled without weights, by how they came in or by set. */
export function protectPooled(
  s: Shown,
  layout: Layout,
  rules: Rules,
  { hiddenGroups, knowledge }: Decided,
): void {
  for (const { group } of s.groups) {
    const entriesOf = (
      list: readonly {
        readonly counted: boolean;
        readonly groups: readonly (Holder & { readonly group: Group })[];
      }[],
      nameOf: (index: number) => string,
      counted: boolean,
    ) =>
      list.flatMap((part, index): Entry[] =>
        part.counted !== counted
          ? []
          : part.groups.flatMap((holder) =>
              holder.group === group ? [{ ...partOf(holder, rules), holder, name: nameOf(index) }] : [],
            ),
      );
    const channelName = (index: number) => s.channels[index]!.channel;
    const setName = (index: number) => s.sets[index]!.set;
    const atoms = layout.atoms.filter((atom) => atom.group === group);
    // Together the counted parts are the group without weights.
    const isWholeFree = knowledge.get(group)?.tryPooled(() => 1) !== false;
    const decide = (entries: readonly Entry[], countsOf: (atom: Atom) => ReadonlyMap<string, number>) => {
      const ordered = [...entries].sort((a, b) => b.n - a.n);
      // One that the schools' equations refuse may not follow from the others either.
      const judged = ordered.map((entry) => {
        const share = shareOf(atoms, (atom) => countsOf(atom).get(entry.name) ?? 0, countsOf, rules.minimum);
        const isRefused =
          !isWholeFree ||
          (!entry.isProtected && share !== null && knowledge.get(group)?.tryPooled(share) === false);
        return isRefused ? { ...entry, isProtected: true } : entry;
      });
      const hidden = hiddenGroups.has(group) ? new Set(judged) : hiddenParts(judged, rules.minimum);
      for (const entry of hidden) hide(entry.holder);
    };
    decide(entriesOf(s.channels, channelName, true), (atom) => atom.channels);
    decide(entriesOf(s.sets, setName, true), (atom) => atom.sets);
    const apart = {
      channels: entriesOf(s.channels, channelName, false),
      sets: entriesOf(s.sets, setName, false),
    };
    // Outside the figure a channel (shared links) and a set (late additions) may be all but the same people.
    for (const channel of apart.channels)
      if (
        channel.isProtected ||
        apart.sets.some(
          (set) => channel.n > 0 && set.n > 0 && isSmall(Math.abs(channel.n - set.n), rules.minimum),
        )
      )
        hide(channel.holder);
    for (const set of apart.sets) if (set.isProtected) hide(set.holder);
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
 * Which atoms a pooled figure is about: 1 or 0. Null where it holds parts of atoms with many people, of whom nothing else tells: then its
 * equation says nothing of any atom. Parts of few are taken as known.
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

/** How many of a group's respondents changed their answer between first and last. */
interface Change extends Part {
  readonly group: Group;
  readonly holder: Holder;
}

function changeOf(n: number, minimum: number): Part {
  return { n, isProtected: isSmall(n, minimum) };
}

function reansweredIn(s: Shown, belongs: (row: Shown['reanswers']['strata'][number]) => boolean): number {
  return s.reanswers.strata
    .filter(belongs)
    .reduce((sum, { figure }) => sum + (figure.kind === 'estimate' ? figure.n : 0), 0);
}

/**
 * First and last answers are of the same people, so the difference of the two figures is that of those who answered again. `before` is
 * the summary as it was before anything was hidden.
 */
export function protectFirst(s: Shown, before: Shown, rules: Rules, { hiddenGroups }: Decided): void {
  const weights = new Map(s.groups.map((group) => [group.group, group.weight]));
  const changes = s.first.groups.map((holder): Change => {
    const last = before.groups.find((entry) => entry.group === holder.group)?.figure;
    let n = reansweredIn(before, (row) => row.group === holder.group);
    if (last?.kind === 'estimate' && holder.figure.kind === 'estimate') {
      // Populations differ where only one of the two answers is valid; a change that the counts do not explain counts as one person's.
      n = Math.max(n, Math.abs(last.n - holder.figure.n));
      if (n === 0 && last.value !== holder.figure.value) n = 1;
    }
    const change = changeOf(n, rules.minimum);
    // Nobody changed in a hidden group: its first figure is its last.
    const isHidden = hiddenGroups.has(holder.group) || partOf(holder, rules).isProtected;
    return { n, isProtected: change.isProtected || isHidden, group: holder.group, holder };
  });
  const weighted = changes.filter((change) => (weights.get(change.group) ?? 0) > 0);
  const total = changeOf(
    weighted.reduce((sum, change) => sum + change.n, 0),
    rules.minimum,
  );
  const official = fieldHolder(s.first, 'official');
  const isOfficialShown =
    s.official.kind === 'estimate' &&
    !total.isProtected &&
    !partOf(official, rules).isProtected &&
    mayRemain(weighted, rules.minimum);
  if (!isOfficialShown) hide(official);
  const ordered = [...weighted].sort((a, b) => b.n - a.n);
  const hidden = isOfficialShown ? hiddenParts(ordered, rules.minimum) : new Set<Change>();
  for (const change of changes) if (change.isProtected || hidden.has(change)) hide(change.holder);
}

/**
 * Figures without the flagged strata: what lies between them and the figures with them is the flagged strata's, less those that are shown. As
 * many as the minimum cell or none may follow from it, and not one protected stratum alone.
 */
export function protectWithoutFlagged(
  s: Shown,
  before: Shown,
  layout: Layout,
  rules: Rules,
  { hiddenGroups, knowledge }: Decided,
): void {
  const without = s.withoutFlagged;
  if (!without) return;
  const flagged = new Set(
    before.signals.flatMap((signal) => (answerFlags.has(signal.kind) ? signal.reportingStratum : [])),
  );
  const weights = new Map(s.groups.map((group) => [group.group, group.weight]));
  let refused = 0;
  let firstRefused = 0;
  for (const entry of without.groups) {
    const isWeighted = (weights.get(entry.group) ?? 0) > 0;
    const whole = s.groups.find((group) => group.group === entry.group)?.figure;
    const hiddenStrata = before.schools.flatMap((school, i) =>
      school.group === entry.group &&
      flagged.has(school.reportingStratum) &&
      s.schools[i]!.figure.kind === 'suppressed'
        ? [partOf(school, rules)]
        : [],
    );
    const isSame = !before.schools.some(
      (school) => school.group === entry.group && flagged.has(school.reportingStratum),
    );
    const mayShow =
      whole?.kind === 'estimate' &&
      !partOf(entry, rules).isProtected &&
      (isSame ||
        (mayRemain(hiddenStrata, rules.minimum) &&
          !(
            hiddenStrata.some((part) => part.isProtected) && areAnswersAlike(before, s, entry.group, flagged)
          ) &&
          !isSmall(
            sumOf(hiddenStrata, (part) => part.n),
            rules.minimum,
          ) &&
          knowledge.get(entry.group)?.tryPooled(weightWithout(layout, flagged)) !== false));
    if (!mayShow) hide(entry);
    // A hidden group of which nobody is flagged is hidden in the same way on both sides.
    if (!mayShow && isWeighted && !(isSame && whole?.kind === 'suppressed')) refused++;

    const first = without.first.groups.find((other) => other.group === entry.group);
    if (!first) continue;
    const ownFirst = s.first.groups.find((other) => other.group === entry.group)?.figure;
    const change = changesWithout(before, entry, first, flagged);
    const mayShowFirst =
      mayShow &&
      ownFirst?.kind === 'estimate' &&
      !partOf(first, rules).isProtected &&
      !isSmall(change.kept, rules.minimum) &&
      !isSmall(change.flagged, rules.minimum);
    if (!mayShowFirst) hide(first);
    if (!mayShowFirst && isWeighted && !(isSame && hiddenGroups.has(entry.group))) firstRefused++;
  }
  const official = fieldHolder(without, 'official');
  if (s.official.kind !== 'estimate' || partOf(official, rules).isProtected || refused > 0) hide(official);
  const firstOfficial = fieldHolder(without.first, 'official');
  if (
    without.official.kind !== 'estimate' ||
    s.first.official.kind !== 'estimate' ||
    partOf(firstOfficial, rules).isProtected ||
    firstRefused > 0
  )
    hide(firstOfficial);
}

/** Are the answers of a group's flagged strata that are hidden, taken together, nearly unanimous? */
function areAnswersAlike(before: Shown, s: Shown, group: Group, flagged: ReadonlySet<number>): boolean {
  const sums = new Map<string, number>();
  for (const [i, school] of before.schools.entries())
    if (
      school.group === group &&
      flagged.has(school.reportingStratum) &&
      s.schools[i]!.figure.kind === 'suppressed'
    )
      for (const { distribution } of school.items)
        if (distribution.kind === 'options')
          for (const { id, count } of distribution.options) sums.set(id, (sums.get(id) ?? 0) + count);
  return isNearUnanimous([...sums.values()]);
}

/** Weights without the flagged: the others of a sampling stratum stand for it. */
function weightWithout(layout: Layout, flagged: ReadonlySet<number>): (atom: Atom) => number {
  const strata = new Map<string, { all: number; kept: number }>();
  for (const atom of layout.atoms) {
    const own = strata.get(atom.stratum) ?? { all: 0, kept: 0 };
    strata.set(atom.stratum, own);
    const people = peopleOf(atom);
    own.all += people;
    if (!flagged.has(atom.reportingStratum)) own.kept += people;
  }
  return (atom) => {
    if (flagged.has(atom.reportingStratum)) return 0;
    const { all, kept } = strata.get(atom.stratum)!;
    return all === kept ? atom.weight : (atom.weight * all) / kept;
  };
}

function changesWithout(
  before: Shown,
  last: Holder & { readonly group: Group },
  first: Holder,
  flagged: ReadonlySet<number>,
): { readonly kept: number; readonly flagged: number } {
  const again = (isFlagged: boolean) =>
    reansweredIn(
      before,
      (row) => row.group === last.group && flagged.has(row.reportingStratum) === isFlagged,
    );
  let kept = again(false);
  if (last.figure.kind === 'estimate' && first.figure.kind === 'estimate' && kept === 0)
    kept = last.figure.value === first.figure.value ? 0 : 1;
  return { kept, flagged: again(true) };
}

/** Shares of those who answered again. Each row tells the number of respondents of its stratum, too. */
export function protectReanswers(s: Shown, rules: Rules, { hiddenGroups, knowledge }: Decided): void {
  const rows = s.reanswers.strata.map((row) => {
    const { figure } = row;
    const again = figure.kind === 'estimate' ? figure.n : 0;
    const people = figure.kind === 'estimate' ? figure.denominator : 0;
    return {
      row,
      people,
      n: again,
      isProtected:
        isSmall(again, rules.minimum) ||
        isSmall(people, rules.minimum) ||
        (people > 0 && hiddenGroups.has(row.group)),
    };
  });
  const total = s.reanswers.total;
  const isTotalShown =
    total.kind === 'estimate' &&
    !isSmall(total.n, rules.minimum) &&
    !isSmall(total.denominator, rules.minimum) &&
    mayRemain(rows, rules.minimum);
  if (!isTotalShown) hide(fieldHolder(s.reanswers, 'total'));
  const ordered = [...rows].sort((a, b) => b.people - a.people);
  const tellsPeople = ({ row }: (typeof rows)[number]) =>
    knowledge.get(row.group)?.tryPeople(row.reportingStratum) === false;
  const hidden = hiddenParts(ordered, isTotalShown ? rules.minimum : 0, tellsPeople);
  for (const { row } of hidden) hide(row);
}

/** Return rates and AAPOR's tell how many answered of how many codes. */
export function protectRates(
  s: Shown,
  before: Shown,
  rules: Rules,
  { hiddenGroups, knowledge }: Decided,
): void {
  const isSmallRate = ({ figure }: Holder) =>
    figure.kind === 'estimate' && isSmall(figure.denominator, rules.minimum);
  const groups = s.returnRates.flatMap((rate) => {
    if (rate.group === null) return [];
    const people = before.groups.find((group) => group.group === rate.group)?.responses;
    const n = people?.kind === 'count' ? people.value : 0;
    return [
      {
        rate,
        n,
        isProtected: isSmallRate(rate) || isSmall(n, rules.minimum) || hiddenGroups.has(rate.group),
      },
    ];
  });
  const isTotalHidden = s.returnRates.some((rate) => rate.group === null && isSmallRate(rate));
  const ordered = [...groups].sort((a, b) => b.n - a.n);
  const hidden = new Set([...hiddenParts(ordered, rules.minimum)].map(({ rate }) => rate.group));
  for (const rate of s.returnRates)
    if (isSmallRate(rate)) hide(rate, 'minimum-cell');
    else if (rate.group !== null && hidden.has(rate.group)) hide(rate);
  for (const school of [...s.schools].sort((a, b) => issuedOf(b) - issuedOf(a))) {
    const isHidden =
      isSmallRate({ figure: school.returnRate }) ||
      hidden.has(school.group) ||
      hiddenGroups.has(school.group) ||
      knowledge.get(school.group)?.tryPeople(school.reportingStratum) === false;
    if (isHidden && school.returnRate.kind === 'estimate')
      school.returnRate = { kind: 'suppressed', why: 'protected' };
  }
  for (const entry of s.responseRates)
    for (const rate of entry.rates) {
      const isHidden = entry.group === null ? isTotalHidden : hidden.has(entry.group);
      if (isHidden) hide(rate);
      else if (isSmallRate(rate)) hide(rate, 'minimum-cell');
    }
}

function issuedOf(school: Shown['schools'][number]): number {
  return school.returnRate.kind === 'estimate' ? school.returnRate.denominator : 0;
}

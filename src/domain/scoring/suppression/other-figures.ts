/** First answers, figures without flagged strata, re-answers and rates: decided after groups and schools. */
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
import type { Decided } from './channels-and-sets.ts';
import type { OtherArms } from './other-arms.ts';
import type { Arrivals } from './arrivals.ts';
import { askedKey } from './asked.ts';
import type { Layout } from './layout.ts';

/** Respondents of a group whose first and last answers differ. */
interface Change extends Part {
  readonly group: Group;
  readonly holder: Holder;
}

function changeOf(n: number, minimum: number): Part {
  return { n, isProtected: isSmall(n, minimum) };
}

/** A lower bound of the re-answers by the main arm. */
function reansweredIn(
  s: Shown,
  otherArms: OtherArms,
  belongs: (row: Shown['reanswers']['strata'][number]) => boolean,
): number {
  const voided = voidStrata(s);
  const counts = s.reanswers.strata.flatMap((row) =>
    belongs(row) && !voided.has(row.reportingStratum) && row.figure.kind === 'estimate'
      ? [{ all: row.figure.n, main: otherArms.mainOf(row.reportingStratum, row.figure.n) }]
      : [],
  );
  const all = sumOf(counts, (own) => own.all);
  // Never 0: one of them may be of the main arm.
  return all === 0
    ? 0
    : Math.max(
        1,
        sumOf(counts, (own) => own.main),
      );
}

/**
 * First and last answers come from the same people, so the difference of the two figures describes those who answered
 * again. `before`: the summary before anything was hidden.
 */
export function protectFirst(
  s: Shown,
  before: Shown,
  layout: Layout,
  rules: Rules,
  { hiddenGroups, otherArms }: Decided,
): void {
  const weights = new Map(s.groups.map((group) => [group.group, group.weight]));
  const changes = s.first.groups.map((holder): Change => {
    const last = before.groups.find((entry) => entry.group === holder.group)?.figure;
    let n = reansweredIn(before, otherArms, (row) => row.group === holder.group);
    if (last?.kind === 'estimate' && holder.figure.kind === 'estimate') {
      // If only one of the two answers is valid, the numbers of respondents differ. A difference that no re-answer
      // explains counts as one person.
      n = Math.max(n, Math.abs(last.n - holder.figure.n));
      if (n === 0 && last.value !== holder.figure.value) n = 1;
    }
    const change = changeOf(n, rules.minimum);
    // If nobody in a hidden group changed an answer, its first figure equals its last one.
    const isHidden = hiddenGroups.has(holder.group) || partOf(holder, rules).isProtected;
    return { n, isProtected: change.isProtected || isHidden, group: holder.group, holder };
  });
  const weighted = changes.filter((change) => (weights.get(change.group) ?? 0) > 0);
  const total = changeOf(
    weighted.reduce((sum, change) => sum + change.n, 0),
    rules.minimum,
  );
  const official = fieldHolder(s.first, 'official');
  const mayShow =
    s.official.kind === 'estimate' &&
    !total.isProtected &&
    !partOf(official, rules).isProtected &&
    mayRemain(weighted, rules.minimum);
  const ordered = [...weighted].sort((a, b) => b.n - a.n);
  const left = mayShow ? hiddenParts(ordered, rules.minimum) : new Set<Change>();
  // If the number of first answers to a follow-up is unknown in one group only, the county's denominator reveals it.
  const isAsked = ({ group, isProtected }: Change) => {
    const isHidden = isProtected || [...left].some((own) => own.group === group);
    return isHidden && askedKey(layout, group, layout.official) !== '';
  };
  const isOfficialShown = mayShow && weighted.filter(isAsked).length !== 1;
  if (!isOfficialShown) hide(official);
  const hidden = isOfficialShown ? left : new Set<Change>();
  for (const change of changes) if (change.isProtected || hidden.has(change)) hide(change.holder);
}

/**
 * Figures without flagged strata. The difference to the figures with them describes the flagged strata. Less the
 * shown ones, it must concern nobody or at least the minimum cell, and not one protected stratum alone.
 */
export function protectWithoutFlagged(
  s: Shown,
  before: Shown,
  layout: Layout,
  rules: Rules,
  { hiddenGroups, knowledge, weightClasses, otherArms }: Decided,
): void {
  const without = s.withoutFlagged;
  if (!without) return;
  const flagged = new Set(
    before.signals.flatMap((signal) => (answerFlags.has(signal.kind) ? signal.reportingStratum : [])),
  );
  const weights = new Map(s.groups.map((group) => [group.group, group.weight]));
  const weightOf = layout.weightsWithout(flagged);
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
          // The difference of the two figures also reveals the number of respondents in the flagged strata.
          knowledge.get(entry.group)?.tryTogether(flagged) !== false &&
          knowledge.get(entry.group)?.tryWeights(weightOf) !== false &&
          weightClasses.get(entry.group)?.tryWeights(weightOf) !== false));
    if (!mayShow) hide(entry);
    // A hidden group without flagged strata is the same in both figures.
    if (!mayShow && isWeighted && !(isSame && whole?.kind === 'suppressed')) refused++;

    const first = without.first.groups.find((other) => other.group === entry.group);
    if (!first) continue;
    const ownFirst = s.first.groups.find((other) => other.group === entry.group)?.figure;
    const change = changesWithout(before, otherArms, entry, first, flagged);
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

/** Are the answers of a group's hidden flagged strata, taken together, nearly unanimous? */
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

function changesWithout(
  before: Shown,
  otherArms: OtherArms,
  last: Holder & { readonly group: Group },
  first: Holder,
  flagged: ReadonlySet<number>,
): { readonly kept: number; readonly flagged: number } {
  const again = (isFlagged: boolean) =>
    reansweredIn(
      before,
      otherArms,
      (row) => row.group === last.group && flagged.has(row.reportingStratum) === isFlagged,
    );
  let kept = again(false);
  if (last.figure.kind === 'estimate' && first.figure.kind === 'estimate' && kept === 0)
    kept = last.figure.value === first.figure.value ? 0 : 1;
  return { kept, flagged: again(true) };
}

/** Hides shares of people who answered again. Each row also shows the number of respondents of its stratum. */
export function protectReanswers(
  s: Shown,
  rules: Rules,
  { hiddenGroups, knowledge, arrivals, otherArms }: Decided,
): void {
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
    mayRemain(rows, rules.minimum) &&
    arrivals.tryEverything();
  if (!isTotalShown) hide(fieldHolder(s.reanswers, 'total'));
  const ordered = [...rows].sort((a, b) => b.people - a.people);
  const tellsPeople = ({ row }: (typeof rows)[number]) =>
    knowledge.get(row.group)?.tryPeople(row.reportingStratum) === false ||
    !otherArms.tryReturned(row.group, row.reportingStratum) ||
    !arrivals.tryVoid(row.reportingStratum);
  const hidden = hiddenParts(ordered, isTotalShown ? rules.minimum : 0, tellsPeople);
  for (const { row } of hidden) hide(row);
  // Together, all rows of a group reveal how many answered in it.
  const voided = voidStrata(s);
  for (const { group } of s.groups) {
    const own = ordered.filter(
      ({ row, people }) => row.group === group && people > 0 && !voided.has(row.reportingStratum),
    );
    if (own.some((entry) => hidden.has(entry)) || arrivals.tryAll(group)) continue;
    for (const { row } of own.slice(-2)) hide(row);
  }
}

function voidStrata(s: Shown): ReadonlySet<number> {
  return new Set(s.schools.filter((school) => school.voided).map((school) => school.reportingStratum));
}

/** Hides return rates and AAPOR's rates: they show how many people answered, and out of how many codes. */
export function protectRates(
  s: Shown,
  before: Shown,
  rules: Rules,
  { hiddenGroups, knowledge, arrivals, otherArms }: Decided,
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
        group: rate.group,
        n,
        isProtected: isSmallRate(rate) || isSmall(n, rules.minimum) || hiddenGroups.has(rate.group),
      },
    ];
  });
  const total = s.returnRates.find((rate) => rate.group === null);
  const isTotalHidden = total !== undefined && (isSmallRate(total) || !arrivals.tryReturned(null));
  const ordered = [...groups].sort((a, b) => b.n - a.n);
  const hidden = new Set([...hiddenParts(ordered, rules.minimum)].map(({ group }) => group));
  // The size of a small channel or set would follow from these.
  const refused = new Set(
    ordered.flatMap(({ group }) => (hidden.has(group) || arrivals.tryReturned(group) ? [] : [group])),
  );
  for (const rate of s.returnRates)
    if (isSmallRate(rate)) hide(rate, 'minimum-cell');
    else if (rate.group === null ? isTotalHidden : hidden.has(rate.group) || refused.has(rate.group))
      hide(rate);
  const schools = [...s.schools].sort((a, b) => issuedOf(b) - issuedOf(a));
  for (const school of schools) {
    const isHidden =
      isSmallRate({ figure: school.returnRate }) ||
      hidden.has(school.group) ||
      hiddenGroups.has(school.group) ||
      knowledge.get(school.group)?.tryPeople(school.reportingStratum) === false ||
      !otherArms.tryReturned(school.group, school.reportingStratum);
    if (isHidden && school.returnRate.kind === 'estimate')
      school.returnRate = { kind: 'suppressed', why: 'protected' };
  }
  // Together, the rates of a group's schools are the group's rate.
  for (const group of refused) {
    const own = schools.filter((school) => school.group === group && !school.voided);
    const shown = own.filter((school) => school.returnRate.kind === 'estimate');
    if (own.some((school) => school.returnRate.kind === 'suppressed')) continue;
    for (const school of shown.slice(-2)) school.returnRate = { kind: 'suppressed', why: 'protected' };
  }
  protectCases(s, before, rules, hiddenGroups, arrivals);
}

/** AAPOR's rates of the drawn sample. */
function protectCases(
  s: Shown,
  before: Shown,
  rules: Rules,
  hiddenGroups: ReadonlySet<Group>,
  arrivals: Arrivals,
): void {
  const entries = s.responseRates.map((entry) => {
    const people = before.groups.find((group) => group.group === entry.group)?.responses;
    const n = people?.kind === 'count' ? people.value : 0;
    const isProtected = isSmall(n, rules.minimum) || (entry.group !== null && hiddenGroups.has(entry.group));
    return { entry, n, isProtected };
  });
  const hidden = new Set(
    entries.filter(({ entry }) => entry.group === null && !arrivals.tryCases(null)).map(({ entry }) => entry),
  );
  const ordered = entries.filter(({ entry }) => entry.group !== null).sort((a, b) => b.n - a.n);
  for (const { entry } of hiddenParts(ordered, rules.minimum, (part) => !arrivals.tryCases(part.entry.group)))
    hidden.add(entry);
  for (const entry of s.responseRates)
    for (const rate of entry.rates)
      if (hidden.has(entry)) hide(rate);
      else if (rate.figure.kind === 'estimate' && isSmall(rate.figure.denominator, rules.minimum))
        hide(rate, 'minimum-cell');
}

function issuedOf(school: Shown['schools'][number]): number {
  return school.returnRate.kind === 'estimate' ? school.returnRate.denominator : 0;
}

/**
 * What of a summary may be shown (design 13): one function for every view and export.
 *
 * Every figure is a *cell* with a population. Cells stand in *relations*: a parent and the children it is made of (group = its
 * schools; group = drawn + replacements; county = groups; a school's figure = its items). A cell is hidden at once if it is too small or
 * nearly unanimous; then relations hide neighbours until none gives a hidden cell away by subtraction:
 *
 * - no relation has exactly one hidden member, so that none follows from the others;
 * - where children are parts of a population, those hidden together have at least the minimum cell: their sum is known (total minus
 *   shown), and it must be no figure of fewer people. The same rule keeps any two shown figures from differing by fewer.
 *
 * Then all relations are solved together, as an attacker would; what still comes out gets another hidden neighbour, and so on. Among
 * possible neighbours the smallest is hidden, the last listed among equals. Cells only ever become hidden, so this ends. Values are
 * protected from being known exactly, not from being bounded.
 */
import { answerFlags } from '../signals/flags.ts';
import { noData, type Figure, type SuppressionReason } from '../figure.ts';
import type { Count, Distribution, Summary } from '../summary/summary-types.ts';

/** Near-unanimous: fewer than this many answers differ from the commonest. With one, the one who differs knows what all others said. */
const NEAR_UNANIMOUS = 2;

interface Cell {
  /** Size of its population; 0 = empty, a known nothing that protects nobody. */
  readonly n: number;
  hidden: SuppressionReason | null;
  /** Writes the suppression into the summary. */
  readonly apply: readonly ((why: SuppressionReason) => void)[];
  /** Cells about the same respondents, which go with it. */
  readonly dependents: Cell[];
  /** The figure's distribution or number of responses, where it has one: more people than the figure where some said 不了解. */
  counts: Cell | null;
  /** The county's figure and its groups': what the survey is made for. Given up for another cell's sake only where nothing else protects it. */
  isHeadline?: true;
}

interface Relation {
  readonly parent: Cell;
  readonly children: readonly Cell[];
  /** Children are disjoint parts of the parent's respondents (else: other answers of the same respondents). */
  readonly partition: boolean;
}

type Mutable<T> = T extends readonly (infer U)[]
  ? Mutable<U>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T;

/** The summary with everything hidden that must not be shown below `minimumCell` respondents. The input is left as it is. */
export function suppressSummary(summary: Summary, minimumCell: number): Summary {
  const others = new Map<object, number>();
  const shown = copyWithout(summary, others) as Mutable<Summary>;
  const cells: Cell[] = [];
  const relations: Relation[] = [];
  collect(shown, minimumCell, cells, relations, others);
  protect(cells, relations, minimumCell);
  for (const cell of cells)
    if (cell.hidden !== null && cell.n > 0) for (const apply of cell.apply) apply(cell.hidden);
  for (const formula of shown.formulas) if (formula.figure.kind !== 'estimate') formula.meets = null;
  if (shown.official.kind === 'suppressed') {
    const reasons = shown.verdict.kind === 'insufficient' ? shown.verdict.reasons : [];
    shown.verdict = { kind: 'insufficient', reasons: [...reasons, { code: 'suppressed' }] };
  }
  hideNothings(shown);
  withdrawDerived(shown);
  return shown;
}

/** "No data" below a hidden figure would tell that whoever is behind it left that item blank, or knew nothing. */
function hideNothings(shown: Mutable<Summary>): void {
  const within = (
    whole: Figure,
    parts: readonly { figure: Figure; distribution?: Distribution; responses?: Count }[],
  ) => {
    if (whole.kind !== 'suppressed') return;
    for (const part of parts) {
      if (part.figure.kind === 'no-data') part.figure = { ...whole };
      if (part.distribution?.kind === 'no-data') part.distribution = { ...whole };
    }
  };
  within(shown.official, [...shown.formulas, ...shown.dimensions]);
  for (const group of shown.groups) {
    within(group.figure, [...group.formulas, ...group.dimensions, ...group.items]);
    within(
      group.figure,
      shown.items.flatMap((item) => item.groups.filter((entry) => entry.group === group.group)),
    );
  }
  for (const school of shown.schools) within(school.figure, school.items);
  const without = shown.withoutFlagged;
  for (const entry of without?.groups ?? []) {
    const whole = shown.groups.find((group) => group.group === entry.group);
    if (whole) within(whole.figure, [entry]);
  }
}

/**
 * What is computed from several figures stands only if each of them does: an interval, a bound or a sentence must not tell what its figure may not. (A figure's own
 * standard error and interval go with it, being part of it; between cells they obey the same sums as the values, so the same equations protect them.)
 */
function withdrawDerived(shown: Mutable<Summary>): void {
  const official = shown.official.kind === 'estimate';
  const groups = shown.groups.every((group) => group.weight === 0 || group.figure.kind !== 'suppressed');
  if (!official) shown.moreResponses = null;
  const issued = shown.sets.every(
    (set) => !set.counted || set.groups.every((entry) => entry.issued.kind === 'count'),
  );
  if (!official || !groups || !issued) shown.nonResponse = null;
  shown.signals = shown.signals.filter(({ kind, reportingStratum }) => {
    const again = shown.reanswers.strata.find((row) => row.reportingStratum === reportingStratum);
    if (kind === 'reanswers' || kind === 'late-reanswers') return again?.figure.kind === 'estimate';
    // The roll is no answer.
    if (!answerFlags.has(kind)) return true;
    const school = shown.schools.find((row) => row.reportingStratum === reportingStratum);
    return school?.figure.kind === 'estimate';
  });
  const without = shown.withoutFlagged;
  if (without) {
    if (without.official.kind === 'suppressed')
      without.verdict = { kind: 'insufficient', reasons: [{ code: 'suppressed' }] };
    if (without.official.kind === 'suppressed' || !official) without.changesVerdict = null;
    const isAnyShown = [without.official, ...without.groups.map((entry) => entry.figure)].some(
      (figure) => figure.kind === 'estimate',
    );
    if (!isAnyShown) shown.withoutFlagged = null;
  }
  shown.differences = shown.differences.filter(
    ({ formula }) =>
      official && shown.formulas.find((entry) => entry.id === formula)?.figure.kind === 'estimate',
  );
}

function collect(
  s: Mutable<Summary>,
  minimum: number,
  cells: Cell[],
  relations: Relation[],
  othersOf: ReadonlyMap<object, number>,
): void {
  const make = (holder: { figure: Figure; responses?: Count; distribution?: Distribution }): Cell => {
    const { figure, responses, distribution } = holder;
    const hide = (why: SuppressionReason) => {
      holder.figure = { kind: 'suppressed', why };
      if (holder.distribution) holder.distribution = { kind: 'suppressed', why };
      if (holder.responses && why !== 'near-unanimous') holder.responses = { kind: 'suppressed', why };
    };
    const cellOf = (n: number, unanimous: boolean): Cell => {
      const cell: Cell = {
        n,
        hidden: isSmall(n, minimum) ? 'minimum-cell' : n > 0 && unanimous ? 'near-unanimous' : null,
        apply: [hide],
        dependents: [],
        counts: null,
      };
      cells.push(cell);
      return cell;
    };
    const others = othersOf.get(figure);
    const cell = cellOf(
      figure.kind === 'estimate' ? figure.n : 0,
      others !== undefined && others < NEAR_UNANIMOUS,
    );
    const counted =
      distribution !== undefined
        ? 'n' in distribution
          ? distribution.n
          : 0
        : responses?.kind === 'count'
          ? responses.value
          : null;
    if (counted !== null) {
      // Answers without a figure are all 不了解.
      const unanimous = distribution ? isNearUnanimous(distribution) : figure.kind === 'no-data';
      cell.counts = cellOf(counted, unanimous);
      tie(cell, cell.counts);
    }
    return cell;
  };
  const relate = (parent: Cell, children: readonly Cell[], partition: boolean) => {
    if (children.length === 0) return;
    relations.push({
      parent,
      children: partition ? withRemainder(parent, children, minimum, cells) : children,
      partition,
    });
    const counts = children.flatMap((child) => child.counts ?? []);
    if (partition && parent.counts && counts.length === children.length)
      relations.push({
        parent: parent.counts,
        children: withRemainder(parent.counts, counts, minimum, cells),
        partition,
      });
  };

  // County ← groups, for the official figure, every formula and every dimension.
  const official = make({
    get figure() {
      return s.official;
    },
    set figure(figure) {
      s.official = figure;
    },
  });
  const weighted = new Set(s.groups.filter((g) => g.weight > 0).map((g) => g.group));
  const groupCells = new Map(s.groups.map((g) => [g.group, make(g)]));
  for (const cell of [official, ...groupCells.values()]) cell.isHeadline = true;
  const ofWeighted = <T extends { group: (typeof s.groups)[number]['group'] }, R>(
    list: readonly T[],
    pick: (entry: T) => R | undefined,
  ): R[] => list.filter((x) => weighted.has(x.group)).flatMap((x) => pick(x) ?? []);
  relate(
    official,
    ofWeighted(s.groups, (g) => groupCells.get(g.group)),
    true,
  );

  // Another formula over the same answers says nearly the same: hidden together. A part of the answers goes with the whole, not the reverse.
  const isRestricted = (id: string) => {
    const formula = s.formulas.find((f) => f.id === id)?.formula;
    return id !== s.profile.official && (formula?.items !== undefined || formula?.dimension !== undefined);
  };
  const formulaCells = new Map<object, Cell>();
  for (const group of s.groups)
    for (const entry of group.formulas) {
      const cell = make(entry);
      formulaCells.set(entry, cell);
      tie(groupCells.get(group.group)!, cell, isRestricted(entry.id));
    }
  for (const formula of s.formulas) {
    const cell = make(formula);
    tie(official, cell, isRestricted(formula.id));
    relate(
      cell,
      ofWeighted(s.groups, (g) => {
        const entry = g.formulas.find((f) => f.id === formula.id);
        return entry && formulaCells.get(entry);
      }),
      true,
    );
  }

  const dimensionCells = new Map<object, Cell>();
  for (const group of s.groups) {
    const main = groupCells.get(group.group)!;
    for (const dimension of group.dimensions) {
      const cell = make(dimension);
      dimensionCells.set(dimension, cell);
      main.dependents.push(cell);
    }
    relate(
      main,
      group.dimensions.map((d) => dimensionCells.get(d)!),
      false,
    );
  }
  for (const dimension of s.dimensions) {
    const cell = make(dimension);
    official.dependents.push(cell);
    relate(
      cell,
      ofWeighted(s.groups, (g) => {
        const entry = g.dimensions.find((d) => d.id === dimension.id);
        return entry && dimensionCells.get(entry);
      }),
      true,
    );
  }

  // Group ← its items; the same item stands a second time in the list by item.
  const itemCells = new Map<string, Cell>();
  for (const group of s.groups) {
    const main = groupCells.get(group.group)!;
    for (const item of group.items) {
      const cell = make(item);
      itemCells.set(`${group.group}/${item.id}`, cell);
      main.dependents.push(cell);
      const twin = s.items
        .find((entry) => entry.id === item.id)
        ?.groups.find((entry) => entry.group === group.group);
      if (twin) {
        const twinCell = make(twin);
        cell.dependents.push(twinCell);
      }
    }
    const ratings = group.items.filter((item) => item.type === 'rating');
    for (const dimension of group.dimensions)
      relate(
        dimensionCells.get(dimension)!,
        ratings
          .filter((item) => item.dimension === dimension.id)
          .map((item) => itemCells.get(`${group.group}/${item.id}`)!),
        false,
      );
  }

  // Group ← schools, and each item of the group ← that item at the schools; school ← its items.
  const schoolCells = new Map<number, Cell>();
  const schoolItems = new Map<string, Cell[]>();
  for (const school of s.schools) {
    const main = make(school);
    schoolCells.set(school.reportingStratum, main);
    const own: Cell[] = [];
    for (const item of school.items) {
      const cell = make(item);
      own.push(cell);
      main.dependents.push(cell);
      const key = `${school.group}/${item.id}`;
      schoolItems.set(key, [...(schoolItems.get(key) ?? []), cell]);
    }
    relate(main, own, false);
    if (school.issued.kind === 'count' && isSmall(school.issued.value, minimum))
      school.issued = { kind: 'suppressed', why: 'minimum-cell' };
  }
  for (const group of s.groups) {
    const main = groupCells.get(group.group)!;
    relate(
      main,
      s.schools.filter((x) => x.group === group.group).map((x) => schoolCells.get(x.reportingStratum)!),
      true,
    );
  }
  for (const [key, children] of schoolItems) {
    const parent = itemCells.get(key);
    if (parent) relate(parent, children, true);
  }

  // Group ← locations ← schools there.
  const locationCells = new Map<string, Cell[]>();
  for (const location of s.locations)
    for (const entry of location.groups) {
      const cell = make(entry);
      locationCells.set(entry.group, [...(locationCells.get(entry.group) ?? []), cell]);
      relate(
        cell,
        s.schools
          .filter((x) => x.group === entry.group && x.location === location.location)
          .map((x) => schoolCells.get(x.reportingStratum)!),
        true,
      );
    }
  for (const [group, children] of locationCells) {
    const parent = groupCells.get(group as (typeof s.groups)[number]['group']);
    if (parent) relate(parent, children, true);
  }

  // Group ← counted channels, group ← counted sets; those not counted stand alone.
  for (const [group, parent] of groupCells) {
    const byChannel = partsOf(s.channels, group, make);
    const bySet = partsOf(s.sets, group, make);
    relate(parent, byChannel.counted, true);
    relate(parent, bySet.counted, true);
    // Outside the figure a channel (shared links) and a set (late additions) may be all but the same people.
    for (const channel of byChannel.apart)
      for (const set of bySet.apart)
        if (channel.n > 0 && set.n > 0 && isSmall(Math.abs(channel.n - set.n), minimum))
          channel.hidden ??= 'difference';
  }
  for (const set of s.sets)
    for (const entry of set.groups)
      if (entry.issued.kind === 'count' && isSmall(entry.issued.value, minimum))
        entry.issued = { kind: 'suppressed', why: 'minimum-cell' };

  const changes = collectFirst(s, minimum, cells, make, relate, groupCells, weighted);
  collectWithoutFlagged(s, minimum, cells, make, relate, {
    official,
    groupCells,
    schoolCells,
    weighted,
    changes,
  });
  collectReanswers(s, minimum, make, relate);

  // Return rates are about codes issued; numbers returned by a small group are not answers.
  const rates = s.returnRates.map((rate) => ({
    rate,
    cell: make(
      rateHolder(
        () => rate.figure,
        (figure) => (rate.figure = figure),
      ),
    ),
  }));
  for (const { rate, cell } of rates)
    if (rate.group !== null)
      relate(
        cell,
        s.schools
          .filter((school) => school.group === rate.group)
          .map((school) =>
            make(
              rateHolder(
                () => school.returnRate,
                (figure) => (school.returnRate = figure),
              ),
            ),
          ),
        true,
      );
  // AAPOR's rates of a group are about the same codes: one cell, hidden with the return rate and with each other.
  const outcomes = s.responseRates.map((entry) => ({
    group: entry.group,
    cell: make({
      get figure() {
        const first = entry.rates[0]?.figure;
        return first?.kind === 'estimate' ? { ...first, n: first.denominator } : noData;
      },
      set figure(figure) {
        for (const rate of entry.rates) rate.figure = figure;
      },
    }),
  }));
  for (const { group, cell } of outcomes) {
    const own = rates.find(({ rate }) => rate.group === group);
    if (own) tie(own.cell, cell);
  }
  for (const entry of s.responseRates)
    for (const rate of entry.rates)
      if (rate.figure.kind === 'estimate' && isSmall(rate.figure.denominator, minimum))
        rate.figure = { kind: 'suppressed', why: 'minimum-cell' };
  const outcomeTotal = outcomes.find(({ group }) => group === null);
  if (outcomeTotal)
    relate(
      outcomeTotal.cell,
      outcomes.filter((x) => x !== outcomeTotal).map((x) => x.cell),
      true,
    );
  const total = rates.find(({ rate }) => rate.group === null);
  if (total)
    relate(
      total.cell,
      rates.filter((x) => x !== total).map((x) => x.cell),
      true,
    );

  function rateHolder(get: () => Figure, set: (figure: Figure) => void) {
    return {
      get figure(): Figure {
        const figure = get();
        return figure.kind === 'estimate' ? { ...figure, n: figure.denominator } : figure;
      },
      set figure(figure: Figure) {
        set(figure);
      },
    };
  }
}

type Make = (holder: { figure: Figure; responses?: Count }) => Cell;
type Relate = (parent: Cell, children: readonly Cell[], partition: boolean) => void;

/** Cells of one group in a list of channels or sets: those that its figure is made of, and those apart from it. */
function partsOf(
  list: Mutable<Summary['channels'] | Summary['sets']>,
  group: string,
  make: Make,
): { readonly counted: readonly Cell[]; readonly apart: readonly Cell[] } {
  const counted: Cell[] = [];
  const apart: Cell[] = [];
  for (const part of list)
    for (const entry of part.groups)
      if (entry.group === group) (part.counted ? counted : apart).push(make(entry));
  return { counted, apart };
}

function tie(main: Cell, other: Cell, oneWay = false): void {
  main.dependents.push(other);
  if (!oneWay) other.dependents.push(main);
}

/**
 * First and last answers are of the same people, so each group's figure by first answers is a second cell beside its main one: the
 * difference of the two is the answers of those who answered again, and its population is their number.
 */
function collectFirst(
  s: Mutable<Summary>,
  minimum: number,
  cells: Cell[],
  make: Make,
  relate: Relate,
  groupCells: ReadonlyMap<string, Cell>,
  weighted: ReadonlySet<string>,
): Changes {
  const { first } = s;
  const official = make({
    get figure() {
      return first.official;
    },
    set figure(figure) {
      first.official = figure;
    },
  });
  const changeOf = (figure: Cell, n: number): Cell => {
    const change: Cell = {
      n,
      hidden: isSmall(n, minimum) ? 'difference' : null,
      apply: [],
      dependents: [],
      counts: null,
    };
    tie(figure, change);
    cells.push(change);
    return change;
  };
  const groups = first.groups.map((entry) => {
    const figure = make(entry);
    groupCells.get(entry.group)?.dependents.push(figure);
    const again = s.reanswers.strata
      .filter((row) => row.group === entry.group)
      .reduce((sum, row) => sum + (row.figure.kind === 'estimate' ? row.figure.n : 0), 0);
    const last = s.groups.find((group) => group.group === entry.group)?.figure;
    let changed = again;
    if (last?.kind === 'estimate' && entry.figure.kind === 'estimate') {
      // Populations differ where only one of the two answers is valid; a change that the counts do not explain counts as one person's.
      changed = Math.max(changed, Math.abs(last.n - entry.figure.n));
      if (changed === 0 && last.value !== entry.figure.value) changed = 1;
    }
    return { group: entry.group, figure, change: changeOf(figure, changed) };
  });
  const parts = groups.filter((entry) => weighted.has(entry.group));
  relate(
    official,
    parts.map((entry) => entry.figure),
    true,
  );
  const total = parts.reduce((sum, entry) => sum + entry.change.n, 0);
  const ofOfficial = changeOf(official, total);
  relate(
    ofOfficial,
    parts.map((entry) => entry.change),
    true,
  );
  return {
    official: ofOfficial,
    firstOfficial: official,
    groups: new Map(groups.map((entry) => [entry.group, { figure: entry.figure, change: entry.change }])),
  };
}

/** Figures by first answers, and cells for what separates them from those by last ones. */
interface Changes {
  readonly official: Cell;
  readonly firstOfficial: Cell;
  readonly groups: ReadonlyMap<string, { readonly figure: Cell; readonly change: Cell }>;
}

/**
 * Figures without the flagged strata: each group's is one part of the group, its flagged strata are the others, so that with, without and strata protect one another as
 * parts of one whole; what the strata shown do not make up is a hidden remainder. The same holds by first answers and for what separates first from last. Weights are
 * not quite those of the whole (strata that lose answers weigh their others more), which only blurs what a subtraction would give.
 */
function collectWithoutFlagged(
  s: Mutable<Summary>,
  minimum: number,
  cells: Cell[],
  make: Make,
  relate: Relate,
  of: {
    readonly official: Cell;
    readonly groupCells: ReadonlyMap<string, Cell>;
    readonly schoolCells: ReadonlyMap<number, Cell>;
    readonly weighted: ReadonlySet<string>;
    readonly changes: Changes;
  },
): void {
  const without = s.withoutFlagged;
  if (!without) return;
  const flagged = new Set(
    s.signals.flatMap((signal) => (answerFlags.has(signal.kind) ? signal.reportingStratum : [])),
  );
  const holder = (get: () => Figure, set: (figure: Figure) => void) => ({
    get figure() {
      return get();
    },
    set figure(figure: Figure) {
      set(figure);
    },
  });
  const hiddenRest = (n: number): Cell => {
    const cell: Cell = { n, hidden: 'difference', apply: [], dependents: [], counts: null };
    cells.push(cell);
    return cell;
  };
  /** `whole` = `part` and whoever is flagged: people in `n`. They are known together by subtraction, so as many as the minimum cell or none. */
  const split = (whole: Cell, part: Cell, known: readonly Cell[]) => {
    const rest = whole.n - part.n - known.reduce((sum, cell) => sum + cell.n, 0);
    if (rest > 0 && rest < minimum) {
      relate(whole, [part, ...known, hiddenRest(rest)], true);
      return;
    }
    relate(whole, [part, ...known], true);
  };
  const againIn = (group: string, isFlagged: boolean) =>
    s.reanswers.strata
      .filter((row) => row.group === group && flagged.has(row.reportingStratum) === isFlagged)
      .reduce((sum, row) => sum + (row.figure.kind === 'estimate' ? row.figure.n : 0), 0);

  const lastParts = new Map<string, Cell>();
  const firstParts = new Map<string, { readonly figure: Cell; readonly change: Cell }>();
  for (const entry of without.groups) {
    const whole = of.groupCells.get(entry.group);
    const ofFirst = of.changes.groups.get(entry.group);
    const firstEntry = without.first.groups.find((other) => other.group === entry.group);
    if (!whole) continue;
    const part = make(entry);
    lastParts.set(entry.group, part);
    const strata = s.schools.filter(
      (school) => school.group === entry.group && flagged.has(school.reportingStratum),
    );
    if (strata.length === 0) {
      // Nobody of the group is flagged: the same figure twice.
      tie(whole, part);
    } else {
      split(
        whole,
        part,
        strata.map((school) => of.schoolCells.get(school.reportingStratum)!),
      );
      // All of a hidden group's answers cannot be shown less a few.
      whole.dependents.push(part);
    }
    if (!firstEntry || !ofFirst) continue;
    const firstPart = make(firstEntry);
    if (strata.length === 0) tie(ofFirst.figure, firstPart);
    else split(ofFirst.figure, firstPart, []);
    part.dependents.push(firstPart);
    let n = againIn(entry.group, false);
    if (n === 0 && entry.figure.kind === 'estimate' && firstEntry.figure.kind === 'estimate')
      n = entry.figure.value === firstEntry.figure.value ? 0 : 1;
    const change: Cell = {
      n,
      hidden: isSmall(n, minimum) ? 'difference' : null,
      apply: [],
      dependents: [],
      counts: null,
    };
    cells.push(change);
    tie(firstPart, change);
    if (ofFirst.change.n > 0) split(ofFirst.change, change, []);
    firstParts.set(entry.group, { figure: firstPart, change });
  }
  const official = make(
    holder(
      () => without.official,
      (figure) => (without.official = figure),
    ),
  );
  const firstOfficial = make(
    holder(
      () => without.first.official,
      (figure) => (without.first.official = figure),
    ),
  );
  const ofWeighted = <T>(parts: ReadonlyMap<string, T>): readonly T[] =>
    [...parts].flatMap(([group, part]) => (of.weighted.has(group) ? [part] : []));
  relate(official, ofWeighted(lastParts), true);
  relate(
    firstOfficial,
    ofWeighted(firstParts).map((part) => part.figure),
    true,
  );
  of.official.dependents.push(official);
  official.dependents.push(firstOfficial);
  // The county's figures differ by the same people, whatever is hidden of the groups.
  if (official.n > 0) {
    split(
      of.official,
      official,
      s.schools
        .filter((school) => of.weighted.has(school.group) && flagged.has(school.reportingStratum))
        .map((school) => of.schoolCells.get(school.reportingStratum)!),
    );
    if (firstOfficial.n > 0) split(of.changes.firstOfficial, firstOfficial, []);
  }
  const change: Cell = {
    n: ofWeighted(firstParts).reduce((sum, part) => sum + part.change.n, 0),
    hidden: null,
    apply: [],
    dependents: [],
    counts: null,
  };
  if (isSmall(change.n, minimum)) change.hidden = 'difference';
  cells.push(change);
  tie(firstOfficial, change);
  relate(
    change,
    ofWeighted(firstParts).map((part) => part.change),
    true,
  );
  if (of.changes.official.n > 0 && official.n > 0) split(of.changes.official, change, []);
}

function collectReanswers(s: Mutable<Summary>, minimum: number, make: Make, relate: Relate): void {
  const cellOf = (holder: { figure: Figure }): Cell => {
    const { figure } = holder;
    const small =
      figure.kind === 'estimate' && (isSmall(figure.n, minimum) || isSmall(figure.denominator, minimum));
    const cell = make({
      get figure(): Figure {
        return holder.figure.kind === 'estimate'
          ? { ...holder.figure, n: holder.figure.denominator }
          : holder.figure;
      },
      set figure(next: Figure) {
        holder.figure = next;
      },
    });
    if (small) cell.hidden ??= 'minimum-cell';
    return cell;
  };
  const total = cellOf({
    get figure() {
      return s.reanswers.total;
    },
    set figure(figure: Figure) {
      s.reanswers.total = figure;
    },
  });
  relate(
    total,
    s.reanswers.strata.map((row) => cellOf(row)),
    true,
  );
}

/** What the children leave of the parent is known by subtraction: a cell of its own, never shown, hidden from the first if small. */
function withRemainder(
  parent: Cell,
  children: readonly Cell[],
  minimum: number,
  cells: Cell[],
): readonly Cell[] {
  const rest = parent.n - children.reduce((sum, child) => sum + child.n, 0);
  if (!isSmall(rest, minimum)) return children;
  const cell: Cell = { n: rest, hidden: 'difference', apply: [], dependents: [], counts: null };
  cells.push(cell);
  return [...children, cell];
}

function isSmall(n: number, minimum: number): boolean {
  return n > 0 && n < minimum;
}

function isNearUnanimous(distribution: Distribution): boolean {
  if (distribution.kind !== 'options') return false;
  const counts = [...distribution.options.map((option) => option.count), distribution.dontKnow];
  return distribution.n - Math.max(...counts) < NEAR_UNANIMOUS;
}

function protect(cells: readonly Cell[], relations: readonly Relation[], minimum: number): void {
  do {
    for (let changed = true; changed;) {
      changed = false;
      for (const cell of cells)
        if (cell.hidden !== null)
          for (const dependent of cell.dependents)
            if (dependent.hidden === null && dependent.n > 0) {
              dependent.hidden = cell.hidden;
              changed = true;
            }
      for (const relation of relations) if (protectRelation(relation, minimum)) changed = true;
    }
  } while (protectSolvable(relations));
}

/**
 * Solves all relations together as an attacker would: each is an equation (parent = Σ children) in the sums behind its hidden members. A
 * hidden cell that comes out as the only unknown of a reduced row is known, and gets another neighbour. Tells whether any did.
 */
function protectSolvable(relations: readonly Relation[]): boolean {
  for (const cell of solvedCells(relations)) {
    const neighbours = relations
      .filter((relation) => relation.parent === cell || relation.children.includes(cell))
      .flatMap((relation) => relation.children.filter((child) => child.hidden === null && child.n > 0));
    const parents = relations
      .filter((relation) => relation.children.includes(cell))
      .map((relation) => relation.parent)
      .filter((parent) => parent.hidden === null && parent.n > 0);
    const lesser = (list: readonly Cell[]) => smallest(list.filter((other) => !other.isHeadline));
    const next =
      lesser(neighbours) ??
      lesser(parents) ??
      findProtector(cell, relations) ??
      smallest(neighbours) ??
      smallest(parents);
    if (next === null) continue;
    next.hidden = 'complementary';
    return true;
  }
  return false;
}

function solvedCells(relations: readonly Relation[]): readonly Cell[] {
  const columns = new Map<Cell, number>();
  const rows: Map<number, number>[] = [];
  for (const { parent, children } of relations) {
    if (parent.n === 0) continue;
    const row = new Map<number, number>();
    const add = (cell: Cell, sign: number) => {
      if (cell.hidden === null || cell.n === 0) return;
      if (!columns.has(cell)) columns.set(cell, columns.size);
      row.set(columns.get(cell)!, sign);
    };
    add(parent, -1);
    for (const child of children) add(child, 1);
    if (row.size > 0) rows.push(row);
  }
  const known = solvedColumns(rows);
  return [...columns].flatMap(([cell, column]) => (known.has(column) ? [cell] : []));
}

/** Candidates that are tried for one cell. */
const maximumTried = 40;

/**
 * Where all its neighbours are hidden already: of the cells shown, headlines aside, the first that keeps `cell` from being solved once it is hidden; nearest first, then
 * smallest. Null where none does: the equations then say something of `cell` whatever is shown, as of a remainder that another row leaves no room for.
 */
function findProtector(cell: Cell, relations: readonly Relation[]): Cell | null {
  const reached = new Set([cell]);
  const used = new Set<Relation>();
  let tried = 0;
  for (;;) {
    const found = new Set<Cell>();
    const next: Cell[] = [];
    for (const relation of relations) {
      const members = [relation.parent, ...relation.children];
      if (used.has(relation) || !members.some((member) => reached.has(member))) continue;
      used.add(relation);
      for (const member of members) {
        if (member.n === 0) continue;
        if (member.hidden === null && !member.isHeadline) found.add(member);
        next.push(member);
      }
    }
    for (const candidate of [...found].sort((x, y) => x.n - y.n)) {
      if (++tried > maximumTried) return null;
      candidate.hidden = 'complementary';
      const helps = !solvedCells(relations).includes(cell);
      candidate.hidden = null;
      if (helps) return candidate;
    }
    if (next.every((member) => reached.has(member))) return null;
    for (const member of next) reached.add(member);
  }
}

/** Gauss–Jordan elimination on sparse rows; the columns that stand alone in a reduced row. */
function solvedColumns(rows: readonly Map<number, number>[]): ReadonlySet<number> {
  const pivots = new Map<number, Map<number, number>>();
  const subtract = (from: Map<number, number>, row: Map<number, number>, factor: number) => {
    for (const [column, value] of row) {
      const rest = (from.get(column) ?? 0) - factor * value;
      if (Math.abs(rest) < 1e-9) from.delete(column);
      else from.set(column, rest);
    }
  };
  for (const original of rows) {
    const row = new Map(original);
    for (const column of original.keys()) {
      const pivot = pivots.get(column);
      const factor = row.get(column);
      if (pivot && factor !== undefined) subtract(row, pivot, factor);
    }
    const first = row.entries().next().value;
    if (!first) continue;
    const [column, lead] = first;
    const reduced = new Map([...row].map(([c, value]) => [c, value / lead]));
    for (const other of pivots.values()) {
      const factor = other.get(column);
      if (factor !== undefined) subtract(other, reduced, factor);
    }
    pivots.set(column, reduced);
  }
  const solved = new Set<number>();
  for (const [column, row] of pivots) if (row.size === 1) solved.add(column);
  return solved;
}

/** The cell of fewest respondents, the last listed among equals. */
function smallest(cells: readonly Cell[]): Cell | null {
  return cells.reduce<Cell | null>((best, cell) => (best === null || cell.n <= best.n ? cell : best), null);
}

/** Hides what this relation needs hidden; tells whether anything changed. */
function protectRelation({ parent, children, partition }: Relation, minimum: number): boolean {
  const present = children.filter((child) => child.n > 0);
  let changed = false;
  for (;;) {
    const hidden = present.filter((child) => child.hidden !== null);
    const known = parent.hidden === null && parent.n > 0;
    const exposed = known
      ? hidden.length === 1 ||
        (partition && hidden.length > 0 && hidden.reduce((sum, child) => sum + child.n, 0) < minimum)
      : parent.hidden !== null && hidden.length === 0 && present.length > 0;
    if (!exposed) return changed;
    const next = smallest(present.filter((child) => child.hidden === null)) ?? (known ? parent : null);
    if (next === null) return changed;
    next.hidden = 'complementary';
    changed = true;
  }
}

/** A deep copy of plain data in which no figure carries `others`; they stand in `others`, by the copied figure. */
function copyWithout(value: unknown, others: Map<object, number>): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((entry) => copyWithout(entry, others));
  const copy: Record<string, unknown> = {};
  const from = value as Record<string, unknown>;
  for (const name in from) {
    const entry = from[name];
    if (name === 'others' && from['kind'] === 'estimate') others.set(copy, entry as number);
    else copy[name] = entry !== null && typeof entry === 'object' ? copyWithout(entry, others) : entry;
  }
  return copy;
}

/** Suppressed cells that must not be determined, with the unknowns that belong to each alone. */
import type { Figure, SuppressionReason } from '../../domain/scoring/figure.ts';
import type { Formula } from '../../domain/scoring/rules/formula.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { ItemFigure } from '../../domain/scoring/summary/summary-types.ts';
import { askingOf } from './asking.ts';
import type { Writer } from './figures.ts';
import { ratings, restrict, rowFormula, scopeOf } from './formulas.ts';
import type { Atom, Model } from './model.ts';
import { breakdowns, readPooled } from './pooled.ts';
import { one, toNumber } from './rational.ts';
import { Sum, type Terms } from './system.ts';

export interface Cell {
  readonly name: string;
  /** Small, nearly unanimous, or a small difference. False: large enough, and hidden only as a complement. */
  readonly isProtected: boolean;
  /** It has a figure of its own that is hidden, and is not empty. */
  readonly isSuppressed: boolean;
  /**
   * False: all of them answered 不了解 or left everything blank, which an attacker may know beforehand. Then a figure
   * that follows tells nothing more.
   */
  readonly hasOpinions?: boolean;
  /** No figure is shown of these people alone, so nothing may follow exactly, but no interval width is promised. */
  readonly isWeightClass?: true;
  readonly columns: ReadonlySet<number>;
  /** Sums that are shown legitimately, such as numbers of respondents by sampling stratum of a shown cell around it. */
  readonly knownSums: readonly Terms[];
  /** Respondents. null: the cell is not a set of people. */
  readonly people: Terms | null;
  /** Its own figures, as unweighted numerator and denominator. */
  readonly figures: readonly { readonly name: string; readonly y: Terms; readonly c: Terms }[];
  /** Counts for which bounds are computed. */
  readonly counts: readonly { readonly name: string; readonly terms: Terms }[];
}

/** All suppressed cells of a publication. */
export function suppressedCells(writer: Writer): readonly Cell[] {
  const cells: Cell[] = [];
  const { model } = writer;
  const { summary } = model.shown;
  for (const school of summary.schools) {
    const atoms = model.standing((atom) => atom.reporting === school.reportingStratum);
    const name = `school ${school.reportingStratum}`;
    if (school.figure.kind === 'suppressed')
      cells.push(
        cellOfAtoms(
          writer,
          name,
          school.figure.why,
          atoms,
          school.responses.kind === 'count',
          rowFormula(model.official, school.group),
        ),
      );
    else addItems(writer, cells, name, school.items, atoms, school.responses.kind === 'count');
  }
  for (const group of summary.groups) {
    const atoms = model.standing((atom) => atom.group === group.group);
    const name = `group ${group.group}`;
    const isKnown = group.responses.kind === 'count';
    if (group.figure.kind === 'suppressed') {
      cells.push(cellOfAtoms(writer, name, group.figure.why, atoms, isKnown));
      continue;
    }
    addItems(writer, cells, name, group.items, atoms, isKnown);
    for (const { id, figure } of group.dimensions)
      addRestricted(
        writer,
        cells,
        `${name} dimension ${id}`,
        figure,
        restrict(model.official, { dimension: id }),
        atoms,
        isKnown,
      );
  }
  for (const { location, groups } of summary.locations)
    for (const { group, figure, responses } of groups)
      if (figure.kind === 'suppressed')
        cells.push(
          cellOfAtoms(
            writer,
            `location ${location} ${group}`,
            figure.why,
            model.standing((atom) => atom.group === group && atom.location === location),
            responses.kind === 'count',
          ),
        );
  addBreakdowns(writer, cells);
  addDifferences(writer, cells);
  addRemainders(writer, cells);
  return cells.filter((cell) => cell.columns.size > 0);
}

/** The true number. null: without the truth. */
export function size(writer: Writer, people: Terms | null): number | null {
  const value = people && writer.evaluate(people);
  return value ? toNumber(value) : null;
}

/** A cell is nearly unanimous if fewer answers than this differ from the most frequent one. */
const FEW_OTHERS = 2;

type Judged = Pick<Cell, 'isProtected' | 'isSuppressed' | 'hasOpinions'>;

/**
 * Is a cell hidden for its own sake, because it is below the minimum or nearly unanimous (without 不了解)? Its stated
 * reason decides only without the truth. `opinions`: its answers by option.
 */
export function judge(
  writer: Writer,
  why: SuppressionReason | null,
  people: Terms | null,
  opinions: readonly Terms[],
): Judged {
  const n = size(writer, people);
  const counts = opinions.map((terms) => size(writer, terms) ?? 0);
  const isSuppressed = why !== null && n !== 0;
  if (n === null) return { isProtected: why !== null && (why as string) !== 'complementary', isSuppressed };
  const { minimumCell } = writer.model.shown.profile;
  const sum = counts.reduce((total, own) => total + own, 0);
  const isUnanimous = counts.length > 0 && sum - Math.max(...counts) < FEW_OTHERS;
  const isProtected = n > 0 && (n < minimumCell || isUnanimous);
  return { isProtected, isSuppressed, hasOpinions: counts.length === 0 || sum > 0 };
}

/** Answers by option to the formula's items. */
function opinionsOf(model: Model, formula: Formula, atoms: readonly Atom[]): readonly Terms[] {
  const sums = new Map<string, Sum>();
  for (const atom of atoms) {
    const q = model.questionnaire(atom.group);
    if (q)
      for (const item of ratings(formula, q))
        for (const option of item.optionIds) {
          const sum = sums.get(option) ?? new Sum();
          sums.set(option, sum.plus(model.answer(atom, item.id, option), one));
        }
  }
  return [...sums.values()].map((sum) => sum.terms);
}

export function respondents(model: Model, atoms: readonly Atom[]): Terms {
  const sum = new Sum();
  for (const atom of atoms) sum.plus(model.respondents(atom), one);
  return sum.terms;
}

/**
 * Numbers not asked these items because of an answer to another item. They belong to that other item, so they are
 * legitimately known where it is shown. If it is one of these items itself, they are protected.
 */
function eachNotAsked(model: Model, atoms: readonly Atom[], ids: readonly string[]): readonly Terms[] {
  return atoms.flatMap((atom) => {
    const q = model.questionnaire(atom.group);
    return (q?.items ?? []).flatMap((item) => {
      const asking = askingOf(q!, item);
      const isOfAnother = asking.kind !== 'always' && ids.includes(item.id) && !ids.includes(asking.item);
      return isOfAnother ? [new Sum().plus(model.answer(atom, item.id, ':none'), one).terms] : [];
    });
  });
}

/**
 * If several ticks of a multiple item lead to a follow-up, no sum of counts gives the number asked. It belongs to the
 * parent item.
 */
function askedAfter(model: Model, group: Group, id: string): readonly string[] {
  const q = model.questionnaire(group);
  return (q?.items ?? []).flatMap((item) => {
    const asking = askingOf(q!, item);
    return asking.kind === 'any' && asking.item === id ? [item.id] : [];
  });
}

function eachRespondents(model: Model, atoms: readonly Atom[]): readonly Terms[] {
  return atoms.map((atom) => respondents(model, [atom]));
}

/** Everything about the respondents of some atoms. */
export function cellOfAtoms(
  writer: Writer,
  name: string,
  why: SuppressionReason | null,
  atoms: readonly Atom[],
  isShown: boolean,
  formula: Formula = writer.model.official,
): Cell {
  const { model } = writer;
  const { system } = model;
  const people = respondents(model, atoms);
  // The size of a cell is protected only if it is small.
  const isKnown = isShown || (size(writer, people) ?? 0) >= model.shown.profile.minimumCell;
  const columns = new Set<number>();
  const places = new Set(atoms.map((atom) => `${atom.reporting} ${atom.sampling}`));
  const inside = new Set(atoms);
  const strata = new Set(
    [...new Set(atoms.map((atom) => atom.reporting))]
      .filter((no) => model.standing((atom) => atom.reporting === no).every((atom) => inside.has(atom)))
      .map(String),
  );
  system.names.forEach((column, i) => {
    const [kind, reporting, sampling] = column.split(' ');
    if (kind === 't' || kind === 'again' || !model.isOwn(column)) return;
    if (!places.has(`${reporting} ${sampling}`)) return;
    if (kind === 'n' && isKnown) return;
    if (['n', 'x', 'm', 'd', 'yy', 'yc', 'cc', 'al', 'ap'].includes(kind!)) columns.add(i);
  });
  // If they make up a whole reporting stratum, also the number of answers handed in.
  if (!isKnown)
    system.names.forEach((column, i) => {
      const [kind, reporting] = column.split(' ');
      if (kind === 't' && strata.has(reporting!) && model.isOwn(column)) columns.add(i);
    });
  const counts = new Map<string, Sum>();
  for (const atom of atoms)
    for (const item of model.questionnaire(atom.group)?.items ?? [])
      for (const option of item.optionIds) {
        const own = counts.get(`${item.id} ${option}`) ?? new Sum();
        counts.set(`${item.id} ${option}`, own.plus(model.answer(atom, item.id, option), one));
      }
  return {
    name: why === null ? name : `${name} (${why})`,
    ...judge(writer, why, people, opinionsOf(model, formula, atoms)),
    columns,
    knownSums: isKnown ? eachRespondents(model, atoms) : [],
    people,
    figures: [
      plainFigure(model, 'figure', formula, atoms),
      ...itemsOf(model, atoms).map((id) =>
        plainFigure(model, `item ${id}`, restrict(model.official, { item: id }), atoms),
      ),
    ],
    counts: [
      ...(isKnown || hasKnownSize(model, atoms) ? [] : [{ name: 'respondents', terms: people }]),
      ...[...counts].map(([count, sum]) => ({ name: count, terms: sum.terms })),
    ],
  };
}

function itemsOf(model: Model, atoms: readonly Atom[]): readonly string[] {
  const all = atoms.flatMap((atom) => model.questionnaire(atom.group)?.items ?? []);
  return [...new Set(all.filter((item) => item.type === 'rating').map((item) => item.id))];
}

/** Do these atoms contain all respondents of their sampling strata? Then their number is known. */
function hasKnownSize(model: Model, atoms: readonly Atom[]): boolean {
  const own = new Set(atoms);
  return atoms.every((atom) =>
    model
      .standing((other) => other.group === atom.group && other.sampling === atom.sampling)
      .every((o) => own.has(o)),
  );
}

function plainFigure(model: Model, name: string, formula: Formula, atoms: readonly Atom[]) {
  const { y, c } = model.readParts(
    formula,
    atoms,
    () => one,
    (atom, q, part) => model.partTerms(atom, formula, q, part),
  );
  return { name, y, c };
}

/** Hidden items of something shown whose number of respondents is legitimately known. */
function addItems(
  writer: Writer,
  cells: Cell[],
  name: string,
  items: readonly ItemFigure[],
  atoms: readonly Atom[],
  isKnown: boolean,
): void {
  const { model } = writer;
  for (const item of items) {
    const why =
      item.distribution.kind === 'suppressed'
        ? item.distribution.why
        : item.figure.kind === 'suppressed'
          ? item.figure.why
          : null;
    if (why === null) continue;
    const columns = new Set<number>();
    const counts: Cell['counts'][number][] = [];
    const people = new Sum();
    const [first] = atoms;
    const own = first && model.questionnaire(first.group)?.items.find((other) => other.id === item.id);
    if (!own) continue;
    const whats = [
      ...own.optionIds,
      ...('dontKnowId' in own && own.dontKnowId !== null ? [':dk'] : []),
      ...(own.type === 'number' ? [':n', ':sum'] : []),
    ];
    for (const what of [...whats, ':blank', ':none']) {
      const sum = new Sum();
      for (const atom of atoms) {
        const column = model.answer(atom, item.id, what);
        columns.add(column);
        sum.plus(column, one);
      }
      if (what !== ':sum' && whats.includes(what)) people.plusAll(sum.terms, one);
      if (own.optionIds.includes(what)) counts.push({ name: `${item.id} ${what}`, terms: sum.terms });
    }
    for (const atom of atoms)
      for (const after of askedAfter(model, atom.group, item.id))
        columns.add(model.answer(atom, after, ':none'));
    cells.push({
      name: `${name} item ${item.id} (${why})`,
      ...judge(
        writer,
        why,
        own.type === 'multiple' ? respondents(model, atoms) : people.terms,
        own.type === 'number' ? [] : counts.map((entry) => entry.terms),
      ),
      columns,
      knownSums: [
        ...(isKnown ? eachRespondents(model, atoms) : []),
        ...eachNotAsked(model, atoms, [item.id]),
      ],
      people: own.type === 'multiple' ? null : people.terms,
      figures:
        own.type === 'rating'
          ? [plainFigure(model, 'figure', restrict(model.official, { item: item.id }), atoms)]
          : [],
      counts,
    });
  }
}

/** A hidden dimension of a shown group. */
export function addRestricted(
  writer: Writer,
  cells: Cell[],
  name: string,
  figure: Figure,
  formula: Formula,
  atoms: readonly Atom[],
  isKnown: boolean,
): void {
  if (figure.kind !== 'suppressed') return;
  const { model } = writer;
  const columns = new Set<number>();
  const items = new Set<string>();
  for (const atom of atoms) {
    const q = model.questionnaire(atom.group);
    if (!q) continue;
    for (const { id } of ratings(formula, q)) items.add(id);
    for (const part of model.parts(formula, q))
      for (const column of model.partTerms(atom, formula, q, part.name).keys()) columns.add(column);
    for (const item of ratings(formula, q))
      for (const what of [':blank', ':none']) columns.add(model.answer(atom, item.id, what));
    const scope = scopeOf(formula, q);
    if (scope !== null) columns.add(model.denominators(atom, scope, formula.dontKnow));
  }
  cells.push({
    name: `${name} (${figure.why})`,
    ...judge(writer, figure.why, respondents(model, atoms), opinionsOf(model, formula, atoms)),
    columns,
    knownSums: [...(isKnown ? eachRespondents(model, atoms) : []), ...eachNotAsked(model, atoms, [...items])],
    people: null,
    figures: [plainFigure(model, 'figure', formula, atoms)],
    counts: [],
  });
}

function addBreakdowns(writer: Writer, cells: Cell[]): void {
  const { model } = writer;
  const { minimumCell } = model.shown.profile;
  for (const { name, entry, chosen } of breakdowns(model)) {
    const { group, figure, responses } = entry;
    const q = model.questionnaire(group);
    if (figure.kind !== 'suppressed' || !q) continue;
    const columns = new Set<number>();
    const people = new Sum();
    const options: Cell['counts'][number][] = [];
    for (const { name: part } of model.parts(model.official, q)) {
      const sum = new Sum();
      for (const [channel, set] of chosen) sum.plus(model.pooled(group, channel, set, part), one);
      for (const column of sum.terms.keys()) columns.add(column);
      if (!part.startsWith(':')) options.push({ name: part, terms: sum.terms });
    }
    for (const [channel, set] of chosen) people.plus(model.arrived(group, channel, set, true), one);
    // As for schools, the size is protected only if it is small.
    const isKnown = responses.kind === 'count' || (size(writer, people.terms) ?? 0) >= minimumCell;
    if (!isKnown) for (const column of people.terms.keys()) columns.add(column);
    const { y, c } = readPooled(model, group, chosen);
    cells.push({
      name: `${name} (${figure.why})`,
      ...judge(
        writer,
        figure.why,
        people.terms,
        options.map((own) => own.terms),
      ),
      columns,
      knownSums: isKnown ? [people.terms] : [],
      people: people.terms,
      figures: [{ name: 'figure', y, c }],
      counts: isKnown ? options : [...options, { name: 'respondents', terms: people.terms }],
    });
  }
}

/** Differences between first and last answers, and numbers of re-answers. */
function addDifferences(writer: Writer, cells: Cell[]): void {
  const { model } = writer;
  const { summary, profile, reportingStrata } = model.shown;
  for (const { reportingStratum, figure } of summary.reanswers.strata) {
    if (figure.kind !== 'suppressed') continue;
    const sum = new Sum();
    for (const own of [model, ...model.otherArms])
      if (own.shown.reportingStrata.some((r) => r.no === reportingStratum))
        sum.plus(own.reanswered(reportingStratum), one);
    const again = sum.terms;
    cells.push({
      name: `answered again in ${reportingStratum} (${figure.why})`,
      ...judge(writer, figure.why, again, []),
      columns: new Set(again.keys()),
      knownSums: [],
      people: again,
      figures: [],
      counts: [{ name: 'answered again', terms: again }],
    });
  }
  for (const { group, figure } of summary.first.groups) {
    const again = new Sum();
    for (const r of reportingStrata)
      if (r.group === group && !model.voided.has(r.no)) again.plus(model.reanswered(r.no), one);
    const n = size(writer, again.terms);
    const isSmall =
      n === null
        ? figure.kind === 'suppressed' && (figure.why as string) !== 'complementary'
        : n > 0 && n < profile.minimumCell;
    const columns = new Set<number>();
    model.system.names.forEach((column, i) => {
      if (column.startsWith(`z ${group} `) && model.isOwn(column, true)) columns.add(i);
    });
    cells.push({
      name: `first answers of ${group} less last ones`,
      isProtected: isSmall,
      isSuppressed: false,
      columns,
      knownSums: [],
      people: again.terms,
      figures: [],
      counts: [],
    });
  }
}

/**
 * Hidden strata of a group or location, and flagged strata of a group, taken together: their sum must not be a small
 * cell either.
 */
function addRemainders(writer: Writer, cells: Cell[]): void {
  const { model } = writer;
  const { summary } = model.shown;
  const hidden = summary.schools.filter((school) => school.figure.kind === 'suppressed');
  const put = (name: string, atoms: readonly Atom[]) => {
    if (new Set(atoms.map((atom) => atom.reporting)).size < 2) return;
    const people = respondents(model, atoms);
    const { isProtected } = judge(writer, null, people, opinionsOf(model, model.official, atoms));
    if (isProtected) cells.push({ ...cellOfAtoms(writer, name, null, atoms, false), isProtected: true });
  };
  const among = (numbers: ReadonlySet<number>, group: Group) =>
    model.standing((atom) => numbers.has(atom.reporting) && atom.group === group);
  for (const { group } of summary.groups) {
    const own = new Set(hidden.filter((school) => school.group === group).map((s) => s.reportingStratum));
    put(`hidden strata of ${group}`, among(own, group));
    for (const { location } of summary.locations)
      put(
        `hidden strata of ${group} in ${location}`,
        among(own, group).filter((atom) => atom.location === location),
      );
    if (summary.withoutFlagged) put(`flagged strata of ${group}`, among(model.flagged, group));
  }
}

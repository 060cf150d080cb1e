/**
 * The page that compares the arms of a split ballot, as equations. The main arm's answers are those of the summary.
 * Each other arm is a model of its own in the same system. Only the rates connect them, because rates count all arms.
 */
import type { Figure } from '../../domain/scoring/figure.ts';
import type { BallotGroup, ComparedMeasure } from '../../domain/scoring/ballot/compare.ts';
import { armFormulas } from './arms.ts';
import { isAlikeKnown } from './asking.ts';
import { addRestricted, cellOfAtoms, judge, type Cell } from './cells.ts';
import { precision, Writer, type TrueValues } from './figures.ts';
import { isOwnMeans, pointsOf, ratings, restrict } from './formulas.ts';
import type { Atom, Model, Reading } from './model.ts';
import { addPrior } from './prior.ts';
import {
  add,
  divide,
  fromDecimal,
  isZero,
  multiply,
  negate,
  one,
  ratio,
  toNumber,
  type Rational,
} from './rational.ts';
import { counts } from './shown.ts';
import { Sum, type Terms } from './system.ts';
import { channels, countedSets } from '../../domain/model/vocabulary.ts';
import type { Formula } from '../../domain/scoring/rules/formula.ts';

/** An arm of a group, as listed on the page. */
interface Arm {
  readonly name: string;
  readonly writer: Writer;
  readonly atoms: readonly Atom[];
  readonly entry: BallotGroup['arms'][number];
  readonly isApart: boolean;
}

export interface Ballot {
  readonly groups: readonly { readonly group: BallotGroup; readonly arms: readonly Arm[] }[];
  readonly writers: readonly Writer[];
}

/** Adds what is known beforehand of the other arms, and everything that the page shows. */
export function addBallot(main: Writer, truth: TrueValues): Ballot {
  const { ballot } = main.model.shown;
  const writers = main.model.otherArms.map((model) => {
    addPrior(model, truth);
    return new Writer(model, truth);
  });
  const groups = (ballot?.comparison.groups ?? []).map((group) => ({
    group,
    arms: group.arms.map((entry): Arm => {
      const own = writers.find(({ model: { arm } }) => arm?.group === group.group && arm.arm === entry.arm);
      const writer = entry.isMain ? main : own;
      if (!writer) throw new RangeError(`nothing is known of arm ${entry.arm} of ${group.group}`);
      return {
        name: `arm ${entry.arm} of ${group.group}`,
        writer,
        atoms: writer.model.standing((atom) => atom.group === group.group),
        entry,
        isApart: writer !== main,
      };
    }),
  }));
  const digits = precision(
    groups.flatMap(({ group }) => group.measures.flatMap(({ figures }) => figures)),
    main.model.shown.profile.decimals,
  );
  for (const { group, arms } of groups) {
    for (const arm of arms) addNumbers(arm);
    for (const measure of group.measures) addMeasure(measure, arms, digits);
  }
  return { groups, writers };
}

/** Answers handed in by a counted channel and set. */
function handedIn({ writer: { model }, entry: _, atoms: _atoms }: Arm, group: string, valid: boolean): Terms {
  const sum = new Sum();
  for (const stratum of model.shown.reportingStrata)
    if (stratum.group === group && !model.voided.has(stratum.no))
      for (const set of model.shown.profile.sets) sum.plus(model.handedIn(stratum.no, set, true, valid), one);
  return sum.terms;
}

const groupOf = ({ atoms, writer }: Arm): string => atoms[0]?.group ?? writer.model.arm?.group ?? '';

function addNumbers(arm: Arm): void {
  const { writer, name, atoms, entry } = arm;
  writer.countOf(`${name} responses`, counts(writer.model, atoms), entry.responses);
  const { incomplete } = entry;
  if (incomplete.kind !== 'estimate') return;
  const partial = handedIn(arm, groupOf(arm), false);
  writer.count(`${name} incomplete`, partial, incomplete.n);
  const all = new Sum().plusAll(partial, one).plusAll(handedIn(arm, groupOf(arm), true), one);
  writer.count(`${name} handed in`, all.terms, incomplete.denominator);
}

interface Asked {
  readonly formula: Formula;
  /** Converts the shown figure to the formula's: 不了解 is 100 minus it. */
  readonly figure: (figure: Figure) => Figure;
}

function askedOf(
  { measure, dimension }: ComparedMeasure,
  { writer: { model } }: Arm,
  group: string,
): Asked | null {
  const own = armFormulas(model, group as Atom['group']);
  if (own === null) return null;
  const asIs = (figure: Figure) => figure;
  switch (measure) {
    case 'mean':
      return { formula: own.mean, figure: asIs };
    case 'negative':
      return { formula: own.negative, figure: asIs };
    case 'top-two':
      return { formula: own.topTwo, figure: asIs };
    case 'dimension':
      return { formula: restrict(own.mean, { dimension: dimension ?? '' }), figure: asIs };
    case 'dont-know':
      return {
        formula: own.known,
        figure: (figure) => (figure.kind === 'estimate' ? { ...figure, value: 100 - figure.value } : figure),
      };
    case 'alike':
      return null;
  }
}

function addMeasure(measure: ComparedMeasure, arms: readonly Arm[], digits: number): void {
  const label = measure.dimension === null ? measure.measure : `dimension ${measure.dimension}`;
  if (measure.measure === 'alike') {
    // The standard error of its difference is a bound computed from shown figures and numbers of people, so it
    // reveals nothing more.
    const readings = arms.map((arm, i) => addAlike(arm, measure.figures[i]!, digits));
    addDifferences(measure, label, arms, digits, readings);
    return;
  }
  const parts = arms.map((arm, i) => {
    const asked = askedOf(measure, arm, groupOf(arm));
    if (asked === null) return null;
    const { writer, atoms, name } = arm;
    const reading = writer.model.read(asked.formula, atoms, 'last');
    const shown = measure.figures[i]!;
    const figure = asked.figure(shown);
    writer.figure(`${name} ${label}`, figure, reading, digits);
    return { ...arm, formula: asked.formula, reading, figure };
  });
  addDifferences(
    measure,
    label,
    arms,
    digits,
    parts.map((part) => part?.reading ?? null),
  );
  const [first] = parts;
  measure.differences.forEach((difference, i) => {
    const other = parts[i];
    if (i === 0 || difference.kind !== 'estimate' || difference.se === undefined || !first || !other) return;
    const [a, b] = [squaresOf(first), squaresOf(other)];
    if (a === null || b === null) return;
    other.writer.model.system.add({
      name: `${other.name} ${label} standard error of the difference`,
      source: 'shown',
      terms: new Sum().plusAll(a, one).plusAll(b, one).terms,
      value: null,
    });
  });
}

/**
 * A difference is rounded from unrounded figures, so it reveals more than two rounded figures. The denominators are
 * known to somebody who knows who left which item blank.
 */
function addDifferences(
  { measure, differences }: ComparedMeasure,
  label: string,
  arms: readonly Arm[],
  digits: number,
  readings: readonly (Reading | null)[],
): void {
  // 不了解 is 100 minus the formula's figure.
  const sign = measure === 'dont-know' ? -1 : 1;
  const [first] = readings;
  differences.forEach((difference, i) => {
    const own = i === 0 ? null : readings[i];
    if (difference.kind !== 'estimate' || !first || !own) return;
    const { writer, name } = arms[i]!;
    const half = 10 ** -digits / 2;
    writer.sumOfFigures(
      `${name} ${label} less the first arm's`,
      [
        { ...own, weight: ratio(sign) },
        { ...first, weight: ratio(-sign) },
      ],
      difference.value,
      half,
    );
  });
}

/**
 * An arm's part of the variance of a difference: Σ n ⁄ (n − 1) · w² (p − v)² x ⁄ c². What is subtracted is treated as
 * known.
 */
function squaresOf({
  writer,
  atoms,
  formula,
  reading,
  figure,
}: Arm & {
  readonly formula: Formula;
  readonly reading: ReturnType<Model['read']>;
  readonly figure: Figure;
}): Terms | null {
  if (figure.kind !== 'estimate' || !reading.isWeighted) return null;
  const { model } = writer;
  const v = writer.quotient(reading.y, reading.c) ?? fromDecimal(figure.value);
  const c = writer.evaluate(reading.c) ?? fromDecimal(figure.denominator);
  if (isZero(c)) return null;
  const sum = new Sum();
  for (const atom of atoms) {
    const q = model.questionnaire(atom.group);
    if (!q) continue;
    const weight = divide(model.weight(atom, 'last'), c);
    const { sampled: n } = model.sample(atom, 'last');
    const factor = multiply(multiply(weight, weight), n > 1 ? ratio(n, n - 1) : one);
    if (ratings(formula, q).length === 1 && !isOwnMeans(formula, q))
      for (const part of model.parts(formula, q)) {
        if (isZero(part.c)) continue;
        const distance = add(part.name === ':dk' ? ratio(0) : pointsOf(formula, part.name), negate(v));
        sum.plusAll(
          model.partTerms(atom, formula, q, part.name),
          multiply(factor, multiply(distance, distance)),
        );
      }
    else
      for (const [which, times] of [
        ['yy', one],
        ['yc', multiply(ratio(-2), v)],
        ['cc', multiply(v, v)],
      ] as const satisfies readonly (readonly [string, Rational])[])
        sum.plus(model.moment(atom, formula, which), multiply(factor, times));
  }
  return sum.terms;
}

function addAlike({ writer, atoms, name }: Arm, figure: Figure, digits: number): Reading | null {
  if (figure.kind !== 'estimate') return null;
  const { model } = writer;
  const [y, c, people] = [new Sum(), new Sum(), new Sum()];
  for (const atom of atoms) {
    const weight = model.weight(atom, 'last');
    y.plus(model.alike(atom, 'sum'), multiply(ratio(100), weight));
    c.plus(model.alike(atom, 'people'), weight);
    people.plus(model.alike(atom, 'people'), one);
  }
  const reading: Reading = {
    ...{ y: y.terms, c: c.terms, answers: people.terms, people: people.terms },
    isWeighted: atoms.every((atom) => model.hasWeights(atom.group)),
    isCountKnown: atoms.every((atom) => isAlikeKnown(model.questionnaire(atom.group))),
  };
  writer.figure(`${name} alike`, figure, reading, digits);
  return reading;
}

/**
 * Protected cells of the arms. Of an arm other than the main one: small or nearly unanimous answers, as a whole, by
 * dimension, location and stratum, and small numbers of respondents at a school, by channel or set. Of every arm: the
 * number of incomplete answers.
 */
export function ballotCells({ groups }: Ballot): readonly Cell[] {
  const cells: Cell[] = [];
  for (const { group, arms } of groups)
    for (const arm of arms) {
      addIncomplete(cells, arm);
      if (!arm.isApart) continue;
      const { writer, atoms, name, entry } = arm;
      const formulas = armFormulas(writer.model, group.group);
      if (formulas === null) continue;
      const mean = group.measures.find((own) => own.measure === 'mean')?.figures[group.arms.indexOf(entry)];
      const isKnown = entry.responses.kind === 'count';
      // The size of an arm is protected only if it is small.
      const people = writer.evaluate(counts(writer.model, atoms));
      const isEnough =
        isKnown || (people !== null && toNumber(people) >= writer.model.shown.profile.minimumCell);
      const of = (label: string, some: readonly Atom[], isNumberKnown: boolean) => {
        if (some.length === 0) return;
        const why = mean?.kind === 'suppressed' ? mean.why : null;
        cells.push(cellOfAtoms(writer, `${name}${label}`, why, some, isNumberKnown, formulas.mean));
      };
      if (mean?.kind === 'suppressed') of('', atoms, isKnown);
      for (const measure of group.measures) {
        const figure = measure.figures[group.arms.indexOf(entry)]!;
        if (measure.dimension === null) continue;
        const formula = restrict(formulas.mean, { dimension: measure.dimension });
        addRestricted(
          writer,
          cells,
          `${name} dimension ${measure.dimension}`,
          figure,
          formula,
          atoms,
          isEnough,
        );
      }
      for (const place of new Set(atoms.map((atom) => atom.location)))
        of(
          ` in ${String(place)}`,
          partOf(atoms, (atom) => atom.location === place),
          true,
        );
      // An attacker knows n of a stratum for this arm, too.
      for (const stratum of new Set(atoms.map((atom) => atom.sampling)))
        of(
          ` in stratum ${stratum}`,
          partOf(atoms, (atom) => atom.sampling === stratum),
          true,
        );
      for (const stratum of new Set(atoms.map((atom) => atom.reporting)))
        of(
          ` at ${stratum}`,
          partOf(atoms, (atom) => atom.reporting === stratum),
          false,
        );
      addWays(cells, arm, group);
    }
  return cells.filter((cell) => cell.columns.size > 0);
}

/** Empty if it is the whole arm. */
function partOf(atoms: readonly Atom[], isIn: (atom: Atom) => boolean): readonly Atom[] {
  const own = atoms.filter(isIn);
  return own.length === atoms.length ? [] : own;
}

function addIncomplete(cells: Cell[], arm: Arm): void {
  const { writer, name } = arm;
  const people = handedIn(arm, groupOf(arm), false);
  cells.push({
    name: `${name} incomplete`,
    ...judge(writer, arm.entry.incomplete.kind === 'suppressed' ? 'protected' : null, people, []),
    columns: new Set(people.keys()),
    knownSums: [],
    people,
    figures: [],
    counts: [{ name: 'respondents', terms: people }],
  });
}

function addWays(cells: Cell[], { writer, name, entry }: Arm, { group }: BallotGroup): void {
  const { model } = writer;
  const put = (label: string, isIn: (channel: string, set: string) => boolean) => {
    const people = new Sum();
    for (const channel of channels)
      for (const set of countedSets)
        if (isIn(channel, set)) people.plus(model.arrived(group, channel, set, true), one);
    const why = entry.responses.kind === 'suppressed' ? entry.responses.why : 'protected';
    cells.push({
      name: `${name} ${label}`,
      ...judge(writer, why, people.terms, []),
      columns: new Set(people.terms.keys()),
      knownSums: [],
      people: people.terms,
      figures: [],
      counts: [{ name: 'respondents', terms: people.terms }],
    });
  };
  const { profile } = model.shown;
  for (const channel of channels)
    put(
      `by ${channel}`,
      (own, set) =>
        own === channel &&
        (!profile.channels.includes(channel) || profile.sets.some((counted) => counted === set)),
    );
  for (const set of countedSets)
    put(
      `of ${set}`,
      (channel, own) =>
        own === set &&
        (!profile.sets.includes(set) || profile.channels.some((counted) => counted === channel)),
    );
}

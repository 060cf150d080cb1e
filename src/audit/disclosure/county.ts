/**
 * County figures: weighted means of the groups' figures, so they are linear in these, not in counts. If all groups
 * but one are shown, the last one follows and is added like a shown figure.
 */
import type { Figure } from '../../domain/scoring/figure.ts';
import type { Formula } from '../../domain/scoring/rules/formula.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import { digitsOfAll, precision, type Writer } from './figures.ts';
import { restrict, takesDimension } from './formulas.ts';
import type { Model, Reading } from './model.ts';
import { readFirst } from './pooled.ts';
import { fromDecimal, one } from './rational.ts';
import { Sum } from './system.ts';

interface Block {
  readonly weight: number;
  readonly members: readonly Group[];
}

interface Digits {
  readonly county: number;
  readonly group: number;
}

interface Mean {
  readonly name: string;
  /** Only its value is shown if `hasCounts` is false. */
  readonly county: Figure;
  readonly hasCounts: boolean;
  readonly of: (group: Group) => Figure | undefined;
  readonly read: (group: Group) => Reading;
  readonly takes?: (group: Group) => boolean;
  /** Set if the groups' standard errors add up to the county's. */
  readonly formula?: Formula;
}

export function addCounty(writer: Writer): void {
  const blocks = blocksOf(writer.model);
  const means = meansOf(writer.model);
  const { summary, profile } = writer.model.shown;
  // JSON drops zeros at the end, so a single figure may look more rounded than it is.
  const digits = {
    county: precision(
      means.map((mean) => mean.county),
      profile.decimals,
    ),
    group: precision(
      summary.groups.map((entry) => entry.figure),
      profile.decimals,
    ),
  };
  for (const mean of means) addMean(writer, mean, blocks, digits);
  addDifferences(writer, means, blocks);
}

/** Differences between formulas are shown separately, rounded from unrounded figures. */
function addDifferences(writer: Writer, means: readonly Mean[], blocks: readonly Block[]): void {
  const { summary, profile } = writer.model.shown;
  const partsOf = (name: string, sign: 1 | -1) => {
    const mean = means.find((own) => own.name === name);
    if (!mean) return null;
    return wholeOf(
      blocks.map((block) => readBlock(writer, mean, block)),
      blocks,
      sign,
    );
  };
  const official = partsOf('county', -1);
  const digits = digitsOfAll(
    summary.differences.map(({ difference }) => difference),
    profile.decimals,
  );
  for (const { formula, difference } of summary.differences) {
    const other = partsOf(`county formula ${formula}`, 1);
    if (!official || !other) continue;
    const total = blocks.reduce((sum, block) => sum + block.weight, 0);
    const half = (total * 10 ** -digits) / 2;
    writer.sumOfFigures(`difference of ${formula}`, [...other, ...official], difference * total, half);
  }
}

function blocksOf({ shown: { profile, summary } }: Model): readonly Block[] {
  const into = new Map(
    summary.notes.flatMap((note) => (note.kind === 'group-merged' ? [[note.group, note.into] as const] : [])),
  );
  return profile.groups
    .filter((rule) => !into.has(rule.group))
    .map((rule) => {
      const members = profile.groups.filter(
        (other) => other === rule || into.get(other.group) === rule.group,
      );
      return {
        weight: members.reduce((sum, member) => sum + member.weight, 0),
        members: members.map((member) => member.group),
      };
    })
    .filter((block) => block.weight > 0);
}

function meansOf(model: Model): readonly Mean[] {
  const { summary } = model.shown;
  const groupOf = (group: Group) => summary.groups.find((entry) => entry.group === group);
  const atoms = (group: Group) => model.standing((atom) => atom.group === group);
  const read = (formula: Formula) => (group: Group) => model.read(formula, atoms(group), 'last');
  const means: Mean[] = [
    {
      name: 'county',
      county: summary.official,
      hasCounts: true,
      of: (group) => groupOf(group)?.figure,
      read: read(model.official),
      formula: model.official,
    },
    ...summary.formulas.map((entry): Mean => ({
      name: `county formula ${entry.id}`,
      county: entry.figure,
      hasCounts: true,
      of: (group) => groupOf(group)?.formulas.find((own) => own.id === entry.id)?.figure,
      read: read(entry.formula),
      formula: entry.formula,
    })),
    ...summary.dimensions.map((entry): Mean => ({
      name: `county dimension ${entry.id}`,
      county: entry.figure,
      hasCounts: true,
      of: (group) => groupOf(group)?.dimensions.find((own) => own.id === entry.id)?.figure,
      read: read(restrict(model.official, { dimension: entry.id })),
      formula: restrict(model.official, { dimension: entry.id }),
      takes: (group) => takesDimension(model.questionnaire(group), entry.id),
    })),
  ];
  const shares = new Map(
    summary.differences.flatMap((difference) =>
      difference.effects.flatMap(({ option, share }) =>
        option !== null && share !== null ? [[option, share] as const] : [],
      ),
    ),
  );
  for (const [option, share] of shares)
    means.push({
      name: `county share of ${option}`,
      county: { kind: 'estimate', value: share, formula: '', n: 0, denominator: 0 },
      hasCounts: false,
      of: () => undefined,
      read: read(shareOf(model.official, option)),
    });
  // Groups are merged separately for first answers, and nothing shown says which.
  if (summary.notes.some((note) => note.kind === 'group-merged')) return means;
  const { first, withoutFlagged: without } = summary;
  means.push({
    name: 'county by first answers',
    county: first.official,
    hasCounts: true,
    of: (group) => first.groups.find((entry) => entry.group === group)?.figure,
    read: (group) => readFirst(model, group, true),
  });
  if (without)
    means.push(
      {
        name: 'county without flagged',
        county: without.official,
        hasCounts: true,
        of: (group) => without.groups.find((entry) => entry.group === group)?.figure,
        read: (group) =>
          model.read(
            model.official,
            atoms(group).filter((atom) => !model.flagged.has(atom.reporting)),
            'unflagged',
          ),
      },
      {
        name: 'county by first answers without flagged',
        county: without.first.official,
        hasCounts: true,
        of: (group) => without.first.groups.find((entry) => entry.group === group)?.figure,
        read: (group) => readFirst(model, group, false),
      },
    );
  return means;
}

/** The share of one option, with the denominator and unit of the official formula. */
export function shareOf(official: Formula, option: string): Formula {
  const { title, unit, dontKnow, items, dimension, named } = official;
  return {
    kind: 'share',
    id: `:share-${option}`,
    title,
    unit,
    dontKnow,
    satisfied: [option],
    ...(items ? { items } : {}),
    ...(dimension === undefined ? {} : { dimension }),
    ...(named === undefined ? {} : { named }),
  };
}

function addMean(writer: Writer, mean: Mean, all: readonly Block[], digits: Digits): void {
  const { county } = mean;
  if (county.kind !== 'estimate') return;
  const blocks = all.filter((block) => mean.takes?.(block.members[0]!) ?? true);
  const readings = blocks.map((block) => readBlock(writer, mean, block));
  if (mean.hasCounts) {
    const [answers, people] = [new Sum(), new Sum()];
    for (const reading of readings) {
      answers.plusAll(reading.answers, one);
      if (reading.people) people.plusAll(reading.people, one);
    }
    writer.count(`${mean.name} denominator`, answers.terms, county.denominator);
    if (readings.every((reading) => reading.people !== null))
      writer.count(`${mean.name} n`, people.terms, county.n);
  }
  addLastSpread(writer, mean, blocks);
  const total = blocks.reduce((sum, block) => sum + block.weight, 0);
  let left = county.value * total;
  const unit = 10 ** -digits.county;
  const { threshold } = writer.model.shown.summary;
  // Rounding does not cross the threshold, so it may move a figure by a whole unit near it.
  const half = total * (Math.abs(county.value - threshold.value) <= unit ? unit : unit / 2);
  let off = half;
  const hidden: number[] = [];
  blocks.forEach((block, i) => {
    const own = block.members.length === 1 ? mean.of(block.members[0]!) : undefined;
    if (own?.kind !== 'estimate') return hidden.push(i);
    left -= block.weight * own.value;
    // A whole unit, in case the group's figure is near the threshold.
    off += block.weight * 10 ** -digits.group;
    return undefined;
  });
  const [last] = hidden;
  writer.sumOfFigures(`${mean.name}, all groups`, wholeOf(readings, blocks, 1), county.value * total, half);
  if (hidden.length !== 1 || !readings[last!]!.isWeighted) return;
  const { weight } = blocks[last!]!;
  writer.ratio(`${mean.name}, the last group`, left / weight, readings[last!]!, off / weight);
}

function readBlock(writer: Writer, mean: Mean, { members }: Block): Reading {
  const [y, c, answers, people] = [new Sum(), new Sum(), new Sum(), new Sum()];
  let isCounted = true;
  const readings = members.map(mean.read);
  for (const reading of readings) {
    y.plusAll(reading.y, one);
    c.plusAll(reading.c, one);
    answers.plusAll(reading.answers, one);
    if (reading.people) people.plusAll(reading.people, one);
    else isCounted = false;
  }
  return {
    y: y.terms,
    c: c.terms,
    answers: answers.terms,
    people: isCounted ? people.terms : null,
    isWeighted: members.every((group) => writer.model.hasWeights(group)),
    isCountKnown: readings.every((reading) => reading.isCountKnown),
  };
}

/**
 * A county figure is Σ weight ⁄ opinions · points · answers. The number of opinions is known to somebody who knows
 * who left which item blank. Several county figures may tell hidden groups apart. Even if all groups are shown, the
 * county's figure has other digits.
 */
function wholeOf(readings: readonly Reading[], blocks: readonly Block[], sign: 1 | -1) {
  return blocks.map((block, i) => ({ ...readings[i]!, weight: fromDecimal(sign * block.weight) }));
}

/** The variance of the county is the sum of its groups' variances. If all but one are shown, the last one follows. */
function addLastSpread(writer: Writer, { name, county, of, formula }: Mean, blocks: readonly Block[]): void {
  if (county.kind !== 'estimate' || county.se === undefined || !formula) return;
  const hidden = blocks.filter(({ members }) => {
    const own = members.length === 1 ? of(members[0]!) : undefined;
    return own?.kind !== 'estimate' || own.se === undefined;
  });
  const [last] = hidden;
  if (hidden.length !== 1 || last!.members.length !== 1) return;
  const [group] = last!.members;
  const atoms = writer.model.standing((atom) => atom.group === group);
  const { deff: _deff, ...figure } = county;
  writer.spread(`${name}, the last group`, figure, formula, atoms, 'last');
}

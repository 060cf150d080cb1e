/**
 * Estimates from tallies. A *domain* (county, group, school, location, item…) is a list of parts, one for each questionnaire and
 * sampling stratum, with that stratum's weight; its figure is the ratio Σ w·y ⁄ Σ w·c, where y is what the formula adds up and c what
 * it divides by. This is R survey's `svyratio`; with unit `respondents`, `svymean` of the respondents' own means. The second
 * moments stand beside the totals, so that Taylor linearisation of that ratio needs nothing else.
 *
 * Long because sums, ratio and uncertainty are one calculation: parted, its private types would become an interface.
 */
import { AppError } from '../../errors.ts';
import type { SamplingStratum } from '../../frame/strata.ts';
import type { CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import type { Group } from '../../model/vocabulary.ts';
import { noData, settle, type Figure, type Interval } from '../figure.ts';
import { formulaItems, optionPoints, type Formula } from '../rules/formula.ts';
import { collapseStrata } from './collapse.ts';
import { criticalValue, unanimousMargin, type IntervalMethod } from '../statistics/interval.ts';
import type { Bounds } from '../statistics/proportion.ts';
import {
  degreesOfFreedom,
  designEffect,
  mergeSums,
  sumVariance,
  varianceParts,
  type StratumSums,
  type VariancePart,
} from './stratified.ts';
import { itemCounts, planOf, type ItemSlots, type TallyKey } from '../tally/tally.ts';
import { readTally } from '../tally/tally-bytes.ts';

/** Sums over respondents under one formula. */
interface Totals {
  /** Respondents with a denominator. */
  readonly n: number;
  /** Σ numerator (points). */
  readonly y: number;
  /** Σ denominator (answers, or respondents). */
  readonly c: number;
  /** Σy², Σyc, Σc² over respondents. */
  readonly yy: number;
  readonly yc: number;
  readonly cc: number;
  /** False if the tallies do not have the second moments (several items that are not a dimension). */
  readonly hasSecond: boolean;
}

/**
 * The same formula for one item or dimension, without its own restriction; or, with its own, for items that are not about the
 * county.
 */
export function restrictFormula(
  formula: Formula,
  to: { readonly item: string } | { readonly dimension: string } | { readonly about: 'school' },
): Formula {
  const { items: _items, dimension: _dimension, named: _named, about: _about, ...rest } = formula;
  const name =
    'item' in to ? `item ${to.item}` : 'dimension' in to ? `dimension ${to.dimension}` : `about ${to.about}`;
  let own = restricted.get(formula);
  if (!own) restricted.set(formula, (own = new Map<string, Formula>()));
  let found = own.get(name);
  if (!found) {
    found =
      'item' in to
        ? { ...rest, items: [to.item] }
        : 'dimension' in to
          ? { ...rest, dimension: to.dimension }
          : { ...formula, about: to.about };
    own.set(name, found);
  }
  return found;
}
/** One object for each restriction, because data about a formula is cached by identity. */
const restricted = new WeakMap<Formula, Map<string, Formula>>();

/** A formula applied to one questionnaire: computed once, not for each tally. */
interface Lens {
  readonly formula: Formula;
  readonly items: readonly number[];
  readonly points: readonly (number | undefined)[];
  /** Tally scope with exactly these items; null if there is none, and the items' own counts are used. */
  readonly scope: number | null;
}
const lenses = new WeakMap<Formula, WeakMap<CompiledQuestionnaire, Lens>>();

function lensOf(formula: Formula, q: CompiledQuestionnaire): Lens {
  let own = lenses.get(formula);
  if (!own) lenses.set(formula, (own = new WeakMap()));
  let lens = own.get(q);
  if (!lens) {
    const items = formulaItems(formula, q);
    lens = { formula, items, points: optionPoints(formula, q), scope: scopeOf(formula, q, items) };
    own.set(q, lens);
  }
  return lens;
}

/** The tally scope with exactly these items, if any. */
function scopeOf(formula: Formula, q: CompiledQuestionnaire, items: readonly number[]): number | null {
  if (items.length === 0) return null;
  if (items.length === q.items.filter((item) => item.type === 'rating').length) return 0;
  // Named items use their own counts: no variance over several.
  if (formula.items) return null;
  const scope = planOf(q).scopeItems.findIndex(
    (own, i) => i > 0 && own.length === items.length && own.every((item, k) => item === items[k]),
  );
  return scope < 0 ? null : scope;
}

/** Which vectors of a questionnaire are summed, and where the sums are stored. */
export interface ReadingPlan {
  readonly questionnaire: CompiledQuestionnaire;
  /** Formula → start of its six sums (n, Σy, Σc, Σy², Σyc, Σc²). Formulas that use the items' own counts have none. */
  readonly at: ReadonlyMap<Formula, number>;
  readonly byScope: readonly (readonly { readonly lens: Lens; readonly at: number }[] | undefined)[];
}

/** `formulas`: all that will be applied to respondents' vectors. */
export function planReading(q: CompiledQuestionnaire, formulas: readonly Formula[]): ReadingPlan {
  const at = new Map<Formula, number>();
  const byScope: { readonly lens: Lens; readonly at: number }[][] = [];
  for (const formula of formulas) {
    const lens = lensOf(formula, q);
    if (lens.scope === null || at.has(formula)) continue;
    const own = at.size * SUMS;
    at.set(formula, own);
    (byScope[lens.scope] ??= []).push({ lens, at: own });
  }
  return { questionnaire: q, at, byScope };
}
const SUMS = 6;

/**
 * One tally, or several of one questionnaire added up, as scoring reads it: the items' counts, and sums over respondents. Their
 * vectors are not kept.
 */
export interface ReadTally extends ItemSlots {
  readonly reading: ReadingPlan;
  readonly slots: number[];
  readonly sums: number[];
}

/**
 * Reads a stored tally. A respondent whose every answer is 不了解 has no denominator under `exclude`. Throws `corrupt` on bytes that are no tally, and an
 * Error if an answered option has no points (checkProfileAgainst refuses such profiles).
 */
export function readTotals(reading: ReadingPlan, bytes: Uint8Array): ReadTally {
  const sums = new Array<number>(reading.at.size * SUMS).fill(0);
  const slots = readTally(reading.questionnaire, bytes, (scope, answered, dontKnow, group) => {
    const list = reading.byScope[scope];
    if (list) for (const { lens, at } of list) addGroup(lens, sums, at, answered, dontKnow, group);
  });
  return { ...slots, reading, sums };
}

function addGroup(
  { formula, points }: Lens,
  sums: number[],
  to: number,
  answered: number,
  dontKnow: number,
  group: Float64Array,
): void {
  const denominator = formula.dontKnow === 'exclude' ? answered - dontKnow : answered;
  if (denominator === 0) return;
  const axes = points.length;
  let sum = 0;
  let square = 0;
  let at = 1 + axes;
  for (let x = 0; x < axes; x++) {
    const count = group[1 + x]!;
    if (count === 0) {
      at += axes - x;
      continue;
    }
    const p = points[x];
    if (p === undefined) throw noPoints(formula, x);
    sum += p * count;
    square += p * p * group[at++]!;
    // If the count of the second option is 0, so is the product's.
    for (let z = x + 1; z < axes; z++, at++) square += 2 * p * (points[z] ?? 0) * group[at]!;
  }
  // Within a group the denominator is constant: a respondent's own mean is linear in v.
  const isMean = formula.unit === 'respondents';
  const scale = isMean ? 1 / denominator : 1;
  const each = isMean ? 1 : denominator;
  const size = group[0]!;
  sums[to]! += size;
  sums[to + 1]! += sum * scale;
  sums[to + 2]! += each * size;
  sums[to + 3]! += square * scale * scale;
  sums[to + 4]! += sum * scale * each;
  sums[to + 5]! += each * each * size;
}

function totalsOf(formula: Formula, pool: ReadTally): Totals {
  const at = pool.reading.at.get(formula);
  if (at === undefined) {
    if (lensOf(formula, pool.plan.questionnaire).scope !== null)
      throw new Error(`tallies were not read for formula ${formula.id}`);
    return itemTotals(formula, pool);
  }
  const { sums } = pool;
  return {
    n: sums[at]!,
    y: sums[at + 1]!,
    c: sums[at + 2]!,
    yy: sums[at + 3]!,
    yc: sums[at + 4]!,
    cc: sums[at + 5]!,
    hasSecond: true,
  };
}

function itemTotals(formula: Formula, tally: ItemSlots): Totals {
  let n = 0;
  let y = 0;
  let c = 0;
  let yy = 0;
  const { questionnaire, slotOffset } = tally.plan;
  const { slots } = tally;
  const { items, points } = lensOf(formula, questionnaire);
  for (const index of items) {
    const item = questionnaire.items[index]!;
    if (item.type !== 'rating') continue;
    const at = slotOffset[index]!;
    const k = item.optionIds.length;
    let answered = formula.dontKnow === 'include' ? slots[at + k]! : 0;
    for (let option = 0; option < k; option++) {
      const count = slots[at + option]!;
      if (count === 0) continue;
      const axis = item.vector[option]!;
      const p = points[axis];
      if (p === undefined) throw noPoints(formula, axis);
      answered += count;
      y += p * count;
      yy += p * p * count;
    }
    c += answered;
    // Over several items respondents are unknown here: at least as many as answered the most common one.
    n = Math.max(n, answered);
  }
  return { n, y, c, yy, yc: y, cc: c, hasSecond: items.length < 2 };
}

function noPoints(formula: Formula, axis: number): Error {
  return new Error(`formula ${formula.id} has no points for option number ${axis + 1}`);
}

/** A stored cell, decoded. */
export interface DecodedCell extends TallyKey {
  readonly group: Group;
  readonly tally: ReadTally;
}

/** One questionnaire × sampling stratum of a domain. */
interface DomainPart {
  /** Identifies strata, also across groups. */
  readonly stratum: string;
  /** N ⁄ n of the stratum in its whole group, or 1. */
  readonly weight: number;
  /** n of the stratum in its whole group; null where the answers are pooled without a design: no variance. */
  readonly sampled: number | null;
  /** N of the stratum; null = not known. */
  readonly population: number | null;
  readonly pool: ReadTally;
}
export type Domain = readonly DomainPart[];

/** The position of a cell's answers in the sample: everything of a part except the answers. */
export type SampleDesign = (cell: DecodedCell) => Omit<DomainPart, 'pool'>;

/**
 * Sampling strata with base weights N/n, n = responses of the counted cells. They are taken once, over the whole county, and kept in
 * every domain (school, item): the textbook's estimator for domains. A stratum of unknown N (slips), and answers
 * without one (0, open link), stand for themselves alone: weight 1, no finite population correction. Strata with fewer answers than `smallest` are
 * collapsed (collapse.ts); absent: as they are, and one without answers has no weight: the others of its group stand for it, and the summary notes it.
 */
export function stratifiedDesign(
  counted: readonly DecodedCell[],
  strata: readonly SamplingStratum[],
  smallest?: number,
): { readonly design: SampleDesign; readonly collapsed: readonly CollapsedGroup[] } {
  const answers = countBy(counted, strataKey);
  const places = new Map<string, Omit<DomainPart, 'pool'>>();
  const collapsed: CollapsedGroup[] = [];
  for (const group of new Set(counted.map((cell) => cell.group))) {
    const known = strata.filter((stratum) => stratum.group === group && stratum.frameSize !== null);
    const answersIn = (no: number) => answers.get(`${group}/${no}`) ?? 0;
    const together =
      smallest === undefined
        ? new Map(known.map(({ no }) => [no, [no]]))
        : collapseStrata(known, answersIn, smallest);
    const cells = new Set([...together.values()].map((members) => members[0])).size;
    if (smallest !== undefined && cells < known.length)
      collapsed.push({ group, strata: known.length, cells, smallest });
    const sizes = new Map(known.map((stratum) => [stratum.no, stratum.frameSize!]));
    for (const [no, members] of together) {
      const sampled = members.reduce((sum, member) => sum + answersIn(member), 0);
      const population = members.reduce((sum, member) => sum + sizes.get(member)!, 0);
      if (sampled > 0)
        places.set(`${group}/${no}`, {
          stratum: `${group}/${members[0]!}`,
          weight: population / sampled,
          sampled,
          population,
        });
    }
  }
  return {
    design: (cell) => {
      const stratum = strataKey(cell);
      return (
        places.get(stratum) ?? { stratum, weight: 1, sampled: answers.get(stratum) ?? 0, population: null }
      );
    },
    collapsed,
  };
}

/** A group with collapsed strata: how many there are, and how many they count as. */
export interface CollapsedGroup {
  readonly group: Group;
  readonly strata: number;
  readonly cells: number;
  readonly smallest: number;
}

const strataKey = (cell: DecodedCell) => `${cell.group}/${cell.samplingStratum}`;

/** All answers of a group alike: one simple random sample from all its strata. Its N is known if that of each stratum is. */
export function simpleDesign(
  counted: readonly DecodedCell[],
  strata: readonly SamplingStratum[],
): SampleDesign {
  const sizes = countBy(counted, (cell) => cell.group);
  const homeless = new Set(counted.filter((cell) => cell.samplingStratum === 0).map((cell) => cell.group));
  const population = populationsOf(strata);
  return (cell) => ({
    stratum: cell.group,
    weight: 1,
    sampled: sizes.get(cell.group) ?? 0,
    population: homeless.has(cell.group) ? null : (population.get(cell.group) ?? null),
  });
}

/** Frame sizes by group; null: unknown, because one of its strata has no roll. */
export function populationsOf(strata: readonly SamplingStratum[]): ReadonlyMap<Group, number | null> {
  const found = new Map<Group, number | null>();
  for (const { group, frameSize } of strata) {
    const before = found.get(group);
    found.set(group, frameSize === null || before === null ? null : (before ?? 0) + frameSize);
  }
  return found;
}

function countBy<K>(cells: readonly DecodedCell[], keyOf: (cell: DecodedCell) => K): ReadonlyMap<K, number> {
  const counts = new Map<K, number>();
  for (const cell of cells) counts.set(keyOf(cell), (counts.get(keyOf(cell)) ?? 0) + cell.tally.n);
  return counts;
}

const withoutDesign: SampleDesign = () => ({ stratum: '', weight: 1, sampled: null, population: null });

/**
 * Pools cells into a domain. Without a design all answers are alike, and there is no variance. The cells' own tallies are not
 * changed.
 */
export function poolDomain(cells: readonly DecodedCell[], design: SampleDesign | null): Domain {
  interface Open extends Omit<DomainPart, 'pool'> {
    readonly pool: { -readonly [K in keyof ReadTally]: ReadTally[K] };
  }
  const parts = new Map<string, Open>();
  for (const cell of cells) {
    const place = (design ?? withoutDesign)(cell);
    const key = `${cell.questionnaire}/${place.stratum}`;
    const { tally } = cell;
    const pool = parts.get(key)?.pool;
    if (!pool) {
      parts.set(key, { ...place, pool: { ...tally, slots: tally.slots.slice(), sums: tally.sums.slice() } });
      continue;
    }
    pool.n += tally.n;
    addTo(pool.slots, tally.slots);
    addTo(pool.sums, tally.sums);
  }
  return [...parts.values()];
}

function addTo(to: number[], from: readonly number[]): void {
  for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
}

/** Responses of a domain. */
export function domainResponses(domain: Domain): number {
  return domain.reduce((sum, part) => sum + part.pool.n, 0);
}

/**
 * Intermediate data of a figure, from which a weighted mean of several figures, and the number of further answers needed, are
 * computed.
 */
export interface Measure {
  readonly value: number;
  readonly n: number;
  readonly denominator: number;
  readonly others?: number;
  /** Variance by stratum; null if the design or the tallies have none (several items that are no dimension). */
  readonly parts: readonly VariancePart[] | null;
  readonly df: number;
  readonly deff: number | null;
  /** What the value cannot leave. */
  readonly range: Bounds;
  /** The independent figures that it is the weighted mean of (weights sum to 1); itself alone. */
  readonly blocks: readonly {
    readonly weight: number;
    readonly value: number;
    readonly n: number;
    /** Smallest share of a stratum's population that answered: 1 is a census, 0 an unknown or unlimited population. */
    readonly fraction: number;
    readonly range: Bounds;
  }[];
}

/** The formula's figure over a domain, or null: never NaN, and never a 0 without answers. */
export function measureDomain(formula: Formula, domain: Domain): Measure | null {
  const sums: StratumSums[] = [];
  let known = true;
  let y = 0;
  let c = 0;
  let n = 0;
  let denominator = 0;
  for (const { stratum, weight, sampled, population, pool } of domain) {
    const totals = totalsOf(formula, pool);
    y += weight * totals.y;
    c += weight * totals.c;
    n += totals.n;
    denominator += totals.c;
    if (sampled === null || !totals.hasSecond) known = false;
    else
      sums.push({
        key: stratum,
        sampled,
        population,
        weight,
        n: totals.n,
        y: totals.y,
        c: totals.c,
        yy: totals.yy,
        yc: totals.yc,
        cc: totals.cc,
      });
  }
  if (denominator === 0 || !(c > 0)) return null;
  return {
    ...measureRatio(known ? sums : null, y, c, n, denominator, rangeOf(formula, domain)),
    others: answersOutsideCommonest(formula, domain),
  };
}

/** The mean of a number item over a domain. */
export function measureNumber(item: string, domain: Domain): Measure | null {
  const sums: StratumSums[] = [];
  let known = true;
  let y = 0;
  let c = 0;
  let n = 0;
  let low = Infinity;
  let high = 0;
  for (const { stratum, weight, sampled, population, pool } of domain) {
    const index = pool.plan.questionnaire.items.findIndex((other) => other.id === item);
    const found = pool.plan.questionnaire.items[index];
    if (found?.type !== 'number') continue;
    const counts = itemCounts(pool, index);
    if (counts.type !== 'number') continue;
    low = Math.min(low, found.min);
    high = Math.max(high, found.max);
    y += weight * counts.sum;
    c += weight * counts.n;
    n += counts.n;
    if (sampled === null) known = false;
    else
      sums.push({
        key: stratum,
        sampled,
        population,
        weight,
        n: counts.n,
        y: counts.sum,
        c: counts.n,
        yy: counts.sumOfSquares,
        yc: counts.sum,
        cc: counts.n,
      });
  }
  if (n === 0) return null;
  const alike = sums.every((s) => s.n * s.yy === s.y * s.y) && new Set(sums.map((s) => s.y / s.n)).size === 1;
  return { ...measureRatio(known ? sums : null, y, c, n, n, { low, high }), ...(alike ? { others: 0 } : {}) };
}

function measureRatio(
  sums: readonly StratumSums[] | null,
  y: number,
  c: number,
  n: number,
  denominator: number,
  range: Bounds,
): Measure {
  const value = y / c;
  const strata = sums && mergeSums(sums);
  const parts = strata && varianceParts(strata, value, c, 'adjust');
  const fraction = parts === null || parts.length === 0 ? 0 : Math.min(...parts.map((part) => part.fraction));
  return {
    value,
    n,
    denominator,
    parts,
    df: strata ? degreesOfFreedom(strata) : 0,
    deff: parts && strata ? designEffect(strata, value, sumVariance(parts)) : null,
    range,
    blocks: [{ weight: 1, value, n, fraction, range }],
  };
}

/** Least and most points of an answer. */
function rangeOf(formula: Formula, domain: Domain): Bounds {
  let low = formula.dontKnow === 'include' ? 0 : Infinity;
  let high = 0;
  for (const { pool } of domain)
    for (const p of lensOf(formula, pool.plan.questionnaire).points) {
      if (p === undefined) continue;
      low = Math.min(low, p);
      high = Math.max(high, p);
    }
  return { low: Math.min(low, high), high };
}

/** The formula's figure over a domain, with its uncertainty if `rule` asks for it. */
export function estimateDomain(formula: Formula, domain: Domain, rule: IntervalRule | null = null): Figure {
  return toFigure(formula.id, measureDomain(formula, domain), rule);
}

/** How intervals are made: the profile's `interval`, or none. */
export interface IntervalRule {
  readonly method: IntervalMethod;
  readonly level: number;
}

/**
 * A measure as a final estimate: value rounded to 13 digits; standard error, degrees of freedom and interval if `rule` asks for
 * them.
 */
export function toFigure(formula: string, measure: Measure | null, rule: IntervalRule | null): Figure {
  if (measure === null) return noData;
  const { n, denominator, others } = measure;
  const value = settle(measure.value);
  return {
    kind: 'estimate',
    value,
    formula,
    n,
    denominator,
    ...(others === undefined ? {} : { others }),
    ...(rule === null || measure.parts === null ? {} : uncertaintyOf(measure, measure.parts, rule)),
  };
}

function uncertaintyOf(measure: Measure, parts: readonly VariancePart[], rule: IntervalRule) {
  const se = Math.sqrt(sumVariance(parts));
  const interval = intervalOf(measure, parts, rule);
  return {
    // No spread in a sample is not certainty, unless everyone was asked.
    ...(interval?.method === 'unanimous' ? {} : { se: settle(se) }),
    df: measure.df,
    ...(measure.deff === null ? {} : { deff: settle(measure.deff) }),
    ...(interval === null ? {} : { interval }),
  };
}

/**
 * The interval, if each stratum had `factor` times its answers in the same proportions (1: as it is). Three cases: everybody was asked and answered (no
 * sampling error); no spread at all in what was drawn (a bound of the exact kind, not an interval of length 0); else value ± critical value × SE, cut off at
 * what the points allow. Without degrees of freedom there is no interval.
 *
 * A stratum's variance at k times its answers is V·(1 ⁄ k − f) ⁄ (1 − f), 0 once everybody is in; the degrees of freedom stay those of now.
 */
export function intervalOf(
  measure: Measure,
  parts: readonly VariancePart[],
  { method, level }: IntervalRule,
  factor = 1,
): Interval | null {
  const value = settle(measure.value);
  const isCensus = (block: Measure['blocks'][number]) => block.fraction * factor >= 1;
  if (measure.blocks.every(isCensus)) return { low: value, high: value, level, method: 'census' };
  if (sumVariance(parts) === 0) {
    // Each of k independent blocks at level 1 − α ⁄ k: together at least at 1 − α.
    const open = measure.blocks.filter((block) => !isCensus(block)).length;
    let low = 0;
    let high = 0;
    for (const block of measure.blocks) {
      const margin = isCensus(block) ? 0 : unanimousMargin(block.n * factor, 1 - (1 - level) / open);
      low += block.weight * (block.value - margin * (block.value - block.range.low));
      high += block.weight * (block.value + margin * (block.range.high - block.value));
    }
    return { low: settle(low), high: settle(high), level, method: 'unanimous' };
  }
  const critical = criticalValue(method, level, measure.df);
  if (critical === null) return null;
  const half = critical * Math.sqrt(factor === 1 ? sumVariance(parts) : grownVariance(parts, factor));
  return {
    low: settle(Math.max(measure.range.low, measure.value - half)),
    high: settle(Math.min(measure.range.high, measure.value + half)),
    level,
    method,
  };
}

function grownVariance(parts: readonly VariancePart[], factor: number): number {
  return parts.reduce((sum, { variance, fraction }) => {
    const left = Math.max(0, 1 / factor - fraction);
    return sum + (left === 0 ? 0 : (variance * left) / (1 - fraction));
  }, 0);
}

/** Of the answers that a formula uses, without 不了解, how many are not the most common one. */
function answersOutsideCommonest(formula: Formula, domain: Domain): number {
  const counts = new Map<string, number>();
  let total = 0;
  for (const { pool } of domain) {
    const { questionnaire, slotOffset } = pool.plan;
    for (const index of lensOf(formula, questionnaire).items) {
      const { optionIds } = questionnaire.items[index]!;
      const at = slotOffset[index]!;
      for (const [i, id] of optionIds.entries()) {
        const count = pool.slots[at + i]!;
        if (count === 0) continue;
        total += count;
        counts.set(id, (counts.get(id) ?? 0) + count);
      }
    }
  }
  return total - Math.max(0, ...counts.values());
}

/**
 * Mean of several independent figures with fixed weights; their variances add with the weights squared, their degrees of freedom as those of one
 * design. If one of them is no estimate there is none: weights are never rescaled over those that happen to be there. Weights of 0 do not ask for a
 * figure. R: `svycontrast(svyby(…, ~group, …), weights)`.
 */
export function combineMeasures(
  parts: readonly { readonly weight: number; readonly measure: Measure | null }[],
): Measure | null {
  const weighted = parts.filter((part) => part.weight > 0);
  const total = weighted.reduce((sum, part) => sum + part.weight, 0);
  if (!(total > 0)) return null;
  const found: { share: number; measure: Measure }[] = [];
  for (const { weight, measure } of weighted) {
    if (measure === null) return null;
    found.push({ share: weight / total, measure });
  }
  const sum = (pick: (measure: Measure) => number) => found.reduce((s, { measure }) => s + pick(measure), 0);
  const mean = (pick: (measure: Measure) => number) =>
    found.reduce((s, { share, measure }) => s + share * pick(measure), 0);
  const variances = found.map(({ share, measure }) =>
    measure.parts?.map((part) => ({ ...part, variance: share * share * part.variance })),
  );
  return {
    // Not Σ share × value: an exact 85 must remain exact.
    value: weighted.reduce((s, { weight, measure }) => s + weight * settle(measure!.value), 0) / total,
    n: sum((measure) => measure.n),
    denominator: sum((measure) => measure.denominator),
    parts: variances.every((own) => own !== undefined) ? variances.flat() : null,
    df: sum((measure) => measure.df),
    deff: null,
    range: { low: mean((measure) => measure.range.low), high: mean((measure) => measure.range.high) },
    blocks: found.flatMap(({ share, measure }) =>
      measure.blocks.map((block) => ({ ...block, weight: share * block.weight })),
    ),
  };
}

/** For callers that find a cell whose questionnaire or stratum is unknown. */
export function unknownCell(what: string, number: number): AppError {
  return new AppError('corrupt', 'tally.corrupt', { params: { fault: `${what} ${number}` } });
}

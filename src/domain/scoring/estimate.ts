/**
 * Point estimates from tallies. A *domain* (county, group, school, location, item…) is a list of parts, one for each questionnaire and
 * sampling stratum, with that stratum's weight; its figure is the ratio Σ w·y ⁄ Σ w·c, where y is what the formula adds up and c what
 * it divides by. This is R survey's `svyratio`; with unit `respondents`, `svymean` of the respondents' own means. The second
 * moments stand beside the totals, so that Taylor linearisation of that ratio needs nothing else.
 */
import { AppError } from '../errors.ts';
import type { SamplingStratum } from '../fieldwork/strata.ts';
import type { CompiledQuestionnaire } from '../questionnaire/compiled.ts';
import type { Group } from '../vocabulary.ts';
import { noData, settle, type Figure } from './figure.ts';
import { formulaItems, optionPoints, type Formula } from './formula.ts';
import {
  addTally,
  createTally,
  crossIndex,
  itemCounts,
  scopeGroups,
  type Tally,
  type TallyKey,
} from './tally.ts';

/** Sums over respondents of one stratum under one formula. */
interface Totals {
  /** Respondents with a denominator. */
  readonly n: number;
  /** Σ numerator (points). */
  readonly y: number;
  /** Σ denominator (answers, or respondents). */
  readonly c: number;
  /** Σy², Σyc, Σc² over respondents; null where the tallies cannot tell (several items that are not a dimension). */
  readonly second: { readonly yy: number; readonly yc: number; readonly cc: number } | null;
}

/** The same formula looking at one item or dimension; its own restriction falls away. */
export function restrictFormula(
  formula: Formula,
  to: { readonly item: string } | { readonly dimension: string },
): Formula {
  const { items: _items, dimension: _dimension, ...rest } = formula;
  return 'item' in to ? { ...rest, items: [to.item] } : { ...rest, dimension: to.dimension };
}

/**
 * Totals of a formula over one tally. A respondent whose every answer is 不了解 has no denominator under `exclude`. Throws if an answered
 * option has no points (checkProfileAgainst refuses such profiles).
 */
function formulaTotals(formula: Formula, tally: Tally): Totals {
  const q = tally.plan.questionnaire;
  const items = formulaItems(formula, q);
  if (items.length === 0) return { n: 0, y: 0, c: 0, second: { yy: 0, yc: 0, cc: 0 } };
  const points = optionPoints(formula, q);
  const scope = scopeOf(formula, q, items);
  return scope === null
    ? itemTotals(formula, tally, items, points)
    : scopeTotals(formula, tally, scope, points);
}

/** Which tally scope holds exactly these items, if any. */
function scopeOf(formula: Formula, q: CompiledQuestionnaire, items: readonly number[]): number | null {
  if (items.length === q.items.filter((item) => item.type === 'rating').length) return 0;
  if (formula.dimension !== undefined) return 1 + q.dimensions.indexOf(formula.dimension);
  return null;
}

function scopeTotals(
  formula: Formula,
  tally: Tally,
  scope: number,
  points: readonly (number | undefined)[],
): Totals {
  let n = 0;
  let y = 0;
  let c = 0;
  let yy = 0;
  let yc = 0;
  let cc = 0;
  const axes = points.length;
  for (const group of scopeGroups(tally, scope)) {
    const denominator = formula.dontKnow === 'exclude' ? group.answered - group.dontKnow : group.answered;
    if (denominator === 0) continue;
    let sum = 0;
    let square = 0;
    for (let x = 0; x < axes; x++) {
      if (group.sum[x] === 0) continue;
      const p = pointsAt(formula, tally, points, x);
      sum += p * group.sum[x]!;
      for (let z = 0; z < axes; z++)
        if (group.sum[z] !== 0)
          square += p * pointsAt(formula, tally, points, z) * group.cross[crossIndex(axes, x, z)]!;
    }
    // Within a group the denominator is constant: a respondent's own mean is linear in v.
    const scale = formula.unit === 'respondents' ? 1 / denominator : 1;
    const each = formula.unit === 'respondents' ? 1 : denominator;
    n += group.n;
    y += sum * scale;
    c += each * group.n;
    yy += square * scale * scale;
    yc += sum * scale * each;
    cc += each * each * group.n;
  }
  return { n, y, c, second: { yy, yc, cc } };
}

function itemTotals(
  formula: Formula,
  tally: Tally,
  items: readonly number[],
  points: readonly (number | undefined)[],
): Totals {
  let n = 0;
  let y = 0;
  let c = 0;
  let yy = 0;
  for (const index of items) {
    const item = tally.plan.questionnaire.items[index]!;
    const counts = itemCounts(tally, index);
    if (item.type !== 'rating' || counts.type !== 'rating') continue;
    let answered = formula.dontKnow === 'include' ? counts.dontKnow : 0;
    counts.options.forEach((count, option) => {
      if (count === 0) return;
      const p = pointsAt(formula, tally, points, item.vector[option]!);
      answered += count;
      y += p * count;
      yy += p * p * count;
    });
    c += answered;
    // Over several items respondents cannot be told apart here: at least as many as answered the commonest one.
    n = Math.max(n, answered);
  }
  return { n, y, c, second: items.length === 1 ? { yy, yc: y, cc: c } : null };
}

function pointsAt(
  formula: Formula,
  tally: Tally,
  points: readonly (number | undefined)[],
  axis: number,
): number {
  const p = points[axis];
  if (p !== undefined) return p;
  const option = tally.plan.questionnaire.vectorOptions[axis] ?? '';
  throw new Error(`formula ${formula.id} has no points for option ${option}`);
}

/** A stored cell, decoded. */
export interface DecodedCell extends TallyKey {
  readonly group: Group;
  readonly tally: Tally;
}

/** One questionnaire × sampling stratum of a domain. */
interface DomainPart {
  readonly stratum: number;
  /** N ⁄ n of the stratum in its whole group, or 1. */
  readonly weight: number;
  readonly tally: Tally;
}
export type Domain = readonly DomainPart[];

/** Sampling stratum → weight of each of its answers. */
export type Weights = ReadonlyMap<number, number>;

/**
 * Base weights N/n by sampling stratum, n = responses of the counted cells. They are taken once, over the whole county, and kept in
 * every domain (school, item): the textbook's estimator for domains. A stratum of unknown N (slips), and answers
 * without one (0, open link), stand for themselves alone: weight 1. A stratum without answers has no weight: the others of its
 * group stand for it, and the summary notes it.
 */
export function stratumWeights(counted: readonly DecodedCell[], strata: readonly SamplingStratum[]): Weights {
  const n = new Map<number, number>();
  for (const cell of counted) n.set(cell.samplingStratum, (n.get(cell.samplingStratum) ?? 0) + cell.tally.n);
  const weights = new Map<number, number>();
  for (const stratum of strata) {
    const responses = n.get(stratum.no) ?? 0;
    if (stratum.frameSize !== null && responses > 0) weights.set(stratum.no, stratum.frameSize / responses);
  }
  return weights;
}

/** Pools cells into a domain. Without `weights` all answers are alike. The cells' own tallies are left alone. */
export function poolDomain(cells: readonly DecodedCell[], weights: Weights | null): Domain {
  const parts = new Map<string, { stratum: number; weight: number; tally: Tally }>();
  for (const cell of cells) {
    const key = `${cell.questionnaire}/${weights === null ? 0 : cell.samplingStratum}`;
    let part = parts.get(key);
    if (!part) {
      part = {
        stratum: weights === null ? 0 : cell.samplingStratum,
        weight: weights?.get(cell.samplingStratum) ?? 1,
        tally: createTally(cell.tally.plan.questionnaire),
      };
      parts.set(key, part);
    }
    addTally(part.tally, cell.tally);
  }
  return [...parts.values()];
}

/** Responses of a domain. */
export function domainResponses(domain: Domain): number {
  return domain.reduce((sum, part) => sum + part.tally.n, 0);
}

/** The formula's figure over a domain, or no data: never NaN, never a 0 that nobody answered. */
export function estimateDomain(formula: Formula, domain: Domain): Figure {
  let y = 0;
  let c = 0;
  let n = 0;
  let denominator = 0;
  for (const part of domain) {
    const totals = formulaTotals(formula, part.tally);
    y += part.weight * totals.y;
    c += part.weight * totals.c;
    n += totals.n;
    denominator += totals.c;
  }
  if (denominator === 0 || !(c > 0)) return noData;
  const others = answersOutsideCommonest(formula, domain);
  return { kind: 'estimate', value: settle(y / c), formula: formula.id, n, denominator, others };
}

/** Of the answers a formula looks at, 不了解 included, how many are not the commonest one. */
function answersOutsideCommonest(formula: Formula, domain: Domain): number {
  const counts = new Map<string, number>();
  let total = 0;
  const add = (option: string, count: number) => {
    total += count;
    counts.set(option, (counts.get(option) ?? 0) + count);
  };
  for (const { tally } of domain) {
    const q = tally.plan.questionnaire;
    for (const index of formulaItems(formula, q)) {
      const found = itemCounts(tally, index);
      if (found.type !== 'rating') continue;
      found.options.forEach((count, option) => add(q.items[index]!.optionIds[option]!, count));
      add('', found.dontKnow);
    }
  }
  return total - Math.max(0, ...counts.values());
}

/**
 * Mean of several figures with fixed weights. If one of them is no estimate there is none: weights are never rescaled over those
 * that happen to be there. Weights of 0 do not ask for a figure.
 */
export function combineFigures(
  formula: Formula,
  parts: readonly { readonly weight: number; readonly figure: Figure }[],
): Figure {
  const weighted = parts.filter((part) => part.weight > 0);
  let value = 0;
  let total = 0;
  let n = 0;
  let denominator = 0;
  for (const { weight, figure } of weighted) {
    if (figure.kind !== 'estimate') return noData;
    value += weight * figure.value;
    total += weight;
    n += figure.n;
    denominator += figure.denominator;
  }
  if (!(total > 0)) return noData;
  return { kind: 'estimate', value: settle(value / total), formula: formula.id, n, denominator };
}

/** For callers that meet a cell whose questionnaire or stratum is not known. */
export function unknownCell(what: string, number: number): AppError {
  return new AppError('corrupt', 'tally.corrupt', { params: { fault: `${what} ${number}` } });
}

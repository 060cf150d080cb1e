/**
 * Sums of squares, as standard errors weigh them: which of those who may give another answer keep them. A figure is Σ w y ⁄ Σ w c of people's points and answers, its variance a sum
 * of w² (y − v c)² less what follows from counts. So who of several gives another answer shows in these sums alone.
 */
import { DONT_KNOW, type CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import { restrictFormula } from '../../domain/scoring/estimate/estimate.ts';
import { formulaItems, optionPoints, type Formula } from '../../domain/scoring/rules/formula.ts';
import { rowFormula } from '../../domain/scoring/summary/score.ts';
import type { SummaryInput } from '../../domain/scoring/summary/summary.ts';
import type { Person, Sheet } from './people.ts';

/** By how much sums of squares of places and formulas are others. */
export type Shifts = Map<string, number>;

/** A standard error is shown to so much of itself: the county's has more digits. */
const WHOLE = 0.001;
const PART = 0.02;

interface Sum {
  y: number;
  c: number;
  squares: number;
}

export interface Squares {
  /** Adds what this person's answers, as they are now, change of them. `sign` −1: takes it away again. */
  readonly add: (shifts: Shifts, person: Person, sign: 1 | -1) => void;
  /** In what is shown of each. */
  readonly size: (shifts: Shifts) => number;
}

export function createSquares(input: SummaryInput, sheets: readonly Sheet[]): Squares {
  const { profile, questionnaires } = input;
  const strata = new Map(input.reportingStrata.map((stratum) => [stratum.no, stratum]));
  const official = profile.formulas.find(({ id }) => id === profile.official)!;
  const weights = weightsOf(input, sheets);
  const formulasOf = memoize((no: number) => {
    const q = questionnaires.get(no)!;
    const whole = [official, ...profile.formulas.filter((formula) => formula !== official)];
    const parts = q.dimensions.map((dimension) => restrictFormula(official, { dimension }));
    return [...whole, ...parts].map((formula) => ({ name: nameOf(formula), read: reader(formula, q) }));
  });
  const rowOf = memoize((no: number) => {
    const q = questionnaires.get(no)!;
    return reader(rowFormula(official, q.groups[0]!), q);
  });
  /** Every place that somebody's answers are shown in, by figure. */
  function* readings(
    no: number,
    place: number,
    answers: Uint8Array,
  ): Generator<readonly [key: string, share: number, y: number, c: number]> {
    const stratum = strata.get(place);
    if (!stratum) return;
    const { group, location } = stratum;
    for (const [i, { name, read }] of formulasOf(no).entries()) {
      const [y, c] = read(answers);
      yield [`${group} ${name}`, WHOLE, y, c];
      if (i === 0 && location !== null) yield [`${group} in ${location}`, PART, y, c];
    }
    const [y, c] = rowOf(no)(answers);
    yield [`at ${place}`, PART, y, c];
  }
  const sums = new Map<string, Sum>();
  const each = (work: (sum: Sum, weight: number, y: number, c: number) => void) => {
    for (const { questionnaire, reportingStratum, samplingStratum, answers } of sheets)
      for (const [key, , y, c] of readings(questionnaire, reportingStratum, answers)) {
        let sum = sums.get(key);
        if (!sum) sums.set(key, (sum = { y: 0, c: 0, squares: 0 }));
        work(sum, weights.get(samplingStratum) ?? 1, y, c);
      }
  };
  each((sum, weight, y, c) => {
    sum.y += weight * y;
    sum.c += weight * c;
  });
  const distance = ({ y: all, c: count }: Sum, y: number, c: number) =>
    y - (count === 0 ? 0 : all / count) * c;
  each((sum, weight, y, c) => {
    sum.squares += (weight * distance(sum, y, c)) ** 2;
  });
  const shares = new Map<string, number>();
  const add = (shifts: Shifts, { was, reportingStratum, answers }: Person, sign: 1 | -1) => {
    const weight = weights.get(was.samplingStratum) ?? 1;
    for (const [place, own, by] of [
      [was.reportingStratum, was.answers, -sign],
      [reportingStratum, answers, sign],
    ] as const)
      for (const [key, share, y, c] of readings(was.questionnaire, place, own)) {
        const sum = sums.get(key);
        if (!sum) continue;
        shares.set(key, share);
        shifts.set(key, (shifts.get(key) ?? 0) + by * (weight * distance(sum, y, c)) ** 2);
      }
  };
  return {
    add,
    size: (shifts) => {
      let size = 0;
      for (const [key, by] of shifts) {
        const { squares } = sums.get(key)!;
        if (squares > 0) size += (by / (squares * shares.get(key)!)) ** 2;
      }
      return size;
    },
  };
}

/** As the design has them; collapsed and adjusted ones are near these. */
function weightsOf({ samplingStrata }: SummaryInput, sheets: readonly Sheet[]): ReadonlyMap<number, number> {
  const sampled = new Map<number, number>();
  for (const { samplingStratum } of sheets)
    sampled.set(samplingStratum, (sampled.get(samplingStratum) ?? 0) + 1);
  return new Map(
    samplingStrata.map(({ no, frameSize }) => {
      const n = sampled.get(no) ?? 1;
      const weight = frameSize === null || frameSize === 0 ? 1 : frameSize / n;
      return [no, weight];
    }),
  );
}

/** Points and answers of one sheet. */
function reader(
  formula: Formula,
  q: CompiledQuestionnaire,
): (answers: Uint8Array) => readonly [number, number] {
  const points = optionPoints(formula, q);
  const items = formulaItems(formula, q).flatMap((index) => {
    const item = q.items[index]!;
    return item.type === 'rating' ? [item] : [];
  });
  return (answers) => {
    let [y, c] = [0, 0];
    for (const { offset, vector, optionIds, dontKnowId } of items) {
      const code = answers[offset]!;
      if (code >= 1 && code <= optionIds.length) {
        y += points[vector[code - 1]!] ?? 0;
        c += 1;
      } else if (formula.dontKnow === 'include' && code === DONT_KNOW && dontKnowId !== null) c += 1;
    }
    return formula.unit === 'respondents' ? [c === 0 ? 0 : y / c, c === 0 ? 0 : 1] : [y, c];
  };
}

function nameOf({ id, dimension }: Formula): string {
  return dimension === undefined ? id : `${id} ${dimension}`;
}

function memoize<T>(work: (no: number) => T): (no: number) => T {
  const done = new Map<number, T>();
  return (no) => {
    let own = done.get(no);
    if (own === undefined) done.set(no, (own = work(no)));
    return own;
  };
}

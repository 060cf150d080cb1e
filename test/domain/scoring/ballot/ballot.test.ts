/** Split ballots: who gets which arm, what is compared, what is refused, and what 600 answers an arm can show. Long because the cases share their made-up county. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createBallot, leastStratum, mainArm } from '../../../../src/domain/frame/ballot.ts';
import type { SamplingStratum } from '../../../../src/domain/frame/strata.ts';
import { parseJson } from '../../../../src/domain/questionnaire/answers.ts';
import { compileQuestionnaire } from '../../../../src/domain/questionnaire/compile.ts';
import { questionnaireSchema } from '../../../../src/domain/questionnaire/template.ts';
import { checkBallot } from '../../../../src/domain/scoring/ballot/check.ts';
import { compareArms } from '../../../../src/domain/scoring/ballot/compare.ts';
import { smallestDifference } from '../../../../src/domain/scoring/ballot/power.ts';
import { estimateRatio } from '../../../../src/domain/scoring/estimate/design.ts';
import type { Figure } from '../../../../src/domain/scoring/figure.ts';
import type { SummaryInput } from '../../../../src/domain/scoring/summary/summary.ts';
import { computeShownSummary } from '../../../../src/domain/scoring/suppression/suppression.ts';
import { createTally, foldAnswers, type TallyCell } from '../../../../src/domain/scoring/tally/tally.ts';
import { encodeTally } from '../../../../src/domain/scoring/tally/tally-bytes.ts';
import { seededRandom } from '../../../support/cutting-proxy.ts';
import { inputOf, parentsOnly, reporting, sampling } from '../summary-fixtures.ts';

const templates = new URL('../../../../survey-templates/', import.meta.url);
const load = (name: string) =>
  questionnaireSchema.parse(JSON.parse(readFileSync(new URL(name, templates), 'utf8')));
const four = compileQuestionnaire(load('parent-2012.json'));
const balanced = compileQuestionnaire(load('balanced/parent-2012-balanced.json'));
const arms = [
  { no: 1, groups: ['parent' as const], arm: 'A' },
  { no: 2, groups: ['parent' as const], arm: 'B' },
];

describe('who gets which arm', () => {
  const seed = createHash('sha256').update('dice').digest();
  const contacts = (from: number, n: number) =>
    Array.from({ length: n }, (_, i) => ({
      entry: createHash('md5')
        .update(`contact ${from + i}`)
        .digest(),
    }));

  it('follows from the seed and the contact, in turn through the strata', () => {
    const strata = [contacts(0, 7), contacts(100, 4), contacts(200, 6)];
    const ballot = createBallot(seed, arms);
    const given = strata.map((own) => ballot.assign('parent', 'drawn', own));
    // By another hash library, over the sorted list.
    let turn = 0;
    const expected = strata.map((own) => {
      const rank = ({ entry }: { readonly entry: Buffer }) =>
        createHash('sha256').update(seed).update('ballot').update(entry).digest('hex');
      const order = [...own].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
      const arm = new Map(order.map((contact) => [contact, 1 + (turn++ % 2)]));
      return own.map((contact) => arm.get(contact));
    });
    expect(given).toEqual(expected);
    const all = given.flat();
    expect(Math.abs(all.filter((no) => no === 1).length - all.filter((no) => no === 2).length)).toBe(1);
    for (const own of given)
      expect(
        Math.abs(own.filter((no) => no === 1).length - own.filter((no) => no === 2).length),
      ).toBeLessThanOrEqual(1);
    // The same again, and in any order of the contacts; another with another seed.
    const again = createBallot(seed, arms);
    expect(again.assign('parent', 'drawn', strata[0]!.toReversed())).toEqual(given[0]!.toReversed());
    const other = createBallot(createHash('sha256').update('other').digest(), arms);
    expect(strata.flatMap((own) => other.assign('parent', 'drawn', own))).not.toEqual(all);
    expect(ballot.slips('parent', 5)).toEqual([1, 2, 1, 2, 1]);
  });

  it('is the one questionnaire of a group that has one', () => {
    const ballot = createBallot(seed, [...arms, { no: 3, groups: ['teacher'] }]);
    expect(ballot.assign('teacher', 'drawn', contacts(0, 3))).toEqual([3, 3, 3]);
    expect(leastStratum(arms, 10)).toBe(20);
    expect(leastStratum([arms[0]!], 10)).toBe(10);
    expect(mainArm(arms, 'parent')?.no).toBe(1);
    expect(mainArm([arms[0]!, { ...arms[1]!, official: true }], 'parent')?.no).toBe(2);
  });
});

describe('arms of unequal shares', () => {
  const seed = createHash('sha256').update('dice').digest();
  const shared = (...shares: readonly number[]) =>
    shares.map((share, i) => ({ no: i + 1, groups: ['parent' as const], arm: 'ABCD'[i]!, share }));
  const slips = (list: readonly (typeof arms)[number][], n: number) =>
    createBallot(seed, list).slips('parent', n);

  it('never have a whole contact more or less than their share', () => {
    for (const shares of [
      [80, 20],
      [95, 5],
      [34, 33, 33],
      [6, 47, 47],
      [10, 20, 30, 40],
      [5, 5, 45, 45],
    ]) {
      const given = slips(shared(...shares), 250);
      const had = shares.map(() => 0);
      given.forEach((no, k) => {
        had[no - 1]! += 1;
        for (const [i, share] of shares.entries())
          expect(Math.abs(had[i]! - (share * (k + 1)) / 100), `${shares.join()} ${k}`).toBeLessThan(1);
      });
    }
    // By hand: lacks 80 20 → A; 60 40 → A; 40 60 → B; 120 −20 → A; 100 0 → A; and so on.
    expect(slips(shared(80, 20), 7)).toEqual([1, 1, 2, 1, 1, 1, 1]);
  });

  it('that are equal are as those without', () => {
    for (const shares of [
      [50, 50],
      [25, 25, 25, 25],
      [20, 20, 20, 20, 20],
    ]) {
      const list = shared(...shares);
      expect(slips(list, 230)).toEqual(
        slips(
          list.map(({ share: _, ...own }) => own),
          230,
        ),
      );
    }
  });

  it('go on from one stratum to the next, in the order of the hash', () => {
    const ballot = createBallot(seed, shared(80, 20));
    const contacts = (from: number, n: number) =>
      Array.from({ length: n }, (_, i) => ({
        entry: createHash('md5')
          .update(`contact ${from + i}`)
          .digest(),
      }));
    const strata = [contacts(0, 7), contacts(100, 4), contacts(200, 9)];
    const given = strata.map((own) => ballot.assign('parent', 'drawn', own));
    expect(given.flat().filter((no) => no === 2)).toHaveLength(4);
    const order = [0, 0, 1, 0, 0].map((arm) => arm + 1);
    let turn = 0;
    for (const [s, own] of strata.entries()) {
      const rank = ({ entry }: { readonly entry: Buffer }) =>
        createHash('sha256').update(seed).update('ballot').update(entry).digest('hex');
      const sorted = [...own].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
      for (const contact of sorted) expect(given[s]![own.indexOf(contact)]).toBe(order[turn++ % 5]);
    }
  });

  it('need as many codes in a reporting stratum that the smallest holds the minimum cell', () => {
    expect(leastStratum(shared(80, 20), 10)).toBe(50);
    expect(leastStratum(shared(34, 33, 33), 10)).toBe(31);
    expect(leastStratum(shared(50, 50), 10)).toBe(20);
  });
});

describe('the smallest difference that is found', () => {
  it('is that of R’s power.t.test for equal arms, but for t’s quantiles', () => {
    // power.t.test(n = 300, sd = 15, power = 0.8)$delta and so on; by SciPy's noncentral t.
    const golden = [
      [300, 15, 3.43675],
      [300, 20, 4.582333],
      [600, 15, 2.428191],
      [600, 20, 3.237588],
    ] as const;
    for (const [n, sd, delta] of golden) {
      const own = smallestDifference(n, n, sd);
      expect(own).toBeLessThan(delta);
      expect(delta / own).toBeLessThan(1.003);
    }
    // The methodologist's table.
    expect([15, 20].map((sd) => smallestDifference(300, 300, sd).toFixed(1))).toEqual(['3.4', '4.6']);
    expect([15, 20].map((sd) => smallestDifference(600, 600, sd).toFixed(1))).toEqual(['2.4', '3.2']);
  });

  it('by hand for 960 and 240: 2.801585 · 20 · √(1⁄960 + 1⁄240) = 2.801585 · 20 · 0.0721688', () => {
    expect(smallestDifference(960, 240, 20)).toBeCloseTo(4.04374, 4);
    expect(smallestDifference(100, 0, 20)).toBe(Infinity);
  });
});

describe('what may be split', () => {
  const list = (change: (own: (typeof arms)[number]) => object = () => ({})) =>
    [four, balanced].map((compiled, i) => ({
      ...{ ...arms[i]!, compiled, languages: ['zh-CN', 'en'] },
      ...change(arms[i]!),
    }));
  const gate = { role: { kind: 'gate' }, sampling: 'drawn' } as const;
  const reference = { role: { kind: 'reference' }, sampling: 'drawn' } as const;
  const messages = (...given: Parameters<typeof checkBallot>) =>
    checkBallot(...given).map((issue) => issue.message.replace('campaign.ballot-', ''));

  it('not where the figure decides, unless one arm is official beforehand', () => {
    expect(messages(gate, list())).toEqual(['gate']);
    expect(messages({ ...gate, role: { kind: 'points', points: 10, of: 100 } }, list())).toEqual(['gate']);
    expect(
      messages(
        gate,
        list(({ no }) => (no === 1 ? { official: true } : {})),
      ),
    ).toEqual([]);
    expect(messages(reference, list())).toEqual([]);
    expect(
      messages(
        gate,
        list(() => ({ official: true })),
      ),
    ).toEqual(['two-official']);
  });

  it('nor an open link, arms of several groups, more than four, or a scale that is neither', () => {
    expect(messages({ ...reference, sampling: 'self-selected' }, list())).toEqual(['not-drawn']);
    expect(
      messages(
        reference,
        list(() => ({ groups: ['parent', 'public'] })),
      ),
    ).toContain('several-groups');
    const odd = { ...balanced, vectorOptions: ['good', 'bad'] };
    expect(messages(reference, [list()[0]!, { ...list()[1]!, compiled: odd }])).toEqual(['scale']);
    const many = Array.from({ length: 5 }, (_, i) => ({ ...list()[0]!, no: i + 1, arm: 'ABCDE'[i]! }));
    expect(messages(reference, many)).toEqual(['too-many']);
    expect(messages(reference, [list()[0]!])).toEqual(['one-arm']);
    const { arm: _, ...alone } = list()[0]!;
    expect(messages(reference, [{ ...alone, share: 100 }])).toEqual(['one-arm']);
  });

  it('nor where an arm lacks a language that another has', () => {
    const one = list(({ no }) => (no === 2 ? { languages: ['zh-CN'] } : {}));
    expect(messages(reference, one)).toEqual(['languages']);
    expect(checkBallot(reference, one)[0]).toMatchObject({
      path: 'questionnaires[1].document',
      params: { languages: 'en' },
    });
    expect(
      messages(
        reference,
        list(() => ({ languages: ['zh-CN'] })),
      ),
    ).toEqual([]);
  });

  it('nor in shares of some arms alone, or that make up other than 100', () => {
    const shared = (...shares: readonly (number | undefined)[]) =>
      list(({ no }) => (shares[no - 1] === undefined ? {} : { share: shares[no - 1] }));
    expect(messages(reference, shared(80, 20))).toEqual([]);
    expect(messages(reference, shared(80, undefined))).toEqual(['shares-some']);
    expect(messages(reference, shared(80, 30))).toEqual(['shares-sum']);
    expect(messages(gate, shared(80, 20))).toEqual(['gate']);
  });
});

it('a sheet of the other arm is refused, not read as another option', () => {
  const isTaken = (q: typeof four, option: string) => {
    const ratings = q.items.filter((item) => item.type === 'rating');
    return parseJson(q, Object.fromEntries(ratings.map(({ id }) => [id, option]))).ok;
  };
  expect(isTaken(four, 'satisfied')).toBe(true);
  expect(isTaken(four, 'neutral')).toBe(false);
  expect(isTaken(balanced, 'neutral')).toBe(true);
  expect(isTaken(balanced, 'basically-satisfied')).toBe(false);
});

it('the balanced templates are the others with another scale', () => {
  const names = readdirSync(new URL('balanced/', templates));
  expect(names.length).toBe(10);
  for (const name of names) {
    const own = load(`balanced/${name}`);
    const base = load(name.replace('-balanced', ''));
    expect(Object.values(own.scales).flatMap((s) => s.options.map((o) => o.id))).toEqual([
      ...['very-satisfied', 'fairly-satisfied', 'neutral', 'fairly-dissatisfied', 'very-dissatisfied'],
      'dont-know',
    ]);
    expect(own.items.map((item) => [item.id, item.text, item.showIf?.item])).toEqual(
      base.items.map((item) => [item.id, item.text, item.showIf?.item]),
    );
    expect(own.scales['satisfaction']!.tail).toEqual(base.scales['satisfaction']!.tail);
  }
});

/** A county in two strata; each parent rates every item alike, by code of the option. */
function countyOf(
  sheets: readonly { readonly arm: 1 | 2; readonly stratum: 1 | 2; readonly codes: readonly number[] }[],
  change: Partial<SummaryInput['profile']> = {},
): SummaryInput {
  const profile = parentsOnly({ withinGroup: 'strata', interval: { method: 't', level: 0.95 }, ...change });
  const strata: SamplingStratum[] = [
    sampling(1, 'parent', 4000, 'urban'),
    sampling(2, 'parent', 9000, 'rural'),
  ];
  const cells = new Map<
    string,
    { readonly key: Omit<TallyCell, 'bytes'>; readonly tally: ReturnType<typeof createTally> }
  >();
  for (const { arm, stratum, codes } of sheets) {
    const q = arm === 1 ? four : balanced;
    const name = `${arm}/${stratum}`;
    let cell = cells.get(name);
    if (!cell) {
      cell = {
        key: {
          ...{ questionnaire: arm, samplingStratum: stratum, reportingStratum: 1 },
          ...{ channel: 'web', set: 'drawn', valid: true },
        },
        tally: createTally(q),
      };
      cells.set(name, cell);
    }
    const bytes = new Uint8Array(q.byteLength);
    let rating = 0;
    for (const item of q.items)
      if (item.type === 'rating') bytes[item.offset] = codes[rating++ % codes.length]!;
    foldAnswers(cell.tally, q, bytes, 1);
  }
  const list = [...cells.values()].map(({ key, tally }) => ({ ...key, bytes: encodeTally(tally) }));
  return {
    ...inputOf(profile, [reporting(1, 'parent', 3000)], [], {
      questionnaires: new Map([
        [1, four],
        [2, balanced],
      ]),
    }),
    samplingStrata: strata,
    cells: list,
    firstCells: list,
    apart: new Set([2]),
  };
}
const compare = (input: SummaryInput) => compareArms(input, arms, computeShownSummary(input)).groups[0]!;
const estimate = (figure: Figure | undefined) => {
  if (figure?.kind !== 'estimate') throw new Error(`no estimate: ${figure?.kind ?? 'nothing'}`);
  return figure;
};
const points = { 1: [100, 80, 60, 0], 2: [100, 75, 50, 25, 0] };

describe('what is compared', () => {
  const random = seededRandom(7);
  const sheets = Array.from({ length: 160 }, (_, i) => {
    const arm = (1 + (i % 2)) as 1 | 2;
    return {
      arm,
      stratum: (1 + (Math.floor(i / 2) % 2)) as 1 | 2,
      codes: Array.from({ length: 12 }, () =>
        random() < 0.1 ? 254 : 1 + Math.floor(random() * points[arm].length),
      ),
    };
  });

  /** As many as the numbers that they are compared with have. */
  const decimals = 9;

  it('means and shares with intervals of their differences, as from the sheets', () => {
    const group = compare(countyOf(sheets, { decimals }));
    const expected = (arm: 1 | 2, value: (code: number) => number | null) => {
      const q = arm === 1 ? four : balanced;
      const ratings = q.items.filter((item) => item.type === 'rating');
      const codesOf = (sheet: (typeof sheets)[number]) =>
        ratings.flatMap((item, i) => (item.scored ? [sheet.codes[i % 12]!] : []));
      const known = (sheet: (typeof sheets)[number]) => codesOf(sheet).flatMap((code) => value(code) ?? []);
      const rows = sheets.filter((sheet) => sheet.arm === arm);
      const sizes = { 1: 4000, 2: 9000 };
      // Weights N ⁄ n, no correction: R's svydesign without fpc.
      return estimateRatio<(typeof sheets)[number]>(
        {
          rows,
          stratum: (row) => String(row.stratum),
          population: () => null,
          weight: (stratum) =>
            sizes[Number(stratum) as 1 | 2] / rows.filter((row) => row.stratum === Number(stratum)).length,
        },
        (row) => known(row).reduce((a, b) => a + b, 0),
        (row) => known(row).length,
      )!;
    };
    const byMeasure: Record<string, (arm: 1 | 2) => (code: number) => number | null> = {
      mean: (arm) => (code) => (code === 254 ? null : points[arm][code - 1]!),
      negative: (arm) => (code) => (code === 254 ? null : code > (arm === 1 ? 3 : 3) ? 100 : 0),
      'top-two': () => (code) => (code === 254 ? null : code <= 2 ? 100 : 0),
      'dont-know': () => (code) => (code === 254 ? 100 : 0),
    };
    for (const [name, value] of Object.entries(byMeasure)) {
      const found = group.measures.find((own) => own.measure === name)!;
      const [a, b] = [expected(1, value(1)), expected(2, value(2))];
      for (const [i, want] of [a, b].entries()) {
        expect(estimate(found.figures[i]).value).toBeCloseTo(want.value, 8);
        // Beside the summary's, which has the correction for a finite population, it would tell the sums of squares of strata.
        expect(estimate(found.figures[i]).se).toBeUndefined();
      }
      const difference = estimate(found.differences[1]);
      expect(difference.value).toBeCloseTo(b.value - a.value, 8);
      expect(difference.se).toBeCloseTo(Math.hypot(a.se!, b.se!), 8);
      expect(difference.df).toBe(a.df + b.df);
      // t at 156 degrees of freedom: 1.975 (R: qt(0.975, 156) = 1.975288).
      expect((difference.interval!.high - difference.value) / difference.se!).toBeCloseTo(1.975288, 5);
    }
    const dimensions = group.measures.filter((own) => own.measure === 'dimension');
    expect(dimensions.length).toBeGreaterThan(5);
    expect(dimensions.map((own) => own.ranks[0]).sort()).toEqual(dimensions.map((_, i) => i + 1).sort());
  });

  it('how often two ratings of one person are alike, pair by pair, with an upper bound of the interval', () => {
    const found = compare(countyOf(sheets, { decimals })).measures.find((own) => own.measure === 'alike')!;
    const sizes = { 1: 4000, 2: 9000 };
    const ofArm = (arm: 1 | 2) => {
      const ratings = (arm === 1 ? four : balanced).items.filter((item) => item.type === 'rating').length;
      const rows = sheets.filter((sheet) => sheet.arm === arm);
      return estimateRatio<(typeof sheets)[number]>(
        {
          rows,
          stratum: (row) => String(row.stratum),
          population: () => null,
          weight: (no) =>
            sizes[Number(no) as 1 | 2] / rows.filter((row) => row.stratum === Number(no)).length,
        },
        ({ codes }) => {
          const given = Array.from({ length: ratings }, (_, i) => codes[i % 12]!).filter(
            (code) => code !== 254,
          );
          const pairs = given.flatMap((code, i) => given.slice(i + 1).map((other) => code === other));
          return (100 * pairs.filter((isAlike) => isAlike).length) / pairs.length;
        },
        () => 1,
      )!;
    };
    const [a, b] = [ofArm(1), ofArm(2)];
    expect(estimate(found.figures[0]).value).toBeCloseTo(a.value, 8);
    expect(estimate(found.figures[1]).value).toBeCloseTo(b.value, 8);
    const difference = estimate(found.differences[1]);
    expect(difference.value).toBeCloseTo(b.value - a.value, 8);
    expect(difference.se!).toBeGreaterThan(Math.hypot(a.se!, b.se!));
    expect((difference.interval!.high - difference.value) / difference.se!).toBeCloseTo(1.975288, 5);

    // The same from first to last, and all but one of one arm: that nearly all did is hidden.
    const lazy = sheets.map((sheet) => ({
      ...sheet,
      codes: sheet.codes.map(() => 1 + (sheet.codes[0]! % 3)),
    }));
    const hiddenOnes = compare(countyOf(lazy)).measures.find((own) => own.measure === 'alike')!;
    expect(hiddenOnes.figures.map((figure) => figure.kind)).toEqual(['suppressed', 'suppressed']);
    const some = lazy.map((sheet, i) => (i % 10 < 4 ? sheets[i]! : sheet));
    const shownOnes = compare(countyOf(some)).measures.find((own) => own.measure === 'alike')!;
    expect(estimate(shownOnes.figures[0]).value).toBeGreaterThan(estimate(found.figures[0]).value + 20);
  });

  it('has no more digits than people read, and the same where the summary has the figure', () => {
    const input = countyOf(sheets);
    const group = compare(input);
    const digits = (value: number) => String(value).split('.')[1]?.length ?? 0;
    const figures = [
      ...group.measures.flatMap((own) => [...own.figures, ...own.differences]),
      ...group.arms.map((own) => own.incomplete),
    ].filter((figure) => figure.kind === 'estimate');
    expect(figures.length).toBeGreaterThan(20);
    for (const { value, se = 0, interval } of figures)
      for (const own of [value, se, interval?.low ?? 0, interval?.high ?? 0])
        expect(digits(own)).toBeLessThanOrEqual(1);
    // 84.96 would be 85.0 beside the summary's 84.9: neither crosses the threshold.
    const near = estimate(compare(countyOf(sheets, { decimals })).measures[0]!.figures[0]).value;
    const up = (places: number) => Math.round(near * 10 ** places) / 10 ** places;
    const places = [0, 1, 2, 3].find((own) => up(own) > near)!;
    const threshold = { value: up(places), comparison: 'at-least', unit: 'points' } as const;
    const judged = countyOf(sheets, { threshold, decimals: places });
    const inSummary = computeShownSummary(judged).groups.find((own) => own.group === 'parent')!;
    const inFormula = inSummary.formulas.find((own) => own.id === 'mean-100-80-60-0') ?? inSummary;
    const shown = estimate(compare(judged).measures[0]!.figures[0]).value;
    expect(shown).toBe(estimate(inFormula.figure).value);
    expect(shown).toBeLessThan(threshold.value);
  });

  it('the summary is of the main arm alone, and rates are of both', () => {
    const both = countyOf(sheets);
    const alone = countyOf(sheets.filter((sheet) => sheet.arm === 1));
    const [split, single] = [computeShownSummary(both), computeShownSummary(alone)];
    expect(split.official).toEqual(single.official);
    expect(split.groups).toEqual(single.groups);
    expect(split.returnRates[0]!.figure).toMatchObject({ n: 160 });
    expect(single.returnRates[0]!.figure).toMatchObject({ n: 80 });
    expect(JSON.stringify(split)).not.toContain('fairly-satisfied');
  });

  it('hides an arm of few, or in which all agree, and says of neither which', () => {
    const few = sheets.filter((sheet, i) => sheet.arm === 1 || i < 18);
    const alike = sheets.map((sheet) => (sheet.arm === 2 ? { ...sheet, codes: [1] } : sheet));
    for (const list of [few, alike]) {
      const group = compare(countyOf(list));
      expect(new Set(group.measures.flatMap((own) => own.figures.map((figure) => figure.kind)))).toEqual(
        new Set(['suppressed']),
      );
      expect(group.arms.map((own) => own.responses.kind)).toEqual(['suppressed', 'suppressed']);
      expect(group.measures.every((own) => own.differences[1]!.kind === 'suppressed')).toBe(true);
    }
  });

  it('hides how many handed in too little of every arm, where it is few of one', () => {
    const input = countyOf(sheets);
    const invalid = (arm: 1 | 2, n: number) => {
      const q = arm === 1 ? four : balanced;
      const tally = createTally(q);
      for (let i = 0; i < n; i++) foldAnswers(tally, q, new Uint8Array(q.byteLength).fill(255), 1);
      const { bytes: _, ...key } = input.cells.find((cell) => cell.questionnaire === arm)!;
      return { ...key, valid: false, bytes: encodeTally(tally) };
    };
    const kinds = (...more: TallyCell[]) =>
      compare({ ...input, cells: [...input.cells, ...more] }).arms.map((own) => own.incomplete.kind);
    expect(kinds()).toEqual(['estimate', 'estimate']);
    expect(kinds(invalid(1, 12), invalid(2, 11))).toEqual(['estimate', 'estimate']);
    // The return rates of the summary count both: 12 less the 12 of A are B's, 15 less 12 too.
    expect(kinds(invalid(1, 12), invalid(2, 3))).toEqual(['suppressed', 'suppressed']);
  });

  it('weighs with the weights of the summary, adjusted ones and those of a frame without what is void', () => {
    const adjustment = { kind: 'post-stratify', by: 'location', trim: 1.2 } as const;
    const drawnCodes = [
      { samplingStratum: 2, reportingStratum: 1, drawn: 40 },
      { samplingStratum: 2, reportingStratum: 9, drawn: 60 },
    ];
    const uneven = sheets.filter((sheet, i) => sheet.stratum === 1 || i % 3 > 0);
    const strata = [reporting(1, 'parent', 3000), reporting(9, 'parent', 3000)];
    const voided = [{ group: 'parent' as const, reportingStratum: 9, reason: 'spoiled' }];
    for (const input of [
      countyOf(uneven, { adjustment }),
      { ...countyOf(uneven), reportingStrata: strata, voided, drawnCodes },
    ]) {
      const inSummary = computeShownSummary(input).groups[0]!.formulas.find(
        (own) => own.id === 'mean-100-80-60-0',
      )!;
      expect(estimate(compare(input).measures[0]!.figures[0]).value).toBe(estimate(inSummary.figure).value);
    }
  });

  it('shows of the main arm only what its shown figures tell already', () => {
    const official = parentsOnly().formulas.find((f) => f.id === 'mean-100-80-60-0')!;
    const group = compare(countyOf(sheets, { formulas: [official] }));
    const kinds = Object.fromEntries(
      group.measures
        .filter((own) => own.dimension === null)
        .map((own) => [own.measure, own.figures[0]!.kind]),
    );
    expect(kinds).toEqual({
      mean: 'estimate',
      negative: 'suppressed',
      'top-two': 'suppressed',
      'dont-know': 'estimate',
      // In no other figure, and of no part of the arm.
      alike: 'estimate',
    });
  });
});

/**
 * Parents whose own level differs, and who rate about it. One arm is told to say more: so many of its answers are one step better that the mean is 4 points higher.
 * The spread of the parents' own means (about 20 points) is that of the methodologist's table, by which 3.2 points are found with 80 %.
 */
describe('600 answers an arm', () => {
  const random = seededRandom(600);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const items = four.items.filter((item) => item.type === 'rating').length;
  const sheet = (moved: number): number[] => {
    const level = 72 + 21 * normal();
    return Array.from({ length: items }, () => {
      const value = level + 15 * normal();
      const code = value > 85 ? 1 : value > 62 ? 2 : value > 40 ? 3 : 4;
      return code > 1 && random() < moved ? code - 1 : code;
    });
  };
  const meanOf = (codes: readonly number[]) =>
    codes.reduce((sum, code) => sum + points[1][code - 1]!, 0) / codes.length;
  const step = [0, 20, 20, 60];
  const many = Array.from({ length: 4000 }, () => sheet(0));
  const gain = many.flat().reduce((sum, code) => sum + step[code - 1]!, 0) / (4000 * items);

  const runs = 40;
  const share = (inflation: number): number => {
    let found = 0;
    for (let run = 0; run < runs; run++) {
      const half = (moved: number) =>
        countyOf(
          Array.from({ length: 600 }, (_, i) => ({
            ...{ arm: 1 as const, stratum: (1 + (i % 2)) as 1 | 2 },
            codes: sheet(moved),
          })),
        ).cells;
      const cells = [half(0), half(inflation / gain).map((cell) => ({ ...cell, questionnaire: 2 }))].flat();
      // Both arms on one scale, so that nothing differs but the inflation.
      const questionnaires = new Map([
        [1, four],
        [2, four],
      ]);
      const { differences } = compare({ ...countyOf([]), questionnaires, cells, firstCells: cells })
        .measures[0]!;
      const { low, high } = estimate(differences[1]).interval!;
      if (low > 0 || high < 0) found++;
    }
    return found / runs;
  };

  it('show an inflation of 4 points in at least 80 % of runs, and none where there is none', () => {
    const means = many.map(meanOf);
    const centre = means.reduce((a, b) => a + b, 0) / means.length;
    const spread = Math.sqrt(means.reduce((sum, own) => sum + (own - centre) ** 2, 0) / means.length);
    expect(spread).toBeGreaterThan(19);
    expect(share(4)).toBeGreaterThanOrEqual(0.8);
    // 5 % by chance; more than 8 of 40 has a chance of 1 in 3,000.
    expect(share(0)).toBeLessThanOrEqual(8 / runs);
  });
});

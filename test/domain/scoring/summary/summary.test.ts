import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Formula } from '../../../../src/domain/scoring/rules/formula.ts';
import type { RuleProfile } from '../../../../src/domain/scoring/rules/profile.ts';
import { computeSummary } from '../../../../src/domain/scoring/summary/summary.ts';
import { computeVerdict } from '../../../../src/domain/scoring/summary/verdict.ts';
import { readProfile } from '../profiles.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../summary-fixtures.ts';

const DK = 254;
const BLANK = 255;
const value = (figure: { kind: string; value?: number }) =>
  figure.kind === 'estimate' ? figure.value : figure.kind;

describe('the same answers by five formulas (domain.md §1)', () => {
  it('40/35/17/5/3 % gives 94.8, 92.0, 77.3, 80.6 and 77.1', () => {
    const rows: Row[] = [
      { reporting: 1, answers: [1], times: 40 },
      { reporting: 1, answers: [2], times: 35 },
      { reporting: 1, answers: [3], times: 17 },
      { reporting: 1, answers: [4], times: 5 },
      { reporting: 1, answers: [DK], times: 3 },
    ];
    const summary = computeSummary(inputOf(parentsOnly(), [reporting(1, 'parent', 120)], rows));
    const found = Object.fromEntries(
      summary.formulas.map((f) => [f.id, f.figure.kind === 'estimate' ? f.figure : null]),
    );
    expect(found['share-top3']!.value.toFixed(1)).toBe('94.8');
    expect(found['share-top3-of-all']!.value.toFixed(1)).toBe('92.0');
    expect(found['share-top2']!.value.toFixed(1)).toBe('77.3');
    expect(found['mean-100-80-60-0']!.value.toFixed(1)).toBe('80.6');
    expect(found['mean-100-75-50-0']!.value.toFixed(1)).toBe('77.1');
    // It both passes and fails.
    expect(summary.formulas.map((f) => f.meets)).toEqual([false, false, true, true, false, null]);
    // The questionnaire does not say what it covers.
    expect(summary.formulas.at(-1)).toMatchObject({ formula: { named: true }, figure: { kind: 'no-data' } });
    expect(found['share-top3']).toMatchObject({ n: 97, denominator: 97 });
    expect(found['share-top3-of-all']).toMatchObject({ n: 100, denominator: 100 });
    expect(summary.verdict).toEqual({ kind: 'not-met' });
    expect(value(summary.returnRates[0]!.figure)).toBe((83.3333333333333).valueOf() ? 83.33333333333 : 0);
  });
});

describe('quotas beside the result', () => {
  it('of a group in several strata end at all its people; one stratum without a roll leaves its number open', () => {
    // 300,000 residents: 600, half of them parents.
    const profile = parentsOnly({
      groups: [
        { group: 'parent', weight: 0.5, required: true },
        { group: 'principal', weight: 0.5, required: false },
      ],
    });
    const quotaWith = (parents: number | null) =>
      computeSummary(
        inputOf(profile, [reporting(1, 'parent', 120)], [{ reporting: 1, answers: [1], times: 40 }], {
          samplingStrata: [
            sampling(1, 'principal', 20, 'town'),
            sampling(2, 'principal', 12, 'rural'),
            sampling(3, 'parent', parents, 'town'),
            sampling(4, 'parent', 400, 'rural'),
          ],
        }),
      ).quota;
    expect(quotaWith(100)).toMatchObject({
      groups: [
        { group: 'parent', wanted: 300, population: 500, quota: 500 },
        { group: 'principal', wanted: 300, population: 32, quota: 32 },
      ],
      moves: [{ from: 'principal', to: 'parent', count: 268 }],
      shortage: 68,
    });
    expect(quotaWith(null)).toMatchObject({
      groups: [{ group: 'parent', population: null, quota: 568 }, { quota: 32 }],
      shortage: 0,
    });
  });
});

describe('units: by answers and by respondents', () => {
  const base: Omit<Extract<Formula, { kind: 'mean' }>, 'id' | 'dontKnow' | 'unit'> = {
    kind: 'mean',
    title: { 'zh-CN': '-', en: '-' },
    points: { 'very-satisfied': 100, satisfied: 80, 'basically-satisfied': 60, dissatisfied: 0 },
  };
  const formulas: Formula[] = [
    { ...base, id: 'answers', dontKnow: 'exclude', unit: 'answers' },
    { ...base, id: 'answers-dk', dontKnow: 'include', unit: 'answers' },
    { ...base, id: 'respondents', dontKnow: 'exclude', unit: 'respondents' },
    { ...base, id: 'respondents-dk', dontKnow: 'include', unit: 'respondents' },
  ];
  const profile = parentsOnly({
    formulas,
    official: 'answers',
    valid: { minAnswered: 1, dontKnowCounts: true },
  });

  it('by hand', () => {
    const rows: Row[] = [
      { reporting: 1, answers: [1, 1, 1] }, // 100 100 100
      { reporting: 1, answers: [4, DK, BLANK] }, // 0, 不了解
      { reporting: 1, answers: [DK, DK, 0] }, // only 不了解
    ];
    const summary = computeSummary(inputOf(profile, [reporting(1, 'parent', 20)], rows));
    const figures = Object.fromEntries(summary.formulas.map((f) => [f.id, f.figure]));
    // 300 / (3 + 1)
    expect(figures['answers']).toMatchObject({ value: 75, n: 2, denominator: 4 });
    // 300 / (3 + 2 + 2)
    expect(figures['answers-dk']).toMatchObject({ value: expect.closeTo(300 / 7, 9), n: 3, denominator: 7 });
    // (100 + 0) / 2
    expect(figures['respondents']).toMatchObject({ value: 50, n: 2, denominator: 2 });
    // (100 + 0 + 0) / 3
    expect(figures['respondents-dk']).toMatchObject({
      value: expect.closeTo(100 / 3, 9),
      n: 3,
      denominator: 3,
    });
  });

  it('equal brute force over the sheets, overall, by dimension and by item', () => {
    const code = fc.constantFrom(0, 1, 2, 3, 4, DK, BLANK);
    const points = [NaN, 100, 80, 60, 0];
    fc.assert(
      fc.property(fc.array(fc.tuple(code, code, code), { maxLength: 15 }), (sheets) => {
        const dims = ['a', 'a', 'b'];
        const summaryOf = (official: string) =>
          computeSummary(
            inputOf(
              { ...profile, official },
              [reporting(1, 'parent', 20)],
              sheets.map((answers) => ({ reporting: 1, answers })),
              { dimensions: dims },
            ),
          );
        const valid = sheets.filter((sheet) => sheet.some((c) => c !== 0 && c !== BLANK));
        const brute = (items: number[], include: boolean, respondents: boolean) => {
          const means: number[] = [];
          let y = 0;
          let c = 0;
          for (const sheet of valid) {
            const own = items
              .map((i) => sheet[i]!)
              .filter((x) => x !== 0 && x !== BLANK && (include || x !== DK))
              .map((x) => (x === DK ? 0 : points[x]!));
            if (own.length === 0) continue;
            const sum = own.reduce((p, q) => p + q, 0);
            means.push(sum / own.length);
            y += sum;
            c += own.length;
          }
          if (c === 0) return 'no-data';
          return respondents ? means.reduce((p, q) => p + q, 0) / means.length : y / c;
        };
        for (const formula of formulas) {
          const [include, respondents] = [formula.dontKnow === 'include', formula.unit === 'respondents'];
          const summary = summaryOf(formula.id);
          const same = (figure: { kind: string; value?: number }, items: number[]) => {
            const want = brute(items, include, respondents);
            if (typeof want === 'string') expect(figure.kind).toBe('no-data');
            else expect(figure.value).toBeCloseTo(want, 9);
          };
          same(summary.official, [0, 1, 2]);
          same(summary.dimensions[0]!.figure, [0, 1]);
          same(summary.groups[0]!.dimensions[1]!.figure, [2]);
          for (const i of [0, 1, 2]) same(summary.schools[0]!.items[i]!.figure, [i]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('weights', () => {
  it('within a group each stratum weighs N/n, at the schools too', () => {
    // urban: N 900, 10 answers of 100; rural: N 100, 30 answers, 20 of 60 and 10 of 0
    const rows: Row[] = [
      { reporting: 1, sampling: 1, answers: [1], times: 10 },
      { reporting: 1, sampling: 2, answers: [3], times: 20 },
      { reporting: 2, sampling: 2, answers: [4], times: 10 },
    ];
    const summary = computeSummary(
      inputOf(
        parentsOnly({ withinGroup: 'strata' }),
        [reporting(1, 'parent', 50, 'urban'), reporting(2, 'parent', 50, 'rural')],
        rows,
        {
          samplingStrata: [
            sampling(1, 'parent', 900, 'urban'),
            sampling(2, 'parent', 100, 'rural'),
            sampling(3, 'parent', 7, 'town'),
          ],
        },
      ),
    );
    // (900 × 100 + 100 × 40) / 1000
    expect(summary.official).toMatchObject({ value: 94, n: 40, denominator: 40 });
    expect(summary.locations.map((l) => l.groups.map((g) => value(g.figure)))).toEqual([[100], [], [40]]);
    // school 1: weights 90 and 10/3: (10 × 90 × 100 + 20 × 10/3 × 60) / (900 + 200/3)
    expect(value(summary.schools[0]!.figure)).toBeCloseTo((90_000 + 4000) / (900 + 200 / 3), 9);
    expect(summary.notes).toEqual([
      { kind: 'stratum-without-answers', samplingStratum: 3, group: 'parent', frameSize: 7 },
    ]);
  });

  const four = [1, 2, 3, 4].map((no) =>
    reporting(no, (['parent', 'teacher', 'principal', 'deputy'] as const)[no - 1]!, 200),
  );
  const profile: RuleProfile = {
    ...readProfile('basic-2012'),
    withinGroup: 'none',
    returnRate: { ...readProfile('basic-2012').returnRate!, floor: null },
  };
  const full: Row[] = [
    { reporting: 1, answers: [1], times: 100 },
    { reporting: 2, answers: [2], times: 20 },
    { reporting: 3, answers: [3], times: 20 },
    { reporting: 4, answers: [4], times: 20 },
  ];

  it('between groups as the profile says', () => {
    const summary = computeSummary(inputOf(profile, four, full));
    // 0.55 × 100 + 0.15 × (80 + 60 + 0)
    expect(summary.official).toMatchObject({ value: 76, n: 160, denominator: 160 });
    expect(summary.groups.map((g) => value(g.figure))).toEqual([100, 80, 60, 0, 'no-data']);
    expect(value(summary.dimensions[0]!.figure)).toBe(76);
    expect(summary.notes).toContainEqual({ kind: 'group-excepted', group: 'public' });
  });

  it('a missing group makes the verdict insufficient, and shifts no weight', () => {
    const summary = computeSummary(inputOf(profile, four, full.slice(0, 3)));
    expect(summary.official).toEqual({ kind: 'no-data' });
    expect(summary.verdict).toEqual({
      kind: 'insufficient',
      reasons: [{ code: 'group-missing', group: 'deputy' }],
    });
  });

  it('a group too small merges where the profile lets it, and is named', () => {
    const rows = full.map((row) => (row.reporting === 3 ? { ...row, times: 5 } : row));
    const summary = computeSummary(inputOf(profile, four, rows));
    // principals 5 × 60 with teachers 20 × 80 = 1900 / 25 = 76, weight 0.3
    expect(value(summary.official)).toBeCloseTo(0.55 * 100 + 0.3 * 76, 9);
    expect(summary.groups[2]).toMatchObject({ group: 'principal', mergedInto: 'teacher' });
    expect(summary.notes).toContainEqual({ kind: 'group-merged', group: 'principal', into: 'teacher' });
  });

  it('too few valid responses without leave to merge, a void, and a low return rate are reasons', () => {
    const rows = full.map((row) => (row.reporting === 4 ? { ...row, times: 4 } : row));
    const summary = computeSummary(
      inputOf({ ...profile, returnRate: readProfile('basic-2012').returnRate }, four, rows, {
        voided: [{ group: 'teacher', reportingStratum: null, reason: 'codes leaked' }],
      }),
    );
    expect(summary.verdict).toEqual({
      kind: 'insufficient',
      reasons: [
        { code: 'void', group: 'teacher', reason: 'codes leaked' },
        { code: 'group-missing', group: 'teacher' },
        { code: 'below-min-valid', group: 'deputy', valid: 4, minValid: 5 },
        // 100 + 20 + 4 of 800 issued; the voided 20 left out, their 200 codes not
        { code: 'return-rate-below-floor', group: null, rate: 15.5, floor: 70 },
      ],
    });
  });
});

describe('what counts', () => {
  it('channels, sets and invalid responses apart; first answers beside last', () => {
    const rows: Row[] = [
      { reporting: 1, answers: [1, 1], times: 20 },
      { reporting: 1, answers: [3, 3], times: 20, set: 'replacement' },
      { reporting: 1, answers: [4, 4], times: 50, channel: 'link', set: 'other' },
      { reporting: 1, answers: [4, 4], times: 12, channel: 'kiosk' },
      // one of two answered is half of those asked; none is not
      { reporting: 1, answers: [BLANK, BLANK], times: 30 },
    ];
    const firstRows = rows.map((row, i) => (i === 0 ? { ...row, answers: [4, 4] } : row));
    const summary = computeSummary(
      inputOf(parentsOnly(), [reporting(1, 'parent', 100)], rows, {
        firstRows,
        reanswers: [{ reportingStratum: 1, responses: 80, reanswered: 20 }],
      }),
    );
    // (20 × 100 + 20 × 60 + 12 × 0) / 52
    expect(value(summary.official)).toBeCloseTo(3200 / 52, 9);
    expect(value(summary.first.official)).toBeCloseTo(1200 / 52, 9);
    expect(value(summary.reanswers.total)).toBe(25);
    const channel = (name: string) => summary.channels.find((c) => c.channel === name)!;
    expect(channel('kiosk').groups.map((g) => value(g.figure))).toEqual([0]);
    expect(channel('web').groups.map((g) => value(g.figure))).toEqual([80]);
    // shared links are no part of the figure, and shown apart
    expect(channel('link')).toMatchObject({
      counted: false,
      groups: [{ group: 'parent', responses: { value: 50 }, figure: { value: 0 } }],
    });
    expect(summary.sets.map((s) => s.groups.map((g) => value(g.figure)))).toEqual([[62.5], [60], [0]]);
    // drawn alone, valid: 20 + 12 of 100
    expect(summary.returnRates[0]!.figure).toMatchObject({ value: 32, n: 32, denominator: 100 });
  });

  it('nobody, and nobody but 不了解, are no data: never 0, never NaN', () => {
    for (const rows of [[], [{ reporting: 1, answers: [DK, DK], times: 30 }]] as Row[][]) {
      const summary = computeSummary(
        inputOf(parentsOnly(), [reporting(1, 'parent', 100)], rows, { dimensions: ['a', 'b'] }),
      );
      expect(summary.official).toEqual({ kind: 'no-data' });
      expect(summary.groups[0]!.items[0]!.figure).toEqual({ kind: 'no-data' });
      expect(summary.verdict.kind).toBe('insufficient');
      expect(JSON.stringify(summary)).not.toMatch(/NaN|null,"n"/);
    }
  });

  it('a single respondent is computed as it is', () => {
    const summary = computeSummary(
      inputOf(parentsOnly(), [reporting(1, 'parent', 100)], [{ reporting: 1, answers: [2] }]),
    );
    expect(summary.official).toMatchObject({ value: 80, n: 1 });
  });
});

describe('verdict', () => {
  const estimate = (v: number, low?: number, high?: number) => ({
    kind: 'estimate' as const,
    value: v,
    formula: 'f',
    n: 100,
    denominator: 100,
    ...(low === undefined ? {} : { interval: { low, high: high!, level: 0.95, method: 'normal' as const } }),
  });
  const threshold = { value: 85, comparison: 'at-least' as const, unit: 'points' as const };
  const verdict = (decision: 'point' | 'interval', figure: ReturnType<typeof estimate>) =>
    computeVerdict({ threshold, decision }, figure, []).kind;
  it('85 itself meets it; 84.9999 does not', () => {
    expect(verdict('point', estimate(85))).toBe('met');
    expect(verdict('point', estimate(84.9999))).toBe('not-met');
  });
  it('an 85 that comes out of weights is 85', () => {
    // each group: (25 × 100 + 75 × 80) / 100 = 85
    const rows: Row[] = [1, 2, 3, 4].flatMap((r) => [
      { reporting: r, answers: [1], times: 25 },
      { reporting: r, answers: [2], times: 75 },
    ]);
    const four = [1, 2, 3, 4].map((no) =>
      reporting(no, (['parent', 'teacher', 'principal', 'deputy'] as const)[no - 1]!, 200),
    );
    const profile: RuleProfile = {
      ...readProfile('basic-2012'),
      withinGroup: 'none',
      returnRate: { ...readProfile('basic-2012').returnRate!, floor: null },
    };
    const summary = computeSummary(inputOf(profile, four, rows));
    expect(value(summary.official)).toBe(85);
    expect(summary.verdict).toEqual({ kind: 'met' });
  });
  it('by interval: one side, the other, or undecided', () => {
    expect(verdict('interval', estimate(88, 85, 91))).toBe('met');
    expect(verdict('interval', estimate(88, 84.9, 91))).toBe('undecided');
    expect(verdict('interval', estimate(80, 76, 84.9))).toBe('not-met');
    expect(verdict('interval', estimate(88))).toBe('insufficient');
  });
});

describe('the return rate of a school', () => {
  const profile = (denominator: 'issued' | 'frame') =>
    parentsOnly({
      valid: { minAnswered: 1, dontKnowCounts: true },
      sets: ['drawn', 'other'],
      returnRate: {
        numerator: 'answered',
        sets: ['drawn', 'other'],
        denominator,
        cap: 100,
        decimals: 0,
        floor: null,
        floorOf: 'total',
      },
    });
  const strata = [1, 2, 3].map((no) => {
    const stratum = reporting(no, 'parent', 20);
    return no === 1 ? { ...stratum, issued: { drawn: 20, replacement: 0, other: 4 } } : stratum;
  });
  const rows: Row[] = [
    { reporting: 1, answers: [1], times: 20 },
    { reporting: 1, answers: [2], times: 3, set: 'other' },
    { reporting: 2, answers: [1], times: 6 },
    { reporting: 2, answers: [4], times: 6 },
    { reporting: 2, answers: [BLANK], times: 1 },
  ];

  it.each(['issued', 'frame'] as const)('counts late additions on top alone (denominator %s)', (by) => {
    const { schools, returnRates } = computeSummary(
      inputOf(profile(by), strata, rows, { samplingStrata: [sampling(1, 'parent', 60)] }),
    );
    expect(schools.map((s) => s.returnRate)).toEqual([
      { kind: 'estimate', value: 100, formula: 'return-rate', n: 23, denominator: 20 },
      { kind: 'estimate', value: 65, formula: 'return-rate', n: 13, denominator: 20 },
      { kind: 'estimate', value: 0, formula: 'return-rate', n: 0, denominator: 20 },
    ]);
    expect(returnRates[0]!.figure).toEqual({
      kind: 'estimate',
      value: 60,
      formula: 'return-rate',
      n: 36,
      denominator: 60,
    });
  });
});

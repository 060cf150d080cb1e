import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { estimateMean, estimateTotal } from '../../../../src/domain/scoring/estimate/design.ts';
import { combineMeasures, toFigure, type Measure } from '../../../../src/domain/scoring/estimate/estimate.ts';
import type { Estimate, Figure } from '../../../../src/domain/scoring/figure.ts';
import { unanimousMargin } from '../../../../src/domain/scoring/statistics/interval.ts';
import { moreResponsesNeeded } from '../../../../src/domain/scoring/estimate/more-responses.ts';
import { postStratify, rakeWeights, trimWeights } from '../../../../src/domain/scoring/estimate/adjust.ts';
import type { RuleProfile } from '../../../../src/domain/scoring/rules/profile.ts';
import { computeSummary } from '../../../../src/domain/scoring/summary/summary.ts';
import { uncollapsed } from '../profiles.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../summary-fixtures.ts';

const DK = 254;
const code = fc.constantFrom(1, 2, 3, 4, DK, 255);
const strata = [sampling(1, 'parent', 400), sampling(2, 'parent', 90), sampling(3, 'parent', null)];
const reports = [reporting(1, 'parent', 300), reporting(2, 'parent', 300)];
const sheets = fc.array(
  fc.record({
    reporting: fc.constantFrom(1, 2),
    sampling: fc.constantFrom(0, 1, 2, 3),
    answers: fc.tuple(code, code),
  }),
  { maxLength: 40 },
);
const profile = (change: Partial<RuleProfile> = {}) =>
  parentsOnly({
    withinGroup: 'strata',
    interval: { method: 't', level: 0.95 },
    valid: { minAnswered: 1, dontKnowCounts: true },
    ...change,
  });
const summaryOf = (rows: readonly Row[], change: Partial<RuleProfile> = {}, more = {}) =>
  computeSummary(
    inputOf(profile(change), reports, rows, { dimensions: ['a', 'b'], samplingStrata: strata, ...more }),
  );
const figures = (value: unknown, found: Estimate[] = []): readonly Estimate[] => {
  if (value === null || typeof value !== 'object') return found;
  if ('kind' in value && value.kind === 'estimate') found.push(value as Estimate);
  for (const child of Object.values(value)) figures(child, found);
  return found;
};
const estimate = (figure: Figure) => {
  if (figure.kind !== 'estimate') throw new Error(figure.kind);
  return figure;
};

describe('whatever the answers', () => {
  it('order does not matter', () => {
    fc.assert(
      fc.property(sheets, fc.infiniteStream(fc.nat()), (rows, keys) => {
        const shuffled = rows
          .map((row) => ({ row, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map((x) => x.row);
        const [a, b] = [summaryOf(rows), summaryOf(shuffled)];
        const numbers = (f: Figure) =>
          f.kind === 'estimate'
            ? [f.value, f.se ?? -1, f.interval?.low ?? -1, f.interval?.high ?? -1]
            : [f.kind];
        numbers(a.official).forEach((x, i) => {
          const y = numbers(b.official)[i]!;
          if (typeof x === 'number') expect(y).toBeCloseTo(x, 9);
          else expect(y).toBe(x);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('no figure is NaN or infinite, no interval is without its value, none leaves what the points allow', () => {
    fc.assert(
      fc.property(sheets, (rows) => {
        const summary = summaryOf(rows);
        for (const f of figures(summary)) {
          for (const x of [f.value, f.n, f.denominator, f.se ?? 0, f.df ?? 0, f.deff ?? 0])
            expect(Number.isFinite(x)).toBe(true);
          if (!f.interval) continue;
          expect(f.interval.low).toBeLessThanOrEqual(f.value + 1e-9);
          expect(f.interval.high).toBeGreaterThanOrEqual(f.value - 1e-9);
          expect(f.interval.low).toBeGreaterThanOrEqual(0);
          expect(f.interval.high).toBeLessThanOrEqual(100);
        }
        expect(JSON.stringify(summary)).not.toContain('null,"n"');
        for (const d of summary.differences)
          expect(d.effects.reduce((sum, effect) => sum + effect.points, 0)).toBeCloseTo(d.difference, 7);
      }),
      { numRuns: 100 },
    );
  });

  it('everybody counted has no sampling error, however different the answers', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(code, code), { minLength: 1, maxLength: 30 }), (answers) => {
        const rows = answers.map((a) => ({ reporting: 1, sampling: 1, answers: a }));
        const valid = answers.filter((a) => a.some((x) => x !== 255)).length;
        const { official } = summaryOf(rows, {}, { samplingStrata: [sampling(1, 'parent', valid)] });
        if (official.kind !== 'estimate') return;
        expect(official).toMatchObject({
          se: 0,
          interval: { method: 'census', low: official.value, high: official.value },
        });
      }),
      { numRuns: 60 },
    );
  });

  it('weights times k change nothing where N is not known; two counties’ totals and variances add', () => {
    const row = fc.record({ h: fc.constantFrom('a', 'b'), y: fc.integer({ min: 0, max: 100 }) });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 3, maxLength: 20 }),
        fc.array(row, { minLength: 3, maxLength: 20 }),
        fc.double({ min: 0.1, max: 50, noNaN: true }),
        (one, two, k) => {
          const design = (rows: typeof one, county: string, scale = 1) => ({
            rows: rows.map((r) => ({ ...r, h: `${county}${r.h}` })),
            stratum: (r: { h: string }) => r.h,
            population: () => null,
            weight: (h: string) => (h.endsWith('a') ? 3 : 7) * scale,
            lonely: 'adjust' as const,
          });
          const y = (r: { y: number }) => r.y;
          const [plain, scaled] = [design(one, 'x'), design(one, 'x', k)].map((d) => estimateMean(d, y)!);
          expect(scaled!.value).toBeCloseTo(plain!.value, 9);
          expect(scaled!.se!).toBeCloseTo(plain!.se!, 9);
          const [a, b] = [design(one, 'x'), design(two, 'y')];
          const both = estimateTotal({ ...a, rows: [...a.rows, ...b.rows] }, y);
          const parts = [estimateTotal(a, y), estimateTotal(b, y)];
          expect(both.value).toBeCloseTo(parts[0]!.value + parts[1]!.value, 6);
          expect(both.se! ** 2).toBeCloseTo(parts[0]!.se! ** 2 + parts[1]!.se! ** 2, 5);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('degenerate counties', () => {
  test('nobody, and nobody but 不了解: no data, no interval', () => {
    for (const rows of [[], [{ reporting: 1, sampling: 1, answers: [DK, DK], times: 30 }]] as Row[][]) {
      const summary = summaryOf(rows);
      expect(summary.official).toEqual({ kind: 'no-data' });
      expect([summary.moreResponses, summary.nonResponse, summary.differences]).toEqual([null, null, []]);
    }
  });
  test('one respondent: his answer, and a bound that says how little it is', () => {
    const { official } = summaryOf([{ reporting: 1, sampling: 1, answers: [2, 2] }]);
    // at most 1 − 0.025 of the rest differ: 80 − 0.975 × 80 … 80 + 0.975 × 20
    expect(official).toMatchObject({ value: 80, df: 0, interval: { method: 'unanimous', high: 99.5 } });
    expect(estimate(official).interval!.low).toBeCloseTo(2, 9);
    expect(official).not.toHaveProperty('se');
  });
  test('all alike: the exact bound of Clopper and Pearson instead of an interval of length 0', () => {
    const { official } = summaryOf([{ reporting: 1, sampling: 1, answers: [1, 1], times: 60 }]);
    const margin = 1 - 0.025 ** (1 / 60);
    expect(unanimousMargin(60, 0.95)).toBeCloseTo(margin, 14);
    expect(official).toMatchObject({ value: 100, interval: { method: 'unanimous', high: 100 } });
    expect(estimate(official).interval!.low).toBeCloseTo(100 - 100 * margin, 9);
  });
});

describe('a county by hand', () => {
  const four: RuleProfile = {
    ...uncollapsed,
    groups: [
      { group: 'parent', weight: 0.75, required: true },
      { group: 'teacher', weight: 0.25, required: true },
    ],
    requiredGroupsWithoutQuestionnaire: [],
    interval: { method: 'normal', level: 0.95 },
    regime: 'test',
  };
  const rows: Row[] = [
    { reporting: 1, sampling: 1, answers: [1], times: 60 },
    { reporting: 1, sampling: 1, answers: [3], times: 40 },
    { reporting: 2, sampling: 2, answers: [2], times: 10 },
    { reporting: 2, sampling: 2, answers: [4], times: 10 },
  ];
  const input = (decision: RuleProfile['decision'], threshold = 72) =>
    inputOf(
      { ...four, decision, threshold: { ...four.threshold, value: threshold } },
      [reporting(1, 'parent', 200), reporting(2, 'teacher', 25)],
      rows,
      { samplingStrata: [sampling(1, 'parent', 1000), sampling(2, 'teacher', 40)] },
    );
  // parents 84, s² = 100/99 × 384; teachers 40, s² = 20/19 × 1600
  const variance = 0.75 ** 2 * 0.9 * (384 / 99) + 0.25 ** 2 * 0.5 * (1600 / 19);

  test('variances add over the groups with the weights squared', () => {
    const { official, groups } = computeSummary(input('point'));
    expect(estimate(official).value).toBe(73);
    expect(estimate(official).se).toBeCloseTo(Math.sqrt(variance), 10);
    expect(estimate(official).df).toBe(118);
    expect(estimate(groups[1]!.figure).se).toBeCloseTo(Math.sqrt((0.5 * 1600) / 19), 10);
    expect(estimate(groups[1]!.figure).deff).toBeCloseTo(1, 10);
  });

  test('the verdict by interval, and how many more would decide it', () => {
    const half = 1.959963984540054 * Math.sqrt(variance);
    expect(half).toBeCloseTo(4.2, 1);
    expect(computeSummary(input('point')).verdict).toMatchObject({ kind: 'insufficient' });
    const open = { ...input('interval'), profile: { ...input('interval').profile, returnRate: null } };
    const summary = computeSummary(open);
    expect(summary.verdict).toEqual({ kind: 'undecided' });
    const more = summary.moreResponses!;
    if (more.kind !== 'more') throw new Error(more.kind);
    // At the factor found, half the width is the distance of 1 point: 1/k − f for the parents; all teachers are in by then (k > 2).
    const k = more.factor;
    expect(k).toBeGreaterThan(2);
    expect(1.959963984540054 * Math.sqrt(0.75 ** 2 * (384 / 99) * (1 / k - 0.1))).toBeCloseTo(1, 6);
    expect(more.responses).toBe(Math.ceil(100 * k - 100 + 20));
    const far = { ...open, profile: { ...open.profile, threshold: { ...four.threshold, value: 60 } } };
    expect(computeSummary(far)).toMatchObject({ verdict: { kind: 'met' }, moreResponses: { kind: 'none' } });
    const none = computeSummary({
      ...open,
      profile: { ...open.profile, interval: { method: 'none', level: 0.95 } },
    });
    expect([none.verdict.kind, none.moreResponses]).toEqual(['insufficient', null]);
  });

  test('without finite populations half the width takes four times the answers', () => {
    const measure: Measure = {
      value: 84,
      n: 100,
      denominator: 100,
      parts: [{ variance: (2 / 1.959963984540054) ** 2, fraction: 0, sampled: 100 }],
      df: 99,
      deff: null,
      range: { low: 0, high: 100 },
      blocks: [{ weight: 1, value: 84, n: 100, fraction: 0, range: { low: 0, high: 100 } }],
    };
    const rule = { method: 'normal', level: 0.95 } as const;
    expect(moreResponsesNeeded(measure, 85, rule)).toMatchObject({ kind: 'more', responses: 300 });
    expect(moreResponsesNeeded(measure, 90, rule)).toEqual({ kind: 'none' });
    expect(moreResponsesNeeded(measure, 84, rule)).toEqual({ kind: 'never' });
    expect(combineMeasures([{ weight: 1, measure: null }])).toBeNull();
    expect(toFigure('f', null, rule)).toEqual({ kind: 'no-data' });
  });

  test('non-response and the sentence on formulas', () => {
    const { nonResponse, differences } = computeSummary(input('point'));
    // 0.75 × (½ × 84 + ½ × 0 … 100) + 0.25 × (0.8 × 40 + 0.2 × 0 … 100)
    expect(nonResponse).toMatchObject({ issued: 225, answered: 120 });
    expect(nonResponse!.low).toBeCloseTo(39.5, 10);
    expect(nonResponse!.high).toBeCloseTo(82, 10);
    const share = differences.find((d) => d.formula === 'share-top3')!;
    // 0.75 × 100 + 0.25 × 50 = 87.5: 14.5 above, of which 0.3 of answers at 基本满意 count 100 for 60, and 0.125 at 满意 100 for 80
    expect(share).toMatchObject({
      difference: expect.closeTo(14.5, 10),
      message: 'formula.difference.option-higher',
      params: {
        points: '14.5',
        option: 'basically-satisfied',
        share: '30.0',
        here: 100,
        official: 60,
        effect: '12.0',
      },
    });
  });
});

describe('adjusting weights', () => {
  const rows = [
    { sex: 'f', age: 'old', w: 2 },
    { sex: 'f', age: 'young', w: 2 },
    { sex: 'm', age: 'old', w: 2 },
    { sex: 'm', age: 'old', w: 2 },
  ];
  test('post-stratification reaches the totals by one factor a cell', () => {
    const got = postStratify(
      rows,
      (r) => r.w,
      (r) => r.sex,
      new Map([
        ['f', 6],
        ['m', 10],
      ]),
    );
    expect(got.weights).toEqual([3, 3, 5, 5]);
    expect(got.missing).toEqual([]);
    expect(
      postStratify(
        rows,
        (r) => r.w,
        (r) => r.sex,
        new Map([['x', 5]]),
      ),
    ).toMatchObject({
      weights: [2, 2, 2, 2],
      missing: ['x'],
    });
  });
  test('raking reaches the totals of both margins', () => {
    const margins = [
      {
        of: (r: (typeof rows)[number]) => r.sex,
        totals: new Map([
          ['f', 9],
          ['m', 11],
        ]),
      },
      {
        of: (r: (typeof rows)[number]) => r.age,
        totals: new Map([
          ['old', 14],
          ['young', 6],
        ]),
      },
    ];
    const { weights, converged } = rakeWeights(rows, (r) => r.w, margins);
    expect(converged).toBe(true);
    // young is one woman: 6; the other woman 3; the men 11 ⁄ 2
    [3, 6, 5.5, 5.5].forEach((w, i) => {
      expect(weights[i]).toBeCloseTo(w, 7);
    });
  });
  test('trimming keeps the sum and says how many', () => {
    const got = trimWeights([1, 1, 1, 1, 16], 3);
    expect(got.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(20, 10);
    expect(got.trimmed).toBe(1);
    // at most 3 × the mean of 4
    expect(got.weights).toEqual([2, 2, 2, 2, 12]);
  });
});

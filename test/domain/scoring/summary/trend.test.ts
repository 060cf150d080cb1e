/** The difference between two campaigns and its interval. */
import { describe, expect, test } from 'vitest';
import type { Estimate } from '../../../../src/domain/scoring/figure.ts';
import { formatSigned } from '../../../../src/domain/scoring/format.ts';
import { compareWith } from '../../../../src/domain/scoring/summary/trend.ts';
import type { Summary } from '../../../../src/domain/scoring/summary/summary-types.ts';

const estimate = (value: number, more: Partial<Estimate> = {}): Estimate => ({
  kind: 'estimate',
  value,
  formula: 'mean',
  n: 100,
  denominator: 100,
  se: 0.7,
  df: 99,
  ...more,
});
const points = { a: 100, b: 0 };
function county(official: Estimate, change: object = {}): Summary {
  return {
    official,
    verdict: { kind: 'met' },
    formulas: [
      {
        official: true,
        formula: { id: 'f', title: {}, kind: 'mean', points, unit: 'answers', dontKnow: 'exclude' },
      },
    ],
    groups: [
      {
        group: 'parent',
        weight: 1,
        items: [
          { id: 'q2', type: 'rating' },
          { id: 'q1', type: 'rating' },
        ],
      },
    ],
    profile: { interval: { method: 'normal', level: 0.95 } },
    ...change,
  } as unknown as Summary;
}

// An interval from 0.04 up is above 0, however it is rounded.
test.each([
  [1.94, '+1.9'],
  [-3.06, '−3.1'],
  [0.04, '+0.0'],
  [-0.04, '−0.0'],
  [0, '0.0'],
])('a difference of %d reads %s', (difference, text) => {
  expect(formatSigned(difference, 1)).toBe(text);
});

describe('compareWith', () => {
  // √(0.7² + 0.7²) = 0.989949; × 1.959964 = 1.940265. 86.3 − 84.4 = 1.9.
  test('the interval of the difference is wider than either interval', () => {
    const trend = compareWith(county(estimate(86.3)), county(estimate(84.4)));
    expect(trend).toMatchObject({ kind: 'difference', value: 1.9, change: 'unclear' });
    if (trend.kind !== 'difference') throw new Error();
    expect(trend.interval.low).toBeCloseTo(1.9 - 1.940265, 5);
    expect(trend.interval.high).toBeCloseTo(1.9 + 1.940265, 5);
  });

  // Welch by hand: se 0.6 and 0.8, df 9 and 19: 1 ⁄ (0.36² ⁄ 9 + 0.64² ⁄ 19) = 27.81; R: qt(0.975, 27.81) = 2.0490.
  test('under the t method with the degrees of freedom of Welch', () => {
    const profile = { interval: { method: 't', level: 0.95 } };
    const trend = compareWith(
      county(estimate(90, { se: 0.6, df: 9 }), { profile }),
      county(estimate(86, { se: 0.8, df: 19 })),
    );
    if (trend.kind !== 'difference') throw new Error();
    expect(trend.interval.high - 4).toBeCloseTo(2.0491, 3);
    expect(trend.change).toBe('up');
  });

  test('two censuses differ by what they differ', () => {
    const interval = { low: 84, high: 84, level: 0.95, method: 'census' as const };
    expect(compareWith(county(estimate(84, { interval })), county(estimate(85, { interval })))).toMatchObject(
      {
        value: -1,
        interval: { low: -1, high: -1 },
        change: 'down',
      },
    );
  });

  test('the order of items, points and groups does not matter', () => {
    const formulas = [
      {
        official: true,
        formula: {
          dontKnow: 'exclude',
          unit: 'answers',
          points: { b: 0, a: 100 },
          kind: 'mean',
          title: { en: 'x' },
          id: 'g',
        },
      },
    ];
    const groups = [
      {
        group: 'parent',
        weight: 0.5,
        items: [
          { id: 'q1', type: 'rating' },
          { id: 'q2', type: 'rating' },
          { id: 's', type: 'single' },
        ],
      },
    ];
    expect(compareWith(county(estimate(86)), county(estimate(86), { formulas, groups })).kind).toBe(
      'difference',
    );
  });

  test.each([
    ['absent', null],
    ['figure', county({ kind: 'suppressed', why: 'protected' } as unknown as Estimate)],
    ['verdict', county(estimate(86), { verdict: { kind: 'insufficient', reasons: [] } })],
    [
      'formula',
      county(estimate(86), {
        formulas: [
          { official: true, formula: { kind: 'mean', points, unit: 'respondents', dontKnow: 'exclude' } },
        ],
      }),
    ],
    ['weights', county(estimate(86), { groups: [{ group: 'teacher', weight: 1, items: [] }] })],
    [
      'items',
      county(estimate(86), {
        groups: [{ group: 'parent', weight: 1, items: [{ id: 'q1', type: 'rating' }] }],
      }),
    ],
    [
      'error',
      (() => {
        const { se: _, ...rest } = estimate(86);
        return county(rest);
      })(),
    ],
  ] as const)('not comparable: %s', (why, before) => {
    expect(compareWith(county(estimate(86)), before)).toEqual({ kind: 'not-comparable', why });
  });
});

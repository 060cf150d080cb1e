import { describe, expect, it, test } from 'vitest';
import { incompleteBeta, quantileBeta } from '../../../../src/domain/scoring/statistics/incomplete-beta.ts';
import {
  binomialUpperTail,
  clopperPearsonInterval,
  wilsonInterval,
} from '../../../../src/domain/scoring/statistics/proportion.ts';
import { quantileNormal } from '../../../../src/domain/scoring/statistics/quantile-normal.ts';
import { quantileT } from '../../../../src/domain/scoring/statistics/quantile-t.ts';
import { readTruth } from '../../../reference/r-survey.ts';

const truth = readTruth();
const same = (got: number, want: number, digits = 1e-10) => {
  expect(Math.abs(got - want), `${got} against ${want}`).toBeLessThanOrEqual(digits * Math.max(1, want));
};

describe('quantiles and proportions as R gives them', () => {
  it('normal', () => {
    same(quantileNormal(0.95), truth.intervals.z.z90);
    same(quantileNormal(0.975), truth.intervals.z.z95);
    same(quantileNormal(0.005), -truth.intervals.z.z99);
  });
  it('t', () => {
    for (const { df, t90, t95, t99 } of truth.intervals.t) {
      same(quantileT(0.95, df), t90);
      same(quantileT(0.025, df), -t95);
      same(quantileT(0.995, df), t99);
    }
  });
  it('Wilson, with and without continuity correction, and Clopper–Pearson', () => {
    for (const { x, n, level, ...want } of truth.intervals.proportions) {
      const check = (got: { low: number; high: number }, [low, high]: readonly [number, number]) => {
        same(got.low, low);
        same(got.high, high);
      };
      check(wilsonInterval(x, n, level), want.wilson);
      check(wilsonInterval(x, n, level, true), want.wilson_cc);
      check(clopperPearsonInterval(x, n, level), want.clopper_pearson);
    }
  });
});

describe('quantiles by arithmetic', () => {
  test('t of one degree of freedom is Cauchy, of two algebraic, of infinitely many normal', () => {
    for (const p of [0.001, 0.025, 0.3, 0.75, 0.9999]) {
      same(quantileT(p, 1), Math.tan(Math.PI * (p - 0.5)), 1e-9);
      same(quantileT(p, 2), (2 * p - 1) / Math.sqrt(2 * p * (1 - p)), 1e-12);
      expect(quantileT(p, Infinity)).toBe(quantileNormal(p));
    }
  });
  test('the beta function of small whole numbers is a polynomial', () => {
    // I_x(2, 2) = 3x² − 2x³; P(X ≥ 2) of three throws at p = 3p² − 2p³
    for (const x of [0.01, 0.3, 0.5, 0.97]) {
      same(incompleteBeta(x, 2, 2), 3 * x * x - 2 * x ** 3, 1e-14);
      same(incompleteBeta(x, 2, 2, true), 1 - 3 * x * x + 2 * x ** 3, 1e-14);
      same(binomialUpperTail(2, 3, x), 3 * x * x - 2 * x ** 3, 1e-14);
      same(quantileBeta(3 * x * x - 2 * x ** 3, 2, 2), x, 1e-12);
    }
    expect([binomialUpperTail(0, 5, 0.2), binomialUpperTail(6, 5, 0.2)]).toEqual([1, 0]);
  });
  test('outside their domain there is no number to be mistaken for one', () => {
    expect([
      quantileNormal(1.1),
      quantileT(0.9, 0),
      incompleteBeta(0.5, 0, 1),
      quantileBeta(2, 1, 1),
    ]).toEqual([NaN, NaN, NaN, NaN]);
    expect([quantileNormal(0), quantileNormal(1), quantileT(0, 3)]).toEqual([-Infinity, Infinity, -Infinity]);
    expect([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3), incompleteBeta(1, 2, 3, true)]).toEqual([
      0, 1, 0,
    ]);
  });
});

/**
 * The estimators from plain rows, held against R 4.2.2 with `survey` 4.1.1. Its ratio of students tested to enrolled is not: the file of
 * schools does not hold the students tested. Ratios are checked by hand, and as means of domains, which are ratios too.
 */
import { describe, expect, it, test } from 'vitest';
import {
  estimateMean,
  estimateRatio,
  estimateTotal,
  intervalOf,
  type Design,
  type DesignEstimate,
} from '../../../../src/domain/scoring/estimate/design.ts';
import {
  designProportionInterval,
  type ProportionMethod,
} from '../../../../src/domain/scoring/statistics/proportion.ts';
import { readTruth, type School, type Truth } from '../../../reference/r-survey.ts';

const truth = readTruth();

function close(got: number | null | undefined, want: number | undefined, relative: number) {
  expect(got).not.toBeNull();
  expect(Math.abs(got! - want!), `${got} against ${want}`).toBeLessThanOrEqual(
    relative * Math.max(Math.abs(want!), 1e-6),
  );
}

function holds(got: DesignEstimate | null, want: Omit<Truth, 'degf'> & { degf?: number }, relative: number) {
  close(got?.value, want.estimate, relative);
  close(got?.se, want.se, relative);
  if (want.degf !== undefined) expect(got?.df).toBe(want.degf);
  if (want.deff !== undefined) close(got?.deff, want.deff, relative);
  for (const [method, ci] of [
    ['normal', want.ci95_normal],
    ['t', want.ci95_t],
  ] as const) {
    const interval = intervalOf(got!, method, 0.95);
    close(interval?.low, ci.lo, relative);
    close(interval?.high, ci.hi, relative);
  }
}

const at = (
  t: {
    estimate: readonly number[];
    se: readonly number[];
    ci95_normal: { lo: readonly number[]; hi: readonly number[] };
    ci95_t: { lo: readonly number[]; hi: readonly number[] };
  },
  i: number,
) => ({
  estimate: t.estimate[i]!,
  se: t.se[i]!,
  ci95_normal: { lo: t.ci95_normal.lo[i]!, hi: t.ci95_normal.hi[i]! },
  ci95_t: { lo: t.ci95_t.lo[i]!, hi: t.ci95_t.hi[i]! },
});

// With the published weights to 1e-9; with N ⁄ n, from which single precision took them away, to 1e-7.
describe.each([
  ['strat_fpc', 'published weights', 1e-9],
  ['strat_fpc', 'N and n', 1e-7],
  ['strat_nofpc', 'published weights', 1e-9],
  ['strat_nofpc', 'N and n', 1e-7],
] as const)('api schools, %s, %s', (name, weights, relative) => {
  const want = truth.expected[name];
  const schools = truth.schools;
  const fpc = new Map(schools.map((s) => [s.stype as string, s.fpc]));
  const pw = new Map(schools.map((s) => [s.stype as string, s.pw]));
  const n = (stype: string) => schools.filter((s) => s.stype === stype).length;
  const design: Design<School> = {
    rows: schools,
    stratum: (s) => s.stype,
    population: (stype) => (name === 'strat_fpc' ? fpc.get(stype)! : null),
    weight: (stype) => (weights === 'N and n' ? fpc.get(stype)! / n(stype) : pw.get(stype)!),
  };

  it('means', () => {
    holds(
      estimateMean(design, (s) => s.api00),
      want.svymean_api00,
      relative,
    );
    holds(
      estimateMean(design, (s) => s.api99),
      at(want.svymean_api99_api00, 0),
      relative,
    );
    holds(
      estimateMean(design, (s) => s.api00),
      at(want.svymean_api99_api00, 1),
      relative,
    );
  });
  it('totals', () => {
    holds(
      estimateTotal(design, (s) => s.enroll),
      want.svytotal_enroll,
      relative,
    );
    holds(
      estimateTotal(design, (s) => s.api00),
      want.svytotal_api00,
      relative,
    );
  });
  it('proportions, those of the strata themselves without error', () => {
    ['E', 'H', 'M'].forEach((stype, i) => {
      const got = estimateMean(design, (s) => (s.stype === stype ? 1 : 0));
      close(got?.value, want.svymean_stype.estimate[i], relative);
      expect(got!.se).toBeLessThan(1e-15);
    });
    [false, true].forEach((wide, i) => {
      holds(
        estimateMean(design, (s) => (s.schWide === wide ? 1 : 0)),
        at(want.svymean_schwide, i),
        relative,
      );
    });
  });
  it('domains within the full design', () => {
    ['E', 'H', 'M'].forEach((stype, i) => {
      const got = estimateMean(
        design,
        (s) => s.api00,
        (s) => s.stype === stype,
      );
      // svyby takes the whole design's degrees of freedom, a subset its own.
      holds({ ...got!, df: want.degf }, at(want.svyby_api00_stype, i), relative);
    });
    [false, true].forEach((wide, i) => {
      const got = estimateMean(
        design,
        (s) => s.api00,
        (s) => s.schWide === wide,
      );
      close(got?.value, want.svyby_api00_schwide.estimate[i], relative);
      close(got?.se, want.svyby_api00_schwide.se[i], relative);
      if (wide) holds(got, want.subset_schwideYes_svymean_api00, relative);
    });
  });
  it.each(['mean', 'logit', 'xlogit', 'asin', 'beta', 'likelihood'] as ProportionMethod[])(
    'svyciprop by %s',
    (method) => {
      const { value, se, df } = estimateMean(design, (s) => (s.schWide ? 1 : 0))!;
      const ci = designProportionInterval({ p: value, se: se!, df, n: schools.length }, 0.95, method);
      const { p, se: error, lo, hi } = want.svyciprop_schwideYes[method];
      // logit and likelihood come out of an iteration that stops at 1e-9, likelihood out of splines besides.
      const digits = method === 'likelihood' ? 2e-5 : method === 'logit' ? 1e-8 : relative;
      close(value, p, Math.max(relative, method === 'logit' || method === 'likelihood' ? 1e-8 : 0));
      close(se, error, relative);
      close(ci?.low, lo, digits * 3);
      close(ci?.high, hi, digits * 3);
    },
  );
});

describe('strata that are censuses, pairs and single units', () => {
  const design = (rows: (typeof truth)['toy']): Design<(typeof rows)[number]> => ({
    rows,
    stratum: (r) => r.h,
    population: (h) => rows.find((r) => r.h === h)!.population,
    weight: (h) => rows.find((r) => r.h === h)!.weight,
  });
  it('a census adds nothing', () => {
    const rows = truth.toy.filter((r) => r.h !== 'C');
    holds(
      estimateMean(design(rows), (r) => r.y),
      truth.expected.toy_edge_census_plus_B,
      1e-9,
    );
  });
  it.each(['remove', 'adjust', 'average', 'certainty'] as const)('a lonely stratum by %s', (lonely) => {
    const got = estimateMean({ ...design(truth.toy), lonely }, (r) => r.y);
    const want = truth.expected.toy_edge_lonely_psu.results[lonely];
    close(got?.value, want.est, 1e-9);
    close(got?.se, want.se, 1e-9);
    expect(got?.df).toBe(want.degf);
  });
  it('a lonely stratum by fail', () => {
    expect(truth.expected.toy_edge_lonely_psu.results.fail.error).toContain('only one PSU');
    expect(() => estimateMean({ ...design(truth.toy), lonely: 'fail' }, (r) => r.y)).toThrow('only one unit');
  });
});

describe('by hand', () => {
  const rows = [1, 2, 3, 4].map((y) => ({ y, c: y % 2 === 0 ? 2 : 1 }));
  const design: Design<(typeof rows)[number]> = { rows, stratum: () => 'one', population: () => 8 };
  test('a ratio of two sums', () => {
    // weights 2: R = 20/12 = 5/3; e = y − R c = −2/3, −4/3, 4/3, 2/3, Σe² = 40/9, mean 0
    // Var = (1 − 4/8) · 4/3 · 2² · 40/9 ⁄ 12² = 20/243
    const got = estimateRatio(
      design,
      (r) => r.y,
      (r) => r.c,
    );
    close(got?.value, 5 / 3, 1e-14);
    close(got?.se, Math.sqrt(20 / 243), 1e-14);
  });
  test('the mean of a simple random sample: s²/n (1 − n/N), design effect 1', () => {
    const got = estimateMean(design, (r) => r.y);
    close(got?.se, Math.sqrt((5 / 3 / 4) * 0.5), 1e-14);
    expect(got).toMatchObject({ value: 2.5, df: 3, deff: expect.closeTo(1, 12) });
  });
  test('nobody in the domain is no estimate; one unit has no interval', () => {
    expect(
      estimateMean(
        design,
        (r) => r.y,
        () => false,
      ),
    ).toBeNull();
    const one = estimateMean({ ...design, rows: rows.slice(0, 1), lonely: 'adjust' }, (r) => r.y);
    expect(one).toMatchObject({ value: 1, df: 0 });
    expect(intervalOf(one!, 't', 0.95)).toBeNull();
  });
});

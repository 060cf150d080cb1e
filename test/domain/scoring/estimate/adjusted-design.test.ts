import { describe, expect, it } from 'vitest';
import { rakeWeights, trimWeights } from '../../../../src/domain/scoring/estimate/adjust.ts';
import { estimateMean } from '../../../../src/domain/scoring/estimate/design.ts';
import type { RuleProfile } from '../../../../src/domain/scoring/rules/profile.ts';
import { computeSummary } from '../../../../src/domain/scoring/summary/summary.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../summary-fixtures.ts';

// One item at 100/80/60/0; stratum 4 (rural, grade 3) has nobody who answered.
const points = [100, 80, 60, 0];
const strata = [
  { no: 1, location: 'urban', grade: 1, size: 400, options: [1, 1, 2, 3] },
  { no: 2, location: 'urban', grade: 3, size: 300, options: [1, 2, 2, 4, 1] },
  { no: 3, location: 'rural', grade: 1, size: 200, options: [2, 3, 4] },
  { no: 4, location: 'rural', grade: 3, size: 250, options: [] as number[] },
  { no: 5, location: 'town', grade: 3, size: 150, options: [1, 3, 2] },
] as const;
const frame = strata.map((s) => ({
  ...sampling(s.no, 'parent', s.size, s.location),
  grade: s.grade,
}));
const rows: Row[] = strata.flatMap((s) =>
  s.options.map((option) => ({ reporting: 1, sampling: s.no, answers: [option] })),
);
const people = strata.flatMap((s) => s.options.map((option) => ({ ...s, y: points[option - 1]! })));

function summaryWith(adjustment: RuleProfile['adjustment']) {
  const profile = parentsOnly({ withinGroup: 'strata', adjustment });
  return computeSummary(inputOf(profile, [reporting(1, 'parent', 100)], rows, { samplingStrata: frame }));
}
const official = (s: ReturnType<typeof summaryWith>) => {
  if (s.official.kind !== 'estimate') throw new Error(s.official.kind);
  return s.official;
};
const base = (p: (typeof people)[number]) => p.size / p.options.length;
const totals = (of: (s: (typeof strata)[number]) => string) => {
  const sums = new Map<string, number>();
  for (const s of strata) sums.set(of(s), (sums.get(of(s)) ?? 0) + s.size);
  return sums;
};
const mean = (weights: readonly number[]) =>
  weights.reduce((sum, w, i) => sum + w * people[i]!.y, 0) / weights.reduce((sum, w) => sum + w, 0);

/** Var of the calibrated mean from rows: residuals of z on the margins' indicators, within strata. */
function rowError(weights: readonly number[]): number {
  const all = weights.reduce((sum, w) => sum + w, 0);
  const centre = mean(weights);
  let variance = 0;
  for (const s of strata) {
    const own = people.flatMap((p, i) =>
      p.no === s.no ? [{ z: (p.y - centre) / all, w: weights[i]! }] : [],
    );
    if (own.length === 0) continue;
    const n = own.length;
    const average = own.reduce((sum, o) => sum + o.w * o.z, 0) / n;
    const spread = own.reduce((sum, o) => sum + (o.w * o.z - average) ** 2, 0);
    variance += ((1 - n / s.size) * n * spread) / (n - 1);
  }
  return Math.sqrt(variance);
}

describe('weights adjusted to the frame', () => {
  it('raked: as raking the rows, with the error of the calibrated mean', () => {
    const raked = rakeWeights(people, base, [
      { of: (p) => p.location, totals: totals((s) => s.location) },
      { of: (p) => String(p.grade), totals: totals((s) => String(s.grade)) },
    ]);
    expect(raked.converged).toBe(true);
    const s = summaryWith({ kind: 'rake', trim: null });
    expect(official(s).value).toBeCloseTo(mean(raked.weights), 7);
    expect(official(s).se).toBeCloseTo(rowError(raked.weights), 7);
    expect(s.notes).toContainEqual({ kind: 'adjusted', group: 'parent', method: 'rake', trimmed: 0 });
  });

  it('post-stratified: an empty stratum is stood for by its own location', () => {
    const urban = 700;
    const weights = people.map((p) => (p.location === 'rural' ? 450 / 3 : base(p)));
    expect(urban).toBe(strata[0].size + strata[1].size);
    const s = summaryWith({ kind: 'post-stratify', by: 'location', trim: null });
    expect(official(s).value).toBeCloseTo(mean(weights), 9);
    // Without adjustment the rural stratum's part goes to all.
    expect(official(summaryWith(undefined)).value).toBeCloseTo(mean(people.map(base)), 9);
  });

  it('trimmed: nobody above the limit, the sum kept, the number stated', () => {
    const weights = people.map((p) => (p.location === 'rural' ? 450 / 3 : base(p)));
    const trimmed = trimWeights(weights, 1.2);
    const s = summaryWith({ kind: 'post-stratify', by: 'location', trim: 1.2 });
    expect(official(s).value).toBeCloseTo(mean(trimmed.weights), 9);
    expect(trimmed.trimmed).toBeGreaterThan(0);
    expect(s.notes).toContainEqual(
      expect.objectContaining({ kind: 'adjusted', method: 'post-stratify', trimmed: trimmed.trimmed }),
    );
  });

  it('none: exactly as before', () => {
    const plain = estimateMean(
      { rows: people, stratum: (p) => String(p.no), population: (h) => strata[Number(h) - 1]!.size },
      (p) => p.y,
    )!;
    expect(official(summaryWith({ kind: 'none' })).value).toBeCloseTo(plain.value, 9);
  });
});

describe('what a void stratum and ineligibles do to N', () => {
  const two = [reporting(1, 'parent', 50), reporting(2, 'parent', 50)];
  const answers: Row[] = [
    { reporting: 1, sampling: 1, answers: [1], times: 20 },
    { reporting: 1, sampling: 1, answers: [3], times: 10 },
    { reporting: 2, sampling: 1, answers: [4], times: 30 },
  ];
  const input = (change: Partial<RuleProfile>, more: object) =>
    computeSummary(
      inputOf(parentsOnly({ withinGroup: 'strata', ...change }), two, answers, {
        samplingStrata: [sampling(1, 'parent', 100)],
        ...more,
      }),
    );
  const voided = [{ group: 'parent' as const, reportingStratum: 2, reason: 'r' }];
  const drawnCodes = [1, 2].map((no) => ({ samplingStratum: 1, reportingStratum: no, drawn: 50 }));

  it('removes a void stratum with its part of N, and says so', () => {
    const s = input({}, { voided, drawnCodes });
    // 30 of 50 are left: f = 0.6, where it would be 0.3 had N stayed.
    const squares = 20 * (100 - 260 / 3) ** 2 + 10 * (60 - 260 / 3) ** 2;
    expect(official(s).se).toBeCloseTo(Math.sqrt(((1 - 0.6) * squares) / 29 / 30), 9);
    expect(s.notes).toContainEqual({
      kind: 'voided-removed',
      reportingStratum: 2,
      group: 'parent',
      contacts: 50,
    });
  });

  it('or makes the group insufficient, by profile', () => {
    const s = input({ voidedStratum: 'insufficient' }, { voided });
    expect(s.verdict).toEqual({
      kind: 'insufficient',
      reasons: [{ code: 'void-stratum', group: 'parent', reason: 'r' }],
    });
  });

  it('takes declared ineligibles out of N: a census of the rest has no error', () => {
    const s = input({}, { ineligible: [{ samplingStratum: 1, contacts: 40, issued: 40, reason: 'moved' }] });
    expect(official(s)).toMatchObject({ se: 0, interval: { method: 'census' } });
  });
});

/**
 * What became of codes without an answer, in AAPOR's rates. The auditor computes it independently of the summary.
 * Numbers computed by hand.
 */
import { expect, it } from 'vitest';
import { auditDisclosure, withoutBounds } from '../../../src/audit/disclosure/audit.ts';
import { computeSummary, type SummaryInput } from '../../../src/domain/scoring/summary/summary.ts';
import { knownCounty } from '../../../src/operations/disclosure/known-county.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../scoring/summary-fixtures.ts';

const profile = parentsOnly({
  groups: [
    { group: 'parent', weight: 0.5, required: true },
    { group: 'teacher', weight: 0.5, required: true },
  ],
});
const strata = [reporting(1, 'parent', 20), reporting(2, 'parent', 20), reporting(3, 'teacher', 30)];
const rows: Row[] = [
  { reporting: 1, sampling: 1, answers: [1], times: 12 },
  { reporting: 2, sampling: 1, answers: [2], times: 13 },
  { reporting: 3, sampling: 2, answers: [1], times: 27 },
];
const samplingStrata = [sampling(1, 'parent', 200), sampling(2, 'teacher', 60)];
const fate = (no: number, optedOut: number, wrongNumber: number, undeliverable: number) => ({
  ...{ reportingStratum: no, set: 'drawn' as const },
  ...{ optedOut, wrongNumber, undeliverable },
});
const declared = (no: number, issued: number) => ({
  ...{ samplingStratum: no, contacts: issued, issued, reason: 'moved' },
});

const known = (change: Partial<SummaryInput>, issuedTo = strata) => {
  const input = inputOf(profile, issuedTo, rows, { samplingStrata, ...change });
  return knownCounty(input, computeSummary(input));
};
async function mismatches(...list: readonly ReturnType<typeof known>[]) {
  const report = await auditDisclosure(
    { publications: list.map((entry) => entry.publication), relation: 'same' },
    { ...withoutBounds, truth: list.map((entry) => entry.truth) },
  );
  return report.mismatches;
}

it('are counted for each group and for all', async () => {
  const county = known({
    // Replacements are in none of the rates.
    fates: [
      fate(1, 2, 1, 1),
      fate(2, 0, 0, 3),
      fate(3, 1, 0, 0),
      { ...fate(1, 9, 9, 9), set: 'replacement' },
    ],
    ineligible: [declared(1, 4), declared(2, 1)],
  });
  expect(county.truth.fates).toEqual([
    { group: null, optedOut: 3, unknown: 5, ineligible: 5 },
    { group: 'parent', optedOut: 2, unknown: 5, ineligible: 4 },
    { group: 'teacher', optedOut: 1, unknown: 0, ineligible: 1 },
  ]);
  expect(await mismatches(county)).toEqual([]);
  const { fates: _, ...without } = county.truth;
  expect(await mismatches({ ...county, truth: without })).not.toEqual([]);
});

it('are limited to the number of codes, so the groups’ do not add up to those of all', async () => {
  // Three codes of the teachers are left, and fifteen of the parents.
  const county = known({ fates: [fate(2, 1, 0, 0), fate(3, 2, 3, 1)], ineligible: [declared(2, 1)] });
  expect(county.truth.fates).toEqual([
    { group: null, optedOut: 3, unknown: 4, ineligible: 1 },
    { group: 'parent', optedOut: 1, unknown: 0, ineligible: 0 },
    { group: 'teacher', optedOut: 2, unknown: 0, ineligible: 1 },
  ]);
  expect(await mismatches(county)).toEqual([]);
});

it('a void leaves more codes and removes no fate', async () => {
  const fates = [fate(3, 2, 3, 1), fate(1, 4, 0, 0)];
  const voided = [{ group: 'teacher', reportingStratum: 3, reason: 'spoiled' }] as const;
  const [before, after] = [known({ fates }), known({ fates, voided })];
  expect(before.truth.fates!.at(-1)).toEqual({ group: 'teacher', optedOut: 2, unknown: 1, ineligible: 0 });
  expect(after.truth.fates!.at(-1)).toEqual({ group: 'teacher', optedOut: 2, unknown: 4, ineligible: 0 });
  expect(await mismatches(before, after)).toEqual([]);
});

it('if links without codes bring more answers than codes, all cases are answers', async () => {
  const few = [reporting(1, 'parent', 20), reporting(2, 'parent', 20), reporting(3, 'teacher', 10)];
  const county = known({ fates: [fate(3, 2, 3, 1), fate(1, 4, 0, 0)] }, few);
  expect(county.truth.fates).toEqual([
    // 50 codes, 52 answers.
    { group: null, optedOut: 0, unknown: 0, ineligible: 0 },
    { group: 'parent', optedOut: 4, unknown: 0, ineligible: 0 },
    { group: 'teacher', optedOut: 0, unknown: 0, ineligible: 0 },
  ]);
  expect(await mismatches(county)).toEqual([]);
});

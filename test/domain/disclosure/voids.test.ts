/**
 * The summaries before and after a void, audited together. Their difference is what was made void, and the README of
 * suppression does not promise to hide it.
 */
import { expect, it } from 'vitest';
import { auditDisclosure, withoutBounds } from '../../../src/audit/disclosure/audit.ts';
import type { CountyCode } from '../../../src/domain/model/ids.ts';
import { voidsBefore } from '../../../src/operations/disclosure/audit-disclosure.ts';
import { knownCounty } from '../../../src/operations/disclosure/known-county.ts';
import { randomCounty, shownSummary } from '../../support/random-county.ts';

async function audit(seed: number, ...which: readonly ('before' | 'after')[]) {
  const after = randomCounty(seed);
  expect(after.voided).toHaveLength(1);
  const known = which.map((state) => {
    const input = state === 'after' ? after : { ...after, voided: [] };
    return knownCounty(input, shownSummary(input));
  });
  const { solved, mismatches } = await auditDisclosure(
    { publications: known.map((entry) => entry.publication), relation: 'same' },
    { ...withoutBounds, truth: known.map((entry) => entry.truth) },
  );
  expect(mismatches).toEqual([]);
  return solved.map((found) => found.cell);
}

it('two that reveal nothing more together', async () => {
  expect(await audit(40, 'before', 'after')).toEqual([]);
});

it('two that alone reveal nothing, and together the hidden school that is void', async () => {
  expect(await audit(53, 'before')).toEqual([]);
  expect(await audit(53, 'after')).toEqual([]);
  expect(await audit(53, 'before', 'after')).toContain('school 1 (protected)');
});

it('are those since the close of the county, one for each void', () => {
  const code = '990101' as CountyCode;
  const of = (at: number, county: string | null = code) => ({
    ...{ county: county as CountyCode | null, group: 'parent' as const, reportingStratum: at },
    ...{ reason: 'spoiled', at },
  });
  const [early, second, third, elsewhere, all] = [of(5), of(30), of(20), of(40, '990102'), of(50, null)];
  const voids = [early, second, third, elsewhere, all];
  expect(voidsBefore({ closedAt: 10, voids }, code)).toEqual([
    [early, elsewhere],
    [early, third, elsewhere],
    [early, second, third, elsewhere],
  ]);
  expect(voidsBefore({ closedAt: null, voids }, code)).toEqual([]);
});

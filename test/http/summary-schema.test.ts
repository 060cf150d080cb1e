import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { summaryCsv } from '../../src/export/summary-csv.ts';
import type { DeepReadonly } from '../../src/http/api/shapes.ts';
import { summarySchema } from '../../src/http/api/summary/schema.ts';
import type { Summary } from '../../src/domain/scoring/summary/summary.ts';
import { withoutVerdict } from '../../src/domain/scoring/summary/without-verdict.ts';
import { computeShownSummary } from '../../src/domain/scoring/suppression/suppression.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../domain/scoring/summary-fixtures.ts';

const profile = parentsOnly({ withinGroup: 'strata', voidedStratum: 'remove' });
const strata = [1, 2, 3].map((no) => reporting(no, 'parent', 60));
const rows: Row[] = strata.flatMap(({ no }) => [
  { reporting: no, sampling: 1, answers: [1, 2], times: 15 },
  { reporting: no, sampling: 1, answers: [2, 254], times: 12 },
  { reporting: no, sampling: 1, answers: [4, 3], times: no === 2 ? 20 : 5 },
]);

/** One summary with everything that a summary can hold. */
function fullSummary(): Summary {
  const input = inputOf(profile, strata, rows, {
    samplingStrata: [sampling(1, 'parent', 1000, 'urban'), sampling(2, 'parent', 50, 'rural')],
    reanswers: strata.map(({ no }) => ({ reportingStratum: no, responses: 32, reanswered: 12 })),
    fates: [{ reportingStratum: 1, set: 'drawn', optedOut: 2, wrongNumber: 3, undeliverable: 4 }],
    ineligible: [{ samplingStratum: 1, contacts: 20, issued: 3, reason: 'moved away' }],
    flags: [{ kind: 'identical', reportingStratum: 2, lot: null, observed: 20, n: 47, expected: 3 }],
    voided: [],
  });
  return computeShownSummary(input);
}

type Sent = Omit<DeepReadonly<z.output<typeof summarySchema>>, 'log' | 'audit'>;

describe('a summary on its way out', () => {
  // Compile-time: what is written here is checked by `npm run typecheck`.
  it('has the type of the API’s schema, field for field', () => {
    expectTypeOf<Summary>().toExtend<Sent>();
    expectTypeOf<keyof Summary>().toEqualTypeOf<keyof Sent>();
    expectTypeOf<keyof Summary['groups'][number]>().toEqualTypeOf<keyof Sent['groups'][number]>();
    expectTypeOf<keyof Summary['schools'][number]>().toEqualTypeOf<keyof Sent['schools'][number]>();
    expectTypeOf<keyof Summary['profile']>().toEqualTypeOf<keyof Sent['profile']>();
    // A positive control: a field of another type does not fit.
    expectTypeOf<Omit<Summary, 'drawn'> & { readonly drawn: string }>().not.toExtend<Sent>();
  });

  it('judges nothing once an audit has failed, and shows every figure as it was', () => {
    const before = { ...fullSummary(), verdict: { kind: 'met' } as const };
    const after = withoutVerdict(before, 3);
    const verdict = { kind: 'insufficient', reasons: [{ code: 'audit-failed', differences: 3 }] };
    expect(after.verdict).toEqual(verdict);
    expect(after.withoutFlagged).toMatchObject({ verdict, changesVerdict: null });
    expect(after.moreResponses).toBeNull();
    expect(after.formulas.some((f) => f.meets !== null)).toBe(false);
    expect(before.formulas.some((f) => f.meets !== null)).toBe(true);
    expect({ ...after, verdict: null, formulas: null, withoutFlagged: null, moreResponses: null }).toEqual({
      ...before,
      verdict: null,
      formulas: null,
      withoutFlagged: null,
      moreResponses: null,
    });
  });

  it('loses nothing to the API’s schema', () => {
    const summary = fullSummary();
    expect(summary.withoutFlagged).not.toBeNull();
    expect(summary.signals).toHaveLength(1);
    expect(summary.nonResponse).not.toBeNull();
    expect(summary.moreResponses).not.toBeNull();
    const whole = { ...summary, log: null, audit: null };
    expect(summarySchema.parse(whole)).toEqual(whole);
  });

  it('is whole in the table too: every figure, its uncertainty, the verdict, the reasons', async () => {
    const summary = fullSummary();
    let text = '';
    for await (const chunk of summaryCsv([{ ...summary, log: null, audit: null }], 'en'))
      text += Buffer.from(chunk).toString('utf8');
    const lines = text.split('\r\n');
    const has = (...parts: readonly string[]) =>
      expect(
        lines.some((line) => parts.every((part) => line.includes(part))),
        parts.join(' … '),
      ).toBe(true);
    has('official figure', String(summary.official.kind === 'estimate' && summary.official.se));
    has('verdict', 'met');
    has('AAPOR rate', 'RR3');
    has('non-response bound, worst', String(summary.nonResponse!.low));
    has(
      'without flagged units',
      String(summary.withoutFlagged!.official.kind === 'estimate' && summary.withoutFlagged!.official.value),
    );
    has('integrity signal', 'identical');
    for (const difference of summary.differences) has(difference.formula, 'official figure');
  });
});

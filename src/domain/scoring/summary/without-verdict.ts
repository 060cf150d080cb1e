import type { Summary } from './summary-types.ts';
import type { Verdict } from './verdict.ts';

/** A summary whose tables differ from the log: figures are shown as they are, without a verdict. */
export function withoutVerdict(summary: Summary, differences: number): Summary {
  const verdict: Verdict = { kind: 'insufficient', reasons: [{ code: 'audit-failed', differences }] };
  return {
    ...summary,
    verdict,
    formulas: summary.formulas.map((f) => ({ ...f, meets: null })),
    moreResponses: null,
    withoutFlagged: summary.withoutFlagged && { ...summary.withoutFlagged, verdict, changesVerdict: null },
  };
}

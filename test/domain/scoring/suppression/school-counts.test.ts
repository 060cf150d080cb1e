/** Counts without weights beside a figure with weights tell what few people of one sampling stratum answered. */
import { expect, it } from 'vitest';
import type { Summary } from '../../../../src/domain/scoring/summary/summary.ts';
import type { DisclosureRule } from '../../../../src/domain/scoring/suppression/rule.ts';
import { shownSummary } from '../../../support/random-county.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../summary-fixtures.ts';

/** Of the first school's 29 parents, `few` are from the second grade and gave the answer `given`; 12 at each other school are. */
function summaryOf(rule: DisclosureRule, few: number, given: number): Summary {
  const rows = [1, 2, 3].flatMap((no): Row[] => {
    const isFirst = no === 1;
    const counts = [15, 8, 4, 2].map((n, i) => (isFirst && i + 1 === given ? n - few : n));
    return [
      ...counts.map((times, i) => ({
        reporting: no,
        sampling: 1,
        answers: [i + 1, 1 + ((i + 1) % 4)],
        times,
      })),
      { reporting: no, sampling: 2, answers: [isFirst ? given : 2, 2], times: isFirst ? few : 12 },
    ];
  });
  return shownSummary(
    inputOf(
      parentsOnly({ withinGroup: 'strata' }),
      [1, 2, 3].map((no) => reporting(no, 'parent', 60)),
      rows.filter(({ times }) => times !== 0),
      {
        samplingStrata: [sampling(1, 'parent', 900), sampling(2, 'parent', 400)],
        disclosureRule: rule,
      },
    ),
  );
}

const itemOf = (summary: Summary) => summary.schools[0]!.items[0]!;

it('by rule 3, the shown digits tell what the only parent of a grade answered', () => {
  const shown = [1, 2, 3, 4].map((given) => itemOf(summaryOf(3, 1, given)));
  // The same counts, and four figures.
  expect(new Set(shown.map(({ distribution }) => JSON.stringify(distribution))).size).toBe(1);
  expect(shown[0]!.distribution.kind).toBe('options');
  expect(new Set(shown.map(({ figure }) => figure.kind === 'estimate' && figure.value)).size).toBe(4);
});

it('by rule 4, the school shows the figure alone', () => {
  const { figure, distribution } = itemOf(summaryOf(4, 1, 2));
  expect(figure.kind).toBe('estimate');
  expect(distribution).toEqual({ kind: 'suppressed', why: 'protected' });
});

it('counts stay where each grade has enough answers, or all have one weight', () => {
  const summary = summaryOf(4, 0, 1);
  expect(itemOf(summary).distribution.kind).toBe('options');
  // 12 of the second grade, 29 of the first.
  expect(summary.schools[1]!.items[0]!.distribution.kind).toBe('options');
});

/** What few people with another weight answered, by rule 4 and by rule 5. */
import { describe, expect, it } from 'vitest';
import { withoutBounds } from '../../../../src/audit/disclosure/audit.ts';
import type { Location } from '../../../../src/domain/model/vocabulary.ts';
import type { Summary, SummaryInput } from '../../../../src/domain/scoring/summary/summary.ts';
import { isPinned } from '../../../../src/domain/scoring/suppression/pinned.ts';
import type { DisclosureRule } from '../../../../src/domain/scoring/suppression/rule.ts';
import { auditInput, shownSummary } from '../../../support/random-county.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../summary-fixtures.ts';

/** How many gave each option of the first item, and the next one of the second, by school and sampling stratum. */
type Given = readonly (readonly [school: number, stratum: number, counts: readonly number[]])[];

function county(
  given: Given,
  disclosureRule: DisclosureRule,
  locations: readonly Location[] = [],
): SummaryInput {
  const rows = given.flatMap(([no, stratum, counts]) =>
    counts.map((times, option): Row => ({
      ...{ reporting: no, sampling: stratum, times },
      answers: [option + 1, ((option + 1) % 4) + 1],
    })),
  );
  const schools = [...new Set(given.map(([no]) => no))];
  const sizes = [900, 400, 300];
  return inputOf(
    parentsOnly({ withinGroup: 'strata' }),
    schools.map((no) => reporting(no, 'parent', 60, locations[0])),
    rows.filter(({ times }) => times !== 0),
    {
      samplingStrata: sizes.map((size, i) => sampling(i + 1, 'parent', size, locations[i])),
      disclosureRule,
    },
  );
}

async function solvedIn(input: SummaryInput) {
  const { solved, mismatches } = await auditInput(input, withoutBounds);
  expect(mismatches).toEqual([]);
  return solved;
}

const kindsOf = (items: Summary['schools'][number]['items']) =>
  items.map(({ figure, distribution }) => `${figure.kind} ${distribution.kind}`);
const groupItems = (summary: Summary) => kindsOf(summary.groups[0]!.items);
const schoolItems = (summary: Summary) => summary.schools.flatMap(({ items }) => kindsOf(items));

describe('few answers of a whole group', () => {
  /** Of 105 parents, 5 are from the second grade: two satisfied, three dissatisfied. */
  const given: Given = [
    [1, 1, [15, 12, 8, 5]],
    [1, 2, [2, 0, 0, 3]],
    [2, 1, [20, 15, 15, 10]],
  ];
  const ofGrade = (2 * 100 + 3 * 0) / 5;

  it('by rule 4, the counts beside the figure tell the figure of a grade', async () => {
    const solved = await solvedIn(county(given, 4));
    const found = solved.find(({ cell }) => cell.startsWith('group parent, weight 80'));
    expect(found).toMatchObject({ of: 'answers', population: 5 });
    expect(found!.values).toContainEqual({ what: 'item q1', value: ofGrade });
  });

  it('by rule 5, the figures stay and the counts are hidden', async () => {
    expect(await solvedIn(county(given, 5))).toEqual([]);
    expect(groupItems(shownSummary(county(given, 5)))).toEqual([
      'estimate suppressed',
      'estimate suppressed',
    ]);
  });

  it('with enough answers of each grade, the counts stay', async () => {
    const enough: Given = [...given, [2, 2, [3, 2, 2, 2]]];
    expect(await solvedIn(county(enough, 5))).toEqual([]);
    expect(groupItems(shownSummary(county(enough, 5)))).toEqual(['estimate options', 'estimate options']);
  });
});

describe('few answers of one school', () => {
  /** The first school has three parents from the second grade, the others one grade each. */
  const given: Given = [
    [1, 1, [12, 9, 5, 3]],
    [1, 2, [0, 2, 1, 0]],
    [2, 1, [15, 10, 8, 4]],
    [3, 2, [9, 8, 6, 5]],
    [4, 2, [9, 10, 6, 2]],
  ];

  it('by rule 4, the counts of the group and the other schools tell the hidden counts of this one', async () => {
    const shown = shownSummary(county(given, 4));
    expect(kindsOf(shown.schools[0]!.items)).toEqual(['estimate suppressed', 'estimate suppressed']);
    expect(kindsOf(shown.schools[1]!.items)).toEqual(['estimate options', 'estimate options']);
    const found = (await solvedIn(county(given, 4))).find(({ cell }) => cell.startsWith('school 1, weight'));
    expect(found).toMatchObject({ of: 'answers', population: 3 });
    // (2 · 80 + 60) ⁄ 3
    expect(found!.values).toContainEqual({ what: 'item q1', value: expect.closeTo(220 / 3, 9) as number });
  });

  it('by rule 5, no school has counts, nor has the group, because all other schools have one weight each', async () => {
    const shown = shownSummary(county(given, 5));
    expect(await solvedIn(county(given, 5))).toEqual([]);
    expect(new Set(schoolItems(shown))).toEqual(new Set(['estimate suppressed']));
    expect(groupItems(shown)).toEqual(['estimate suppressed', 'estimate suppressed']);
    expect(shown.schools[0]!.figure).not.toHaveProperty('deff');
  });

  it('if many schools have several grades, only the counts of schools are hidden', async () => {
    const many: Given = given.map(([no, stratum, counts]) => [no, stratum, counts] as const);
    const further: Given = [2, 3, 4].map((no) => [no, 3, [3, 3, 2, 1]] as const);
    const shown = shownSummary(county([...many, ...further], 5));
    expect(await solvedIn(county([...many, ...further], 5))).toEqual([]);
    expect(new Set(schoolItems(shown))).toEqual(new Set(['estimate suppressed']));
    expect(groupItems(shown)).toEqual(['estimate options', 'estimate options']);
  });

  it('counts of schools stay where each school has one weight', () => {
    const single = given.filter(([no, stratum]) => no !== 1 || stratum === 1);
    expect(new Set(schoolItems(shownSummary(county(single, 5))))).toEqual(new Set(['estimate options']));
  });
});

describe('a figure that people who are whole numbers can give in one way only', () => {
  const rounding = { decimals: 1, threshold: 85 };
  const points = [100, 80, 60, 0];
  const shares = [1, 1, 1, 0].map((is) => 100 * is);
  const pinned = (
    counts: readonly (readonly number[])[],
    weights: readonly number[],
    by: readonly number[],
  ) =>
    isPinned(
      counts.map((own, i) => ({ weight: weights[i]!, counts: own, dontKnow: 0 })),
      by,
      false,
      { minimum: 10, rounding },
    );

  /** Every pair of numbers of satisfied people, by whole loops. */
  function satisfiedIn(sizes: readonly [number, number], weights: readonly [number, number], shown: number) {
    const found = new Set<number>();
    for (let first = 0; first <= sizes[0]; first++)
      for (let second = 0; second <= sizes[1]; second++) {
        const whole = weights[0] * sizes[0] + weights[1] * sizes[1];
        const share = (100 * (weights[0] * first + weights[1] * second)) / whole;
        if (Math.abs(share - shown) <= 0.05 + 1e-9) found.add(second);
      }
    return found;
  }

  it('two of seven people with twice the weight: one way only', () => {
    expect(satisfiedIn([5, 2], [24.1, 10.3], 100 * ((24.1 * 3 + 10.3) / (24.1 * 5 + 10.3 * 2)))).toEqual(
      new Set([1]),
    );
    expect(
      pinned(
        [
          [1, 1, 1, 2],
          [1, 0, 0, 1],
        ],
        [24.1, 10.3],
        shares,
      ),
    ).toBe(true);
  });

  it('weights of 1 and 2: other people give the same figure', () => {
    expect(satisfiedIn([20, 3], [1, 2], (100 * (12 + 4)) / 26).size).toBeGreaterThan(1);
    expect(
      pinned(
        [
          [4, 4, 4, 8],
          [1, 1, 0, 1],
        ],
        [1, 2],
        shares,
      ),
    ).toBe(false);
  });

  it('one person among 29: by points of four options, the answer', () => {
    expect(
      pinned(
        [
          [14, 8, 4, 2],
          [0, 1, 0, 0],
        ],
        [31.03, 13.8],
        points,
      ),
    ).toBe(true);
  });

  it('many classes: not tried, because the sums lie close together', () => {
    const classes = Array.from({ length: 6 }, () => [2, 1, 1, 1]);
    expect(pinned(classes, [3.1, 4.7, 5.3, 6.9, 7.7, 8.3], points)).toBe(false);
  });
});

/** What few people with another weight answered, by rule 4 and by rule 5. */
import { describe, expect, it } from 'vitest';
import { auditDisclosure, withoutBounds } from '../../../../src/audit/disclosure/audit.ts';
import type { Location } from '../../../../src/domain/model/vocabulary.ts';
import type { Summary, SummaryInput } from '../../../../src/domain/scoring/summary/summary.ts';
import type { DisclosureRule } from '../../../../src/domain/scoring/suppression/rule.ts';
import { knownCounty } from '../../../../src/operations/disclosure/known-county.ts';
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

  it('by rule 5, one item has no counts, and the items of two schools are hidden, because all other schools have one weight each', async () => {
    const shown = shownSummary(county(given, 5));
    expect(await solvedIn(county(given, 5))).toEqual([]);
    expect(groupItems(shown)).toEqual(['estimate options', 'estimate suppressed']);
    expect(shown.schools.map(({ figure }) => figure.kind)).toEqual(Array(4).fill('estimate'));
    // Together, the first and the last school have 29 and 30 parents of the two grades.
    const [figureOnly, hidden] = ['estimate suppressed', 'suppressed suppressed'];
    expect(shown.schools.map(({ items }) => kindsOf(items)[0])).toEqual([
      hidden,
      figureOnly,
      figureOnly,
      hidden,
    ]);
    expect(shown.schools[0]!.figure).not.toHaveProperty('deff');
  });

  it('with the figures of one item at these two schools, something about the three parents follows', async () => {
    const input = county(given, 5);
    const shown = shownSummary(input);
    const before = shownSummary({ ...input, disclosureRule: 4 });
    for (const [i, school] of shown.schools.entries())
      Object.assign(school.items[0]!, { figure: before.schools[i]!.items[0]!.figure });
    const { publication, truth } = knownCounty(input, shown);
    const { solved } = await auditDisclosure(
      { publications: [publication], relation: 'same' },
      { ...withoutBounds, truth: [truth] },
    );
    expect(solved.filter(({ cell }) => cell.startsWith('school 1, weight'))).not.toEqual([]);
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

/** Schools whose answers come from several locations, such as a township's small schools together. */
import { expect, it } from 'vitest';
import { withoutBounds } from '../../../../src/audit/disclosure/audit.ts';
import type { Location } from '../../../../src/domain/model/vocabulary.ts';
import type { SummaryInput } from '../../../../src/domain/scoring/summary/summary.ts';
import type { DisclosureRule } from '../../../../src/domain/scoring/suppression/rule.ts';
import { auditInput, shownSummary } from '../../../support/random-county.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../summary-fixtures.ts';

/** By reporting stratum and location: how many gave each option of the first item, and the next one of the second. */
const answers: readonly (readonly [number, 'rural' | 'town', readonly number[]])[] = [
  [1, 'rural', [12, 10, 5, 3]],
  [2, 'rural', [4, 3, 1, 1]],
  [2, 'town', [2, 1, 0, 0]],
  [3, 'rural', [3, 2, 1, 1]],
  [3, 'town', [1, 1, 1, 1]],
  [4, 'rural', [9, 8, 7, 3]],
];
const strata = { rural: 1, town: 2 };

/** 7 of 80 answers are from the town: 3 of one township's 12, and 4 of the other's 11. */
function county(disclosureRule: DisclosureRule): SummaryInput {
  const rows = answers.flatMap(([no, location, counts]) =>
    counts.map((times, option): Row => {
      const chosen = [option + 1, ((option + 1) % 4) + 1];
      return { reporting: no, sampling: strata[location], answers: chosen, times };
    }),
  );
  const place = (no: number, location: Location) => reporting(no, 'parent', 60, location);
  return inputOf(
    parentsOnly({ withinGroup: 'strata' }),
    [place(1, 'rural'), place(2, 'town'), place(3, 'town'), place(4, 'rural')],
    rows.filter(({ times }) => times !== 0),
    {
      samplingStrata: [sampling(1, 'parent', 900, 'rural'), sampling(2, 'parent', 40, 'town')],
      disclosureRule,
    },
  );
}

/** (3·100 + 2·80 + 60 + 3·80 + 2·60 + 100) ⁄ 14. */
const ofTown = 70;

const solvedIn = async (rule: DisclosureRule) => {
  const { solved, mismatches } = await auditInput(county(rule), withoutBounds);
  expect(mismatches).toEqual([]);
  // Sums of squares are not covered: README.md, "What is not guaranteed".
  return solved.filter((found) => found.of !== 'spread');
};

it('by rule 3, the auditor finds the figure of a location from two townships that are partly in it', async () => {
  const [found] = await solvedIn(3);
  expect(found).toMatchObject({ of: 'answers', cell: 'location town parent (protected)', population: 7 });
  expect(found!.values).toContainEqual({ what: 'figure', value: ofTown });
});

it('by rule 4, it finds no answers, and how many answered in both townships is no secret of the town', async () => {
  const { schools, locations } = shownSummary(county(4));
  const town = locations.find(({ location }) => location === 'town')!;
  expect(town.groups.map(({ figure }) => figure.kind)).toEqual(['suppressed']);
  expect(schools[1]!.items.map(({ distribution }) => distribution.kind)).not.toContain('options');
  expect(await solvedIn(4)).toEqual([]);
});

/** A county of 400 schools in four groups, for the bench of disclosure control and its test. */
import type { Group } from '../../src/domain/model/vocabulary.ts';
import type { SummaryInput } from '../../src/domain/scoring/summary/summary.ts';
import { currentDisclosureRule } from '../../src/domain/scoring/suppression/rule.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../domain/scoring/summary-fixtures.ts';

/** Linear congruential: the same numbers everywhere. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export function largeCounty(): SummaryInput {
  const random = randomOf(1);
  const groups: readonly Group[] = ['parent', 'teacher', 'principal', 'deputy'];
  const locations = ['urban', 'town', 'rural'] as const;
  const strata = Array.from({ length: 400 }, (_, i) =>
    reporting(i + 1, groups[i % 4]!, 400, locations[i % 3]),
  );
  const frame = groups.flatMap((group, g) =>
    locations.map((location, l) => sampling(1 + 3 * g + l, group, 4000 + 700 * l, location)),
  );
  const rows = strata.flatMap(({ no, group }, i): Row[] => {
    const people = random(8) === 0 ? 4 + random(6) : 15 + random(50);
    return Array.from({ length: people }, () => ({
      reporting: no,
      sampling: 1 + 3 * groups.indexOf(group) + (i % 3),
      answers: Array.from({ length: 12 }, () => [1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 254, 255][random(12)]!),
    }));
  });
  return inputOf(
    parentsOnly({
      withinGroup: 'strata',
      groups: groups.map((group) => ({ group, weight: 0.25, required: true })),
    }),
    strata,
    rows,
    {
      samplingStrata: frame,
      dimensions: Array.from({ length: 12 }, (_, i) => `d${i % 4}`),
      disclosureRule: currentDisclosureRule,
    },
  );
}

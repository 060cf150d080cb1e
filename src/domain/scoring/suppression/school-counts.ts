/**
 * By rule 4, an item at a school is shown by its figure alone if its counts would tell what few people of one sampling
 * stratum answered. Counts have no weights and figures do. If one of 30 people has another weight, the two together
 * determine this person's answer, even after rounding. Rule 5 is in weight-classes.ts.
 */
import type { Candidate } from './candidates.ts';
import { isSmall, type Rules, type Shown } from './cells.ts';
import { peopleOf, type Atom, type Layout } from './layout.ts';

export function hideSchoolCounts(s: Shown, layout: Layout, rules: Rules): void {
  for (const school of s.schools) {
    if (!hidesCounts(layout, school.reportingStratum, rules)) continue;
    for (const item of school.items)
      if (item.distribution.kind === 'options') item.distribution = { kind: 'suppressed', why: 'protected' };
  }
}

function hidesCounts(layout: Layout, reportingStratum: number, rules: Rules): boolean {
  return layout.rule === 4 && hasFewOfWeight(layout.places.get(reportingStratum) ?? [], rules.minimum);
}

/** Do the answers of a school have different weights, and fewer than the minimum one of them? */
export function hasFewOfWeight(places: readonly Atom[], minimum: number): boolean {
  const people = new Map<number, number>();
  for (const place of places) people.set(place.weight, (people.get(place.weight) ?? 0) + peopleOf(place));
  return people.size > 1 && [...people.values()].some((n) => isSmall(n, minimum));
}

/**
 * Schools whose answers come from several locations, such as a township's small schools together. What is shown of
 * their items are sums over all locations, so the answers of one location stay unknown. By rule 4 only those without
 * counts.
 */
export function spanningSchools(
  layout: Layout,
  schools: readonly Candidate[],
  rules: Rules,
): ReadonlySet<Candidate> {
  if (layout.rule < 4) return new Set();
  return new Set(
    schools.filter(
      ({ atoms, school }) =>
        new Set(atoms.map(({ location }) => location)).size > 1 &&
        (layout.rule > 4 || hidesCounts(layout, school.reportingStratum, rules)),
    ),
  );
}

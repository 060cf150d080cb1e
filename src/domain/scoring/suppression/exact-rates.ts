import type { Group } from '../../model/vocabulary.ts';
import type { Summary } from '../summary/summary-types.ts';

/**
 * Groups for which the summary itself shows how many of the drawn sample answered, and how many validly. The page of
 * rates may then be exact.
 */
export function groupsWithExactRates(shown: Summary): ReadonlySet<Group> {
  const voided = new Set(shown.voided.map((entry) => entry.group));
  return new Set(
    shown.responseRates.flatMap(({ group, rates }) =>
      group !== null &&
      // The summary leaves void answers out; the page of rates does not.
      !voided.has(group) &&
      rates.every(({ name, figure }) => (name !== 'RR1' && name !== 'RR2') || figure.kind === 'estimate')
        ? [group]
        : [],
    ),
  );
}

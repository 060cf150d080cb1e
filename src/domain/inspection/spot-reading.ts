/**
 * Compares the spot survey with the county's, group by group, because the two did not ask the same groups. Both are shown
 * figures.
 */
import { noData, type Figure } from '../scoring/figure.ts';
import type { Summary } from '../scoring/summary/summary-types.ts';
import { compareWith, type Trend } from '../scoring/summary/trend.ts';
import type { Group } from '../model/vocabulary.ts';

export interface SpotRow {
  readonly group: Group;
  readonly county: Figure;
  readonly spot: Figure;
  /** Entered by interviewers: in neither of the two. */
  readonly interviews: Figure;
  /** Spot less county. */
  readonly difference: Trend;
}

/** The spot survey compared with the county’s, group by group, with the interval of the difference. */
export function readSpot(spot: Summary, county: Summary): readonly SpotRow[] {
  const assisted = spot.channels.find((c) => c.channel === 'assisted');
  return spot.groups
    .filter((g) => g.weight > 0)
    .map(({ group, figure }) => {
      const own = county.groups.find((g) => g.group === group);
      return {
        ...{ group, spot: figure },
        county: own?.figure ?? noData,
        interviews: assisted?.groups.find((g) => g.group === group)?.figure ?? noData,
        difference: compareWith(ofGroup(spot, group), own ? ofGroup(county, group) : null),
      };
    });
}

/** One group as if it were all: its weight is 1 in both. */
function ofGroup(summary: Summary, group: Group): Parameters<typeof compareWith>[0] {
  const own = summary.groups.find((g) => g.group === group)!;
  const { formulas, profile } = summary;
  return {
    ...{ official: own.figure, formulas, profile },
    verdict: { kind: 'undecided' },
    groups: [{ ...own, weight: 1 }],
  };
}

/** In one word, for the sentence on the page. */
export function differOf(rows: readonly SpotRow[]): 'differ' | 'agree' | 'unknown' {
  const known = rows.flatMap((r) => (r.difference.kind === 'difference' ? [r.difference] : []));
  if (known.some((d) => d.change !== 'unclear')) return 'differ';
  return known.length === 0 ? 'unknown' : 'agree';
}

/** Rankings of shown figures: strongest and weakest dimensions, lowest groups and places, and suggestions for a report. */
import type { LocalisedText } from '../rules/formula.ts';
import type { Estimate, Figure } from '../figure.ts';
import type { Group, Location } from '../../model/vocabulary.ts';
import type { SchoolSummary, Summary } from './summary-types.ts';

export interface Ranked<T> {
  readonly of: T;
  readonly figure: Estimate;
}

/** From highest to lowest; equal ones in the given order. Suppressed figures are left out. */
export function rank<T extends { readonly figure: Figure }>(list: readonly T[]): readonly Ranked<T>[] {
  return list
    .flatMap((of) => (of.figure.kind === 'estimate' ? [{ of, figure: of.figure }] : []))
    .sort((a, b) => b.figure.value - a.figure.value);
}

type Dimension = Summary['dimensions'][number];

export interface DimensionRanking {
  /** Highest first. */
  readonly all: readonly Ranked<Dimension>[];
  readonly strongest: readonly Ranked<Dimension>[];
  /** Lowest first; none that is among the strongest. */
  readonly weakest: readonly Ranked<Dimension>[];
}

/** Highest first. `strongest` and `weakest`: at most `count` each, and none in both. */
export function rankDimensions(s: Pick<Summary, 'dimensions'>, count = 2): DimensionRanking {
  // Figures that are not part of the score are neither strengths nor weaknesses.
  const all = rank(s.dimensions.filter((d) => d.scored !== false));
  const strongest = all.slice(0, Math.min(count, Math.ceil(all.length / 2)));
  return { all, strongest, weakest: all.slice(strongest.length).reverse().slice(0, count) };
}

/** Groups in which one dimension is lowest: the lowest, and those within `within` points of it. */
export function lowestGroups(s: Pick<Summary, 'groups'>, dimension: string, within = 1): readonly Group[] {
  const ranked = rank(
    s.groups.flatMap((g) => {
      const own = g.dimensions.find((d) => d.id === dimension);
      return own && own.compared !== false ? [{ group: g.group, figure: own.figure }] : [];
    }),
  );
  const least = ranked.at(-1)?.figure.value;
  if (least === undefined || ranked.length < 2) return [];
  return ranked.filter((entry) => entry.figure.value <= least + within).map((entry) => entry.of.group);
}

export interface Places {
  /** Lowest first. */
  readonly lowest: readonly Ranked<SchoolSummary>[];
  /** Places with codes whose figure is suppressed, or has no data. */
  readonly hidden: number;
}

/** Schools, townships and other places below the county: only those whose figure is shown. */
export function lowestPlaces(s: Pick<Summary, 'schools'>, count = 3): Places {
  const places = s.schools.filter((place) => place.level !== 'county' && !place.voided);
  const ranked = rank(places);
  return { lowest: ranked.slice(-count).reverse(), hidden: places.length - ranked.length };
}

/** Location × group, lowest first. */
export function lowestLocations(
  s: Pick<Summary, 'locations'>,
  count = 3,
): readonly Ranked<{ readonly location: Location; readonly group: Group; readonly figure: Figure }>[] {
  return rank(
    s.locations.flatMap(({ location, groups }) =>
      groups.map(({ group, figure }) => ({ location, group, figure })),
    ),
  )
    .slice(-count)
    .reverse();
}

/** One sentence of a report; texts are `report.<kind>…` of messages/<language>/report.json. */
export type ReportPoint =
  | {
      readonly kind: 'dimension';
      readonly title: LocalisedText;
      readonly figure: Estimate;
      readonly meets: boolean;
      /** Where it is lowest; only for a problem. */
      readonly groups: readonly Group[];
    }
  | { readonly kind: 'group'; readonly group: Group; readonly figure: Estimate; readonly meets: boolean };

export interface Proposal {
  /** Reports customarily give two highlights and one problem. */
  readonly highlights: readonly ReportPoint[];
  readonly problem: ReportPoint | null;
}

/** By dimension or, if there are too few, by group. Proposed from what is shown, for a person to edit. */
export function proposePoints(s: Pick<Summary, 'dimensions' | 'groups' | 'threshold'>): Proposal {
  const meets = (figure: Estimate) => figure.value >= s.threshold.value;
  const { strongest, weakest } = rankDimensions(s);
  const groups = rank(s.groups);
  const highlights: ReportPoint[] = strongest.map(({ of, figure }) => ({
    kind: 'dimension',
    title: of.title,
    figure,
    meets: meets(figure),
    groups: [],
  }));
  if (highlights.length < 2)
    for (const { of, figure } of groups.slice(0, 2 - highlights.length))
      highlights.push({ kind: 'group', group: of.group, figure, meets: meets(figure) });
  const [low] = weakest;
  const lowGroup = groups.at(-1);
  const problem: ReportPoint | null = low
    ? {
        kind: 'dimension',
        title: low.of.title,
        figure: low.figure,
        meets: meets(low.figure),
        groups: lowestGroups(s, low.of.id),
      }
    : lowGroup && groups.length > 1
      ? { kind: 'group', group: lowGroup.of.group, figure: lowGroup.figure, meets: meets(lowGroup.figure) }
      : null;
  return { highlights, problem };
}

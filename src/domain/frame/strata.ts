/**
 * The two kinds of stratum. Sampling strata decide who is drawn and how answers are weighted. Reporting strata decide what may be
 * shown.
 */
import type { Group, Location, CountedSet } from '../model/vocabulary.ts';
import type { SchoolId } from '../model/ids.ts';

/** group × location (× grade if the roll gives it). Numbered from 1 within campaign × county; 0 means "none" (open link). */
export interface SamplingStratum {
  readonly no: number;
  readonly group: Group;
  readonly location: Location | null;
  readonly grade: number | null;
  /** `frame`: drawn from a roll. `slips`: codes without a contact, population unknown. */
  readonly kind: 'frame' | 'slips';
  /** N, contacts in the frozen frame; null if unknown (slips). */
  readonly frameSize: number | null;
  /** Number required by the profile's quota, after caps and moves. */
  readonly quota: number;
  /** Codes issued to the drawn sample (slips: codes printed). */
  readonly drawn: number;
  /** Codes issued to pre-drawn replacements. */
  readonly replacements: number;
}

/** Levels from fine to coarse; a cell with fewer issued codes than the minimum merges upward (design 7). */
export const reportingLevels = ['school', 'parent-school', 'township', 'location', 'county'] as const;
export type ReportingLevel = (typeof reportingLevels)[number];

/** Numbered from 1 within campaign × county. */
export interface ReportingStratum {
  readonly no: number;
  readonly group: Group;
  readonly level: ReportingLevel;
  /** Its key: school id, township name, location, or '' for the county. */
  readonly key: string;
  /** Name as shown, of a school or township; '' if level and group are enough. */
  readonly name: string;
  /** Schools whose contacts report here. */
  readonly schools: readonly SchoolId[];
  readonly location: Location | null;
  /** Codes issued per counted set. */
  readonly issued: Readonly<Record<CountedSet, number>>;
}

/**
 * Flags: the signals of integrity.ts found in one county, by reporting stratum, as stated in the evidence log at close. A flag
 * names a stratum and, if it is about a time, the lot that was open then. It never names a person, and deletes nothing.
 */
import { z } from 'zod';

export const flagKinds = [
  /** More answered again than elsewhere. */
  'reanswers',
  /** More re-answers on the last day than elsewhere. */
  'late-reanswers',
  /** One sheet is more frequent than elsewhere, and than independent answers would make it. */
  'identical',
  /** Answers concentrated on fewer options than elsewhere. */
  'uniform',
  /** More answers in one hour than the stratum's share of that hour everywhere. */
  'burst',
  /** More answers within a day of a reminder than elsewhere. */
  'after-reminder',
  /** More sheets submitted faster than they can be read. */
  'fast',
  /** More reports of having been told what to answer. */
  'pressure',
  /** Fewer contacts on the roll than expected from the school register. */
  'thin-roll',
  /** More contacts on the roll than expected from the school register. */
  'padded-roll',
] as const;
export const flagKindSchema = z.enum(flagKinds);
export type FlagKind = (typeof flagKinds)[number];

export interface Flag {
  readonly kind: FlagKind;
  readonly reportingStratum: number;
  /** Lot that was open; null: all answers. */
  readonly lot: number | null;
  readonly observed: number;
  readonly n: number;
  /** For an honest stratum of that size; rounded to 3 decimals, so that it is the same in every program. */
  readonly expected: number;
}

/**
 * Kinds in which the answers themselves are suspect, so figures are also given without them. Flags about the roll concern who
 * could be drawn.
 */
export const answerFlags: ReadonlySet<FlagKind> = new Set(
  flagKinds.filter((kind) => kind !== 'thin-roll' && kind !== 'padded-roll'),
);

/** The order in which flags are stored and shown. */
export function compareFlags(a: Flag, b: Flag): number {
  return (
    a.reportingStratum - b.reportingStratum ||
    flagKinds.indexOf(a.kind) - flagKinds.indexOf(b.kind) ||
    (a.lot ?? 0) - (b.lot ?? 0)
  );
}

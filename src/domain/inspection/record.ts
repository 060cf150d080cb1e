/**
 * What is stored of an inspection: a few documents for each county, each a chain of versions that are never overwritten. Every
 * version is a leaf of the county's evidence log, so that the signed sheet can be told from a later one.
 */
import type { z } from 'zod';
import { AppError } from '../errors.ts';
import { canonicalJson } from '../hash.ts';
import type { Action } from '../campaign/permissions.ts';
import type { CampaignState } from '../campaign/life-cycle.ts';
import { lineSchema } from '../line.ts';
import type { CampaignId, CountyCode } from '../model/ids.ts';
import type { School } from '../model/school.ts';
import type { Stamp } from '../model/stamp.ts';
import type { Finding } from './findings.ts';
import type { GateState } from './gate-states.ts';
import type { InspectionRecord } from './record-names.ts';
import type { InspectionBodies } from './records.ts';
import type { RollDraw } from './roll-draw.ts';

export const reasonSchema = lineSchema(1, 500);

/** Facts on which a change is decided, read inside the storing transaction. */
export interface InspectionState {
  readonly campaign: { readonly id: string; readonly state: CampaignState };
  readonly county: CountyCode;
  readonly countyName: string;
  /** Root of the frozen roll; null: not frozen, and no log yet. */
  readonly root: Uint8Array | null;
  readonly schools: readonly School[];
  readonly latest: {
    readonly [K in InspectionRecord]?: { readonly version: number; readonly body: InspectionBodies[K] };
  };
  /** Hash of the sheet as computed for a conclusion; else null. */
  readonly gates: readonly { readonly id: string; readonly state: GateState }[] | null;
  /** People drawn from the frozen roll, if the change is such a draw. */
  readonly drawn?: RollDraw | null;
  /** A campaign created for this change. */
  readonly made?: { readonly campaign: CampaignId } | null;
  /** Problems as computed for a rectification list. */
  readonly findings?: readonly Finding[] | null;
  /** Versions of all records so far. */
  readonly count: number;
}

/** One document: its form, the changes allowed, by whom, and their result. */
export interface RecordRules<Body, Change extends { readonly do: string }> {
  readonly body: z.ZodType<Body>;
  readonly change: z.ZodType<Change>;
  readonly empty: Body;
  readonly actionOf: (change: Change) => Action;
  /** Whether a stated value changes into another one. */
  readonly needsReason: (change: Change, before: Body) => boolean;
  /** @throws AppError invalid, conflict */
  readonly apply: (before: Body, change: Change, state: InspectionState, stamp: Stamp) => Body;
}

/**
 * For a list that people extend without being on its newest version: an identical entry is a form that was sent twice.
 * @throws AppError conflict `inspection.entered`
 */
export function assertNew(entered: readonly object[], entry: object): void {
  const text = canonicalJson(entry);
  if (entered.some((one) => canonicalJson(one) === text))
    throw new AppError('conflict', 'inspection.entered');
}

import { AppError } from '../errors.ts';
import { canonicalJson } from '../hash.ts';
import type { Decision } from '../model/decision.ts';
import type { InspectionVersion } from '../model/inspection.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';
import { assertMay } from '../campaign/permissions.ts';
import type { InspectionRecord } from './record-names.ts';
import type { InspectionState } from './record.ts';
import { inspectionLeaf } from './leaf.ts';
import { issuesOf, rulesOf } from './records.ts';
import type { RollDraw } from './roll-draw.ts';

export interface InspectionCommand {
  readonly record: InspectionRecord;
  /** Parsed by `parseChange`. */
  readonly change: { readonly do: string };
  /** The version on which the change is based; null: any. */
  readonly version: number | null;
  readonly reason: string | null;
  /** What the change is based on, computed after this number of versions: the gates of a conclusion, the findings of a list. */
  readonly computed?:
    (Partial<Pick<InspectionState, 'gates' | 'findings'>> & { readonly count: number }) | undefined;
  /** For a draw from the roll: the people drawn from the frozen roll. */
  readonly drawn?: RollDraw | undefined;
  readonly made?: InspectionState['made'] | undefined;
}

/**
 * The next version of one document. Before the freeze there is no log: leaves of earlier versions follow the frame's leaf
 * (`inspectionLeaf`).
 * @throws AppError forbidden; conflict `inspection.voided`, `inspection.changed-meanwhile`, `inspection.same`,
 * `inspection.full`; invalid `inspection.reason`; errors of the document's rules
 */
export function decideInspection(
  state: Omit<InspectionState, 'gates' | 'drawn' | 'made'>,
  { record, change, version, reason, computed, drawn, made }: InspectionCommand,
  stamp: Stamp,
): Decision<InspectionVersion> {
  if (state.campaign.state === 'voided') throw new AppError('conflict', 'inspection.voided');
  const rules = rulesOf(record);
  assertMay(stamp.actor, rules.actionOf(change), state.county);
  const latest = state.latest[record];
  const before = latest?.body ?? rules.empty;
  if (version !== null && version !== (latest?.version ?? 0))
    throw new AppError('conflict', 'inspection.changed-meanwhile');
  if (computed !== undefined && computed.count !== state.count)
    throw new AppError('conflict', 'inspection.changed-meanwhile');
  const whole: InspectionState = {
    ...state,
    gates: computed?.gates ?? null,
    findings: computed?.findings ?? null,
    drawn: drawn ?? null,
    made: made ?? null,
  };
  const after = rules.apply(before, change, whole, stamp);
  const body = canonicalJson(after);
  if (body === canonicalJson(before)) throw new AppError('conflict', 'inspection.same');
  assertFits(record, before, JSON.parse(body));
  if (rules.needsReason(change, before) && reason === null)
    throw new AppError('invalid', 'inspection.reason', {
      issues: [{ path: 'reason', message: 'inspection.reason.needed' }],
    });
  const next: InspectionVersion = {
    no: state.count + 1,
    record,
    version: (latest?.version ?? 0) + 1,
    change: change.do,
    body,
    reason,
    ...stampOf(stamp),
  };
  const leaf = inspectionLeaf(state.county, next);
  const { no, content } = leaf.body;
  return {
    changes: next,
    leaves: state.root === null ? [] : [leaf],
    trail: [
      {
        action: 'inspection.change',
        county: state.county,
        details: { record, change: change.do, version: next.version, no, content, reason },
      },
    ],
  };
}

/**
 * Rejects what is beyond the limits of the document. One that an older version stored beyond them can be changed, but not made
 * longer.
 * @throws AppError conflict `inspection.full`; invalid `inspection.invalid`
 */
function assertFits(record: InspectionRecord, before: unknown, after: unknown): void {
  const { body } = rulesOf(record);
  const { error } = body.safeParse(after);
  if (error === undefined) return;
  for (const issue of error.issues)
    if (issue.code === 'too_big' && issue.origin === 'array')
      if (lengthAt(after, issue.path) > lengthAt(before, issue.path))
        throw new AppError('conflict', 'inspection.full', { params: { most: Number(issue.maximum) } });
  if (error.issues.length > (body.safeParse(before).error?.issues.length ?? 0))
    throw new AppError('invalid', 'inspection.invalid', { issues: issuesOf(error) });
}

function lengthAt(root: unknown, path: readonly PropertyKey[]): number {
  const list = path.reduce<unknown>(
    (at, name) => (at as Record<PropertyKey, unknown> | undefined)?.[name],
    root,
  );
  return Array.isArray(list) ? list.length : 0;
}

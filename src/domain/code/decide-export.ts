import type { CampaignState, FrameState } from '../campaign/life-cycle.ts';
import { AppError } from '../errors.ts';
import { assertConsents, type StudentsBody } from '../inspection/students.ts';
import type { SlipPlan } from '../model/campaign.ts';
import type { CodeExport } from '../model/code.ts';
import type { Decision } from '../model/decision.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';

/**
 * Codes may be prepared before the opening; nobody is reminded or replaced before there is something to answer.
 * @throws AppError conflict `codes.not-drawn`, `codes.not-open`
 */
export function assertExportable(
  state: CampaignState,
  frameState: FrameState,
  kind: CodeExport['kind'],
): void {
  if (frameState !== 'drawn') throw new AppError('conflict', 'codes.not-drawn');
  if (!isExportable(state, kind)) throw new AppError('conflict', 'codes.not-open', { params: { state } });
}

/** Of a county that is drawn. */
export function isExportable(state: CampaignState, kind: CodeExport['kind']): boolean {
  const early = kind === 'invitation' || kind === 'slips';
  return state === 'open' || (early && state === 'draft');
}

/**
 * Codes leave the service: who, which and how many is in the log before the file is handed out. The county is that of the export.
 * @throws AppError conflict `codes.not-drawn`, `codes.not-open`, `inspection.consent.missing`
 */
export function decideExport(
  state: {
    readonly campaignState: CampaignState;
    readonly frameState: FrameState;
    /** As the county's draft plans them. */
    readonly slips: readonly SlipPlan[];
    /** What guardians have consented to; undefined: nothing is recorded. */
    readonly students: StudentsBody | undefined;
  },
  made: Omit<CodeExport, 'by' | 'at'>,
  stamp: Stamp,
): Decision<{ readonly made: CodeExport; readonly isReminder: boolean }> {
  assertExportable(state.campaignState, state.frameState, made.kind);
  if (made.kind === 'slips' && made.groups.includes('student')) assertConsents(state.students, state.slips);
  const { id, campaign: _, county, ...details } = made;
  const { kind, format, groups, count, fileHash: file } = made;
  return {
    changes: {
      made: { ...made, by: stamp.actor.name, at: stamp.at },
      isReminder: kind === 'reminder',
    },
    leaves: [
      {
        county,
        type: 'export',
        body: { id, kind, format, groups: [...groups], count, file, ...stampOf(stamp) },
      },
    ],
    trail: [{ action: 'codes.export', county, details: { export: id, ...details } }],
  };
}

import type { CampaignState, FrameState } from '../campaign/life-cycle.ts';
import { AppError } from '../errors.ts';
import { assertConsents, type StudentsBody } from '../inspection/students.ts';
import type { SlipPlan } from '../model/campaign.ts';
import type { CodeExport } from '../model/code.ts';
import type { Decision } from '../model/decision.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';

/**
 * Codes may be prepared before the opening. Reminders and replacements need an open survey.
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

/** For a county that is drawn. */
export function isExportable(state: CampaignState, kind: CodeExport['kind']): boolean {
  const early = kind === 'invitation' || kind === 'slips';
  return state === 'open' || (early && state === 'draft');
}

/**
 * Codes leave the service: before the file is handed out, the log states who exports which codes, and how many. The county is
 * that of the export.
 * @throws AppError conflict `codes.not-drawn`, `codes.not-open`, `inspection.consent.missing`
 */
export function decideExport(
  state: {
    readonly campaignState: CampaignState;
    readonly frameState: FrameState;
    /** As planned in the county's draft. */
    readonly slips: readonly SlipPlan[];
    /** Number of guardians who consented; undefined: nothing is recorded. */
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

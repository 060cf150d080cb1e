/**
 * Files of a roll that wait for confirmation: received, refused, closed. Their import decides about their rows
 * (decide-import.ts).
 */
import type { CampaignState, FrameState } from '../campaign/life-cycle.ts';
import { AppError, type Issue } from '../errors.ts';
import type { Decision } from '../model/decision.ts';
import type { HandIn } from '../model/hand-in.ts';
import type { FileContent, RollFile, RollFileState } from '../model/roll-file.ts';
import type { Stamp } from '../model/stamp.ts';
import { assertRollOpen } from './decide-hand-in.ts';

/** How long a file waits; then its rows are erased. */
export const waitingDays = 7;
/** More than this is a mistake: the page is not a file store. */
export const waitingFiles = 500;

export interface FileState {
  readonly campaignState: CampaignState;
  readonly frameState: FrameState;
  readonly handIn: HandIn | null;
  /** Of the county. */
  readonly waiting: number;
}

/** @throws AppError conflict `frame.frozen`, `roll.handed-in`, `roll.files-many` */
export function assertTakesFile(
  { campaignState, frameState, handIn, waiting }: FileState,
  { actor }: Stamp,
): void {
  if (campaignState !== 'draft' || frameState !== 'preparing') throw new AppError('conflict', 'frame.frozen');
  // A school's link has no account: it is closed together with the roll.
  assertRollOpen(handIn, actor.role === 'system' ? { role: 'official' } : actor);
  if (waiting >= waitingFiles)
    throw new AppError('conflict', 'roll.files-many', { params: { files: waitingFiles } });
}

type Known = Pick<RollFile, 'id' | 'county' | 'state'>;

/**
 * reading → waiting, or refused if it could not be read.
 * @throws AppError conflict `roll-file.state`
 */
export function decideReceived(
  file: Known,
  hash: string,
  content: FileContent,
): Decision<{
  readonly state: 'waiting' | 'refused';
  readonly fileHash: string;
  readonly content: FileContent;
}> {
  assertState(file, ['reading']);
  const rows = content.sheets.reduce((n, s) => n + s.rows, 0);
  const isRefused = content.fault !== null;
  return {
    changes: { state: isRefused ? 'refused' : 'waiting', fileHash: hash, content },
    leaves: [],
    trail: [
      {
        action: isRefused ? 'roll-file.refuse' : 'roll-file.receive',
        county: file.county,
        details: {
          file: file.id,
          fileHash: hash,
          rows,
          ...(content.fault && { fault: content.fault.message }),
        },
      },
    ],
  };
}

/** For a file that could not be read at all. */
export function refusedContent(fault: Issue): FileContent {
  return { layouts: [], sheets: [], looksLike: [], notices: [], fault, leftOut: 0 };
}

/** @throws AppError conflict `roll-file.state` */
export function assertWaiting(file: Pick<RollFile, 'state'>): void {
  assertState(file, ['waiting']);
}

/**
 * Its rows are erased. null: it is closed already.
 * @param why for the trail; an applied file has its import's entry
 */
export function decideFileClosed(
  file: Known,
  why: 'applied' | 'discarded' | 'expired',
): Decision<{ readonly state: 'closed' } | null> {
  if (file.state === 'closed') return { changes: null, leaves: [], trail: [] };
  return {
    changes: { state: 'closed' },
    leaves: [],
    trail:
      why === 'applied'
        ? []
        : [
            {
              action: `roll-file.${why === 'expired' ? 'expire' : 'discard'}`,
              county: file.county,
              details: { file: file.id },
            },
          ],
  };
}

function assertState({ state }: Pick<RollFile, 'state'>, wanted: readonly RollFileState[]): void {
  if (!wanted.includes(state)) throw new AppError('conflict', 'roll-file.state', { params: { state } });
}

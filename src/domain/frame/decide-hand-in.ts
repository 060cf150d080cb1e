/** Submitting a county's roll: the official declares it complete; the commissioner reviews it and may return it. */
import type { Actor } from '../campaign/permissions.ts';
import type { CampaignState, FrameState } from '../campaign/life-cycle.ts';
import { AppError } from '../errors.ts';
import { isVisible } from '../line.ts';
import type { Decision } from '../model/decision.ts';
import type { HandIn, HandInStep } from '../model/hand-in.ts';
import type { CountyCode } from '../model/ids.ts';
import type { Stamp } from '../model/stamp.ts';
import { minimumReason, reasonOf } from './decide-withdrawal.ts';

export interface HandInState {
  readonly campaignState: CampaignState;
  readonly frameState: FrameState;
  readonly county: CountyCode;
  readonly last: HandIn | null;
  /** Unconfirmed files, and rolls that are staged or in progress. */
  readonly waiting: number;
  /** Contacts on the roll. */
  readonly size: number;
  /** What the roll still lacks: schools without a contact, and asked groups without any. */
  readonly missing: number;
}

export type HandInCommand =
  | { readonly step: 'handed-in'; readonly note: string }
  | { readonly step: 'taken-back' }
  | { readonly step: 'sent-back'; readonly note: string };

/**
 * @throws AppError conflict `frame.frozen`, `roll.handed-in-already`, `roll.not-handed-in`, `roll.files-waiting`, `frame.empty`; invalid `roll.missing-reason`,
 * `roll.reason`
 */
export function decideHandIn(
  state: HandInState,
  command: HandInCommand,
  { at, actor }: Stamp,
): Decision<HandIn> {
  if (state.campaignState !== 'draft' || state.frameState !== 'preparing')
    throw new AppError('conflict', 'frame.frozen');
  const isIn = state.last?.step === 'handed-in';
  if (command.step === 'handed-in' && isIn) throw new AppError('conflict', 'roll.handed-in-already');
  if (command.step !== 'handed-in' && !isIn) throw new AppError('conflict', 'roll.not-handed-in');
  const note = noteOf(state, command);
  return {
    changes: { step: command.step, note, by: actor.name, at },
    leaves: [],
    trail: [
      {
        action: actions[command.step],
        county: state.county,
        details: {
          ...(command.step === 'handed-in' && { size: state.size, missing: state.missing }),
          ...(note !== '' && { reason: note }),
        },
      },
    ],
  };
}

const actions: Readonly<Record<HandInStep, string>> = {
  'handed-in': 'roll.hand-in',
  'taken-back': 'roll.take-back',
  'sent-back': 'roll.send-back',
};

function noteOf({ waiting, size, missing }: HandInState, command: HandInCommand): string {
  switch (command.step) {
    case 'taken-back':
      return '';
    case 'sent-back':
      return reasonOf(command.note);
    case 'handed-in': {
      if (waiting > 0) throw new AppError('conflict', 'roll.files-waiting', { params: { files: waiting } });
      if (size === 0) throw new AppError('conflict', 'frame.empty');
      if (missing === 0) return command.note.trim();
      const note = command.note.trim();
      if (note.length >= minimumReason && isVisible(note)) return note;
      throw new AppError('invalid', 'roll.missing-reason', {
        params: { missing },
        issues: [{ path: 'note', message: 'roll.missing-reason', params: { missing } }],
      });
    }
  }
}

/**
 * After submission the county changes nothing until it withdraws the roll or gets it back.
 * @throws AppError conflict `roll.handed-in`
 */
export function assertRollOpen(last: Pick<HandIn, 'step'> | null, { role }: Pick<Actor, 'role'>): void {
  if (last?.step === 'handed-in' && role === 'official') throw new AppError('conflict', 'roll.handed-in');
}

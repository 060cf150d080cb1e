/** A county requests a reminder; the commissioner sends one to all strata, or gives a reason against it. */
import type { CampaignState } from '../campaign/life-cycle.ts';
import { AppError } from '../errors.ts';
import { minimumReason } from '../frame/decide-withdrawal.ts';
import { isVisible } from '../line.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import type { ReminderAnswer, ReminderRequest } from '../model/reminder-request.ts';
import type { Stamp } from '../model/stamp.ts';

export interface RequestState {
  readonly campaignState: CampaignState;
  readonly county: CountyCode;
  /** Newest first. */
  readonly known: readonly ReminderRequest[];
}

const maximumNote = 500;

function assertNote(note: string): string {
  const text = note.trim();
  if (text.length > maximumNote || (text !== '' && !isVisible(text)))
    throw new AppError('invalid', 'reminder.note', { params: { max: maximumNote } });
  return text;
}

/** @throws AppError conflict `codes.not-open`, `reminder.asked-already`; invalid `reminder.note` */
export function decideReminderRequest(
  { campaignState, county, known }: RequestState,
  note: string,
  { at, actor }: Stamp,
): Decision<Pick<ReminderRequest, 'no' | 'by' | 'at' | 'note'>> {
  if (campaignState !== 'open')
    throw new AppError('conflict', 'codes.not-open', { params: { state: campaignState } });
  if (known[0]?.answer === null) throw new AppError('conflict', 'reminder.asked-already');
  const text = assertNote(note);
  return {
    changes: { no: (known[0]?.no ?? 0) + 1, by: actor.name, at, note: text },
    leaves: [],
    trail: [{ action: 'reminder.request', county, details: text === '' ? {} : { note: text } }],
  };
}

/** @throws AppError conflict `reminder.not-asked`; invalid `reminder.note`, `roll.reason` of a refusal */
export function decideReminderAnswer(
  { county, known }: RequestState,
  answer: ReminderAnswer,
  note: string,
  { at, actor }: Stamp,
): Decision<Pick<ReminderRequest, 'no' | 'answer' | 'answerNote' | 'answeredBy' | 'answeredAt'>> {
  const open = known[0];
  if (open?.answer !== null || open === undefined) throw new AppError('conflict', 'reminder.not-asked');
  const text = assertNote(note);
  if (answer === 'declined' && text.length < minimumReason) throw new AppError('invalid', 'roll.reason');
  return {
    changes: { no: open.no, answer, answerNote: text, answeredBy: actor.name, answeredAt: at },
    leaves: [],
    trail: [
      {
        action: `reminder.${answer === 'sent' ? 'answer' : 'decline'}`,
        county,
        details: text === '' ? {} : { note: text },
      },
    ],
  };
}

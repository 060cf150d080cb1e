/** Handing in one answer sheet, whatever the road it came by. */
import type { TextAnswer } from '../domain/questionnaire/answers.ts';
import type { Intake } from '../intake/intake.ts';
import type { RecordResult, SentPressure } from '../storage/port.ts';
import type { Deps } from './deps.ts';
import type { AnswerPlace } from './open-campaigns.ts';

/** @throws AppError unavailable if the intake is full or closing */
export function submitAnswer(
  deps: Pick<Deps, 'randomBytes'> & { readonly intake: Intake },
  place: AnswerPlace,
  sheet: {
    readonly bytes: Uint8Array;
    readonly texts: readonly TextAnswer[];
    readonly pressure?: Omit<SentPressure, 'id'> | null;
  },
): Promise<RecordResult> {
  return deps.intake.submit({
    campaign: place.open.campaign.id,
    county: place.county.code,
    pseudonym: place.pseudonym,
    channel: place.channel,
    link: place.link,
    questionnaire: place.questionnaire.no,
    nonce: deps.randomBytes(16),
    answers: sheet.bytes,
    textId: place.textId,
    texts: sheet.texts.map(({ item, text }) => ({ item, body: text })),
    pressure: sheet.pressure ? { id: place.pressureId, ...sheet.pressure } : undefined,
  });
}

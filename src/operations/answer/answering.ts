/** Handing in one answer sheet, whatever the road it came by. */
import type { TextAnswer } from '../../domain/questionnaire/answers.ts';
import type { Intake } from '../../intake/intake.ts';
import type { RecordResult, SentPressure } from '../../domain/model/answer.ts';
import type { Deps } from '../deps.ts';
import type { AnswerPlace, OpenCampaign, OpenQuestionnaire } from './open-campaigns.ts';

/** @throws AppError unavailable if the intake is full or closing */
export function submitAnswer(
  deps: Pick<Deps, 'randomBytes'> & { readonly intake: Intake },
  place: AnswerPlace,
  sheet: {
    readonly bytes: Uint8Array;
    readonly texts: readonly TextAnswer[];
    readonly pressure?: Omit<SentPressure, 'id'> | null;
  },
  nonce = deps.randomBytes(16),
): Promise<RecordResult> {
  return deps.intake.submit({
    campaign: place.open.campaign.id,
    county: place.county.code,
    pseudonym: place.pseudonym,
    channel: place.channel,
    link: place.link,
    questionnaire: place.questionnaire.no,
    nonce,
    answers: sheet.bytes,
    textId: place.textId,
    texts: sheet.texts.map(({ item, text }) => ({ item, body: text })),
    pressure: sheet.pressure ? { id: place.pressureId, ...sheet.pressure } : undefined,
    fast: isFast(place.elapsed, place.questionnaire),
  });
}

/** Nobody reads an item in less. */
const leastPerItem = 1_000;

function isFast(elapsed: number | null | undefined, { document }: OpenQuestionnaire): boolean {
  return typeof elapsed === 'number' && elapsed < document.items.length * leastPerItem;
}

/**
 * Fast path of nearly every answer, where the code is looked up only once, in the transaction that stores the answer. It can be taken when one campaign is open
 * and the sheet fits one of its questionnaires, whole and without faults; undefined: it cannot, take the slow path. What is returned submits; the
 * storage refuses if the guess was wrong, and nothing has happened then.
 */
export function prepareByCode(
  deps: Pick<Deps, 'randomBytes'> & { readonly intake: Intake },
  open: OpenCampaign,
  code: string,
  sheet:
    | { readonly form: readonly (readonly [string, string])[] }
    | { readonly json: Readonly<Record<string, unknown>> },
  elapsed: (code: string) => number | null = () => null,
): (() => Promise<RecordResult>) | undefined {
  const questionnaire =
    'form' in sheet ? onlyFit(open, sheet.form, nameOf) : onlyFit(open, Object.keys(sheet.json), itself);
  if (!questionnaire) return undefined;
  const { parser } = questionnaire;
  const parsed = 'form' in sheet ? parser.parseForm(sheet.form) : parser.parseJson(sheet.json);
  if (!parsed.ok) return undefined;
  return () =>
    deps.intake.submit({
      campaign: open.campaign.id,
      county: null,
      pseudonym: open.pseudonymOf(code),
      channel: 'web',
      link: null,
      questionnaire: questionnaire.no,
      nonce: deps.randomBytes(16),
      answers: parsed.bytes,
      textId: open.textIdOf(code),
      texts: parsed.texts.map(({ item, text }) => ({ item, body: text })),
      pressure: undefined,
      fast: isFast(elapsed(code), questionnaire),
    });
}

const nameOf = (pair: readonly [string, string]) => pair[0];
const itself = (name: string) => name;

/** The one questionnaire that has all these items. */
function onlyFit<T>(
  open: OpenCampaign,
  fields: readonly T[],
  nameIn: (field: T) => string,
): OpenQuestionnaire | undefined {
  let fit: OpenQuestionnaire | undefined;
  for (const q of open.questionnaires.values()) {
    if (!fields.every((field) => q.parser.knows(nameIn(field)))) continue;
    if (fit) return undefined;
    fit = q;
  }
  return fit;
}

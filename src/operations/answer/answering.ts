/** Submits one answer sheet, from any source. */
import type { AnswerParser, TextAnswer } from '../../domain/questionnaire/answers.ts';
import type { Intake } from '../../intake/intake.ts';
import type { RecordResult, ResponseEntry, SentPressure } from '../../domain/model/answer.ts';
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

/** Nobody reads an item in less time. */
const leastPerItem = 1_000;

function isFast(elapsed: number | null | undefined, { document }: OpenQuestionnaire): boolean {
  return typeof elapsed === 'number' && elapsed < document.items.length * leastPerItem;
}

/**
 * Fast path of nearly every answer: the code is looked up only once, in the transaction that stores the answer. It applies if the
 * sheet fits one questionnaire of one of the campaigns, completely and without faults. Undefined: use the slow path. The returned
 * function submits the sheet for the campaigns that it fits, in order; the storage takes the one that knows the code, or none,
 * and then nothing is stored.
 */
export function prepareByCode(
  deps: Pick<Deps, 'randomBytes'> & { readonly intake: Intake },
  campaigns: readonly OpenCampaign[],
  code: string,
  sheet:
    | { readonly form: readonly (readonly [string, string])[] }
    | { readonly json: Readonly<Record<string, unknown>> },
  elapsed: (code: string) => number | null = () => null,
): (() => Promise<RecordResult>) | undefined {
  const names = 'form' in sheet ? sheet.form.map(nameOf) : Object.keys(sheet.json);
  // Campaigns with the same questionnaire share its parser.
  const read = new Map<AnswerParser, ReturnType<AnswerParser['parseForm']>>();
  const fits: { open: OpenCampaign; questionnaire: OpenQuestionnaire; parsed: ParsedSheet }[] = [];
  for (const open of campaigns) {
    const questionnaire = onlyFit(open, names);
    if (!questionnaire) continue;
    const { parser } = questionnaire;
    let parsed = read.get(parser);
    if (parsed === undefined) {
      parsed = 'form' in sheet ? parser.parseForm(sheet.form) : parser.parseJson(sheet.json);
      read.set(parser, parsed);
    }
    if (parsed.ok) fits.push({ open, questionnaire, parsed });
  }
  if (fits.length === 0) return undefined;
  return () => {
    const nonce = deps.randomBytes(16);
    const took = elapsed(code);
    const [first, ...otherwise] = fits.map(({ open, questionnaire, parsed }): ResponseEntry => ({
      campaign: open.campaign.id,
      county: null,
      pseudonym: open.pseudonymOf(code),
      channel: 'web',
      link: null,
      questionnaire: questionnaire.no,
      nonce,
      answers: parsed.bytes,
      textId: open.textIdOf(code),
      texts: parsed.texts.map(({ item, text }) => ({ item, body: text })),
      pressure: undefined,
      fast: isFast(took, questionnaire),
    }));
    return deps.intake.submit(otherwise.length === 0 ? first! : { ...first!, otherwise });
  };
}

type ParsedSheet = Extract<ReturnType<AnswerParser['parseForm']>, { ok: true }>;

const nameOf = (pair: readonly [string, string]) => pair[0];

/** The one questionnaire that has all these items. */
function onlyFit(open: OpenCampaign, names: readonly string[]): OpenQuestionnaire | undefined {
  let fit: OpenQuestionnaire | undefined;
  for (const q of open.questionnaires.values()) {
    if (!names.every((name) => q.parser.knows(name))) continue;
    if (fit) return undefined;
    fit = q;
  }
  return fit;
}

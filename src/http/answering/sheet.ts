/**
 * One answer sheet between a form and the storage, for every page that has one: which button was pressed, which parts of the form
 * are shown again, and whether it is stored. Buttons other than "send" store nothing.
 */
import { AppError, type Issue } from '../../domain/errors.ts';
import { readPressure } from '../../domain/answer/pressure.ts';
import type { Item, Questionnaire } from '../../domain/questionnaire/template.ts';
import type { Group, Language } from '../../domain/model/vocabulary.ts';
import type { Translate } from '../../texts/texts.ts';
import { submitAnswer } from '../../operations/answer/answering.ts';
import type { AnswerPlace, OpenQuestionnaire } from '../../operations/answer/open-campaigns.ts';
import type { RecordResult } from '../../domain/model/answer.ts';
import type { HttpDeps } from '../deps.ts';
import { answersPerHour, type TooOften } from '../plugins/code-limit.ts';
import { formPairs, type FormFields } from '../plugins/forms.ts';
import type { SentValues } from './items-view.ts';
import type { QuestionnaireData, QuestionnaireState } from './questionnaire-view.ts';

export interface Again {
  readonly status: 200 | 422 | 429 | 503;
  /** Seconds after which to retry. */
  readonly retryAfter?: number;
  readonly state: QuestionnaireState;
}
/** `nonce`: of the answer as it was passed to the storage. */
export type SheetOutcome =
  { readonly again: Again } | { readonly result: 'stored' | 'gone'; readonly nonce: Uint8Array };

type SheetDeps = Pick<HttpDeps, 'randomBytes' | 'intake'>;
/** `codeLimit.send` for the request's code. */
export type Send = (send: () => Promise<RecordResult>) => Promise<RecordResult | TooOften>;

type Show = (
  status: Again['status'],
  step: number | null,
  more?: Partial<Pick<QuestionnaireState, 'issues' | 'failure' | 'goOn'>>,
) => { readonly again: Again };

interface Read {
  readonly sheet: Parameters<typeof submitAnswer>[2];
  /** The same form again, filled in. */
  readonly show: Show;
  /** The page from which it was sent, with one question per page. */
  readonly at: number | null;
}

/** A complete sheet, or the next page. */
export function readSheet(
  { document: q, parser }: Pick<OpenQuestionnaire, 'document' | 'parser'>,
  fields: FormFields,
): Read | { readonly again: Again } {
  const values = sentValues(fields);
  const at = readStep(fields._at, q);
  const show: Show = (status, step, more = {}) => ({
    again: { status, state: { values: answersOf(values), step, issues: [], failure: null, ...more } },
  });

  if (['_lang', '_size', '_more'].some((name) => fields[name] !== undefined)) return show(200, at);
  if (fields['_on'] !== undefined) return show(200, at, { goOn: firstBlank(q, values) });
  switch (fields._step) {
    case undefined:
      break;
    case 'next': {
      const here = q.items[(at ?? 1) - 1]?.id;
      const parsed = parser.parseForm(formPairs(fields), { partial: false });
      const issues = parsed.ok ? [] : parsed.issues.filter((i) => i.path === here);
      if (issues.length > 0) return show(422, at, { issues });
      return show(200, neighbour(q, values, at ?? 0, 1));
    }
    case 'back':
      return show(200, neighbour(q, values, at ?? 1, -1));
    case 'one':
      return show(200, neighbour(q, values, 0, 1));
    default:
      return show(200, null);
  }

  const parsed = parser.parseForm(formPairs(fields));
  const pressure = readPressure(fields._pressure, fields['_pressure-text']);
  const issues = [...(parsed.ok ? [] : parsed.issues), ...(pressure.ok ? [] : pressure.issues)];
  if (!parsed.ok || !pressure.ok) return show(422, at === null ? null : stepOfFirst(q, issues), { issues });
  return { sheet: { ...parsed, pressure: pressure.report }, show, at };
}

export async function takeSheet(
  deps: SheetDeps,
  place: AnswerPlace,
  fields: FormFields,
  t: Translate,
  send: Send,
): Promise<SheetOutcome> {
  const read = readSheet(place.questionnaire, fields);
  if ('again' in read) return read;
  const { sheet, show, at } = read;
  const nonce = deps.randomBytes(16);
  const result = await send(() => submitAnswer(deps, place, sheet, nonce)).catch(busyAsFailed);
  if (typeof result === 'object') {
    const { seconds } = result;
    return { again: { ...show(429, at, { failure: tooOftenText(seconds, t) }).again, retryAfter: seconds } };
  }
  if (result === 'failed') {
    const busy = show(503, at, { failure: t('respondent.not-saved-text') });
    return { again: { ...busy.again, retryAfter: 5 } };
  }
  return { result: result === 'stored' ? 'stored' : 'gone', nonce };
}

export function tooOftenText(seconds: number, t: Translate): string {
  return t('respondent.too-often', { limit: answersPerHour, minutes: Math.ceil(seconds / 60) });
}

/** For senders that get no page with their answers. */
export function tooOftenError({ seconds }: TooOften): AppError {
  return new AppError('too-many', 'respondent.too-often.notice', {
    params: { limit: answersPerHour, minutes: Math.ceil(seconds / 60), seconds },
  });
}

export function busyAsFailed(error: unknown): 'failed' {
  if (error instanceof AppError && error.kind === 'unavailable') return 'failed';
  throw error;
}

/** The form's own fields are rendered anew for each page, except the report of pressure. */
function answersOf(values: SentValues): SentValues {
  return new Map([...values].filter(([name]) => !name.startsWith('_') || name.startsWith('_pressure')));
}

export function sentValues(fields: FormFields): SentValues {
  const values = new Map<string, string[]>();
  for (const [name, value] of formPairs(fields)) {
    const list = values.get(name);
    if (list) list.push(value);
    else values.set(name, [value]);
  }
  return values;
}

export function readStep(sent: unknown, q: Questionnaire): number | null {
  const step = typeof sent === 'string' && /^\d{1,3}$/.test(sent) ? Number(sent) : 0;
  return step >= 1 && step <= q.items.length + 1 ? step : null;
}

/** The next item that is asked after these answers; one more than the items: the end. */
function neighbour(q: Questionnaire, values: SentValues, from: number, way: 1 | -1): number {
  let step = from + way;
  for (; step >= 1 && step <= q.items.length; step += way) {
    const item = q.items[step - 1];
    if (item && isAsked(q, values, item)) return step;
  }
  return Math.min(Math.max(step, 1), q.items.length + 1);
}

/** The first item that is asked and has no answer; comments are optional. */
function firstBlank(q: Questionnaire, values: SentValues): string {
  const isBlank = ({ id }: Item) => (values.get(id) ?? []).every((value) => value.trim() === '');
  const blank = q.items.find((item) => item.type !== 'text' && isAsked(q, values, item) && isBlank(item));
  return blank?.id ?? 'send';
}

function isAsked(q: Questionnaire, values: SentValues, item: Item): boolean {
  const { showIf } = item;
  if (!showIf) return true;
  const parent = q.items.find((i) => i.id === showIf.item);
  return (
    parent !== undefined &&
    isAsked(q, values, parent) &&
    (values.get(parent.id) ?? []).some((v) => showIf.in.includes(v))
  );
}

function stepOfFirst(q: Questionnaire, issues: readonly Issue[]): number {
  const index = q.items.findIndex((item) => issues.some((i) => i.path === item.id));
  return index < 0 ? q.items.length + 1 : index + 1;
}

/** What the page says before the first question. */
export function questionnaireData(place: AnswerPlace, t: Translate): QuestionnaireData {
  const { campaign, minimumCell } = place.open;
  const { stratum } = place;
  const { drawn, replacement, other } = stratum.issued;
  const about = schoolLine(stratum, t);
  return {
    questionnaire: place.questionnaire.document,
    commissioner: campaign.commissioner,
    commissionerPhone: campaign.commissionerPhone,
    county: place.county.name,
    purpose: campaign.purpose,
    about,
    names: { county: place.county.name, school: about ?? anySchool(stratum.group, t) },
    reversed: place.reversed,
    known: knownOf(place),
    closesAt: campaign.closesAt,
    storageUntil: campaign.storageUntil,
    demo: campaign.demo,
    selfAdministered: campaign.selfAdministered,
    smallGroup: place.channel !== 'link' && drawn + replacement + other < 2 * minimumCell,
    openLink: place.channel === 'link',
  };
}

/** As precise as the stratum under which the answer is stored, and no more. */
function schoolLine(stratum: AnswerPlace['stratum'], t: Translate): string | null {
  switch (stratum.level) {
    case 'school':
      return stratum.name;
    case 'parent-school':
    case 'township':
      return t(`respondent.school.${stratum.level}`, { name: stratum.name });
    case 'location':
    case 'county':
      return null;
  }
}

/** For `{school}` if the stratum names none. */
function anySchool(group: Group, t: Translate): string {
  return t(`respondent.school.any.${group === 'teacher' || group === 'student' ? group : 'parent'}`);
}

function knownOf({ channel, county, stratum: { group, issued } }: AnswerPlace): QuestionnaireData['known'] {
  if (channel === 'link') return 'nobody';
  // A respondent with a slip is in no roll; if codes were drawn as well, parents and teachers may have come either way.
  const hasSlips = county.slips.some((slip) => slip.group === group);
  if (hasSlips && (group === 'public' || group === 'student' || issued.drawn === 0)) return 'nobody';
  if (group === 'parent' || group === 'student') return 'pupil';
  return group === 'teacher' || group === 'principal' ? 'school' : 'roll';
}

/** The requested language, if the questionnaire has it. */
export function languageOf(place: AnswerPlace, ...asked: readonly unknown[]): Language | undefined {
  const { languages } = place.questionnaire.document;
  return asked.find((a): a is Language => typeof a === 'string' && languages.includes(a));
}

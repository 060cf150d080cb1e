/**
 * The page on which a respondent answers. It contains nothing personal: it posts to its own address, and the same bytes serve
 * everyone of one county, school line, language and size. Without script every item is shown; a conditional one states when to
 * answer it. In its other form it asks one question per page; earlier answers then travel in hidden fields, and nothing is stored
 * before the last page is sent.
 */
import type { Issue } from '../../domain/errors.ts';
import { numberItems } from '../../domain/questionnaire/numbering.ts';
import type { Questionnaire } from '../../domain/questionnaire/template.ts';
import type { Purpose } from '../../domain/model/vocabulary.ts';
import type { Translate } from '../../texts/texts.ts';
import { attributes, html, type Content, type Html } from '../../html/html.ts';
import {
  faultSummary,
  itemHtml,
  pressureHtml,
  sayIn,
  type ItemsContext,
  type Names,
  type SentValues,
} from './items-view.ts';
import { languageName, layout, type PageContext } from '../../html/layout.ts';

export interface QuestionnaireData {
  readonly questionnaire: Questionnaire;
  readonly commissioner: string;
  readonly commissionerPhone: string;
  readonly county: string;
  readonly purpose: Purpose;
  /** The school or schools of the code, ready to be read; null: the county in general. */
  readonly about: string | null;
  readonly names: Names;
  readonly reversed: boolean;
  /** What the service stores about this respondent besides the answer: data of a roll, or nothing. */
  readonly known: 'pupil' | 'school' | 'roll' | 'nobody';
  readonly closesAt: number;
  readonly storageUntil: number;
  readonly demo: boolean;
  readonly selfAdministered: boolean;
  /** Few people are in this respondent's group. */
  readonly smallGroup: boolean;
  /** Reached by a shared link: not part of the sampled figure. */
  readonly openLink: boolean;
}

export interface QuestionnaireState {
  readonly values: SentValues;
  readonly issues: readonly Issue[];
  /** Another error, such as a full queue: one sentence. */
  readonly failure: string | null;
  /** One question per page: the item's number from 1; one more: the end. null: everything on one page. */
  readonly step: number | null;
  /** Where the reader continues: the id of an item, or `send`; null: at the top. */
  readonly goOn?: string | null;
}
export const untouched: QuestionnaireState = { values: new Map(), issues: [], failure: null, step: null };

/** A device that people share, one after the other (kiosk): nothing stays on it. */
export interface SharedDevice {
  /** Target of the form: an address must not contain a code. */
  readonly action: string;
  readonly code: string;
  /** Where it returns to, and after how many seconds. */
  readonly start: string;
  readonly seconds: number;
}

/** Minutes for this many items: seven to ten seconds each, plus the introduction. */
export function minutesFor(items: number): { readonly from: number; readonly to: number } {
  const from = Math.max(1, Math.round((items * 9) / 60));
  return { from, to: from + 1 };
}

export function formatDay(at: number, language: string): string {
  return new Intl.DateTimeFormat(language, { timeZone: 'Asia/Shanghai', dateStyle: 'long' }).format(at);
}

export function formatMoment(at: number, language: string): string {
  return new Intl.DateTimeFormat(language, {
    timeZone: 'Asia/Shanghai',
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at);
}

export function questionnairePage(
  context: PageContext,
  data: QuestionnaireData,
  state: QuestionnaireState = untouched,
  shared: SharedDevice | null = null,
  /** Hidden fields that the form's target needs besides the answers. */
  own: Readonly<Record<string, string>> = {},
): Html {
  const { t, language } = context;
  const q = data.questionnaire;
  const say = sayIn(q, language, data.names);
  const { step } = state;
  const end = q.items.length + 1;
  const numbering = numberItems(q);
  const selfAdministered = data.selfAdministered || context.selfAdministered;
  const items: ItemsContext = {
    t,
    language,
    questionnaire: q,
    names: data.names,
    reversed: data.reversed,
    values: state.values,
    issues: state.issues,
    goOn: state.goOn ?? null,
  };
  const atEnd = step === null || step >= end;
  const allOptional = q.items.every((i) => i.required !== true);
  const shown = step === null ? q.items : q.items.slice(step - 1, step);
  // The Enter key presses the first submit button: it must not be one at the top, nor send a sheet that is half blank.
  const onEnter = atEnd ? { name: '_on', value: '1' } : { name: '_step', value: 'next' };

  return layout(context, {
    title: say(q.title),
    kind: 'respondent',
    demo: data.demo,
    selfAdministered: data.selfAdministered,
    faulty: state.issues.length > 0 || state.failure !== null,
    script: true,
    shared: shared !== null,
    // With script the device waits as long as somebody uses it.
    head:
      shared &&
      html`<noscript
        ><meta http-equiv="refresh" content="${shared.seconds}; url=${shared.start}"
      /></noscript>`,
    body: html`<form
      method="post"
      accept-charset="utf-8"
      autocomplete="off"
      novalidate
      ${attributes({ action: shared?.action, ...texts(t), ...kioskMarks(shared, t), 'data-step': step !== null })}
    >
      <button class="default" tabindex="-1" aria-hidden="true" ${attributes(onEnter)}>
        ${t('respondent.next')}
      </button>
      <input type="hidden" name="_language" value="${language}" />${hiddenFields()}
      <p class="languages">${modes()}</p>
      <h1>${say(q.title)}</h1>
      ${faultSummary(items, state.failure)}${
        (step === null || step === 1) &&
        html`${aboutList(context, data)}${q.introduction && html`<p>${say(q.introduction)}</p>`}${
          allOptional && html`<p>${t('respondent.all-optional')}</p>`
        }`
      }${
        step !== null &&
        html`<p class="quiet">
          ${step < end ? t('respondent.step', { number: numberOf(step), total: numbering.total }) : t('respondent.step-end')}
        </p>`
      }${shown.map((item) => itemHtml(items, item))}${atEnd && pressureHtml(items, selfAdministered)}${step === null && kept()}
      <p class="send">
        ${
          step !== null &&
          step > 1 &&
          html`<button class="secondary" name="_step" value="back">${t('respondent.back')}</button>`
        }${
          atEnd
            ? html`<button class="main" id="send" ${attributes({ autofocus: state.goOn === 'send' })}>
                ${t('respondent.send')}
              </button>`
            : html`<button class="main" name="_step" value="next">${t('respondent.next')}</button>`
        }
      </p>
      ${
        // These pages answer a POST, so the browser's Back would ask to send the earlier form again.
        step !== null && step > 1 && html`<p class="quiet">${t('respondent.back.how')}</p>`
      }${step === 1 && kept()}${
        atEnd &&
        html`<p class="quiet">${t('respondent.change-later')}</p>
          ${
            shared === null &&
            html`<p class="quiet">
              <button class="secondary" name="_receipt" value="1">${t('respondent.receipt.ask')}</button>
              ${t('respondent.receipt.ask.about')}
            </p>`
          }`
      }
    </form>`,
  });

  /** Below the questions, so that the first of them is near the top; but before the button. */
  function kept(): Html {
    return html`<p class="quiet" id="kept">
      <b>${t('respondent.term', { term: t('respondent.what-is-stored') })}</b>${stored(data, language, t)}
    </p>`;
  }

  function numberOf(at: number): string {
    return numbering.of.get(q.items[at - 1]?.id ?? '') ?? '';
  }

  function modes(): Content {
    const button = (name: string, value: string, text: string, lang?: string) =>
      html`<button class="secondary" name="${name}" value="${value}" ${attributes({ lang })}>
        ${text}
      </button> `;
    return [
      shared && button('_more', '1', t('respondent.kiosk.more')),
      context.large
        ? button('_size', 'normal', t('respondent.size.normal'))
        : button('_size', 'large', t('respondent.size.large')),
      step === null
        ? button('_step', 'one', t('respondent.one-by-one'))
        : button('_step', 'all', t('respondent.all-at-once')),
      q.languages.filter((l) => l !== language).map((l) => button('_lang', l, languageName(l), l)),
    ];
  }

  function hiddenFields(): Content {
    const here = new Set(shown.map((i) => i.id));
    const hidden = (name: string, value: string) =>
      html`<input type="hidden" name="${name}" value="${value}" />`;
    return [
      Object.entries(own).map(([name, value]) => hidden(name, value)),
      shared && hidden('_code', shared.code),
      shared && context.large && hidden('_large', '1'),
      step !== null && hidden('_at', String(step)),
      step !== null &&
        [...state.values].map(([name, values]) =>
          here.has(name) || (atEnd && name.startsWith('_')) ? null : values.map((v) => hidden(name, v)),
        ),
    ];
  }
}

/** The script's texts, so that it needs no language of its own. */
function texts(t: Translate): Readonly<Record<string, string>> {
  const names = [
    'progress',
    'draft',
    'kept',
    'restored',
    'clear',
    'sending',
    'offline',
    'gave-up',
    'changed',
  ];
  return Object.fromEntries(names.map((name) => [`data-${name}`, t(`respondent.script.${name}`)]));
}

function kioskMarks(shared: SharedDevice | null, t: Translate): Readonly<Record<string, string | number>> {
  if (shared === null) return {};
  return {
    'data-start': shared.start,
    'data-seconds': shared.seconds,
    'data-idle': t('respondent.script.idle'),
  };
}

function aboutList(context: PageContext, data: QuestionnaireData): Html {
  const { t, language } = context;
  const row = (term: string, text: Content) =>
    html`<dt>${t('respondent.term', { term: t(term) })}</dt>
      <dd>${text}</dd>`;
  const phone = html`<a class="nowrap" href="tel:${data.commissionerPhone.replace(/[^0-9+]/g, '')}"
    >${data.commissionerPhone}</a
  >`;
  const { from, to } = minutesFor(numberItems(data.questionnaire).total);
  const self = data.selfAdministered || context.selfAdministered;
  return html`<dl class="about">
      ${row('respondent.who', html`${data.commissioner} ${phone}`)}${row(
        'respondent.what-for',
        t(`respondent.purpose.${data.purpose}`, { county: data.county }),
      )}${data.about !== null && row('respondent.which-school', data.about)}${row('respondent.how-long', [
        t('respondent.minutes', { from, to }),
        t('respondent.closes', { moment: formatMoment(data.closesAt, language) }),
      ])}${row('respondent.voluntary', t('respondent.voluntary.text'))}${row(
        'respondent.who-sees',
        seenBy(data, self, t),
      )}${row('respondent.what-is-stored', html`<a href="#kept">${t('respondent.see-below')}</a>`)}
    </dl>
    ${data.smallGroup && html`<p class="mark">${t('respondent.small-group')}</p>`}${
      data.openLink && html`<p class="mark">${t('respondent.open-link')}</p>`
    }`;
}

/** test/operations/promises.test.ts compares these with what roles can really see. */
function seenBy(data: QuestionnaireData, selfAdministered: boolean, t: Translate): Content {
  if (selfAdministered) return t('respondent.seen-by.self-administered');
  return [
    t('respondent.seen-by'),
    t(data.about === null ? 'respondent.seen-by.sheets' : 'respondent.seen-by.sheets-school'),
  ];
}

function stored(data: QuestionnaireData, language: string, t: Translate): Content {
  const day = formatDay(data.storageUntil, language);
  return [
    t(`respondent.stored.${data.known}`),
    t(data.openLink ? 'respondent.stored.by-address' : 'respondent.stored.by-code'),
    t(data.known === 'nobody' ? 'respondent.stored-until' : 'respondent.stored-until-phone', { day }),
  ];
}

/**
 * The page that a respondent answers on. Nothing personal is in it: it posts to its own address, and the same bytes serve everybody of one
 * county, school line and language. Without script every item shows; a conditional one says when it is meant.
 */
import type { Purpose } from '../../domain/vocabulary.ts';
import type { Item, LocalText, Questionnaire } from '../../domain/questionnaire/template.ts';
import type { Issue } from '../../domain/errors.ts';
import { attributes, html, type Content, type Html } from './html.ts';
import { languageName, layout, type PageContext } from './layout.ts';

export interface QuestionnaireData {
  readonly questionnaire: Questionnaire;
  readonly commissioner: string;
  readonly commissionerPhone: string;
  readonly county: string;
  readonly purpose: Purpose;
  /** Which school or schools the code is about, ready to be read; null: the county's in general. */
  readonly about: string | null;
  readonly closesAt: number;
  readonly storageUntil: number;
  readonly demo: boolean;
  readonly selfAdministered: boolean;
  /** Few people share this respondent's group. */
  readonly smallGroup: boolean;
  /** Reached by a shared link: no part of the sampled figure. */
  readonly openLink: boolean;
}

/** What was sent before: by item id, as often as it came. */
export type SentValues = ReadonlyMap<string, readonly string[]>;

export interface QuestionnaireState {
  readonly values: SentValues;
  readonly issues: readonly Issue[];
  /** Something else went wrong, such as a full queue: one sentence. */
  readonly failure: string | null;
}
export const untouched: QuestionnaireState = { values: new Map(), issues: [], failure: null };

/** Minutes for so many items: seven to ten seconds each, and the reading before it. */
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
): Html {
  const { t, language } = context;
  const q = data.questionnaire;
  const say = (text: LocalText) => text[language] ?? text[q.languages[0] ?? ''] ?? '';
  const others = q.languages.filter((l) => l !== language);
  const faulty = state.issues.length > 0 || state.failure !== null;
  const allOptional = q.items.every((i) => i.required !== true);
  const someOptional = q.items.some((i) => i.required !== true && i.type !== 'text') && !allOptional;

  return layout(context, {
    title: say(q.title),
    kind: 'respondent',
    demo: data.demo,
    selfAdministered: data.selfAdministered,
    faulty,
    body: html`<form method="post" accept-charset="utf-8" novalidate>
      ${
        others.length > 0 &&
        // The first submit button is the one that the Enter key presses: it must not be a language.
        html`<button class="default" tabindex="-1" aria-hidden="true">${t('respondent.send')}</button>
          <p class="languages">
            ${others.map(
              (l) =>
                html`<button class="secondary" name="_lang" value="${l}" lang="${l}">
                  ${languageName(l)}
                </button>`,
            )}
          </p>`
      }<input type="hidden" name="_language" value="${language}" />
      <h1>${say(q.title)}</h1>
      ${
        faulty && summary(context, q, state)
      }${aboutList(context, data)}${q.introduction && html`<p>${say(q.introduction)}</p>`}${
        allOptional && html`<p>${t('respondent.all-optional')}</p>`
      }${q.items.map((item, i) => itemHtml(item, i + 1))}
      <p><button class="main">${t('respondent.send')}</button></p>
      <p class="quiet">${t('respondent.change-later')}</p>
    </form>`,
  });

  function itemHtml(item: Item, number: number): Html {
    const faults = state.issues.filter((i) => i.path === item.id);
    const errorId = `e-${item.id}`;
    const hintId = `h-${item.id}`;
    const values = state.values.get(item.id) ?? [];
    const wrong = faults.length > 0;
    const error =
      wrong &&
      html`<p class="error" id="${errorId}">${faults.map((f) => html`${t(f.message, f.params)} `)}</p>`;
    const only = item.showIf && conditionText(item.showIf);
    const optional = someOptional && item.required !== true && item.type !== 'text';
    const heading = html`${number}.
    ${say(item.text)}${
      optional && html` <span class="only">${t('respondent.optional')}</span>`
    }${only !== undefined && html` <span class="only">${only}</span>`}`;
    const className = wrong ? 'item wrong' : 'item';

    if (item.type === 'number' || item.type === 'text') {
      const hint =
        item.type === 'text'
          ? [item.hint && say(item.hint), t('respondent.text-limit', { max: item.maxLength })]
              .filter((x) => x)
              .join(' ')
          : t('respondent.number-range', {
              min: item.min,
              max: item.max,
              unit: item.unit ? say(item.unit) : '',
            });
      const field = attributes({
        name: item.id,
        id: `f-${item.id}`,
        'aria-describedby': wrong ? `${hintId} ${errorId}` : hintId,
        'aria-invalid': wrong ? 'true' : null,
      });
      const value = values[0] ?? '';
      return html`<div class="${className}" id="i-${item.id}">
        <label class="question" for="f-${item.id}">${heading}</label>${error}
        <p class="hint" id="${hintId}">${hint}</p>
        ${
          // The parser drops a newline right after the tag.
          item.type === 'text'
            ? html`<textarea${field} rows="4" autocomplete="off">${'\n'}${value}</textarea>`
            : html`<input type="text" inputmode="numeric" autocomplete="off" value="${value}" ${field} />`
        }
      </div>`;
    }

    const options = item.type === 'rating' ? (q.scales[item.scale]?.options ?? []) : item.options;
    const type = item.type === 'multiple' ? 'checkbox' : 'radio';
    const range =
      item.type === 'multiple' && (item.min !== undefined || item.max !== undefined)
        ? t('respondent.choose-range', { min: item.min ?? 1, max: item.max ?? options.length })
        : item.type === 'multiple'
          ? t('respondent.choose-several')
          : null;
    return html`<fieldset
      class="${className}"
      id="i-${item.id}"
      ${attributes({
        tabindex: wrong ? '-1' : null,
        'aria-describedby': wrong ? errorId : null,
      })}
    >
      <legend>${heading}</legend>
      ${error}${range !== null && html`<p class="hint">${range}</p>`}${options.map(
        (o) =>
          html`<label class="option"
            ><input
              type="${type}"
              name="${item.id}"
              value="${o.id}"
              ${attributes({
                checked: values.includes(o.id),
              })}
            />${say(o.text)}</label
          >`,
      )}
    </fieldset>`;
  }

  function conditionText(showIf: NonNullable<Item['showIf']>): string {
    const index = q.items.findIndex((i) => i.id === showIf.item);
    const parent = q.items[index];
    const options =
      parent?.type === 'rating'
        ? (q.scales[parent.scale]?.options ?? [])
        : parent?.type === 'single' || parent?.type === 'multiple'
          ? parent.options
          : [];
    const names = showIf.in.map((id) => options.find((o) => o.id === id)).map((o) => (o ? say(o.text) : ''));
    return t('respondent.only-if', {
      number: index + 1,
      options: names.map((n) => t('respondent.quote', { text: n })).join(t('respondent.or')),
    });
  }
}

function summary(context: PageContext, q: Questionnaire, state: QuestionnaireState): Html {
  const { t } = context;
  const known = new Map(q.items.map((item, i) => [item.id, { item, number: i + 1 }]));
  const lines: Content[] = state.issues.map((issue) => {
    const text = t(issue.message, issue.params);
    const at = known.get(issue.path);
    if (!at) return html`<li>${text}</li>`;
    const target = at.item.type === 'text' || at.item.type === 'number' ? 'f' : 'i';
    return html`<li>
      <a href="#${target}-${issue.path}"
        >${t('respondent.fault-at', {
          number: at.number,
          text,
        })}</a
      >
    </li>`;
  });
  return html`<div class="errors" role="alert" tabindex="-1" autofocus>
    <h2>${t(state.failure === null ? 'respondent.faults' : 'respondent.not-saved')}</h2>
    ${state.failure !== null && html`<p>${state.failure}</p>`}${
      lines.length > 0 &&
      html`<ul>
        ${lines}
      </ul>`
    }
  </div>`;
}

function aboutList(context: PageContext, data: QuestionnaireData): Html {
  const { t, language } = context;
  const row = (term: string, text: Content) =>
    html`<dt>${t('respondent.term', { term: t(term) })}</dt>
      <dd>${text}</dd>`;
  const phone = html`<a class="nowrap" href="tel:${data.commissionerPhone.replace(/[^0-9+]/g, '')}"
    >${data.commissionerPhone}</a
  >`;
  const { from, to } = minutesFor(data.questionnaire.items.length);
  return html`<dl class="about">
      ${row('respondent.who', html`${data.commissioner} ${phone}`)}${row(
        'respondent.what-for',
        t(`respondent.purpose.${data.purpose}`, { county: data.county }),
      )}${data.about !== null && row('respondent.which-school', data.about)}${row(
        'respondent.how-long',
        t('respondent.minutes', { from, to }),
      )}${row('respondent.until', formatMoment(data.closesAt, language))}${row('respondent.what-is-stored', [
        t('respondent.stored'),
        t('respondent.stored-until', { day: formatDay(data.storageUntil, language) }),
      ])}
    </dl>
    ${data.smallGroup && html`<p class="mark">${t('respondent.small-group')}</p>`}${
      data.openLink && html`<p class="mark">${t('respondent.open-link')}</p>`
    }`;
}

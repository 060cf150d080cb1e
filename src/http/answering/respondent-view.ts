/** The pages around the questionnaire: entering the code, thanks, the code that does not work, and "is this message genuine?". */
import { html, type Content, type Html } from '../../html/html.ts';
import { languageName, layout, type PageContext } from '../../html/layout.ts';
import type { Translate } from '../../texts/texts.ts';

/** Buttons for the other languages and, if the browser may remember it, for the other text size. */
export function languageLinks(
  languages: readonly string[],
  context: PageContext,
  path: string,
  withSize = true,
): Content {
  const { t, language, large } = context;
  const link = (query: string, text: string, lang: string) =>
    html`<a class="button secondary" href="${path}?${query}" lang="${lang}">${text}</a> `;
  return html`<p class="languages">
    ${
      withSize &&
      link(
        `lang=${language}&size=${large ? 'normal' : 'large'}`,
        t(large ? 'respondent.size.normal' : 'respondent.size.large'),
        language,
      )
    }${languages.filter((l) => l !== language).map((l) => link(`lang=${l}`, languageName(l), l))}
  </p>`;
}

export function codeForm(context: PageContext, typed: string, fault: string | null, action = '/'): Html {
  const { t, language } = context;
  return html`<form
    method="post"
    action="${action}?lang=${language}"
    accept-charset="utf-8"
    autocomplete="off"
    novalidate
  >
    <div class="${fault === null ? 'item' : 'item wrong'}">
      <label class="question" for="code">${t('respondent.code.label')}</label
      >${fault !== null && html`<p class="error" id="code-error">${fault}</p>`}
      <p class="hint" id="code-hint">${t('respondent.code.hint')}</p>
      <input
        class="code"
        type="text"
        id="code"
        name="code"
        value="${typed}"
        maxlength="400"
        autocomplete="off"
        autocapitalize="characters"
        autocorrect="off"
        spellcheck="false"
        aria-describedby="${fault === null ? 'code-hint' : 'code-error code-hint'}"
      />
    </div>
    <p><button class="main">${t('respondent.code.send')}</button></p>
  </form>`;
}

export function askCodePage(
  context: PageContext,
  languages: readonly string[],
  typed = '',
  fault: string | null = null,
): Html {
  const { t } = context;
  return layout(context, {
    title: t('respondent.ask.title'),
    kind: 'respondent',
    faulty: fault !== null,
    body: html`${languageLinks(languages, context, '/')}
      <h1>${t('respondent.ask.title')}</h1>
      <p>${t('respondent.ask.text')}</p>
      ${codeForm(context, typed, fault)}
      <p class="quiet">${t('respondent.ask.no-code')}</p>`,
  });
}

/** One page for every reason: unknown, closed, voided. */
export function unknownCodePage(context: PageContext): Html {
  const { t } = context;
  return layout(context, {
    title: t('respondent.unknown.title'),
    kind: 'respondent',
    body: html`<h1>${t('respondent.unknown.title')}</h1>
      <p>${t('respondent.unknown.text')}</p>
      <ul>
        <li>${t('respondent.unknown.check')}</li>
        <li>${t('respondent.unknown.over')}</li>
        <li>${t('respondent.unknown.ask')}</li>
      </ul>
      ${codeForm(context, '', null)}`,
  });
}

export interface Held {
  readonly seconds: number;
  readonly time: string;
  /** Where the request was going. */
  readonly address: string;
  /** What was sent with it; null: a page was requested. */
  readonly fields: readonly (readonly [string, string])[] | null;
}

/** Shown instead of every page of a code that was not looked up: it does not depend on whether the code exists. */
export function heldPage(context: PageContext, held: Held): Html {
  const { t } = context;
  const { seconds, time } = held;
  return layout(context, {
    title: t('respondent.held.title'),
    kind: 'respondent',
    body: html`<h1>${t('respondent.held.title')}</h1>
      <p>${t('respondent.held.text')}</p>
      <p><strong>${t('respondent.held.when', { seconds, time })}</strong></p>
      <p>${t('respondent.held.other')}</p>
      ${
        held.fields === null
          ? html`<p><a class="button" href="${held.address}">${t('respondent.held.again')}</a></p>`
          : html`<p>${t('respondent.held.kept')}</p>
              <form method="post" action="${held.address}" accept-charset="utf-8" autocomplete="off">
                ${held.fields.map(
                  ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
                )}<button>${t('respondent.held.again')}</button>
              </form>`
      }`,
  });
}

/** For everyone alike, whether they have just answered, answered before, or only opened this address. */
export function thanksPage(
  context: PageContext,
  languages: readonly string[],
  /** A receipt was requested and could not be made. */
  noReceipt = false,
): Html {
  const { t } = context;
  return layout(context, {
    title: t('respondent.thanks.title'),
    kind: 'respondent',
    body: html`${languageLinks(languages, context, '/done')}
      <h1>${t('respondent.thanks.title')}</h1>
      ${noReceipt && html`<p><strong>${t('respondent.thanks.no-receipt')}</strong></p>`}${thanks(t)}`,
  });
}

function thanks(t: Translate): Content {
  return ['change', 'private', 'no-proof', 'close'].map(
    (line) => html`<p>${t(`respondent.thanks.${line}`)}</p> `,
  );
}

/** The end of a preview: what a respondent would read now, and that nothing was stored. */
export function previewEndPage(context: PageContext, again: string): Html {
  const { t } = context;
  return layout(context, {
    title: t('respondent.thanks.title'),
    kind: 'respondent',
    body: html`<p class="mark">${t('staff.template.preview.end')}</p>
      <p><a class="button secondary" href="${again}">${t('staff.template.preview.again')}</a></p>
      <h1>${t('respondent.thanks.title')}</h1>
      ${thanks(t)}`,
  });
}

export interface GenuineData {
  /** Host of this service as people see it. */
  readonly host: string;
  readonly organisers: readonly { readonly name: string; readonly phone: string }[];
  /** A county that runs its own survey is the one to call. */
  readonly selfAdministered: boolean;
}

export function genuinePage(context: PageContext, languages: readonly string[], data: GenuineData): Html {
  const { t } = context;
  const list = (...keys: readonly string[]) =>
    html`<ul>
      ${keys.map((key) => html`<li>${t(key, { host: data.host })}</li>`)}
    </ul>`;
  return layout(context, {
    title: t('respondent.genuine.title'),
    kind: 'respondent',
    body: html`${languageLinks(languages, context, '/genuine')}
      <h1>${t('respondent.genuine.title')}</h1>
      <p>${t('respondent.genuine.text')}</p>
      <h2>${t('respondent.genuine.look')}</h2>
      ${list('respondent.genuine.sender', 'respondent.genuine.address', 'respondent.genuine.code', 'respondent.genuine.no-shortener')}
      <h2>${t('respondent.genuine.never')}</h2>
      ${list(
        'respondent.genuine.never-id',
        'respondent.genuine.never-bank',
        'respondent.genuine.never-install',
        'respondent.genuine.never-name',
      )}
      <h2>${t('respondent.genuine.call')}</h2>
      <p>${t('respondent.genuine.call-text')}</p>
      ${
        data.organisers.length > 0 &&
        html`<ul>
          ${data.organisers.map(
            (o) =>
              html`<li>
                ${t('respondent.genuine.organiser', { name: o.name })}<a
                  class="nowrap"
                  href="tel:${o.phone.replace(/[^0-9+]/g, '')}"
                  >${o.phone}</a
                >
              </li>`,
          )}
        </ul>`
      }
      <p>
        ${t(
          data.selfAdministered || context.selfAdministered
            ? 'respondent.genuine.self-administered'
            : 'respondent.genuine.not-county',
        )}
      </p>
      <p>${t('respondent.genuine.doubt')}</p>`,
  });
}

/** The layout of every page. Views are pure functions of data; what they need from the running service is in `PageContext`. */
import { messageKeys, translator, type Translate } from '../texts/texts.ts';
import type { Language } from '../domain/model/vocabulary.ts';
import { html, type Content, type Html } from './html.ts';

export interface PageContext {
  readonly language: Language;
  readonly t: Translate;
  /** Large letters. */
  readonly large: boolean;
  /** The respondents' style sheet, to be inlined. */
  readonly style: Html;
  /** Address of the respondents' script, with its content hash. */
  readonly script: string;
  /** Address of the same style sheet, for staff pages. */
  readonly stylesheet: string;
  /** 备案号, shown at the foot of every page if there is one. */
  readonly icpNumber: string | null;
  /** The whole deployment is fictional, or hosted by the judged county: every page is marked. */
  readonly demo: boolean;
  readonly selfAdministered: boolean;
}

export interface PageParts {
  readonly title: string;
  readonly body: Content;
  /** Width and header: a respondent's single column, or the wide staff pages. */
  readonly kind: 'respondent' | 'staff';
  /** Fictional data: marked at the top. */
  readonly demo?: boolean;
  /** Hosted by the judged county itself: marked at the top. */
  readonly selfAdministered?: boolean;
  /** Navigation of staff pages, or language buttons. */
  readonly header?: Content;
  /** The page works better with the respondents' script. */
  readonly script?: boolean;
  /** More of the head. */
  readonly head?: Content;
  /** A page that many people share, one after the other: no link leads away from it. */
  readonly shared?: boolean;
  /** A second style sheet, after the common one. */
  readonly stylesheet?: string | undefined;
  /** Where the skip link leads; else to the beginning of the main part. */
  readonly skipTo?: string;
  /** Prefix of the window title if the page reports faults. */
  readonly faulty?: boolean;
}

const rightToLeft = new Set(['ar', 'fa', 'he', 'ks', 'ps', 'sd', 'ug', 'ur', 'yi']);

export function directionOf(language: Language): 'ltr' | 'rtl' {
  const [base = '', ...rest] = language.split('-');
  if (rest.includes('Arab')) return 'rtl';
  return rightToLeft.has(base) && !rest.includes('Latn') && !rest.includes('Cyrl') ? 'rtl' : 'ltr';
}

/**
 * The language's name in itself, for a button that switches to it: from its message folder or, for further languages of a
 * questionnaire, from here.
 */
export function languageName(language: Language): string {
  if (messageKeys(language).includes('language.name')) return translator(language)('language.name');
  const own: Readonly<Record<string, string>> = {
    bo: 'བོད་ཡིག',
    ug: 'ئۇيغۇرچە',
    mn: 'ᠮᠣᠩᠭᠣᠯ',
    ii: 'ꆈꌠꉙ',
    za: 'Vahcuengh',
    kk: 'قازاقشا',
    ko: '조선말',
  };
  return own[language] ?? language;
}

export function layout(context: PageContext, parts: PageParts): Html {
  const { t, language } = context;
  return html`<!doctype html>
    <html lang="${language}" dir="${directionOf(language)}" ${context.large && html` class="large"`}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="format-detection" content="telephone=no" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        <title>${parts.faulty && t('http.title.faulty')}${parts.title}</title>
        <link rel="icon" href="data:," />
        ${parts.kind === 'respondent' ? context.style : html`<link rel="stylesheet" href="${context.stylesheet}" />`}${
          parts.stylesheet !== undefined && html`<link rel="stylesheet" href="${parts.stylesheet}" />`
        }${parts.head}${parts.script && html`<script src="${context.script}" defer></script>`}
      </head>
      <body class="${parts.kind}">
        <header>
          <a class="skip" href="#${parts.skipTo ?? 'main'}">${t('http.skip')}</a
          >${marks(context, parts)}${parts.header}
        </header>
        <main id="main">${parts.body}</main>
        <footer>
          ${parts.kind === 'respondent' && !parts.shared && html`<p><a href="/genuine">${t('http.footer.genuine')}</a></p>`}
          <p>
            ${t('http.footer.name')}${
              context.icpNumber !== null && html` · ${icp(context.icpNumber, parts.shared === true)}`
            }
          </p>
        </footer>
      </body>
    </html>`;
}

/** The number must link to the ministry's register, where anyone can look it up. */
function icp(number: string, shared: boolean): Html {
  return shared
    ? html`<span class="icp">${number}</span>`
    : html`<a class="icp" href="https://beian.miit.gov.cn/" rel="noopener noreferrer">${number}</a>`;
}

function marks(context: PageContext, parts: PageParts): Html | false {
  const { t } = context;
  const demo = context.demo || parts.demo === true;
  const self = context.selfAdministered || parts.selfAdministered === true;
  return (
    (demo || self) &&
    html`${demo && html`<p class="mark demo">${t('http.mark.demo')}</p>`}${
      self && html`<p class="mark self">${t('http.mark.self-administered')}</p>`
    }`
  );
}

/** The frame of every page. Views are pure functions of data; what they need from the running service is in `PageContext`. */
import type { Translate } from '../../messages/messages.ts';
import type { Language } from '../../domain/vocabulary.ts';
import { html, type Content, type Html } from './html.ts';

export interface PageContext {
  readonly language: Language;
  readonly t: Translate;
  /** Address of the style sheet, with its content hash. */
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
  /** Which width and header: a respondent's single column, or the staff's wide pages. */
  readonly kind: 'respondent' | 'staff';
  /** Fictional data: marked at the top. */
  readonly demo?: boolean;
  /** Hosted by the judged county itself: marked at the top. */
  readonly selfAdministered?: boolean;
  /** Navigation of staff pages, or language buttons. */
  readonly header?: Content;
  /** A second style sheet, after the common one. */
  readonly stylesheet?: string | undefined;
  /** Put before the title of the window when the page reports faults. */
  readonly faulty?: boolean;
}

const rightToLeft = new Set(['ar', 'fa', 'he', 'ks', 'ps', 'sd', 'ug', 'ur', 'yi']);

export function directionOf(language: Language): 'ltr' | 'rtl' {
  const [base = '', ...rest] = language.split('-');
  if (rest.includes('Arab')) return 'rtl';
  return rightToLeft.has(base) && !rest.includes('Latn') && !rest.includes('Cyrl') ? 'rtl' : 'ltr';
}

/** The language's name in itself, for a button that switches to it. */
export function languageName(language: Language): string {
  const own: Readonly<Record<string, string>> = {
    'zh-CN': '中文',
    en: 'English',
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
    <html lang="${language}" dir="${directionOf(language)}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="format-detection" content="telephone=no" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        <title>${parts.faulty && t('http.title.faulty')}${parts.title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${context.stylesheet}" />
        ${parts.stylesheet !== undefined && html`<link rel="stylesheet" href="${parts.stylesheet}" />`}
      </head>
      <body class="${parts.kind}">
        <a class="skip" href="#main">${t('http.skip')}</a>${
          (context.demo || parts.demo) && html`<p class="mark demo">${t('http.mark.demo')}</p>`
        }${
          (context.selfAdministered || parts.selfAdministered) &&
          html`<p class="mark self">${t('http.mark.self-administered')}</p>`
        }${parts.header !== undefined && html`<header>${parts.header}</header>`}
        <main id="main">${parts.body}</main>
        <footer>
          ${parts.kind === 'respondent' && html`<p><a href="/genuine">${t('http.footer.genuine')}</a></p>`}
          <p>
            ${t('http.footer.name')}${
              context.icpNumber !== null && html` · <span class="icp">${context.icpNumber}</span>`
            }
          </p>
        </footer>
      </body>
    </html>`;
}

/** Pages of a county's result without a server: what a reader sees of a summary. */
import { reportDraft } from '../../src/export/report/draft.ts';
import { html, toMarkup } from '../../src/html/html.ts';
import type { StaffContext } from '../../src/http/staff/page-view.ts';
import { comparePage } from '../../src/http/staff/summary/compare-view.ts';
import { resultTabs, type Report, type ResultTab } from '../../src/http/staff/summary/result-frame-view.ts';
import { summaryPage } from '../../src/http/staff/summary/view.ts';
import type { Language } from '../../src/domain/model/vocabulary.ts';
import type { Summary } from '../../src/domain/scoring/summary/summary.ts';
import { translator } from '../../src/texts/texts.ts';
import { framed } from './framed.ts';

export function staffContext(language: Language, here = '/'): StaffContext {
  return {
    page: {
      language,
      t: translator(language),
      large: false,
      style: html``,
      script: '',
      stylesheet: '',
      icpNumber: null,
      demo: false,
      selfAdministered: false,
    },
    stylesheet: '',
    user: null,
    may: () => true,
    csrf: '',
    here,
    languages: ['zh-CN', 'en'],
  };
}

/** One tab, as it is sent. */
export function resultPage(s: Report, tab: ResultTab, c: StaffContext): string {
  const draft = reportDraft(s, c.page.language);
  return toMarkup(summaryPage(c, { ...framed(s), summary: s, tab, draft, strata: [] }));
}

/** Every tab of a county's result, one after the other. */
export function resultPages(s: Report, language: Language): string {
  const c = staffContext(language);
  return (['overview', ...resultTabs] as const).map((tab) => resultPage(s, tab, c)).join('\n');
}

export function comparedPage(list: readonly Summary[], c: StaffContext): string {
  return toMarkup(
    comparePage(c, {
      campaign: framed(list[0]!).campaign,
      counties: list.map((summary) => ({ summary, before: null })),
      earlier: null,
      choices: [],
      cities: new Map(),
      left: 0,
      files: '',
    }),
  );
}

/** The pages of a shared device around the questionnaire: no link leads away from them. */
import { html, type Html } from '../../html/html.ts';
import { layout, type PageContext } from '../../html/layout.ts';
import { codeForm, languageLinks } from './respondent-view.ts';

export function kioskPage(
  context: PageContext,
  languages: readonly string[],
  typed = '',
  fault: string | null = null,
): Html {
  const { t } = context;
  return layout(context, {
    title: t('respondent.kiosk.title'),
    kind: 'respondent',
    shared: true,
    faulty: fault !== null,
    body: html`${languageLinks(languages, context, '/kiosk', false)}
      <h1>${t('respondent.kiosk.title')}</h1>
      <p>${t('respondent.kiosk.text')}</p>
      ${codeForm(context, typed, fault, '/kiosk')}`,
  });
}

export function kioskThanksPage(
  context: PageContext,
  back: { readonly start: string; readonly seconds: number },
): Html {
  const { t } = context;
  return layout(context, {
    title: t('respondent.thanks.title'),
    kind: 'respondent',
    shared: true,
    body: html`<h1>${t('respondent.thanks.title')}</h1>
      <p>${t('respondent.kiosk.thanks')}</p>
      <p>${t('respondent.kiosk.soon', { seconds: back.seconds })}</p>
      <p><a class="button" href="${back.start}">${t('respondent.kiosk.next')}</a></p>`,
  });
}

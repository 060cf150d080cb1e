/** Messages and sheets before the freeze, each as its recipient will see it, with a fictional code. */
import type { CountyCode } from '../../../domain/model/ids.ts';
import { select } from '../../../html/form.ts';
import { html, type Html } from '../../../html/html.ts';
import { languageName } from '../../../html/layout.ts';
import { card, emptyState, grid } from '../../../html/parts.ts';
import { smsFaults, smsPreview } from '../../../html/sms.ts';
import type { PreviewedText } from '../../../operations/message/schedule.ts';
import { table, type StaffContext } from '../page-view.ts';

/** Sheets that can be viewed; each has its own address. */
export const previewedSheets = ['letters', 'slips', 'poster'] as const;

export interface ShownNotices {
  readonly county: { readonly code: CountyCode; readonly name: string };
  readonly counties: readonly { readonly code: string; readonly name: string }[];
  readonly texts: readonly PreviewedText[];
  readonly languages: readonly string[];
}

/** Null: no county is chosen yet, and every text names one. */
export function noticesPart(c: StaffContext, base: string, notices: ShownNotices | null): Html {
  const { t } = c.page;
  if (notices === null)
    return grid(
      card({
        title: t('staff.setup.notices'),
        id: 'notices',
        body: emptyState(
          t('staff.setup.counties.none'),
          html`<p><a href="${base}/setup/counties">${t('staff.setup.step.counties')}</a></p>`,
        ),
      }),
    );
  const { county } = notices;
  return html`<section aria-labelledby="notices">
    <h2 id="notices">${t('staff.setup.notices.of', { county: county.name })}</h2>
    <p class="quiet">${t('staff.setup.notices.about')}</p>
    ${notices.counties.length > 1 && countyForm(c, base, notices)}
    ${grid(
      card({
        title: t('staff.setup.notices.sms'),
        body: html`<p class="quiet">${t('staff.setup.notices.sms.about')}</p>
          <div class="phones">
            ${notices.texts.map(
              (text) =>
                html`<div>
                  <h3>${t(`sending.text.${text.kind}`)}</h3>
                  ${smsPreview(t, text, { values: text.values, typed: null })}${smsFaults(t, text)}
                </div>`,
            )}
          </div>`,
      }),
      card({
        title: t('staff.setup.notices.paper'),
        body: html`<p class="quiet">${t('staff.setup.notices.paper.about')}</p>
          ${table({
            caption: t('staff.setup.notices.paper'),
            stack: true,
            columns: [
              { text: t('staff.setup.notices.sheet') },
              { text: t('staff.setup.notices.for') },
              { text: t('staff.setup.preview') },
            ],
            rows: previewedSheets.map((kind) => [
              t(`staff.setup.notices.${kind}`),
              t(`staff.setup.notices.${kind}.for`),
              html`<span class="links"
                >${notices.languages.map(
                  (language) =>
                    html`<a
                      href="${base}/setup/sheet/${kind}?county=${county.code}&in=${language}"
                      target="_blank"
                      rel="noopener"
                      >${languageName(language)}</a
                    >`,
                )}</span
              >`,
            ]),
          })}`,
      }),
    )}
  </section>`;
}

function countyForm(c: StaffContext, base: string, { county, counties }: ShownNotices): Html {
  const { t } = c.page;
  return html`<form method="get" action="${base}/setup/texts#notices" class="row choose-county">
    ${select(c, {
      name: 'county',
      label: t('staff.setup.notices.county'),
      value: county.code,
      choices: counties.map(({ code, name }) => ({ value: code, text: name })),
    })}<button class="secondary">${t('staff.setup.notices.show')}</button>
  </form>`;
}

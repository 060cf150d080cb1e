/** Reports of pressure, for inspectors and the commissioner's side. */
import type { PressureCount } from '../../../domain/answer/pressure.ts';
import { pressureSources, type PressureSource } from '../../../domain/model/vocabulary.ts';
import { html, type Html } from '../../../html/html.ts';
import { pagedList, pagedTable } from '../../../html/paging.ts';
import type { ShownCampaign, ShownCounty } from '../campaign/shown-campaign-view.ts';
import { countyFrame } from '../frame-view.ts';
import { stratumName } from '../fieldwork/shared-view.ts';
import { formatCount, table, type StaffContext } from '../page-view.ts';

export function pressurePage(
  c: StaffContext,
  o: {
    readonly campaign: ShownCampaign;
    readonly county: ShownCounty;
    readonly view: PressureCount & {
      readonly minimumCell: number;
      readonly texts: readonly { readonly source: PressureSource; readonly body: string }[];
    };
  },
): Html {
  const { t } = c.page;
  const { view } = o;
  return countyFrame(c, o, {
    title: t('staff.page.pressure'),
    tab: 'pressure',
    body:
      view.respondents === 0
        ? html`<p>${t('staff.pressure.none')}</p>`
        : html`<p>${t('staff.pressure.about', { minimum: view.minimumCell })}</p>
            ${pagedTable(c, {
              caption: t('staff.pressure.places'),
              columns: [
                { text: t('staff.field.unit') },
                { text: t('staff.field.group') },
                { text: t('staff.pressure.respondents'), number: true },
              ],
              items: view.places,
              row: (p) => [
                stratumName(c, { ...p, location: null, key: p.name }),
                p.group === null ? t('staff.pressure.all-groups') : t(`staff.group.${p.group}`),
                formatCount(p.respondents),
              ],
            })}${table({
              showCaption: true,
              caption: t('staff.pressure.sources'),
              columns: [
                { text: t('staff.pressure.source') },
                { text: t('staff.pressure.respondents'), number: true },
              ],
              rows: pressureSources.map((s) => [
                t(`staff.pressure.source.${s}`),
                formatCount(view.sources[s]),
              ]),
            })}
            <h2>${t('staff.pressure.texts')}</h2>
            ${
              view.texts.length === 0
                ? html`<p>${t('staff.pressure.no-texts')}</p>`
                : pagedList(
                    c,
                    { list: 'texts', caption: t('staff.pressure.texts'), items: view.texts },
                    (texts) =>
                      html`<ul>
                        ${texts.map((x) => html`<li>${x.body} <span class="quiet">${t(`staff.pressure.source.${x.source}`)}</span></li>`)}
                      </ul>`,
                  )
            }`,
  });
}

/** Counties of one campaign side by side. */
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import { pointStyle, returnStyle } from '../../../domain/scoring/format.ts';
import { html, type Html } from '../../../html/html.ts';
import { campaignFrame, campaignPath, countyPath, type FramedCampaign } from '../frame-view.ts';
import { basisText, figureText, localised } from '../figure-view.ts';
import { table, type StaffContext } from '../page-view.ts';
import { verdictClass } from './official-view.ts';

export function comparePage(
  c: StaffContext,
  o: {
    readonly campaign: Omit<FramedCampaign, 'counties'> & {
      readonly counties: readonly { readonly code: string; readonly name: string }[];
    };
    readonly summaries: readonly Summary[];
    readonly csv: string;
  },
): Html {
  const { t } = c.page;
  const { campaign, summaries } = o;
  const base = campaignPath(campaign.id);
  const chosen = summaries.map((s) => s.county.code);
  const groups = [...new Set(summaries.flatMap((s) => s.groups.map((g) => g.group)))];
  const dimensions = new Map(summaries.flatMap((s) => s.dimensions.map((d) => [d.id, d.title] as const)));
  const cell = (s: Summary, figure: Summary['official'] | undefined) =>
    figure === undefined
      ? '–'
      : html`${figureText(c, figure, pointStyle(s))}${
          figure.kind === 'estimate' &&
          html`<br /><span class="quiet">${basisText(c, figure, pointStyle(s))}</span>`
        }`;
  const columns = [
    { text: t('staff.summary.figure') },
    ...summaries.map((s) => ({
      text: html`<a href="${countyPath(campaign.id, s.county.code)}/summary">${s.county.name}</a>`,
      number: true,
    })),
  ];
  return campaignFrame(c, campaign, {
    title: t('staff.compare'),
    tab: 'compare',
    body: html`<form method="get" action="${base}/compare">
        <fieldset class="picks">
          <legend>${t('staff.counties')}</legend>
          ${campaign.counties.map(
            (county) =>
              html`<label class="pick"
                ><input
                  type="checkbox"
                  name="county"
                  value="${county.code}"
                  ${chosen.includes(county.code as never) ? html` checked` : null}
                />
                ${county.name}</label
              >`,
          )}
        </fieldset>
        <button class="secondary">${t('staff.compare.show')}</button>
      </form>
      ${
        summaries.length > 0 &&
        html`${table({
            caption: t('staff.compare'),
            columns,
            rows: [
              [
                html`<strong>${t('staff.summary.official')}</strong>`,
                ...summaries.map((s) => html`<strong>${cell(s, s.official)}</strong>`),
              ],
              [
                t('staff.summary.verdict'),
                ...summaries.map(
                  (s) =>
                    html`<span class="said ${verdictClass(s.verdict)}"
                      >${t(`verdict.${s.verdict.kind}`)}</span
                    >`,
                ),
              ],
              [
                t('staff.rates.return'),
                ...summaries.map((s) => {
                  const total = s.returnRates.find((r) => r.group === null) ?? s.returnRates[0];
                  return total === undefined
                    ? '–'
                    : html`${figureText(c, total.figure, returnStyle(s))}${total.figure.kind === 'estimate' && '%'}`;
                }),
              ],
            ],
          })}
          <h2>${t('staff.summary.groups')}</h2>
          ${table({
            caption: t('staff.summary.groups'),
            columns,
            rows: groups.map((group) => [
              t(`staff.group.${group}`),
              ...summaries.map((s) => cell(s, s.groups.find((g) => g.group === group)?.figure)),
            ]),
          })}
          <h2>${t('staff.summary.dimensions')}</h2>
          ${table({
            caption: t('staff.summary.dimensions'),
            columns,
            rows: [...dimensions].map(([id, title]) => [
              localised(c, title),
              ...summaries.map((s) => cell(s, s.dimensions.find((d) => d.id === id)?.figure)),
            ]),
          })}
          <p class="links"><a href="${o.csv}">${t('staff.summary.csv')}</a></p>`
      }`,
  });
}

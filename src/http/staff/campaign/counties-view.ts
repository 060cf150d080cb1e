/** The counties of a campaign: their rolls and pages, or the progress of their answers. */
import { html, type Content, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import { tag } from '../../../html/parts.ts';
import type { CountyProgress, Progress } from '../../../operations/summary/monitoring.ts';
import { bandBar } from '../figure-view.ts';
import { campaignPath, countyTabs } from '../frame-view.ts';
import { formatCount, formatTime, type StaffContext } from '../page-view.ts';
import type { ShownCampaign, ShownCounty } from './shown-campaign-view.ts';

/** Counties of an open campaign: return against the minimum, those that lack most first. */
export function progressTable(c: StaffContext, campaign: ShownCampaign, { floor, counties }: Progress): Html {
  const { t } = c.page;
  const seen = counties.find((one) => one.at !== null)?.at ?? null;
  const short = countShort(counties);
  return html`<p>
      ${seen === null ? t('staff.progress.none') : t('staff.progress.at', { time: formatTime(seen) })}${
        seen !== null &&
        floor !== null &&
        html`${t('sentence.gap')}<strong
            >${
              short === 0
                ? t('staff.progress.reached', { floor })
                : t('staff.progress.short', { count: short, all: counties.length, floor })
            }</strong
          >`
      }
    </p>
    ${pagedTable(c, {
      caption: t('staff.progress'),
      path: campaignPath(campaign.id),
      search: countySearch<CountyProgress>(c, (one) =>
        campaign.counties.find(({ code }) => code === one.county)!,
      ),
      stack: true,
      columns: [
        { text: t('staff.field.county') },
        { text: t('staff.rates.issued'), number: true },
        { text: t('staff.rates.return'), number: true },
        ...(floor === null ? [] : [{ text: t('staff.monitor.missing', { floor }), number: true }]),
        { text: t('staff.field.pages') },
      ],
      items: counties,
      row: ({ county: code, band, missing }) => {
        const county = campaign.counties.find((one) => one.code === code)!;
        const links = countyTabs(c, campaign, county).map(
          ({ key, href, text }) =>
            html`<a href="${href}">${key === 'rates' ? html`<strong>${text}</strong>` : text}</a>`,
        );
        return [
          html`${county.name} <span class="quiet">${code}</span>`,
          band === null ? '–' : formatCount(band.issued),
          band === null
            ? '–'
            : html`${band.low === band.high ? `${band.low}%` : `${band.low}%–${band.high}%`}
              ${bandBar(band.low, band.high - band.low, floor)}`,
          ...(floor === null ? [] : [missingText(c, missing)]),
          links.length > 0 && html`<span class="links">${links}</span>`,
        ];
      },
    })}`;
}

/** Counties below the minimum, as far as the steps of the rates tell. */
export function countShort(counties: Progress['counties']): number {
  return counties.filter((one) => one.missing !== null && one.missing.kind !== 'reached').length;
}

function countySearch<T>(c: StaffContext, of: (row: T) => Pick<ShownCounty, 'name' | 'code'>) {
  return {
    label: c.page.t('list.find.county'),
    textOf: (row: T) => `${of(row).name} ${of(row).code}`,
  };
}

function missingText(c: StaffContext, missing: CountyProgress['missing']): Content {
  const { t } = c.page;
  if (missing === null) return '–';
  if (missing.kind === 'reached') return tag('ok', t('staff.rates.floor-met'));
  if (missing.kind === 'few') return t('staff.rates.floor-near');
  return html`<strong>${t('staff.monitor.about-count', { count: formatCount(missing.count) })}</strong>`;
}

export function countyTable(c: StaffContext, campaign: ShownCampaign): Html {
  const { t } = c.page;
  return pagedTable(c, {
    caption: t('staff.counties'),
    path: campaignPath(campaign.id),
    search: countySearch<ShownCounty>(c, (county) => county),
    stack: true,
    columns: [
      { text: t('staff.field.county') },
      { text: t('staff.field.residents'), number: true },
      { text: t('staff.field.frame') },
      { text: t('staff.field.frame-size'), number: true },
      { text: t('staff.field.pages') },
    ],
    items: campaign.counties,
    row: (county) => {
      const links = countyTabs(c, campaign, county).map(
        ({ key, href, text }) =>
          html`<a href="${href}">${key === 'summary' ? html`<strong>${text}</strong>` : text}</a>`,
      );
      return [
        html`${county.name} <span class="quiet">${county.code}</span>`,
        county.residents === null
          ? t('staff.unknown')
          : html`${formatCount(county.residents.count)}<br /><span class="quiet"
                >${county.residents.asOf}</span
              >`,
        t(`staff.frame.${county.frameState}`),
        county.frame === null ? '–' : formatCount(county.frame.size),
        links.length > 0 && html`<span class="links">${links}</span>`,
      ];
    },
  });
}

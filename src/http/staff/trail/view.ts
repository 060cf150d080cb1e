import { html, type Content, type Html } from '../../../html/html.ts';
import { campaignFrame, type FramedCampaign } from '../frame-view.ts';
import { staffPage, list, table, timeTag, type StaffContext } from '../page-view.ts';

export interface ShownEntry {
  readonly no: number;
  readonly at: number;
  readonly actor: string;
  readonly role: string;
  readonly action: string;
  readonly campaign: string | null;
  readonly county: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export function trailPage(
  c: StaffContext,
  o: {
    readonly entries: readonly ShownEntry[];
    readonly campaign: FramedCampaign | null;
    /** Number to read on before; null at the end. */
    readonly older: number | null;
  },
): Html {
  const { t } = c.page;
  const actionName = (action: string) => {
    const key = `staff.act.${action}`;
    const text = t(key);
    return text === key ? action : text;
  };
  const older = new URLSearchParams({
    ...(o.campaign && { campaign: o.campaign.id }),
    before: String(o.older),
  }).toString();
  const title = t('staff.nav.audit');
  const body = html`<p class="quiet">${t('staff.trail.about')}</p>
    ${
      o.entries.length === 0
        ? html`<p>${t('staff.trail.none')}</p>`
        : table({
            caption: t('staff.trail'),
            stack: true,
            columns: [
              { text: t('staff.trail.no') },
              { text: t('staff.trail.when') },
              { text: t('staff.trail.who') },
              { text: t('staff.trail.what') },
              { text: t('staff.field.county') },
              { text: t('staff.trail.details') },
            ],
            rows: o.entries.map((e) => [
              e.no,
              timeTag(e.at),
              html`${e.actor}<br /><span class="quiet">${t(`staff.role.${e.role}`)}</span>`,
              html`${actionName(e.action)}${
                e.campaign !== null &&
                o.campaign === null &&
                html`<br /><a href="/staff/campaigns/${e.campaign}">${e.campaign}</a>`
              }`,
              e.county,
              details(e.details),
            ]),
          })
    }${o.older !== null && html`<p><a href="/staff/trail?${older}">${t('staff.trail.older')}</a></p>`}`;
  return o.campaign
    ? campaignFrame(c, o.campaign, { title, tab: 'trail', body })
    : staffPage(c, { title, body });
}

const longest = 160;

function details(all: Readonly<Record<string, unknown>>): Content {
  return list(
    Object.entries(all).map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return text.length <= longest
        ? html`<span class="quiet">${name}</span> ${text}`
        : html`<details>
            <summary>${name}</summary>
            ${text}
          </details>`;
    }),
    'plain details',
  );
}

import { actionName, trailWords, type TrailNames } from '../../../texts/trail-words.ts';
import { trailTopicNames, type TrailEntry } from '../../../domain/model/trail.ts';
import { html, type Html } from '../../../html/html.ts';
import { emptyState } from '../../../html/parts.ts';
import { addressWith } from '../../../html/table.ts';
import { administrationPage } from '../administration-view.ts';
import { campaignFrame, type FramedCampaign } from '../frame-view.ts';
import { field, list, select, table, timeTag, type PageProblem, type StaffContext } from '../page-view.ts';

export interface ShownFilter {
  readonly topic: string;
  readonly actor: string;
  readonly campaign: string;
  readonly county: string;
  readonly from: string;
  readonly to: string;
}

export function trailPage(
  c: StaffContext,
  o: {
    readonly entries: readonly TrailEntry[];
    /** The trail of one campaign, beside its other pages. */
    readonly campaign: FramedCampaign | null;
    readonly names: TrailNames;
    readonly filter: ShownFilter;
    /** Number before which to continue; null at the end. */
    readonly older: number | null;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  const { names, campaign } = o;
  const title = t('staff.nav.audit');
  const isOlder = new URL(c.here, 'http://x').searchParams.has('before');
  const body = html`<p class="quiet">${t('staff.trail.about')}</p>
    ${filterForm(c, o)}${
      o.entries.length === 0
        ? emptyState(t('staff.trail.none'))
        : table({
            caption: t('staff.trail'),
            stack: true,
            columns: ['no', 'when', 'who', 'what', 'where', 'details'].map((name) => ({
              text: t(`staff.trail.${name}`),
            })),
            rows: o.entries.map((e) => [
              e.no,
              timeTag(e.at),
              html`${e.role === 'system' ? t('staff.role.system') : e.actor}${
                e.role !== 'system' && html`<br /><span class="quiet">${t(`staff.role.${e.role}`)}</span>`
              }`,
              actionName(t, e.action),
              html`${
                e.campaign !== null &&
                campaign === null &&
                (names.campaigns.has(e.campaign)
                  ? html`<a href="/staff/campaigns/${e.campaign}">${names.campaigns.get(e.campaign)}</a
                      ><br />`
                  : html`${t('staff.trail.gone')}<br />`)
              }${e.county !== null && html`<span>${names.counties.get(e.county) ?? e.county}</span>`}`,
              list(
                trailWords(t, e, names).map(
                  ({ label, value }) => html`<span class="quiet">${label}</span> ${value}`,
                ),
                'plain details',
              ),
            ]),
          })
    }
    ${
      (o.older !== null || isOlder) &&
      html`<nav class="pager" aria-label="${t('list.pager', { list: t('staff.trail') })}">
        <ul>
          ${isOlder && html`<li><a href="${addressWith(c.here, { before: null })}">${t('staff.trail.newest')}</a></li>`}${
            o.older !== null &&
            html`<li>
              <a href="${addressWith(c.here, { before: String(o.older) })}" rel="next"
                >${t('staff.trail.older')}<span aria-hidden="true"> →</span></a
              >
            </li>`
          }
        </ul>
      </nav>`
    }
    <p class="acts">
      ${
        o.entries.length > 0 &&
        html`<a
          class="button secondary"
          href="${addressWith(c.here.replace(/^\/staff\/trail/, '/staff/trail.csv'), { before: null })}"
          >${t('staff.trail.export')}</a
        >`
      }
    </p>`;
  const parts = { title, body, problem: o.problem };
  return campaign
    ? campaignFrame(c, campaign, { ...parts, tab: 'trail' })
    : administrationPage(c, 'trail', parts);
}

function filterForm(c: StaffContext, o: Parameters<typeof trailPage>[1]): Html {
  const { t } = c.page;
  const { filter, problem } = o;
  const everything = { value: '', text: t('staff.trail.all') };
  const named = (names: ReadonlyMap<string, string>) => [
    everything,
    ...[...names].map(([value, text]) => ({ value, text })),
  ];
  return html`<form method="get" action="/staff/trail" class="row trail-filter">
    ${
      o.campaign
        ? html`<input type="hidden" name="campaign" value="${o.campaign.id}" />`
        : select(c, {
            name: 'campaign',
            label: t('staff.trail.campaign'),
            choices: named(o.names.campaigns),
            value: filter.campaign,
          })
    }
    ${select(c, {
      name: 'topic',
      label: t('staff.trail.topic'),
      choices: [
        everything,
        ...trailTopicNames.map((value) => ({ value, text: t(`staff.trail.topic.${value}`) })),
      ],
      value: filter.topic,
    })}
    ${select(c, {
      name: 'county',
      label: t('staff.field.county'),
      choices: named(o.names.counties),
      value: filter.county,
    })}
    ${field(c, { name: 'actor', label: t('staff.trail.actor'), type: 'search', value: filter.actor })}
    ${field(c, { name: 'from', label: t('staff.trail.from'), type: 'date', value: filter.from }, problem)}
    ${field(c, { name: 'to', label: t('staff.trail.to'), type: 'date', value: filter.to }, problem)}
    <button class="secondary">${t('staff.trail.show')}</button>
    ${
      Object.entries(filter).some(([name, value]) => value !== '' && (name !== 'campaign' || !o.campaign)) &&
      html`<a href="/staff/trail${o.campaign ? `?campaign=${o.campaign.id}` : ''}"
        >${t('staff.trail.clear')}</a
      >`
    }
  </form>`;
}

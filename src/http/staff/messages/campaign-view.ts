/** Messages of a campaign by county: waiting, sent, next. Details are on the county's own page. */
import { html, type Content, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import { card, emptyState, tag } from '../../../html/parts.ts';
import { formatCount, sortingOf, sortRows } from '../../../html/table.ts';
import type { CampaignSendings, CountySendings } from '../../../operations/message/overview.ts';
import { campaignFrame, countyTabs } from '../frame-view.ts';
import { timeTag, type StaffContext } from '../page-view.ts';
import { sendingPath } from './compose-view.ts';
import { lost, sumOf, taken, tones, waiting } from './watch-view.ts';

const columns = ['name', 'waiting', 'taken', 'delivered', 'lost', 'next'] as const;

export function campaignSendingsPage(
  c: StaffContext,
  { campaign, counties, hidesReminders }: CampaignSendings,
): Html {
  const { t } = c.page;
  const isEmpty = counties.every(({ sendings, messages }) => sendings === 0 && messages.size === 0);
  return campaignFrame(c, campaign, {
    title: t('sending.campaign'),
    tab: 'sendings',
    cards: true,
    body: card({
      title: t('sending.campaign.by-county'),
      body: html`${
        hidesReminders && html`<p class="quiet">${t('sending.campaign.hidden')}</p>`
      }${isEmpty && emptyState(t('sending.list.none'), html`<p>${t(c.may('messages.send') ? 'sending.campaign.begin' : 'sending.list.bound')}</p>`)}
      ${countyTable(c, campaign, counties)}`,
    }),
  });
}

function countyTable(
  c: StaffContext,
  campaign: CampaignSendings['campaign'],
  counties: readonly CountySendings[],
): Html {
  const { t } = c.page;
  const sorting = sortingOf(c.here, columns, '');
  const items = sortRows(
    counties,
    sorting,
    {
      name: ({ county }) => county.name,
      waiting: ({ messages }) => sumOf(messages, ...waiting),
      taken: ({ messages }) => sumOf(messages, ...taken),
      delivered: ({ messages }) => sumOf(messages, 'delivered'),
      lost: ({ messages }) => sumOf(messages, ...lost),
      next: ({ next }) => next?.dueAt ?? null,
    },
    c.page.language,
  );
  const counted = ({ messages }: Pick<CountySendings, 'messages'>): readonly Content[] => [
    formatCount(sumOf(messages, ...waiting)),
    formatCount(sumOf(messages, ...taken)),
    formatCount(sumOf(messages, 'delivered')),
    formatCount(sumOf(messages, ...lost)),
  ];
  const all = new Map<Parameters<typeof sumOf>[1], number>();
  for (const { messages } of counties)
    for (const [state, n] of messages) all.set(state, (all.get(state) ?? 0) + n);
  return pagedTable(c, {
    caption: t('sending.campaign.by-county'),
    stack: true,
    sorting,
    search: {
      label: t('list.find.county'),
      textOf: ({ county }) => `${county.name} ${county.code}`,
    },
    columns: [
      { text: t('staff.field.county'), sort: 'name' },
      { text: t('sending.column.waiting'), number: true, sort: 'waiting' },
      { text: t('sending.column.taken'), number: true, sort: 'taken' },
      { text: t('sending.column.delivered'), number: true, sort: 'delivered' },
      { text: t('sending.column.lost'), number: true, sort: 'lost' },
      { text: t('sending.column.now') },
      { text: t('sending.column.next'), sort: 'next' },
    ],
    items,
    row: (one) => {
      const { county, busy, next } = one;
      const base = sendingPath(campaign.id, county.code);
      // Counties without a drawn sample have no such page yet.
      const isThere = countyTabs(c, campaign, county).some(({ key }) => key === 'sending');
      return [
        html`${isThere ? html`<a href="${base}">${county.name}</a>` : county.name}
          <span class="quiet">${county.code}</span>`,
        ...counted(one),
        busy.length === 0
          ? '–'
          : busy.map((state) => html`${tag(tones[state], t(`sending.state.${state}`))} `),
        next === null
          ? html`${t(one.sendings === 0 ? 'sending.list.none' : 'sending.campaign.no-next')}${
              isThere &&
              campaign.state === 'open' &&
              c.may('messages.send') &&
              html`${t('sentence.gap')}<a href="${base}">${t('sending.compose')}</a>`
            }`
          : html`<a href="${base}/${next.no}">${t(`sending.kind.${next.kind}`)}</a> ${timeTag(next.dueAt)}`,
      ];
    },
    ...(counties.length > 1 && {
      foot: [t('sending.campaign.total'), ...counted({ messages: all }), '', ''],
    }),
  });
}

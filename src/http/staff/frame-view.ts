/**
 * Common parts of pages of a campaign and of a county: heading, state, and sibling pages as tabs, as far as the reader may see
 * them now.
 */
import type { CampaignState, FrameState } from '../../domain/campaign/life-cycle.ts';
import { html, type Content, type Html } from '../../html/html.ts';
import type { PageProblem } from '../../html/form.ts';
import { tag, type Tab, type Tone } from '../../html/parts.ts';
import { formatTime, staffPage, type StaffContext } from './page-view.ts';

export const campaignPath = (id: string) => `/staff/campaigns/${id}`;
export const countyPath = (id: string, county: string) => `${campaignPath(id)}/counties/${county}`;

export interface FramedCampaign {
  readonly id: string;
  readonly name: string;
  readonly commissioner: string;
  readonly state: CampaignState;
  readonly openedAt: number | null;
  readonly closesAt: number;
  readonly demo: boolean;
  readonly selfAdministered: boolean;
  readonly counties: readonly unknown[];
}
export interface FramedCounty {
  readonly code: string;
  readonly name: string;
  readonly frameState: FrameState;
  readonly frame: unknown;
}

export interface FrameParts {
  /** The page's name. */
  readonly title: string;
  /** Key of its tab, or of the tab above it. */
  readonly tab: string | null;
  /** Pages between the tab and this one. */
  readonly under?: readonly { readonly href: string; readonly text: string }[];
  readonly subtabs?: Content;
  readonly body: Content;
  readonly cards?: boolean;
  readonly head?: Content;
  readonly problem?: PageProblem | null | undefined;
}

const tones: Readonly<Record<CampaignState, Tone>> = {
  draft: 'neutral',
  open: 'ok',
  closing: 'warn',
  closed: 'neutral',
  released: 'ok',
  voided: 'bad',
};

export function stateTag(c: StaffContext, state: CampaignState): Html {
  return tag(tones[state], c.page.t(`staff.state.${state}`));
}

function subtitle(c: StaffContext, campaign: FramedCampaign): Html {
  const { t } = c.page;
  const { openedAt, closesAt } = campaign;
  return html`${stateTag(c, campaign.state)}${campaign.demo && html` ${tag('warn', t('staff.demo'))}`}
  ${t('staff.sub.commissioner', { name: campaign.commissioner })} ·
  ${openedAt === null ? t('staff.until', { time: formatTime(closesAt) }) : t('staff.sub.period', { from: formatTime(openedAt), to: formatTime(closesAt) })}`;
}

const isOver = (state: CampaignState) => state === 'closed' || state === 'released';

export function campaignTabs(c: StaffContext, campaign: FramedCampaign): readonly Tab[] {
  const { t } = c.page;
  const base = campaignPath(campaign.id);
  const tab = (key: string, href: string, text: string, isShown: boolean): readonly Tab[] =>
    isShown ? [{ key, href, text }] : [];
  return [
    ...tab('overview', base, t('staff.tab.overview'), true),
    ...tab(
      'setup',
      `${base}/setup`,
      t('staff.setup.tab'),
      campaign.state === 'draft' && c.may('campaign.edit'),
    ),
    ...tab(
      'compare',
      `${base}/compare`,
      t('staff.compare'),
      campaign.counties.length > 1 && isOver(campaign.state) && c.may('summary.view'),
    ),
    ...tab(
      'sendings',
      `${base}/sendings`,
      t('sending.campaign'),
      campaign.counties.length > 1 && campaign.openedAt !== null && c.may('messages.view'),
    ),
    ...tab('proposals', `${base}/proposals`, t('staff.proposals'), c.may('proposal.make')),
    ...tab(
      'recount',
      `${base}/recount`,
      t('staff.recount'),
      campaign.openedAt !== null && c.may('recount.run'),
    ),
    ...tab('trail', `/staff/trail?campaign=${campaign.id}`, t('staff.nav.audit'), c.may('trail.view')),
  ];
}

export function countyTabs(c: StaffContext, campaign: FramedCampaign, county: FramedCounty): readonly Tab[] {
  const { t } = c.page;
  const base = countyPath(campaign.id, county.code);
  const isDrawn = county.frameState === 'drawn';
  const may = (action: Parameters<StaffContext['may']>[0]) => c.may(action, county.code);
  const over = isOver(campaign.state);
  const shown: readonly (readonly [key: string, path: string, isShown: boolean])[] = [
    ['roll', '', may('roll.view')],
    ['schools', '/schools', may('roll.view')],
    ['plan', '/plan', may('draw.view') && county.frameState === 'preparing'],
    ['draw', '/draw', may('draw.view') && county.frameState !== 'preparing'],
    ['messages', '/messages', may('codes.export') && isDrawn],
    ['sending', '/sending', may('messages.view') && isDrawn && campaign.openedAt !== null],
    ['paper', '/paper', may('codes.export') && isDrawn],
    ['links', '/links', may('links.manage') && isDrawn],
    ['rates', '/rates', may('rates.view') && campaign.openedAt !== null],
    [
      'summary',
      '/summary',
      may('summary.view') && over && (campaign.state === 'released' || c.user?.role !== 'official'),
    ],
    ['inspection', '/inspection', may('inspection.view')],
    ['comments', '/comments', may('comments.view') && over],
    ['pressure', '/pressure', may('pressure.view') && over],
    ['evidence', '/evidence', may('evidence.view') && county.frame !== null],
  ];
  return shown.flatMap(([key, path, isShown]) =>
    isShown ? [{ key, href: base + path, text: t(`staff.page.${key}`) }] : [],
  );
}

export function campaignFrame(c: StaffContext, campaign: FramedCampaign, parts: FrameParts): Html {
  const isOverview = parts.tab === 'overview';
  return staffPage(c, {
    title: isOverview ? campaign.name : parts.title,
    heading: isOverview
      ? campaign.name
      : c.page.t('staff.heading', { place: campaign.name, page: parts.title }),
    subtitle: subtitle(c, campaign),
    place: campaign.name,
    trail: isOverview
      ? []
      : [{ href: campaignPath(campaign.id), text: campaign.name }, ...(parts.under ?? [])],
    tabs: { label: c.page.t('staff.nav.campaign'), tabs: campaignTabs(c, campaign), current: parts.tab },
    ...shared(campaign, parts),
  });
}

export function countyFrame(
  c: StaffContext,
  { campaign, county }: { readonly campaign: FramedCampaign; readonly county: FramedCounty },
  parts: FrameParts,
): Html {
  return staffPage(c, {
    title: parts.title,
    heading: c.page.t('staff.heading', { place: county.name, page: parts.title }),
    subtitle: subtitle(c, campaign),
    place: county.name,
    trail: [
      { href: campaignPath(campaign.id), text: campaign.name },
      { href: countyPath(campaign.id, county.code), text: county.name },
      ...(parts.under ?? []),
    ],
    tabs: {
      label: c.page.t('staff.nav.county', { county: county.name }),
      tabs: countyTabs(c, campaign, county),
      current: parts.tab,
    },
    ...shared(campaign, parts),
  });
}

function shared(campaign: FramedCampaign, parts: FrameParts) {
  return {
    subtabs: parts.subtabs,
    body: parts.body,
    head: parts.head,
    problem: parts.problem,
    cards: parts.cards ?? false,
    demo: campaign.demo,
    selfAdministered: campaign.selfAdministered,
  };
}

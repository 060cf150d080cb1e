/** A county's result: an overview on one screen, and everything that it is based on in tabs with their own addresses. */
import type { SamplingStratum } from '../../../domain/frame/strata.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { campaignPath, countyFrame, type FramedCampaign, type FramedCounty } from '../frame-view.ts';
import { staffPage, type StaffContext } from '../page-view.ts';
import { dimensionsTab } from './dimensions-view.ts';
import { auditAlert } from '../evidence/audit-view.ts';
import { evidenceTab } from './evidence-tab-view.ts';
import { groupsTab } from './groups-view.ts';
import { itemsTab } from './items-view.ts';
import { overview } from './overview-view.ts';
import { processTab } from './process-view.ts';
import type { ReportDraft } from './report-card-view.ts';
import { resultNav, resultPath, type Report, type ResultTab } from './result-frame-view.ts';
import { unitsTab } from './units-view.ts';

export function summaryPage(
  c: StaffContext,
  o: {
    readonly campaign: FramedCampaign;
    readonly county: FramedCounty;
    readonly summary: Report;
    readonly tab: ResultTab;
    readonly draft: ReportDraft;
    /** Of the draw, to name those of a note. */
    readonly strata: readonly SamplingStratum[];
    /** If the arms of a split ballot are compared. */
    readonly ballot?: string;
  },
): Html {
  const { t } = c.page;
  const { summary: s, tab } = o;
  return countyFrame(c, o, {
    title: t(tab === 'overview' ? 'staff.page.summary' : `results.tab.${tab}`),
    tab: 'summary',
    ...(tab !== 'overview' && { under: [{ href: resultPath(s), text: t('staff.page.summary') }] }),
    cards: true,
    subtabs: resultNav(c, s, tab),
    body: html`${auditAlert(c, s.audit)}${
      o.ballot !== undefined && html`<p class="links"><a href="${o.ballot}">${t('ballot.title')}</a></p>`
    }${tabBody(c, o)}`,
  });
}

function tabBody(c: StaffContext, o: Parameters<typeof summaryPage>[1]): Content {
  const { summary: s, tab, draft } = o;
  switch (tab) {
    case 'overview':
      return overview(c, s, draft);
    case 'groups':
      return groupsTab(c, s);
    case 'dimensions':
      return dimensionsTab(c, s);
    case 'items':
      return itemsTab(c, s);
    case 'units':
      return unitsTab(c, s);
    case 'process':
      return processTab(c, s, o.strata);
    case 'evidence':
      return evidenceTab(c, s);
  }
}

/** Before close, or before release: a page that says when, and nothing else. */
export function noSummaryPage(
  c: StaffContext,
  o: {
    readonly title: string;
    readonly sentence: string;
    readonly campaign: { readonly id: string; readonly name: string; readonly demo: boolean } | null;
  },
): Html {
  return staffPage(c, {
    title: o.title,
    demo: o.campaign?.demo ?? false,
    trail: o.campaign ? [{ href: campaignPath(o.campaign.id), text: o.campaign.name }] : [],
    body: html`<p>${o.sentence}</p>`,
  });
}

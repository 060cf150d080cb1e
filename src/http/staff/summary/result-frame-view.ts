/** Common parts of a county's result pages: the county's frame, and the parts of the result as tabs with their own addresses. */
import type { AuditStatus } from '../../../domain/model/audit.ts';
import type { LogStatus } from '../../../domain/evidence/witness.ts';
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { tabBar } from '../../../html/parts.ts';
import { countyPath } from '../frame-view.ts';
import type { StaffContext } from '../page-view.ts';

export interface Report extends Summary {
  readonly log: LogStatus | null;
  readonly audit: AuditStatus | null;
}

export const resultTabs = ['groups', 'dimensions', 'items', 'units', 'process', 'evidence'] as const;
export type ResultTab = 'overview' | (typeof resultTabs)[number];

export function resultPath(s: Pick<Summary, 'campaign' | 'county'>, tab: ResultTab = 'overview'): string {
  const base = `${countyPath(s.campaign.id, s.county.code)}/summary`;
  return tab === 'overview' ? base : `${base}/${tab}`;
}

/** Tabs without figures of this county are left out. */
export function resultNav(c: StaffContext, s: Summary, current: ResultTab | 'comments'): Content {
  const { t } = c.page;
  const place = countyPath(s.campaign.id, s.county.code);
  const has: Readonly<Record<ResultTab, boolean>> = {
    overview: true,
    groups: true,
    dimensions: s.dimensions.length > 0,
    items: true,
    units: s.schools.length > 0,
    process: true,
    evidence: true,
  };
  const tabs = [
    ...(['overview', ...resultTabs] as const)
      .filter((tab) => has[tab])
      .map((tab) => ({ key: tab, href: resultPath(s, tab), text: t(`results.tab.${tab}`) })),
    ...(c.may('comments.view', s.county.code)
      ? [{ key: 'comments', href: `${place}/comments`, text: t('results.tab.comments') }]
      : []),
  ];
  return tabBar(t('results.tabs', { county: s.county.name }), tabs, current, 'subtabs');
}

/** On request: how the figures of a card were computed. */
export function how(c: StaffContext, lines: readonly Content[]): Html {
  return html`<details class="how">
    <summary>${c.page.t('results.how')}</summary>
    ${lines.map((line) => line && html`<p>${line}</p>`)}
  </details>`;
}

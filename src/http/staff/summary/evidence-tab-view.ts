/** Data to verify a county's figures: the log's head, who outside holds it, and when the tables were last compared with it. */
import { html, type Html } from '../../../html/html.ts';
import { card } from '../../../html/parts.ts';
import { countyPath } from '../frame-view.ts';
import { facts, type StaffContext } from '../page-view.ts';
import { auditPart } from '../evidence/audit-view.ts';
import { logPart } from '../evidence/view.ts';
import type { Report } from './result-frame-view.ts';

export function evidenceTab(c: StaffContext, s: Report): Html {
  const { t } = c.page;
  return html`${card({
    title: t('results.evidence.audit'),
    body: html`${s.audit === null ? html`<p>${t('evidence.no-log')}</p>` : auditPart(c, s.audit)}${facts([
      [t('staff.summary.profile-hash'), html`<span class="hash">${s.profile.hash}</span>`],
    ])}`,
  })}${
    s.log !== null &&
    html`<div class="sheet">
      ${logPart(c, s.log)}${
        c.may('evidence.view', s.county.code) &&
        html`<p class="links">
          <a href="${countyPath(s.campaign.id, s.county.code)}/evidence">${t('results.more.evidence')}</a>
        </p>`
      }
    </div>`
  }`;
}

/** What a county's figures can be verified by: the log's head, who outside holds it, and when the tables were last compared with it. */
import type { AuditStatus } from '../../../domain/model/audit.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { alertBox, card } from '../../../html/parts.ts';
import { countyPath } from '../frame-view.ts';
import { facts, formatCount, formatTime, type StaffContext } from '../page-view.ts';
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

/** When the tables were last compared with the log, and what is not proven. */
function auditPart(c: StaffContext, audit: AuditStatus): Content {
  const { t } = c.page;
  const { differences, uncommitted } = audit;
  return html`${
    differences === 0
      ? html`<p>
          ${t('staff.summary.audit.equal', {
            time: formatTime(audit.at),
            size: formatCount(audit.logSize),
          })}
        </p>`
      : auditAlert(c, audit)
  }${
    uncommitted.length > 0 &&
    html`<p class="quiet">
      ${t('staff.summary.audit.uncommitted', {
        facts: uncommitted.map((fact) => t(`audit.fact.${fact}`)).join(t('staff.list.separator')),
      })}
    </p>`
  }`;
}

/** Above every tab: nothing here is a result, and what to do. */
export function auditAlert(c: StaffContext, audit: AuditStatus | null): Content {
  if (audit === null || audit.differences === 0) return null;
  const { t } = c.page;
  return alertBox(
    'bad',
    t('staff.summary.audit.failed'),
    html`${t('staff.summary.audit.differs', {
      time: formatTime(audit.at),
      size: formatCount(audit.logSize),
      differences: formatCount(audit.differences),
    })}${t('sentence.gap')}${t('staff.summary.audit.what-to-do')}`,
  );
}

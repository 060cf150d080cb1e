/** Whether the tables say what the evidence log says: on the summary and on the evidence page. */
import type { AuditStatus } from '../../../domain/model/audit.ts';
import { html, type Content } from '../../../html/html.ts';
import { alertBox } from '../../../html/parts.ts';
import { formatCount, formatTime, type StaffContext } from '../page-view.ts';

/** When the tables were last compared with the log, and what is not proven. */
export function auditPart(c: StaffContext, audit: AuditStatus): Content {
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

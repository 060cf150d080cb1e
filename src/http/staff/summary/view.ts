/** A county's summary: the official figure against the threshold, big and plain; then everything it stands on. */
import type { AuditStatus } from '../../../domain/model/audit.ts';
import type { LogStatus } from '../../../domain/evidence/witness.ts';
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import { pointStyle } from '../../../domain/scoring/format.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { campaignPath, countyFrame, type FramedCampaign, type FramedCounty } from '../frame-view.ts';
import { localised } from '../figure-view.ts';
import { facts, formatCount, formatTime, staffPage, type StaffContext } from '../page-view.ts';
import { logPart } from '../evidence/view.ts';
import {
  groupPart,
  dimensionPart,
  itemPart,
  unitPart,
  locationPart,
  firstPart,
  channelPart,
} from './figures-view.ts';
import { integrityPart } from './integrity-view.ts';
import { roleText, officialPanel, notes, formulaPart } from './official-view.ts';
import { returnPart } from './response-view.ts';

export function summaryPage(
  c: StaffContext,
  o: {
    readonly summary: Summary & { readonly log: LogStatus | null; readonly audit: AuditStatus | null };
    readonly campaign: FramedCampaign;
    readonly county: FramedCounty;
    readonly csv: string;
  },
): Html {
  const { t } = c.page;
  const { summary: s } = o;
  const style = pointStyle(s);
  const isFailed = s.audit !== null && s.audit.differences > 0;
  return countyFrame(c, o, {
    title: t('staff.page.summary'),
    tab: 'summary',
    body: html`${isFailed && auditPart(c, s.audit)}${officialPanel(c, s)}${!isFailed && auditPart(c, s.audit)}${notes(c, s)}${facts(
        [
          [t('staff.field.purpose'), t(`staff.purpose.${s.campaign.purpose}`)],
          [t('staff.field.commissioner'), s.campaign.commissioner],
          s.campaign.closedAt !== null && [
            t('staff.field.closed'),
            formatTime(Date.parse(s.campaign.closedAt)),
          ],
          [
            t('staff.field.residents'),
            s.county.residents === null
              ? t('staff.unknown')
              : `${formatCount(s.county.residents.count)}（${s.county.residents.asOf}）`,
          ],
          [t('staff.field.profile'), `${localised(c, s.profile.title)} · ${s.profile.version}`],
          [t('staff.summary.role'), roleText(c, s.profile.role)],
          [
            t('staff.summary.minimum-cell'),
            t('staff.summary.minimum-cell.text', { minimum: s.profile.minimumCell }),
          ],
          [t('staff.summary.profile-hash'), html`<span class="hash">${s.profile.hash}</span>`],
        ],
      )}
      <p class="links"><a href="${o.csv}">${t('staff.summary.csv')}</a></p>
      <p class="hint">${t('staff.summary.hidden', { minimum: s.profile.minimumCell })}</p>
      <details>
        <summary>${t('staff.summary.hidden.more')}</summary>
        <p>${t('staff.summary.hidden.full', { minimum: s.profile.minimumCell })}</p>
      </details>
      ${signalHint(c, s)}${formulaPart(c, s)}${returnPart(
        c,
        s,
      )}${groupPart(c, s, style)}${dimensionPart(c, s, style)}${itemPart(c, s, style)}${unitPart(c, s, style)}${locationPart(
        c,
        s,
        style,
      )}${firstPart(c, s, style)}${integrityPart(c, s, style)}${channelPart(c, s, style)}${logPart(c, s.log)}`,
  });
}

/** When the tables were last compared with the log. Where they differ: that nothing here is a result, and what to do. */
function auditPart(c: StaffContext, audit: AuditStatus | null): Content {
  if (audit === null) return null;
  const { t } = c.page;
  const { differences, uncommitted } = audit;
  const params = {
    time: formatTime(audit.at),
    size: formatCount(audit.logSize),
    differences: formatCount(differences),
  };
  const unproven =
    uncommitted.length > 0 &&
    html`<p class="quiet">
      ${t('staff.summary.audit.uncommitted', {
        facts: uncommitted.map((fact) => t(`audit.fact.${fact}`)).join(t('staff.list.separator')),
      })}
    </p>`;
  if (differences === 0)
    return html`<p>${t('staff.summary.audit.equal', params)}</p>
      ${unproven}`;
  return html`<div class="panel verdict bad" role="alert">
    <h2>${t('staff.summary.audit.failed')}</h2>
    <p>${t('staff.summary.audit.differs', params)}</p>
    <p>${t('staff.summary.audit.what-to-do')}</p>
    ${unproven}
  </div>`;
}

/** Said at the top: a reader must not have to scroll to know that strata are flagged. */
function signalHint(c: StaffContext, s: Summary): Content {
  return (
    s.signals.length > 0 &&
    html`<p class="links">
      <a href="#integrity"
        >${c.page.t('staff.summary.integrity.hint', {
          strata: new Set(s.signals.map((signal) => signal.reportingStratum)).size,
        })}</a
      >
    </p>`
  );
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

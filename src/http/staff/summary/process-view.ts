/** How a county's answers came in, whether they can be trusted, and how the figures were computed. */
import type { SamplingStratum } from '../../../domain/frame/strata.ts';
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import { pointStyle } from '../../../domain/scoring/format.ts';
import { html, type Html } from '../../../html/html.ts';
import { card } from '../../../html/parts.ts';
import { localised } from '../figure-view.ts';
import { countyPath } from '../frame-view.ts';
import { facts, formatCount, formatTime, type StaffContext } from '../page-view.ts';
import { channelPart, firstPart } from './first-view.ts';
import { howOfficial } from './how-view.ts';
import { integrityPart } from './integrity-view.ts';
import { formulaPart, notes, roleText, certaintyPart } from './official-view.ts';
import { outcomePart, returnPart } from './response-view.ts';

export function processTab(c: StaffContext, s: Summary, strata: readonly SamplingStratum[]): Html {
  const { t } = c.page;
  const style = pointStyle(s);
  return html`${card({
    id: 'formulas',
    title: t('staff.summary.formulas'),
    body: html`${formulaPart(c, s)}
      <p class="links">
        <a href="${countyPath(s.campaign.id, s.county.code)}/claimed">${t('claimed.link')}</a>
      </p>`,
  })}${
    s.returnRates.length > 0 &&
    card({
      id: 'return',
      title: t('staff.summary.return'),
      body: html`${returnPart(c, s)}${outcomePart(c, s)}`,
    })
  }${card({ id: 'first', title: t('staff.summary.first'), body: firstPart(c, s, style) })}${card({
    id: 'integrity',
    title: t('staff.summary.integrity'),
    body: integrityPart(c, s, style),
  })}${card({ id: 'channels', title: t('staff.summary.channels'), body: channelPart(c, s, style) })}${card({
    id: 'notes',
    title: t('staff.summary.notes'),
    body: html`${notes(c, s, strata)}${certaintyPart(c, s)}
      <p class="hint">${t('staff.summary.hidden', { minimum: s.profile.minimumCell })}</p>
      <details>
        <summary>${t('staff.summary.hidden.more')}</summary>
        <p>${t('staff.summary.hidden.full', { minimum: s.profile.minimumCell })}</p>
      </details>`,
  })}${card({
    id: 'method',
    title: t('results.method'),
    body: html`${howOfficial(c, s).map((line) => line && html`<p>${line}</p>`)}${facts([
      [t('staff.field.purpose'), t(`staff.purpose.${s.campaign.purpose}`)],
      [t('staff.field.commissioner'), s.campaign.commissioner],
      s.campaign.closedAt !== null && [t('staff.field.closed'), formatTime(Date.parse(s.campaign.closedAt))],
      [
        t('staff.field.residents'),
        s.county.residents === null
          ? t('staff.unknown')
          : t('staff.bracketed', {
              text: formatCount(s.county.residents.count),
              more: s.county.residents.asOf,
            }),
      ],
      [t('results.instrument'), localised(c, s.profile.instrument)],
      [t('staff.field.profile'), `${localised(c, s.profile.title)} · ${s.profile.version}`],
      [t('results.source'), localised(c, s.profile.source)],
      [t('staff.summary.role'), roleText(c, s.profile.role)],
      [
        t('staff.summary.minimum-cell'),
        t('staff.summary.minimum-cell.text', { minimum: s.profile.minimumCell }),
      ],
    ])}`,
  })}`;
}

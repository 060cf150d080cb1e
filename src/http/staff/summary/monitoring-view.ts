/**
 * Above the rates of an open survey: what to do next, days left, return against the minimum by day, and who most needs a reminder
 * (how many, never who).
 */
import {
  dailyBands,
  forecast,
  listNeedy,
  missingTo,
  totalBand,
  type Band,
} from '../../../domain/answer/rate-outlook.ts';
import { actionForm, textArea, token } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { card, facts, help, nextStep, tag } from '../../../html/parts.ts';
import { formatCount, table } from '../../../html/table.ts';
import type { Monitoring } from '../../../operations/summary/monitoring.ts';
import type { RatesView } from '../../../operations/summary/rates.ts';
import { bandText } from '../figure-view.ts';
import { countyPath } from '../frame-view.ts';
import { formatDay, formatTime, timeTag, type PageProblem, type StaffContext } from '../page-view.ts';
import { rateLine } from './rate-line-view.ts';
import { unitName } from '../../../texts/unit-name.ts';

export type ShownRates = Omit<RatesView, 'campaign' | 'county' | 'state'> & { readonly campaign: string };

export interface MonitoringParts {
  readonly rates: ShownRates;
  readonly monitoring: Monitoring;
  readonly campaign: string;
  readonly county: string;
  readonly hoursLeft: number;
  readonly problem?: PageProblem | null | undefined;
}

const hour = 3_600_000;
const shownUnits = 10;
const monthDay = (at: number) => formatDay(at).slice(5);

export function monitoringCards(c: StaffContext, o: MonitoringParts): Html {
  const { t } = c.page;
  const { rates, monitoring } = o;
  const base = countyPath(o.campaign, o.county);
  const counted = rates.returnRate?.numerator ?? 'valid';
  // By issued codes: only if the profile divides by them does the minimum apply to this rate.
  const floor = rates.returnRate?.denominator === 'issued' ? rates.returnRate.floor : null;
  const total = totalBand(rates.rows, counted);
  const days = dailyBands(monitoring.days, counted);
  const ahead = forecast(days, rates.closesAt);
  const missing = total && floor !== null ? missingTo(floor, total, total.issued) : null;
  const needy = floor === null ? [] : listNeedy(rates.rows, counted, floor, shownUnits);
  return html`<div class="grid">
    ${nextCard(c, o, { base, floor, total, ahead, missing })}${leftCard(c, o)}${
      days.length > 0 &&
      card({
        title: t('staff.monitor.daily'),
        span: 7,
        body: html`${rateLine({
            label: t('staff.monitor.daily.label', {
              from: monthDay(days[0]!.at),
              first: bandText(days[0]!),
              last: bandText(days.at(-1)!),
              forecast: ahead === null ? '–' : bandText(ahead),
            }),
            days: days.map((d) => ({ ...d, text: monthDay(d.at) })),
            closesAt: rates.closesAt,
            closeText: monthDay(rates.closesAt),
            floor: floor === null ? null : { at: floor, text: t('staff.rates.against-floor', { floor }) },
            forecast: ahead && { ...ahead, text: bandText(ahead) },
          })}
          <p class="quiet">${t('staff.monitor.daily.about')}</p>
          <details>
            <summary>${t('staff.monitor.table')}</summary>
            ${table({
              caption: t('staff.monitor.daily'),
              columns: [{ text: t('staff.monitor.day') }, { text: t('staff.rates.return'), number: true }],
              rows: [
                ...days.map((d) => [formatDay(d.at), bandText(d)] as const),
                ...(ahead
                  ? [
                      [
                        t('staff.monitor.at-close', { day: formatDay(rates.closesAt) }),
                        bandText(ahead),
                      ] as const,
                    ]
                  : []),
              ],
            })}
          </details>`,
      })
    }${
      floor !== null &&
      card({
        title: t('staff.monitor.needy'),
        span: days.length > 0 ? 5 : 12,
        body: html`${
            needy.length === 0
              ? html`<p>${t('staff.monitor.needy.none')}</p>`
              : table({
                  caption: t('staff.monitor.needy'),
                  columns: [
                    { text: t('staff.field.unit') },
                    { text: t('staff.monitor.missing', { floor }), number: true },
                    { text: t('staff.rates.return'), number: true },
                    { text: t('staff.rates.issued'), number: true },
                  ],
                  rows: needy.map(({ row, band, count }) => [
                    html`${unitName(c.page.t, row)}
                      <span class="quiet">${t(`staff.group.${row.group}`)}</span>`,
                    html`<strong>${t('staff.monitor.about-count', { count })}</strong>`,
                    bandText(band),
                    row.issued === null ? '–' : formatCount(row.issued),
                  ]),
                })
          }
          <p class="quiet">${t('staff.monitor.needy.about')}</p>`,
      })
    }${card({
      title: t('staff.monitor.delivery'),
      span: 6,
      body: html`${
          monitoring.fates.length === 0
            ? html`<p>${t('staff.monitor.delivery.none')}</p>`
            : facts(
                monitoring.fates.map((f) => [
                  t(`staff.monitor.fate.${f.fate}`),
                  f.contacts === null
                    ? t('staff.monitor.few')
                    : t('staff.monitor.about-people', { count: formatCount(f.contacts) }),
                ]),
              )
        }
        <p class="quiet">${t('staff.monitor.delivery.about')}</p>`,
    })}${card({
      title: t('staff.monitor.late', { count: monitoring.lateEdits.length }),
      span: 6,
      body:
        monitoring.lateEdits.length === 0
          ? html`<p>${t('staff.monitor.late.none')}</p>`
          : html`${table({
                caption: t('staff.monitor.late', { count: monitoring.lateEdits.length }),
                stack: true,
                columns: [
                  { text: t('staff.monitor.when') },
                  { text: t('staff.field.group') },
                  { text: t('staff.import.added'), number: true },
                  { text: t('staff.files.reason') },
                ],
                rows: monitoring.lateEdits.map((e) => [
                  timeTag(e.at),
                  t(`staff.group.${e.group}`),
                  formatCount(e.added),
                  e.lateReason,
                ]),
              })}
              <p class="quiet">${t('staff.monitor.late.about')}</p>`,
    })}${
      monitoring.canaries !== null &&
      card({
        title: t('staff.monitor.canaries'),
        body: html`<p>
          ${
            monitoring.canaries === 'none'
              ? t('staff.monitor.canaries.none')
              : t('staff.monitor.canaries.sealed', { count: monitoring.canaries.count })
          }${t('sentence.gap')}<a href="${base}/evidence">${t('staff.page.evidence')}</a>
        </p>`,
      })
    }
  </div>`;
}

function nextCard(
  c: StaffContext,
  o: MonitoringParts,
  s: {
    readonly base: string;
    readonly floor: number | null;
    readonly total: (Band & { readonly issued: number }) | null;
    readonly ahead: Band | null;
    readonly missing: ReturnType<typeof missingTo> | null;
  },
): Html {
  const { t } = c.page;
  const { monitoring, rates } = o;
  const { base, floor, total, ahead, missing } = s;
  const asked = monitoring.requests[0];
  const isAsked = asked?.answer === null;
  const mayAsk = c.may('reminder.request', o.county);
  const mayAnswer = c.may('reminder.answer', o.county);
  const isShort = missing !== null && missing.kind !== 'reached';
  const sends = html`<a class="button" href="${base}/messages?kind=reminder">${t('staff.monitor.send')}</a>`;
  const title =
    rates.kind === 'none'
      ? t('staff.monitor.next.wait')
      : isAsked
        ? t(mayAnswer ? 'staff.monitor.next.answer' : 'staff.monitor.next.asked')
        : !isShort
          ? t(floor === null ? 'staff.monitor.next.look' : 'staff.monitor.next.reached')
          : t(
              mayAsk
                ? 'staff.monitor.next.ask'
                : mayAnswer
                  ? 'staff.monitor.next.send'
                  : 'staff.monitor.next.short',
            );
  return nextStep({
    label: t('staff.files.next'),
    span: 8,
    tone: isShort || isAsked ? 'warn' : 'ok',
    aside:
      missing !== null &&
      (isShort
        ? tag('warn', t('staff.monitor.below', { floor: floor ?? 0 }))
        : tag('ok', t('staff.rates.floor-met'))),
    title,
    body: html`${
        rates.kind === 'none'
          ? html`<p>
              ${t('staff.rates.none', { time: rates.nextAt === null ? '–' : formatTime(rates.nextAt) })}${t('sentence.gap')}${t('staff.rates.none.why')}
            </p>`
          : total !== null &&
            html`<p>
              ${t('staff.monitor.total', { band: bandText(total), issued: formatCount(total.issued) })}${floor !== null && `${t('sentence.gap')}${t('staff.rates.against-floor', { floor })}${t('results.full-stop')}`}${
                missing?.kind === 'about' &&
                `${t('sentence.gap')}${t('staff.monitor.lacks', { count: missing.count })}`
              }${missing?.kind === 'few' && `${t('sentence.gap')}${t('staff.monitor.lacks-few')}`}${
                ahead !== null && `${t('sentence.gap')}${t('staff.monitor.ahead', { band: bandText(ahead) })}`
              }
            </p>`
      }${
        asked !== undefined &&
        html`<p>
          ${t(isAsked ? 'staff.monitor.asked' : `staff.monitor.answered.${asked.answer}`, { by: isAsked ? asked.by : (asked.answeredBy ?? '') })}
          ${timeTag(isAsked ? asked.at : (asked.answeredAt ?? asked.at))}${
            (isAsked ? asked.note : asked.answerNote) !== '' &&
            html` · ${isAsked ? asked.note : asked.answerNote}`
          }
        </p>`
      }${
        monitoring.reminders.length > 0 &&
        html`<p class="quiet">
          ${t('staff.monitor.reminded')}${t('sentence.gap')}${monitoring.reminders.map((at) => html`${timeTag(at)} `)}
        </p>`
      }${
        mayAsk &&
        !isAsked &&
        rates.kind === 'snapshot' &&
        actionForm(c, `${base}/reminders`, t('staff.monitor.ask'), { secondary: !isShort })
      }${
        mayAnswer &&
        rates.kind === 'snapshot' &&
        html`<div class="acts">${sends}</div>
          ${
            isAsked &&
            html`<form method="post" action="${base}/reminders/answer" class="narrow">
              ${token(c)}${textArea(c, { name: 'note', label: t('staff.monitor.answer.note'), rows: 2 }, o.problem)}
              <div class="acts">
                <button name="answer" value="sent">${t('staff.monitor.answer.sent')}</button>
                <button name="answer" value="declined" class="secondary">
                  ${t('staff.monitor.answer.declined')}
                </button>
              </div>
            </form>`
          }`
      }
      <p class="quiet">${t('staff.monitor.next.about')}</p>
      ${help(t('staff.monitor.method'), html`<p>${t('staff.monitor.method.about')}</p>`)}`,
  });
}

/** Whole hours until the close, the page's only dependence on time. */
export function hoursLeft(closesAt: number, now: number): number {
  return Math.floor(Math.max(0, closesAt - now) / hour);
}

function leftCard(c: StaffContext, { rates, hoursLeft: left }: MonitoringParts): Html {
  const { t } = c.page;
  const days = Math.floor(left / 24);
  const figure: Content =
    days > 0
      ? html`${days} <small>${t('staff.monitor.days')}</small>`
      : html`${left} <small>${t('staff.monitor.hours')}</small>`;
  return card({
    title: t('staff.monitor.left'),
    span: 4,
    body: html`<p class="days-left">${figure}</p>
      <p>${t('staff.monitor.closes', { time: formatTime(rates.closesAt) })}</p>
      <p class="quiet">${t('staff.monitor.warning')}</p>`,
  });
}

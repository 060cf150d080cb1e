/** What officials see of a running survey: how many answered, never who, never a score. */
import { bandOf } from '../../../domain/answer/rate-outlook.ts';
import type { RateRow } from '../../../domain/answer/rate-view.ts';
import { settle } from '../../../domain/scoring/figure.ts';
import { formatValue } from '../../../domain/scoring/format.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { listAddress, pagedTable } from '../../../html/paging.ts';
import { sortingOf, sortRows, type Sorting } from '../../../html/table.ts';
import { bandBar, bandText, groupSection } from '../figure-view.ts';
import { countyFrame, countyPath, type FramedCampaign, type FramedCounty } from '../frame-view.ts';
import {
  facts,
  formatCount,
  inGroupOrder,
  table,
  timeTag,
  formatTime,
  type StaffContext,
} from '../page-view.ts';
import type { Monitoring } from '../../../operations/summary/monitoring.ts';
import { logPart } from '../evidence/view.ts';
import type { PageProblem } from '../page-view.ts';
import { monitoringCards, type ShownRates } from './monitoring-view.ts';
import { unitName } from '../../../texts/unit-name.ts';

export function ratesPage(
  c: StaffContext,
  o: {
    readonly rates: ShownRates;
    readonly campaign: FramedCampaign;
    readonly county: FramedCounty;
    readonly monitoring: Monitoring;
    /** Whole hours to the close. */
    readonly hoursLeft: number;
    readonly problem?: PageProblem;
  },
): Html {
  const { t } = c.page;
  const { rates } = o;
  const rule = rates.returnRate;
  const floor = rule?.floor ?? null;
  const drawn = rates.rows.filter((r) => r.set === 'drawn');
  const replacement = rates.rows.filter((r) => r.set === 'replacement');
  const path = `${countyPath(o.campaign.id, o.county.code)}/rates`;
  // Units that lack most first.
  const sorting = sortingOf(listAddress(c.here, path), ['name', 'issued', 'answered', 'valid'], 'valid');
  return countyFrame(c, o, {
    title: t('staff.page.rates'),
    tab: 'rates',
    problem: o.problem,
    cards: true,
    body: html`${
        (rates.kind === 'snapshot' || rates.kind === 'none') &&
        monitoringCards(c, {
          ...{ rates, monitoring: o.monitoring, hoursLeft: o.hoursLeft, problem: o.problem },
          campaign: o.campaign.id,
          county: o.county.code,
        })
      }
      <section class="card">
        ${status(c, rates)}${
          rule !== null &&
          facts([
            [
              t('staff.rates.rule'),
              t('staff.rates.rule.text', {
                numerator: t(`staff.rates.numerator.${rule.numerator}`),
                denominator: t(`staff.rates.denominator.${rule.denominator}`),
              }),
            ],
            [t('staff.rates.floor'), rule.floor === null ? t('staff.rates.no-floor') : `${rule.floor}%`],
          ])
        }
        <h2>${t('staff.rates.groups')}</h2>
        ${table({
          caption: t('staff.rates.groups'),
          stack: true,
          columns: [
            { text: t('staff.field.group') },
            { text: t('staff.draw.quota'), number: true },
            { text: t('staff.rates.issued'), number: true },
            { text: t('staff.rates.answered'), number: true },
            { text: t('staff.rates.valid'), number: true },
            { text: t('staff.rates.return'), number: true },
            ...(floor === null ? [] : [{ text: t('staff.rates.against-floor', { floor }) }]),
          ],
          rows: inGroupOrder(rates.groups).map((g) => {
            const row = drawn.find((r) => r.group === g.group && r.level === null);
            return [
              t(`staff.group.${g.group}`),
              formatCount(g.quota),
              formatCount(row?.issued ?? g.drawn),
              people(c, row, 'answered'),
              people(c, row, 'valid'),
              ...returnCells(c, row, rates, g.quota).slice(0, floor === null ? 1 : 2),
            ];
          }),
        })}${
          rates.rows.some((r) => r.level !== null) &&
          html`<h2>${t('staff.rates.units')}</h2>
            <p class="quiet">
              ${t('staff.rates.units.about', {
                minimum: rates.minimumCell,
              })}
            </p>
            ${inGroupOrder(rates.groups).map((g) => {
              const own = drawn.filter((r) => r.group === g.group && r.level !== null);
              return (
                own.length > 0 &&
                groupSection(
                  t(`staff.group.${g.group}`),
                  pagedTable(c, {
                    list: g.group,
                    path,
                    search: { label: t('list.find.unit'), textOf: (r) => unitName(c.page.t, r) },
                    sorting,
                    caption: `${t('staff.rates.units')} · ${t(`staff.group.${g.group}`)}`,
                    // The searched value is beside the name, where a phone shows it without scrolling the table.
                    columns: [
                      { text: t('staff.field.unit'), sort: 'name' },
                      { text: t('staff.rates.valid'), number: true, sort: 'valid' },
                      { text: t('staff.rates.answered'), number: true, sort: 'answered' },
                      { text: t('staff.rates.issued'), number: true, sort: 'issued' },
                    ],
                    items: sortUnits(c, own, sorting),
                    row: (r) => [
                      unitName(c.page.t, r),
                      html`${people(c, r, 'valid')}${rateBar(r, floor)}`,
                      people(c, r, 'answered'),
                      r.issued === null ? '–' : formatCount(r.issued),
                    ],
                  }),
                )
              );
            })}`
        }${
          replacement.length > 0 &&
          html`<h2>${t('staff.rates.replacements')}</h2>
            <p class="quiet">${t('staff.rates.replacements.about')}</p>
            ${table({
              caption: t('staff.rates.replacements'),
              columns: [
                { text: t('staff.field.group') },
                { text: t('staff.rates.issued'), number: true },
                { text: t('staff.rates.answered'), number: true },
                { text: t('staff.rates.valid'), number: true },
              ],
              rows: replacement
                .filter((r) => r.level === null)
                .map((r) => [
                  t(`staff.group.${r.group}`),
                  r.issued === null ? '–' : formatCount(r.issued),
                  people(c, r, 'answered'),
                  people(c, r, 'valid'),
                ]),
            })}`
        }
      </section>
      ${
        rates.log !== null &&
        html`<details class="card">
          <summary>${t('staff.monitor.checkpoint')}</summary>
          ${logPart(c, rates.log)}
        </details>`
      }`,
  });
}

function status(c: StaffContext, rates: ShownRates): Html {
  const { t } = c.page;
  switch (rates.kind) {
    case 'not-open':
      return html`<div class="panel"><p>${t('staff.rates.not-open')}</p></div>`;
    case 'none':
      return html`<div class="panel">
        <p>
          <strong
            >${t('staff.rates.none', {
              time: rates.nextAt === null ? '–' : formatTime(rates.nextAt),
            })}</strong
          >
        </p>
        <p>${t('staff.rates.none.why')}</p>
      </div>`;
    case 'snapshot':
      return html`<p>
          ${t('staff.rates.snapshot', {
            time: rates.at === null ? '–' : formatTime(rates.at),
            next: rates.nextAt === null ? '–' : formatTime(rates.nextAt),
          })}
        </p>
        <p class="quiet">${t('staff.rates.coarse')}</p>`;
    case 'final':
      return html`<p>
        ${t('staff.rates.final')}${t('sentence.gap')}${rates.at !== null && timeTag(rates.at)}
      </p>`;
  }
}

/** By the shown value, and nothing finer: a hidden number comes last. */
function sortUnits(c: StaffContext, units: readonly RateRow[], sorting: Sorting): readonly RateRow[] {
  const shown = (r: RateRow, what: 'answered' | 'valid'): number | null =>
    r.value.kind === 'hidden'
      ? null
      : r.value.kind === 'coarse'
        ? r.value[what]
        : r.issued === null || r.issued === 0
          ? null
          : (100 * r.value[what]) / r.issued;
  const keys = {
    name: (r: RateRow) => unitName(c.page.t, r),
    issued: (r: RateRow) => r.issued,
    answered: (r: RateRow) => shown(r, 'answered'),
    valid: (r: RateRow) => shown(r, 'valid'),
  };
  return sortRows(units, sorting, keys, c.page.language);
}

/** People, or the band of percents of issued codes if only that may be shown, or why nothing is. */
function people(c: StaffContext, r: RateRow | undefined, what: 'answered' | 'valid'): Content {
  const { t } = c.page;
  if (r === undefined) return '–';
  switch (r.value.kind) {
    case 'exact':
      return formatCount(r.value[what]);
    case 'coarse':
      return bandText(bandOf(r, what));
    case 'hidden':
      return html`<span class="why">${t(`staff.rates.hidden.${r.value.why}`)}</span>`;
  }
}

function returnCells(
  c: StaffContext,
  r: RateRow | undefined,
  rates: ShownRates,
  quota: number,
): readonly [Content, Content] {
  const { t } = c.page;
  const rule = rates.returnRate;
  if (r === undefined || rule === null || r.value.kind === 'hidden') return ['–', ''];
  const { value } = r;
  if (value.kind === 'coarse') {
    // Percent of issued codes: only if the profile divides by them is it the rule's own rate.
    if (rule.denominator !== 'issued') return ['–', t('staff.rates.after-close')];
    const low = value[rule.numerator];
    return [
      html`${bandText(bandOf(r, rule.numerator))}${bandBar(low, value.step, rule.floor)}`,
      rule.floor === null
        ? ''
        : low >= rule.floor
          ? t('staff.rates.floor-met')
          : low + value.step <= rule.floor
            ? t('staff.rates.floor-not-yet')
            : t('staff.rates.floor-near'),
    ];
  }
  const denominator = rule.denominator === 'quota' ? quota : rule.denominator === 'issued' ? r.issued : null;
  if (denominator === null || denominator === 0) return ['–', t('staff.rates.in-summary')];
  const percent = settle((100 * value[rule.numerator]) / denominator);
  return [
    html`${formatValue(percent, { decimals: rule.decimals, threshold: rule.floor })}%${bandBar(percent, 0, rule.floor)}`,
    rule.floor === null
      ? ''
      : percent >= rule.floor
        ? t('staff.rates.floor-met')
        : html`<strong class="odd">${t('staff.rates.floor-not-met')}</strong>`,
  ];
}

function rateBar(r: RateRow, floor: number | null): Content {
  if (r.value.kind === 'hidden' || r.issued === null || r.issued === 0) return '';
  return r.value.kind === 'coarse'
    ? bandBar(r.value.valid, r.value.step, floor)
    : bandBar((100 * r.value.valid) / r.issued, 0, floor);
}

/** Return rates by the profile, and AAPOR's. */
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import { rateStyle, returnStyle } from '../../../domain/scoring/format.ts';
import { html, type Content } from '../../../html/html.ts';
import { figureCells, figureText, groupSection } from '../figure-view.ts';
import { formatCount, table, type StaffContext } from '../page-view.ts';
import { how } from './result-frame-view.ts';

export function returnPart(c: StaffContext, s: Summary): Content {
  const { t } = c.page;
  const [rate] = s.returnRates;
  if (rate === undefined) return null;
  return html`${table({
    caption: t('staff.summary.return'),
    columns: [
      { text: t('staff.field.group') },
      { text: t('staff.rates.return'), number: true },
      { text: t('staff.summary.returned'), number: true },
      { text: t(`staff.rates.denominator.${rate.denominator}`), number: true },
      { text: t('staff.draw.quota'), number: true },
    ],
    rows: s.returnRates.map((r) => {
      const [value, n, denominator] = figureCells(c, r.figure, returnStyle(s));
      const quota = s.drawn.filter((d) => r.group === null || d.group === r.group);
      return [
        r.group === null ? t('staff.all-groups') : t(`staff.group.${r.group}`),
        r.figure.kind === 'estimate' ? html`${value}%` : value,
        n,
        denominator,
        quota.length === 0 ? '–' : formatCount(quota.reduce((sum, d) => sum + d.quota, 0)),
      ];
    }),
  })}${how(c, [t(`results.how.return.${rate.denominator}`)])}`;
}

/** AAPOR's rates, beside the profile's own. */
export function outcomePart(c: StaffContext, s: Summary): Content {
  const { t } = c.page;
  const [total] = s.responseRates;
  if (total === undefined) return null;
  return groupSection(
    t('staff.summary.outcome'),
    html`<p class="quiet">${t('staff.summary.outcome.about')}</p>
      ${table({
        caption: t('staff.summary.outcome'),
        stack: true,
        columns: [
          { text: t('staff.summary.outcome.rate') },
          { text: t('staff.summary.outcome.what') },
          ...s.responseRates.map((entry) => ({
            text: entry.group === null ? t('staff.all-groups') : t(`staff.group.${entry.group}`),
            number: true,
          })),
        ],
        rows: total.rates.map(({ name }, i) => [
          name,
          t(`outcome.${name}`),
          ...s.responseRates.map((entry) => {
            const figure = entry.rates[i]?.figure ?? { kind: 'no-data' as const };
            return html`${figureText(c, figure, rateStyle)}${figure.kind === 'estimate' && '%'}`;
          }),
        ]),
      })}`,
    false,
  );
}

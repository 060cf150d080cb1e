/** The signals, and the figure without the strata concerned. */
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import type { Figure } from '../../../domain/scoring/figure.ts';
import { formatShare, type FigureStyle } from '../../../domain/scoring/format.ts';
import { html, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import { figureText } from '../figure-view.ts';
import { table, type StaffContext } from '../page-view.ts';

/** The signals, and the figure without the strata that they name. */
export function integrityPart(c: StaffContext, s: Summary, style: FigureStyle): Html {
  const { t } = c.page;
  const { signals, withoutFlagged: without } = s;
  const place = (name: string) => (name === '' ? t('staff.level.rest') : name);
  const withAll = new Map(s.groups.map((g) => [g.group, g.figure]));
  const firstOf = new Map(s.first.groups.map((g) => [g.group, g.figure]));
  const withoutFirst = new Map((without?.first.groups ?? []).map((g) => [g.group, g.figure]));
  const missing = { kind: 'no-data' } as const;
  const four = (figures: readonly (Figure | undefined)[]) =>
    figures.map((figure) => figureText(c, figure ?? missing, style));
  return html`<p class="quiet">${t('staff.summary.integrity.about')}</p>
    ${
      signals.length === 0
        ? html`<p>${t('staff.summary.integrity.none')}</p>`
        : pagedTable(c, {
            list: 'signals',
            search: { label: t('list.find.unit'), textOf: (signal) => place(signal.name) },
            caption: t('staff.summary.integrity'),
            stack: true,
            columns: [
              { text: t('staff.field.unit') },
              { text: t('staff.field.group') },
              { text: t('staff.summary.integrity.signal') },
              { text: t('staff.summary.integrity.lot') },
              { text: t('staff.summary.integrity.false-alarm'), number: true },
            ],
            items: signals,
            row: (signal) => [
              place(signal.name),
              t(`staff.group.${signal.group}`),
              t(`signal.${signal.kind}`),
              signal.lot === null ? t('staff.summary.integrity.all-lots') : String(signal.lot),
              `≤ ${formatShare(signal.falseAlarm, 4)}%`,
            ],
          })
    }${
      without !== null &&
      html`${table({
          caption: t('staff.summary.integrity.without'),
          showCaption: true,
          stack: true,
          columns: [
            { text: t('staff.field.group') },
            { text: t('staff.summary.by-last'), number: true },
            { text: t('staff.summary.integrity.without-last'), number: true },
            { text: t('staff.summary.by-first'), number: true },
            { text: t('staff.summary.integrity.without-first'), number: true },
          ],
          rows: [
            [
              html`<strong>${t('staff.summary.official')}</strong>`,
              ...four([s.official, without.official, s.first.official, without.first.official]),
            ],
            ...without.groups.map(({ group, figure }) => [
              t(`staff.group.${group}`),
              ...four([withAll.get(group), figure, firstOf.get(group), withoutFirst.get(group)]),
            ]),
          ],
        })}
        <p>
          ${
            without.changesVerdict === null
              ? t('staff.summary.integrity.verdict-unknown')
              : t(
                  without.changesVerdict
                    ? 'staff.summary.integrity.verdict-changes'
                    : 'staff.summary.integrity.verdict-stays',
                  { verdict: t(`verdict.${without.verdict.kind}`) },
                )
          }
        </p>`
    }`;
}

/** The first page of a county's inspection: its rules, and who stated what and when. */
import type { Regime } from '../../../domain/inspection/regime.ts';
import type { InspectionEntry } from '../../../domain/model/inspection.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { card, emptyState, facts, help, list } from '../../../html/parts.ts';
import { pagedTable } from '../../../html/paging.ts';
import { timeTag, type StaffContext } from '../page-view.ts';
import { gatesCard, othersCard, stagesCard, type GatesPart } from './gates-view.ts';
import { inspectionFrame, inspectionPath, localised, rulesForm } from './frame-view.ts';

export interface SheetPage extends GatesPart {
  readonly regimes: readonly Regime[];
  readonly entries: readonly InspectionEntry[];
}

export function sheetPage(c: StaffContext, o: SheetPage): Html {
  return inspectionFrame(c, o, {
    page: 'sheet',
    body: html`${gatesCard(c, o)}${stagesCard(c, o)}${o.regime !== null && othersCard(c, o)}${rulesCard(c, o)}${historyCard(c, o)}`,
  });
}

function rulesCard(c: StaffContext, o: SheetPage): Html {
  const { t } = c.page;
  const { view } = o;
  const { regime, adapted } = view.documents.rules.body;
  const base = inspectionPath(view);
  const mayChange = c.may('inspection.configure', view.county.code);
  return card({
    title: t('inspection.rules'),
    id: 'rules',
    body: html`${
      regime === null
        ? emptyState(t('inspection.rules.none'), !mayChange && html`<p>${t('inspection.rules.ask')}</p>`)
        : html`${facts([
              [t('inspection.rules.name'), localised(c, regime.title)],
              [
                t('inspection.rules.version'),
                `${regime.version}${adapted ? t('inspection.rules.adapted') : ''}`,
              ],
            ])}
            <p>${localised(c, regime.source)}</p>
            ${help(t('inspection.choices'), list(regime.choices.map((text) => localised(c, text))))}
            <p><a href="${base}/regime.json">${t('inspection.rules.download')}</a></p>`
    }${
      mayChange &&
      rulesForm(c, {
        ...{ view, record: 'rules', action: `${base}/rules`, name: 'regime' },
        ...{ shipped: o.regimes, chosen: regime, problem: o.problem },
        title: t(regime === null ? 'inspection.rules.choose' : 'inspection.rules.change'),
      })
    }`,
  });
}

function historyCard(c: StaffContext, { view, entries }: SheetPage): Content {
  const { t } = c.page;
  const nameOf = (e: InspectionEntry) =>
    t('inspection.history.version', { record: t(`inspection.record.${e.record}`), version: e.version });
  return (
    entries.length > 0 &&
    card({
      title: t('inspection.history'),
      body: html`<p>
          ${t(view.county.frame === null ? 'inspection.history.waiting' : 'inspection.history.logged')}
        </p>
        ${pagedTable(c, {
          caption: t('inspection.history'),
          list: 'history',
          path: inspectionPath(view),
          search: {
            label: t('list.find.version'),
            textOf: (e) => `${nameOf(e)} ${e.by.name} ${e.reason ?? ''}`,
          },
          stack: true,
          columns: [
            { text: t('inspection.history.when') },
            { text: t('inspection.history.what') },
            { text: t('inspection.history.who') },
            { text: t('inspection.history.why') },
            { text: t('inspection.history.text') },
          ],
          items: entries,
          row: (e) => [
            timeTag(e.at),
            nameOf(e),
            t('staff.bracketed', { text: e.by.name, more: t(`staff.role.${e.by.role}`) }),
            e.reason ?? '–',
            html`<a href="${inspectionPath(view)}/versions/${e.no}">${t('inspection.history.json')}</a>`,
          ],
        })}`,
    })
  );
}

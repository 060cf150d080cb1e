/** Content for the report: proposed sentences to be edited, and the files. */
import { formatValue, pointStyle } from '../../../domain/scoring/format.ts';
import { proposePoints, type ReportPoint } from '../../../domain/scoring/summary/ranking.ts';
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import { html, type Html } from '../../../html/html.ts';
import { card } from '../../../html/parts.ts';
import { localised } from '../figure-view.ts';
import { countyPath } from '../frame-view.ts';
import { token, type StaffContext } from '../page-view.ts';
import { resultPath } from './result-frame-view.ts';

/** Sentences of the report that people may edit. */
export interface ReportDraft {
  readonly highlights: readonly string[];
  readonly problem: string;
  /** The summary paragraph. */
  readonly summary: string;
}

/** The proposal in one line: `亮点：甲（93.6）、乙（92.1）。问题：丙（76.2）。` */
export function reportGlance(c: StaffContext, s: Summary): string {
  const { t } = c.page;
  const { highlights, problem } = proposePoints(s);
  const name = (point: ReportPoint) =>
    t('report.summary.named', {
      name: point.kind === 'dimension' ? localised(c, point.title) : t(`staff.group.${point.group}`),
      value: formatValue(point.figure.value, pointStyle(s)),
    });
  return [
    highlights.length > 0 &&
      t('results.report.highlights', { points: highlights.map(name).join(t('staff.list-comma')) }),
    problem !== null && t('results.report.one-problem', { point: name(problem) }),
  ]
    .filter((sentence) => sentence !== false)
    .join('');
}

export function reportCard(c: StaffContext, s: Summary, draft: ReportDraft): Html {
  const { t } = c.page;
  const base = resultPath(s);
  const dossier = `${countyPath(s.campaign.id, s.county.code)}/dossier`;
  const mayMakeDossier = c.may('dossier.make', s.county.code);
  const fields = [
    ...draft.highlights.map((text, i) => ({
      name: `highlight-${i + 1}`,
      label: t('results.report.highlight', { no: i + 1 }),
      text,
    })),
    { name: 'problem', label: t('results.report.problem'), text: draft.problem },
  ];
  return card({
    title: t('results.report'),
    id: 'report',
    body: html`<p>${reportGlance(c, s)}</p>
      <p class="acts">
        <a class="button" href="${base}.docx">${t('results.report.word')}</a
        ><a class="button secondary" href="${base}.xlsx">${t('results.report.excel')}</a
        ><a class="button secondary" href="${base}.csv">${t('results.report.csv')}</a>
      </p>
      ${
        mayMakeDossier &&
        html`<form method="post" action="${dossier}" class="acts on-screen">
          ${token(c)}<button class="secondary">${t('dossier.do')}</button>
          <span class="quiet">${t('dossier.hint')}</span>
        </form>`
      }
      <details class="on-screen">
        <summary>${t('results.report.edit')}</summary>
        <form method="post" action="${base}.docx">
          ${token(c)}${fields.map(
            ({ name, label, text }) =>
              html`<div class="field">
                <label for="f-${name}">${label}</label
                ><textarea id="f-${name}" name="${name}" rows="3" maxlength="400">${text}</textarea>
              </div>`,
          )}<button>${t('results.report.export-edited')}</button>${
            mayMakeDossier &&
            html`<button class="secondary" formaction="${dossier}">${t('dossier.export-edited')}</button>`
          }
        </form>
      </details>`,
  });
}

/** The report's summary paragraph, to be copied. */
export function paragraphCard(c: StaffContext, draft: ReportDraft): Html {
  return card({
    title: c.page.t('results.report.summary'),
    span: 8,
    body: html`<p class="copy">${draft.summary}</p>`,
  });
}

/** Compares the county's claim with what was measured: the same formulas, and the limits of the comparison. */
import { formatSigned, formatValue, pointStyle } from '../../../domain/scoring/format.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { alertBox } from '../../../html/parts.ts';
import type { ClaimedView } from '../../../operations/summary/claimed.ts';
import { figureText, localised } from '../figure-view.ts';
import { countyFrame, countyPath, type FramedCampaign, type FramedCounty } from '../frame-view.ts';
import {
  field,
  postForm,
  formatCount,
  table,
  textArea,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';

export function claimedPage(
  c: StaffContext,
  o: {
    readonly campaign: FramedCampaign;
    readonly county: FramedCounty;
    readonly view: ClaimedView | null;
    readonly aliases: string;
    readonly problem?: PageProblem;
  },
): Html {
  const { t } = c.page;
  const base = countyPath(o.campaign.id, o.county.code);
  return countyFrame(c, o, {
    title: t('claimed.title'),
    tab: 'summary',
    under: [{ href: `${base}/summary`, text: t('staff.page.summary') }],
    problem: o.problem ?? null,
    body: html`${o.view !== null && result(c, o.view)}
      <h2>${t(o.view === null ? 'claimed.file' : 'claimed.another')}</h2>
      <p>${t('claimed.about')}</p>
      ${postForm(
        c,
        { action: `${base}/claimed`, upload: true, narrow: true, problem: o.problem },
        (refused) =>
          html`${textArea(
              c,
              {
                name: 'aliases',
                label: t('claimed.aliases'),
                hint: t('claimed.aliases.hint'),
                value: o.aliases,
                rows: 2,
              },
              refused,
            )}${field(
              c,
              {
                name: 'file',
                type: 'file',
                label: t('claimed.choose'),
                hint: t('claimed.choose.hint'),
                required: true,
                extra: { accept: '.xlsx,.csv' },
              },
              refused,
            )}<button>${t('claimed.do')}</button>`,
      )}`,
  });
}

function result(c: StaffContext, { summary: s, claimed }: ClaimedView): Content {
  const { t } = c.page;
  const read = [
    claimed.people === null
      ? t('claimed.people.unknown')
      : t('claimed.people', { people: formatCount(claimed.people) }),
    t('claimed.questions', { questions: claimed.questions }),
    claimed.answers === null ? '' : t('claimed.answers', { answers: formatCount(claimed.answers) }),
  ].join('');
  return html`${alertBox('warn', t('claimed.not-verified'), html`${t('claimed.not-verified.text')}`)}
    <p>${t(`claimed.kind.${claimed.kind}`)}${read}</p>
    ${table({
      caption: t('claimed.title'),
      stack: true,
      columns: [
        { text: t('staff.summary.formula') },
        { text: t('claimed.column.claimed'), number: true },
        { text: t('claimed.column.own'), number: true },
        { text: t('claimed.column.difference'), number: true },
        { text: t('staff.summary.against', { value: s.threshold.value }) },
      ],
      rows: claimed.figures.map(({ formula, value, why, meets }) => {
        const own = s.formulas.find((f) => f.id === formula.id);
        const style = pointStyle(s, own?.formula);
        return [
          html`${localised(c, formula.title)}${own?.official === true && html` <span class="state open">${t('staff.summary.official')}</span>`}`,
          value === null
            ? html`<span class="why">${t(`claimed.why.${why ?? 'no-answers'}`)}</span>`
            : html`<b>${formatValue(value, style)}</b>`,
          own ? figureText(c, own.figure, style) : '–',
          value !== null && own?.figure.kind === 'estimate'
            ? formatSigned(
                Number(formatValue(value, style)) - Number(formatValue(own.figure.value, style)),
                style.decimals,
              )
            : '–',
          meets === null ? '–' : t(meets ? 'claimed.meets' : 'claimed.below'),
        ];
      }),
    })}${
      claimed.left.length > 0 &&
      html`<details>
        <summary>${t('claimed.left', { count: claimed.left.length })}</summary>
        <ul>
          ${claimed.left.map(({ title, option }) => html`<li>${title}${option !== '' && t('claimed.left.option', { option })}</li>`)}
        </ul>
      </details>`
    }`;
}

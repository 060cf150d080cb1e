/** Random interviews of a county: call sheets with AAPOR's outcomes, and interviews at gates. */
import {
  interviewOutcomeNames,
  interviewOutcomes,
  outcomeRates,
  type CallSheet,
} from '../../../domain/inspection/interviews.ts';
import { groups } from '../../../domain/model/vocabulary.ts';
import { formatValue } from '../../../domain/scoring/format.ts';
import { checkBox, field, fold, postForm, select, type PageProblem } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { card, emptyState, facts, help } from '../../../html/parts.ts';
import { table } from '../../../html/table.ts';
import type { StaffContext } from '../page-view.ts';
import { callsPath } from './call-view.ts';
import { inspectionPath } from './frame-view.ts';
import { diceField, sampleSize, type OnsitePage } from './symposium-view.ts';

const percent = (share: number | null) =>
  share === null ? '–' : `${formatValue(100 * share, { decimals: 1, threshold: null })}%`;

export function interviewsCard(c: StaffContext, o: OnsitePage): Html {
  const { t } = c.page;
  const { sheets, gates } = o.view.documents.interviews.body;
  const code = o.view.county.code;
  const mayDecide = c.may('inspection.decide', code);
  const names = new Map<string, string>(o.schools.map((s) => [s.id, s.name]));
  return card({
    title: t('inspection.interviews'),
    id: 'interviews',
    body: html`${
      sheets.length === 0 && gates.length === 0
        ? emptyState(
            t('inspection.interviews.none'),
            html`<p>
              ${t(o.view.county.frame === null ? 'inspection.sample.not-frozen' : 'inspection.interviews.by-inspector')}
            </p>`,
          )
        : null
    }${sheets.map((sheet) => sheetPart(c, sheet))}${
      sheets.length > 0 &&
      c.may('inspection.call', code) &&
      html`<p><a href="${callsPath(o.view)}">${t('inspection.call.go')}</a></p>`
    }${
      gates.length > 0 &&
      html`<h3>${t('inspection.interview.gates')}</h3>
        ${table({
          caption: t('inspection.interview.gates'),
          stack: true,
          columns: [
            { text: t('inspection.call.at'), number: true },
            { text: t('inspection.interview.on') },
            { text: t('staff.field.school') },
            { text: t('inspection.interview.approached'), number: true },
            { text: t('inspection.interview.refused'), number: true },
            { text: t('inspection.interview.slips'), number: true },
            { text: t('inspection.note') },
          ],
          rows: gates.map((g, i) => [
            i + 1,
            g.on,
            names.get(g.school) ?? '–',
            g.approached,
            g.refused,
            g.slips,
            g.note || '–',
          ]),
        })}`
    }${help(t('inspection.interviews.rule'), html`<p>${t('inspection.interviews.rule.text')}</p>`)}${
      mayDecide && o.view.county.frame !== null && drawForm(c, o)
    }${mayDecide && o.schools.length > 0 && gateForm(c, o)}`,
  });
}

function sheetPart(c: StaffContext, sheet: CallSheet): Content {
  const { t } = c.page;
  const rates = outcomeRates(sheet.people);
  return html`<h3>
      ${t('inspection.interview.sheet', { no: sheet.no, group: t(`staff.group.${sheet.group}`) })}
    </h3>
    <p>
      ${t('inspection.interview.drawn', { count: sheet.people.length, size: sheet.size, called: rates.called })}${t('sentence.gap')}${sheet.within !== null && t('inspection.symposium.drawn-within', { count: sheet.within.length })}${t('sentence.gap')}${rates.open > 0 && t('inspection.interview.open', { count: rates.open })}
    </p>
    ${facts([
      [t('inspection.interview.rate.response'), percent(rates.responseRate)],
      [t('inspection.interview.rate.cooperation'), percent(rates.cooperationRate)],
      [t('inspection.interview.rate.contact'), percent(rates.contactRate)],
      [t('inspection.interview.rate.refusal'), percent(rates.refusalRate)],
    ])}
    <details>
      <summary>${t('inspection.interview.outcomes')}</summary>
      ${table({
        caption: t('inspection.interview.outcomes'),
        columns: [
          { text: t('inspection.call.outcome') },
          { text: t('inspection.interview.class') },
          { text: t('inspection.interview.number'), number: true },
        ],
        rows: interviewOutcomeNames.map((name) => [
          t(`inspection.interview.outcome.${name}`),
          interviewOutcomes[name],
          rates.counts[name],
        ]),
      })}
      <p class="quiet">${t('inspection.interview.draw.rule', { no: sheet.no, dice: sheet.dice })}</p>
      <p class="hash">${sheet.seed}</p>
    </details>`;
}

function drawForm(c: StaffContext, o: OnsitePage): Html {
  const { t } = c.page;
  return fold(
    t('inspection.interview.draw'),
    postForm(
      c,
      {
        action: `${inspectionPath(o.view)}/interviews`,
        narrow: true,
        hidden: { do: 'draw' },
        problem: o.problem,
      },
      (refused) =>
        html`${select(
            c,
            {
              name: 'group',
              label: t('inspection.interview.group'),
              choices: groups
                .filter((g) => g !== 'public' && g !== 'student')
                .map((value) => ({ value, text: t(`staff.group.${value}`) })),
            },
            refused,
          )}${field(
            c,
            {
              name: 'count',
              label: t('inspection.symposium.how-many'),
              hint: t('inspection.interview.how-many.hint'),
              type: 'number',
              value: '20',
              required: true,
              extra: { min: 1, max: 100 },
            },
            refused,
          )}${
            sampleSize(o) > 0 &&
            checkBox(
              c,
              { name: 'sampleSchools', label: t('inspection.symposium.within'), value: 'true' },
              refused,
            )
          }${diceField(c, refused)}<button>${t('inspection.interview.draw')}</button>`,
    ),
  );
}

function gateForm(c: StaffContext, o: OnsitePage): Html {
  const { t } = c.page;
  const number = (name: 'approached' | 'refused' | 'slips', refused: PageProblem | null) =>
    field(
      c,
      {
        name,
        label: t(`inspection.interview.${name}`),
        type: 'number',
        required: true,
        extra: { min: name === 'approached' ? 1 : 0, max: 10_000 },
      },
      refused,
    );
  return fold(
    t('inspection.interview.gate'),
    html`${postForm(
      c,
      {
        action: `${inspectionPath(o.view)}/interviews`,
        narrow: true,
        hidden: { do: 'gate' },
        problem: o.problem,
      },
      (refused) =>
        html`${field(
            c,
            {
              name: 'on',
              path: 'gate-on',
              label: t('inspection.interview.on'),
              type: 'date',
              required: true,
            },
            refused,
          )}${select(
            c,
            {
              name: 'school',
              label: t('staff.field.school'),
              choices: o.schools.map((s) => ({ value: s.id, text: s.name })),
            },
            refused,
          )}${number('approached', refused)}${number('refused', refused)}${number('slips', refused)}${field(
            c,
            { name: 'note', label: t('inspection.note'), extra: { maxlength: 300 } },
            refused,
          )}<button>${t('inspection.save')}</button>`,
    )}
    ${
      o.view.documents.interviews.body.gates.length > 0 &&
      postForm(
        c,
        {
          action: `${inspectionPath(o.view)}/interviews`,
          narrow: true,
          hidden: { do: 'remove-gate' },
          problem: o.problem,
        },
        (refused) =>
          html`${field(
              c,
              {
                name: 'gate',
                label: t('inspection.interview.remove-gate'),
                type: 'number',
                required: true,
                extra: { min: 1 },
              },
              refused,
            )}${field(
              c,
              {
                name: 'reason',
                path: 'reason-gate',
                label: t('inspection.reason.label'),
                required: true,
                extra: { maxlength: 500 },
              },
              refused,
            )}<button class="secondary">${t('inspection.withdraw')}</button>`,
      )
    }`,
  );
}

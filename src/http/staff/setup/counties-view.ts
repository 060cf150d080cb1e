/** Counties with their residents, and dates. One form saves all of it; faults are shown at their fields and the rest is kept. */
import type { Campaign } from '../../../domain/model/campaign.ts';
import { hiddenFields, pressedByEnter, textArea } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { card, emptyState, grid } from '../../../html/parts.ts';
import { campaignPath } from '../frame-view.ts';
import {
  field,
  tableField,
  fold,
  postForm,
  table,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';
import { stepForm, type StepForm } from './form-view.ts';
import { setupFrame } from './steps-bar-view.ts';

export interface CountyLine {
  readonly code: string;
  readonly name: string;
  readonly residents: string;
  /** YYYY-MM-DD */
  readonly asOf: string;
  readonly slips: string;
  /** Its roll is frozen. */
  readonly isFixed: boolean;
}

export function countiesPage(
  c: StaffContext,
  o: {
    readonly campaign: Campaign;
    readonly form: StepForm;
    readonly asksPublic: boolean;
    readonly needsResidents: boolean;
    readonly values: {
      readonly closesAt: string;
      readonly storageUntil: string;
      readonly lines: readonly CountyLine[];
      readonly add: string;
    };
    /** The default date of residents. */
    readonly asOf: string;
    readonly problem?: PageProblem | undefined;
  },
): Html {
  const { t } = c.page;
  const { campaign, values, problem } = o;
  const base = `${campaignPath(campaign.id)}/setup/counties`;
  const faults = (problem?.issues ?? []).filter((i) => i.path === 'add');
  return setupFrame(
    c,
    campaign,
    'counties',
    html`${stepForm(
      c,
      campaign,
      { ...o.form, step: 'counties', problem },
      html`${pressedByEnter({ name: 'save', value: 'here' })}${grid(
          card({
            title: t('staff.setup.counties.list', { count: values.lines.length }),
            span: 8,
            body:
              values.lines.length === 0
                ? emptyState(
                    t('staff.setup.counties.none'),
                    html`<p>${t('staff.setup.counties.none.do')}</p>`,
                  )
                : html`${lineTable(c, o)}
                    <p class="quiet">${t('staff.setup.counties.about')}</p>`,
          }),
          card({
            title: t('staff.setup.counties.add'),
            span: 4,
            body: html`${textArea(
                c,
                {
                  name: 'add',
                  label: t('staff.setup.counties.add.field'),
                  hint: t('staff.setup.counties.add.hint'),
                  value: values.add,
                  rows: 5,
                },
                problem,
              )}${
                faults.length > 1 &&
                html`<p class="quiet">${t('staff.setup.counties.left', { count: faults.length })}</p>`
              }
              <button class="secondary" name="save" value="add">${t('staff.setup.counties.add.do')}</button>`,
          }),
          card({
            title: t('staff.setup.dates'),
            body: html`<div class="pairs">
              ${field(
                c,
                {
                  name: 'closesAt',
                  label: t('staff.field.closes'),
                  hint: t('staff.hint.closes'),
                  type: 'datetime-local',
                  value: values.closesAt,
                },
                problem,
              )}${field(
                c,
                {
                  name: 'storageUntil',
                  label: t('staff.field.storage'),
                  hint: t('staff.hint.storage'),
                  type: 'date',
                  value: values.storageUntil,
                },
                problem,
              )}
            </div>`,
          }),
        )}
        <div class="acts">
          <button name="next" value="1">${t('staff.setup.save-next')}</button>
          <button class="secondary" name="save" value="here">${t('staff.setup.save')}</button>
        </div>`,
    )}
    ${tableForm(c, base, { version: o.form.version, asOf: o.asOf, problem })}`,
    problem,
    o.form.script,
  );
}

function lineTable(c: StaffContext, o: Parameters<typeof countiesPage>[1]): Html {
  const { t } = c.page;
  const { problem } = o;
  const input = (
    i: number,
    name: string,
    path: string,
    label: string,
    value: string,
    extra = {},
  ): Content => {
    const line = o.values.lines[i]!;
    const own = t('staff.setup.line.of', { no: i + 1, county: line.name });
    return field(
      c,
      { name, path: `counties[${i}].${path}`, of: own, label, value, isLabelUnseen: true, ...extra },
      problem,
    );
  };
  const number = { extra: { inputmode: 'numeric' as const, size: 10 } };
  return table({
    caption: t('staff.counties'),
    stack: true,
    columns: [
      { text: t('staff.field.county') },
      { text: t('staff.field.residents') },
      { text: t('staff.field.residents-as-of') },
      ...(o.asksPublic ? [{ text: t('staff.setup.slips') }] : []),
      { text: t('staff.setup.do') },
    ],
    rows: o.values.lines.map((line, i) => [
      html`<strong>${line.name}</strong> <span class="quiet">${line.code}</span>${hiddenFields({
          code: line.code,
          county: line.name,
        })}`,
      line.isFixed
        ? html`${line.residents}${hiddenFields({ residents: line.residents })}`
        : input(i, 'residents', 'residents.count', t('staff.field.residents'), line.residents, number),
      line.isFixed
        ? html`${line.asOf}${hiddenFields({ asOf: line.asOf })}`
        : input(i, 'asOf', 'residents.asOf', t('staff.field.residents-as-of'), line.asOf || o.asOf, {
            type: 'date',
          }),
      ...(o.asksPublic
        ? [
            line.isFixed
              ? html`${line.slips}${hiddenFields({ slips: line.slips })}`
              : input(i, 'slips', 'slips[0].count', t('staff.setup.slips'), line.slips, number),
          ]
        : []),
      line.isFixed
        ? t('staff.frame.frozen')
        : html`<button class="quiet-button" name="remove" value="${line.code}">
            ${t('staff.setup.remove', { county: line.name })}
          </button>`,
    ]),
  });
}

/** Files need a separate form, which is sent differently. */
function tableForm(
  c: StaffContext,
  base: string,
  o: { readonly version: string; readonly asOf: string; readonly problem: PageProblem | undefined },
): Html {
  const { t } = c.page;
  const { version, asOf } = o;
  return fold(
    t('staff.setup.table'),
    postForm(
      c,
      { action: `${base}/table`, upload: true, narrow: true, hidden: { version }, problem: o.problem },
      (refused) =>
        html`${field(
            c,
            {
              name: 'asOf',
              path: 'table-asOf',
              label: t('staff.field.residents-as-of'),
              type: 'date',
              value: asOf,
            },
            refused,
          )}${tableField(
            c,
            {
              name: 'file',
              label: t('staff.setup.table.label'),
              hint: html`${t('staff.setup.table.hint')}${t('sentence.gap')}<a href="${base}/empty.csv"
                  >${t('staff.setup.table.empty')}</a
                >`,
            },
            refused,
          )}<button class="secondary">${t('staff.send')}</button>`,
    ),
    false,
    'card upload',
  );
}

/** Guardians' consent before pupils are asked: how many, by school. */
import { mainArm } from '../../../domain/frame/ballot.ts';
import { consentedCount } from '../../../domain/inspection/students.ts';
import { field, fold, postForm, select, type PageProblem } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import { card, emptyState, help, tag } from '../../../html/parts.ts';
import { formatCount } from '../../../html/table.ts';
import type { StaffContext } from '../page-view.ts';
import { inspectionPath } from './frame-view.ts';
import type { OnsitePage } from './symposium-view.ts';

/** Empty if pupils are not asked. */
export function studentsCard(c: StaffContext, o: OnsitePage): Content {
  const { t } = c.page;
  const { campaign, county, documents } = o.view;
  const { body, version } = documents.students;
  if (mainArm(campaign.questionnaires, 'student') === undefined && version === 0) return null;
  const names = new Map<string, string>(o.schools.map((s) => [s.id, s.name]));
  const slips = county.slips.find((s) => s.group === 'student')?.count ?? 0;
  const consented = consentedCount(body);
  const isEnough = !body.isRequired || consented >= slips;
  return card({
    title: t('inspection.students'),
    id: 'students',
    aside: tag(
      isEnough ? 'ok' : 'warn',
      t('inspection.consent.count', { consented: formatCount(consented), slips: formatCount(slips) }),
    ),
    body: html`<p>${t(body.isRequired ? 'inspection.consent.needed' : 'inspection.consent.not-needed')}</p>
      ${
        body.consents.length === 0
          ? emptyState(t('inspection.consent.none'))
          : pagedTable(c, {
              list: 'consents',
              search: { label: t('list.find.school'), textOf: (entry) => names.get(entry.school) ?? '' },
              caption: t('inspection.students'),
              stack: true,
              columns: [
                { text: t('staff.field.school') },
                { text: t('inspection.consent.on') },
                { text: t('inspection.consent.pupils'), number: true },
                { text: t('inspection.consent.consented'), number: true },
              ],
              items: body.consents,
              row: (entry) => [
                names.get(entry.school) ?? entry.school,
                entry.on,
                formatCount(entry.pupils),
                formatCount(entry.consented),
              ],
            })
      }${help(t('inspection.consent.rule'), html`<p>${t('inspection.consent.rule.text')}</p>`)}${
        c.may('inspection.enter', county.code) && o.schools.length > 0 && consentForm(c, o)
      }${c.may('inspection.configure', county.code) && settingForm(c, o, body.isRequired)}`,
  });
}

function consentForm(c: StaffContext, o: OnsitePage): Html {
  const { t } = c.page;
  const number = (name: 'pupils' | 'consented', refused: PageProblem | null) =>
    field(
      c,
      {
        name,
        label: t(`inspection.consent.${name}`),
        type: 'number',
        unit: t('inspection.people'),
        required: true,
        extra: { min: name === 'pupils' ? 1 : 0, max: 20_000 },
      },
      refused,
    );
  return fold(
    t('inspection.consent.enter'),
    postForm(
      c,
      {
        action: `${inspectionPath(o.view)}/students`,
        narrow: true,
        hidden: { do: 'consent' },
        problem: o.problem,
      },
      (refused) =>
        html`${select(
            c,
            {
              name: 'school',
              path: 'consent-school',
              label: t('staff.field.school'),
              choices: o.schools.map((s) => ({ value: s.id, text: s.name })),
            },
            refused,
          )}${field(
            c,
            {
              name: 'on',
              path: 'consent-on',
              label: t('inspection.consent.on'),
              type: 'date',
              required: true,
            },
            refused,
          )}${number('pupils', refused)}${number('consented', refused)}${field(
            c,
            {
              name: 'reason',
              path: 'reason-consent',
              label: t('inspection.reason.if-changed'),
              extra: { maxlength: 500 },
            },
            refused,
          )}<button>${t('inspection.save')}</button>`,
    ),
  );
}

function settingForm(c: StaffContext, o: OnsitePage, isRequired: boolean): Html {
  const { t } = c.page;
  return fold(
    t('inspection.consent.setting'),
    postForm(
      c,
      {
        action: `${inspectionPath(o.view)}/students`,
        narrow: true,
        hidden: { do: 'setting', isRequired: String(!isRequired) },
        problem: o.problem,
      },
      (refused) =>
        html`${field(
            c,
            {
              name: 'reason',
              path: 'reason-setting',
              label: t('inspection.reason.label'),
              hint: t('inspection.reason.hint'),
              required: true,
              extra: { maxlength: 500 },
            },
            refused,
          )}<button class="secondary">
            ${t(isRequired ? 'inspection.consent.setting.off' : 'inspection.consent.setting.on')}
          </button>`,
    ),
  );
}

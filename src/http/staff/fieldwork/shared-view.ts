/** Common parts of a county’s fieldwork pages, and names of columns and strata. */
import type { Issue, MessageParams } from '../../../domain/errors.ts';
import type { ReportingStratum, SamplingStratum } from '../../../domain/frame/strata.ts';
import { countyLevelGroups, type Group } from '../../../domain/model/vocabulary.ts';
import { postForm, tableField } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { unitName } from '../../../texts/unit-name.ts';
import { select, table, type PageProblem, type StaffContext } from '../page-view.ts';
import type { ShownCampaign, ShownCounty } from '../campaign/shown-campaign-view.ts';

export interface ShownFault {
  readonly sheet: string;
  readonly row: number;
  readonly field: string;
  readonly message: string;
  readonly params: MessageParams;
}

export interface Of {
  readonly campaign: ShownCampaign;
  readonly county: ShownCounty;
  readonly problem?: PageProblem | null;
}

export function fieldName(c: StaffContext, name: string): string {
  const key = `staff.column.${name}`;
  const text = c.page.t(key);
  return text === key ? name : text;
}

export function warningList(c: StaffContext, warnings: readonly Issue[]): Content {
  return (
    warnings.length > 0 &&
    html`<ul class="warnings">
      ${warnings.map((w) => html`<li>${c.page.t(w.message, w.params)}</li>`)}
    </ul>`
  );
}

/** Before the file in its form: later fields have not arrived when reading starts. */
export function readingChoices(c: StaffContext, form: string, refused: PageProblem | null): Html {
  const { t } = c.page;
  return html`${select(
    c,
    {
      name: 'hiddenRows',
      path: `${form}-hiddenRows`,
      label: t('staff.upload.hidden'),
      choices: [
        { value: '', text: t('staff.upload.hidden.read') },
        { value: 'skip', text: t('staff.upload.hidden.skip') },
      ],
    },
    refused,
  )}${select(
    c,
    {
      name: 'columns',
      path: `${form}-columns`,
      label: t('staff.upload.columns'),
      choices: [
        { value: '', text: t('staff.upload.columns.recognise') },
        { value: 'choose', text: t('staff.upload.columns.choose') },
      ],
    },
    refused,
  )}`;
}

export function faultTable(c: StaffContext, faults: readonly ShownFault[]): Html {
  const { t } = c.page;
  const hasSheets = new Set(faults.map((f) => f.sheet)).size > 1;
  return table({
    caption: t('staff.import.faults'),
    stack: true,
    columns: [
      { text: t('staff.fault.row') },
      { text: t('staff.fault.column') },
      { text: t('staff.fault.field') },
      { text: t('staff.fault.remedy') },
    ],
    rows: faults.map((f) => [
      `${hasSheets ? `${f.sheet} ` : ''}${t('staff.file.row', { row: f.row })}`,
      f.params['column'] ?? '',
      fieldName(c, f.field),
      t(f.message, f.params),
    ]),
  });
}

export function stratumName(
  c: StaffContext,
  s: Pick<ReportingStratum, 'level' | 'name' | 'location' | 'key'> & {
    /** null: all groups together. */
    readonly group: Group | null;
  },
): string {
  const { t } = c.page;
  if (s.level === 'county')
    return t(s.group === null || countyLevelGroups.has(s.group) ? 'staff.level.county' : 'staff.level.rest');
  return unitName(t, { level: s.level, name: s.level === 'location' ? s.key : s.name });
}

/** A sampling stratum in words: 家长 · 城区 · 3 年级. */
export function samplingName(
  c: StaffContext,
  s: Pick<SamplingStratum, 'group' | 'location' | 'grade' | 'kind'>,
): string {
  const { t } = c.page;
  return [
    t(`staff.group.${s.group}`),
    s.location === null ? '' : t(`staff.location.${s.location}`),
    s.grade === null ? '' : t('staff.grade', { grade: s.grade }),
    s.kind === 'slips' ? t('staff.slips') : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** The form that takes the list of schools. */
export function schoolUpload(
  c: StaffContext,
  base: string,
  problem: PageProblem | null | undefined,
  reading: (refused: PageProblem | null) => Content = () => null,
): Html {
  const { t } = c.page;
  return html`${postForm(
      c,
      { action: `${base}/schools`, upload: true, narrow: true, problem },
      (refused) =>
        html`${reading(refused)}${tableField(
            c,
            {
              name: 'file',
              path: 'schools',
              label: t('staff.roll.schools.file'),
              hint: t('staff.roll.schools.hint'),
            },
            refused,
          )}<button>${t('staff.send')}</button>`,
    )}
    <p class="quiet">
      ${t('staff.empty.schools.none')}${t('staff.colon')}<a href="${base}/empty/schools.xlsx"
        >${t('staff.empty.schools')}</a
      >${t('results.full-stop')}${t('sentence.gap')}${t('staff.empty.schools.words')}
    </p>`;
}

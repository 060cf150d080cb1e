/** The forms in which a campaign is created and changed. */
import { purposes, type Group } from '../../../domain/model/vocabulary.ts';
import { attributes, html, type Html } from '../../../html/html.ts';
import {
  choices,
  field,
  groupNames,
  select,
  staffPage,
  token,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';
import { campaignFrame, campaignPath, type FramedCampaign } from '../frame-view.ts';

export interface CampaignValues {
  readonly name: string;
  readonly purpose: string;
  readonly commissioner: string;
  readonly commissionerPhone: string;
  /** As `datetime-local` has it, China's time. */
  readonly closesAt: string;
  readonly storageUntil: string;
  readonly selfAdministered: boolean;
  readonly demo: boolean;
  readonly profile: string;
  readonly questionnaires: readonly string[];
  readonly counties: readonly {
    readonly code: string;
    readonly name: string;
    readonly residents: string;
    readonly asOf: string;
    readonly slips: string;
  }[];
}
export interface Templates {
  readonly profiles: readonly { readonly file: string; readonly title: string; readonly about: string }[];
  readonly questionnaires: readonly {
    readonly file: string;
    readonly title: string;
    /** Of which rules it is a version; null: of none that we know. */
    readonly version: string | null;
    readonly groups: readonly Group[];
  }[];
}

function plainFields(
  c: StaffContext,
  v: Omit<CampaignValues, 'counties'>,
  problem?: PageProblem | null,
): Html {
  const { t } = c.page;
  return html`${field(c, { name: 'name', label: t('staff.field.campaign-name'), value: v.name, required: true }, problem)}${select(
    c,
    {
      name: 'purpose',
      label: t('staff.field.purpose'),
      value: v.purpose,
      choices: purposes.map((p) => ({ value: p, text: t(`staff.purpose.${p}`) })),
    },
    problem,
  )}${field(
    c,
    {
      name: 'commissioner',
      label: t('staff.field.commissioner'),
      hint: t('staff.hint.commissioner'),
      value: v.commissioner,
      required: true,
    },
    problem,
  )}${field(
    c,
    {
      name: 'commissionerPhone',
      label: t('staff.field.commissioner-phone'),
      hint: t('staff.hint.commissioner-phone'),
      type: 'tel',
      value: v.commissionerPhone,
      required: true,
    },
    problem,
  )}${field(
    c,
    {
      name: 'closesAt',
      label: t('staff.field.closes'),
      hint: t('staff.hint.closes'),
      type: 'datetime-local',
      value: v.closesAt,
      required: true,
    },
    problem,
  )}${field(
    c,
    {
      name: 'storageUntil',
      label: t('staff.field.storage'),
      hint: t('staff.hint.storage'),
      type: 'date',
      value: v.storageUntil,
      required: true,
    },
    problem,
  )}<label class="option"><input${attributes({
    type: 'checkbox',
    name: 'selfAdministered',
    value: 'yes',
    checked: v.selfAdministered,
  })}>${t('staff.field.self-administered')}<span class="only">${t('staff.hint.self-administered')}</span></label>`;
}

export function newCampaignPage(
  c: StaffContext,
  o: {
    readonly values: CampaignValues;
    readonly templates: Templates;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  const { values, templates, problem } = o;
  return staffPage(c, {
    title: t('staff.campaign.new'),
    problem,
    body: html`<form method="post" action="/staff/campaigns" class="narrow">${token(c)}<input type="hidden" name="rows" value="${
      values.counties.length
    }">${plainFields(c, values, problem)}<label class="option"><input${attributes({
      type: 'checkbox',
      name: 'demo',
      value: 'yes',
      checked: values.demo,
    })}>${t('staff.field.demo')}<span class="only">${t('staff.hint.demo')}</span></label>${choices(
      c,
      {
        type: 'radio',
        name: 'profile',
        legend: t('staff.field.profile'),
        hint: t('staff.hint.profile'),
        options: templates.profiles.map((p) => ({ value: p.file, text: p.title, about: p.about })),
        chosen: [values.profile],
      },
      problem,
    )}${choices(
      c,
      {
        type: 'checkbox',
        name: 'questionnaires',
        legend: t('staff.field.questionnaires'),
        hint: t('staff.hint.questionnaires'),
        options: templates.questionnaires.map((q) => ({
          value: q.file,
          text: q.title,
          about: q.version === null ? groupNames(c, q.groups) : `${groupNames(c, q.groups)} · ${q.version}`,
        })),
        chosen: values.questionnaires,
      },
      problem,
    )}<h2>${t('staff.counties')}</h2><p class="hint" id="f-counties">${t('staff.hint.counties')}</p>${values.counties.map(
      (county, i) =>
        html`<fieldset class="county-row">
          <legend>${t('staff.county-no', { no: i + 1 })}</legend>
          <div class="row">
            ${field(
              c,
              {
                name: 'countyCode',
                path: `counties[${i}].code`,
                label: t('staff.field.code'),
                value: county.code,
                extra: { inputmode: 'numeric', maxlength: 6 },
              },
              problem,
            )}${field(
              c,
              {
                name: 'countyName',
                path: `counties[${i}].name`,
                label: t('staff.field.county-name'),
                value: county.name,
              },
              problem,
            )}${field(
              c,
              {
                name: 'residents',
                path: `counties[${i}].residents.count`,
                label: t('staff.field.residents'),
                value: county.residents,
                extra: { inputmode: 'numeric' },
              },
              problem,
            )}${field(
              c,
              {
                name: 'residentsAsOf',
                path: `counties[${i}].residents.asOf`,
                label: t('staff.field.residents-as-of'),
                type: 'date',
                value: county.asOf,
              },
              problem,
            )}${field(
              c,
              {
                name: 'slips',
                path: `counties[${i}].slips[0]`,
                label: t('staff.field.slips'),
                value: county.slips,
                extra: { inputmode: 'numeric' },
              },
              problem,
            )}
          </div>
        </fieldset>`,
    )}<p class="hint">${t('staff.hint.more-counties')} <a href="/staff/campaigns/new?rows=20">20</a> · <a href="/staff/campaigns/new?rows=120">120</a></p><button>${t(
      'staff.campaign.create',
    )}</button></form>`,
  });
}

export function editCampaignPage(
  c: StaffContext,
  o: {
    readonly campaign: FramedCampaign;
    readonly values: Omit<CampaignValues, 'counties'>;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  const base = campaignPath(o.campaign.id);
  return campaignFrame(c, o.campaign, {
    title: t('staff.campaign.edit'),
    tab: 'setup',
    problem: o.problem,
    body: html`<form method="post" action="${base}/edit" class="narrow">
      ${token(c)}${plainFields(c, o.values, o.problem)}<button>${t('staff.save')}</button>
    </form>`,
  });
}

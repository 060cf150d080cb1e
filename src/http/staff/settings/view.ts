import { largestLogo, maxStorageMonths } from '../../../domain/model/settings.ts';
import { html, type Html } from '../../../html/html.ts';
import { card, facts, grid } from '../../../html/parts.ts';
import { administrationPage } from '../administration-view.ts';
import { actionForm, field, postForm, token, type PageProblem, type StaffContext } from '../page-view.ts';

export interface SettingsValues {
  readonly organisation: string;
  readonly phone: string;
  readonly icpNumber: string;
  readonly storageMonths: string;
}

export function settingsPage(
  c: StaffContext,
  o: {
    readonly values: SettingsValues;
    readonly hasLogo: boolean;
    /** Value of the environment, shown while the page's own is empty. */
    readonly icpFallback: string | null;
    /** Settings that only the environment can change, with their values in words. */
    readonly environment: readonly (readonly [string, string])[];
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  const { values, problem } = o;
  return administrationPage(c, 'settings', {
    title: t('staff.settings'),
    cards: true,
    problem,
    body: grid(
      card({
        title: t('staff.settings.office'),
        span: 7,
        body: html`<form method="post" action="/staff/settings" class="narrow">
          ${token(c)}${field(
            c,
            {
              name: 'organisation',
              label: t('staff.settings.organisation'),
              hint: t('staff.settings.organisation.hint'),
              value: values.organisation,
              extra: { maxlength: 60, autocomplete: 'organization' },
            },
            problem,
          )}${field(
            c,
            {
              name: 'phone',
              label: t('staff.settings.phone'),
              hint: t('staff.settings.phone.hint'),
              type: 'tel',
              value: values.phone,
              extra: { maxlength: 40 },
            },
            problem,
          )}${field(
            c,
            {
              name: 'icpNumber',
              label: t('staff.settings.icp'),
              hint: t(o.icpFallback === null ? 'staff.settings.icp.hint' : 'staff.settings.icp.fallback', {
                number: o.icpFallback ?? '',
              }),
              value: values.icpNumber,
              extra: { maxlength: 100 },
            },
            problem,
          )}${field(
            c,
            {
              name: 'storageMonths',
              label: t('staff.settings.storage'),
              hint: t('staff.settings.storage.hint'),
              type: 'number',
              unit: t('staff.settings.months'),
              value: values.storageMonths,
              required: true,
              extra: { min: 1, max: maxStorageMonths },
            },
            problem,
          )}<button>${t('staff.save')}</button>
        </form>`,
      }),
      card({
        title: t('staff.settings.logo'),
        span: 5,
        id: 'logo',
        body: html`<p class="quiet">${t('staff.settings.logo.about', { kilobytes: largestLogo / 1024 })}</p>
          ${
            o.hasLogo && c.office?.logo
              ? html`<p>
                    <img class="logo-sample" src="${c.office.logo}" alt="${t('staff.settings.logo.now')}" />
                  </p>
                  ${actionForm(c, '/staff/settings/logo/remove', t('staff.settings.logo.remove'), { quiet: true })}`
              : html`<p>${t('staff.settings.logo.none')}</p>`
          }
          ${postForm(
            c,
            { action: '/staff/settings/logo', upload: true, problem },
            (refused) =>
              html`${field(
                  c,
                  {
                    name: 'logo',
                    label: t('staff.settings.logo.file'),
                    type: 'file',
                    required: true,
                    extra: { accept: 'image/png,image/jpeg,image/webp' },
                  },
                  refused,
                )}<button class="secondary">${t('staff.settings.logo.send')}</button>`,
          )}`,
      }),
      card({
        title: t('staff.settings.environment'),
        body: html`<p class="quiet">${t('staff.settings.environment.about')}</p>
          ${facts(o.environment)}`,
      }),
    ),
  });
}

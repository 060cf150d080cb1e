/** The survey's name, its commissioner, and its scoring rules: the profiles side by side, none preselected. */
import type { Campaign } from '../../../domain/model/campaign.ts';
import { purposes, type Group } from '../../../domain/model/vocabulary.ts';
import { exceptableGroups } from '../../../domain/scoring/rules/exception.ts';
import type { RuleProfile } from '../../../domain/scoring/rules/profile.ts';
import { checkBox, choices, promisedField } from '../../../html/form.ts';
import { attributes, html, type Content, type Html } from '../../../html/html.ts';
import { card, grid, help } from '../../../html/parts.ts';
import { localised } from '../figure-view.ts';
import { campaignPath } from '../frame-view.ts';
import {
  actionForm,
  field,
  formatCount,
  groupNames,
  select,
  staffPage,
  table,
  token,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';
import { stepForm, type StepForm } from './form-view.ts';
import { setupFrame } from './steps-bar-view.ts';

export interface RuleValues {
  readonly name: string;
  readonly purpose: string;
  readonly commissioner: string;
  readonly commissionerPhone: string;
  readonly selfAdministered: boolean;
  readonly demo: boolean;
  /** Key of the profile; empty: none chosen, or the stored one stays. */
  readonly profile: string;
  readonly exceptions: readonly string[];
  readonly reason: string;
}
export interface ShownProfile {
  readonly key: string;
  readonly profile: RuleProfile;
  /** For one added by users: its version. */
  readonly version: number | null;
  readonly about: string;
}

export function newPage(
  c: StaffContext,
  o: {
    readonly promised: string;
    readonly values: RuleValues;
    readonly profiles: readonly ShownProfile[];
    readonly earlier: readonly { readonly id: string; readonly name: string; readonly promised: string }[];
    readonly problem?: PageProblem | undefined;
  },
): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.campaign.new'),
    subtitle: t('staff.setup.new.sub'),
    cards: true,
    problem: o.problem,
    body: html`${
        o.earlier.length > 0 &&
        html`<details class="card earlier">
          <summary>${t('staff.setup.copy')}</summary>
          <p class="quiet">${t('staff.setup.copy.about')}</p>
          <ul class="plain">
            ${o.earlier
              .slice(0, 20)
              .map(
                (one) =>
                  html`<li>
                    ${actionForm(
                      c,
                      `${campaignPath(one.id)}/copy`,
                      t('staff.setup.copy.do', { name: one.name }),
                      { quiet: true, before: promisedField(one.promised) },
                    )}
                  </li>`,
              )}
          </ul>
        </details>`
      }
      <form method="post" action="/staff/campaigns">
        ${token(c)}${promisedField(o.promised)}${grid(
          card({
            title: t('staff.setup.who'),
            body: html`${plainFields(c, o.values, o.problem)}${demoBox(c, o.values)}`,
          }),
          rulesCard(c, o.values, o.profiles, o.problem),
        )}
        <p><button>${t('staff.setup.create')}</button></p>
      </form>`,
  });
}

export function rulesPage(
  c: StaffContext,
  o: {
    readonly campaign: Campaign;
    readonly form: StepForm;
    readonly current: RuleProfile;
    readonly values: RuleValues;
    readonly profiles: readonly ShownProfile[];
    readonly problem?: PageProblem | undefined;
  },
): Html {
  const { t } = c.page;
  const { campaign } = o;
  const isFixed = campaign.counties.some((county) => county.frameState !== 'preparing');
  const now = html`<p>
    ${t('staff.setup.rules.now')}${t('staff.colon')}<strong>${localised(c, o.current.title)}</strong>${
      o.current.requiredGroupsWithoutQuestionnaire.length > 0 &&
      t('staff.setup.rules.excepted', { groups: groupNames(c, o.current.requiredGroupsWithoutQuestionnaire) })
    }
  </p>`;
  return setupFrame(
    c,
    campaign,
    'rules',
    html`${stepForm(
        c,
        campaign,
        { ...o.form, step: 'rules', problem: o.problem },
        html`${grid(
            card({ title: t('staff.setup.who'), body: plainFields(c, o.values, o.problem) }),
            isFixed
              ? card({
                  title: t('staff.setup.rules'),
                  body: html`${now}
                    <p class="quiet">${t('staff.setup.rules.fixed')}</p>`,
                })
              : rulesCard(c, o.values, o.profiles, o.problem, now),
          )}
          <div class="acts">
            <button name="next" value="1">${t('staff.setup.save-next')}</button>
            <button class="secondary" name="save" value="here">${t('staff.setup.save')}</button>
          </div>`,
      )}
      <p>
        <a href="${campaignPath(campaign.id)}/delete">${t('staff.setup.delete')}</a>
      </p>`,
    o.problem,
    o.form.script,
  );
}

function plainFields(c: StaffContext, v: RuleValues, problem: PageProblem | undefined): Html {
  const { t } = c.page;
  return html`<div class="pairs">
      ${field(c, { name: 'name', label: t('staff.field.campaign-name'), hint: t('staff.setup.name.hint'), value: v.name, required: true }, problem)}${select(
        c,
        {
          name: 'purpose',
          label: t('staff.field.purpose'),
          hint: t('staff.setup.purpose.hint'),
          value: v.purpose,
          required: true,
          choices: [
            ...(v.purpose === '' ? [{ value: '', text: t('staff.purpose.choose') }] : []),
            ...purposes.map((p) => ({ value: p, text: t(`staff.purpose.${p}`) })),
          ],
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
      )}
    </div>
    ${checkBox(c, {
      name: 'selfAdministered',
      label: t('staff.field.self-administered'),
      about: t('staff.hint.self-administered'),
      checked: v.selfAdministered,
    })}`;
}

function demoBox(c: StaffContext, v: RuleValues): Html {
  const { t } = c.page;
  return checkBox(c, {
    name: 'demo',
    label: t('staff.field.demo'),
    about: t('staff.hint.demo'),
    checked: v.demo,
  });
}

function rulesCard(
  c: StaffContext,
  v: RuleValues,
  profiles: readonly ShownProfile[],
  problem: PageProblem | undefined,
  now: Content = null,
): Html {
  const { t } = c.page;
  const exceptions = [...new Set(profiles.flatMap(({ profile }) => exceptableGroups(profile)))];
  return card({
    title: t('staff.setup.rules'),
    id: 'f-profile',
    body: html`${now}
      <p class="quiet">${t(now === null ? 'staff.setup.rules.about' : 'staff.setup.rules.change')}</p>
      ${profileTable(c, v, profiles, problem)}${exceptionPart(c, v, exceptions, problem)}`,
  });
}

export type Fact = readonly [label: string, text: (profile: RuleProfile) => string];

/** The properties of a rule profile that can be compared with another's. */
export function profileFacts(c: StaffContext): readonly Fact[] {
  const { t } = c.page;
  return [
    [
      t('staff.setup.profile.for'),
      (p) =>
        p.sampling === 'self-selected'
          ? t('staff.setup.profile.for.open')
          : p.groups.some((g) => (g.countsFor ?? 'county') !== 'county')
            ? t('staff.setup.profile.for.evaluations')
            : t(`staff.setup.profile.for.${p.regime === 'quality-2017' ? 'quality' : 'basic'}`),
    ],
    [
      t('staff.setup.profile.threshold'),
      (p) => t(`staff.setup.profile.threshold.${p.threshold.unit}`, { value: p.threshold.value }),
    ],
    [t('staff.setup.profile.role'), (p) => roleOf(c, p)],
    [
      t('staff.setup.profile.formula'),
      (p) => localised(c, p.formulas.find((f) => f.id === p.official)!.title),
    ],
    [t('staff.setup.profile.sample'), (p) => sampleOf(c, p)],
    [t('staff.setup.profile.floor'), (p) => floorOf(c, p)],
    [t('staff.setup.profile.groups'), (p) => groupNames(c, groupsOf(p))],
    [t('staff.setup.profile.counts'), (p) => countsOf(c, p)],
  ];
}

function profileTable(
  c: StaffContext,
  v: RuleValues,
  profiles: readonly ShownProfile[],
  problem: PageProblem | undefined,
): Html {
  const { t } = c.page;
  const fault = problem?.issues?.find((i) => i.path === 'profile');
  return html`${fault && html`<p class="error" id="f-profile-fault">${t(fault.message, fault.params)}</p>`}
    <div class="profiles">
      ${table({
        caption: t('staff.setup.rules'),
        stack: true,
        columns: [{ text: t('staff.setup.profile') }, ...profileFacts(c).map(([label]) => ({ text: label }))],
        rows: profiles.map(({ key, profile, version }) => [
          html`<label class="pick"
            ><input${attributes({
              type: 'radio',
              name: 'profile',
              value: key,
              checked: v.profile === key,
              'aria-describedby': fault ? 'f-profile-fault' : null,
            })} /><span
              >${localised(c, profile.title)}${
                version !== null &&
                html` <span class="quiet">${t('staff.template.version', { version })}</span>`
              }</span
            ></label
          >`,
          ...profileFacts(c).map(([, text]) => text(profile)),
        ]),
      })}
    </div>
    ${help(
      t('staff.setup.profile.sources'),
      profiles.map(
        ({ profile, about }) =>
          html`<p><strong>${localised(c, profile.title)}</strong>${t('staff.colon')}${about}</p>`,
      ),
    )}`;
}

const groupsOf = (p: RuleProfile): readonly Group[] =>
  p.groups.map((rule) => rule.group).filter((g) => !p.requiredGroupsWithoutQuestionnaire.includes(g));

/** Whom the answers judge: stated once if it is the same for every group. */
function countsOf(c: StaffContext, p: RuleProfile): string {
  const { t } = c.page;
  const groups = groupsOf(p);
  const whom = groups.map((group) => p.groups.find((g) => g.group === group)?.countsFor ?? 'county');
  if (new Set(whom).size === 1) return t(`staff.setup.profile.counts.${whom[0]!}`);
  return groups
    .map((group, i) =>
      t('staff.setup.profile.counts.group', {
        group: t(`staff.group.${group}`),
        whom: t(`staff.setup.profile.counts.${whom[i]!}`),
      }),
    )
    .join(t('staff.list-comma'));
}

function roleOf(c: StaffContext, { role }: RuleProfile): string {
  return c.page.t(
    `staff.setup.profile.role.${role.kind}`,
    role.kind === 'points' ? { points: role.points, of: role.of } : {},
  );
}

function sampleOf(c: StaffContext, { quota }: RuleProfile): string {
  const { t } = c.page;
  switch (quota.kind) {
    case 'census':
    case 'open-link':
      return t(`staff.setup.profile.sample.${quota.kind}`);
    case 'per-mille':
      return t('staff.setup.profile.sample.per-mille', {
        perMille: quota.perMille,
        below: formatCount(quota.floorBelowResidents),
        floor: quota.floor,
        parents: Math.round(quota.parentShareAtLeast * 100),
      });
    case 'tiers': {
      const totals = quota.tiers.map((tier) => Object.values(tier.quotas).reduce((a, b) => a + b, 0));
      const [least, most] = [Math.min(...totals), Math.max(...totals)];
      return least === most
        ? t('staff.setup.profile.sample.same', { count: formatCount(most) })
        : t('staff.setup.profile.sample.tiers', { count: quota.tiers.length, least, most });
    }
  }
}

function floorOf(c: StaffContext, { returnRate }: RuleProfile): string {
  const { t } = c.page;
  if (returnRate === null || returnRate.floor === null) return t('staff.setup.profile.floor.none');
  return t(`staff.setup.profile.floor.${returnRate.floorOf}`, { floor: returnRate.floor });
}

function exceptionPart(
  c: StaffContext,
  v: RuleValues,
  groups: readonly Group[],
  problem: PageProblem | undefined,
): Html {
  const { t } = c.page;
  return html`<details class="exceptions" ${attributes({ open: v.exceptions.length > 0 })}>
    <summary>${t('staff.setup.exception')}</summary>
    <p class="quiet">${t('staff.setup.exception.about')}</p>
    ${choices(
      c,
      {
        type: 'checkbox',
        name: 'exceptions',
        legend: t('staff.setup.exception.groups'),
        options: groups.map((g) => ({
          value: g,
          text: t('staff.setup.exception.group', { group: t(`staff.group.${g}`) }),
        })),
        chosen: v.exceptions,
      },
      problem,
    )}${field(
      c,
      {
        name: 'reason',
        label: t('staff.setup.exception.reason'),
        hint: t('staff.setup.exception.reason.hint'),
        value: v.reason,
      },
      problem,
    )}
  </details>`;
}

import { actionsOfRole } from '../../../domain/campaign/permissions.ts';
import type { CountyCode } from '../../../domain/model/ids.ts';
import { roles, type Role } from '../../../domain/model/vocabulary.ts';
import { needsSecondFactor } from '../../../domain/user/second-factor.ts';
import { checkBox, promisedField } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import { card, grid, tag } from '../../../html/parts.ts';
import { logInTable, tokenTable, type ShownLogIn, type ShownToken } from '../account/view.ts';
import { administrationPage } from '../administration-view.ts';
import {
  actionForm,
  choices,
  field,
  formatDay,
  table,
  timeTag,
  token,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';

export interface ShownUser {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly counties: readonly CountyCode[];
  readonly disabled: boolean;
  readonly createdAt: number;
  readonly mustChangePassword: boolean;
  readonly secondFactorAt: number | null;
}
export interface UserValues {
  readonly login: string;
  readonly name: string;
  readonly role: string;
  readonly counties: string;
}

export function usersPage(
  c: StaffContext,
  o: {
    readonly users: readonly ShownUser[];
    /** Of their counties. */
    readonly names: ReadonlyMap<CountyCode, string>;
    /** When each logged in last. */
    readonly logIns: ReadonlyMap<string, number>;
    readonly values: UserValues;
    /** For the new account. */
    readonly promised: string;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  return administrationPage(c, 'users', {
    title: t('staff.nav.users'),
    problem: o.problem,
    cards: true,
    body: grid(
      card({
        title: t('staff.nav.users'),
        body: pagedTable(c, {
          caption: t('staff.nav.users'),
          path: '/staff/users',
          search: { label: t('list.find.user'), textOf: (u) => `${u.name} ${u.login}` },
          stack: true,
          columns: [
            { text: t('staff.field.login') },
            { text: t('staff.field.name') },
            { text: t('staff.field.role') },
            { text: t('staff.field.counties') },
            { text: t('staff.field.state') },
            { text: t('staff.factor') },
            { text: t('staff.user.last-log-in') },
          ],
          items: o.users,
          row: (u) => [
            html`<a href="/staff/users/${u.id}">${u.login}</a>`,
            u.name,
            t(`staff.role.${u.role}`),
            u.counties.length === 0 ? t('staff.all-counties') : countyList(c, u.counties, o.names),
            stateOf(c, u),
            u.secondFactorAt === null ? t('staff.factor.off') : tag('ok', t('staff.factor.on')),
            o.logIns.has(u.id) ? timeTag(o.logIns.get(u.id)!) : t('staff.user.never'),
          ],
        }),
      }),
      card({
        title: t('staff.user.new'),
        id: 'new',
        body: html`<form method="post" action="/staff/users" class="narrow">
          ${token(c)}${promisedField(o.promised)}${field(
            c,
            {
              name: 'login',
              label: t('staff.field.login'),
              value: o.values.login,
              required: true,
              extra: { autocomplete: 'off', autocapitalize: 'none' },
            },
            o.problem,
          )}${userFields(c, o.values, o.problem)}${field(
            c,
            {
              name: 'password',
              label: t('staff.user.first-password'),
              type: 'password',
              hint: t('staff.password.hint'),
              required: true,
              extra: { autocomplete: 'new-password' },
            },
            o.problem,
          )}<button>${t('staff.user.create')}</button>
        </form>`,
      }),
      card({ title: t('staff.roles'), id: 'roles', body: roleTable(c) }),
    ),
  });
}

/** From the table of permissions itself, so that it cannot differ from the checks. */
function roleTable(c: StaffContext): Html {
  const { t } = c.page;
  const columns = ['role', 'who', 'may', 'never', 'factor'];
  return html`<p class="quiet">${t('staff.roles.about')}</p>
    ${table({
      caption: t('staff.roles'),
      stack: true,
      columns: columns.map((name) => ({ text: t(`staff.roles.${name}`) })),
      rows: roles.map((role) => [
        t(`staff.role.${role}`),
        t(`staff.role.${role}.who`),
        actionsOfRole(role)
          .map((action) => t(`staff.action.${action}`))
          .join(t('staff.list-comma')),
        t(`staff.role.${role}.never`),
        t(needsSecondFactor(role) ? 'staff.roles.factor-needed' : 'staff.roles.factor-free'),
      ]),
    })}`;
}

/** More than this are only counted: an inspector may have those of a province. */
const mostNamed = 5;

function countyList(
  c: StaffContext,
  codes: readonly CountyCode[],
  names: ReadonlyMap<CountyCode, string>,
): string {
  const { t } = c.page;
  const named = codes.slice(0, mostNamed).map((code) => names.get(code) ?? code);
  const list = named.join(t('staff.list-comma'));
  return codes.length > mostNamed ? t('staff.user.counties-more', { list, count: codes.length }) : list;
}

function stateOf(c: StaffContext, u: ShownUser): Content {
  const { t } = c.page;
  if (u.disabled) return tag('neutral', t('staff.user.disabled'));
  return u.mustChangePassword ? tag('warn', t('staff.user.first-time')) : t('staff.user.enabled');
}

function userFields(c: StaffContext, values: Omit<UserValues, 'login'>, problem?: PageProblem | null): Html {
  const { t } = c.page;
  return html`${field(c, { name: 'name', label: t('staff.field.name'), value: values.name, required: true }, problem)}${choices(
    c,
    {
      type: 'radio',
      name: 'role',
      legend: t('staff.field.role'),
      options: roles.map((role) => ({
        value: role,
        text: t(`staff.role.${role}`),
        about: t(`staff.role.${role}.about`),
      })),
      chosen: [values.role],
    },
    problem,
  )}${field(
    c,
    {
      name: 'counties',
      label: t('staff.field.counties'),
      value: values.counties,
      hint: t('staff.user.counties-hint'),
    },
    problem,
  )}`;
}

export function userPage(
  c: StaffContext,
  o: {
    readonly user: ShownUser;
    /** In the form of its field: names or codes. */
    readonly counties: string;
    readonly logIns: readonly ShownLogIn[];
    /** Those that still work. */
    readonly tokens: readonly ShownToken[];
    readonly now: number;
    /** To a person of the identity provider. */
    readonly isBound?: boolean;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  const { user } = o;
  return administrationPage(c, 'users', {
    // As typed, it may be blank.
    title: user.name.trim() || user.login,
    subtitle: html`${user.login} · ${t(`staff.role.${user.role}`)} · ${stateOf(c, user)}`,
    problem: o.problem,
    trail: [{ href: '/staff/users', text: t('staff.nav.users') }],
    cards: true,
    body: grid(
      card({
        title: t('staff.user.about'),
        span: 6,
        body: html`<form method="post" action="/staff/users/${user.id}" class="narrow">
          ${token(c)}${userFields(
            c,
            { name: user.name, role: user.role, counties: o.counties },
            o.problem,
          )}${checkBox(c, { name: 'disabled', label: t('staff.user.disable'), checked: user.disabled })}<button>
            ${t('staff.save')}
          </button>
        </form>`,
      }),
      card({
        title: t('staff.user.access'),
        span: 6,
        body: html`<h3>${t('staff.user.set-password')}</h3>
          <p class="quiet">${t('staff.user.set-password.about')}</p>
          ${actionForm(c, `/staff/users/${user.id}/password`, t('staff.user.set-password'), {
            secondary: true,
            before: field(
              c,
              {
                name: 'password',
                label: t('staff.password.new'),
                type: 'password',
                hint: t('staff.password.hint'),
                required: true,
                extra: { autocomplete: 'new-password' },
              },
              o.problem,
            ),
          })}
          <h3>${t('staff.factor')}</h3>
          ${
            user.secondFactorAt === null
              ? html`<p class="quiet">${t('staff.user.factor-none')}</p>`
              : html`<p>${t('staff.user.factor-remove.about', { day: formatDay(user.secondFactorAt) })}</p>
                  ${actionForm(c, `/staff/users/${user.id}/second-factor`, t('staff.user.factor-remove'), { secondary: true })}`
          }${
            o.isBound === true &&
            html`<h3>${t('staff.user.provider')}</h3>
              <p class="quiet">${t('staff.user.provider.about')}</p>
              ${actionForm(c, `/staff/users/${user.id}/unbind`, t('staff.user.unbind'), { secondary: true })}`
          }`,
      }),
      card({
        title: t('staff.log-ins'),
        body:
          o.logIns.length === 0
            ? html`<p class="quiet">${t('staff.user.never')}</p>`
            : logInTable(c, o.logIns),
      }),
      o.tokens.length > 0 &&
        card({
          title: t('staff.tokens'),
          id: 'tokens',
          body: html`<p class="quiet">${t('staff.user.tokens.about')}</p>
            ${tokenTable(c, o.tokens, o.now, `/staff/users/${user.id}/tokens/revoke`)}`,
        }),
    ),
  });
}

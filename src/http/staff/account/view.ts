import type { ApiToken } from '../../../domain/model/user.ts';
import { choices, promisedField } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { alertBox, card, grid, tag } from '../../../html/parts.ts';
import {
  actionForm,
  field,
  formatDay,
  staffPage,
  table,
  timeTag,
  token,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';

export interface KeptForm {
  readonly action: string;
  /** That the form stands on. */
  readonly page: string;
  readonly pairs: readonly (readonly [string, string])[];
}

export function logInPage(
  c: StaffContext,
  o: {
    readonly login: string;
    readonly next: string;
    /** The form that was being sent when the session had ended, to continue with. */
    readonly kept?: KeptForm | null;
    /** The organisation's identity provider, if there is one. */
    readonly provider?: { readonly name: string } | null | undefined;
    readonly problem?: PageProblem | null;
    /** After signing out: removes what a sheet left in the tab. */
    readonly script?: string | null;
  },
): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.log-in'),
    isRoot: true,
    head: o.script ? html`<script src="${o.script}" defer></script>` : undefined,
    problem: o.problem,
    body: html`${o.kept && html`<p class="done" role="status">${t('staff.log-in.kept')}</p>`}
      <form method="post" action="/staff/login" class="narrow">
        ${token(c)}<input type="hidden" name="next" value="${o.next}" />${
          o.kept && html`<input type="hidden" name="kept" value="${JSON.stringify(o.kept)}" />`
        }${field(
          c,
          {
            name: 'login',
            label: t('staff.field.login'),
            value: o.login,
            required: true,
            extra: { autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' },
          },
          o.problem,
        )}${field(c, {
          name: 'password',
          label: t('staff.field.password'),
          type: 'password',
          required: true,
          extra: { autocomplete: 'current-password' },
        })}<button>${t('staff.log-in')}</button>
      </form>
      ${
        o.provider &&
        html`${o.kept && html`<p class="hint">${t('staff.log-in.provider.loses')}</p>`}
          <p>
            <a class="button secondary" href="/staff/login/oidc?next=${encodeURIComponent(o.next)}"
              >${t('staff.log-in.provider', { name: o.provider.name === '' ? t('staff.log-in.provider.name') : o.provider.name })}</a
            >
          </p>`
      }
      <p class="quiet">
        ${t('staff.log-in.respondents')}${t('sentence.gap')}<a href="/">${t('staff.log-in.to-code')}</a>
      </p>`,
  });
}

/** The kept form continues with a new token: after the log-in, or because the form was opened in the session before. */
export function keptPage(c: StaffContext, kept: KeptForm, why: 'ended' | 'stale' = 'ended'): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.kept.title'),
    body: html`<p>${t(why === 'ended' ? 'staff.kept.about' : 'staff.kept.stale')}</p>
      <form method="post" action="${kept.action}">
        ${token(c)}${kept.pairs.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
        <div class="acts">
          <button>${t('staff.kept.send')}</button>
          <a class="button secondary" href="${kept.page}">${t('staff.kept.drop')}</a>
        </div>
      </form>`,
  });
}

export interface ShownLogIn {
  readonly id: string;
  readonly beganAt: number;
  readonly network: string;
  readonly device: string;
  readonly open: boolean;
}
export type ShownToken = Omit<ApiToken, 'user'>;

export function logInTable(
  c: StaffContext,
  logIns: readonly ShownLogIn[],
  endOf?: (logIn: ShownLogIn) => Content,
): Html {
  const { t } = c.page;
  return table({
    caption: t('staff.log-ins'),
    stack: true,
    columns: ['at', 'device', 'network', 'state', ...(endOf ? ['end'] : [])].map((name) => ({
      text: t(`staff.log-ins.${name}`),
    })),
    rows: logIns.map((l) => [
      timeTag(l.beganAt),
      l.device === '' ? '–' : l.device,
      l.network,
      l.open ? tag('ok', t('staff.log-ins.open')) : t('staff.log-ins.ended'),
      ...(endOf ? [endOf(l)] : []),
    ]),
  });
}

/** The password must be replaced before anything else. */
export function firstPasswordPage(c: StaffContext, o: { readonly problem?: PageProblem | null }): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.password.first'),
    problem: o.problem,
    body: html`<p>${t('staff.password.first.about')}</p>
      ${passwordForm(c, o.problem)}${actionForm(c, '/staff/logout', t('staff.log-out'), { quiet: true })}`,
  });
}

function passwordForm(c: StaffContext, problem?: PageProblem | null): Html {
  const { t } = c.page;
  return html`<form method="post" action="/staff/account" class="narrow">
    ${token(c)}${field(
      c,
      {
        name: 'presentPassword',
        path: 'present',
        label: t('staff.password.present'),
        type: 'password',
        required: true,
        extra: { autocomplete: 'current-password' },
      },
      problem,
    )}${field(
      c,
      {
        name: 'password',
        label: t('staff.password.new'),
        type: 'password',
        hint: t('staff.password.hint'),
        required: true,
        extra: { autocomplete: 'new-password' },
      },
      problem,
    )}<button>${t('staff.password.change')}</button>
  </form>`;
}

export function accountPage(
  c: StaffContext,
  o: {
    readonly counties: readonly string[];
    readonly secondFactor: { readonly at: number; readonly recoveryCodes: number } | null;
    /** The role is asked for one. */
    readonly needed: boolean;
    readonly logIns: readonly ShownLogIn[];
    /** The session that asks. */
    readonly here: string | undefined;
    readonly tokens: readonly ShownToken[];
    readonly scopes: readonly string[];
    readonly now: number;
    /** Of the token that may be made. */
    readonly promised: string;
    readonly values?: { readonly name: string; readonly scopes: readonly string[]; readonly days: string };
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  const { secondFactor } = o;
  const isTokenFault = o.values !== undefined;
  // The page says what to do with it below.
  const isMade = isTokenFault && o.problem?.message === 'token.made-already';
  const tokens = card({
    title: t('staff.tokens'),
    id: 'tokens',
    body: html`<p class="quiet">
        ${t('staff.tokens.about')}${t('sentence.gap')}<a href="/staff/programs"
          >${t('staff.programs.open')}</a
        >
      </p>
      ${o.tokens.length > 0 && tokenTable(c, o.tokens, o.now, '/staff/account/tokens/revoke')}
      <h3>${t('staff.tokens.new')}</h3>
      <form method="post" action="/staff/account/tokens" class="narrow">
        ${token(c)}${promisedField(o.promised)}${field(
          c,
          {
            name: 'name',
            label: t('staff.tokens.name'),
            hint: t('staff.tokens.name-hint'),
            value: o.values?.name ?? '',
            required: true,
            extra: { autocomplete: 'off' },
          },
          isTokenFault ? o.problem : null,
        )}${choices(
          c,
          {
            type: 'checkbox',
            name: 'scopes',
            legend: t('staff.tokens.scopes'),
            hint: t('staff.tokens.scopes-hint'),
            options: o.scopes.map((scope) => ({ value: scope, text: t(`staff.scope.${scope}`) })),
            chosen: o.values?.scopes ?? [],
          },
          isTokenFault ? o.problem : null,
        )}${field(
          c,
          {
            name: 'days',
            label: t('staff.tokens.days'),
            type: 'number',
            value: o.values?.days ?? '90',
            required: true,
            extra: { min: 1, max: 366 },
          },
          isTokenFault ? o.problem : null,
        )}<button class="secondary">${t('staff.tokens.make')}</button>
      </form>`,
  });
  return staffPage(c, {
    title: t('staff.account'),
    problem: o.problem,
    cards: true,
    subtitle: html`${c.user?.name} ·
    ${c.user !== null && t(`staff.role.${c.user.role}`)}${o.counties.length > 0 && ` · ${o.counties.join(' ')}`}`,
    body: grid(
      isMade && tokens,
      card({
        title: t('staff.password.change'),
        span: 6,
        body: passwordForm(c, isTokenFault ? null : o.problem),
      }),
      card({
        title: t('staff.factor'),
        span: 6,
        aside: secondFactor
          ? tag('ok', t('staff.factor.on'))
          : tag(o.needed ? 'warn' : 'neutral', t('staff.factor.off')),
        body: html`<p>${t('staff.factor.about')}</p>
          ${
            secondFactor &&
            html`<p>
              ${t('staff.factor.since', { day: formatDay(secondFactor.at), left: secondFactor.recoveryCodes })}
            </p>`
          }
          <p>
            <a class="button${secondFactor ? ' secondary' : ''}" href="/staff/account/second-factor"
              >${t(secondFactor ? 'staff.factor.replace' : 'staff.factor.enrol')}</a
            >
          </p>`,
      }),
      card({
        title: t('staff.log-ins'),
        id: 'log-ins',
        body: html`<p class="quiet">${t('staff.log-ins.about')}</p>
          ${logInTable(c, o.logIns, (l) =>
            l.id === o.here
              ? t('staff.log-ins.here')
              : l.open &&
                actionForm(c, '/staff/account/sessions', t('staff.log-ins.end-it'), {
                  quiet: true,
                  hidden: { session: l.id },
                }),
          )}`,
      }),
      !isMade && tokens,
    ),
  });
}

/** @param revoke the address that revokes one of them */
export function tokenTable(
  c: StaffContext,
  tokens: readonly ShownToken[],
  now: number,
  revoke: string,
): Html {
  const { t } = c.page;
  return table({
    caption: t('staff.tokens'),
    stack: true,
    columns: ['name', 'scopes', 'made', 'until', 'used', 'end'].map((name) => ({
      text: t(`staff.tokens.${name}`),
    })),
    rows: tokens.map((one) => [
      one.name,
      one.scopes.map((scope) => t(`staff.scope.${scope}`)).join(t('staff.list-comma')),
      formatDay(one.createdAt),
      one.revokedAt !== null
        ? tag('neutral', t('staff.tokens.revoked'))
        : one.expiresAt <= now
          ? tag('neutral', t('staff.tokens.expired'))
          : formatDay(one.expiresAt),
      one.lastUsedAt === null ? '–' : formatDay(one.lastUsedAt),
      one.revokedAt === null &&
        one.expiresAt > now &&
        actionForm(c, revoke, t('staff.tokens.revoke'), { quiet: true, hidden: { token: one.id } }),
    ]),
  });
}

/** Shown once. */
export function tokenPage(c: StaffContext, made: string): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.tokens.fresh'),
    trail: [{ href: '/staff/account', text: t('staff.account') }],
    body: html`${alertBox('warn', t('staff.recovery.once'), t('staff.tokens.made.about'))}
      <p><span class="hash token">${made}</span></p>
      <p class="quiet">
        ${t('staff.tokens.made.how')}${t('sentence.gap')}<span class="hash">Authorization: Bearer …</span>
      </p>
      <p><a class="button" href="/staff/account#tokens">${t('staff.tokens.back')}</a></p>`,
  });
}

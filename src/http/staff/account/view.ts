import type { Html } from '../../../html/html.ts';
import { html } from '../../../html/html.ts';
import { field, staffPage, token, type PageProblem, type StaffContext } from '../page-view.ts';

interface Kept {
  readonly action: string;
  readonly pairs: readonly (readonly [string, string])[];
}

export function logInPage(
  c: StaffContext,
  o: {
    readonly login: string;
    readonly next: string;
    /** What was being sent when the session had ended, to go on with. */
    readonly kept?: Kept | null;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.log-in'),
    isRoot: true,
    problem: o.problem,
    body: html`${o.kept && html`<p class="done" role="status">${t('staff.log-in.kept')}</p>`}
      <form method="post" action="/staff/login" class="narrow">
        ${token(c)}<input type="hidden" name="next" value="${o.next}" />${
          o.kept && html`<input type="hidden" name="kept" value="${JSON.stringify(o.kept)}" />`
        }${field(c, {
          name: 'login',
          label: t('staff.field.login'),
          value: o.login,
          required: true,
          extra: { autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' },
        })}${field(c, {
          name: 'password',
          label: t('staff.field.password'),
          type: 'password',
          required: true,
          extra: { autocomplete: 'current-password' },
        })}<button>${t('staff.log-in')}</button>
      </form>
      <p class="quiet">${t('staff.log-in.respondents')} <a href="/">${t('staff.log-in.to-code')}</a></p>`,
  });
}

/** After the log-in: what was being sent is here, and goes on with a new token. */
export function keptPage(c: StaffContext, kept: Kept): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.kept.title'),
    body: html`<p>${t('staff.kept.about')}</p>
      <form method="post" action="${kept.action}">
        ${token(c)}${kept.pairs.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
        <div class="acts">
          <button>${t('staff.kept.send')}</button>
          <a class="button secondary" href="${kept.action}">${t('staff.kept.drop')}</a>
        </div>
      </form>`,
  });
}

export function accountPage(
  c: StaffContext,
  o: { readonly counties: readonly string[]; readonly done: boolean; readonly problem?: PageProblem | null },
): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.account'),
    problem: o.problem,
    body: html`${o.done && html`<p class="done" role="status">${t('staff.password.done')}</p>`}
      <p>
        ${c.user?.name} ·
        ${
          c.user !== null && t(`staff.role.${c.user.role}`)
        }${o.counties.length > 0 && ` · ${o.counties.join(' ')}`}
      </p>
      <h2>${t('staff.password.change')}</h2>
      <form method="post" action="/staff/account" class="narrow">
        ${token(c)}${field(
          c,
          {
            name: 'present',
            label: t('staff.password.present'),
            type: 'password',
            required: true,
            extra: { autocomplete: 'current-password' },
          },
          o.problem,
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
          o.problem,
        )}<button>${t('staff.password.change')}</button>
      </form>`,
  });
}

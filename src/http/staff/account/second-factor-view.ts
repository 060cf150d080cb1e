/** The second factor: entering it after the password, and enrolling it. */
import { checkBox } from '../../../html/form.ts';
import { html, type Html } from '../../../html/html.ts';
import { alertBox } from '../../../html/parts.ts';
import { qrCode } from '../../../html/qr.ts';
import { actionForm, field, staffPage, token, type PageProblem, type StaffContext } from '../page-view.ts';

const codeField = { inputmode: 'numeric', autocomplete: 'one-time-code', spellcheck: 'false' } as const;

export function codePage(
  c: StaffContext,
  o: {
    readonly next: string;
    /** The form that was being sent when the session had ended. */
    readonly kept?: object | null;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.code.title'),
    isRoot: true,
    problem: o.problem,
    body: html`<p>${t('staff.code.about')}</p>
      <form method="post" action="/staff/login/code" class="narrow">
        ${token(c)}<input type="hidden" name="next" value="${o.next}" />${
          o.kept && html`<input type="hidden" name="kept" value="${JSON.stringify(o.kept)}" />`
        }${field(
          c,
          {
            name: 'code',
            label: t('staff.code.field'),
            hint: t('staff.code.hint'),
            required: true,
            extra: { ...codeField, inputmode: 'text', autocapitalize: 'none', autofocus: true },
          },
          o.problem,
        )}<button>${t('staff.log-in')}</button>
      </form>
      <p class="quiet">
        ${t('staff.code.lost')}${t('sentence.gap')}<a href="/staff/login">${t('staff.code.again')}</a>
      </p>`,
  });
}

/** In groups of four, for copying. */
const inGroups = (secret: string) => secret.replace(/(.{4})(?=.)/g, '$1 ');

export function enrolPage(
  c: StaffContext,
  o: {
    readonly uri: string;
    readonly secret: string;
    /** Nothing else can be done before. */
    readonly needed: boolean;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.enrol.title'),
    trail: [{ href: '/staff/account', text: t('staff.account') }],
    problem: o.problem,
    body: html`${o.needed && html`<p>${t('staff.enrol.needed')}</p>`}
      <ol class="enrol">
        <li>
          <p>${t('staff.enrol.app')}</p>
        </li>
        <li>
          <p>${t('staff.enrol.scan')}</p>
          <div class="enrol-code">${qrCode(o.uri, t('staff.enrol.qr'))}</div>
          <p class="quiet">
            ${t('staff.enrol.by-hand')}${t('sentence.gap')}<span class="hash">${inGroups(o.secret)}</span>
          </p>
        </li>
        <li>
          <form method="post" action="/staff/account/second-factor" class="narrow">
            ${token(c)}${field(
              c,
              {
                name: 'code',
                label: t('staff.enrol.field'),
                hint: t('staff.enrol.hint'),
                required: true,
                extra: codeField,
              },
              o.problem,
            )}<button>${t('staff.enrol.do')}</button>
          </form>
        </li>
      </ol>
      ${o.needed && actionForm(c, '/staff/logout', t('staff.log-out'), { quiet: true })}`,
  });
}

/** Shown once. */
export function recoveryPage(c: StaffContext, codes: readonly string[]): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.recovery.title'),
    trail: [{ href: '/staff/account', text: t('staff.account') }],
    body: html`${alertBox('warn', t('staff.recovery.once'), t('staff.recovery.about'))}
      <ul class="codes">
        ${codes.map((code) => html`<li><span class="hash">${code}</span></li>`)}
      </ul>
      <form method="get" action="/staff" class="narrow">
        ${checkBox(c, { name: 'kept', label: t('staff.recovery.kept'), required: true })}
        <button>${t('staff.recovery.go-on')}</button>
      </form>`,
  });
}

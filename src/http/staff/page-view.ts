/** The shell of staff pages. Pure: everything it shows is passed in. The components of pages are in src/html (see its README). */
import type { MessageParams } from '../../domain/errors.ts';
import type { Action } from '../../domain/campaign/permissions.ts';
import { groups, type Group, type Role } from '../../domain/model/vocabulary.ts';
import { actionForm, errorSummary, type PageProblem } from '../../html/form.ts';
import { attributes, html, type Content, type Html } from '../../html/html.ts';
import { languageName, layout, type PageContext } from '../../html/layout.ts';
import { breadcrumbs, feedback, tabBar, type Tab } from '../../html/parts.ts';
import { serviceDay, serviceMinute } from '../../domain/time-zone.ts';

export {
  actionForm,
  choices,
  field,
  tableField,
  fieldId,
  fold,
  postForm,
  select,
  textArea,
  token,
  type FieldOptions,
  type PageProblem,
} from '../../html/form.ts';
export { facts, list } from '../../html/parts.ts';
export { formatCount, table, type Column, type Row } from '../../html/table.ts';

/** The result of the last action, shown once on the following page. */
export interface Done {
  readonly message: string;
  readonly params?: MessageParams;
  readonly tone?: 'ok' | 'warn';
}

export interface StaffContext {
  readonly page: PageContext;
  /** Address of the staff's own style sheet. */
  readonly stylesheet: string;
  readonly user: { readonly name: string; readonly role: Role } | null;
  /** Whether the reader may do this, in the county if one is given. */
  readonly may: (action: Action, county?: string) => boolean;
  /** Token of every form. */
  readonly csrf: string;
  /** This page's own address, to which switching the language returns. */
  readonly here: string;
  readonly languages: readonly string[];
  /** Who runs the installation, as set by an administrator. */
  readonly office?: { readonly name: string; readonly logo: string | null } | null;
  readonly done?: Done | null;
}

export interface StaffParts {
  /** The page's name: its heading, the end of the breadcrumbs, and first in the window title. */
  readonly title: string;
  /** The heading, if it says more than the name: `云溪县：名册`. */
  readonly heading?: string;
  /** One line under the heading: state · organiser · dates. */
  readonly subtitle?: Content;
  readonly body: Content;
  /** Ancestors, without the root, which every page has. */
  readonly trail?: readonly { readonly href: string; readonly text: string }[];
  /** The page's subject, if not itself: named in the window title. */
  readonly place?: string;
  /** Sibling pages, and which of them it is. */
  readonly tabs?: { readonly label: string; readonly tabs: readonly Tab[]; readonly current: string | null };
  /** Below them, the pages of one tab. */
  readonly subtabs?: Content;
  /** The body consists of cards; else it is put on one. */
  readonly cards?: boolean;
  readonly demo?: boolean;
  readonly selfAdministered?: boolean;
  readonly problem?: PageProblem | null | undefined;
  /** More of the head. */
  readonly head?: Content;
  /** A field of the page gets the keyboard focus, also after its form was sent. */
  readonly isFieldFocused?: boolean;
  /** The log-in page has no breadcrumbs. */
  readonly isRoot?: boolean;
}

const rootAddress = '/staff';
/** The administrator's pages, under one entry of the menu. */
const administration = ['/staff/users', '/staff/trail', '/staff/settings', '/staff/health'];

export function staffPage(c: StaffContext, parts: StaffParts): Html {
  const { t } = c.page;
  const root = { href: rootAddress, text: t('staff.nav.home') };
  const above = (parts.trail ?? []).filter((step) => step.href !== rootAddress);
  const names = [parts.title, above.at(-1)?.text, parts.place, root.text];
  return layout(c.page, {
    title: names.filter((name, i) => name !== undefined && names.indexOf(name) === i).join(' · '),
    kind: 'staff',
    stylesheet: c.stylesheet,
    head: parts.head,
    demo: parts.demo ?? false,
    selfAdministered: parts.selfAdministered ?? false,
    faulty: parts.problem !== undefined && parts.problem !== null,
    header: siteHeader(c),
    // Past breadcrumbs and tabs, which are the same on many pages.
    skipTo: 'content',
    body: html`${
        parts.isRoot !== true &&
        c.user !== null &&
        breadcrumbs(t('staff.nav.trail'), [root, ...above], parts.title)
      }
      <h1>${parts.heading ?? parts.title}</h1>
      ${parts.subtitle !== undefined && html`<p class="sub">${parts.subtitle}</p>`}${
        parts.tabs && tabBar(parts.tabs.label, parts.tabs.tabs, parts.tabs.current)
      }${parts.subtabs}<span id="content"></span
      >${c.done && feedback(t(c.done.message, c.done.params), c.done.tone, parts.isFieldFocused !== true && !parts.problem)}${errorSummary(c, parts.problem, parts.isFieldFocused !== true)}${
        parts.cards === true ? parts.body : html`<div class="sheet">${parts.body}</div>`
      }`,
  });
}

function siteHeader(c: StaffContext): Html {
  const { t } = c.page;
  const { user } = c;
  const other = c.languages.find((l) => l !== c.page.language);
  const path = c.here.split('?', 1)[0]!;
  const link = (href: string, text: string, covers: readonly string[] = [href]) => {
    const isWithin = covers.some((start) => path === start || path.startsWith(`${start}/`));
    return html`<li>
      <a href="${href}" ${attributes({ 'aria-current': path === href ? 'page' : isWithin ? 'true' : null })}
        >${text}</a
      >
    </li>`;
  };
  return html`<div class="top">
    <a class="home" href="${rootAddress}"
      >${c.office?.logo && html`<img class="logo" src="${c.office.logo}" alt="" />`}<span>${t('staff.nav.home')}</span>${
        c.office && c.office.name !== '' && html` <span class="office">${c.office.name}</span>`
      }</a
    >${
      user !== null &&
      html`<nav aria-label="${t('staff.nav.main')}">
        <ul>
          ${c.may('assisted.enter') && link('/staff/entry', t('staff.entry.title'))}${
            c.may('assisted.enter') && c.may('inspection.call') && link('/staff/calls', t('inspection.calls'))
          }${c.may('template.view') && link('/staff/templates', t('staff.template.title'))}${
            c.may('users.manage')
              ? link('/staff/users', t('staff.nav.administration'), administration)
              : c.may('trail.view') && link('/staff/trail', t('staff.nav.audit'))
          }${link('/staff/help', t('staff.help'))}
        </ul>
      </nav>`
    }
    <div class="tools">
      ${
        user !== null &&
        html`<a class="me" href="/staff/account"
          >${user.name}${
            user.name !== t(`staff.role.${user.role}`) &&
            html` <span class="role">${t(`staff.role.${user.role}`)}</span>`
          }</a
        >`
      }${
        other !== undefined &&
        actionForm(c, '/staff/language', html`<span lang="${other}">${languageName(other)}</span>`, {
          quiet: true,
          hidden: { language: other, back: c.here },
        })
      }${user !== null && actionForm(c, '/staff/logout', t('staff.log-out'), { quiet: true })}
    </div>
  </div>`;
}

/** Day and time in China, which has one time zone. */
export function formatTime(at: number): string {
  return serviceMinute(at);
}
export function formatDay(at: number): string {
  return serviceDay(at);
}
export function timeTag(at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${formatTime(at)}</time>`;
}

/** In the order of the vocabulary: parents first. */
export function inGroupOrder<T extends { readonly group: Group }>(list: readonly T[]): readonly T[] {
  return [...list].sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
}

export function groupNames(c: StaffContext, names: readonly string[]): string {
  return names.map((g) => c.page.t(`staff.group.${g}`)).join(c.page.t('staff.list-comma'));
}

/** The frame of the staff's pages, and the pieces they are made of. Pure: everything they show is handed in. */
import type { Issue, MessageParams } from '../../domain/errors.ts';
import type { Action } from '../../domain/campaign/permissions.ts';
import { groups, type Group, type Role } from '../../domain/model/vocabulary.ts';
import { attributes, html, type Content, type Html } from '../../html/html.ts';
import { languageName, layout, type PageContext } from '../../html/layout.ts';

/** What went wrong with a form, shown above it; each issue leads to its field. */
export interface PageProblem {
  readonly message: string;
  readonly params?: MessageParams;
  readonly issues?: readonly Issue[];
}

export interface StaffContext {
  readonly page: PageContext;
  /** Address of the staff's own style sheet. */
  readonly stylesheet: string;
  readonly user: { readonly name: string; readonly role: Role } | null;
  /** May the reader do this, in the county where one is named? */
  readonly may: (action: Action, county?: string) => boolean;
  /** Token of every form. */
  readonly csrf: string;
  /** This page's own address, where switching the language leads back to. */
  readonly here: string;
  readonly languages: readonly string[];
}

export interface StaffParts {
  readonly title: string;
  readonly body: Content;
  /** Way back up, from the top. */
  readonly trail?: readonly { readonly href: string; readonly text: string }[];
  readonly demo?: boolean;
  readonly selfAdministered?: boolean;
  readonly problem?: PageProblem | null | undefined;
  /** More of the head. */
  readonly head?: Content;
}

export function staffPage(c: StaffContext, parts: StaffParts): Html {
  const { t } = c.page;
  return layout(c.page, {
    title: parts.title,
    kind: 'staff',
    stylesheet: c.stylesheet,
    head: parts.head,
    demo: parts.demo ?? false,
    selfAdministered: parts.selfAdministered ?? false,
    faulty: parts.problem !== undefined && parts.problem !== null,
    header: siteHeader(c),
    body: html`${
        parts.trail !== undefined &&
        parts.trail.length > 0 &&
        html`<nav class="trail" aria-label="${t('staff.nav.trail')}">
          ${parts.trail.map(
            (step) => html`<a href="${step.href}">${step.text}</a> <span aria-hidden="true">›</span> `,
          )}
        </nav>`
      }
      <h1>${parts.title}</h1>
      ${errorSummary(c, parts.problem)}${parts.body}`,
  });
}

function siteHeader(c: StaffContext): Html {
  const { t } = c.page;
  const other = c.languages.find((l) => l !== c.page.language);
  return html`<div class="bar">
    <a class="home" href="/staff">${t('staff.nav.home')}</a>${
      c.user !== null &&
      html`<nav aria-label="${t('staff.nav.main')}">
        ${
          c.may('users.manage') && html`<a href="/staff/users">${t('staff.nav.users')}</a>`
        }${c.may('trail.view') && html`<a href="/staff/trail">${t('staff.nav.audit')}</a>`}<a
          href="/staff/account"
          >${c.user.name} · ${t(`staff.role.${c.user.role}`)}</a
        >
      </nav>`
    }
    <div class="tools">
      ${
        other !== undefined &&
        actionForm(c, '/staff/language', languageName(other), {
          quiet: true,
          hidden: { language: other, back: c.here },
        })
      }${c.user !== null && actionForm(c, '/staff/logout', t('staff.log-out'), { quiet: true })}
    </div>
  </div>`;
}

export function errorSummary(c: StaffContext, problem: PageProblem | null | undefined): Content {
  if (!problem) return null;
  const { t } = c.page;
  const issues = problem.issues ?? [];
  return html`<div class="errors" role="alert">
    <h2>${t('staff.problem')}</h2>
    <p>${t(problem.message, problem.params)}</p>
    ${
      issues.length > 0 &&
      html`<ul>
        ${issues.map((i) => html`<li><a href="#${fieldId(i.path)}">${t(i.message, i.params)}</a></li>`)}
      </ul>`
    }
  </div>`;
}

/** `counties[0].residents` → `f-counties-0-residents` */
export function fieldId(path: string): string {
  return `f-${path.replace(/[^A-Za-z0-9]+/g, '-').replace(/-+$/, '')}`;
}

export interface FieldOptions {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'password' | 'number' | 'date' | 'datetime-local' | 'tel' | 'file';
  readonly value?: string | undefined;
  readonly hint?: string;
  readonly required?: boolean;
  /** Path of the issue that belongs here, if it is not the name. */
  readonly path?: string;
  readonly extra?: Readonly<Record<string, string | number | boolean>>;
}

export function field(c: StaffContext, o: FieldOptions, problem?: PageProblem | null): Html {
  const path = o.path ?? o.name;
  const id = fieldId(path);
  const faults = (problem?.issues ?? []).filter((i) => i.path === path);
  const described = [faults.length > 0 ? `${id}-fault` : '', o.hint === undefined ? '' : `${id}-hint`]
    .filter((x) => x !== '')
    .join(' ');
  return html`<div class="field"><label for="${id}">${o.label}</label>${hint(id, o.hint)}${faultLine(c, id, faults)}<input${attributes(
    {
      type: o.type ?? 'text',
      id,
      name: o.name,
      value: o.type === 'password' || o.type === 'file' ? null : (o.value ?? null),
      required: o.required === true,
      'aria-invalid': faults.length > 0 ? 'true' : null,
      'aria-describedby': described === '' ? null : described,
      ...o.extra,
    },
  )}></div>`;
}

function hint(id: string, text: string | undefined): Content {
  return text !== undefined && html`<p class="hint" id="${id}-hint">${text}</p>`;
}
function faultLine(c: StaffContext, id: string, faults: readonly Issue[]): Content {
  return (
    faults.length > 0 &&
    html`<p class="error" id="${id}-fault">${faults.map((f) => c.page.t(f.message, f.params)).join(' ')}</p>`
  );
}

export interface Choice {
  readonly value: string;
  readonly text: string;
}
export function select(
  c: StaffContext,
  o: {
    name: string;
    label: string;
    choices: readonly Choice[];
    value?: string | undefined;
    hint?: string;
    /** Path of the issue that belongs here, if it is not the name: two forms of one page may share names, never ids. */
    path?: string;
    required?: boolean;
  },
  problem?: PageProblem | null,
): Html {
  const path = o.path ?? o.name;
  const id = fieldId(path);
  const faults = (problem?.issues ?? []).filter((i) => i.path === path);
  return html`<div class="field">
    <label for="${id}">${o.label}</label>${hint(id, o.hint)}${faultLine(c, id, faults)}<select
      id="${id}"
      name="${o.name}"
      ${attributes({ required: o.required === true })}
    >
      ${o.choices.map(
        (choice) =>
          html`<option${attributes({ value: choice.value, selected: choice.value === o.value })}>${choice.text}</option>`,
      )}
    </select>
  </div>`;
}

/** Radio buttons or check boxes. */
export function choices(
  c: StaffContext,
  o: {
    type: 'radio' | 'checkbox';
    name: string;
    legend: string;
    hint?: string;
    options: readonly (Choice & { readonly about?: string })[];
    chosen: readonly string[];
  },
  problem?: PageProblem | null,
): Html {
  const id = fieldId(o.name);
  const faults = (problem?.issues ?? []).filter((i) => i.path === o.name || i.path.startsWith(`${o.name}[`));
  return html`<fieldset class="field" id="${id}">
    <legend>${o.legend}</legend>
    ${hint(id, o.hint)}${faultLine(c, id, faults)}${o.options.map(
      (choice) =>
        html`<label class="option"><input${attributes({
          type: o.type,
          name: o.name,
          value: choice.value,
          checked: o.chosen.includes(choice.value),
        })}>${choice.text}${choice.about !== undefined && html`<span class="only">${choice.about}</span>`}</label>`,
    )}
  </fieldset>`;
}

export interface ActionOptions {
  readonly secondary?: boolean;
  /** Looks like a link in the header. */
  readonly quiet?: boolean;
  readonly hidden?: Readonly<Record<string, string>>;
  readonly before?: Content;
}

/** A form that is one button. */
export function actionForm(c: StaffContext, action: string, label: string, o: ActionOptions = {}): Html {
  return html`<form method="post" action="${action}"${attributes({ class: o.quiet === true ? 'quiet-form' : null })}>${token(c)}${Object.entries(
    o.hidden ?? {},
  ).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  )}${o.before}<button${attributes({
    class: o.quiet === true ? 'quiet-button' : o.secondary === true ? 'secondary' : null,
  })}>${label}</button></form>`;
}

export function token(c: StaffContext): Html {
  return html`<input type="hidden" name="_csrf" value="${c.csrf}" />`;
}

/** Day and time in China, which has one time zone. */
export function formatTime(at: number): string {
  return new Date(at + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
}
export function formatDay(at: number): string {
  return formatTime(at).slice(0, 10);
}
export function timeTag(at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${formatTime(at)}</time>`;
}

export function formatCount(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

export interface Column {
  readonly text: Content;
  readonly number?: boolean;
}
export type Row = readonly Content[];
/**
 * The first cell of a row is its header. Wide tables scroll within themselves, in a box that the keyboard reaches and that has the caption as its name;
 * with `stack`, a narrow screen shows each row as a block with the columns' names before the cells.
 */
export function table(o: {
  /** Read aloud, and seen only where no heading above the table says the same. */
  readonly caption: string;
  readonly showCaption?: boolean;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly stack?: boolean;
}): Html {
  const cell = (i: number) => {
    const column = o.columns[i];
    return attributes({
      class: column?.number === true ? 'number' : null,
      'data-label':
        o.stack === true && i > 0 && typeof column?.text === 'string' && column.text !== ''
          ? column.text
          : null,
    });
  };
  const head = (i: number) => attributes({ class: o.columns[i]?.number === true ? 'number' : null });
  return html`<div class="scroll" role="region" aria-label="${o.caption}" tabindex="0"><table${attributes({ class: o.stack === true ? 'stack' : null })}><caption${attributes({ class: o.showCaption === true ? null : 'unseen' })}>${o.caption}</caption><thead><tr>${o.columns.map((col, i) => html`<th scope="col" ${head(i)}>${col.text}</th>`)}</tr></thead><tbody>${o.rows.map(
    (row) =>
      html`<tr>
        ${row.map((content, i) =>
          i === 0 ? html`<th scope="row" ${head(i)}>${content}</th>` : html`<td${cell(i)}>${content}</td>`,
        )}
      </tr>`,
  )}</tbody></table></div>`;
}

/** In the order of the vocabulary: parents first. */
export function inGroupOrder<T extends { readonly group: Group }>(list: readonly T[]): readonly T[] {
  return [...list].sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
}

/** Nothing of an empty list. */
export function list(rows: readonly Content[], className?: string): Content {
  return (
    rows.length > 0 &&
    html`<ul${attributes({ class: className })}>
      ${rows.map((row) => html`<li>${row}</li>`)}
    </ul>`
  );
}

export function facts(rows: readonly (readonly [string, Content] | null | false)[]): Html {
  return html`<dl class="facts">
    ${rows.map(
      (row) =>
        row &&
        html`<div>
          <dt>${row[0]}</dt>
          <dd>${row[1]}</dd>
        </div>`,
    )}
  </dl>`;
}

export function groupNames(c: StaffContext, names: readonly string[]): string {
  return names.map((g) => c.page.t(`staff.group.${g}`)).join(c.page.t('staff.list-comma'));
}

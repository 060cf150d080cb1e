/**
 * Forms of staff pages: fields with hint, unit and fault, and an error summary that names each field and links to it. A field
 * that gets the problem of its form passes its label to the summary, so that a view states it only once.
 */
import type { Issue } from '../domain/errors.ts';
import { errorWords } from '../texts/error-words.ts';
import { attributes, html, toMarkup, type Content, type Html } from './html.ts';
import type { PageContext } from './layout.ts';
import { takesFocus } from './parts.ts';
import {
  findField,
  unplacedTexts,
  problemOf,
  registerField,
  tickedIn,
  typedInto,
  type NamedField,
  type PageProblem,
} from './problem.ts';

export type { PageProblem } from './problem.ts';

/** What forms need from their page. */
export interface FormContext {
  readonly page: PageContext;
  /** Token of every form. */
  readonly csrf: string;
}

/** Render it after the fields, because their labels are known only then. */
export function errorSummary(
  c: FormContext,
  problem: PageProblem | null | undefined,
  isFocused = true,
): Content {
  if (!problem) return null;
  const { t } = c.page;
  const said = errorWords(t, problem.message, problem.params);
  // A fault of no field may be the problem itself.
  const issues = (problem.issues ?? []).filter(
    (issue) => findField(problem, issue.path) !== null || errorWords(t, issue.message, issue.params) !== said,
  );
  // For a single fault with a field the link is enough.
  const [only] = issues.length === 1 ? issues : [];
  const isSaid = only?.message === problem.message && findField(problem, only.path) !== null;
  return html`<div${attributes({ class: 'errors', role: 'alert', ...(isFocused && takesFocus) })}>
    <h2>${t('staff.problem')}</h2>
    ${!isSaid && html`<p>${said}</p>`}
    ${
      issues.length > 0 &&
      html`<ul>
        ${issues.map((issue) => {
          const field = findField(problem, issue.path);
          if (field === null) return html`<li>${errorWords(t, issue.message, issue.params)}</li>`;
          const { text, isNamed } = faultText(c, issue, field);
          return html`<li>
            <a href="#${fieldId(field.path)}">${!isNamed && `${field.label}${t('staff.colon')}`}${text}</a>
          </li>`;
        })}
      </ul>`
    }${homeless(c, unplacedTexts(problem))}
  </div>`;
}

function homeless({ page: { t } }: FormContext, texts: readonly string[]): Content {
  return (
    texts.length > 0 &&
    html`<p>${t('staff.problem.typed')}</p>
      ${texts.map((text) => html`<p class="typed">${text}</p>`)}`
  );
}

/** Replaces the field's internal name in an issue's text by its label. */
function faultText(
  c: FormContext,
  issue: Issue,
  field: { readonly key: string; readonly label: string },
): { readonly text: string; readonly isNamed: boolean } {
  const { t } = c.page;
  const text = errorWords(t, issue.message, issue.params);
  if (issue.params?.['path'] !== issue.path || field.key !== issue.path) return { text, isNamed: false };
  const named = errorWords(t, issue.message, { ...issue.params, path: field.label });
  return { text: named, isNamed: named !== text };
}

/** `counties[0].residents` → `f-counties-0-residents` */
export function fieldId(path: string): string {
  return `f-${path.replace(/[^A-Za-z0-9]+/g, '-').replace(/-$/, '')}`;
}

interface Named {
  readonly name: string;
  readonly label: string;
  /** What the field belongs to, for the error summary: “第 1 个县”. */
  readonly of?: string | undefined;
  readonly hint?: Content;
  /** Path of the field's issues, if it differs from the name: two forms of one page may share names, never ids. */
  readonly path?: string;
  readonly required?: boolean;
}

export interface FieldOptions extends Named {
  readonly type?:
    'text' | 'password' | 'number' | 'date' | 'datetime-local' | 'tel' | 'file' | 'search' | 'email' | 'url';
  readonly value?: string | undefined;
  /** Placed after the field: 人, %. */
  readonly unit?: string;
  readonly extra?: Readonly<Record<string, string | number | boolean>>;
  /** Only read aloud: in a table, where the heads of row and column say it. */
  readonly isLabelUnseen?: boolean;
}

interface Fault extends NamedField {
  readonly id: string;
  readonly faults: readonly Issue[];
  readonly described: string | null;
}

function faultOf(o: Named, problem: PageProblem | null | undefined): Fault {
  const path = o.path ?? o.name;
  const id = fieldId(path);
  registerField(problem, o.name, { path, label: o.of === undefined ? o.label : `${o.of} · ${o.label}` });
  const faults = (problem?.issues ?? []).filter(
    (i) => i.path === path || (problem?.whole && i.path === o.name),
  );
  const described = [faults.length > 0 && `${id}-fault`, hasText(o.hint) && `${id}-hint`].filter(Boolean);
  return { id, faults, label: o.label, path, described: described.length > 0 ? described.join(' ') : null };
}

/** For a form filled in on an older state: the field's current value, if it differs from what was typed. */
function nowLine(
  c: FormContext,
  o: Named,
  problem: PageProblem | null | undefined,
  now: string | undefined,
): Content {
  const typed = typedInto(problem, o.name);
  if (problem?.kind !== 'conflict' || typed === undefined || now === undefined || now === '') return null;
  return typed !== now && html`<p class="hint">${c.page.t('staff.problem.now', { text: now })}</p>`;
}

const hasText = (content: Content) =>
  content !== undefined && content !== null && content !== false && content !== '';

function frame(c: FormContext, o: Named & { isLabelUnseen?: boolean }, f: Fault, input: Content): Html {
  return html`<div class="field${f.faults.length > 0 ? ' wrong' : ''}">
    <label for="${f.id}" ${attributes({ class: o.isLabelUnseen === true ? 'unseen' : null })}
      >${o.label}</label
    >${hasText(o.hint) && html`<p class="hint" id="${f.id}-hint">${o.hint}</p>`}${faultLine(c, f)}${input}
  </div>`;
}

function faultLine(c: FormContext, field: Pick<Fault, 'id' | 'faults' | 'label'>): Content {
  const { id, faults } = field;
  return (
    faults.length > 0 &&
    html`<p class="error" id="${id}-fault">
      ${faults.map((f) => faultText(c, f, { key: f.path, label: field.label }).text).join(c.page.t('sentence.gap'))}
    </p>`
  );
}

/**
 * Maximum for a line of a form; stricter rules are stated beside the field. Longer texts (`textArea`) have no limit in the
 * browser, which would truncate pasted text silently. The service shows all of it again.
 */
const longestLine = 2000;
const limitless: ReadonlySet<string> = new Set(['number', 'date', 'datetime-local', 'file', 'password']);

export function field(c: FormContext, o: FieldOptions, problem?: PageProblem | null): Html {
  const f = faultOf(o, problem);
  // Without it browsers accept years of six digits, and do not move on to the month after the fourth.
  const longest = limitless.has(o.type ?? 'text') ? null : longestLine;
  const latest = o.type === 'date' ? '2999-12-31' : o.type === 'datetime-local' ? '2999-12-31T23:59' : null;
  const input = html`<input${attributes({
    type: o.type ?? 'text',
    id: f.id,
    name: o.name,
    value:
      o.type === 'password' || o.type === 'file' ? null : (typedInto(problem, o.name) ?? o.value ?? null),
    required: o.required === true,
    'aria-invalid': f.faults.length > 0 ? 'true' : null,
    'aria-describedby': f.described,
    max: latest,
    maxlength: longest,
    ...o.extra,
  })} />`;
  return frame(
    c,
    o,
    f,
    html`${nowLine(c, o, problem, o.type === 'password' ? undefined : o.value)}${
      o.unit === undefined
        ? input
        : html`<span class="with-unit">${input} <span class="unit">${o.unit}</span></span>`
    }`,
  );
}

/** File types of tables, for every upload of one. */
export function tableField(
  c: FormContext,
  { multiple, ...o }: Omit<FieldOptions, 'type' | 'required' | 'extra'> & { readonly multiple?: true },
  problem?: PageProblem | null,
): Html {
  const extra = { accept: '.xlsx,.csv,.txt', ...(multiple && { multiple }) };
  return field(c, { ...o, type: 'file', required: true, extra }, problem);
}

export function textArea(
  c: FormContext,
  o: Named & { readonly value?: string; readonly rows?: number },
  problem?: PageProblem | null,
): Html {
  const f = faultOf(o, problem);
  const marks = attributes({
    id: f.id,
    name: o.name,
    rows: o.rows ?? 3,
    required: o.required === true,
    'aria-invalid': f.faults.length > 0 ? 'true' : null,
    'aria-describedby': f.described,
  });
  // HTML parsers drop one line break at the beginning; this keeps the value's own.
  const value = typedInto(problem, o.name)?.replaceAll('\r\n', '\n') ?? o.value ?? '';
  return frame(c, o, f, html`${nowLine(c, o, problem, o.value)}<textarea${marks}>${'\n'}${value}</textarea>`);
}

export interface Choice {
  readonly value: string;
  readonly text: string;
}

export function select(
  c: FormContext,
  o: Named & {
    readonly choices: readonly Choice[];
    readonly value?: string | undefined;
    readonly isLabelUnseen?: boolean;
  },
  problem?: PageProblem | null,
): Html {
  const f = faultOf(o, problem);
  const value = typedInto(problem, o.name) ?? o.value;
  const now = o.choices.find((choice) => choice.value === o.value);
  return frame(
    c,
    o,
    f,
    html`${value !== o.value && nowLine(c, o, problem, now?.text)}<select
        id="${f.id}"
        name="${o.name}"
        ${attributes({
          required: o.required === true,
          'aria-invalid': f.faults.length > 0 ? 'true' : null,
          'aria-describedby': f.described,
        })}
      >
        ${o.choices.map(
          (choice) =>
            html`<option${attributes({ value: choice.value, selected: choice.value === value })}>${choice.text}</option>`,
        )}
      </select>`,
  );
}

/** Radio buttons or check boxes. */
export function choices(
  c: FormContext,
  o: {
    type: 'radio' | 'checkbox';
    name: string;
    /** If several with one name are on a page. */
    path?: string;
    legend: string;
    hint?: string;
    options: readonly (Choice & { readonly about?: Content })[];
    chosen: readonly string[];
  },
  problem?: PageProblem | null,
): Html {
  const path = o.path ?? o.name;
  const chosen = tickedIn(problem, o.name) ?? o.chosen;
  return choiceFrame(
    c,
    {
      ...{ path, legend: o.legend, name: o.name, hint: o.hint },
      body: o.options.map(
        (choice) =>
          html`<label class="option"><input${attributes({
            type: o.type,
            name: o.name,
            value: choice.value,
            checked: chosen.includes(choice.value),
          })}>${choice.text}${hasText(choice.about) && html`<span class="only">${choice.about}</span>`}</label>`,
      ),
    },
    problem,
  );
}

/** Around choices: their legend and faults. Used separately if they are in a table. */
export function choiceFrame(
  c: FormContext,
  o: {
    readonly path: string;
    readonly legend: string;
    /** Path of its issues, if it differs from the name. */
    readonly name?: string;
    readonly hint?: Content;
    readonly body: Content;
  },
  problem?: PageProblem | null,
): Html {
  const { path, legend } = o;
  const name = o.name ?? path;
  const id = fieldId(path);
  registerField(problem, name, { path, label: legend });
  const faults = (problem?.issues ?? []).filter((i) => i.path === name || i.path.startsWith(`${name}[`));
  return html`<fieldset class="field${faults.length > 0 ? ' wrong' : ''}" id="${id}">
    <legend>${legend}</legend>
    ${hasText(o.hint) && html`<p class="hint" id="${id}-hint">${o.hint}</p>`}${faultLine(c, { id, faults, label: legend })}${o.body}
  </fieldset>`;
}

/** One box to tick, with its fault beside it. */
export function checkBox(
  c: FormContext,
  o: Omit<Named, 'hint'> & { readonly value?: string; readonly checked?: boolean; readonly about?: Content },
  problem?: PageProblem | null,
): Html {
  const f = faultOf(o, problem);
  const value = o.value ?? 'yes';
  const ticked = tickedIn(problem, o.name);
  return html`<div class="check${f.faults.length > 0 ? ' wrong' : ''}">
    ${faultLine(c, f)}<label class="option"
      ><input${attributes({
        type: 'checkbox',
        id: f.id,
        name: o.name,
        value,
        checked: ticked === undefined ? o.checked === true : ticked.includes(value),
        required: o.required === true,
        'aria-invalid': f.faults.length > 0 ? 'true' : null,
        'aria-describedby': f.faults.length > 0 ? `${f.id}-fault` : null,
      })} />${o.label}${hasText(o.about) && html`<span class="only">${o.about}</span>`}</label
    >
  </div>`;
}

export interface PostFormOptions {
  readonly action: string;
  /** Hidden fields; distinguish it from other forms of the page with the same address. */
  readonly hidden?: Readonly<Record<string, string>>;
  readonly narrow?: boolean;
  /** It sends a file. */
  readonly upload?: boolean;
  /** Of the page, whichever form it belongs to. */
  readonly problem: PageProblem | null | undefined;
}

const refusedMark = '<form data-refused';

/** A form that after a refusal shows what was typed and its faults: pass its own problem to each of its fields. */
export function postForm(
  c: FormContext,
  o: PostFormOptions,
  body: (problem: PageProblem | null) => Content,
): Html {
  const { action, hidden = {} } = o;
  const problem = problemOf(o.problem, action, hidden);
  const marks = attributes({
    'data-refused': problem !== null,
    method: 'post',
    action,
    enctype: o.upload === true ? 'multipart/form-data' : null,
    class: o.narrow === true ? 'narrow' : null,
  });
  return html`<form${marks}>${token(c)}${hiddenFields(hidden)}${body(problem)}</form>`;
}

/** Behind a line that unfolds it; open if a form in it was refused. */
export function fold(summary: Content, body: Html, isOpen = false, className?: string): Html {
  const open = isOpen || toMarkup(body).includes(refusedMark);
  return html`<details${attributes({ class: className, open })}>
    <summary>${summary}</summary>
    ${body}
  </details>`;
}

export interface ActionOptions {
  readonly secondary?: boolean;
  /** Looks like a link. */
  readonly quiet?: boolean;
  readonly hidden?: Readonly<Record<string, string>>;
  readonly before?: Content;
}

/** A form that consists of one button. */
export function actionForm(c: FormContext, action: string, label: Content, o: ActionOptions = {}): Html {
  return html`<form method="post" action="${action}"${attributes({ class: o.quiet === true ? 'quiet-form' : null })}>${token(c)}${hiddenFields(
    o.hidden ?? {},
  )}${o.before}<button${attributes({
    class: o.quiet === true ? 'quiet-button' : o.secondary === true ? 'secondary' : null,
  })}>${label}</button></form>`;
}

export function token(c: FormContext): Html {
  return html`<input type="hidden" name="_csrf" value="${c.csrf}" />`;
}

/**
 * The Enter key presses the first button of a form: render it first if that button would do something else, such as remove a
 * line.
 */
export function pressedByEnter(button: {
  readonly name: string;
  readonly value: string;
  /** Id of the form, if it is rendered outside. */
  readonly form?: string;
}): Html {
  return html`<button class="default" tabindex="-1" aria-hidden="true" ${attributes(button)}></button>`;
}

/**
 * The id of the object that the form will create. Without `autocomplete` Firefox fills in that of an earlier page; HTML allows
 * `autocomplete="off"` on text fields, but not on `type="hidden"`.
 */
export function promisedField(id: string): Html {
  return html`<input type="text" name="id" value="${id}" autocomplete="off" readonly hidden />`;
}

export function hiddenFields(values: Readonly<Record<string, string>>): Content {
  return Object.entries(values).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
}

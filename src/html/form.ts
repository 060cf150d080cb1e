/**
 * Forms of the staff's pages: fields with hint, unit and fault, and the summary of faults that names each field and leads to it. A field that is printed with
 * the problem of its form tells the summary its label, so that a view names it once.
 */
import type { Issue, MessageParams } from '../domain/errors.ts';
import { attributes, html, type Content, type Html } from './html.ts';
import type { PageContext } from './layout.ts';

/** What went wrong with a form, shown above it; each issue leads to its field. */
export interface PageProblem {
  readonly message: string;
  readonly params?: MessageParams;
  readonly issues?: readonly Issue[];
}

/** What forms need of the page they stand in. */
export interface FormContext {
  readonly page: PageContext;
  /** Token of every form. */
  readonly csrf: string;
}

const labels = new WeakMap<PageProblem, Map<string, string>>();

function tellLabel(problem: PageProblem | null | undefined, path: string, label: string): void {
  if (!problem) return;
  const known = labels.get(problem);
  if (known) known.set(path, label);
  else labels.set(problem, new Map([[path, label]]));
}

/** The field an issue belongs to: its own, or the one that holds it (`questionnaires[1].groups` → `questionnaires`). */
function findField(problem: PageProblem, path: string): { path: string; label: string } | null {
  const known = labels.get(problem);
  for (let at = path; known && at !== ''; at = at.replace(/(?:\.[^.[\]]*|\[[^\]]*\]|^[^.[\]]+)$/, '')) {
    const label = known.get(at);
    if (label !== undefined) return { path: at, label };
  }
  return null;
}

/** Print it after the fields: only then are their labels known. */
export function errorSummary(c: FormContext, problem: PageProblem | null | undefined): Content {
  if (!problem) return null;
  const { t } = c.page;
  const issues = problem.issues ?? [];
  return html`<div class="errors" role="alert">
    <h2>${t('staff.problem')}</h2>
    <p>${t(problem.message, problem.params)}</p>
    ${
      issues.length > 0 &&
      html`<ul>
        ${issues.map((issue) => {
          const field = findField(problem, issue.path);
          if (field === null) return html`<li>${t(issue.message, issue.params)}</li>`;
          const { text, isNamed } = faultText(c, issue, field);
          return html`<li>
            <a href="#${fieldId(field.path)}">${!isNamed && `${field.label}${t('staff.colon')}`}${text}</a>
          </li>`;
        })}
      </ul>`
    }
  </div>`;
}

/** An issue whose words name its field by the name that programs use names it by its label instead. */
function faultText(
  c: FormContext,
  issue: Issue,
  field: { readonly path: string; readonly label: string },
): { readonly text: string; readonly isNamed: boolean } {
  const { t } = c.page;
  const text = t(issue.message, issue.params);
  if (issue.params?.['path'] !== issue.path || field.path !== issue.path) return { text, isNamed: false };
  const named = t(issue.message, { ...issue.params, path: field.label });
  return { text: named, isNamed: named !== text };
}

/** `counties[0].residents` → `f-counties-0-residents` */
export function fieldId(path: string): string {
  return `f-${path.replace(/[^A-Za-z0-9]+/g, '-').replace(/-+$/, '')}`;
}

interface Named {
  readonly name: string;
  readonly label: string;
  /** What the field belongs to, for the summary of faults: “第 1 个县”. */
  readonly of?: string | undefined;
  readonly hint?: Content;
  /** Path of the issue that belongs here, if it is not the name: two forms of one page may share names, never ids. */
  readonly path?: string;
  readonly required?: boolean;
}

export interface FieldOptions extends Named {
  readonly type?:
    'text' | 'password' | 'number' | 'date' | 'datetime-local' | 'tel' | 'file' | 'search' | 'email' | 'url';
  readonly value?: string | undefined;
  /** Stands after the field: 人, %. */
  readonly unit?: string;
  readonly extra?: Readonly<Record<string, string | number | boolean>>;
  /** Only read aloud: in a table, where the heads of row and column say it. */
  readonly isLabelUnseen?: boolean;
}

interface Fault {
  readonly id: string;
  readonly faults: readonly Issue[];
  readonly path: string;
  readonly label: string;
  readonly described: string | null;
}

function faultOf(o: Named, problem: PageProblem | null | undefined): Fault {
  const path = o.path ?? o.name;
  const id = fieldId(path);
  tellLabel(problem, path, o.of === undefined ? o.label : `${o.of} · ${o.label}`);
  const faults = (problem?.issues ?? []).filter((i) => i.path === path);
  const described = [faults.length > 0 && `${id}-fault`, hasText(o.hint) && `${id}-hint`].filter(Boolean);
  return { id, faults, label: o.label, path, described: described.length > 0 ? described.join(' ') : null };
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

function faultLine(c: FormContext, field: Omit<Fault, 'described'>): Content {
  const { id, faults } = field;
  return (
    faults.length > 0 &&
    html`<p class="error" id="${id}-fault">
      ${faults.map((f) => faultText(c, f, field).text).join(c.page.t('sentence.gap'))}
    </p>`
  );
}

export function field(c: FormContext, o: FieldOptions, problem?: PageProblem | null): Html {
  const f = faultOf(o, problem);
  const input = html`<input${attributes({
    type: o.type ?? 'text',
    id: f.id,
    name: o.name,
    value: o.type === 'password' || o.type === 'file' ? null : (o.value ?? null),
    required: o.required === true,
    'aria-invalid': f.faults.length > 0 ? 'true' : null,
    'aria-describedby': f.described,
    ...o.extra,
  })} />`;
  return frame(
    c,
    o,
    f,
    o.unit === undefined
      ? input
      : html`<span class="with-unit">${input} <span class="unit">${o.unit}</span></span>`,
  );
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
  // A parser drops one line break at the beginning; the value keeps its own.
  return frame(c, o, f, html`<textarea${marks}>${'\n'}${o.value ?? ''}</textarea>`);
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
  return frame(
    c,
    o,
    f,
    html`<select
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
          html`<option${attributes({ value: choice.value, selected: choice.value === o.value })}>${choice.text}</option>`,
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
    /** Where several of one name stand on a page. */
    path?: string;
    legend: string;
    hint?: string;
    options: readonly (Choice & { readonly about?: Content })[];
    chosen: readonly string[];
  },
  problem?: PageProblem | null,
): Html {
  const path = o.path ?? o.name;
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
            checked: o.chosen.includes(choice.value),
          })}>${choice.text}${hasText(choice.about) && html`<span class="only">${choice.about}</span>`}</label>`,
      ),
    },
    problem,
  );
}

/** Around choices: their legend and what is wrong with them. By itself where they stand in a table of their own. */
export function choiceFrame(
  c: FormContext,
  o: {
    readonly path: string;
    readonly legend: string;
    /** Whose issues belong here, if not those of the path. */
    readonly name?: string;
    readonly hint?: Content;
    readonly body: Content;
  },
  problem?: PageProblem | null,
): Html {
  const { path, legend } = o;
  const name = o.name ?? path;
  const id = fieldId(path);
  tellLabel(problem, path, legend);
  const faults = (problem?.issues ?? []).filter((i) => i.path === name || i.path.startsWith(`${name}[`));
  return html`<fieldset class="field${faults.length > 0 ? ' wrong' : ''}" id="${id}">
    <legend>${legend}</legend>
    ${hasText(o.hint) && html`<p class="hint" id="${id}-hint">${o.hint}</p>`}${faultLine(c, { id, faults, path, label: legend })}${o.body}
  </fieldset>`;
}

/** One box to tick, with its fault beside it. */
export function checkBox(
  c: FormContext,
  o: Omit<Named, 'hint'> & { readonly value?: string; readonly checked?: boolean; readonly about?: Content },
  problem?: PageProblem | null,
): Html {
  const f = faultOf(o, problem);
  return html`<div class="check${f.faults.length > 0 ? ' wrong' : ''}">
    ${faultLine(c, f)}<label class="option"
      ><input${attributes({
        type: 'checkbox',
        id: f.id,
        name: o.name,
        value: o.value ?? 'yes',
        checked: o.checked === true,
        required: o.required === true,
        'aria-invalid': f.faults.length > 0 ? 'true' : null,
        'aria-describedby': f.faults.length > 0 ? `${f.id}-fault` : null,
      })} />${o.label}${hasText(o.about) && html`<span class="only">${o.about}</span>`}</label
    >
  </div>`;
}

export interface ActionOptions {
  readonly secondary?: boolean;
  /** Looks like a link. */
  readonly quiet?: boolean;
  readonly hidden?: Readonly<Record<string, string>>;
  readonly before?: Content;
}

/** A form that is one button. */
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

/** The Enter key presses the first button of a form: print it first where that button would do something else, such as remove a line. */
export function pressedByEnter(button: {
  readonly name: string;
  readonly value: string;
  /** Id of the form, where it is printed outside. */
  readonly form?: string;
}): Html {
  return html`<button class="default" tabindex="-1" aria-hidden="true" ${attributes(button)}></button>`;
}

export function hiddenFields(values: Readonly<Record<string, string>>): Content {
  return Object.entries(values).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
}

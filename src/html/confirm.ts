/** The body of a page before an action that cannot be undone: numbers, consequence, who must agree, a box to tick, a way back. */
import { checkBox, hiddenFields, token, type FormContext, type PageProblem } from './form.ts';
import { html, type Content, type Html } from './html.ts';
import { tag } from './parts.ts';

export interface Confirmation {
  readonly action: string;
  /** The numbers, one sentence each. */
  readonly numbers: readonly Content[];
  /** What cannot be undone. */
  readonly consequence: Content;
  readonly people: 1 | 2;
  /** More fields: a reason. */
  readonly fields?: Content;
  /** Warnings before the box. */
  readonly warnings?: readonly Content[];
  readonly submit: string;
  readonly cancel: { readonly href: string; readonly text: string };
  readonly hidden?: Readonly<Record<string, string>>;
}

/** Name of the box that must be ticked; its value is `yes`. */
export const confirmedField = 'confirmed';

export function confirmation(c: FormContext, o: Confirmation, problem?: PageProblem | null): Html {
  const { t } = c.page;
  return html`<form method="post" action="${o.action}" class="confirm">
    ${token(c)}${hiddenFields(o.hidden ?? {})}
    <ul class="numbers">
      ${o.numbers.map((line) => html`<li>${line}</li>`)}
    </ul>
    ${(o.warnings ?? []).map((line) => html`<p class="warn-line">${tag('warn', t('staff.confirm.note'))} ${line}</p>`)}
    <p class="consequence"><strong>${t('staff.confirm.afterwards')}</strong>${o.consequence}</p>
    <p>
      ${tag('neutral', t(`staff.confirm.people.${o.people}`))} ${t(`staff.confirm.people.${o.people}.about`)}
    </p>
    ${o.fields}${checkBox(c, { name: confirmedField, label: t('staff.confirm.checked') }, problem)}
    <div class="acts">
      <button>${o.submit}</button> <a class="button secondary" href="${o.cancel.href}">${o.cancel.text}</a>
    </div>
  </form>`;
}

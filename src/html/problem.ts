/**
 * The faults of a form, and what was typed into it. A page may have many forms whose fields share names. The problem is passed to
 * the one form that was sent (`problemOf`), which then shows its faults and what was typed; the others do not change.
 */
import type { ErrorKind, Issue, MessageParams } from '../domain/errors.ts';

/** A form as it was sent. */
export interface SentForm {
  /** Path to which it was sent. */
  readonly action: string;
  readonly fields: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The faults of a form, shown above it; each issue links to its field. */
export interface PageProblem {
  readonly message: string;
  readonly kind?: ErrorKind;
  readonly params?: MessageParams;
  readonly issues?: readonly Issue[];
  readonly sent?: SentForm;
  /** For a form's own problem: that of the page, which knows the labels of all fields. */
  readonly whole?: PageProblem;
}

type Maybe = PageProblem | null | undefined;

/** A field's label, and the path from which its id is made. */
export interface NamedField {
  readonly path: string;
  readonly label: string;
}
interface Known {
  readonly fields: Map<string, NamedField>;
  /** The sent form is on the page, and shows what was typed. */
  isShown: boolean;
}
const known = new WeakMap<PageProblem, Known>();

function knownOf(problem: PageProblem): Known {
  const whole = problem.whole ?? problem;
  const before = known.get(whole);
  if (before) return before;
  const made: Known = { fields: new Map(), isShown: false };
  known.set(whole, made);
  return made;
}

/** A field was rendered: the error summary uses its label. In the sent form, also its name links to it. */
export function registerField(problem: Maybe, name: string, field: NamedField): void {
  if (!problem) return;
  const { fields } = knownOf(problem);
  fields.set(field.path, field);
  if (problem.whole) fields.set(name, field);
  if (problem.sent?.fields[name] !== undefined) knownOf(problem).isShown = true;
}

/** The field of an issue: its own, or the one that contains it (`questionnaires[1].groups` → `questionnaires`). */
export function findField(
  problem: PageProblem,
  path: string,
): (NamedField & { readonly key: string }) | null {
  const { fields } = knownOf(problem);
  for (let at = path; at !== ''; at = containerOf(at)) {
    const field = fields.get(at);
    if (field !== undefined) return { ...field, key: at };
  }
  return null;
}

/** `questionnaires[1].groups` → `questionnaires[1]` → `questionnaires` → empty. Always shorter, whatever the names contain. */
const containerOf = (path: string): string =>
  path.slice(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['), 0));

/**
 * The problem as one form's own, null if another was sent.
 * @param hidden its hidden fields, which distinguish forms of the page with the same address. Its `version` may have increased
 * meanwhile
 */
export function problemOf(
  problem: Maybe,
  action: string,
  hidden: Readonly<Record<string, string>> = {},
): PageProblem | null {
  const sent = problem?.sent;
  if (!sent || sent.action !== action.replace(/[?#].*/, '')) return null;
  const isSame = Object.entries(hidden).every(
    ([name, value]) => name === 'version' || firstOf(sent, name) === value,
  );
  return isSame ? { ...problem, whole: problem.whole ?? problem } : null;
}

function firstOf(sent: SentForm, name: string): string | undefined {
  const value = sent.fields[name];
  return typeof value === 'string' || value === undefined ? value : value[0];
}

/** What was typed into a field of the sent form; undefined: another form, or it had no such field. */
export function typedInto(problem: Maybe, name: string): string | undefined {
  return problem?.whole && problem.sent ? firstOf(problem.sent, name) : undefined;
}

/** Which boxes of a name were ticked in the sent form; undefined: another form. */
export function tickedIn(problem: Maybe, name: string): readonly string[] | undefined {
  if (!problem?.whole || !problem.sent) return undefined;
  const value = problem.sent.fields[name];
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/** Longer texts that were typed, if the page no longer has a form that could show them: to be copied. */
export function unplacedTexts(problem: PageProblem): readonly string[] {
  if (!problem.sent || knownOf(problem).isShown) return [];
  return Object.entries(problem.sent.fields)
    .flatMap(([name, value]) => (name === '_csrf' ? [] : (value ?? [])))
    .filter((text) => /[^\x21-\x7e]/.test(text.trim()));
}

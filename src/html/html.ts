/**
 * HTML from data. `html` escapes every inserted string; only values of the type `Html`, which only this file creates, are
 * inserted unchanged. The escaping is right for text and for quoted attribute values; never insert a value elsewhere.
 */
declare const made: unique symbol;
/** Markup that is safe to send unchanged. */
export type Html = { readonly markup: string; readonly [made]: true };
/** null, undefined and booleans print nothing, so that `cond && html`…`` works. */
export type Content = Html | string | number | null | undefined | boolean | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (c) => entities[c] ?? c) : text;
}

class Markup {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}
const brand = (markup: string): Html => new Markup(markup) as unknown as Html;

function print(value: Content): string {
  if (value === null || value === undefined || typeof value === 'boolean') return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  if (value instanceof Markup) return value.markup;
  if (Array.isArray(value)) return (value as readonly Content[]).map(print).join('');
  // An object that only looks like Html, such as parsed JSON, is not accepted.
  throw new TypeError('not content of a page');
}

const folded = new WeakMap<TemplateStringsArray, readonly string[]>();

/** A line break in a template, with the indentation around it, prints as one space: sources are laid out for us, pages for phones. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let parts = folded.get(strings);
  if (!parts) {
    parts = strings.map((s) => s.replace(/(?<!\s)\s*\n\s*/g, ' '));
    folded.set(strings, parts);
  }
  let out = parts[0] ?? '';
  for (let i = 0; i < values.length; i++) out += print(values[i]) + (parts[i + 1] ?? '');
  return brand(out);
}

/** Attributes; false, null and undefined omit one, true prints only its name. Names are ours, never input. */
export function attributes(
  map: Readonly<Record<string, string | number | boolean | null | undefined>>,
): Html {
  let out = '';
  for (const [name, value] of Object.entries(map)) {
    if (value === null || value === undefined || value === false) continue;
    out += value === true ? ` ${name}` : ` ${name}="${escapeHtml(String(value))}"`;
  }
  return brand(out);
}

/** A style element with our own style sheet: the only place without escaping. */
export function inlineStyle(css: string): Html {
  if (css.includes('<')) throw new TypeError('not the text of a style element');
  return brand(`<style>${css}</style>`);
}

export function toMarkup(content: Html): string {
  return content.markup;
}

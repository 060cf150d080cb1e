/** Bodies that every route understands: url-encoded forms, and JSON, which Fastify reads itself. */
import formbody from '@fastify/formbody';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

export default fp(
  async (app) => {
    app.removeContentTypeParser('text/plain');
    // The plugin's own parser leaves broken UTF-8 as percent signs, as if that had been typed.
    await app.register(formbody, { parser: (text) => new FormBody(text).fields });
  },
  { name: 'forms', fastify: '5.x', dependencies: ['errors'] },
);

export type FormFields = Readonly<Record<string, string | readonly string[]>>;

/** A parsed form as pairs, a repeated name as often as it came. */
export function* formPairs(fields: FormFields): Generator<readonly [string, string]> {
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (typeof value === 'string') yield [name, value];
    else if (Array.isArray(value)) for (const one of value as readonly string[]) yield [name, one];
  }
}

const urlencoded = 'application/x-www-form-urlencoded';

/** A form's body as it came, read into pairs once, and into fields by name only if somebody asks. */
export class FormBody {
  readonly pairs: readonly (readonly [string, string])[];
  #fields: FormFields | undefined;
  constructor(text: string) {
    this.pairs = readPairs(text);
  }
  /** The value that came first under this name. */
  first(name: string): string | undefined {
    for (const pair of this.pairs) if (pair[0] === name) return pair[1];
    return undefined;
  }
  get fields(): FormFields {
    if (this.#fields) return this.#fields;
    const fields = Object.create(null) as Record<string, string | string[]>;
    for (const [name, value] of this.pairs) {
      const before = fields[name];
      if (before === undefined) fields[name] = value;
      else if (typeof before === 'string') fields[name] = [before, value];
      else before.push(value);
    }
    return (this.#fields = fields);
  }
}

/** For routes of this scope, forms arrive as `FormBody`. */
export function parseFormsOnce(app: FastifyInstance): void {
  app.removeContentTypeParser(urlencoded);
  app.addContentTypeParser(urlencoded, { parseAs: 'string' }, (_request, body, done) => {
    done(null, new FormBody(body as string));
  });
}

/** application/x-www-form-urlencoded (WHATWG URL, §5.1), but for names without a sign of equality, whose value is empty. */
export function readPairs(text: string): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  const { length } = text;
  for (let from = 0; from < length;) {
    let end = text.indexOf('&', from);
    if (end < 0) end = length;
    if (end > from) {
      const equals = text.indexOf('=', from);
      const split = equals < 0 || equals > end ? end : equals;
      pairs.push([decode(text.slice(from, split)), split < end ? decode(text.slice(split + 1, end)) : '']);
    }
    from = end + 1;
  }
  return pairs;
}

function decode(part: string): string {
  const spaced = part.includes('+') ? part.replaceAll('+', ' ') : part;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Not UTF-8, or a lone percent sign: what cannot be read is shown as such, never an error.
    return unescapeBytes(spaced);
  }
}

function unescapeBytes(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  const out: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const hex = bytes[i] === 0x25 ? bytes.toString('latin1', i + 1, i + 3) : '';
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      out.push(parseInt(hex, 16));
      i += 2;
    } else out.push(bytes[i]!);
  }
  return Buffer.from(out).toString('utf8');
}

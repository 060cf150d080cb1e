/** Bodies that every route understands: url-encoded forms, and JSON, which Fastify reads itself. */
import formbody from '@fastify/formbody';
import fp from 'fastify-plugin';

export default fp(
  async (app) => {
    app.removeContentTypeParser('text/plain');
    await app.register(formbody);
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

/**
 * Headers of every response. Pages run only our own files (there are no inline scripts), cannot be framed, and do not reveal our
 * addresses, which contain codes, to other sites. A form posted by another site is refused; a browser too old to send its origin
 * is accepted.
 */
import fp from 'fastify-plugin';
import { AppError } from '../../domain/errors.ts';

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Built once: building them for each request cost more than routing it. A route may set another value. */
const always: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  // Permissions that a questionnaire could be abused to request from a phone. Each name costs every page some bytes.
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
};

declare module 'fastify' {
  interface FastifyInstance {
    readonly pageHeaders: Readonly<Record<string, string>>;
  }
}

/** For every response, whatever else it has. */
function transportHeaders(secure: boolean): Readonly<Record<string, string>> {
  return secure ? { 'strict-transport-security': 'max-age=31536000' } : {};
}

export default fp<{ secure: boolean }>(
  async (app, { secure }) => {
    const transport = transportHeaders(secure);
    const headers = {
      ...always,
      // The respondents' sheet is inlined, so that the first screen needs one request.
      'content-security-policy': [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        `style-src 'self' ${app.assets.source('base.css')}`,
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ].join(';'),
      ...transport,
    };
    app.decorate('pageHeaders', headers);
    app.addHook('onRequest', (request, reply, done) => {
      // A style sheet needs no policy for pages, and slow lines should not carry it.
      reply.headers(request.routeOptions.config.plainHeaders === true ? transport : headers);
      if (request.headers['sec-fetch-site'] === 'cross-site' && !reading.has(request.method))
        done(new AppError('forbidden', 'http.cross-site'));
      else done();
    });
  },
  { name: 'headers', fastify: '5.x', dependencies: ['errors', 'assets'] },
);

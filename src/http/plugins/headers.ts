/**
 * Headers of every reply: nothing runs in our pages but our own files (no script stands in a page), nobody frames them, and no address of ours (they carry codes) is told to
 * another site. A form that another site posts here is refused; a browser too old to say where it comes from passes.
 */
import fp from 'fastify-plugin';
import { AppError } from '../../domain/errors.ts';

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Made once: putting them together for each request cost more than routing it. A route may set another value. */
const always: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  // What a questionnaire could be made to ask a phone for. Each name costs every page some bytes.
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

/** Of every reply, whatever else it carries. */
function transportHeaders(secure: boolean): Readonly<Record<string, string>> {
  return secure ? { 'strict-transport-security': 'max-age=31536000' } : {};
}

export default fp<{ secure: boolean }>(
  async (app, { secure }) => {
    const transport = transportHeaders(secure);
    const headers = {
      ...always,
      // The respondents' sheet stands in the page, so that the first screen needs one request.
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
      // A policy for pages says nothing to a style sheet, and a slow line need not carry it.
      reply.headers(request.routeOptions.config.plainHeaders === true ? transport : headers);
      if (request.headers['sec-fetch-site'] === 'cross-site' && !reading.has(request.method))
        done(new AppError('forbidden', 'http.cross-site'));
      else done();
    });
  },
  { name: 'headers', fastify: '5.x', dependencies: ['errors', 'assets'] },
);

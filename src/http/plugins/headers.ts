/**
 * Headers of every reply: nothing runs in our pages but our own files (no script stands in a page), nobody frames them, and no address of ours (they carry codes) is told to
 * another site. A form that another site posts here is refused; a browser too old to say where it comes from passes.
 */
import helmet from '@fastify/helmet';
import fp from 'fastify-plugin';
import { AppError } from '../../domain/errors.ts';

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);

export default fp<{ secure: boolean }>(
  async (app, { secure }) => {
    await app.register(helmet, {
      global: true,
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          connectSrc: ["'self'"],
          // The respondents' sheet stands in the page, so that the first screen needs one request.
          styleSrc: ["'self'", app.assets.source('base.css')],
          imgSrc: ["'self'", 'data:'],
          formAction: ["'self'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      referrerPolicy: { policy: 'no-referrer' },
      strictTransportSecurity: secure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
      crossOriginOpenerPolicy: { policy: 'same-origin' },
      crossOriginResourcePolicy: { policy: 'same-origin' },
      crossOriginEmbedderPolicy: false,
      originAgentCluster: true,
      xContentTypeOptions: true,
      xDnsPrefetchControl: { allow: false },
      xFrameOptions: { action: 'deny' },
      xPermittedCrossDomainPolicies: { permittedPolicies: 'none' },
      xDownloadOptions: false,
      xXssProtection: false,
      hidePoweredBy: false,
    });
    app.addHook('onRequest', async (request) => {
      if (!reading.has(request.method) && request.headers['sec-fetch-site'] === 'cross-site')
        throw new AppError('forbidden', 'http.cross-site');
    });
  },
  { name: 'headers', fastify: '5.x', dependencies: ['errors', 'assets'] },
);

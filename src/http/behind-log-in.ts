/** Everything behind a log-in: one session for the pages and for the API. */
import type { FastifyPluginAsync } from 'fastify';
import { AppError } from '../domain/errors.ts';
import { controlMessage, findUnreadable } from '../domain/line.ts';
import { shareCounts } from '../operations/shared-counts.ts';
import { createLoginThrottle } from '../operations/user/login-throttle.ts';
import type { HttpDeps } from './deps.ts';
import { session } from './plugins/session.ts';
import { apiRoutes } from './api/index.ts';
import { staffPages } from './staff/index.ts';
import { uploadLinkPages } from './staff/roll/upload-routes.ts';

export function staffRoutes(deps: HttpDeps): FastifyPluginAsync {
  return async (app) => {
    const throttle = createLoginThrottle(deps.now, shareCounts(deps, 'log-in'));
    await app.register(session, { deps });
    app.addHook('preValidation', async ({ params, query, body }) => assertReadable([params, query, body]));
    const api: { document: () => object } = { document: () => ({}) };
    await app.register(apiRoutes, {
      ...{ prefix: '/api/v1', deps, throttle },
      onDocument: (make) => (api.document = make),
    });
    await app.register(uploadLinkPages, { prefix: '/u', deps });
    await app.register(staffPages, { prefix: '/staff', deps, throttle, apiDocument: () => api.document() });
  };
}

/**
 * Checks every name, address and body from staff and programs. Uploads are read later: `readUpload` checks their fields likewise.
 */
function assertReadable(texts: readonly unknown[]): void {
  const paths = texts.flatMap((one) => findUnreadable(one));
  if (paths.length > 0)
    throw new AppError('invalid', controlMessage, {
      issues: paths.map((path) => ({ path, message: controlMessage })),
    });
}

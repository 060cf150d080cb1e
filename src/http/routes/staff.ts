/** Everything behind a log-in: one session for the pages and for the API. */
import type { FastifyPluginAsync } from 'fastify';
import { createLoginThrottle } from '../../operations/login-throttle.ts';
import type { HttpDeps } from '../deps.ts';
import { session } from '../plugins/session.ts';
import { apiRoutes } from './api/index.ts';
import { staffPages } from './staff/index.ts';

export function staffRoutes(deps: HttpDeps): FastifyPluginAsync {
  return async (app) => {
    const throttle = createLoginThrottle(deps.now);
    await app.register(session, { deps });
    await app.register(apiRoutes, { prefix: '/api/v1', deps, throttle });
    await app.register(staffPages, { prefix: '/staff', deps, throttle });
  };
}

/**
 * One line for each finished request, by route pattern. Never a query, a body or an address; the path only if it cannot contain a
 * code. Requests of respondents are logged only for debugging: a log with the time of every answer could reveal who gave it
 * (design 14).
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';

const respondent = /^\/(?:$|s(?:$|\/)|q(?:$|\/)|done$|genuine$|kiosk(?:$|\/)|assets\/)/;

export default fp(
  async (app) => {
    const debugging = 'isLevelEnabled' in app.log && (app.log as Logger).isLevelEnabled('debug');
    // Skip registering a hook that would log nothing: there may be thousands of respondents a second.
    app.addHook('onRoute', (options) => {
      if (!debugging && respondent.test(options.url)) return;
      options.onResponse = [write, options.onResponse ?? []].flat();
    });
    function write(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
      const route = request.routeOptions.url ?? '(none)';
      const hidden = request.routeOptions.url === undefined || respondent.test(route);
      const line = {
        method: request.method,
        route,
        ...(hidden ? {} : { path: request.url.split('?', 1)[0] }),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      };
      if (hidden) request.log.debug(line, 'request');
      else request.log.info(line, 'request');
      done();
    }
  },
  { name: 'request-log', fastify: '5.x' },
);

/** For the logger itself: logging a whole request or reply prints no more than this. */
export const logSerializers = {
  req: (request: { method?: string; routeOptions?: { url?: string | undefined } }) => ({
    method: request.method,
    route: request.routeOptions?.url,
  }),
  res: (reply: { statusCode?: number }) => ({ status: reply.statusCode }),
};

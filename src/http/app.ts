/**
 * The one `buildApp` of server and tests: every option of Fastify is set here explicitly. It registers plugins (for every
 * request) and routes, one file per noun.
 */
import fastify, {
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { HttpDeps } from './deps.ts';
import { access } from './plugins/access.ts';
import assets from './plugins/assets.ts';
import closing from './plugins/closing.ts';
import codeLimit from './plugins/code-limit.ts';
import errors, { refuseAddress, refuseBrokenClient } from './plugins/errors.ts';
import forms, { FormBody } from './plugins/forms.ts';
import headers from './plugins/headers.ts';
import limits from './plugins/limits.ts';
import pages from './plugins/pages.ts';
import requestLog from './plugins/request-log.ts';
import { answerRoutes } from './answering/routes.ts';
import { assetRoutes } from './service/assets.ts';
import { demoPhones } from './demo/phones.ts';
import { demoStart } from './demo/start.ts';
import { kioskRoutes } from './answering/kiosk.ts';
import { healthRoutes } from './service/health.ts';
import { deliveryReceiptRoutes } from './service/receipts.ts';
import { logRoutes } from './log/routes.ts';
import { receiptRoutes } from './answering/receipt.ts';
import { noticeRoutes } from './service/notice.ts';
import { metricsRoutes } from './service/metrics.ts';
import { staffRoutes } from './behind-log-in.ts';

/** Enough for a long staff form. Answering and uploads set their own. */
const bodyLimit = 256 * 1024;

export async function buildApp(deps: HttpDeps): Promise<FastifyInstance> {
  const { http } = deps;
  const secure = deps.publicUrl.startsWith('https:');
  const app: FastifyInstance = fastify({
    ...(http.logger === null ? { logger: false } : { loggerInstance: http.logger }),
    // Fastify's own lines contain addresses and URLs, and our URLs contain codes: plugins/request-log.ts writes ours.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    requestIdHeader: false,
    trustProxy: typeof http.trustProxy === 'boolean' ? http.trustProxy : [...http.trustProxy],
    bodyLimit,
    // Timeouts: a silent socket; a whole request, including uploads over a slow line; an idle kept connection.
    connectionTimeout: 60_000,
    requestTimeout: 300_000,
    keepAliveTimeout: 15_000,
    http: { headersTimeout: 15_000, maxHeaderSize: 16 * 1024 },
    maxRequestsPerSocket: 0,
    forceCloseConnections: 'idle',
    // plugins/closing.ts says it better.
    return503OnClosing: false,
    pluginTimeout: 10_000,
    exposeHeadRoutes: true,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    allowErrorHandlerOverride: false,
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: false,
      maxParamLength: 400,
      // As in forms: broken UTF-8 becomes U+FFFD, and is detected. Runs for every request, so it must be fast.
      querystringParser: (text) => (text === '' ? {} : new FormBody(text).fields),
    },
    frameworkErrors: (error, request, reply) =>
      refuseAddress(app, error, request as FastifyRequest, reply as FastifyReply),
    clientErrorHandler: refuseBrokenClient,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  await app.register(access);
  await app.register(requestLog);
  await app.register(assets, { folder: http.assets });
  await app.register(pages, { http, secure });
  await app.register(errors);
  await app.register(headers, { secure });
  await app.register(closing);
  await app.register(forms);
  await app.register(limits, { limits: http.limits, deps });
  await app.register(codeLimit, { deps });

  await app.register(assetRoutes);
  await app.register(answerRoutes(deps));
  await app.register(kioskRoutes(deps));
  await app.register(healthRoutes(deps));
  await app.register(logRoutes(deps));
  await app.register(receiptRoutes(deps));
  await app.register(noticeRoutes(deps));
  await app.register(metricsRoutes(deps));
  await app.register(demoStart, { deps });
  await app.register(demoPhones, { deps });
  await app.register(deliveryReceiptRoutes(deps));
  await app.register(staffRoutes(deps));
  return app;
}

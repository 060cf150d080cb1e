/**
 * Errors → replies, in one table. Programs get an RFC 9457 problem, people a page that says what to do. What nobody
 * foresaw is one sentence outside and everything in the log.
 */
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { AppError, type ErrorKind, type Issue } from '../../domain/errors.ts';
import { noticePage } from '../views/notice-view.ts';

export const statusOf: Readonly<Record<ErrorKind, number>> = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'too-many': 429,
  unavailable: 503,
  corrupt: 500,
  config: 500,
};

const kindOfStatus: Readonly<Record<number, readonly [ErrorKind, string]>> = {
  400: ['invalid', 'http.bad-request'],
  404: ['not-found', 'http.not-found'],
  405: ['invalid', 'http.bad-request'],
  408: ['invalid', 'http.too-slow'],
  413: ['too-large', 'http.too-large'],
  414: ['too-large', 'http.too-large'],
  415: ['invalid', 'http.media-type'],
  429: ['too-many', 'http.too-many'],
  503: ['unavailable', 'http.unavailable'],
};

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly params: AppError['params'];
  readonly issues: readonly Issue[];
  /** Seconds. */
  readonly retryAfter: number | null;
}

/** Is it a program that asks? By the address, or by what it sends and wants. */
export function wantsJson(request: FastifyRequest): boolean {
  const { accept, 'content-type': type } = request.headers;
  return (
    request.url.startsWith('/api/') ||
    (type?.startsWith('application/json') ?? false) ||
    (accept !== undefined && accept.includes('json') && !accept.includes('html'))
  );
}

function describe(error: FastifyError | AppError): Problem | null {
  if (error instanceof AppError) {
    const { seconds } = error.params;
    const retryAfter =
      error.kind === 'too-many' || error.kind === 'unavailable'
        ? typeof seconds === 'number'
          ? seconds
          : 5
        : null;
    return {
      status: statusOf[error.kind],
      code: error.message,
      params: error.params,
      issues: error.issues,
      retryAfter,
    };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    return {
      status: 422,
      code: 'http.invalid',
      params: {},
      retryAfter: null,
      issues: error.validation.map((fault) => ({
        path: fault.instancePath.slice(1).replaceAll('/', '.'),
        message: fault.message ?? '',
      })),
    };
  }
  const status = error.statusCode;
  if (status === undefined || (status >= 500 && status !== 503) || status < 400) return null;
  const [, code] = kindOfStatus[status] ?? kindOfStatus[400] ?? ['invalid', 'http.bad-request'];
  return { status, code, params: {}, issues: [], retryAfter: status === 503 ? 5 : null };
}

const unforeseen: Problem = { status: 500, code: 'http.internal', params: {}, issues: [], retryAfter: null };

function reply(request: FastifyRequest, to: FastifyReply, problem: Problem): FastifyReply {
  const { t } = request.page;
  const sentence = t(problem.code, problem.params);
  to.code(problem.status);
  to.header('cache-control', 'no-store');
  if (problem.retryAfter !== null) to.header('retry-after', problem.retryAfter);
  if (wantsJson(request)) {
    return to
      .type('application/problem+json')
      .serializer((body: unknown) => JSON.stringify(body))
      .send({
        type: 'about:blank',
        title: t(`http.status.${problem.status}`),
        status: problem.status,
        detail: sentence,
        code: problem.code,
        ...(problem.issues.length > 0 && {
          issues: problem.issues.map((i) => ({
            path: i.path,
            detail: t(i.message, i.params),
            code: i.message,
          })),
        }),
      });
  }
  return to.html(
    noticePage(request.page, {
      title: t(`http.status.${problem.status}`),
      lines: [
        sentence,
        ...problem.issues.map((i) => (i.path === '' ? '' : `${i.path}: `) + t(i.message, i.params)),
      ],
      kind: request.url.startsWith('/staff') ? 'staff' : 'respondent',
      links: [{ href: '/', text: t('http.link.start') }],
    }),
  );
}

export default fp(
  async (app) => {
    app.setErrorHandler((error: FastifyError | AppError, request, to) => {
      const problem = describe(error);
      if (problem === null || problem.status === 500)
        request.log.error({ err: error, route: request.routeOptions.url }, 'request.failed');
      return reply(request, to, problem ?? unforeseen);
    });
  },
  { name: 'errors', fastify: '5.x', dependencies: ['pages'] },
);

/** An address that does not even decode: plain, because no plugin has seen the request. */
export function refuseBadUrl(_error: unknown, _request: unknown, to: unknown): void {
  void (to as FastifyReply)
    .code(400)
    .header('cache-control', 'no-store')
    .type('text/plain; charset=utf-8')
    .send('这个地址写得不完整，请核对后重试。 This address is not complete; please check it.\n');
}

/** Not HTTP, or too slow with its headers. What came is not logged: it may hold a code. */
export function refuseBrokenClient(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? '408 Request Timeout'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
}

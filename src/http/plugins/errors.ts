/**
 * Errors → responses, in one table. Programs get an RFC 9457 problem, people a page that says what to do. Unexpected errors are
 * one sentence outside, and complete in the log.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { ErrorKind, Issue, MessageParams } from '../../domain/errors.ts';
import { AppError } from '../../domain/errors.ts';
import { createRepeatGate } from '../../domain/limits/repeat-gate.ts';
import { availableLanguages, negotiateLanguage, translator } from '../../texts/texts.ts';
import type { Html } from '../../html/html.ts';
import { toMarkup } from '../../html/html.ts';
import type { PageContext } from '../../html/layout.ts';
import { noticePage } from '../../html/notice.ts';
import { errorWords } from '../../texts/error-words.ts';

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

/** For errors of Fastify and its plugins. */
const messageOfStatus: Readonly<Record<number, string>> = {
  400: 'http.bad-request',
  404: 'http.not-found',
  405: 'http.bad-request',
  408: 'http.too-slow',
  413: 'http.too-large',
  414: 'http.address-too-long',
  415: 'http.media-type',
  429: 'http.too-many',
  431: 'http.headers-too-large',
  503: 'http.unavailable',
};

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly params: AppError['params'];
  readonly issues: readonly Issue[];
  /** Seconds. */
  readonly retryAfter: number | null;
}

/** Whether a program asks: by the address, or by what it sends and accepts. */
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
        ...fieldMessage(fault.keyword, fault.params as ZodIssueParams),
      })),
    };
  }
  const status = error.statusCode;
  if (status === undefined || (status >= 500 && status !== 503) || status < 400) return null;
  const found = messageOfStatus[status];
  const retryAfter = status === 503 ? 5 : null;
  // A plugin's own statuses (406, 417 …) have no text and no entry in the API document.
  if (!found) return { status: 400, code: 'http.bad-request', params: {}, issues: [], retryAfter };
  return { status, code: found, params: {}, issues: [], retryAfter };
}

/** Additional data of zod's issues that our messages use. */
interface ZodIssueParams {
  readonly origin?: unknown;
  readonly expected?: unknown;
  readonly input?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly values?: unknown;
  readonly keys?: unknown;
}

/**
 * Refusals of our schemas outside Fastify's validation.
 * @throws AppError invalid `http.invalid`
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ code, path, ...params }) => ({
    path: path.join('.'),
    ...fieldMessage(code, params),
  }));
  throw new AppError('invalid', 'http.invalid', { issues });
}

/** Maps a zod issue to one of our messages, so that a program gets a key and a person a sentence. */
function fieldMessage(
  issue: string,
  params: ZodIssueParams,
): { readonly message: string; readonly params?: MessageParams } {
  const isNumber = params.origin === 'number' || params.origin === 'int';
  switch (issue) {
    case 'invalid_type':
      return { message: 'http.field.type', params: { expected: String(params.expected) } };
    case 'too_big': {
      const message = isNumber ? 'http.field.too-large' : 'http.field.too-long';
      return { message, params: { maximum: String(params.maximum) } };
    }
    case 'too_small': {
      const message = isNumber ? 'http.field.too-small' : 'http.field.too-short';
      return { message, params: { minimum: String(params.minimum) } };
    }
    case 'invalid_value':
      return { message: 'http.field.choice', params: { values: listOf(params.values) } };
    case 'unrecognized_keys':
      return { message: 'http.field.unknown', params: { keys: listOf(params.keys) } };
    case 'invalid_format':
      return { message: 'http.field.format' };
    default:
      return { message: 'http.field.invalid' };
  }
}

/** May include names from the caller's input: shortened. */
function listOf(values: unknown): string {
  const list: readonly unknown[] = Array.isArray(values) ? values : [];
  return list
    .slice(0, 20)
    .map((v) => String(v).slice(0, 60))
    .join(', ');
}

const unforeseen: Problem = { status: 500, code: 'http.internal', params: {}, issues: [], retryAfter: null };

/** RFC 9457. */
function problemBody({ t }: Pick<PageContext, 't'>, problem: Problem): string {
  return JSON.stringify({
    type: 'about:blank',
    title: t(`http.status.${problem.status}`),
    status: problem.status,
    detail: errorWords(t, problem.code, problem.params),
    code: problem.code,
    ...(problem.issues.length > 0 && {
      issues: problem.issues.map((i) => ({
        path: i.path,
        detail: errorWords(t, i.message, i.params),
        code: i.message,
      })),
    }),
  });
}

/** @param back address of the page whose form was refused, if there is one */
function problemPage(page: PageContext, url: string, problem: Problem, back: string | null = null): Html {
  const { t } = page;
  // Respondents have codes and a start page; staff have neither use for them.
  const isStaff = /^\/staff(?:[/?]|$)/.test(url);
  const isLost = isStaff && problem.code === 'http.not-found';
  return noticePage(page, {
    title: t(`http.status.${problem.status}`),
    lines: [
      isLost ? t('http.not-found.staff') : errorWords(t, problem.code, problem.params),
      ...problem.issues.map((i) => (i.path === '' ? '' : `${i.path}: `) + errorWords(t, i.message, i.params)),
    ],
    kind: isStaff ? 'staff' : 'respondent',
    links: [
      ...(back === null ? [] : [{ href: back, text: t('http.link.back') }]),
      isStaff ? { href: '/staff', text: t('http.link.staff') } : { href: '/', text: t('http.link.start') },
    ],
  });
}

/** A form that was too long: the limit, the longest entry, and what to do. */
function tooLongForm(request: FastifyRequest, problem: Problem, body: string | null): Problem {
  const params = { limit: Math.floor(request.routeOptions.bodyLimit / 1024) };
  const longest = body === null ? null : longestEntry(body);
  const issues = longest === null ? [] : [{ path: '', message: 'http.too-large.longest', params: longest }];
  return { ...problem, code: 'http.too-large.form', params, issues };
}

function longestEntry(body: string): { readonly count: number; readonly start: string } | null {
  let found = '';
  for (const [, value] of new URLSearchParams(body)) if (value.length > found.length) found = value;
  const start = found
    .slice(0, 40)
    .replaceAll(/\p{C}+/gu, ' ')
    .trim();
  return start === '' ? null : { count: found.length, start };
}

const pathOf = (url: string) => url.split('?')[0]!;

/** The form's page has the form's own address, or a parent address. */
export function pageOfForm({ server, url, routeOptions }: FastifyRequest): string | null {
  let route = routeOptions.url ?? '';
  for (let path = pathOf(url); path.startsWith('/staff/'); path = path.slice(0, path.lastIndexOf('/'))) {
    if (server.hasRoute({ method: 'GET', url: route })) return path;
    route = route.slice(0, route.lastIndexOf('/'));
  }
  return null;
}

const mostDrained = 16 * 1024 * 1024;

interface Drained {
  /** At least the first `keep` bytes, or all. */
  readonly text: string;
  readonly isWhole: boolean;
}

/**
 * Reads a body that was refused. A browser shows a response only after it has sent its whole body: closing the connection earlier
 * would look like a network error. null: nothing was left to read.
 */
export async function drain(body: IncomingMessage, keep: number): Promise<Drained | null> {
  if (body.readableEnded || body.destroyed) return null;
  let size = 0;
  let kept = 0;
  let isComplete = false;
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve) => {
    body.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (kept < keep) {
        kept += chunk.length;
        chunks.push(chunk);
      }
      if (size > mostDrained) resolve();
    });
    body.once('end', () => (isComplete = true));
    for (const end of ['end', 'error', 'close']) body.once(end, () => resolve());
    body.resume();
  });
  return { text: Buffer.concat(chunks).toString(), isWhole: isComplete && kept === size };
}

async function reply(request: FastifyRequest, to: FastifyReply, problem: Problem): Promise<FastifyReply> {
  to.code(problem.status);
  // Removes the handler's headers for a body that is not sent.
  to.removeHeader('content-disposition').removeHeader('content-encoding');
  to.header('cache-control', 'no-store');
  if (problem.retryAfter !== null) to.header('retry-after', problem.retryAfter);
  if (wantsJson(request))
    return to
      .type('application/problem+json')
      .serializer((body: unknown) => body as string)
      .send(problemBody(request.page, problem));
  if (problem.code === 'http.too-large' && request.method === 'POST' && request.url.startsWith('/staff')) {
    const isUpload = request.routeOptions.config.upload === true;
    // For a signed-in user's form of which nothing was read.
    const isReadable = !isUpload && request.actor !== null && request.headers['content-length'] !== undefined;
    const body = await drain(request.raw, isReadable ? mostDrained : 0);
    const shown = isUpload
      ? problem
      : tooLongForm(request, problem, body?.isWhole === true ? body.text : null);
    return to.html(problemPage(request.page, request.url, shown, pageOfForm(request)));
  }
  // A page instead of a file.
  if (request.routeOptions.config.plainHeaders === true) to.headers(request.server.pageHeaders);
  return to.html(problemPage(request.page, request.url, problem));
}

const logMinute = 60_000;

export default fp(
  async (app) => {
    // A full disk or a damaged page fails every request alike: one line a minute is enough.
    const gate = createRepeatGate(logMinute);
    app.setErrorHandler((error: FastifyError | AppError, request, to) => {
      const problem = describe(error);
      if (problem === null || problem.status === 500) {
        const route = request.routeOptions.url;
        const before = gate(`${route ?? ''} ${error.message}`, performance.now());
        if (before !== null)
          request.log.error({ err: error, route, ...(before > 0 && { unlogged: before }) }, 'request.failed');
      }
      return reply(request, to, problem ?? unforeseen);
    });
  },
  { name: 'errors', fastify: '5.x', dependencies: ['pages'] },
);

/**
 * An address that does not decode, or has an overlong part. The router refuses these before any hook has run: request and reply
 * have none of our decorators.
 */
export function refuseAddress(
  app: FastifyInstance,
  error: FastifyError,
  request: FastifyRequest,
  to: FastifyReply,
): void {
  const problem: Problem =
    error.statusCode === 414
      ? { ...unforeseen, status: 414, code: 'http.address-too-long' }
      : { ...unforeseen, status: 400, code: 'http.bad-address' };
  const url = request.raw.url ?? '/';
  const asked = /[?&]lang=([\w-]{1,35})(?:&|$)/.exec(url)?.[1];
  const language =
    asked !== undefined && availableLanguages.includes(asked)
      ? asked
      : negotiateLanguage(request.headers['accept-language']);
  const page = app.pageContext(language);
  to.code(problem.status).headers(app.pageHeaders).header('cache-control', 'no-store');
  const body = wantsJson(request) ? problemBody(page, problem) : toMarkup(problemPage(page, url, problem));
  void to
    .type(wantsJson(request) ? 'application/problem+json' : 'text/html; charset=utf-8')
    .serializer((text: unknown) => text as string)
    .send(body);
}

/** Not HTTP, or headers that are too long or too slow. The input is not logged: it may contain a code. */
export function refuseBrokenClient(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason, code] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? [408, 'Request Timeout', 'http.too-slow']
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? [431, 'Request Header Fields Too Large', 'http.headers-too-large']
        : [400, 'Bad Request', 'http.bad-request'];
  // The reader's language is unknown here: the message is in every language, the main one first.
  const body = `${availableLanguages.map((language) => translator(language)(code)).join('\n')}\n`;
  socket.end(
    [
      `HTTP/1.1 ${status} ${reason}`,
      'content-type: text/plain; charset=utf-8',
      `content-language: ${availableLanguages.join(', ')}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

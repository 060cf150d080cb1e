/**
 * Files from people and programs, as streams: never completely in memory, never on disk before they are parsed. A form sends
 * multipart with its token before the file; a program sends the bytes themselves with `?fileName=`, or multipart.
 */
import multipart, { type MultipartValue } from '@fastify/multipart';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as setTimeoutCallback } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import { controlMessage, findUnreadable } from '../../domain/line.ts';
import { hiddenRowChoices, type HiddenRows } from '../../domain/frame/roll/table.ts';
import { assertToken } from './session.ts';

export const uploadMegabytes = 300;
/**
 * Maximum size of a field beside the file: more than any field's own limit, so that its own rule reports the fault, and all of it
 * is shown again.
 */
const longestField = 64 * 1024;

export interface Upload {
  readonly fileName: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly source: AsyncIterable<Uint8Array>;
  readonly hiddenRows: HiddenRows | undefined;
}

/** The file part of a multipart body, which may still be arriving. */
const openParts = new WeakMap<FastifyRequest, Readable>();

/** Ending early must not destroy the stream, which would kill the connection for the response and the next request. */
async function* bounded(stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  const chunks: AsyncIterator<Buffer, undefined> = stream.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      // Only the sender's fault: errors of the consumer do not pass through here.
      const next = await chunks.next().catch(unreadable);
      if (next.done === true) return;
      size += next.value.length;
      if (size > uploadMegabytes * 1024 * 1024)
        throw new AppError('too-large', 'upload.too-large', { params: { megabytes: uploadMegabytes } });
      yield next.value;
    }
  } finally {
    // Removes its listener from the stream, which otherwise never flows again: the rest could not be drained.
    await chunks.return?.();
  }
}

function hiddenRowsOf(text: string | undefined): HiddenRows | undefined {
  const choice = hiddenRowChoices.find((one) => one === text);
  if (text !== undefined && text !== '' && choice === undefined)
    throw new AppError('invalid', 'http.invalid');
  return choice;
}

/** A form without its file. */
const noFile = () =>
  new AppError('invalid', 'upload.no-file', { issues: [{ path: 'file', message: 'upload.no-file' }] });

/** A field's text; truncation at the limit could split a character. */
function textOfPart(
  request: FastifyRequest,
  fields: Record<string, string>,
  { fieldname, value, valueTruncated }: MultipartValue,
): string {
  if (!valueTruncated) return String(value);
  // The decoded part is shown again.
  request.body = { ...fields, [fieldname]: String(value).replace(/(?<!\ufffd)\ufffd+$/, '') };
  const params = { bytes: longestField };
  throw new AppError('invalid', 'upload.field-too-long', {
    params,
    issues: [{ path: fieldname, message: 'upload.field-too-long', params }],
  });
}

/** An invalid or interrupted multipart body: the parser's errors have no status, and are the sender's fault. */
function unreadable(cause: unknown): never {
  if (cause instanceof AppError) throw cause;
  const status = cause instanceof Error && 'statusCode' in cause ? cause.statusCode : undefined;
  if (typeof status === 'number' && status < 500) throw cause;
  throw new AppError('invalid', 'upload.unreadable', { cause });
}

/** Checks the origin of the request before the first byte of the file is read. */
export async function readUpload(request: FastifyRequest, reply: FastifyReply): Promise<Upload> {
  const isApi = request.url.startsWith('/api/');
  const site = request.headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') throw new AppError('forbidden', 'csrf.failed');
  if (!request.isMultipart()) {
    if (!isApi || site !== 'same-origin') assertToken(request, reply);
    const { fileName, hiddenRows } = request.query as {
      readonly fileName?: string;
      readonly hiddenRows?: string;
    };
    const stream = request.body as Readable | undefined;
    if (!stream || typeof stream.pipe !== 'function') throw noFile();
    return {
      fileName: fileName ?? '',
      fields: {},
      hiddenRows: hiddenRowsOf(hiddenRows),
      source: bounded(stream),
    };
  }
  const fields: Record<string, string> = {};
  const parts = request.parts({ limits: { files: 1, fields: 40, fieldSize: longestField, parts: 45 } });
  for (;;) {
    const next = await parts.next().catch(unreadable);
    if (next.done === true) {
      request.body = fields;
      assertToken(request, reply);
      throw noFile();
    }
    const part = next.value;
    if (part.type === 'field') {
      // Boxes with one name: each ticked one is a separate field.
      const before = fields[part.fieldname];
      const text = textOfPart(request, fields, part);
      fields[part.fieldname] = before === undefined ? text : `${before},${text}`;
      if (findUnreadable(fields).length > 0) throw new AppError('invalid', controlMessage);
      continue;
    }
    const { file } = part;
    openParts.set(request, file);
    request.body = fields;
    assertToken(request, reply);
    // A form sent without choosing a file has a nameless, empty part.
    if (part.filename === '' || part.filename === undefined) throw noFile();
    return {
      fileName: part.filename,
      fields,
      source: bounded(file),
      hiddenRows: hiddenRowsOf(fields.hiddenRows ?? (request.query as { hiddenRows?: string }).hiddenRows),
    };
  }
}

/** Maximum number of files in one form. */
const filesAtOnce = 60;

/**
 * Several files of one form, in order of arrival: each must be read before the next is requested. A form without a file is an
 * error.
 */
export async function* readUploads(
  request: FastifyRequest,
  reply: FastifyReply,
): AsyncGenerator<Upload, void, undefined> {
  const site = request.headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') throw new AppError('forbidden', 'csrf.failed');
  if (!request.isMultipart()) {
    assertToken(request, reply);
    throw noFile();
  }
  const fields: Record<string, string> = {};
  let files = 0;
  const parts = request.parts({
    limits: { files: filesAtOnce, fields: 40, fieldSize: longestField, parts: filesAtOnce + 45 },
  });
  for (;;) {
    const next = await parts.next().catch(unreadable);
    if (next.done === true) break;
    const part = next.value;
    if (part.type === 'field') {
      fields[part.fieldname] = textOfPart(request, fields, part);
      if (findUnreadable(fields).length > 0) throw new AppError('invalid', controlMessage);
      continue;
    }
    const { file } = part;
    openParts.set(request, file);
    request.body = fields;
    if (files === 0) assertToken(request, reply);
    if (part.filename === '' || part.filename === undefined) {
      file.resume();
      continue;
    }
    files += 1;
    yield {
      fileName: part.filename,
      fields,
      source: bounded(file),
      hiddenRows: hiddenRowsOf(fields.hiddenRows),
    };
    // Drains what the reader did not want, or the next part would never come.
    file.resume();
  }
  if (files > 0) return;
  request.body = fields;
  assertToken(request, reply);
  throw noFile();
}

/**
 * How long a response to an upload waits for processing, once the file has arrived. A later page or request shows the progress.
 */
const answerMs = 3_000;

/** @throws errors of the processing within that time */
export async function answerWithin(reading: {
  readonly received: Promise<void>;
  readonly done: Promise<unknown>;
}): Promise<void> {
  const waiting = new AbortController();
  try {
    await Promise.race([
      reading.done,
      reading.received.then(() => setTimeout(answerMs, undefined, { signal: waiting.signal, ref: false })),
    ]);
  } finally {
    waiting.abort();
  }
}

const drainMs = 30_000;
const drainBytes = 64 * 1024 * 1024;

/**
 * Drains unread data, within limits.
 * @returns whether the request has ended
 */
async function drain(body: IncomingMessage, part: Readable | undefined): Promise<boolean> {
  if (body.readableEnded || body.complete) {
    part?.resume();
    body.resume();
    return true;
  }
  if (body.destroyed) return false;
  let size = 0;
  return new Promise((resolve) => {
    const finish = (isRead: boolean) => () => {
      clearTimeout(timer);
      body.off('data', count).off('end', ended).off('close', closed);
      resolve(isRead);
    };
    const [ended, closed] = [finish(true), finish(false)];
    const timer = setTimeoutCallback(closed, drainMs);
    const count = (chunk: Buffer) => {
      size += chunk.length;
      if (size > drainBytes) closed();
    };
    body.on('data', count).on('end', ended).on('close', closed);
    part?.resume();
    body.resume();
  });
}

export const uploads = fp(
  async (app) => {
    await app.register(multipart, { limits: { fileSize: Number.POSITIVE_INFINITY } });
    // Only upload routes are registered with this plugin: any other content type is the file itself.
    app.addContentTypeParser('*', (_request, payload, done) => {
      done(null, payload);
    });
    // A response sent while the file is still arriving is not received, and the next request on the connection would be lost in
    // the file.
    app.addHook('onSend', async (request, reply, payload) => {
      if (!(await drain(request.raw, openParts.get(request)))) reply.header('connection', 'close');
      return payload;
    });
  },
  { name: 'uploads', fastify: '5.x', dependencies: ['session'] },
);

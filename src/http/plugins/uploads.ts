/**
 * Files from people and programs, as streams: never whole in memory, never on disk before they are understood. A form sends multipart with its
 * token before the file; a program sends the bytes themselves with `?fileName=`, or multipart.
 */
import multipart from '@fastify/multipart';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Readable } from 'node:stream';
import { AppError } from '../../domain/errors.ts';
import { hiddenRowChoices, type HiddenRows } from '../../domain/fieldwork/roll/table.ts';
import { assertToken } from './session.ts';

export const uploadMegabytes = 300;

export interface Upload {
  readonly fileName: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly source: AsyncIterable<Uint8Array>;
  readonly hiddenRows: HiddenRows | undefined;
  /** Reads away what nobody wanted, so that the reply can be heard. */
  readonly drain: () => void;
}

async function* bounded(stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const chunk of stream) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > uploadMegabytes * 1024 * 1024)
      throw new AppError('too-large', 'upload.too-large', { params: { megabytes: uploadMegabytes } });
    yield bytes;
  }
}

function hiddenRowsOf(text: string | undefined): HiddenRows | undefined {
  const choice = hiddenRowChoices.find((one) => one === text);
  if (text !== undefined && text !== '' && choice === undefined)
    throw new AppError('invalid', 'http.invalid');
  return choice;
}

/** Checks where the request comes from before the first byte of the file is read. */
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
    if (!stream || typeof stream.pipe !== 'function') throw new AppError('invalid', 'upload.no-file');
    return {
      fileName: fileName ?? '',
      fields: {},
      hiddenRows: hiddenRowsOf(hiddenRows),
      source: bounded(stream),
      drain: () => stream.resume(),
    };
  }
  const fields: Record<string, string> = {};
  const parts = request.parts({ limits: { files: 1, fields: 20, fieldSize: 4000, parts: 30 } });
  for (;;) {
    const next = await parts.next();
    if (next.done === true) {
      request.body = fields;
      assertToken(request, reply);
      throw new AppError('invalid', 'upload.no-file');
    }
    const part = next.value;
    if (part.type === 'field') {
      fields[part.fieldname] = String(part.value);
      continue;
    }
    const { file } = part;
    try {
      request.body = fields;
      assertToken(request, reply);
    } catch (error) {
      file.resume();
      throw error;
    }
    // A form sent without choosing a file has a nameless, empty part.
    if (part.filename === '' || part.filename === undefined) {
      file.resume();
      throw new AppError('invalid', 'upload.no-file');
    }
    return {
      fileName: part.filename,
      fields,
      source: bounded(file),
      hiddenRows: hiddenRowsOf(fields.hiddenRows ?? (request.query as { hiddenRows?: string }).hiddenRows),
      drain: () => file.resume(),
    };
  }
}

export const uploads = fp(
  async (app) => {
    await app.register(multipart, { limits: { fileSize: Number.POSITIVE_INFINITY } });
    // Upload routes alone are registered beside this plugin: whatever else is sent is the file itself.
    app.addContentTypeParser('*', (_request, payload, done) => {
      done(null, payload);
    });
  },
  { name: 'uploads', fastify: '5.x', dependencies: ['session'] },
);

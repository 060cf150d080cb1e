/**
 * Sheets above the usual limit of a body, such as one with 8,000 Chinese characters in a comment: percent-encoded, each takes nine
 * bytes. Whoever answers without script has no other copy, because browsers do not fill in a page again on Back. So a longer
 * sheet is read, too, and treated as any other: shown again with its faults, or stored if each of its texts is allowed. Only a
 * few are read at once, so that they cannot fill the memory.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { AppError } from '../../domain/errors.ts';
import { availableLanguages } from '../../texts/texts.ts';
import { noticePage } from '../../html/notice.ts';
import { drain, wantsJson } from '../plugins/errors.ts';
import { FormBody } from '../plugins/forms.ts';

/** Bytes of a usual sheet. */
export const sheetLimit = 64 * 1024;
/** Bytes of a longer one; also what a proxy usually accepts (`client_max_body_size` of nginx). */
const longest = 1024 * 1024;
/** Bytes of all that are being read. */
const mostAtOnce = 16 * longest;
/** A sheet is long by its texts, not by the number of its fields, which cost time to check. */
const mostFields = 2000;
/** Milliseconds for a sheet that is not read. */
const patience = 5_000;
/** Of a sheet that is not read: enough for the reader's language. */
const beginning = 1024;

type Refused = FastifyError | AppError;

/** For the option `errorHandler` of a route that takes sheets. `sheetAt`: where the sheet is opened again. */
export function createLongSheets(): (
  sheetAt: (request: FastifyRequest) => string,
  take: (request: FastifyRequest, reply: FastifyReply, body: FormBody) => Promise<FastifyReply>,
) => (error: Refused, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  let reading = 0;
  return (sheetAt, take) => async (error, request, reply) => {
    if (!('code' in error) || error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE' || wantsJson(request)) throw error;
    // Without a length a part was read, and is gone.
    const size = Number(request.headers['content-length']);
    const isRead = size <= longest && reading + size <= mostAtOnce;
    const held = isRead ? size : 0;
    reading += held;
    try {
      const whole = drain(request.raw, isRead ? longest : beginning);
      // Who announces a body and sends none is answered, too.
      const body = await (isRead ? whole : Promise.race([whole, pause(patience, null, { ref: false })]));
      reply.code(200);
      return body?.isWhole === true && isRead && countFields(body.text) <= mostFields
        ? await take(request, reply, new FormBody(body.text))
        : tooLong(request, reply, sheetAt(request), body?.text ?? '');
    } finally {
      reading -= held;
    }
  };
}

function countFields(text: string): number {
  let count = 1;
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) count++;
  return count;
}

function tooLong(request: FastifyRequest, reply: FastifyReply, sheet: string, start: string): FastifyReply {
  // The form's first field.
  const chosen = new FormBody(start.slice(0, beginning)).first('_language');
  const language = availableLanguages.find((l) => l === chosen) ?? request.language;
  const context = request.server.pageContext(language, request.large);
  const { t } = context;
  return reply.code(413).html(
    noticePage(context, {
      title: t('respondent.not-saved'),
      lines: [t('respondent.too-long')],
      kind: 'respondent',
      links: [{ href: `${sheet}?lang=${language}`, text: t('respondent.too-long.sheet') }],
    }),
  );
}

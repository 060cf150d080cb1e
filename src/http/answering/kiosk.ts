/**
 * One device for many people, for numbered slips: it asks for the code, shows the questionnaire, and after sending or some idle
 * minutes returns to the start. No address contains a code, so the browser's history has none; nothing is stored on the device.
 */
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { readAccessCode } from '../../domain/code/access-code.ts';
import { availableLanguages, negotiateLanguage } from '../../texts/texts.ts';
import type { HttpDeps } from '../deps.ts';
import { anyone } from '../plugins/access.ts';
import type { FormFields } from '../plugins/forms.ts';
import { kioskPage, kioskThanksPage } from './kiosk-view.ts';
import { questionnairePage, untouched } from './questionnaire-view.ts';
import { holdLookUp } from './held.ts';
import { createLongSheets, sheetLimit } from './long-sheet.ts';
import { languageOf, questionnaireData, takeSheet, tooOftenError } from './sheet.ts';

const start = '/kiosk';
/** Without script: for a whole questionnaire, and a button gives the same time again. With script: since the last touch. */
const seconds = 300;
const thanksSeconds = 12;

export function kioskRoutes(deps: HttpDeps): FastifyPluginAsync {
  return async (app: FastifyInstance) => {
    app.removeContentTypeParser('application/json');
    app.addHook('onRequest', async (request, reply) => {
      reply.header('cache-control', 'no-store');
      // The last person's choice does not apply to the next one.
      request.large = false;
    });

    app.get(start, anyone, async (request, reply) => reply.html(kioskPage(request.page, availableLanguages)));
    app.get(`${start}/done`, anyone, async (request, reply) =>
      reply
        .header('refresh', `${thanksSeconds}; url=${start}`)
        .html(kioskThanksPage(request.page, { start, seconds: thanksSeconds })),
    );
    app.post(start, { ...anyone, bodyLimit: sheetLimit }, async (request, reply) => {
      const fields = (request.body ?? {}) as FormFields;
      const typed = typeof fields.code === 'string' ? fields.code : '';
      return withPlace(request, reply, fields, typed);
    });
    const answer = async (request: FastifyRequest, reply: FastifyReply, fields: FormFields) =>
      withPlace(request, reply, fields, typeof fields._code === 'string' ? fields._code : '');
    const errorHandler = createLongSheets()(
      () => start,
      async (request, reply, body) => answer(request, reply, body.fields),
    );
    const options = { ...anyone, bodyLimit: sheetLimit, errorHandler };
    app.post(`${start}/answer`, options, async (request, reply) =>
      answer(request, reply, (request.body ?? {}) as FormFields),
    );

    async function withPlace(
      request: FastifyRequest,
      reply: FastifyReply,
      fields: FormFields,
      typed: string,
    ): Promise<FastifyReply> {
      const reading = readAccessCode(typed);
      const refuse = (status: number, fault: string) =>
        reply
          .code(status)
          .html(kioskPage(request.page, availableLanguages, typed.slice(0, 64), request.page.t(fault)));
      if (!reading.ok)
        return refuse(422, `respondent.code.${typed.trim() === '' ? 'empty' : reading.reason}`);
      if (holdLookUp(request, reply, reading.code, deps.now())) return reply;
      const found = await deps.campaigns.findByCode(reading.code);
      if (!found) {
        await app.limits.countMiss(request);
        return refuse(404, 'respondent.unknown.title');
      }
      app.limits.rememberUse(request, reading.code);
      const place = { ...found, channel: 'kiosk' as const };
      const language =
        languageOf(place, fields._lang, fields._language, (request.query as { lang?: unknown }).lang) ??
        negotiateLanguage(request.headers['accept-language'], place.questionnaire.document.languages);
      const large = fields._size === undefined ? fields._large === '1' : fields._size === 'large';
      const context = app.pageContext(language, large);
      const shared = { action: `${start}/answer`, code: reading.code, start, seconds };
      const show = (status: number, state: typeof untouched) =>
        reply
          .code(status)
          .html(questionnairePage(context, questionnaireData(place, context.t), state, shared));
      if (fields._code === undefined) return show(200, untouched);
      const limited = app.codeLimit.look(request, reading.code);
      if (typeof limited === 'object' && limited !== null) throw tooOftenError(limited);
      const outcome = await takeSheet(deps, place, fields, context.t, (send) =>
        app.codeLimit.send(request, reading.code, send),
      );
      if ('again' in outcome) {
        const { status, state, retryAfter } = outcome.again;
        if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
        return show(status, state);
      }
      if (outcome.result === 'gone') return refuse(404, 'respondent.unknown.title');
      const next = availableLanguages.includes(language) ? language : request.language;
      return reply.redirect(`${start}/done?lang=${next}`, 303);
    }
  };
}

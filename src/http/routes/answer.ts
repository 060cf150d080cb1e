/**
 * Answering (design 4, 9, 10): the code, the questionnaire, the one closing page. GET changes nothing. Whether a code has answered before shows in
 * nothing: not in status, headers, body, nor in another path through this file.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../domain/errors.ts';
import { readAccessCode } from '../../domain/fieldwork/access-code.ts';
import { completeAccessCode } from '../../domain/fieldwork/access-code.ts';
import type { Language } from '../../domain/vocabulary.ts';
import { availableLanguages, negotiateLanguage, type Translate } from '../../messages/messages.ts';
import { submitAnswer, submitByCode } from '../../operations/answering.ts';
import type { AnswerPlace } from '../../operations/open-campaigns.ts';
import type { RecordResult } from '../../storage/port.ts';
import type { HttpDeps } from '../deps.ts';
import { anyone } from '../plugins/access.ts';
import { chooseEncoding } from '../plugins/encoding.ts';
import { wantsJson } from '../plugins/errors.ts';
import { FormBody, parseFormsOnce } from '../plugins/forms.ts';
import { createPageCache } from '../plugins/page-cache.ts';
import { toMarkup } from '../views/html.ts';
import { questionnairePage, type QuestionnaireData } from '../views/questionnaire-view.ts';
import { askCodePage, genuinePage, thanksPage, unknownCodePage } from '../views/respondent-view.ts';

/** A long comment in percent-encoded Chinese is nine bytes a character. */
const bodyLimit = 64 * 1024;
/** How long a body may take to arrive; half as long is always allowed. */
const bodySeconds = 30;

type Query = Readonly<Record<string, unknown>>;
/** How a request finds its place: by personal code or by open link. */
type Find = (request: FastifyRequest) => Promise<AnswerPlace | undefined>;

export function answerRoutes(deps: HttpDeps): FastifyPluginAsync {
  return async (app) => {
    const pages = createPageCache(2000);
    const host = new URL(deps.publicUrl).host;

    app.addHook('onRequest', (_request, reply, done) => {
      reply.header('cache-control', 'no-store');
      done();
    });
    limitSlowBodies(app);
    parseFormsOnce(app);
    // A logger for each request costs as much as routing it, and nothing here is logged when all is well.
    app.setChildLoggerFactory((logger) => logger);

    app.get<{ Querystring: Query }>('/', anyone, async (request, reply) =>
      reply.html(askCodePage(request.page, availableLanguages)),
    );
    app.post('/', { ...anyone, bodyLimit }, async (request, reply) =>
      toCode(request, reply, request.body instanceof FormBody ? request.body.fields.code : undefined),
    );
    app.get<{ Querystring: Query }>('/s', anyone, async (request, reply) =>
      toCode(request, reply, request.query.code),
    );
    app.get('/done', anyone, async (request, reply) => {
      const { language } = request;
      return sendCached(request, reply, 200, `done ${language}`, () =>
        toMarkup(thanksPage(request.page, availableLanguages)),
      );
    });
    app.get('/genuine', anyone, async (request, reply) => {
      const organisers = new Map(
        (await deps.campaigns.list()).map((c) => [
          `${c.commissioner} ${c.commissionerPhone}`,
          { name: c.commissioner, phone: c.commissionerPhone },
        ]),
      );
      return reply.html(
        genuinePage(request.page, availableLanguages, { host, organisers: [...organisers.values()] }),
      );
    });

    const byCode: Find = async (request) => {
      const reading = readAccessCode((request.params as { code: string }).code);
      if (!reading.ok) throw new MistypedCode(reading.reason);
      return deps.campaigns.findByCode(reading.code);
    };
    const byLink: Find = async (request) => {
      const { link, random } = request.params as { link: string; random: string };
      const reading = readAccessCode(random);
      return reading.ok ? deps.campaigns.findByLink(link, reading.code) : undefined;
    };
    for (const [url, find] of [
      ['/s/:code', byCode],
      ['/q/:link/:random', byLink],
    ] as const) {
      app.get(url, anyone, async (request, reply) => {
        const place = await findOrSay(request, reply, find);
        return place === undefined ? reply : showQuestionnaire(request, reply, place);
      });
      const slowly = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
        const place = await findOrSay(request, reply, find);
        return place === undefined ? reply : receive(request, reply, place);
      };
      app.post(url, { ...anyone, bodyLimit }, (request, reply) => {
        const submitted = find === byCode ? submitQuickly(request) : undefined;
        if (!submitted) return slowly(request, reply);
        // Answered from the callback: awaiting a reply has Fastify watch its stream, which a crowd pays for.
        const otherwise = () => {
          slowly(request, reply).catch((error: unknown) => reply.send(error));
        };
        submitted.then((result) => {
          if (result === 'stored') thank(request, reply);
          else otherwise();
        }, otherwise);
        return undefined;
      });
    }
    app.get<{ Params: { link: string } }>('/q/:link', anyone, async (request, reply) => {
      const { link } = request.params;
      if (!(await deps.campaigns.hasLink(link))) return unknown(request, reply);
      const random = completeAccessCode(deps.newCodeBody());
      return reply.redirect(`/q/${encodeURIComponent(link)}/${random}`, 303);
    });

    // ── what the handlers share ────────────────────────────────────────────────────────────────────────────────────

    function toCode(request: FastifyRequest, reply: FastifyReply, typed: unknown): FastifyReply {
      const text = typeof typed === 'string' ? typed : '';
      const reading = readAccessCode(text);
      if (!reading.ok) return askAgain(request, reply, text, text.trim() === '' ? 'empty' : reading.reason);
      const asked = (request.query as Query).lang;
      const query = typeof asked === 'string' && availableLanguages.includes(asked) ? `?lang=${asked}` : '';
      return reply.redirect(`/s/${reading.code}${query}`, 303);
    }

    function askAgain(
      request: FastifyRequest,
      reply: FastifyReply,
      typed: string,
      fault: 'empty' | 'shape' | 'check',
    ): FastifyReply {
      if (wantsJson(request)) throw new AppError('invalid', `respondent.code.${fault}`);
      const { t } = request.page;
      return reply
        .code(422)
        .html(
          askCodePage(request.page, availableLanguages, typed.slice(0, 64), t(`respondent.code.${fault}`)),
        );
    }

    async function findOrSay(
      request: FastifyRequest,
      reply: FastifyReply,
      find: Find,
    ): Promise<AnswerPlace | undefined> {
      try {
        const place = await find(request);
        if (place !== undefined) return place;
      } catch (error) {
        if (!(error instanceof MistypedCode)) throw error;
        askAgain(request, reply, (request.params as { code: string }).code, error.reason);
        return undefined;
      }
      // When nothing is open there is nothing to be guessed, and a school whose survey has just closed is told so, however many come.
      const open = await deps.campaigns.list();
      if (open.some(({ closesAt }) => deps.now() < closesAt)) await app.limits.countMiss(request);
      await unknown(request, reply);
      return undefined;
    }

    function unknown(request: FastifyRequest, reply: FastifyReply): FastifyReply | Promise<FastifyReply> {
      if (wantsJson(request)) throw new AppError('not-found', 'respondent.unknown.title');
      return sendCached(request, reply, 404, `unknown ${request.language}`, () =>
        toMarkup(unknownCodePage(request.page)),
      );
    }

    async function sendCached(
      request: FastifyRequest,
      reply: FastifyReply,
      status: number,
      key: string,
      make: () => string,
    ): Promise<FastifyReply> {
      const encoding = chooseEncoding(request.headers['accept-encoding']);
      const body = await pages.get(key, encoding, make);
      if (encoding !== 'identity') reply.header('content-encoding', encoding);
      return reply
        .code(status)
        .header('vary', 'accept-encoding, accept-language')
        .type('text/html; charset=utf-8')
        .send(body);
    }

    async function showQuestionnaire(
      request: FastifyRequest,
      reply: FastifyReply,
      place: AnswerPlace,
    ): Promise<FastifyReply> {
      const language = languageFor(request, place, (request.query as Query).lang);
      const context = app.pageContext(language);
      const data = dataOf(place, context.t);
      // Everything that the page is made of; nothing else may be in it.
      const key = JSON.stringify([
        language,
        { ...data, questionnaire: place.open.campaign.id + String(place.questionnaire.no) },
      ]);
      return sendCached(request, reply, 200, key, () => toMarkup(questionnairePage(context, data)));
    }

    /** Undefined: this request needs a closer look. */
    function submitQuickly(request: FastifyRequest): Promise<RecordResult> | undefined {
      const open = deps.campaigns.onlyOne();
      if (!open) return undefined;
      const reading = readAccessCode((request.params as { code: string }).code);
      if (!reading.ok) return undefined;
      const { body } = request;
      if (body instanceof FormBody) {
        if (body.first('_lang') !== undefined) return undefined;
        return submitByCode(deps, open, reading.code, { form: body.pairs });
      }
      const answers = (body as { answers?: unknown } | null | undefined)?.answers;
      if (typeof answers !== 'object' || answers === null || Array.isArray(answers)) return undefined;
      return submitByCode(deps, open, reading.code, { json: answers as Record<string, unknown> });
    }

    function thank(request: FastifyRequest, reply: FastifyReply, language?: Language): FastifyReply {
      if (wantsJson(request))
        return reply.type('application/json; charset=utf-8').send('{"status":"received"}');
      const wanted =
        language ?? (request.body instanceof FormBody ? request.body.first('_language') : undefined);
      const shown =
        typeof wanted === 'string' && availableLanguages.includes(wanted) ? wanted : request.language;
      return reply.redirect(`/done?lang=${shown}`, 303);
    }

    async function receive(
      request: FastifyRequest,
      reply: FastifyReply,
      place: AnswerPlace,
    ): Promise<FastifyReply> {
      const json = wantsJson(request);
      const { parser } = place.questionnaire;
      const body = (request.body ?? {}) as Readonly<Record<string, unknown>>;
      if (json) {
        const parsed = parser.parseJson(body.answers);
        if (!parsed.ok) throw new AppError('invalid', 'http.invalid', { issues: parsed.issues });
        const result = await submitAnswer(deps, place, parsed);
        if (result === 'failed') throw new AppError('unavailable', 'http.unavailable');
        return result === 'stored' ? thank(request, reply) : unknown(request, reply);
      }

      const form = request.body instanceof FormBody ? request.body : new FormBody('');
      const { fields } = form;
      const wanted = fields._lang;
      const language = languageFor(
        request,
        place,
        wanted ?? fields._language ?? (request.query as Query).lang,
      );
      const again = (
        status: number,
        state: { issues?: readonly AppError['issues'][number][]; failure?: string },
      ) => {
        const context = app.pageContext(language);
        return reply.code(status).html(
          questionnairePage(context, dataOf(place, context.t), {
            values: sentValues(form),
            issues: state.issues ?? [],
            failure: state.failure ?? null,
          }),
        );
      };
      if (wanted !== undefined) return again(200, {});
      const parsed = parser.parseForm(form.pairs);
      if (!parsed.ok) return again(422, { issues: parsed.issues });
      const result = await submitAnswer(deps, place, parsed).catch((error: unknown) => {
        if (error instanceof AppError && error.kind === 'unavailable') return 'failed' as const;
        throw error;
      });
      if (result === 'failed') {
        reply.header('retry-after', 5);
        return again(503, { failure: app.pageContext(language).t('respondent.not-saved-text') });
      }
      return result === 'stored' ? thank(request, reply, language) : unknown(request, reply);
    }

    function languageFor(request: FastifyRequest, place: AnswerPlace, asked: unknown): Language {
      const { languages } = place.questionnaire.document;
      return typeof asked === 'string' && languages.includes(asked)
        ? asked
        : negotiateLanguage(request.headers['accept-language'], languages);
    }
  };
}

class MistypedCode extends Error {
  readonly reason: 'shape' | 'check';
  constructor(reason: 'shape' | 'check') {
    super(reason);
    this.reason = reason;
  }
}

function dataOf(place: AnswerPlace, t: Translate): QuestionnaireData {
  const { campaign, minimumCell } = place.open;
  const { stratum } = place;
  const { drawn, replacement, other } = stratum.issued;
  return {
    questionnaire: place.questionnaire.document,
    commissioner: campaign.commissioner,
    commissionerPhone: campaign.commissionerPhone,
    county: place.county.name,
    purpose: campaign.purpose,
    about: schoolLine(stratum, t),
    closesAt: campaign.closesAt,
    storageUntil: campaign.storageUntil,
    demo: campaign.demo,
    selfAdministered: campaign.selfAdministered,
    smallGroup: place.channel !== 'link' && drawn + replacement + other < 2 * minimumCell,
    openLink: place.channel === 'link',
  };
}

/** As precise as the stratum under which the answer is kept, and no more. */
function schoolLine(stratum: AnswerPlace['stratum'], t: Translate): string | null {
  switch (stratum.level) {
    case 'school':
      return stratum.name;
    case 'parent-school':
    case 'township':
      return t(`respondent.school.${stratum.level}`, { name: stratum.name });
    case 'location':
    case 'county':
      return null;
  }
}

function sentValues(form: FormBody): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of form.pairs) {
    const list = values.get(name);
    if (list) list.push(value);
    else values.set(name, [value]);
  }
  return values;
}

/**
 * Whoever sends a byte a minute holds a socket, not more, and not for long. Bodies that are arriving stand in one of two sets, and whoever is still in
 * the older one when they change places is cut off: no timer for each request.
 */
function limitSlowBodies(app: FastifyInstance): void {
  let young = new Set<IncomingMessage>();
  let old = new Set<IncomingMessage>();
  const timer = setInterval(() => {
    for (const raw of old) if (!raw.complete) raw.destroy();
    old = young;
    young = new Set();
  }, bodySeconds * 500);
  timer.unref();
  app.addHook('onClose', (_app, done) => {
    clearInterval(timer);
    done();
  });
  app.addHook('preParsing', (request, _reply, _payload, done) => {
    if (request.method === 'POST') young.add(request.raw);
    done();
  });
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.method === 'POST' && !young.delete(request.raw)) old.delete(request.raw);
    done();
  });
}

/**
 * Answering (design 4, 9, 10): the code, the questionnaire, the one closing page. GET changes nothing. Whether a code has
 * answered before is visible nowhere: not in status, headers or body, nor in a different path through this file. Long because the
 * ways of answering (page, one question, kiosk, JSON) share what happens to a sheet, step by step.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../domain/errors.ts';
import { drawAccessCode, readAccessCode } from '../../domain/code/access-code.ts';
import { readPressure } from '../../domain/answer/pressure.ts';
import type { Language } from '../../domain/model/vocabulary.ts';
import { availableLanguages, negotiateLanguage } from '../../texts/texts.ts';
import { prepareByCode, submitAnswer } from '../../operations/answer/answering.ts';
import { makeReceipt } from '../../operations/answer/receipts.ts';
import type { AnswerPlace, OpenCampaign } from '../../operations/answer/open-campaigns.ts';
import type { RecordResult } from '../../domain/model/answer.ts';
import type { HttpDeps } from '../deps.ts';
import { anyone } from '../plugins/access.ts';
import type { TooOften } from '../plugins/code-limit.ts';
import { chooseEncoding, compressAll, type Encoded, type Encoding } from '../plugins/encoding.ts';
import { wantsJson } from '../plugins/errors.ts';
import { FormBody, parseFormsOnce } from '../plugins/forms.ts';
import { createPace } from '../plugins/pace.ts';
import { createPageCache } from '../plugins/page-cache.ts';
import { toMarkup } from '../../html/html.ts';
import { noticePage } from '../../html/notice.ts';
import { questionnairePage, untouched } from './questionnaire-view.ts';
import { holdLookUp } from './held.ts';
import { createLongSheets, sheetLimit } from './long-sheet.ts';
import { languageOf, questionnaireData, readStep, takeSheet, tooOftenError } from './sheet.ts';
import { receiptPage } from './receipt-view.ts';
import { askCodePage, genuinePage, thanksPage, unknownCodePage } from './respondent-view.ts';

/** How long a body may take to arrive; half of it is always allowed. */
const bodySeconds = 30;

interface FullPage {
  readonly body: Buffer;
  readonly encoding: Encoding;
}
type Query = Readonly<Record<string, unknown>>;
/** How a request identifies its place: by personal code or by open link. */
type Find = (request: FastifyRequest) => Promise<AnswerPlace | undefined>;

export function answerRoutes(deps: HttpDeps): FastifyPluginAsync {
  return async (app) => {
    const pages = createPageCache(2000);
    const fullTexts = new Map<Language, Encoded>();
    const fullPages = new LRUCache<string, FullPage>({ max: 200 });
    const host = new URL(deps.publicUrl).host;
    const pace = createPace(deps.now);
    const longSheets = createLongSheets();

    app.addHook('onRequest', (_request, reply, done) => {
      reply.header('cache-control', 'no-store');
      done();
    });
    limitSlowBodies(app);
    parseFormsOnce(app);
    // A logger for each request costs as much as routing it, and normally nothing is logged here.
    app.setChildLoggerFactory((logger) => logger);

    app.get<{ Querystring: Query }>('/', anyone, async (request, reply) =>
      reply.html(askCodePage(request.page, availableLanguages)),
    );
    app.post('/', { ...anyone, bodyLimit: sheetLimit }, async (request, reply) =>
      toCode(request, reply, request.body instanceof FormBody ? request.body.fields.code : undefined),
    );
    app.get<{ Querystring: Query }>('/s', anyone, async (request, reply) =>
      toCode(request, reply, request.query.code),
    );
    app.get<{ Querystring: Query & { receipt?: unknown } }>('/done', anyone, async (request, reply) => {
      const { language } = request;
      const noReceipt = request.query.receipt === 'failed';
      return sendCached(request, reply, 200, `done ${language} ${request.large} ${noReceipt}`, () =>
        toMarkup(thanksPage(request.page, availableLanguages, noReceipt)),
      );
    });
    app.get('/genuine', anyone, async (request, reply) => {
      const open = await deps.campaigns.list();
      const organisers = new Map(
        open.map((c) => [
          `${c.commissioner} ${c.commissionerPhone}`,
          { name: c.commissioner, phone: c.commissionerPhone },
        ]),
      );
      return reply.html(
        genuinePage(request.page, availableLanguages, {
          host,
          organisers: [...organisers.values()],
          selfAdministered: open.some((c) => c.selfAdministered),
        }),
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
        if (place === undefined) return reply;
        if (find === byCode) pace.opened(codeOf(request));
        return showQuestionnaire(request, reply, place);
      });
      const slowly = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
        const place = await findOrSay(request, reply, find);
        if (place === undefined) return reply;
        const elapsed = find === byCode ? pace.elapsed(codeOf(request)) : null;
        return receive(request, reply, { ...place, elapsed });
      };
      const errorHandler = longSheets(
        ({ url: address }) => address.split('?', 1)[0]!,
        async (request, reply, body) => {
          request.body = body;
          const limited = app.codeLimit.look(request, visitorOf(request));
          const isFlood = typeof limited === 'object' && limited !== null;
          return isFlood ? refuseFlood(request, reply, limited) : slowly(request, reply);
        },
      );
      const options = { ...anyone, bodyLimit: sheetLimit, onRequest: refuseWhenFull, errorHandler };
      app.post(url, options, (request, reply) => {
        const limited = app.codeLimit.look(request, visitorOf(request));
        if (typeof limited === 'object' && limited !== null) return refuseFlood(request, reply, limited);
        const submitted = find === byCode && limited === null ? submitQuickly(request) : undefined;
        if (!submitted) return slowly(request, reply);
        // Answered from the callback: awaiting a reply makes Fastify watch its stream, which is expensive under load.
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
      if (holdLookUp(request, reply, `link ${link}`, deps.now())) return reply;
      if (!(await deps.campaigns.hasLink(link))) return miss(request, reply);
      app.limits.rememberUse(request, `link ${link}`);
      const random = drawAccessCode(deps.newCodeBody);
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
        const key = lookUpKeyOf(request);
        if (key !== undefined && holdLookUp(request, reply, key, deps.now())) return undefined;
        const place = await find(request);
        if (place !== undefined) {
          if (key !== undefined) app.limits.rememberUse(request, key);
          return place;
        }
      } catch (error) {
        if (!(error instanceof MistypedCode)) throw error;
        askAgain(request, reply, (request.params as { code: string }).code, error.reason);
        return undefined;
      }
      await miss(request, reply);
      return undefined;
    }

    /**
     * When nothing is open there is nothing to guess, and respondents of a survey that has just closed are told so, however many
     * come.
     */
    async function miss(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      const open = await deps.campaigns.list();
      if (open.some(({ closesAt }) => deps.now() < closesAt)) await app.limits.countMiss(request);
      return unknown(request, reply);
    }

    function unknown(request: FastifyRequest, reply: FastifyReply): FastifyReply | Promise<FastifyReply> {
      if (wantsJson(request)) throw new AppError('not-found', 'respondent.unknown.title');
      return sendCached(request, reply, 404, `unknown ${request.language} ${request.large}`, () =>
        toMarkup(unknownCodePage(request.page)),
      );
    }

    /**
     * Refusing must cost less than taking an answer: before the body is read, without look-up, and with a page that was
     * compressed once. The browser keeps the filled-in page; its script sends again.
     */
    function refuseWhenFull(
      request: FastifyRequest,
      reply: FastifyReply,
      done: (error?: Error) => void,
    ): void {
      if (!deps.intake.refusesNext()) {
        done();
        return;
      }
      if (wantsJson(request)) {
        done(new AppError('unavailable', 'http.unavailable'));
        return;
      }
      const { body, encoding } = fullPage(
        request.headers['accept-language'],
        request.headers['accept-encoding'],
      );
      if (encoding !== 'identity') reply.header('content-encoding', encoding);
      reply
        .code(503)
        .header('retry-after', '5')
        .header('vary', 'accept-encoding, accept-language')
        .type('text/html; charset=utf-8')
        .send(body);
    }

    /** The two headers are parsed once per distinct value: a crowd sends the same few. */
    function fullPage(languages: string | undefined, encodings: string | undefined): FullPage {
      const key = `${app.settings.version} ${languages ?? ''}\n${encodings ?? ''}`;
      let page = fullPages.get(key);
      if (page === undefined) {
        const language = negotiateLanguage(languages);
        const encoding = chooseEncoding(encodings);
        let encoded = fullTexts.get(language);
        if (encoded === undefined) {
          const context = app.pageContext(language);
          const lines = [context.t('respondent.queue-full')];
          const title = context.t('respondent.not-saved');
          encoded = compressAll(
            Buffer.from(toMarkup(noticePage(context, { title, lines, kind: 'respondent' }))),
          );
          fullTexts.set(language, encoded);
        }
        page = { body: encoded[encoding], encoding };
        fullPages.set(key, page);
      }
      return page;
    }

    /** Refusing must cost less than taking an answer: no look-up, and a page that is rendered once a minute. */
    function refuseFlood(
      request: FastifyRequest,
      reply: FastifyReply,
      limited: TooOften,
    ): FastifyReply | Promise<FastifyReply> {
      const error = tooOftenError(limited);
      if (wantsJson(request)) throw error;
      reply.header('retry-after', limited.seconds);
      const key = `too often ${request.language} ${request.large} ${String(error.params.minutes)}`;
      return sendCached(request, reply, 429, key, () => {
        const { t } = request.page;
        return toMarkup(
          noticePage(request.page, {
            title: t('http.status.429'),
            lines: [t(error.message, error.params)],
            kind: 'respondent',
            links: [{ href: '/', text: t('http.link.start') }],
          }),
        );
      });
    }

    async function sendCached(
      request: FastifyRequest,
      reply: FastifyReply,
      status: number,
      key: string,
      make: () => string,
    ): Promise<FastifyReply> {
      const encoding = chooseEncoding(request.headers['accept-encoding']);
      const body = await pages.get(`${app.settings.version} ${key}`, encoding, make);
      if (encoding !== 'identity') reply.header('content-encoding', encoding);
      return reply
        .code(status)
        .header('vary', 'accept-encoding, accept-language, cookie')
        .type('text/html; charset=utf-8')
        .send(body);
    }

    async function showQuestionnaire(
      request: FastifyRequest,
      reply: FastifyReply,
      place: AnswerPlace,
    ): Promise<FastifyReply> {
      const { lang, step } = request.query as Query;
      const { document, no } = place.questionnaire;
      const language =
        languageOf(place, lang) ?? negotiateLanguage(request.headers['accept-language'], document.languages);
      const context = app.pageContext(language, request.large);
      const data = questionnaireData(place, context.t);
      const state = { ...untouched, step: step === undefined ? null : readStep('1', document) };
      // All inputs of the page; it must not depend on anything else.
      const key = JSON.stringify([
        language,
        request.large,
        state.step,
        { ...data, questionnaire: place.open.campaign.id + String(no) },
      ]);
      return sendCached(request, reply, 200, key, () => toMarkup(questionnairePage(context, data, state)));
    }

    /** Undefined: this request needs the slow path. */
    function submitQuickly(request: FastifyRequest): Promise<RecordResult | TooOften> | undefined {
      const open = deps.campaigns.current();
      if (!open) return undefined;
      const reading = readAccessCode((request.params as { code: string }).code);
      if (!reading.ok || app.limits.secondsToWait(request, reading.code) > 0) return undefined;
      const { body } = request;
      if (body instanceof FormBody)
        return isPlainSheet(body) ? sendByCode(request, open, reading.code, { form: body.pairs }) : undefined;
      const { answers, ...more } = (body ?? {}) as {
        answers?: unknown;
        pressure?: unknown;
        receipt?: unknown;
      };
      if (more.pressure !== undefined || more.receipt !== undefined) return undefined;
      if (typeof answers !== 'object' || answers === null || Array.isArray(answers)) return undefined;
      return sendByCode(request, open, reading.code, { json: answers as Record<string, unknown> });
    }

    function sendByCode(
      request: FastifyRequest,
      open: readonly OpenCampaign[],
      code: string,
      sheet: Parameters<typeof prepareByCode>[3],
    ): Promise<RecordResult | TooOften> | undefined {
      const submit = prepareByCode(deps, open, code, sheet, pace.elapsed);
      return submit && app.codeLimit.send(request, code, submit);
    }

    function thank(
      request: FastifyRequest,
      reply: FastifyReply,
      language?: Language,
      noReceipt = false,
    ): FastifyReply {
      if (wantsJson(request))
        return reply.type('application/json; charset=utf-8').send('{"status":"received"}');
      const wanted =
        language ?? (request.body instanceof FormBody ? request.body.first('_language') : undefined);
      const shown =
        typeof wanted === 'string' && availableLanguages.includes(wanted) ? wanted : request.language;
      return reply.redirect(`/done?lang=${shown}${noReceipt ? '&receipt=failed' : ''}`, 303);
    }

    async function receive(
      request: FastifyRequest,
      reply: FastifyReply,
      place: AnswerPlace,
    ): Promise<FastifyReply> {
      const body = (request.body ?? {}) as Readonly<Record<string, unknown>>;
      if (wantsJson(request)) return receiveJson(request, reply, place, body);
      const fields = request.body instanceof FormBody ? request.body.fields : {};
      const language =
        languageOf(place, fields._lang, fields._language, (request.query as Query).lang) ??
        negotiateLanguage(request.headers['accept-language'], place.questionnaire.document.languages);
      if (fields._size !== undefined) {
        request.large = fields._size === 'large';
        reply.rememberSize(request.large);
      }
      const context = app.pageContext(language, request.large);
      const outcome = await takeSheet(deps, place, fields, context.t, (send) =>
        app.codeLimit.send(request, visitorOf(request), send),
      );
      if ('again' in outcome) {
        const { status, state, retryAfter } = outcome.again;
        if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
        return reply
          .code(status)
          .html(questionnairePage(context, questionnaireData(place, context.t), state));
      }
      if (outcome.result === 'gone') return unknown(request, reply);
      if (fields._receipt === undefined) return thank(request, reply, language);
      const receipt = await receiptFor(place, outcome.nonce);
      return receipt === null
        ? thank(request, reply, language, true)
        : reply.html(receiptPage(context, { receipt, address: `${deps.publicUrl}/receipt` }));
    }

    /** The answer is stored whatever happens here. Null: the respondent is told that there is no receipt. */
    async function receiptFor(place: AnswerPlace, nonce: Uint8Array): Promise<string | null> {
      try {
        const receipt = await makeReceipt(deps, place, nonce);
        if (receipt !== undefined) return receipt;
        deps.log.error({ campaign: place.open.campaign.id }, 'receipt.no-answer');
      } catch (err) {
        deps.log.error({ err, campaign: place.open.campaign.id }, 'receipt.failed');
      }
      return null;
    }

    async function receiveJson(
      request: FastifyRequest,
      reply: FastifyReply,
      place: AnswerPlace,
      body: Readonly<Record<string, unknown>>,
    ): Promise<FastifyReply> {
      const parsed = place.questionnaire.parser.parseJson(body.answers);
      const told = (body.pressure ?? {}) as Readonly<Record<string, unknown>>;
      const pressure = readPressure(told.source, told.text);
      if (!parsed.ok || !pressure.ok)
        throw new AppError('invalid', 'http.invalid', {
          issues: [...(parsed.ok ? [] : parsed.issues), ...(pressure.ok ? [] : pressure.issues)],
        });
      const nonce = deps.randomBytes(16);
      const result = await app.codeLimit.send(request, visitorOf(request), () =>
        submitAnswer(deps, place, { ...parsed, pressure: pressure.report }, nonce),
      );
      if (typeof result === 'object') throw tooOftenError(result);
      if (result === 'failed') throw new AppError('unavailable', 'http.unavailable');
      if (result !== 'stored') return unknown(request, reply);
      const receipt = body.receipt === true ? await receiptFor(place, nonce) : undefined;
      return reply
        .type('application/json; charset=utf-8')
        .send(JSON.stringify({ status: 'received', receipt }));
    }
  };
}

/** Fields that a plain sheet may have besides its answers: no other button was pressed and nothing else is reported. */
function isPlainSheet(form: FormBody): boolean {
  return form.pairs.every(
    ([name, value]) =>
      !name.startsWith('_') ||
      name === '_language' ||
      name === '_at' ||
      (name === '_pressure' && (value === '' || value === 'none')) ||
      (name === '_pressure-text' && value.trim() === ''),
  );
}

/** The key under which a look-up of this address is counted: the code, or the link; undefined if it is neither. */
function lookUpKeyOf(request: FastifyRequest): string | undefined {
  const { link } = request.params as { readonly link?: string };
  return link === undefined ? codeOf(request) || undefined : `link ${link}`;
}

/** For an address whose code was read before. */
function codeOf(request: FastifyRequest): string {
  const reading = readAccessCode((request.params as { code: string }).code);
  return reading.ok ? reading.code : '';
}

/** Key under which answers are counted together: a code, or one visitor of an open link. */
function visitorOf(request: FastifyRequest): string {
  const { link, random = '' } = request.params as { link?: string; random?: string };
  if (link === undefined) return codeOf(request);
  const reading = readAccessCode(random);
  return `${link}/${reading.ok ? reading.code : random}`;
}

class MistypedCode extends Error {
  readonly reason: 'shape' | 'check';
  constructor(reason: 'shape' | 'check') {
    super(reason);
    this.reason = reason;
  }
}

/**
 * A client that sends a byte a minute occupies only a socket, and not for long. Arriving bodies are in one of two sets; those
 * still in the older one when the sets are swapped are cut off. So no timer per request is needed.
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

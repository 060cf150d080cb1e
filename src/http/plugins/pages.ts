/** What a route needs to respond with a page: the reader's language, the layout's data, and how to send HTML. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Language } from '../../domain/model/vocabulary.ts';
import { noSettings, type Settings } from '../../domain/model/settings.ts';
import { contentHash } from '../../domain/hash.ts';
import { availableLanguages, negotiateLanguage, translator } from '../../texts/texts.ts';
import type { HttpOptions } from '../deps.ts';
import { inlineStyle, toMarkup, type Html } from '../../html/html.ts';
import type { PageContext } from '../../html/layout.ts';
import { chooseEncoding, compressOnce, type Encoding } from './encoding.ts';

/** The current settings. Code that changes them must set them here, so that the next page uses them. */
export interface SettingsInUse {
  readonly current: Settings;
  /** Hash of their content, equal in every process: part of cache keys. */
  readonly version: string;
  put(settings: Settings): void;
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly settings: SettingsInUse;
    /** Layout data of a page in that language, in large letters if requested. */
    pageContext(language: Language, large?: boolean): PageContext;
  }
  interface FastifyRequest {
    /** `?lang=` if there is such a language, else the best for Accept-Language. A route may set another one. */
    language: Language;
    /**
     * Large letters: `?size=`, else from the cookie. The cookie contains nothing else, is set only by pressing the button, and no
     * page needs it.
     */
    large: boolean;
    /** Layout data in `language` and `large`. */
    readonly page: PageContext;
  }
  interface FastifyReply {
    /** Sends a page rendered for this one request; never cached. Set the status before. */
    html(page: Html): FastifyReply;
    /** Sends such a page that is already gzipped. */
    packed(page: Buffer): FastifyReply;
    /** Makes the browser remember, or forget, the large letters. */
    rememberSize(large: boolean): FastifyReply;
  }
}

const versionOf = (settings: Settings): string => contentHash(JSON.stringify(settings)).slice(0, 12);

const chosen = Symbol('language');
const size = Symbol('size');
type WithChoice = FastifyRequest & { [chosen]: Language | null; [size]: boolean | null };

function initialLanguage(request: FastifyRequest): Language {
  const query = request.query as Readonly<Record<string, unknown>> | undefined;
  const asked = query?.lang;
  return typeof asked === 'string' && availableLanguages.includes(asked)
    ? asked
    : negotiateLanguage(request.headers['accept-language']);
}

function initialSize(request: FastifyRequest): boolean {
  const asked = askedSize(request);
  return asked ?? /(?:^|;\s*)size=large(?:;|$)/.test(request.headers.cookie ?? '');
}

function askedSize(request: FastifyRequest): boolean | null {
  const asked = (request.query as Readonly<Record<string, unknown>> | undefined)?.size;
  return asked === 'large' ? true : asked === 'normal' ? false : null;
}

export default fp<{ http: HttpOptions; secure: boolean }>(
  async (app, { http, secure }) => {
    const contexts = new Map<string, PageContext>();
    const inUse = {
      current: http.settings ?? noSettings,
      version: versionOf(http.settings ?? noSettings),
      put(settings: Settings) {
        const version = versionOf(settings);
        if (version === inUse.version) return;
        inUse.current = settings;
        inUse.version = version;
        contexts.clear();
      },
    };
    app.decorate('settings', inUse satisfies SettingsInUse);
    const style = inlineStyle(app.assets.text('base.css'));
    function contextOf(language: Language, large = false): PageContext {
      const key = `${language} ${large}`;
      let context = contexts.get(key);
      if (!context) {
        context = {
          language,
          large,
          t: translator(language),
          style,
          script: app.assets.href('answer.js'),
          stylesheet: app.assets.href('base.css'),
          icpNumber: inUse.current.icpNumber === '' ? http.icpNumber : inUse.current.icpNumber,
          demo: http.demo,
          selfAdministered: http.selfAdministered,
        };
        if (contexts.size < 200) contexts.set(key, context);
      }
      return context;
    }
    app.decorate('pageContext', contextOf);
    app.decorateRequest(chosen as unknown as string, null);
    app.decorateRequest('language', {
      getter(this: FastifyRequest) {
        return ((this as WithChoice)[chosen] ??= initialLanguage(this));
      },
      setter(this: FastifyRequest, language: Language) {
        (this as WithChoice)[chosen] = language;
      },
    });
    app.decorateRequest(size as unknown as string, null);
    app.decorateRequest('large', {
      getter(this: FastifyRequest) {
        return ((this as WithChoice)[size] ??= initialSize(this));
      },
      setter(this: FastifyRequest, large: boolean) {
        (this as WithChoice)[size] = large;
      },
    });
    app.decorateReply('rememberSize', function (this: FastifyReply, large: boolean) {
      const age = large ? 31_536_000 : 0;
      const cookie = `size=large; Path=/; Max-Age=${age}; SameSite=Lax; HttpOnly${secure ? '; Secure' : ''}`;
      return this.header('set-cookie', cookie);
    });
    // With a callback: a promise for each request costs as much as the work.
    app.addHook('onRequest', (request, reply, done) => {
      const asked = askedSize(request);
      if (asked !== null && request.method === 'GET') reply.rememberSize(asked);
      done();
    });
    app.decorateRequest('page', {
      getter(this: FastifyRequest) {
        return contextOf(this.language, this.large);
      },
    });
    const send = (reply: FastifyReply, encoding: Encoding, body: Buffer) => {
      if (encoding !== 'identity') reply.header('content-encoding', encoding);
      if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
      return reply
        .header('vary', 'accept-encoding, accept-language, cookie')
        .type('text/html; charset=utf-8')
        .send(body);
    };
    app.decorateReply('html', function (this: FastifyReply, page: Html) {
      const encoding = chooseEncoding(this.request.headers['accept-encoding']);
      return send(this, encoding, compressOnce(Buffer.from(toMarkup(page)), encoding));
    });
    app.decorateReply('packed', function (this: FastifyReply, page: Buffer) {
      return send(this, 'gzip', page);
    });
  },
  { name: 'pages', fastify: '5.x', dependencies: ['assets'] },
);

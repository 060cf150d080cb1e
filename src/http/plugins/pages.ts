/** What a route needs to answer with a page: the reader's language, the frame's data, and how to send HTML. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Language } from '../../domain/vocabulary.ts';
import { availableLanguages, negotiateLanguage, translator } from '../../messages/messages.ts';
import type { HttpOptions } from '../deps.ts';
import { toMarkup, type Html } from '../views/html.ts';
import type { PageContext } from '../views/layout.ts';
import { chooseEncoding, compressOnce } from './encoding.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Frame data of a page in that language. */
    pageContext(language: Language): PageContext;
  }
  interface FastifyRequest {
    /** `?lang=` if there is such a language, else the best for Accept-Language. A route may set another one. */
    language: Language;
    /** Frame data in `language`. */
    readonly page: PageContext;
  }
  interface FastifyReply {
    /** Sends a page that is made for this one request; never kept by a cache. Set the status before. */
    html(page: Html): FastifyReply;
  }
}

const chosen = Symbol('language');
type WithChoice = FastifyRequest & { [chosen]: Language | null };

function initialLanguage(request: FastifyRequest): Language {
  const query = request.query as Readonly<Record<string, unknown>> | undefined;
  const asked = query?.lang;
  return typeof asked === 'string' && availableLanguages.includes(asked)
    ? asked
    : negotiateLanguage(request.headers['accept-language']);
}

export default fp<{ http: HttpOptions }>(
  async (app, { http }) => {
    const contexts = new Map<Language, PageContext>();
    function contextOf(language: Language): PageContext {
      let context = contexts.get(language);
      if (!context) {
        context = {
          language,
          t: translator(language),
          stylesheet: app.assets.href('base.css'),
          icpNumber: http.icpNumber,
          demo: http.demo,
          selfAdministered: http.selfAdministered,
        };
        if (contexts.size < 100) contexts.set(language, context);
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
    app.decorateRequest('page', {
      getter(this: FastifyRequest) {
        return contextOf(this.language);
      },
    });
    app.decorateReply('html', function (this: FastifyReply, page: Html) {
      const encoding = chooseEncoding(this.request.headers['accept-encoding']);
      if (encoding !== 'identity') this.header('content-encoding', encoding);
      if (!this.hasHeader('cache-control')) this.header('cache-control', 'no-store');
      return this.header('vary', 'accept-encoding, accept-language')
        .type('text/html; charset=utf-8')
        .send(compressOnce(Buffer.from(toMarkup(page)), encoding));
    });
  },
  { name: 'pages', fastify: '5.x', dependencies: ['assets'] },
);

/**
 * A witness's own small server (C2SP tlog-witness): add-checkpoint, and the newest checkpoint of each log for monitors. It
 * answers only logs that it was told to trust, holds only public data, and needs no log-in, because requests are authenticated by
 * their signatures.
 */
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { formatVerifierKey } from '../../domain/evidence/note.ts';
import { addCheckpoint, type WitnessDeps } from '../../operations/evidence/witnessing.ts';
import { negotiateLanguage, translator } from '../../texts/texts.ts';

/** Sixty-three hashes, and sixteen signatures of the largest kind. */
const bodyLimit = 128 * 1024;

export interface WitnessAppOptions {
  readonly logger: FastifyBaseLogger | null;
  /** Path before both addresses, such as `/witness`, for a proxy that keeps it; empty: none. */
  readonly prefix: string;
}

export async function buildWitnessApp(
  deps: WitnessDeps,
  options: WitnessAppOptions,
): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    ...(options.logger === null ? { logger: false } : { loggerInstance: options.logger }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    connectionTimeout: 30_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 60_000,
    http: { headersTimeout: 10_000, maxHeaderSize: 16 * 1024 },
    forceCloseConnections: 'idle',
  });
  // Whatever the declared type is.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onSend', async (_request, reply) => {
    void reply.header('x-content-type-options', 'nosniff');
  });
  const plain = 'text/plain; charset=utf-8';

  await app.register(
    async (here) => {
      here.post('/add-checkpoint', async (request, reply) => {
        const t = translator(negotiateLanguage(request.headers['accept-language']));
        const answer = addCheckpoint(deps, decode(request.body));
        void reply.header('cache-control', 'no-store').type(plain);
        // Requests without a trusted signature do not fill the log.
        if ('contradicts' in answer && answer.contradicts) {
          const { origin, size } = answer.contradicts;
          request.log.warn({ origin, size, status: answer.status }, 'witness.contradicted');
        }
        switch (answer.status) {
          case 200: {
            const { origin, size } = answer.head;
            request.log.info({ origin, size }, 'witness.signed');
            return reply.send(`${answer.line}\n`);
          }
          case 409:
            return reply.code(409).type('text/x.tlog.size').send(`${answer.size}\n`);
          default:
            return reply.code(answer.status).send(`${t(answer.why)}\n`);
        }
      });
      here.get<{ Params: { hash: string } }>('/:hash/checkpoint', async (request, reply) => {
        const found = deps.store.findCheckpoint(request.params.hash);
        void reply.header('cache-control', 'no-cache').type(plain);
        return found ? reply.send(found.note) : reply.code(404).send('');
      });
      here.get('/', async (_request, reply) =>
        reply
          .header('cache-control', 'no-cache')
          .type(plain)
          .send(`${formatVerifierKey(deps.cosigner.key)}\n`),
      );
    },
    { prefix: options.prefix },
  );
  return app;
}

/** Invalid UTF-8 becomes U+FFFD, which nobody signed. */
function decode(body: unknown): string {
  return Buffer.isBuffer(body) ? body.toString('utf8') : '';
}

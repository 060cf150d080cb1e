/**
 * Misses are limited, not people (design 10): a whole school sits behind one address, so whoever has a valid code is never refused by address. What
 * is counted are unknown codes and unknown pages; log-ins have a throttle of their own (operations/login-throttle.ts). Guessing is held off by the codes' size; the budget over all addresses exists to be noticed.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { AppError } from '../../domain/errors.ts';
import type { LimitOptions } from '../deps.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly limits: {
      /** An unknown code or link was asked for. @throws AppError too-many `http.too-many` */
      countMiss(request: FastifyRequest): Promise<void>;
    };
  }
}

const minute = 60_000;

export default fp<{ limits: LimitOptions }>(
  async (app, { limits }) => {
    await app.register(rateLimit, {
      global: false,
      cache: 20_000,
      timeWindow: minute,
      addHeaders: {
        'x-ratelimit-limit': false,
        'x-ratelimit-remaining': false,
        'x-ratelimit-reset': false,
      },
      addHeadersOnExceeding: {
        'x-ratelimit-limit': false,
        'x-ratelimit-remaining': false,
        'x-ratelimit-reset': false,
      },
      errorResponseBuilder: (_request, context) =>
        tooMany('http.too-many', Math.max(1, Math.ceil(context.ttl / 1000))),
    });
    const byAddress = app.createRateLimit({ max: limits.missesByAddress, timeWindow: minute });

    let windowStart = 0;
    let missesInAll = 0;
    let warned = false;
    function countInAll(request: FastifyRequest): void {
      const now = performance.now();
      if (now - windowStart >= minute) {
        windowStart = now;
        missesInAll = 0;
        warned = false;
      }
      missesInAll++;
      if (missesInAll > limits.missesInAll && !warned) {
        warned = true;
        request.log.warn({ misses: missesInAll, seconds: 60 }, 'misses.over-budget');
      }
    }

    app.decorate('limits', {
      async countMiss(request) {
        countInAll(request);
        const state = await byAddress(request);
        if (!state.isAllowed && state.isExceeded) throw tooMany('http.too-many', state.ttlInSeconds);
      },
    });

    app.setNotFoundHandler(
      { preHandler: app.rateLimit({ max: limits.missesByAddress, timeWindow: minute }) },
      async () => {
        throw new AppError('not-found', 'http.not-found');
      },
    );
  },
  { name: 'limits', fastify: '5.x', dependencies: ['errors'] },
);

function tooMany(message: string, seconds: number): AppError {
  return new AppError('too-many', message, { params: { seconds: Math.max(1, seconds) } });
}

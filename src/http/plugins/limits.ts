/**
 * Misses are limited, not people (design 10): a whole school may share one address. Unknown codes and unknown pages are counted
 * by network; log-ins have their own throttle (operations/user/login-throttle.ts). For a network that exceeds its allowance, only
 * codes that it has used before are looked up, so that valid and wrong codes get the same response there. The counters are in
 * memory; several processes notify each other of misses (operations/shared-counts.ts). Requests a minute of unknown pages,
 * receipts, wrong tokens and log-ins through the identity provider are counted by each process alone.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../domain/errors.ts';
import { createShortHmac } from '../../domain/hmac.ts';
import { addMiss, levelAt, secondsUntilRoom, type Bucket } from '../../domain/limits/miss-budget.ts';
import { networkOf } from '../../domain/limits/network.ts';
import { shareCounts } from '../../operations/shared-counts.ts';
import type { HttpDeps, LimitOptions } from '../deps.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly limits: {
      /**
       * An unknown code or link was requested.
       * @throws AppError too-many `http.too-many`
       */
      countMiss(request: FastifyRequest): Promise<void>;
      /** A receipt is checked. @throws AppError too-many `http.too-many-receipts` */
      countReceipt(request: FastifyRequest): Promise<void>;
      /**
       * There is no such page, or not for this token: both get the same response.
       * @throws AppError too-many `http.too-many`
       */
      countUnknown(request: FastifyRequest): Promise<void>;
      /**
       * A log-in through the identity provider starts or returns.
       * @throws AppError too-many `http.too-many-log-ins`
       */
      countLogIn(request: FastifyRequest, step: 'begin' | 'back'): Promise<void>;
      /**
       * Before a code or link is looked up: whole seconds to wait, 0 if allowed. Depends on the code only in whether this network
       * has used it.
       */
      secondsToWait(request: FastifyRequest, code: string): number;
      /** The code or link works: this network may use it again, despite its misses. */
      rememberUse(request: FastifyRequest, code: string): void;
    };
  }
}

const minute = 60_000;
/** Networks whose misses are remembered. */
const maximumNetworks = 20_000;
/** Number of uses remembered; the least recently used is dropped. */
const maximumUses = 200_000;

/** A signed-in interviewer is counted separately, everywhere; everyone else by network. */
function guesserOf(request: FastifyRequest): string {
  const user = request.actor?.userId ?? null;
  return user === null ? networkOf(request.ip) : `user ${user}`;
}

export default fp<{
  limits: LimitOptions;
  deps: Pick<HttpDeps, 'now' | 'randomBytes' | 'processes' | 'keys'>;
}>(
  async (app, { limits, deps }) => {
    await app.register(rateLimit, {
      global: false,
      cache: maximumNetworks,
      timeWindow: minute,
      keyGenerator: guesserOf,
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
    const byNetwork = app.createRateLimit({ max: limits.missesByAddress, timeWindow: minute });
    const receipts = app.createRateLimit({ max: limits.receiptsByNetwork, timeWindow: minute });
    const unknown = app.createRateLimit({ max: limits.missesByAddress, timeWindow: minute });
    const perLogIn = { max: limits.logInsByNetwork, timeWindow: minute };
    const logIns = { begin: app.createRateLimit(perLogIn), back: app.createRateLimit(perLogIn) };
    async function count(
      limit: ReturnType<typeof app.createRateLimit>,
      request: FastifyRequest,
      message: string,
    ): Promise<void> {
      const state = await limit(request);
      if (!state.isAllowed && state.isExceeded) throw tooMany(message, state.ttlInSeconds);
    }

    /** Each miss is in both counters; which one applies is decided when a code is requested. */
    interface Misses {
      readonly alone: Bucket;
      readonly inAttack: Bucket;
    }
    /** Drops the network with the oldest miss: a look-up only peeks. */
    const networks = new LRUCache<string, Misses>({ max: maximumNetworks });
    let all: Bucket | undefined;
    let attack: Bucket | undefined;
    let warned = false;

    const shared = shareCounts(deps, 'miss');
    shared?.onCount((key, misses) => {
      for (let i = 0; i < Math.min(misses ?? 0, limits.missesInAttack); i++) addMissOf(key);
    });

    /** `''`: of an unknown network. */
    function addMissOf(key: string): void {
      const now = deps.now();
      all = addMiss(all, limits.missesInAll, now);
      attack = addMiss(attack, limits.missesInAttack, now);
      if (key === '') return;
      const before = networks.peek(key);
      networks.set(key, {
        alone: addMiss(before?.alone, limits.lookupsByNetwork, now),
        inAttack: addMiss(before?.inAttack, limits.lookupsInAttack, now),
      });
    }

    function countMissOf(request: FastifyRequest): void {
      const key = keyOf(request);
      addMissOf(key);
      shared?.tell(key, 1);
      if (!all) return;
      const isOver = all.level >= limits.missesInAll;
      if (isOver && !warned)
        request.log.warn({ misses: Math.round(all.level), seconds: 60 }, 'misses.over-budget');
      warned = isOver;
    }

    const keyOf = (request: FastifyRequest): string => {
      const guesser = guesserOf(request);
      return shared ? shared.nameOf(guesser) : guesser;
    };

    function secondsToWaitOf(key: string): number {
      const misses = networks.peek(key);
      if (misses === undefined) return 0;
      const now = deps.now();
      if (levelAt(misses.inAttack, limits.lookupsInAttack, now) === 0) networks.delete(key);
      return Math.max(
        secondsUntilRoom(misses.alone, limits.lookupsByNetwork, now),
        Math.min(
          secondsUntilRoom(attack, limits.missesInAttack, now),
          secondsUntilRoom(misses.inAttack, limits.lookupsInAttack, now),
        ),
      );
    }

    // Under a key of this process only: without the code itself, a memory image does not reveal who used which code.
    const fingerprint = createShortHmac(deps.randomBytes(32));
    const useOf = (request: FastifyRequest, code: string) =>
      Buffer.from(fingerprint(`${guesserOf(request)} ${code}`)).toString('latin1');
    /** Takes its whole memory at once, so it is made with the first use. */
    let uses: LRUCache<string, true> | undefined;

    app.decorate('limits', {
      async countMiss(request) {
        countMissOf(request);
        await count(byNetwork, request, 'http.too-many');
      },
      countReceipt: (request) => count(receipts, request, 'http.too-many-receipts'),
      countUnknown: (request) => count(unknown, request, 'http.too-many'),
      countLogIn: (request, step) => count(logIns[step], request, 'http.too-many-log-ins'),
      secondsToWait(request, code) {
        // Usually nobody has missed, and the check must be cheap under load.
        if (networks.size === 0) return 0;
        const seconds = secondsToWaitOf(keyOf(request));
        if (seconds === 0) return 0;
        return uses?.has(useOf(request, code)) ? 0 : seconds;
      },
      rememberUse(request, code) {
        uses ??= new LRUCache({ max: maximumUses });
        uses.set(useOf(request, code), true);
      },
    });

    app.setNotFoundHandler(async (request) => {
      await app.limits.countUnknown(request);
      throw new AppError('not-found', 'http.not-found');
    });
  },
  { name: 'limits', fastify: '5.x', dependencies: ['errors', 'access'] },
);

function tooMany(message: string, seconds: number): AppError {
  return new AppError('too-many', message, { params: { seconds: Math.max(1, seconds) } });
}

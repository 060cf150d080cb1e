/**
 * How often one code may send from one network. Every answer is kept for ever, so sending again and again is a way to fill the disk and to hold up others. Counted
 * by code *and* network: whoever knows somebody else's code can neither spend his answers nor learn from the limit whether he has sent any. Only stored
 * answers count, so nobody's first one is refused. In memory alone, for an hour. Several processes tell one another of all but the first answers that each of
 * them stores, for nearly every code sends one: so each further process allows one more.
 */
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { LRUCache } from 'lru-cache';
import type { RecordResult } from '../../domain/model/answer.ts';
import { networkOf } from '../../domain/limits/network.ts';
import type { Deps } from '../../operations/deps.ts';
import { shareCounts, type SharedCounts } from '../../operations/shared-counts.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly codeLimit: CodeLimit;
  }
}

export const answersPerHour = 20;
/** So many refusals show the filled-in page again; it costs more than an answer, so what comes after them is told in one sentence. */
const filledInPages = 20;
const window = 3_600_000;
/** Codes counted; the one longest unused is dropped. */
const maximum = 50_000;

interface Count {
  readonly since: number;
  sent: number;
  refused: number;
}

/** Seconds until it may be sent again. */
export interface TooOften {
  readonly seconds: number;
}

export interface CodeLimit {
  /** Sends an answer if it may be sent; one that was not stored does not count. `visitor`: a code, or an open link with what tells its visitors apart. */
  send(
    this: void,
    request: FastifyRequest,
    visitor: string,
    send: () => Promise<RecordResult>,
  ): Promise<RecordResult | TooOften>;
  /** `null`: may send. `page`: may not, and is shown the filled-in page. Otherwise refused so often that no page is made any more. Counts nothing. */
  look(this: void, request: FastifyRequest, visitor: string): TooOften | 'page' | null;
}

export function createCodeLimit(now: () => number, shared?: SharedCounts): CodeLimit {
  const counts = new LRUCache<string, Count>({ max: maximum });

  function find(key: string, at: number): Count | undefined {
    const count = counts.get(key);
    // A clock that was set back holds up nobody.
    return count !== undefined && at >= count.since && at - count.since < window ? count : undefined;
  }
  const nameOf = shared?.nameOf ?? ((text: string) => text);
  const keyOf = (request: FastifyRequest, visitor: string): string =>
    nameOf(`${visitor} ${networkOf(request.ip)}`);
  shared?.onCount((key, sent) => {
    const at = now();
    const count = find(key, at) ?? { since: at, sent: 0, refused: 0 };
    count.sent = Math.max(0, count.sent + (sent ?? 0));
    if (key !== '') counts.set(key, count);
  });
  const wait = (count: Count, at: number): TooOften => ({
    seconds: Math.max(1, Math.ceil((count.since + window - at) / 1000)),
  });

  return {
    async send(request, visitor, send) {
      const key = keyOf(request, visitor);
      const at = now();
      const count = find(key, at) ?? { since: at, sent: 0, refused: 0 };
      counts.set(key, count);
      if (count.sent >= answersPerHour) {
        count.refused++;
        return wait(count, at);
      }
      // Before it is stored: many at once are counted as well.
      count.sent++;
      let result: RecordResult | null = null;
      try {
        return (result = await send());
      } finally {
        if (result !== 'stored') count.sent--;
        else if (count.sent > 1) shared?.tell(key, 1);
      }
    },
    look(request, visitor) {
      const at = now();
      const count = find(keyOf(request, visitor), at);
      if (count === undefined || count.sent < answersPerHour) return null;
      return count.refused < filledInPages ? 'page' : wait(count, at);
    },
  };
}

export default fp<{ deps: Pick<Deps, 'now' | 'processes' | 'keys'> }>(
  (app, { deps }, done) => {
    app.decorate('codeLimit', createCodeLimit(deps.now, shareCounts(deps, 'code')));
    done();
  },
  { name: 'code-limit', fastify: '5.x' },
);

/**
 * Limits how often one code may send from one network. Every answer is stored forever, so repeated sending could fill the disk
 * and slow down others. Counted by code *and* network: a person who knows someone else's code can neither use up its answers nor
 * learn from the limit whether it has sent any. Only stored answers count, so nobody's first one is refused. In memory only, for
 * an hour. Several processes notify each other of all but the first answers that each of them stores, because nearly every code
 * sends one. So each further process allows one more.
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
/** This many refusals show the filled-in page again; it costs more than an answer, so later ones get one sentence. */
const filledInPages = 20;
const window = 3_600_000;
/** Number of codes counted; the least recently used is dropped. */
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
  /**
   * Sends an answer if allowed; one that was not stored does not count. `visitor`: a code, or an open link with an id of its
   * visitor.
   */
  send(
    this: void,
    request: FastifyRequest,
    visitor: string,
    send: () => Promise<RecordResult>,
  ): Promise<RecordResult | TooOften>;
  /**
   * `null`: may send. `page`: refused, with the filled-in page. Otherwise refused so often that no page is rendered any more.
   * Counts nothing.
   */
  look(this: void, request: FastifyRequest, visitor: string): TooOften | 'page' | null;
}

export function createCodeLimit(now: () => number, shared?: SharedCounts): CodeLimit {
  const counts = new LRUCache<string, Count>({ max: maximum });

  function find(key: string, at: number): Count | undefined {
    const count = counts.get(key);
    // A clock that was set back blocks nobody.
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
      // Before it is stored, so that concurrent ones are counted.
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

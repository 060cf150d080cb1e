/**
 * Counts that processes tell one another, such as attempts of a network: by notifications, so that none of them is a row that competes with answers. What is under
 * way when a connection breaks is lost; each process then knows its own share alone.
 */
import { randomInt } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import type { OnCount } from '../port/processes.ts';

export const countsChannel = 'manyi_counts';
const flushMs = 100;
/** Told in one turn. Of what is more, only how much it is. */
const mostEntries = 500;
/** The server takes 8,000 bytes. */
const entriesPerMessage = 100;

type Entry = [topic: string, name: string, count: number | null];
const messageSchema = z.tuple([
  z.int(),
  z.array(z.tuple([z.string().max(20), z.string().max(40), z.number().nullable()])),
]);

export function createCounts(pool: Pick<pg.Pool, 'query'>) {
  const own = randomInt(2 ** 31);
  const listeners = new Map<string, OnCount>();
  let pending: Entry[] = [];
  let places = new Map<string, Entry>();
  let timer: NodeJS.Timeout | null = null;
  let sending: Promise<void> | null = null;

  function put(topic: string, name: string, count: number | null): void {
    const key = `${topic} ${name}`;
    const before = places.get(key);
    if (before && typeof before[2] === 'number' && count !== null) {
      before[2] += count;
      return;
    }
    const entry: Entry = [topic, name, count];
    pending.push(entry);
    places.set(key, entry);
  }

  function flush(): void {
    timer = null;
    const entries = pending;
    pending = [];
    places = new Map();
    const messages: string[] = [];
    for (let from = 0; from < entries.length; from += entriesPerMessage)
      messages.push(JSON.stringify([own, entries.slice(from, from + entriesPerMessage)]));
    // One after the other: two connections may overtake each other, and a failure that is taken back before it is told would stay counted.
    sending = pool
      .query(`SELECT pg_notify('${countsChannel}', m) FROM unnest($1::text[]) AS m`, [messages])
      .then(
        () => undefined,
        // Lost, as said above; that the server cannot be reached others say.
        () => undefined,
      )
      .finally(() => {
        sending = null;
        if (pending.length > 0) flushSoon();
      });
  }

  function flushSoon(): void {
    if (sending === null) timer ??= setTimeout(flush, flushMs).unref();
  }

  return {
    tell(topic: string, name: string, count: number | null): void {
      if (pending.length < mostEntries) put(topic, name, count);
      else if (count !== null && count > 0) put(topic, '', count);
      flushSoon();
    },
    onCount(topic: string, listener: OnCount): void {
      listeners.set(topic, listener);
    },
    /** A notification has come. */
    hear(text: string): void {
      let message: unknown;
      try {
        message = JSON.parse(text);
      } catch {
        // Whoever may connect to the database may send any.
        return;
      }
      const { success, data } = messageSchema.safeParse(message);
      if (!success || data[0] === own) return;
      for (const [topic, name, count] of data[1]) listeners.get(topic)?.(name, count);
    },
    async close(): Promise<void> {
      pending = [];
      if (timer) clearTimeout(timer);
      await sending;
    },
  };
}

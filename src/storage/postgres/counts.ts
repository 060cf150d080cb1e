/**
 * Counts that processes send each other, such as attempts of a network. They use notifications, so that no rows compete with
 * answers. Messages in transit are lost when a connection breaks; each process then knows only its own share.
 */
import { randomInt } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import type { OnCount } from '../port/processes.ts';

export const countsChannel = 'manyi_counts';
const flushMs = 100;
/** Number sent at once. Of further ones only the total is sent. */
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
    // One after the other: two connections may overtake each other, and a failure that is undone before it is sent would stay
    // counted.
    sending = pool
      .query(`SELECT pg_notify('${countsChannel}', m) FROM unnest($1::text[]) AS m`, [messages])
      .then(
        () => undefined,
        // Lost, as described above; that the server cannot be reached is reported elsewhere.
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
        // Anyone who may connect to the database can send notifications.
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

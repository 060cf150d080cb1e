/** Progress as server-sent events, for pages with a progress bar. The browser reconnects when the connection breaks. */
import { setTimeout as wait } from 'node:timers/promises';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

export interface LiveState {
  /** 0–100; null: not known yet. */
  readonly percent: number | null;
  readonly text: string;
  /** The page must be reloaded: the task has ended, successfully or not. */
  readonly done: boolean;
}

const everyMs = 1000;
/** After this many the browser reconnects, so that a forgotten tab does not hold a connection forever. */
const most = 600;

/** Sends the state each second while it changes, until it is done or the reader has left. */
export function sendLive(reply: FastifyReply, read: () => Promise<LiveState>): FastifyReply {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  async function* events(): AsyncGenerator<string> {
    let last = '';
    for (let i = 0; i < most && !gone.signal.aborted; i++) {
      const state = await read();
      const event = JSON.stringify({ ...state, percent: state.percent && Math.floor(state.percent) });
      // A comment keeps proxies from closing an idle connection.
      yield event === last ? ': \n\n' : `data: ${event}\n\n`;
      last = event;
      if (state.done) return;
      await wait(everyMs, undefined, { signal: gone.signal }).catch(() => undefined);
    }
  }
  return reply
    .header('content-type', 'text/event-stream')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    .send(Readable.from(events()));
}

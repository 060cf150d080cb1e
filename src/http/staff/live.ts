/** Progress as server-sent events, for pages with a progress bar. Asked for again by the browser when the connection breaks. */
import { setTimeout as wait } from 'node:timers/promises';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

export interface LiveState {
  /** 0–100; null: not known yet. */
  readonly percent: number | null;
  readonly text: string;
  /** The page is to be loaded again: the task is over, well or not. */
  readonly done: boolean;
}

const everyMs = 1000;
/** After this many the browser asks again, so that a forgotten tab holds no connection for ever. */
const most = 600;

/** Sends the state each second while it changes, until it is done or the reader is gone. */
export function sendLive(reply: FastifyReply, read: () => Promise<LiveState>): FastifyReply {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  async function* events(): AsyncGenerator<string> {
    let last = '';
    for (let i = 0; i < most && !gone.signal.aborted; i++) {
      const state = await read();
      const event = JSON.stringify({ ...state, percent: state.percent && Math.floor(state.percent) });
      // A comment keeps proxies from closing a connection on which nothing happens.
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

/**
 * The main thread's side of summarize-thread.ts. A county of 400 schools takes half a second, during which no answer could be
 * taken.
 */
import type { Worker } from 'node:worker_threads';
import { AppError, type ErrorKind, type MessageParams } from '../../domain/errors.ts';
import type { Summary, SummaryInput } from '../../domain/scoring/summary/summary.ts';
import { startThread } from '../../threads/start-thread.ts';

export interface SummaryTask {
  readonly id: number;
  readonly input: SummaryInput;
}
export type SummaryReply = { readonly id: number } & (
  | { readonly summary: Summary }
  | {
      readonly error: { readonly kind: ErrorKind; readonly message: string; readonly params: MessageParams };
    }
);

export interface Summarizer {
  /** @throws AppError as `computeShownSummary`; any other error if the thread dies, and the next call starts another */
  summarize(input: SummaryInput): Promise<Summary>;
  close(): Promise<void>;
}

export function createSummarizer(): Summarizer {
  const waiting = new Map<
    number,
    { resolve: (summary: Summary) => void; reject: (error: unknown) => void }
  >();
  let worker: Worker | null = null;
  let next = 1;

  function start(): Worker {
    const started = startThread(new URL('./summarize-thread', import.meta.url));
    // An idle thread must not keep the process alive.
    started.unref();
    started.on('message', (reply: SummaryReply) => {
      const call = waiting.get(reply.id);
      waiting.delete(reply.id);
      if ('summary' in reply) call?.resolve(reply.summary);
      else call?.reject(new AppError(reply.error.kind, reply.error.message, { params: reply.error.params }));
    });
    const fail = (error: unknown) => {
      if (worker === started) worker = null;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    started.on('error', fail);
    started.on('exit', (code) => fail(new Error(`the thread of summaries ended with code ${code}`)));
    return started;
  }

  return {
    summarize(input) {
      const thread = (worker ??= start());
      return new Promise((resolve, reject) => {
        const task: SummaryTask = { id: next++, input };
        waiting.set(task.id, { resolve, reject });
        thread.postMessage(task);
      });
    },
    async close() {
      await worker?.terminate();
    },
  };
}

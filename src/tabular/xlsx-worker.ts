/** The main thread's side of xlsx-thread.ts: rows come in chunks, one ahead of the caller. */
import { AppError, type ErrorKind, type MessageParams } from '../domain/errors.ts';
import type { HiddenRows, TableItem } from '../domain/frame/roll/table.ts';
import { startThread } from '../threads/start-thread.ts';

export interface ThreadTask {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly file: string;
  readonly hiddenRows: HiddenRows;
}

export type ThreadReply =
  | { readonly kind: 'items'; readonly items: readonly TableItem[] }
  | { readonly kind: 'end' }
  | {
      readonly kind: 'error';
      readonly error: { readonly kind: ErrorKind; readonly message: string; readonly params: MessageParams };
    };

/** Limit of the thread's heap. A million rows of an export with ten columns take 60 MB. */
export const workbookMemoryMb = 256;
/** Concurrent threads; further workbooks wait, so that the total is bounded. */
const maxThreads = 2;

let running = 0;
const queue: (() => void)[] = [];

async function takeTurn(): Promise<() => void> {
  if (running >= maxThreads) await new Promise<void>((resolve) => queue.push(resolve));
  else running += 1;
  return () => {
    const next = queue.shift();
    if (next) next();
    else running -= 1;
  };
}

/**
 * What readXlsx yields and throws; also AppError too-large `tabular.memory` if the thread exceeds its memory limit. The bytes are
 * transferred. Ending the iteration early ends the thread.
 */
export async function* readWorkbook(
  task: ThreadTask,
  memoryMb = workbookMemoryMb,
): AsyncGenerator<TableItem, void, undefined> {
  const release = await takeTurn();
  try {
    const worker = startThread(new URL('./xlsx-thread', import.meta.url), {
      workerData: task,
      transferList: [task.bytes.buffer],
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 32 },
    });
    const replies: ThreadReply[] = [];
    let failure: unknown;
    let wake: (() => void) | undefined;
    const fail = (error: unknown) => {
      failure ??= error;
      wake?.();
    };
    worker.on('message', (reply: ThreadReply) => {
      replies.push(reply);
      wake?.();
    });
    worker.on('error', fail);
    worker.on('messageerror', fail);
    worker.on('exit', (code) => fail(new Error(`the reader of workbooks ended with code ${code}`)));
    try {
      worker.postMessage('more');
      for (;;) {
        while (replies.length === 0 && failure === undefined)
          await new Promise<void>((resolve) => (wake = resolve));
        const reply = replies.shift();
        if (reply === undefined) throw threadError(failure, task.file);
        if (reply.kind === 'end') return;
        if (reply.kind === 'error') {
          const { kind, message, params } = reply.error;
          throw new AppError(kind, message, { params });
        }
        worker.postMessage('more');
        yield* reply.items;
      }
    } finally {
      await worker.terminate();
    }
  } finally {
    release();
  }
}

function threadError(failure: unknown, file: string): unknown {
  const code = failure instanceof Error && 'code' in failure ? failure.code : undefined;
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new AppError('too-large', 'tabular.memory', { params: { file }, cause: failure })
    : failure;
}

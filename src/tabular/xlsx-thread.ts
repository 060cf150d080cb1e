/**
 * Reads one workbook in a separate thread and sends its rows in chunks. A hostile file affects only this thread, which ends at
 * its memory limit.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../domain/errors.ts';
import { isNotice, type TableItem } from '../domain/frame/roll/table.ts';
import { readXlsx } from './xlsx-read.ts';
import type { ThreadReply, ThreadTask } from './xlsx-worker.ts';

/** A chunk is copied and processed at once on the main thread: it must take no longer than a few milliseconds there. */
const pieceItems = 500;
const pieceCells = 10_000;
const pieceCharacters = 200_000;

const port = parentPort;
if (!port) throw new Error('reader of workbooks started outside a worker');

let asked = 0;
let wake: (() => void) | undefined;
port.on('message', () => {
  asked += 1;
  wake?.();
});

async function send(reply: ThreadReply): Promise<void> {
  while (asked === 0) await new Promise<void>((resolve) => (wake = resolve));
  asked -= 1;
  port?.postMessage(reply);
}

async function run({ bytes, ...options }: ThreadTask): Promise<void> {
  let items: TableItem[] = [];
  let cells = 0;
  let characters = 0;
  for await (const item of readXlsx(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), options)) {
    items.push(item);
    if (!isNotice(item)) {
      cells += item.cells.length;
      for (const cell of item.cells) if (typeof cell === 'string') characters += cell.length;
    }
    if (items.length < pieceItems && cells < pieceCells && characters < pieceCharacters) continue;
    await send({ kind: 'items', items });
    items = [];
    cells = 0;
    characters = 0;
  }
  await send({ kind: 'items', items });
  await send({ kind: 'end' });
}

try {
  await run(workerData as ThreadTask);
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  const { kind, message, params } = error;
  await send({ kind: 'error', error: { kind, message, params } });
}
port.close();

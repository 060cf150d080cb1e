/**
 * A storage thread: the writer (the only connection that writes, in the order of arrival) or the reader (long scans). Its worker
 * data say which.
 */
import { createRest } from './low-priority.ts';
import './interpreted-schemas.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { openConnection } from '../connection.ts';
import { createContext } from '../context.ts';
import { runOperation } from '../operations.ts';
import type { RecordResult } from '../../../domain/model/answer.ts';
import { unpackRecorded, type PackedResults } from './results-wire.ts';
import {
  packError,
  packResults,
  unpackBatch,
  type Call,
  type PackedBatch,
  type Reply,
  type ThreadData,
} from './wire.ts';

const port = parentPort;
if (!port) throw new Error('storage thread started outside a worker');
const { role, directory, unsafeWithoutSync } = workerData as ThreadData;
const connection = openConnection(directory, role === 'reader');
if (unsafeWithoutSync === true) connection.raw.pragma('synchronous = OFF');
const context = createContext(connection, role === 'reader' ? createRest() : undefined);

function run({ name, args }: Call): unknown {
  if (name === 'exchangeMessages') {
    const [claim, results, ...rest] = args;
    return runOperation(context, name, [claim, unpackRecorded(results as PackedResults), ...rest]);
  }
  if (name !== 'recordResponses') return runOperation(context, name, args);
  const batch = unpackBatch(args[0] as PackedBatch);
  return packResults(runOperation(context, name, [batch]) as readonly RecordResult[]);
}

port.on('message', (call: Call | 'close') => {
  if (call === 'close') {
    connection.raw.close();
    port.close();
    return;
  }
  let reply: Reply;
  const started = performance.now();
  try {
    const value = run(call);
    reply = { id: call.id, ok: true, value, ms: performance.now() - started };
  } catch (error) {
    reply = { id: call.id, ok: false, error: packError(error) };
  }
  port.postMessage(reply);
});
port.postMessage('ready');

/**
 * A storage thread that carries committed pages from the log into the database file while the writer goes on: the long part of a checkpoint (random
 * writes, and a sync of the whole file) then stalls nobody. What is left for the writer, who alone can start the log anew, is what was committed
 * meanwhile.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openRaw } from './connection.ts';
import type { ThreadData } from './wire.ts';

const port = parentPort;
if (!port) throw new Error('storage thread started outside a worker');
const raw = openRaw((workerData as ThreadData).directory, false);
raw.pragma('wal_autocheckpoint = 0');
raw.pragma('cache_size = -256');
port.on('message', (message: 'go' | 'close') => {
  if (message === 'close') {
    raw.close();
    port.close();
    return;
  }
  try {
    raw.pragma('wal_checkpoint(PASSIVE)');
  } catch {
    // A full or broken disk: the writer meets it as well, and says so.
  }
  port.postMessage('done');
});

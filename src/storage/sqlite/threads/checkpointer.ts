/**
 * A storage thread that checkpoints the WAL while the writer continues: the long part (random writes, and a sync of the whole
 * file) then blocks nobody. Under sustained load the WAL still grows, because only the writer can reset it, when nothing remains
 * to be checkpointed. So once it is quiet, this thread truncates it.
 */
import './low-priority.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { openRaw } from '../raw.ts';
import type { ThreadData } from './wire.ts';

const port = parentPort;
if (!port) throw new Error('storage thread started outside a worker');
const raw = openRaw((workerData as ThreadData).directory, false);
raw.pragma('wal_autocheckpoint = 0');
raw.pragma('cache_size = -256');
// Other writers and readers have priority; it is tried again later.
raw.pragma('busy_timeout = 0');

/** Everything is checkpointed first, so that the lock for truncating is held only briefly. */
function truncate(): void {
  const [passive] = raw.pragma('wal_checkpoint(PASSIVE)') as [{ log: number; checkpointed: number }];
  if (passive.log === passive.checkpointed) raw.pragma('wal_checkpoint(TRUNCATE)');
}

port.on('message', (message: 'go' | 'rest' | 'close') => {
  if (message === 'close') {
    raw.close();
    port.close();
    return;
  }
  try {
    if (message === 'rest') truncate();
    else raw.pragma('wal_checkpoint(PASSIVE)');
  } catch {
    // A full or broken disk: the writer meets it as well, and says so.
  }
  port.postMessage('done');
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const module = JSON.stringify(new URL('../src/helper-threads.ts', import.meta.url).href);
const script = `
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
const { lowerHelperThreads } = await import(${module});
lowerHelperThreads();
const worker = new Worker('setInterval(() => undefined, 1000)', { eval: true });
await new Promise((resolve) => worker.once('online', resolve));
const all = readdirSync('/proc/self/task').map(Number);
const lowered = all.filter((thread) => getPriority(thread) > getPriority());
console.log(JSON.stringify({
  lowered: lowered.length,
  first: getPriority(process.pid) - getPriority(),
  by: lowered.map((thread) => getPriority(thread) - getPriority()),
  // Node 24 names them.
  names: lowered.map((thread) => readFileSync('/proc/self/task/' + thread + '/comm', 'utf8').trim()),
}));
await worker.terminate();
`;

const linux = process.platform === 'linux';

/** What came of it, in a process of its own. */
async function lower(options: readonly string[]) {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    ...options,
    ...['--import', 'tsx', '--input-type=module', '--eval', script],
  ]);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as { lowered: number; first: number; by: number[]; names: string[] };
}

it.runIf(linux)("lowers the priority of V8's threads, and of no thread that answers", async () => {
  const found = await lower(['--single-threaded-gc']);
  expect(found).toMatchObject({ lowered: 5, first: 0, by: [10, 10, 10, 10, 10] });
  for (const name of found.names) expect(name).toMatch(/^(?:node|V8Worker|DelayedTaskSche)/);
});

it.runIf(linux)('leaves them as they are where a collection may wait for them', async () => {
  expect(await lower([])).toMatchObject({ lowered: 0 });
});

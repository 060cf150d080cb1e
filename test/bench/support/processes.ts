/** Starting what is measured, each in a process of its own, and ending it again. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ClientSetup, Round, RoundResult } from './client.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
export const builtServer = here('../../../dist/server.js');

/** A port that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export async function listening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`server ended with ${child.exitCode ?? child.signalCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((r) => setTimeout(r, 5));
  }
}

export interface Running {
  readonly port: number;
  readonly child: ChildProcess;
  /** Milliseconds from the start of the process until its port was open. */
  readonly startMs: number;
  stop(): Promise<void>;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** What `npm start` tells Node. */
const startOptions = (() => {
  const { scripts } = JSON.parse(readFileSync(here('../../../package.json'), 'utf8')) as {
    readonly scripts: { readonly start: string };
  };
  return scripts.start.split(' ').slice(1, -1);
})();

/** As `npm start` runs it. */
export async function startService(
  places: { readonly data: string; readonly keys: string },
  options: { readonly nodeOptions?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Running> {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(process.execPath, [...startOptions, ...(options.nodeOptions ?? []), builtServer], {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      DATA_DIR: places.data,
      KEY_DIR: places.keys,
      BACKUP_DIR: `${places.data}-backups`,
      SECOND_FACTOR: 'optional',
      ...options.env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await listening(port, child);
  return { port, child, startMs: performance.now() - started, stop: () => stopChild(child) };
}

/** A file of this folder that prints its port. */
export async function startBare(
  file: string,
  nodeOptions: readonly string[] = [],
  given: readonly string[] = [],
): Promise<Running> {
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', ...nodeOptions, here(file), ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    port: Number(line.toString()),
    child,
    startMs: performance.now() - started,
    stop: () => stopChild(child),
  };
}

export async function startClient(setup: ClientSetup) {
  const child = fork(here('client.ts'), [JSON.stringify(setup)], { execArgv: ['--import', 'tsx'] });
  await once(child, 'message');
  return {
    async round(round: Round): Promise<RoundResult> {
      child.send(round);
      const [result] = (await once(child, 'message')) as [RoundResult | { error: string }];
      if ('error' in result) throw new Error(result.error);
      return result;
    },
    stop: () => {
      child.disconnect();
    },
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** User and system time of a process so far, in seconds: its first thread alone (JavaScript and HTTP), and all threads. */
export async function cpuSeconds(pid: number): Promise<{ readonly first: number; readonly all: number }> {
  const read = async (path: string): Promise<number> => {
    const text = await readFile(path, 'utf8').catch(() => '');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  };
  return { first: await read(`/proc/${pid}/task/${pid}/stat`), all: await read(`/proc/${pid}/stat`) };
}

/**
 * The service as a process of its own, over real files, to be killed, starved and lied to. It runs from a bundle of the sources, made once,
 * because thirty starts through a loader would take as long as the rest of the suite.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd } from './at-end.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Started many times by tests: bundled beside the program. */
const scripts = ['kill-driver', 'sms-sender', 'sync-server', 'write-slowly'].map((name) =>
  join(root, 'test/support', `${name}.ts`),
);

/** The folder of the program as `npm run build` bundles it, without the check of types, and of the scripts above. Equal sources are built once. */
export function built(): string {
  const files = ['src', 'test/support']
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath, f.name))
    .sort();
  const hash = createHash('sha256');
  for (const path of files)
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  const home = join(root, 'node_modules', '.cache', 'manyi', hash.digest('hex').slice(0, 16));
  if (existsSync(home)) return join(home, 'dist');
  const making = `${home}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  cpSync(join(root, 'package.json'), join(making, 'package.json'));
  symlinkSync(join(root, 'migrations'), join(making, 'migrations'));
  cpSync(join(root, 'survey-templates'), join(making, 'survey-templates'), { recursive: true });
  const target = join(making, 'dist');
  execFileSync(process.execPath, [join(root, 'src/copy-assets.mjs'), target]);
  execFileSync(process.execPath, [join(root, 'src/bundle-entries.mjs'), target, ...scripts]);
  try {
    renameSync(making, home);
  } catch {
    // Another test process was first.
    rmSync(making, { recursive: true, force: true });
  }
  return join(home, 'dist');
}

export interface Places {
  readonly data: string;
  readonly keys: string;
}

export interface ProcessOptions {
  /** Run instead of the service's own entry; told by its environment where everything is. */
  readonly script?: string;
  readonly args?: readonly string[];
  readonly nodeOptions?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the service: its words stand before node's. */
  readonly wrap?: readonly string[];
}

export interface ServiceProcess {
  readonly port: number;
  readonly child: ChildProcess;
  /** What it wrote, both streams. */
  output(): string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
  /** Exit code once it has ended by itself. @throws after `ms` */
  ended(ms: number): Promise<number | null>;
}

const running = new Set<ChildProcess>();
atEnd(() => {
  for (const child of running) child.kill('SIGKILL');
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function launch(places: Places, port: number, options: ProcessOptions) {
  const script = options.script ?? join(built(), 'server.js');
  const [command, ...words] = [
    ...(options.wrap ?? []),
    process.execPath,
    ...(options.nodeOptions ?? []),
    script,
    ...(options.args ?? []),
  ];
  const child = spawn(command!, words, {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      LANG: 'en_US.UTF-8',
      PORT: String(port),
      DATA_DIR: places.data,
      KEY_DIR: places.keys,
      BACKUP_DIR: `${places.data}-backups`,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { child, exit, output: () => output };
}

async function within<T>(ms: number, promise: Promise<T>, what: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(what())), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Returns once its port is open. */
export async function startProcess(places: Places, options: ProcessOptions = {}): Promise<ServiceProcess> {
  const port = await freePort();
  const { child, exit, output } = launch(places, port, options);
  let code: number | null | undefined;
  void exit.then((c) => (code = c ?? -1));
  const deadline = performance.now() + 60_000;
  for (;;) {
    if (code !== undefined) throw new Error(`ended with ${code}: ${output()}`);
    if (performance.now() > deadline) throw new Error(`did not listen: ${output()}`);
    if (await canConnect(port)) break;
    await new Promise((r) => setTimeout(r, 10));
  }
  return {
    port,
    child,
    output,
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
    async stop() {
      child.kill('SIGTERM');
      return within(60_000, exit, () => `did not stop: ${output()}`);
    },
    ended: (ms) => within(ms, exit, () => `did not end: ${output()}`),
  };
}

/** For processes that are expected to refuse to start. */
export async function runToEnd(places: Places, options: ProcessOptions = {}) {
  const { child, exit, output } = launch(places, await freePort(), options);
  const code = await within(60_000, exit, () => {
    child.kill('SIGKILL');
    return `did not end: ${output()}`;
  });
  return { code, output: output() };
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

export interface RawReply {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** One kept connection; requests one after another. Rejects when the connection breaks before the reply is whole. */
export function openConnection(port: number) {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.setEncoding('latin1');
  let held = '';
  let waiting: { resolve: (reply: RawReply) => void; reject: (error: Error) => void } | null = null;
  let broken: Error | null = null;
  const breakWith = (error: Error) => {
    broken ??= error;
    waiting?.reject(broken);
    waiting = null;
  };
  socket.on('error', breakWith);
  socket.on('close', () => breakWith(new Error('closed')));
  socket.on('data', (chunk: string) => {
    held += chunk;
    const end = held.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = held.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (held.length < end + 4 + length) return;
    const body = held.slice(end + 4, end + 4 + length);
    held = held.slice(end + 4 + length);
    const taken = waiting;
    waiting = null;
    taken?.resolve({ status: Number(head.slice(9, 12)), head, body });
  });
  function send(text: string): Promise<RawReply> {
    if (broken) return Promise.reject(broken);
    return new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      socket.write(text, 'latin1');
    });
  }
  return {
    socket,
    send,
    postForm: (path: string, body: string, headers = '') =>
      send(
        `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`,
      ),
    get: (path: string, headers = '') => send(`GET ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`),
    close: () => socket.destroy(),
  };
}

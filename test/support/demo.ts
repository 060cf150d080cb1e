/** The demonstration as a process of its own, small, on a free port and in a folder of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'vitest';
import { createShell } from '../cli/support.ts';
import { atEnd } from './at-end.ts';
import { built } from './process.ts';

export interface Demo {
  readonly logins: readonly { readonly login: string; readonly password: string }[];
  readonly links: Readonly<Record<'parent' | 'rates' | 'summary', string>>;
  /** For `afterEach`: prints what it logged last, if the test failed. */
  printIfFailed(context: Pick<TestContext, 'task'>): void;
  close(): Promise<void>;
}

const keptLines = 80;

const scale = ['--scale', '60'];
const main = () => join(built(), 'cli', 'main.js');
const folders = { DATA_DIR: 'data', KEY_DIR: 'keys', BACKUP_DIR: 'backups' };

/** The folder of the demonstration as it is built, once for equal sources: that takes twenty seconds of processor time. */
function builtFolder(): string {
  const home = join(dirname(built()), 'demo');
  if (existsSync(home)) return home;
  const making = `${home}.${process.pid}`;
  const places = Object.entries(folders).map(([name, folder]) => [name, join(making, folder)]);
  execFileSync(process.execPath, [main(), 'demo', '--no-serve', ...scale], {
    env: { PATH: process.env['PATH'], ...Object.fromEntries(places) },
    stdio: 'ignore',
  });
  try {
    renameSync(making, home);
  } catch {
    // Another test process was first.
    rmSync(making, { recursive: true, force: true });
  }
  return home;
}

/** Logs every request, so that a failed test shows what it had asked for. */
export async function startDemo(): Promise<Demo> {
  const shell = createShell();
  const folder = builtFolder();
  for (const [name, part] of Object.entries(folders))
    if (existsSync(join(folder, part)))
      cpSync(join(folder, part), shell.environment[name]!, { recursive: true });
  const server = spawn(process.execPath, [main(), 'demo', ...scale, '--json'], {
    env: { ...shell.environment, PORT: '0', LOG_LEVEL: 'debug' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
  };
  const print = (why: string) => {
    const text = lines.splice(0).map((line) => `  ${line}\n`);
    process.stderr.write(`\n${why}; the last that the demonstration said:\n${text.join('')}`);
  };
  let isWanted = true;
  const takeBack = atEnd(() => {
    server.kill('SIGKILL');
    shell.remove();
    print('The tests ended before the demonstration');
  });
  const ended = new Promise<string>((resolve) =>
    server.once('close', (code, signal) => {
      takeBack();
      const how = `The demonstration ended with ${signal ?? `code ${code}`}`;
      if (isWanted) print(how);
      resolve(how);
    }),
  );
  createInterface({ input: server.stderr }).on('line', keep);
  // The result is the only JSON over several lines, whatever is logged before and after it.
  let result: string[] | undefined;
  const ready = new Promise<Pick<Demo, 'logins' | 'links'>>((resolve) =>
    createInterface({ input: server.stdout }).on('line', (line) => {
      if (line === '{') result = [];
      if (result === undefined) return keep(line);
      result.push(line);
      if (line !== '}') return;
      resolve(JSON.parse(result.join('\n')) as Pick<Demo, 'logins' | 'links'>);
      result = undefined;
    }),
  );
  const printed = await Promise.race([ready, ended]);
  if (typeof printed === 'string') {
    shell.remove();
    throw new Error(printed);
  }
  return {
    ...printed,
    printIfFailed({ task }) {
      if (task.result?.state === 'fail') print(`Failed: ${task.name}`);
    },
    async close() {
      isWanted = false;
      server.kill('SIGTERM');
      await ended;
      shell.remove();
    },
  };
}

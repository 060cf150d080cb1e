/** Runs the command line: within this process, which saves a second of processor time, or as a shell does. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { run as runCommand } from '../../src/cli/run.ts';
import { built } from '../support/process.ts';
import { temporaryFolder } from '../support/at-end.ts';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  json(): any;
}

interface Given {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Width of the terminal; undefined: a pipe. */
  readonly columns?: number | undefined;
}

export interface Shell {
  /** Folder for files of the test, beside data, keys and backups. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  run(args: readonly string[], more?: Given): Promise<Ran>;
  /** As a process of its own, from the bundle. */
  spawn(args: readonly string[], more?: Given): Promise<Ran>;
  /** As somebody whose password it knows. */
  as(login: string, args: readonly string[]): Promise<Ran>;
  remove(): void;
}

export const passwords: Readonly<Record<string, string>> = {
  chief: 'first chief of all',
  clerk: 'second clerk of all',
  other: 'third operator of all',
  judge: 'fourth judge of all',
};

export function createShell(): Shell {
  const place = temporaryFolder('manyi-cli');
  const folder = place.path;
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    LANG: 'en_GB.UTF-8',
    DATA_DIR: join(folder, 'data'),
    KEY_DIR: join(folder, 'keys'),
    BACKUP_DIR: join(folder, 'backups'),
  };
  const ran = (code: number | null, out: string, err: string): Ran => ({
    code,
    out,
    err,
    json: () => JSON.parse(out) as unknown,
  });
  const run: Shell['run'] = async (args, more = {}) => {
    const said = { out: '', err: '' };
    const code = await runCommand(
      args,
      { ...environment, ...more.env },
      {
        columns: more.columns,
        input: Readable.from(more.input === undefined ? [] : [Buffer.from(more.input)]),
        write: (stream, bytes) =>
          void (said[stream] += typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()),
      },
    );
    return ran(code, said.out, said.err);
  };
  const spawned: Shell['spawn'] = (args, more = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(built(), 'cli', 'main.js'), ...args], {
        env: { ...environment, ...more.env },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      let [out, err] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      child.once('error', reject);
      child.once('close', (code) => resolve(ran(code, out, err)));
      child.stdin.end(more.input ?? '');
    });
  return {
    folder,
    environment,
    run,
    spawn: spawned,
    as: (login, args) =>
      run(['--as', login, '--json', ...args], { env: { MANYI_PASSWORD: passwords[login] ?? '' } }),
    remove: () => place.remove(),
  };
}

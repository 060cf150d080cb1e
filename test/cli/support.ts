/** Runs the command line as a shell does: a process of its own, its standard streams, its exit code. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { built } from '../support/process.ts';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  json(): any;
}

export interface Shell {
  /** Folder for files of the test, beside data, keys and backups. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  run(args: readonly string[], more?: { input?: string; env?: Record<string, string> }): Promise<Ran>;
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
  const folder = mkdtempSync(join(tmpdir(), 'manyi-cli-'));
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    LANG: 'en_GB.UTF-8',
    DATA_DIR: join(folder, 'data'),
    KEY_DIR: join(folder, 'keys'),
    BACKUP_DIR: join(folder, 'backups'),
  };
  const main = join(built(), 'cli', 'main.js');
  const run: Shell['run'] = (args, more = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [main, ...args], {
        env: { ...environment, ...more.env },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      let [out, err] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, out, err, json: () => JSON.parse(out) as unknown }));
      child.stdin.end(more.input ?? '');
    });
  return {
    folder,
    environment,
    run,
    as: (login, args) =>
      run(['--as', login, '--json', ...args], { env: { MANYI_PASSWORD: passwords[login] ?? '' } }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

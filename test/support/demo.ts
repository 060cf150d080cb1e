/** The demonstration as a process of its own, small, on a free port and in a folder of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createShell } from '../cli/support.ts';
import { built } from './process.ts';

export interface Demo {
  readonly logins: readonly { readonly login: string; readonly password: string }[];
  readonly links: Readonly<Record<'parent' | 'rates' | 'summary', string>>;
  close(): Promise<void>;
}

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

export async function startDemo(): Promise<Demo> {
  const shell = createShell();
  const folder = builtFolder();
  for (const [name, part] of Object.entries(folders))
    if (existsSync(join(folder, part)))
      cpSync(join(folder, part), shell.environment[name]!, { recursive: true });
  const server = spawn(process.execPath, [main(), 'demo', ...scale, '--json'], {
    env: { ...shell.environment, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed = await new Promise<Omit<Demo, 'close'>>((resolve, reject) => {
    let text = '';
    server.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.endsWith('}\n')) resolve(JSON.parse(text) as Omit<Demo, 'close'>);
    });
    server.once('exit', (code) => reject(new Error(`the demonstration ended with code ${code}`)));
  });
  return {
    ...printed,
    async close() {
      if (server.exitCode === null) {
        server.kill('SIGTERM');
        await once(server, 'exit');
      }
      shell.remove();
    },
  };
}

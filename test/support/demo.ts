/** The demonstration as a process of its own, small, on a free port and in a folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createShell } from '../cli/support.ts';
import { built } from './process.ts';

export interface Demo {
  readonly logins: readonly { readonly login: string; readonly password: string }[];
  readonly links: Readonly<Record<'parent' | 'rates' | 'summary', string>>;
  close(): Promise<void>;
}

export async function startDemo(): Promise<Demo> {
  const shell = createShell();
  const main = join(built(), 'cli', 'main.js');
  const server = spawn(process.execPath, [main, 'demo', '--scale', '60', '--json'], {
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

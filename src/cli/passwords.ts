/** Sources of passwords: never the command line, where every process could read them, and never a default. */
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { AppError } from '../domain/errors.ts';
import type { Terminal } from './terminal.ts';

export interface PasswordSource {
  /** Of the acting account: standard input if requested, MANYI_PASSWORD, or the terminal. */
  own(prompt: string, fromStdin: boolean): Promise<string>;
  /**
   * A new one: standard input if requested, or twice on the terminal.
   * @throws AppError invalid `cli.passwords-differ`
   */
  fresh(prompt: string, again: string, fromStdin: boolean): Promise<string>;
}

export function createPasswordSource(
  { input: stdin, write }: Terminal,
  environment: Readonly<Record<string, string | undefined>>,
): PasswordSource {
  let lines: string[] | undefined;

  /** Line by line, in the order in which passwords are requested. */
  async function nextLine(): Promise<string> {
    if (lines === undefined) {
      let text = '';
      stdin.setEncoding('utf8');
      for await (const chunk of stdin) {
        text += chunk as string;
        if (text.length > 10_000) throw new AppError('invalid', 'cli.password-missing');
      }
      lines = text.split(/\r?\n/);
    }
    const line = lines.shift();
    if (line === undefined || line === '') throw new AppError('invalid', 'cli.password-missing');
    return line;
  }

  function ask(prompt: string, noTerminal = 'cli.no-terminal'): Promise<string> {
    if (!stdin.isTTY) throw new AppError('unauthenticated', noTerminal);
    // readline needs an output of its own, or it would echo.
    const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
    const line = createInterface({ input: stdin, output: silence, terminal: true });
    write('err', prompt);
    return new Promise((resolve, reject) => {
      line.once('line', (answer) => {
        resolve(answer);
        line.close();
      });
      line.once('SIGINT', () => line.close());
      line.once('close', () => {
        write('err', '\n');
        reject(new AppError('unauthenticated', 'cli.cancelled'));
      });
    });
  }

  return {
    async own(prompt, fromStdin) {
      if (fromStdin) return nextLine();
      return environment['MANYI_PASSWORD'] || ask(prompt);
    },
    async fresh(prompt, again, fromStdin) {
      if (fromStdin) return nextLine();
      const first = await ask(prompt, 'cli.no-terminal-for-new');
      if ((await ask(again)) !== first) throw new AppError('invalid', 'cli.passwords-differ');
      return first;
    },
  };
}

/** 20 letters and digits in groups, about 100 bits, without similar-looking ones. */
export function generatePassword(): string {
  const alphabet = '23456789abcdefghjkmnpqrstuvwxyz_';
  const letters = Array.from(randomBytes(20), (byte) => alphabet[byte & 31]);
  return [0, 5, 10, 15].map((from) => letters.slice(from, from + 5).join('')).join('-');
}

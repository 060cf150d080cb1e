/** What a command gets: the terminal, the language, and functions to show a result. */
import type { Command } from 'commander';
import { toHex } from '../domain/hash.ts';
import type { Language } from '../domain/model/vocabulary.ts';
import { availableLanguages, mainLanguage, translator, type Translate } from '../texts/texts.ts';
import type { PasswordSource } from './passwords.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { wrapText } from './usage.ts';

export interface GlobalOptions {
  readonly lang?: string;
  readonly json?: boolean;
  readonly debug?: boolean;
  readonly as?: string;
  readonly passwordStdin?: boolean;
}

export interface Cli {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly language: Language;
  readonly t: Translate;
  readonly passwords: PasswordSource;
  /** Standard output, one line or more. */
  print(text: string): void;
  write(bytes: Uint8Array): void;
  /** Standard error: everything but the result. */
  note(text: string): void;
  /** Rows in columns, fitted to the width of the terminal. */
  readonly table: (header: readonly string[], rows: readonly (readonly (string | number)[])[]) => string;
  /** A sentence, wrapped at the width of the terminal. */
  readonly wrap: (text: string) => string;
  /** The result: as JSON with --json, else as text. */
  show(command: Command, value: unknown, text: () => string): void;
  /** "Looked, and something is wrong". */
  fail(code: number): void;
}

export function createCli(
  environment: Cli['environment'],
  language: Language,
  passwords: PasswordSource,
  fail: (code: number) => void,
  terminal: Terminal,
): Cli {
  const write = (bytes: Uint8Array | string) => terminal.write('out', bytes);
  return {
    environment,
    language,
    t: translator(language),
    passwords,
    print: (text) => write(`${text}\n`),
    write,
    note: (text) => terminal.write('err', `${text}\n`),
    table: (header, rows) => table(header, rows, terminal.columns),
    wrap: (text) => (terminal.columns === undefined ? text : wrapText(text, terminal.columns)),
    show(command, value, text) {
      const isJson = globalsOf(command).json === true;
      write(`${isJson ? JSON.stringify(value, presentJson, 2) : text()}\n`);
    },
    fail,
  };
}

export function globalsOf(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** In the form of the API: times as ISO 8601, bytes as hexadecimal. */
function presentJson(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'number' && /^at$|At$|^storageUntil$/.test(key)) return new Date(value).toISOString();
  return value instanceof Uint8Array ? toHex(value) : value;
}

/** `--lang`, else LC_ALL, LC_MESSAGES or LANG, else the main language. */
export function chooseLanguage(argv: readonly string[], environment: Cli['environment']): Language {
  const at = argv.findIndex((a) => a === '--lang' || a.startsWith('--lang='));
  const flag = at < 0 ? undefined : argv[at]?.startsWith('--lang=') ? argv[at].slice(7) : argv[at + 1];
  const local = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'];
  const base = (tag: string) => tag.toLowerCase().split(/[-_.@]/)[0];
  for (const wanted of [flag, local]) {
    const found = wanted && availableLanguages.find((l) => base(l) === base(wanted));
    if (found) return found;
  }
  return mainLanguage;
}

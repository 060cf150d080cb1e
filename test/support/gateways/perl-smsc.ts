/** The SMSC of `smsc.pl` as a process, and what it says that phones would have got. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface PerlSmsc {
  readonly port: number;
  /** In order; a text in parts is put together by its user data headers. */
  received(): readonly { readonly to: string; readonly text: string }[];
  stop(): Promise<void>;
}

export async function startPerlSmsc(misbehaviour: readonly string[] = []): Promise<PerlSmsc> {
  const folder = mkdtempSync(join(tmpdir(), 'smsc-'));
  const log = join(folder, 'received');
  const script = fileURLToPath(new URL('smsc.pl', import.meta.url));
  const child = spawn('perl', [script, log, ...misbehaviour], { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the SMSC ended')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /^listening (\d+)$/.exec(line);
      if (found) resolve(Number(found[1]));
    });
  });
  return {
    port,
    received: () => decode(readFileSync(log, 'utf8')),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function decode(log: string): readonly { readonly to: string; readonly text: string }[] {
  const whole: { to: string; text: string }[] = [];
  const parts = new Map<string, string[]>();
  for (const line of log.split('\n').slice(0, -1)) {
    const [to = '', coding, esmClass, hex = ''] = line.split(' ');
    let bytes = Buffer.from(hex, 'hex');
    const header = (Number(esmClass) & 0x40) === 0 ? undefined : bytes.subarray(0, bytes[0]! + 1);
    if (header) bytes = bytes.subarray(header.length);
    const text =
      Number(coding) === 8 ? Buffer.from(bytes).swap16().toString('utf16le') : bytes.toString('latin1');
    if (!header) {
      whole.push({ to, text });
      continue;
    }
    const key = `${to} ${header[3]}`;
    const list = parts.get(key) ?? [];
    list[header[5]! - 1] = text;
    parts.set(key, list);
    if (Object.keys(list).length === header[4]) {
      whole.push({ to, text: list.join('') });
      parts.delete(key);
    }
  }
  return whole;
}

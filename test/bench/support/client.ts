/**
 * The load: kept connections in a process of its own, each sending its next request when the last one is answered. It reads no more of a reply than
 * status and length, so that it costs little and the same for whatever is measured.
 */
import { connect, type Socket } from 'node:net';
import { benchQuestionnaire, codeOf, createRandom, randomAnswers } from './survey.ts';

export interface Round {
  readonly port: number;
  /** An answer in one of two forms, or a page that is only read. */
  readonly kind: 'form' | 'json' | { readonly path: string; readonly headers: readonly string[] };
  readonly connections: number;
  readonly seconds: number;
}
export interface RoundResult {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Share of one core that the client itself used. */
  readonly clientCores: number;
}
export interface ClientSetup {
  readonly answered: number;
  readonly codes: number;
  readonly againShare: number;
}

const { answered, codes, againShare } = JSON.parse(process.argv[2] ?? '{}') as ClientSetup;
const random = createRandom(Date.now());
const questionnaire = benchQuestionnaire();

/** Codes that have not answered, in random order; each is used once. */
const fresh = new Uint32Array(codes - answered);
for (let i = 0; i < fresh.length; i++) fresh[i] = answered + i;
for (let i = fresh.length - 1; i > 0; i--) {
  const j = Math.floor(random() * (i + 1));
  [fresh[i], fresh[j]] = [fresh[j]!, fresh[i]!];
}
let used = 0;
function nextCode(): string {
  if (random() < againShare) return codeOf(Math.floor(random() * answered));
  return codeOf(fresh[used++ % fresh.length]!);
}

// What a phone's browser sends beside the form; the same for every variant.
const head = [
  'host: 127.0.0.1',
  'user-agent: Mozilla/5.0 (Linux; Android 13; V2203A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36',
  'accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'accept-encoding: gzip, deflate, br',
  'accept-language: zh-CN,zh;q=0.9,en;q=0.8',
  'origin: http://127.0.0.1',
  'sec-fetch-site: same-origin',
  'sec-fetch-mode: navigate',
  'sec-fetch-dest: document',
].join('\r\n');
const bodies = { form: [] as string[], json: [] as string[] };
for (let i = 0; i < 1000; i++) {
  const answers = randomAnswers(questionnaire, random);
  const form = new URLSearchParams({ _language: 'zh-CN', ...answers, comments: '' }).toString();
  const json = JSON.stringify({ answers });
  bodies.form.push(
    `${head}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${form.length}\r\n\r\n${form}`,
  );
  bodies.json.push(
    `${head}\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`,
  );
}
let nextBody = 0;

async function run({ port, kind, connections, seconds }: Round): Promise<RoundResult> {
  const statuses: Record<string, number> = {};
  const times: number[] = [];
  const list = typeof kind === 'string' ? bodies[kind] : [];
  const page =
    typeof kind === 'string'
      ? ''
      : `GET ${kind.path} HTTP/1.1\r\n${[head, ...kind.headers].join('\r\n')}\r\n\r\n`;
  const warm = performance.now() + Math.min(1000, seconds * 250);
  const end = warm + seconds * 1000;
  const open = new Set<Socket>();
  await new Promise<void>((resolve, reject) => {
    for (let i = 0; i < connections; i++) {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      open.add(socket);
      let sent = 0;
      let held = '';
      const send = () => {
        sent = performance.now();
        socket.write(
          page === '' ? `POST /s/${nextCode()} HTTP/1.1\r\n${list[nextBody++ % list.length]!}` : page,
          'latin1',
        );
      };
      socket.setEncoding('latin1');
      socket.on('connect', send);
      socket.on('error', reject);
      socket.on('close', () => {
        open.delete(socket);
        if (performance.now() < end) reject(new Error('connection closed by the server'));
        else if (open.size === 0) resolve();
      });
      socket.on('data', (chunk: string) => {
        held = held === '' ? chunk : held + chunk;
        const headEnd = held.indexOf('\r\n\r\n');
        if (headEnd < 0) return;
        const at = held.indexOf('ontent-length: ');
        const length = at < 0 || at > headEnd ? 0 : parseInt(held.slice(at + 15, headEnd), 10);
        if (held.length < headEnd + 4 + length) return;
        const now = performance.now();
        if (sent >= warm && now <= end) {
          times.push(now - sent);
          const status = held.slice(9, 12);
          statuses[status] = (statuses[status] ?? 0) + 1;
        }
        held = '';
        if (now < end) send();
        else socket.end();
      });
    }
  });
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  const cpu = process.cpuUsage(before);
  before = process.cpuUsage();
  return {
    perSecond: times.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    worst: at(1),
    statuses,
    clientCores: (cpu.user + cpu.system) / 1e6 / (seconds + Math.min(1, seconds / 4)),
  };
}

let before = process.cpuUsage();
process.on('message', (round: Round) => {
  before = process.cpuUsage();
  void run(round).then(
    (result) => process.send!(result),
    (error: unknown) => process.send!({ error: String(error) }),
  );
});
process.send!('ready');

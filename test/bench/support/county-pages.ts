/**
 * What every page of the staff costs for a county with 400 schools and many answers, beside the same page of a county with one school that nobody has answered:
 * while the survey is open, and after its close. Each page that links lead to is asked for in turns, and the least times are compared: of the page as it is sent
 * again and again, and of the page made anew because something was written, here a log-in.
 */
import { request } from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger, openParts } from '../../../src/compose.ts';
import { readConfig } from '../../../src/config.ts';
import { systemActor } from '../../../src/domain/campaign/permissions.ts';
import { closeCampaign } from '../../../src/operations/campaign/closing.ts';
import { takeSnapshots } from '../../../src/operations/summary/rates.ts';
import { createFirstAdministrator, createUser } from '../../../src/operations/user/users.ts';
import { startService, type Running } from './processes.ts';
import { campaign, copySurvey, countyCode, prepareSurvey } from './survey.ts';

const password = 'langer Winter, kurzer Sommer';
const roles = ['operator', 'official', 'inspector'] as const;
type Role = (typeof roles)[number];
const rounds = 7;
const roundsAnew = 3;
/** More kinds than there are. */
const mostPages = 120;

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Bytes as they were sent. */
  readonly length: number;
  readonly cookies: readonly string[];
  readonly ms: number;
}

function ask(port: number, path: string, headers: Record<string, string>, body?: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const started = performance.now();
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('end', () => {
        const sent = Buffer.concat(chunks);
        resolve({
          status: reply.statusCode ?? 0,
          type: reply.headers['content-type'] ?? '',
          body: reply.headers['content-encoding'] === undefined ? sent.toString('utf8') : '',
          length: sent.length,
          cookies: reply.headers['set-cookie'] ?? [],
          ms: performance.now() - started,
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Milliseconds that all threads of a process have run: what a page costs, however many others wait for the cores. */
function ranMs(pid: number): number {
  let ns = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const [ran = '0'] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
    ns += Number(ran);
  }
  return ns / 1e6;
}

interface Take {
  readonly ms: number;
  readonly ran: number;
  readonly length: number;
}

/** As browsers ask; the least of several is compared. */
async function take({ service, headers }: County, path: string, role: Role): Promise<Take> {
  const pid = service.child.pid!;
  const before = ranMs(pid);
  const page = await ask(service.port, path, {
    ...headers.get(role)!,
    'accept-encoding': 'gzip, deflate, br',
  });
  return { ms: page.ms, length: page.length, ran: ranMs(pid) - before };
}

interface County {
  readonly service: Running;
  readonly headers: ReadonlyMap<Role, Record<string, string>>;
}

async function serve(from: { data: string; keys: string }, to: string, isClosed: boolean): Promise<County> {
  const places = copySurvey(from, to);
  const config = readConfig({
    DATA_DIR: places.data,
    KEY_DIR: places.keys,
    BACKUP_DIR: join(to, 'backups'),
    LOG_LEVEL: 'warn',
    SECOND_FACTOR: 'optional',
  });
  const parts = await openParts(config, createLogger(config), { inline: true });
  const administrator = { ...systemActor, role: 'administrator' as const };
  await createFirstAdministrator(parts.deps, { login: 'admin', name: 'admin', password });
  for (const role of roles) {
    const counties = role === 'operator' ? [] : [countyCode(0)];
    const user = { login: role, name: role, role, counties, password, ownPassword: true };
    await createUser(parts.deps, administrator, user);
  }
  await takeSnapshots(parts.deps);
  if (isClosed) await closeCampaign(parts.deps, systemActor, campaign);
  await parts.close();
  const service = await startService(places);
  const headers = new Map<Role, Record<string, string>>();
  for (const login of roles)
    headers.set(login, { cookie: await logIn(service, login), 'accept-language': 'zh-CN' });
  return { service, headers };
}

async function logIn(service: Running, login: Role): Promise<string> {
  const json = { 'content-type': 'application/json' };
  const reply = await ask(service.port, '/api/v1/session', json, JSON.stringify({ login, password }));
  if (reply.status !== 201) throw new Error(`log-in: ${reply.status}`);
  return reply.cookies.map((c) => c.split(';', 1)[0]).join('; ');
}

async function takeAnew(county: County, path: string, role: Role): Promise<Take> {
  await logIn(county.service, role);
  return take(county, path, role);
}

/** Pages of the campaign that links lead to from its own, without what follows `?`: those of the empty county have the same ones. */
async function pagesOf({ service, headers }: County, role: Role): Promise<readonly string[]> {
  const queue = [`/staff/campaigns/${campaign}`];
  const seen = new Set(queue);
  const found: string[] = [];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const page = await ask(service.port, path, headers.get(role)!);
    if (page.status !== 200 || !page.type.startsWith('text/html')) continue;
    found.push(path);
    for (const [, link] of page.body.matchAll(/<a\s[^>]*\bhref="([^"#?]*)/g))
      if (link!.startsWith(`/staff/campaigns/${campaign}`) && !seen.has(link!) && seen.size < mostPages) {
        seen.add(link!);
        queue.push(link!);
      }
  }
  return found;
}

/** The largest of the ratios, page by page: of the time until the reply is whole, of processor time, and of the time where the page is made anew. */
export async function compareCounties(
  folder: string,
  answers: number,
  say: (line: string) => void,
): Promise<{ readonly time: number; readonly processor: number; readonly anew: number }> {
  const sizeOf = (codes: number, answered: number, schools: number) => ({
    counties: 1,
    codes,
    answered,
    schools,
  });
  const full = await prepareSurvey(join(folder, `county-${answers}`), sizeOf(answers, answers, 400), say);
  const empty = await prepareSurvey(join(folder, 'county-empty'), sizeOf(60, 0, 1), say);
  const worst = { time: 0, processor: 0, anew: 0 };
  for (const isClosed of [false, true]) {
    const own = await serve(full, join(folder, 'county-run'), isClosed);
    const other = await serve(empty, join(folder, 'county-empty-run'), isClosed);
    try {
      for (const role of roles) {
        const there = new Set(await pagesOf(other, role));
        for (const path of await pagesOf(own, role)) {
          if (!there.has(path)) continue;
          const least = (list: readonly number[]) => Math.min(...list);
          const takes = { own: [] as Take[], other: [] as Take[] };
          for (let round = 0; round < rounds; round++) {
            takes.own.push(await take(own, path, role));
            takes.other.push(await take(other, path, role));
          }
          const [a, b] = [least(takes.own.map((x) => x.ms)), least(takes.other.map((x) => x.ms))];
          // The system may book a view's processor time with the next one's: the least of them would be nothing.
          const middle = (list: readonly number[]) => list.toSorted((x, y) => x - y)[list.length >> 1]!;
          const [ranA, ranB] = [middle(takes.own.map((x) => x.ran)), middle(takes.other.map((x) => x.ran))];
          const anew = { own: [] as number[], other: [] as number[] };
          for (let round = 0; round < roundsAnew; round++) {
            anew.own.push((await takeAnew(own, path, role)).ms);
            anew.other.push((await takeAnew(other, path, role)).ms);
          }
          const [c, d] = [least(anew.own), least(anew.other)];
          worst.anew = Math.max(worst.anew, c / d);
          worst.time = Math.max(worst.time, a / b);
          worst.processor = Math.max(worst.processor, ranA / ranB);
          const name = path.replace(`/staff/campaigns/${campaign}`, '…');
          say(
            `${isClosed ? 'closed' : 'open'} ${role} ${name}: ${a.toFixed(1)} ms, ${b.toFixed(1)} ms without answers, ratio ${(a / b).toFixed(1)}; processor ${ranA.toFixed(1)} ms, ${ranB.toFixed(1)} ms, ratio ${(ranA / ranB).toFixed(1)}; made anew ${c.toFixed(1)} ms, ${d.toFixed(1)} ms, ratio ${(c / d).toFixed(1)} (${takes.own.at(-1)!.length} bytes)`,
          );
        }
      }
    } finally {
      await own.service.stop();
      await other.service.stop();
    }
  }
  return worst;
}

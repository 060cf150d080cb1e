/**
 * What one person's abuse costs everybody else: the time until others' answers are acknowledged, quiet, while one code is sent 1,000 times a second, while 40
 * log-ins a second fail, and while a county of 100,000 contacts closes; medians over rounds. Others send at a fixed rate, and time counts from when an answer was due: whoever has to wait is not left
 * out. The service runs as `npm start` runs it; the last line is JSON. `npm run bench:abuse [-- --seconds 10 --rounds 3 --rate 100 --contacts 100000]`
 */
import { Agent, request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { hash } from '@node-rs/argon2';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import type { CampaignId, UserId } from '../../src/domain/model/ids.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import type { DrawnContact } from '../../src/domain/model/contact.ts';
import type { IssuedCode } from '../../src/domain/model/code.ts';
import type { ResponseEntry } from '../../src/domain/model/answer.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { readMigrations } from '../../src/storage/sqlite/migrate.ts';
import {
  benchQuestionnaire,
  campaign,
  codeOf,
  copySurvey,
  countyCode,
  createRandom,
  createSurvey,
  randomAnswers,
} from './support/survey.ts';
import { startService } from './support/processes.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    rate: { type: 'string', default: '100' },
    contacts: { type: 'string', default: '100000' },
    folder: { type: 'string', default: 'data/bench' },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const rate = Number(values.rate);
const contacts = Number(values.contacts);
const size = { counties: 1, codes: 50_000, answered: 0 };
/** A third of them has answered, a tenth of those twice. */
const answered = Math.floor(contacts / 3);
const closing = 'cccccccccccc' as CampaignId;
const county = countyCode(0);
/** Closing before the time takes two people. Of letters that an id may have. */
const people = ['bench', 'backer'] as const;
const password = 'a long night, a short day';
const say = (line: string) => console.log(line);

/** Two campaigns: one that goes on, and one whose county of so many contacts is closed. */
async function prepare(folder: string): Promise<{ data: string; keys: string }> {
  const places = { data: join(folder, 'data'), keys: join(folder, 'keys') };
  const made = JSON.stringify({ contacts, people, schema: readMigrations().length });
  const done = join(folder, 'made.json');
  if (existsSync(done) && readFileSync(done, 'utf8') === made) return places;
  say(`preparing a county of ${contacts} contacts in ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const storage = await openSqliteStorage({ directory: places.data, inline: true, unsafeWithoutSync: true });
  const stamp = { at: Date.now(), actor: systemActor };
  await createSurvey(storage, places.keys, size);
  const open = (await storage.findCampaign(campaign))!;
  const { sampling, reporting } = await storage.readStrata(campaign, county);
  const keys = createFileKeyStore(places.keys);
  await storage.createCampaign(
    stamp,
    { ...open, id: closing, counties: [{ code: county, name: '大县', residents: null, slips: [] }] },
    [],
    keys.create(closing),
  );
  const key = keys.use(closing, 'pseudonym');
  const idOf = (i: number): Uint8Array => {
    const id = new Uint8Array(16);
    new DataView(id.buffer).setUint32(0, Math.imul(i, 0x9e3779b1) >>> 0);
    new DataView(id.buffer).setUint32(4, i);
    return id;
  };
  await storage.createImport(stamp, {
    id: 'roll',
    campaign: closing,
    county,
    group: 'parent',
    fileName: 'roll.csv',
    lateReason: null,
    file: null,
  });
  const chunk = 1000;
  for (let from = 0; from < contacts; from += chunk)
    await storage.stageRows(
      'roll',
      Array.from({ length: Math.min(chunk, contacts - from) }, (_, k) => ({
        row: from + k,
        sheet: '',
        group: 'parent' as const,
        school: reporting[(from + k) % reporting.length]!.schools[0]!,
        grade: 1 + ((from + k) % 6),
        digest: idOf(from + k),
        entry: idOf(from + k),
        sealed: new Uint8Array(48),
        hasPhone: true,
        household: null,
      })),
      [],
    );
  await storage.finishStaging(stamp, 'roll', '00', {
    good: contacts,
    bad: 0,
    skipped: 0,
    unmappedColumns: 0,
    consecutive: {},
    warnings: [],
    doubts: [],
  });
  while (!(await storage.applyImport(stamp, 'roll', chunk)).done);
  await storage.freezeFrame(stamp, closing, county, {
    root: new Uint8Array(32),
    size: contacts,
    version: await storage.readFrameVersion(closing, county),
  });
  await storage.beginDraw(stamp, closing, county, {
    dice: '1'.repeat(20),
    seed: new Uint8Array(32),
    moves: [],
    quotas: {},
  });
  for (let from = 0; from < contacts; from += chunk) {
    const drawn: DrawnContact[] = [];
    const issued: IssuedCode[] = [];
    for (let i = from; i < Math.min(contacts, from + chunk); i++) {
      const reportingStratum = 1 + (i % reporting.length);
      drawn.push({
        entry: idOf(i),
        slip: null,
        school: reporting[reportingStratum - 1]!.schools[0]!,
        set: 'drawn',
        reportingStratum,
        sealedCode: new Uint8Array(32),
      });
      issued.push({
        pseudonym: pseudonymOf(key, String(i)),
        samplingStratum: 1 + (i % sampling.length),
        reportingStratum,
        questionnaire: 1,
        set: 'drawn',
      });
    }
    await storage.saveDrawn(closing, county, drawn, issued);
  }
  await storage.finishDraw(stamp, closing, county, sampling, reporting);
  await storage.openCampaign(stamp, closing);
  const { byteLength } = compileQuestionnaire(benchQuestionnaire());
  const random = createRandom(1);
  const send = async (upTo: number) => {
    for (let from = 0; from < upTo; from += chunk) {
      const batch = Array.from({ length: Math.min(chunk, upTo - from) }, (_, k): ResponseEntry => ({
        campaign: closing,
        county,
        pseudonym: pseudonymOf(key, String(from + k)),
        channel: 'web',
        link: null,
        questionnaire: 1,
        nonce: crypto.getRandomValues(new Uint8Array(16)),
        answers: new Uint8Array(byteLength).map(() => 1 + Math.floor(random() * 4)),
        textId: idOf(from + k),
        texts: [],
      }));
      const results = await storage.recordResponses(batch);
      if (results.some((r) => r !== 'stored')) throw new Error(`not stored: ${[...new Set(results)].join()}`);
    }
  };
  await send(answered);
  await send(Math.floor(answered / 10));
  for (const login of people)
    await storage.createUser(stamp, {
      id: login.repeat(3).slice(0, 12) as UserId,
      login,
      name: login,
      role: 'administrator',
      counties: [],
      passwordHash: await hash(password),
      disabled: false,
      sessionEpoch: 0,
      mustChangePassword: false,
      secondFactorAt: null,
      createdAt: stamp.at,
    });
  await storage.close();
  writeFileSync(done, made);
  return places;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const abusers = new Agent({ keepAlive: true, maxSockets: 64 });

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
function send(
  port: number,
  path: string,
  payload: string,
  headers: Readonly<Record<string, string>>,
  by = agent,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, method: 'POST', agent: by, headers }, (reply) => {
      let body = '';
      reply.setEncoding('utf8');
      reply.on('data', (part: string) => (body += part));
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body }));
      reply.on('error', reject);
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The service closed an idle connection just when it was used again.
      if (sent.reusedSocket && error.code === 'ECONNRESET')
        send(port, path, payload, headers, by).then(resolve, reject);
      else reject(error);
    });
    sent.end(payload);
  });
}

const questionnaire = benchQuestionnaire();
const random = createRandom(7);
const form = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://127.0.0.1' };
const sheet = () =>
  new URLSearchParams({
    _language: 'zh-CN',
    ...randomAnswers(questionnaire, random),
    comments: '',
  }).toString();
let next = 1;

/**
 * This program's own garbage is collected before each stretch, and the script of package.json lets it make 128 MB more before it collects again: marking kept both cores
 * busy for 50 ms in the midst of a close, which no respondent's browser does to the service.
 */
const collectGarbage = globalThis.gc;
if (!collectGarbage) throw new Error('to be started as npm run bench:abuse does');
/** Milliseconds of each collection that stopped this program since the last look. */
let collections: number[] = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) collections.push(duration);
}).observe({ entryTypes: ['gc'] });

interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  readonly n: number;
  /** The longest collection of this program's own garbage meanwhile. */
  readonly ownGarbage: number;
  /** Those that took longest, and how long after the beginning they were due. */
  readonly slowest: readonly { readonly ms: number; readonly at: number }[];
}
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
/** Others' answers at a fixed rate, until what `begin` begins is over. */
async function others(port: number, begin: () => Promise<unknown>): Promise<Measured> {
  collectGarbage!();
  await pause(100);
  collections = [];
  const until = begin();
  const answers: { readonly ms: number; readonly at: number }[] = [];
  const waiting: Promise<void>[] = [];
  let over = false;
  // Whether it failed is told by waiting for it below.
  until.then(
    () => (over = true),
    () => (over = true),
  );
  const started = performance.now();
  for (let i = 0; !over; i++) {
    const due = started + (i * 1000) / rate;
    const ahead = due - performance.now();
    if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
    waiting.push(
      send(port, `/s/${codeOf(next++ % size.codes)}`, sheet(), form).then(({ status }) => {
        if (status !== 303) throw new Error(`somebody else's answer was refused with ${status}`);
        answers.push({ ms: performance.now() - due, at: due - started });
      }),
    );
  }
  await Promise.all(waiting);
  await until;
  const times = answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  const ownGarbage = Math.max(0, ...collections);
  const slowest = answers.toSorted((a, b) => b.ms - a.ms).slice(0, 8);
  return { p50: at(0.5), p99: at(0.99), worst: at(1), n: times.length, ownGarbage, slowest };
}

/** So many requests a second, whether or not those before were answered. */
async function hammer(perSecond: number, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  const sent: Promise<unknown>[] = [];
  for (let i = 0; i < perSecond * seconds; i++) {
    const ahead = started + (i * 1000) / perSecond - performance.now();
    if (ahead > 0) await pause(ahead);
    sent.push(work());
  }
  await Promise.all(sent);
}

const prepared = await prepare(join(values.folder, `abuse-${contacts}`));
const places = copySurvey(prepared, join(values.folder, 'abuse-run'), [campaign, closing]);
const service = await startService(places);
const { port } = service;
const statuses = new Map<string, number>();
const count = (what: string, { status }: Answer) =>
  statuses.set(`${what} ${status}`, (statuses.get(`${what} ${status}`) ?? 0) + 1);
try {
  const json = { 'content-type': 'application/json', accept: 'application/json' };
  const logIn = async (login: string) => {
    const session = await send(port, '/api/v1/session', JSON.stringify({ login, password }), json);
    if (session.status !== 201) throw new Error(`log-in: ${session.status} ${session.body}`);
    const cookie = (session.headers['set-cookie'] ?? []).map((c) => c.split(';')[0]).join('; ');
    const { csrfToken } = JSON.parse(session.body) as { csrfToken: string };
    return { ...json, cookie, 'csrf-token': csrfToken };
  };
  const [proposer, decider] = [await logIn(people[0]), await logIn(people[1])];

  await others(port, () => pause(3000));
  const quiet: Measured[] = [];
  const hammered: Measured[] = [];
  const logins: Measured[] = [];
  const lookAround = async () => void quiet.push(await others(port, () => pause(seconds * 1000)));

  const code = codeOf(0);
  let turn = 0;
  for (let round = 0; round < rounds; round++) {
    await lookAround();
    hammered.push(
      await others(port, () =>
        hammer(1000, async () => count('one code', await send(port, `/s/${code}`, sheet(), form, abusers))),
      ),
    );
    logins.push(
      await others(port, () =>
        hammer(40, async () => {
          const wrong = JSON.stringify({ login: `nobody${turn++ % 50}`, password: 'wrong' });
          count('log-in', await send(port, '/api/v1/session', wrong, json, abusers));
        }),
      ),
    );
  }
  await lookAround();

  const proposals = `/api/v1/campaigns/${closing}/proposals`;
  const proposal = await send(
    port,
    proposals,
    JSON.stringify({ content: { kind: 'close' }, reason: 'bench' }),
    proposer,
  );
  if (proposal.status !== 201) throw new Error(`proposal: ${proposal.status} ${proposal.body}`);
  const { id } = JSON.parse(proposal.body) as { id: string };
  const closed = await others(port, () =>
    send(
      port,
      `${proposals}/${id}/decision`,
      JSON.stringify({ decision: 'confirmed' }),
      decider,
      abusers,
    ).then((reply) => {
      count('close', reply);
      if (reply.status >= 300) throw new Error(`close: ${reply.status} ${reply.body}`);
    }),
  );

  const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!;
  const base = { p50: median(quiet.map((q) => q.p50)), p99: median(quiet.map((q) => q.p99)) };
  const show = (name: string, m: Measured) =>
    say(
      `${name.padEnd(30)} p50 ${m.p50.toFixed(1).padStart(7)} ms  p99 ${m.p99.toFixed(1).padStart(7)} ms  worst ${m.worst.toFixed(1).padStart(7)} ms  ${m.n} answers, own garbage at most ${m.ownGarbage.toFixed(1)} ms`,
    );
  quiet.forEach((q) => show('quiet', q));
  hammered.forEach((m) => show('one code hammered', m));
  logins.forEach((m) => show('log-ins fail', m));
  show('a county closes', closed);
  say(
    `slowest while it closes: ${closed.slowest.map(({ ms, at }) => `${ms.toFixed(1)} ms at ${at.toFixed(0)}`).join(', ')}`,
  );
  say([...statuses].map(([what, n]) => `${what}: ${n}`).join(', '));
  const ratio = (...list: readonly Measured[]) =>
    Number((median(list.map((m) => m.p99)) / base.p99).toFixed(2));
  say(
    JSON.stringify({
      bench: 'abuse',
      p99_ratio_one_code: ratio(...hammered),
      p99_ratio_closing: ratio(closed),
      p99_ratio_logins: ratio(...logins),
      p50_quiet_ms: Number(base.p50.toFixed(1)),
      p99_quiet_ms: Number(base.p99.toFixed(1)),
    }),
  );
} finally {
  agent.destroy();
  abusers.destroy();
  await service.stop();
}

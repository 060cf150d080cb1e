/**
 * What pages cost: the questionnaire of a code (another code for each county, as phones ask for it) and an official's page of rates, each against a static
 * file of the same size on a bare Fastify in the same run. Service, bare server and client share this machine's cores; short rounds take turns, medians
 * are printed. Then each page of a county with 400 schools beside that of an empty one: `county_ratio` is the largest, `county_processor_ratio`
 * that of processor time, for a machine with other work, `county_anew_ratio` that of pages made anew after a write. `--answers` says how many
 * answers the county has (and contacts, and codes), `--counties-only` leaves the first part out. The last line is JSON.
 * `npm run bench:pages [-- --rounds 5 --seconds 3 --answers 200000 --profile]`, `npm run bench:pages -- --counties-only --answers 5000000`: about 6 GB on the disk
 */
import { request } from 'node:http';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLogger, openParts } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { createFirstAdministrator, createUser } from '../../src/operations/user/users.ts';
import { takeSnapshots } from '../../src/operations/summary/rates.ts';
import { compareCounties } from './support/county-pages.ts';
import { median, startBare, startClient, startService } from './support/processes.ts';
import { campaign, codeOf, copySurvey, countyCode, prepareSurvey } from './support/survey.ts';
import type { RoundResult } from './support/client.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    folder: { type: 'string', default: 'data/bench' },
    /** Of the county with 400 schools. */
    answers: { type: 'string', default: '200000' },
    profile: { type: 'boolean', default: false },
    'counties-only': { type: 'boolean', default: false },
  },
});
const say = (line: string) => console.log(line);
const password = 'langer Winter, kurzer Sommer';

interface Reply {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly length: number;
}
function ask(port: number, path: string, headers: Record<string, string>, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (reply) => {
      let length = 0;
      reply.on('data', (chunk: Buffer) => (length += chunk.length));
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 0, cookies: reply.headers['set-cookie'] ?? [], length }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function comparePages(): Promise<Readonly<Record<string, number>>> {
  const size = { counties: 120, codes: 200_000, answered: 200_000 };
  const prepared = await prepareSurvey(join(values.folder, 'scale-200000'), size, say);
  const places = copySurvey(prepared, join(values.folder, 'run'));

  // An official, and rates to look at: the day's snapshot, as of tomorrow morning.
  const config = readConfig({ DATA_DIR: places.data, KEY_DIR: places.keys, LOG_LEVEL: 'warn' });
  const tomorrow = Date.now() + 86_400_000;
  const noon = tomorrow - (tomorrow % 86_400_000) + 4 * 3_600_000;
  const parts = await openParts(config, createLogger(config), { inline: true, now: () => noon });
  await createFirstAdministrator(parts.deps, { login: 'admin', name: 'admin', password });
  await createUser(
    parts.deps,
    { ...systemActor, role: 'administrator' },
    {
      login: 'official',
      name: 'official',
      role: 'official',
      counties: [countyCode(0)],
      password,
      ownPassword: true,
    },
  );
  await takeSnapshots(parts.deps);
  await parts.close();

  const service = await startService(places, {
    nodeOptions: values.profile ? ['--cpu-prof', `--cpu-prof-dir=${join(values.folder, 'profile')}`] : [],
  });
  const login = await ask(
    service.port,
    '/api/v1/session',
    { 'content-type': 'application/json' },
    JSON.stringify({ login: 'official', password }),
  );
  if (login.status !== 201) throw new Error(`log-in: ${login.status}`);
  const cookie = login.cookies.map((c) => c.split(';', 1)[0]).join('; ');
  const pages = [
    { name: 'questionnaire', path: `/s/${codeOf(0)}`, headers: [] as string[] },
    {
      name: 'rates',
      path: `/staff/campaigns/${campaign}/counties/${countyCode(0)}/rates`,
      headers: [`cookie: ${cookie}`],
    },
  ];
  // What the service does at its start (checkpoints, snapshots) changes pages.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const lengths: number[] = [];
  for (const page of pages) {
    const reply = await ask(service.port, page.path, {
      'accept-encoding': 'gzip, deflate, br',
      'accept-language': 'zh-CN',
      ...(page.headers.length > 0 && { cookie }),
    });
    if (reply.status !== 200) throw new Error(`${page.path}: ${reply.status}`);
    lengths.push(reply.length);
  }
  const bare = await startBare('static.ts', [], lengths.map(String));
  const client = await startClient({ answered: 1, codes: 1, againShare: 0 });

  const results = new Map<string, { own: RoundResult[]; bare: RoundResult[] }>();
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [i, page] of pages.entries()) {
      const common = { connections: 64, seconds: Number(values.seconds) };
      const own = await client.round({ ...common, port: service.port, kind: page });
      const kind = { path: `/${lengths[i]}`, headers: page.headers };
      const other = await client.round({ ...common, port: bare.port, kind });
      for (const { statuses } of [own, other])
        if (Object.keys(statuses).join() !== '200') throw new Error(JSON.stringify(statuses));
      // The first round warms up.
      if (round === 0) continue;
      const list = results.get(page.name) ?? { own: [], bare: [] };
      results.set(page.name, { own: [...list.own, own], bare: [...list.bare, other] });
    }
  }
  client.stop();
  await bare.stop();
  await service.stop();

  say(`${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, 64 connections`);
  const ratios: Record<string, number> = {};
  for (const [i, { name }] of pages.entries()) {
    const { own, bare: other } = results.get(name)!;
    const ratio = median(own.map((r, k) => r.perSecond / other[k]!.perSecond));
    ratios[`${name}_ratio`] = Number(ratio.toFixed(2));
    say(
      `${name} (${lengths[i]} bytes): ${Math.round(median(own.map((r) => r.perSecond)))}/s, p99 ${median(own.map((r) => r.p99)).toFixed(1)} ms; static ${Math.round(median(other.map((r) => r.perSecond)))}/s, p99 ${median(other.map((r) => r.p99)).toFixed(1)} ms`,
    );
  }
  return ratios;
}

const ratios = values['counties-only'] ? {} : await comparePages();
const ratio = await compareCounties(values.folder, Number(values.answers), say);
say(
  JSON.stringify({
    bench: 'pages',
    ...ratios,
    county_ratio: Number(ratio.time.toFixed(1)),
    county_processor_ratio: Number(ratio.processor.toFixed(1)),
    county_anew_ratio: Number(ratio.anew.toFixed(1)),
  }),
);

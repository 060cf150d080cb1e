/**
 * What PostgreSQL costs: durable answers stored by one, two and four processes on one local server, beside SQLite and beside a bare batched INSERT of the same rows by
 * the same driver (which sends lists as text; once more in binary, as the storage does), with as many batches at once, in turns within each round; then a county's summary and the recount of all. The server is a private one with its
 * usual settings (fsync, synchronous_commit) and shares this machine's cores with everybody. The last line is JSON; `…_us` are microseconds of
 * processor time an answer, of the process and of the server. `ratio_of_processor_time` is that of the bare INSERT to one process's, both with their server:
 * what the ratio falls to where there is no core for the server beside the process.
 * `npm run bench:postgres [-- --responses 1000000 --rounds 3 --seconds 4 --batch 128 --at-once 2]`
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { computeShownSummary } from '../../src/domain/scoring/suppression/suppression.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { readSummaryInput } from '../../src/operations/summary/summary.ts';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { countCampaign } from '../support/count-campaign.ts';
import { startServer } from '../support/postgres.ts';
import { median } from './support/processes.ts';
import { serverCpu } from './support/server-cpu.ts';
import { answerSurvey, campaign, countyCode, createSurvey } from './support/survey.ts';

const { values } = parseArgs({
  options: {
    responses: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    batch: { type: 'string', default: '128' },
    'at-once': { type: 'string', default: '2' },
  },
});
const responses = Number(values.responses);
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const counties = 24;
/** More than are stored in a turn: whoever answers again costs more than whoever answers. Four processes have a quarter each. */
const codesPerTurn = 16_000 * seconds;
/** One process, two, and four. */
const turnsPerRound = 3;
const say = (line: string) => console.log(line);
const directory = mkdtempSync(join(tmpdir(), 'manyi-bench-postgres-'));
const server = await startServer({ durable: true });
try {
  const url = await server.createDatabase();
  const sqlite = { data: join(directory, 'data'), keys: join(directory, 'keys') };
  const size = { counties, codes: codesPerTurn * turnsPerRound * rounds, answered: 0 };
  say(`preparing ${size.codes} codes in each`);
  const prepared = await openSqliteStorage({ directory: sqlite.data, inline: true, unsafeWithoutSync: true });
  await createSurvey(prepared, sqlite.keys, size);
  await prepared.close();
  const keys = join(directory, 'keys-postgres');
  const filled = await openPostgresStorage({ url });
  await createSurvey(filled, keys, size);
  await filled.close();

  type What = 'bare' | 'bare-binary' | 'sqlite' | 'postgres';
  let turns = 0;
  async function startWriter(what: What, first: number, codes: number): Promise<ChildProcess> {
    const script = fileURLToPath(new URL('support/answer-writer.ts', import.meta.url));
    const atOnce = what === 'sqlite' ? '1' : values['at-once'];
    const child = fork(
      script,
      [
        ...(what === 'sqlite' ? [what, sqlite.data, sqlite.keys] : [what, url, keys]),
        ...[counties, first, codes, values.batch, atOnce].map(String),
      ],
      { execArgv: ['--import', 'tsx'] },
    );
    await once(child, 'message');
    return child;
  }
  interface Result {
    readonly perSecond: number;
    readonly stored: number;
    readonly cpuMs: number;
  }
  interface Measured {
    readonly perSecond: number;
    readonly processUs: number;
    readonly serverUs: number;
  }
  /** All processes at once. */
  async function run(what: What, processes: number): Promise<Measured> {
    const codes = codesPerTurn / processes;
    const children: ChildProcess[] = [];
    for (let i = 0; i < processes; i++)
      children.push(await startWriter(what, turns * codesPerTurn + i * codes, codes));
    // What a bare writer stores is nobody's: it takes no codes. Those of SQLite are in its own file.
    if (what === 'postgres') turns++;
    const before = serverCpu(server);
    const results = await Promise.all(
      children.map(async (child) => {
        const result = once(child, 'message');
        child.send(seconds);
        return ((await result) as [Result])[0];
      }),
    );
    const serverMs = serverCpu(server) - before;
    for (const child of children) {
      child.disconnect();
      await once(child, 'exit');
    }
    const sum = (of: (result: Result) => number) => results.reduce((total, result) => total + of(result), 0);
    const stored = sum((r) => r.stored);
    return {
      perSecond: sum((r) => r.perSecond),
      processUs: (sum((r) => r.cpuMs) * 1000) / stored,
      serverUs: (serverMs * 1000) / stored,
    };
  }

  const found: Record<'bare' | 'binary' | 'sqlite' | 'one' | 'two' | 'four', Measured[]> = {
    ...{ bare: [], binary: [], sqlite: [], one: [], two: [], four: [] },
  };
  for (let round = 0; round < rounds; round++) {
    found.bare.push(await run('bare', 1));
    found.one.push(await run('postgres', 1));
    found.binary.push(await run('bare-binary', 1));
    found.sqlite.push(await run('sqlite', 1));
    found.two.push(await run('postgres', 2));
    found.four.push(await run('postgres', 4));
    say(
      Object.entries(found)
        .map(([name, list]) => {
          const { perSecond, processUs, serverUs } = list.at(-1)!;
          return `${name} ${Math.round(perSecond)}/s (${processUs.toFixed(1)} + ${serverUs.toFixed(1)} µs)`;
        })
        .join(', '),
    );
  }
  const rates = (of: readonly Measured[]) => of.map(({ perSecond }) => perSecond);
  const perSecond = (of: readonly Measured[]) => Math.round(median(rates(of)));
  const us = (of: readonly number[]) => Math.round(median(of) * 10) / 10;
  const hundredths = (of: readonly number[]) => Math.round(median(of) * 100) / 100;
  const totalUs = ({ processUs, serverUs }: Measured) => processUs + serverUs;
  const ratio = (of: readonly Measured[], to: readonly Measured[]) =>
    hundredths(rates(of).map((n, i) => n / to[i]!.perSecond));

  // Counted and summed up: a survey of its own.
  const many = await server.createDatabase();
  const storage = await openPostgresStorage({ url: many });
  const manyKeys = join(directory, 'keys-many');
  const whole = { counties, codes: responses, answered: responses };
  say(`preparing ${responses} answers`);
  let started = performance.now();
  await createSurvey(storage, manyKeys, whole);
  // Two at once: while the server writes the one, this process makes the other.
  const half = responses >> 1;
  await Promise.all([
    answerSurvey(storage, manyKeys, whole, 0, half),
    answerSurvey(storage, manyKeys, whole, half, responses),
  ]);
  say(`stored in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const list = Array.from({ length: counties }, (_, c) => countyCode(c));
  started = performance.now();
  await countCampaign(storage, campaign, list);
  say(`counted at close in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  started = performance.now();
  const before = { process: process.cpuUsage(), server: serverCpu(server) };
  let recounted = 0;
  for (const result of await storage.recount(campaign, list)) {
    if (result.differences.length > 0) throw new Error(JSON.stringify(result.differences[0]));
    recounted += result.responses;
  }
  if (recounted !== responses) throw new Error(`${recounted} of ${responses} recounted`);
  const recountS = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before.process);
  const recountCpuS = ((user + system) / 1000 + serverCpu(server) - before.server) / 1000;
  const perMillion = (s: number) => Math.round((s * 1_000_000 * 100) / responses) / 100;
  const campaignFound = (await storage.findCampaign(campaign))!;
  const summaries: number[] = [];
  for (let i = 0; i < 30; i++) {
    const from = performance.now();
    computeShownSummary(
      await readSummaryInput({ storage } as unknown as Deps, campaignFound, list[i % counties]!),
    );
    if (i >= 10) summaries.push(performance.now() - from);
  }
  await storage.close();
  console.log(
    JSON.stringify({
      bench: 'postgres',
      per_second_1: perSecond(found.one),
      per_second_2: perSecond(found.two),
      per_second_4: perSecond(found.four),
      per_second_sqlite: perSecond(found.sqlite),
      per_second_bare: perSecond(found.bare),
      ratio_to_sqlite: ratio(found.one, found.sqlite),
      ratio_to_bare_insert: ratio(found.one, found.bare),
      ratio_to_bare_binary: ratio(found.one, found.binary),
      ratio_of_processor_time: hundredths(found.one.map((m, i) => totalUs(found.bare[i]!) / totalUs(m))),
      process_us: us(found.one.map((m) => m.processUs)),
      server_us: us(found.one.map((m) => m.serverUs)),
      bare_process_us: us(found.bare.map((m) => m.processUs)),
      bare_server_us: us(found.bare.map((m) => m.serverUs)),
      responses,
      recount_s_1m: perMillion(recountS),
      recount_cpu_s_1m: perMillion(recountCpuS),
      summary_ms: Math.round(median(summaries) * 10) / 10,
    }),
  );
} finally {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
}

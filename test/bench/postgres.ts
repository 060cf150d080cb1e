/**
 * What PostgreSQL costs: durable answers stored by one, two and four processes on one local server, beside SQLite and beside a bare batched INSERT of the same rows by
 * the same driver, in turns within each round; then a county's summary and the recount of all. The server is a private one with its usual settings
 * (fsync, synchronous_commit) and shares this machine's cores with everybody. The last line is JSON.
 * `npm run bench:postgres [-- --responses 1000000 --rounds 3 --seconds 4 --batch 128]`
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
import { answerSurvey, campaign, countyCode, createSurvey } from './support/survey.ts';

const { values } = parseArgs({
  options: {
    responses: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    batch: { type: 'string', default: '128' },
  },
});
const responses = Number(values.responses);
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const counties = 24;
const codesPerWriter = 12_000;
/** Writers of a round: of SQLite one, of PostgreSQL one, two and four. */
const writersPerRound = 8;
const say = (line: string) => console.log(line);
const directory = mkdtempSync(join(tmpdir(), 'manyi-bench-postgres-'));
const server = await startServer({ durable: true });
try {
  const url = await server.createDatabase();
  const sqlite = { data: join(directory, 'data'), keys: join(directory, 'keys') };
  const size = { counties, codes: codesPerWriter * writersPerRound * rounds, answered: 0 };
  say(`preparing ${size.codes} codes in each`);
  const prepared = await openSqliteStorage({ directory: sqlite.data, inline: true, unsafeWithoutSync: true });
  await createSurvey(prepared, sqlite.keys, size);
  await prepared.close();
  const keys = join(directory, 'keys-postgres');
  const filled = await openPostgresStorage({ url });
  await createSurvey(filled, keys, size);
  await filled.close();

  let writers = 0;
  async function startWriter(what: 'bare' | 'sqlite' | 'postgres'): Promise<ChildProcess> {
    const script = fileURLToPath(new URL('support/answer-writer.ts', import.meta.url));
    const first = writers++ * codesPerWriter;
    const child = fork(
      script,
      [
        ...(what === 'sqlite' ? [what, sqlite.data, sqlite.keys] : [what, url, keys]),
        ...[counties, first, codesPerWriter, values.batch].map(String),
      ],
      { execArgv: ['--import', 'tsx'] },
    );
    await once(child, 'message');
    return child;
  }
  /** All of them at once. @returns answers a second, together */
  async function run(what: 'bare' | 'sqlite' | 'postgres', processes: number): Promise<number> {
    const children: ChildProcess[] = [];
    for (let i = 0; i < processes; i++) children.push(await startWriter(what));
    // What a bare writer stores is nobody's: it takes no codes.
    if (what === 'bare') writers -= processes;
    const results = await Promise.all(
      children.map(async (child) => {
        const result = once(child, 'message');
        child.send(seconds);
        const [{ perSecond }] = (await result) as [{ perSecond: number }];
        child.disconnect();
        await once(child, 'exit');
        return perSecond;
      }),
    );
    return results.reduce((a, b) => a + b, 0);
  }

  const found: Record<'bare' | 'sqlite' | 'one' | 'two' | 'four', number[]> = {
    ...{ bare: [], sqlite: [], one: [], two: [], four: [] },
  };
  for (let round = 0; round < rounds; round++) {
    found.bare.push(await run('bare', 1));
    found.one.push(await run('postgres', 1));
    found.sqlite.push(await run('sqlite', 1));
    found.two.push(await run('postgres', 2));
    found.four.push(await run('postgres', 4));
    say(
      Object.entries(found)
        .map(([name, list]) => `${name} ${Math.round(list.at(-1)!)}/s`)
        .join(', '),
    );
  }
  const ratio = (of: readonly number[], to: readonly number[]) =>
    Math.round(median(of.map((n, i) => n / to[i]!)) * 100) / 100;

  // Counted and summed up: a survey of its own.
  const many = await server.createDatabase();
  const storage = await openPostgresStorage({ url: many });
  const manyKeys = join(directory, 'keys-many');
  const whole = { counties, codes: responses, answered: responses };
  say(`preparing ${responses} answers`);
  await createSurvey(storage, manyKeys, whole);
  await answerSurvey(storage, manyKeys, whole, 0, responses);
  const list = Array.from({ length: counties }, (_, c) => countyCode(c));
  let started = performance.now();
  await countCampaign(storage, campaign, list);
  say(`counted at close in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  started = performance.now();
  let recounted = 0;
  for (const result of await storage.recount(campaign, list)) {
    if (result.differences.length > 0) throw new Error(JSON.stringify(result.differences[0]));
    recounted += result.responses;
  }
  if (recounted !== responses) throw new Error(`${recounted} of ${responses} recounted`);
  const recountS = (performance.now() - started) / 1000;
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
      per_second_1: Math.round(median(found.one)),
      per_second_2: Math.round(median(found.two)),
      per_second_4: Math.round(median(found.four)),
      per_second_sqlite: Math.round(median(found.sqlite)),
      ratio_to_sqlite: ratio(found.one, found.sqlite),
      ratio_to_bare_insert: ratio(found.one, found.bare),
      responses,
      recount_s_1m: Math.round((recountS * 1_000_000 * 100) / responses) / 100,
      summary_ms: Math.round(median(summaries) * 10) / 10,
    }),
  );
} finally {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
}

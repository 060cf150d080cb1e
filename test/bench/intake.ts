/**
 * What durable answers cost, against a bare server that stores one row in the same table (`bare-durable.ts`), and one that stores nothing (`bare.ts`). A million codes have answered already, another million have
 * not; codes come at random, one request in ten answers again. The service runs as `npm start` runs it (built, synchronous=FULL);
 * service, bare server and client are three processes that share this machine's cores. Short rounds of every variant take turns, and medians are
 * printed; the last line is JSON. Beside them: the same with a second campaign open, which is asked first for every code, and refusals while the queue
 * is full. `npm run bench:intake [-- --rounds 5 --seconds 4 --small]`
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { copySurvey, createSurvey, prepareSurvey } from './support/survey.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { cpuSeconds, median, startBare, startClient, startService } from './support/processes.ts';
import type { RoundResult } from './support/client.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    small: { type: 'boolean', default: false },
    folder: { type: 'string', default: 'data/bench' },
    profile: { type: 'boolean', default: false },
  },
});
const million = values.small ? 50_000 : 1_000_000;
const size = { counties: 120, codes: 2 * million, answered: million };
const say = (line: string) => console.log(line);
const prepared = await prepareSurvey(join(values.folder, `survey-${million}`), size, say);
const places = copySurvey(prepared, join(values.folder, 'run'));

const service = await startService(places, {
  nodeOptions: values.profile ? ['--cpu-prof', `--cpu-prof-dir=${join(values.folder, 'profile')}`] : [],
});
const bare = await startBare('bare.ts');
const filled = copySurvey(prepared, join(values.folder, 'run-durable'));
const durable = await startBare('bare-durable.ts', [], [join(filled.data, 'manyi.db')]);
const both = copySurvey(prepared, join(values.folder, 'run-two'));
{
  const storage = await openSqliteStorage({ directory: both.data, inline: true, unsafeWithoutSync: true });
  const second = { counties: 2, codes: 2000, answered: 0, first: size.codes };
  await createSurvey(storage, both.keys, second, 'ba9876543210' as CampaignId);
  await storage.close();
}
const withTwo = await startService(both);
const refusing = await startService(copySurvey(prepared, join(values.folder, 'run-full')), {
  env: { QUEUE_LIMIT: '1' },
});
const client = await startClient({ answered: size.answered, codes: size.codes, againShare: 0.1 });

/** Microseconds of processor time for each request. */
interface Cost {
  readonly firstThread: number;
  readonly allThreads: number;
}
interface Variant {
  readonly name: string;
  readonly kind: 'form' | 'json';
  readonly server: typeof bare;
  readonly results: Map<number, (RoundResult & Cost)[]>;
}
const variants: readonly Variant[] = [
  { name: 'bare', kind: 'json', server: bare, results: new Map() },
  { name: 'durable', kind: 'json', server: durable, results: new Map() },
  { name: 'form', kind: 'form', server: service, results: new Map() },
  { name: 'two', kind: 'form', server: withTwo, results: new Map() },
  { name: 'refused', kind: 'form', server: refusing, results: new Map() },
  { name: 'json', kind: 'json', server: service, results: new Map() },
];
const levels = [64, 256];
const seconds = Number(values.seconds);
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const connections of levels) {
    for (const v of variants) {
      const before = await cpuSeconds(v.server.child.pid!);
      const result = await client.round({ port: v.server.port, kind: v.kind, connections, seconds });
      const after = await cpuSeconds(v.server.child.pid!);
      const requests = (result.perSecond * (seconds + Math.min(1, seconds / 4))) / 1e6;
      // An answer that finds a place in the queue of one is taken even by the server that refuses.
      const expected = v.name === 'refused' ? ['503', '303'] : v.kind === 'form' ? ['303'] : ['200'];
      const odd = Object.keys(result.statuses).filter((status) => !expected.includes(status));
      if (odd.length > 0) throw new Error(`${v.name}: ${JSON.stringify(result.statuses)}`);
      const taken = v.name === 'refused' ? (result.statuses['303'] ?? 0) / seconds : 0;
      // The first round warms up.
      if (round === 0) continue;
      const list = v.results.get(connections) ?? [];
      v.results.set(connections, [
        ...list,
        {
          ...result,
          perSecond: result.perSecond - taken,
          firstThread: (after.first - before.first) / requests,
          allThreads: (after.all - before.all) / requests,
        },
      ]);
    }
  }
}
client.stop();
for (const server of [bare, durable, service, withTwo, refusing]) await server.stop();

const of = (name: string, connections: number, what: Exclude<keyof RoundResult | keyof Cost, 'statuses'>) =>
  median(
    variants
      .find((v) => v.name === name)!
      .results.get(connections)!
      .map((r) => r[what]),
  );
const roundsOf = (name: string, connections: number) =>
  variants.find((v) => v.name === name)!.results.get(connections)!;
/** Median of the quotients within a round: what disturbs the machine for longer than a round disturbs both. */
function quotient(name: string, connections: number, what: 'perSecond' | 'p99', to = 'bare'): number {
  const others = roundsOf(to, connections);
  return median(roundsOf(name, connections).map((r, i) => r[what] / others[i]![what]));
}
const round = (x: number, digits = 0) => Number(x.toFixed(digits));

say(
  `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}; medians of ${values.rounds} rounds of ${seconds} s`,
);
for (const connections of levels) {
  for (const { name } of variants) {
    say(
      `${String(connections).padStart(4)} connections  ${name.padEnd(7)} ${String(round(of(name, connections, 'perSecond'))).padStart(6)}/s  p50 ${round(of(name, connections, 'p50'), 1)} ms  p99 ${round(of(name, connections, 'p99'), 1)} ms  worst ${round(of(name, connections, 'worst'), 1)} ms  processor time each: ${round(of(name, connections, 'firstThread'))} µs first thread, ${round(of(name, connections, 'allThreads'))} µs in all (client ${round(of(name, connections, 'clientCores'), 2)} cores)`,
    );
  }
}
say(
  JSON.stringify({
    bench: 'intake',
    per_second_64: round(of('form', 64, 'perSecond')),
    per_second_256: round(of('form', 256, 'perSecond')),
    ratio_64: round(quotient('form', 64, 'perSecond'), 2),
    ratio_256: round(quotient('form', 256, 'perSecond'), 2),
    p99_ratio_64: round(quotient('form', 64, 'p99'), 2),
    p99_ratio_256: round(quotient('form', 256, 'p99'), 2),
    durable_ratio_64: round(quotient('form', 64, 'perSecond', 'durable'), 2),
    durable_ratio_256: round(quotient('form', 256, 'perSecond', 'durable'), 2),
    durable_p99_ratio_64: round(quotient('form', 64, 'p99', 'durable'), 2),
    two_campaigns_ratio: round(quotient('two', 64, 'perSecond', 'form'), 2),
    refused_ratio: round(quotient('refused', 64, 'perSecond', 'form'), 2),
    json_ratio_64: round(quotient('json', 64, 'perSecond'), 2),
    json_ratio_256: round(quotient('json', 256, 'perSecond'), 2),
  }),
);

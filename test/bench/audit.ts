/**
 * What the audit against the log costs beside the recount: a survey of 120 counties, closed as far as its count, its log sealed. Every row of answers, codes and
 * tallies is held against the leaves, and every leaf hash against the root; the goal is twice the recount. Processor time is that of all threads: it says the
 * same on a machine that others use too. The last line is JSON.
 * `npm run bench:audit [-- --responses 5000000 --counties 120]`
 */
import { mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as sqlite from '../../src/storage/sqlite/index.ts';
import { countCampaign } from '../support/count-campaign.ts';
import { campaign, copySurvey, countyCode, prepareSurvey } from './support/survey.ts';

// As it runs in service: built. From the sources it would run with what the loader puts around every function.
const { openSqliteStorage } = (await import(
  new URL('../../dist/storage/sqlite/index.js', import.meta.url).href
)) as typeof sqlite;

const { values } = parseArgs({
  options: {
    responses: { type: 'string', default: '1000000' },
    counties: { type: 'string', default: '120' },
    folder: { type: 'string', default: 'data/bench' },
  },
});
const responses = Number(values.responses);
const counties = Array.from({ length: Number(values.counties) }, (_, c) => countyCode(c));
const say = (line: string) => console.log(line);
mkdirSync(values.folder, { recursive: true });

const prepared = await prepareSurvey(
  join(values.folder, `scale-${responses}${counties.length === 120 ? '' : `-${counties.length}`}`),
  { counties: counties.length, codes: responses, answered: responses },
  say,
);
const places = copySurvey(prepared, join(values.folder, 'audited'));
const storage = await openSqliteStorage({ directory: places.data });
try {
  await countCampaign(storage, campaign, counties);
  interface Seconds {
    readonly wall: number;
    readonly cpu: number;
  }
  const seconds = async (work: () => Promise<unknown>): Promise<Seconds> => {
    const [started, before] = [performance.now(), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(before);
    return { wall: (performance.now() - started) / 1000, cpu: (user + system) / 1e6 };
  };
  const recounts: Seconds[] = [];
  const audits: Seconds[] = [];
  // In turns, so that what else the machine does burdens both. The first round reads a file that the system may have dropped from memory.
  for (let round = 0; round < 4; round++) {
    recounts.push(
      await seconds(async () => {
        const found = await storage.recount(campaign, counties);
        if (found.some((f) => f.differences.length > 0)) throw new Error('the recount differs');
      }),
    );
    audits.push(
      await seconds(async () => {
        const found = await storage.auditLogs(
          campaign,
          counties.map((county) => ({ county, key: null })),
        );
        const rows = found.reduce((n, f) => n + (f?.responses ?? 0), 0);
        const first = found.find((f) => f && f.count > 0)?.differences[0];
        if (first) throw new Error(JSON.stringify(first));
        if (rows !== responses) throw new Error(`${rows} of ${responses} rows audited`);
      }),
    );
    const [r, a] = [recounts.at(-1)!, audits.at(-1)!];
    say(
      `recount ${r.wall.toFixed(2)} s (${r.cpu.toFixed(2)} s of processors), audit ${a.wall.toFixed(2)} s (${a.cpu.toFixed(2)} s)`,
    );
  }
  const best = (list: readonly Seconds[], of: keyof Seconds) => Math.min(...list.slice(1).map((s) => s[of]));
  const round = (x: number) => Number(x.toFixed(2));
  say(`${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}`);
  say(
    JSON.stringify({
      bench: 'audit',
      responses,
      recount_s: round(best(recounts, 'wall')),
      audit_s: round(best(audits, 'wall')),
      ratio: round(best(audits, 'wall') / best(recounts, 'wall')),
      recount_cpu_s: round(best(recounts, 'cpu')),
      audit_cpu_s: round(best(audits, 'cpu')),
      cpu_ratio: round(best(audits, 'cpu') / best(recounts, 'cpu')),
    }),
  );
} finally {
  await storage.close();
}

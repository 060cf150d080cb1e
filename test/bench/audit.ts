/**
 * What the audit against the log costs beside the recount: a survey of 120 counties, closed as far as its count, its log sealed. Every row of answers, codes and
 * tallies is held against the leaves, and every leaf hash against the root; the goal is twice the recount. The last line is JSON.
 * `npm run bench:audit [-- --responses 5000000]`
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
    folder: { type: 'string', default: 'data/bench' },
  },
});
const responses = Number(values.responses);
const counties = Array.from({ length: 120 }, (_, c) => countyCode(c));
const say = (line: string) => console.log(line);
mkdirSync(values.folder, { recursive: true });

const prepared = await prepareSurvey(
  join(values.folder, `scale-${responses}`),
  { counties: counties.length, codes: responses, answered: responses },
  say,
);
const places = copySurvey(prepared, join(values.folder, 'audited'));
const storage = await openSqliteStorage({ directory: places.data });
try {
  await countCampaign(storage, campaign, counties);
  const seconds = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    return (performance.now() - started) / 1000;
  };
  const recounts: number[] = [];
  const audits: number[] = [];
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
    say(`recount ${recounts.at(-1)!.toFixed(2)} s, audit ${audits.at(-1)!.toFixed(2)} s`);
  }
  const best = (list: readonly number[]) => Math.min(...list.slice(1));
  const round = (x: number) => Number(x.toFixed(2));
  say(`${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}`);
  say(
    JSON.stringify({
      bench: 'audit',
      responses,
      recount_s: round(best(recounts)),
      audit_s: round(best(audits)),
      ratio: round(best(audits) / best(recounts)),
    }),
  );
} finally {
  await storage.close();
}

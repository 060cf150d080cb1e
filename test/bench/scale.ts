/**
 * What size costs: surveys of 10 thousand, 1 million and 5 million responses of 13 items over 120 counties, their log sealed. Bytes on disk for each
 * response, the summary's latency at each size, the recount of every county from the rows; then a roll of a million rows, its codes, and the start of
 * the service on the largest survey. Prepared surveys are kept in data/bench and used again. The last line is JSON.
 * `npm run bench:scale [-- --small]` (10 thousand and 200 thousand; a roll of 50 thousand) or `[-- --largest 1000000]`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type * as compose from '../../src/compose.ts';
import type * as config from '../../src/config.ts';
import type * as suppression from '../../src/domain/scoring/suppression/suppression.ts';
import type * as operation from '../../src/operations/summary/summary.ts';
import type * as sqlite from '../../src/storage/sqlite/index.ts';
import { countCampaign } from '../support/count-campaign.ts';
import { median, startService } from './support/processes.ts';
import { campaign, copySurvey, countyCode, prepareSurvey, type SurveySize } from './support/survey.ts';

// As it runs in service: built. From the sources it would run with what the loader puts around every function.
const load = <T>(path: string) =>
  import(new URL(`../../dist/${path}.js`, import.meta.url).href) as Promise<T>;
const { createLogger, openParts } = await load<typeof compose>('compose');
const { readConfig } = await load<typeof config>('config');
const { readSummaryInput } = await load<typeof operation>('operations/summary/summary');
const { computeShownSummary } = await load<typeof suppression>('domain/scoring/suppression/suppression');
const { openSqliteStorage } = await load<typeof sqlite>('storage/sqlite/index');

const { values } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    largest: { type: 'string', default: '5000000' },
    folder: { type: 'string', default: 'data/bench' },
  },
});
const sizes = (values.small ? [10_000, 200_000] : [10_000, 1_000_000, 5_000_000]).filter(
  (n) => n <= Number(values.largest),
);
const rows = values.small ? 50_000 : 1_000_000;
const counties = 120;
const say = (line: string) => console.log(line);
mkdirSync(values.folder, { recursive: true });

const placesOf = (responses: number, size: SurveySize) =>
  prepareSurvey(join(values.folder, `scale-${responses}`), size, say);
/** A copy whose counties are counted, as summaries and the recount find them. */
async function placesCounted(responses: number) {
  const prepared = await placesOf(responses, { counties, codes: responses, answered: responses });
  const places = copySurvey(prepared, join(values.folder, 'counted'));
  const storage = await openSqliteStorage({ directory: places.data });
  try {
    const started = performance.now();
    await countCampaign(
      storage,
      campaign,
      Array.from({ length: counties }, (_, c) => countyCode(c)),
    );
    say(`${responses} responses: counted at close in ${(since(started) / 1000).toFixed(2)} s`);
  } finally {
    await storage.close();
  }
  return places;
}
const open = (places: { data: string; keys: string }) => {
  const config = readConfig({ DATA_DIR: places.data, KEY_DIR: places.keys, LOG_LEVEL: 'warn' });
  return openParts(config, createLogger(config), { readOnly: true });
};
const since = (started: number) => performance.now() - started;

interface Measured {
  readonly responses: number;
  readonly bytesPerResponse: number;
  readonly summaryMs: number;
  readonly recountS: number;
}
const measured: Measured[] = [];
for (const responses of sizes) {
  const places = await placesCounted(responses);
  const bytes = statSync(join(places.data, 'manyi.db')).size;
  const parts = await open(places);
  const { deps } = parts;
  try {
    const found = await deps.storage.findCampaign(campaign);
    if (!found) throw new Error('no campaign');
    const times: number[] = [];
    for (let i = 0; i < 60; i++) {
      const started = performance.now();
      const input = await readSummaryInput(deps, found, countyCode((i * 7) % counties));
      computeShownSummary(input);
      // The first ones warm up the compiler, as a service that has been running has done.
      if (i >= 20) times.push(since(started));
    }
    const recounts: number[] = [];
    for (let i = 0; i < 2; i++) {
      const started = performance.now();
      let counted = 0;
      const codes = Array.from({ length: counties }, (_, c) => countyCode(c));
      for (const result of await deps.storage.recount(campaign, codes)) {
        if (result.differences.length > 0) throw new Error(JSON.stringify(result.differences[0]));
        counted += result.responses;
      }
      if (counted !== responses) throw new Error(`${counted} of ${responses} responses recounted`);
      recounts.push(since(started) / 1000);
    }
    const m = {
      responses,
      bytesPerResponse: bytes / responses,
      summaryMs: median(times),
      // The first one reads a file that the system may have dropped from memory: it measures the disk.
      recountS: recounts[1]!,
    };
    measured.push(m);
    say(
      `${responses} responses: ${m.bytesPerResponse.toFixed(1)} bytes each, summary of a county ${m.summaryMs.toFixed(1)} ms, recount of all ${m.recountS.toFixed(2)} s (the first time ${recounts[0]!.toFixed(2)} s)`,
    );
  } finally {
    await parts.close();
  }
}

const script = fileURLToPath(new URL('support/import.ts', import.meta.url));
const child = spawn(
  process.execPath,
  ['--import', 'tsx', script, join(values.folder, 'import'), String(rows)],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
let printed = '';
child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
const [code] = (await once(child, 'exit')) as [number | null];
if (code !== 0) throw new Error(`the import ended with ${code}`);
const imported = JSON.parse(printed) as Record<'rowsPerS' | 'peakMb' | 'codesPerS' | 'codes', number>;
say(
  `${rows} rows imported at ${Math.round(imported.rowsPerS)}/s, peak ${Math.round(imported.peakMb)} MB; ${imported.codes} codes drawn and issued at ${Math.round(imported.codesPerS)}/s`,
);

const largest = sizes.at(-1)!;
const places = copySurvey(
  await placesOf(largest, { counties, codes: largest, answered: largest }),
  join(values.folder, 'run'),
);
const starts: number[] = [];
let idleMb = 0;
for (let i = 0; i < 5; i++) {
  const service = await startService(places);
  starts.push(service.startMs);
  if (i === 4) {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const status = readFileSync(`/proc/${service.child.pid}/status`, 'utf8');
    idleMb = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  }
  await service.stop();
}

const round = (x: number, digits = 0) => Number(x.toFixed(digits));
const last = measured.at(-1)!;
say(`${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}`);
say(
  JSON.stringify({
    bench: 'scale',
    responses: last.responses,
    bytes_per_response: round(last.bytesPerResponse, 1),
    summary_ratio: round(last.summaryMs / measured[0]!.summaryMs, 2),
    summary_ms: round(last.summaryMs, 1),
    recount_s: round(last.recountS, 2),
    import_rows_per_s: round(imported.rowsPerS),
    import_peak_mb: round(imported.peakMb),
    codes_per_s: round(imported.codesPerS),
    start_ms: round(median(starts)),
    idle_mb: round(idleMb),
  }),
);

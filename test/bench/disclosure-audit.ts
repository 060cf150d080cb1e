/**
 * The auditor of disclosure: `npm run disclosure:audit -- <folder or JSON files>` as `manyi disclosure files`, or `-- --random 2000 --seed 1` over random counties that
 * go through the real summary and suppression. `--targets 0`: linear algebra alone; else so many counts of each county get bounds, in integers only where linear programs leave less
 * than `--width`, for `--seconds` at most. Exit code 1 if anything was solved; the last line is JSON.
 */
import { parseArgs } from 'node:util';
import { disclosureLine, disclosureText } from '../../src/cli/disclosure-text.ts';
import { run } from '../../src/cli/run.ts';
import type { AuditReport } from '../../src/audit/disclosure/case.ts';
import { defaultOptions } from '../../src/audit/disclosure/audit.ts';
import { mainLanguage, translator } from '../../src/texts/texts.ts';
import { auditRandomCounty } from '../support/random-county.ts';

const { values } = parseArgs({
  options: {
    random: { type: 'string' },
    seed: { type: 'string', default: '1' },
    targets: { type: 'string', default: '12' },
    width: { type: 'string', default: String(defaultOptions.width) },
    seconds: { type: 'string', default: String(defaultOptions.seconds) },
    traced: { type: 'string', default: '0' },
  },
  strict: false,
});

if (values.random === undefined)
  process.exitCode = await run(['disclosure', 'files', ...process.argv.slice(2)], process.env);
else {
  const t = translator(mainLanguage);
  const [first, count] = [Number(values.seed), Number(values.random)];
  const reports: AuditReport[] = [];
  const started = performance.now();
  let told = started;
  for (let seed = first; seed < first + count; seed++) {
    const report = await auditRandomCounty(seed, {
      ...defaultOptions,
      targets: Number(values.targets),
      width: Number(values.width),
      seconds: Number(values.seconds),
      traced: Number(values.traced),
    });
    reports.push(report);
    if (report.solved.length > 0 || report.mismatches.length > 0)
      console.log(disclosureText(t, `seed ${seed}`, report));
    const now = performance.now();
    if (now - told < 10_000) continue;
    told = now;
    const passed = Math.round((now - started) / 1000);
    console.error(`${reports.length} of ${count} counties, ${passed} s, seed ${seed}`);
  }
  console.log(disclosureLine(reports));
  if (reports.some((report) => report.solved.length > 0)) process.exitCode = 1;
}

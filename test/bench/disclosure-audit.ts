/**
 * The auditor of disclosure: `npm run disclosure:audit -- <folder or JSON files>` as `manyi disclosure files`, `-- --random 2000 --seed 1` over random counties that
 * go through the real summary and suppression (`--split`: with a split ballot and the page that compares its arms; `--asking`: with items that are asked after answers; `--spanning`: with schools that have answers from two locations; `--fates`: with fates of messages; `--weights`: bounds for few people with another weight, for whom no width is promised), or `-- --nyc` over the two districts of New York City's survey of 2011, where the reference files are at hand. `--targets 0`:
 * linear algebra alone; else so many counts of each county get bounds, in integers only where linear programs leave less than `--width`, for `--seconds` at most.
 * Exit code 1 if anything was solved; the last line is JSON. An installation, the demonstration too, is audited by `manyi disclosure audit`.
 */
import { parseArgs } from 'node:util';
import { disclosureLine, disclosureText } from '../../src/cli/disclosure-text.ts';
import { run } from '../../src/cli/run.ts';
import type { AuditReport } from '../../src/audit/disclosure/case.ts';
import { defaultOptions } from '../../src/audit/disclosure/audit.ts';
import { mainLanguage, translator } from '../../src/texts/texts.ts';
import { districts, nycCounty } from '../reference/nyc-county.ts';
import { auditInput, randomCounty } from '../support/random-county.ts';

const { values } = parseArgs({
  options: {
    random: { type: 'string' },
    nyc: { type: 'boolean', default: false },
    split: { type: 'boolean', default: false },
    asking: { type: 'boolean', default: false },
    spanning: { type: 'boolean', default: false },
    fates: { type: 'boolean', default: false },
    weights: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    targets: { type: 'string', default: '12' },
    width: { type: 'string', default: String(defaultOptions.width) },
    seconds: { type: 'string', default: String(defaultOptions.seconds) },
    traced: { type: 'string', default: '0' },
  },
  strict: false,
});

if (values.random === undefined && !values.nyc)
  process.exitCode = await run(['disclosure', 'files', ...process.argv.slice(2)], process.env);
else {
  const t = translator(mainLanguage);
  const [first, count] = [Number(values.seed), Number(values.random)];
  const counties = values.nyc
    ? districts.map((district) => ({
        name: `New York City, district ${district}`,
        of: () => nycCounty(district),
      }))
    : Array.from({ length: count }, (_, i) => ({
        name: `seed ${first + i}`,
        of: () =>
          randomCounty(first + i, {
            isSplit: values.split === true,
            isSpanning: values.spanning === true,
            isFollowed: values.fates === true,
            ...(values.asking === true && { asking: 'unscored' }),
          }),
      }));
  const reports: AuditReport[] = [];
  const started = performance.now();
  let told = started;
  for (const { name, of } of counties) {
    const report = await auditInput(of(), {
      ...defaultOptions,
      targets: Number(values.targets),
      width: Number(values.width),
      seconds: Number(values.seconds),
      traced: Number(values.traced),
      weights: values.weights === true,
    });
    reports.push(report);
    if (values.nyc || report.solved.length > 0 || report.mismatches.length > 0)
      console.log(disclosureText(t, name, report));
    const now = performance.now();
    if (now - told < 10_000) continue;
    told = now;
    console.error(
      `${reports.length} of ${counties.length} counties, ${Math.round((now - started) / 1000)} s: ${name}`,
    );
  }
  console.log(disclosureLine(reports));
  if (reports.some((report) => report.solved.length > 0)) process.exitCode = 1;
}

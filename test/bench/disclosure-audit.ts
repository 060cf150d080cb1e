/**
 * The auditor of disclosure: `npm run disclosure:audit -- <folder or JSON files>` as `manyi disclosure files`, or `-- --random 2000 --seed 1` over random counties that
 * go through the real summary and suppression. Exit code 1 if anything was solved; the last line is JSON.
 */
import { parseArgs } from 'node:util';
import { disclosureLine, disclosureText } from '../../src/cli/disclosure-text.ts';
import { run } from '../../src/cli/run.ts';
import type { AuditReport } from '../../src/audit/disclosure/case.ts';
import { mainLanguage, translator } from '../../src/texts/texts.ts';
import { auditRandomCounty } from '../support/random-county.ts';

const { values } = parseArgs({
  options: {
    random: { type: 'string' },
    seed: { type: 'string', default: '1' },
    targets: { type: 'string', default: '12' },
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
  for (let seed = first; seed < first + count; seed++) {
    const report = await auditRandomCounty(seed, {
      targets: Number(values.targets),
      traced: Number(values.traced),
      integers: 3,
      nodes: 20,
    });
    reports.push(report);
    if (report.solved.length > 0 || report.mismatches.length > 0)
      console.log(disclosureText(t, `seed ${seed}`, report));
    if (seed % 100 === 0) console.error(`seed ${seed}`);
  }
  console.log(disclosureLine(reports));
  if (reports.some((report) => report.solved.length > 0)) process.exitCode = 1;
}

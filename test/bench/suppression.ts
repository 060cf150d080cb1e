/**
 * Disclosure control, measured: `npm run bench:suppression -- --counties 200 --tables 400 --before <folder of an older checkout>`.
 *
 * Random counties go through summary, suppression and the auditor, which shares no code with the suppressor (`solved`, `narrowest_interval`), and are asked for
 * headlines that were hidden although no group needed it, and for protected counts of which no second value is proved (`without_witness`). Small tables (one group, one item, equal weights) give the share of hidden schools beside
 * the least possible, by trying every choice; `hidden_share_before` is that of the older checkout on the same tables. `ms_400_schools`: processor time of a
 * county of 400 schools, the least of 100, because the build is compiled only while it runs, and others may be using the machine.
 */
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultOptions } from '../../src/audit/disclosure/audit.ts';
import type { Witness } from '../../src/domain/scoring/suppression/simple-witness.ts';
import { layoutOf } from '../../src/domain/scoring/suppression/layout.ts';
import { currentDisclosureRule } from '../../src/domain/scoring/suppression/rule.ts';
import { computeShownSummary, suppressSummary } from '../../src/domain/scoring/suppression/suppression.ts';
import { scoreCounty } from '../../src/domain/scoring/summary/score.ts';
import { computeSummary, type Summary, type SummaryInput } from '../../src/domain/scoring/summary/summary.ts';
import { inputOf, parentsOnly, reporting, type Row } from '../domain/scoring/summary-fixtures.ts';
import { largeCounty, randomOf } from '../support/large-county.ts';
import { auditRandomCounty, randomCounty } from '../support/random-county.ts';

const { values } = parseArgs({
  options: {
    counties: { type: 'string', default: '200' },
    tables: { type: 'string', default: '400' },
    before: { type: 'string' },
  },
});
const MINIMUM = 10;

// Random counties ------------------------------------------------------------------------------------------------------

let solved = 0;
let narrowest = Infinity;
let headlinesHidden = 0;
const witnesses: Witness[] = [];
for (let seed = 1; seed <= Number(values.counties); seed++) {
  const report = await auditRandomCounty(seed, { ...defaultOptions, targets: 12 });
  solved += report.solved.length;
  if (report.narrowest) narrowest = Math.min(narrowest, report.narrowest.high - report.narrowest.low);
  const county = randomCounty(seed);
  headlinesHidden += hiddenHeadlines(county);
  suppressSummary(computeSummary(county), layoutOf(county), witnesses);
}

/** County and group figures that are hidden though no group is small or nearly unanimous, by any formula. */
function hiddenHeadlines(input: SummaryInput): number {
  const raw = computeSummary(input);
  const shown = computeShownSummary(input);
  const isFine = ({ figure, responses }: Summary['groups'][number]) =>
    figure.kind !== 'estimate' ||
    (figure.n >= input.profile.minimumCell &&
      responses.kind === 'count' &&
      responses.value >= input.profile.minimumCell &&
      (figure.others ?? 0) >= 2);
  if (!raw.groups.every(isFine)) return 0;
  if (raw.official.kind === 'estimate' && (raw.official.others ?? 2) < 2) return 0;
  return [shown.official, ...shown.groups.map((group) => group.figure)].filter((f) => f.kind === 'suppressed')
    .length;
}

// Small tables ---------------------------------------------------------------------------------------------------------

type Table = readonly (readonly number[])[];

function tableOf(seed: number): Table {
  const random = randomOf(seed);
  const schools = 3 + random(6);
  return Array.from({ length: schools }, () => {
    const size = random(4) === 0 ? 3 : 12 + random(40);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < size; i++) counts[[0, 0, 0, 0, 1, 1, 1, 2, 2, 3][random(10)]!]!++;
    return counts;
  });
}

function inputOfTable(table: Table): SummaryInput {
  return inputOf(
    parentsOnly(),
    table.map((_, i) => reporting(i + 1, 'parent', 200)),
    table.flatMap((counts, i) =>
      counts.flatMap((times, option): Row[] =>
        times > 0 ? [{ reporting: i + 1, answers: [option + 1], times }] : [],
      ),
    ),
    { disclosureRule: currentDisclosureRule },
  );
}

const sizeOf = (counts: readonly number[]) => counts.reduce((sum, n) => sum + n, 0);
const isAlike = (counts: readonly number[]) => sizeOf(counts) - Math.max(...counts) < 2;
const add = (table: Table) => [0, 1, 2, 3].map((i) => table.reduce((sum, counts) => sum + counts[i]!, 0));

/** Least number of schools that have to be hidden: every choice that holds the protected ones is tried. */
function leastHidden(table: Table): number {
  const whole = add(table);
  const isProtected = (counts: readonly number[]) => sizeOf(counts) < MINIMUM || isAlike(counts);
  if (!table.some(isProtected)) return 0;
  let least = table.length;
  for (let choice = 0; choice < 1 << table.length; choice++) {
    const hidden = table.filter((_, i) => (choice >> i) & 1);
    if (hidden.length < 2 || hidden.length >= least) continue;
    if (table.some((counts, i) => isProtected(counts) && !((choice >> i) & 1))) continue;
    const left = add(hidden);
    if (sizeOf(left) < MINIMUM || isAlike(left)) continue;
    if (left.every((n, i) => n > 0 || whole[i] === 0)) least = hidden.length;
  }
  return least;
}

const hiddenSchools = (shown: Summary) =>
  shown.schools.filter((school) => school.items[0]?.figure.kind === 'suppressed').length;
const old = values.before === undefined ? null : await olderSuppressor(values.before);
let all = 0;
let hidden = 0;
let hiddenBefore = 0;
let least = 0;
for (let seed = 1; seed <= Number(values.tables); seed++) {
  const table = tableOf(seed);
  const whole = add(table);
  if (isAlike(whole)) continue;
  const input = inputOfTable(table);
  all += table.length;
  hidden += hiddenSchools(computeShownSummary(input));
  least += leastHidden(table);
  if (old) hiddenBefore += hiddenSchools(old(input));
}

async function olderSuppressor(folder: string): Promise<(input: SummaryInput) => Summary> {
  const load = (path: string) =>
    import(pathToFileURL(join(folder, 'src/domain/scoring', path)).href) as Promise<unknown>;
  const scoring = (await load('summary/summary.ts')) as { computeSummary: (input: SummaryInput) => Summary };
  const { suppressSummary: suppress } = (await load('suppression/suppression.ts')) as {
    suppressSummary: (summary: Summary, minimum: number) => Summary;
  };
  return (input) => suppress(scoring.computeSummary(input), MINIMUM);
}

// 400 schools ----------------------------------------------------------------------------------------------------------

// From the build, as the service runs: the loader of the sources wraps every function, which costs a quarter more.
const large = largeCounty();
const built = '../../dist/domain/scoring/suppression';
const { layoutOf: lay } = (await import(`${built}/layout.js`)) as { layoutOf: typeof layoutOf };
const { suppressSummary: suppress } = (await import(`${built}/suppression.js`)) as {
  suppressSummary: typeof suppressSummary;
};
const scored = scoreCounty(large);
const summary = computeSummary(large, scored);
// A layout remembers what was asked of it, so each run has its own.
const layouts = Array.from({ length: 100 }, () => lay(large, scored));
let best = Infinity;
for (const layout of layouts) {
  const started = process.cpuUsage();
  suppress(summary, layout);
  const { user, system } = process.cpuUsage(started);
  best = Math.min(best, (user + system) / 1000);
}

const share = (part: number) => Number((part / all).toFixed(3));
console.log(
  JSON.stringify({
    bench: 'suppression',
    solved,
    narrowest_interval: narrowest,
    hidden_share: share(hidden),
    hidden_share_before: old ? share(hiddenBefore) : null,
    least_possible_share: share(least),
    headlines_hidden: headlinesHidden,
    protected_counts: witnesses.length,
    without_witness: witnesses.filter(({ changes }) => changes === null).length,
    ms_400_schools: Math.round(best),
  }),
);

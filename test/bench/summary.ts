/**
 * `npm run bench:summary [answers]`: what a county's summary costs from its tallies, at ten thousand answers and at 500 times as many (the same cells, their counts
 * multiplied): 60 schools, three locations, the shipped questionnaires, two channels, replacements, re-answers. Last line: one JSON object, milliseconds.
 */
import { readFileSync } from 'node:fs';
import type { ReportingStratum, SamplingStratum } from '../../src/domain/frame/strata.ts';
import type { SchoolId } from '../../src/domain/model/ids.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { questionnaireSchema } from '../../src/domain/questionnaire/template.ts';
import { checkProfile } from '../../src/domain/scoring/rules/profile.ts';
import { computeSummary, type SummaryInput } from '../../src/domain/scoring/summary/summary.ts';
import { scoreCounty } from '../../src/domain/scoring/summary/score.ts';
import { questionnaireTexts } from '../../src/domain/scoring/summary/summary-input.ts';
import { layoutOf } from '../../src/domain/scoring/suppression/layout.ts';
import { suppressSummary } from '../../src/domain/scoring/suppression/suppression.ts';
import { addTally, createTally, foldAnswers, type TallyCell } from '../../src/domain/scoring/tally/tally.ts';
import { encodeTally } from '../../src/domain/scoring/tally/tally-bytes.ts';
import { createValidityTest } from '../../src/domain/scoring/rules/valid.ts';
import type { Channel, CountedSet, Group, Location } from '../../src/domain/model/vocabulary.ts';
import { sheet } from '../support/evidence.ts';

const template = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../survey-templates/${name}`, import.meta.url), 'utf8'));
const checked = checkProfile(template('profiles/basic-2012-county.json'));
if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
const { profile, hash } = checked;
const served = ['parent', 'teacher', 'principal', 'deputy'] as const;
const documents = served.map((name) => questionnaireSchema.parse(template(`${name}-2012.json`)));
const questionnaires = new Map(documents.map((document, i) => [i + 1, compileQuestionnaire(document)]));
const texts = new Map(documents.map((document, i) => [i + 1, questionnaireTexts(document, '云溪县')]));
const sheets = [...questionnaires.values()].map((q) => sheet(q, 0));
const places: readonly Location[] = ['urban', 'town', 'rural'];
const schools = 60;

const samplingStrata: SamplingStratum[] = [];
const reportingStrata: ReportingStratum[] = [];
const answering: { place: number; stratum: number; group: Group; share: number }[] = [];
served.forEach((group) => {
  const isSchool = group === 'parent' || group === 'teacher';
  const first = samplingStrata.length + 1;
  for (const location of isSchool ? places : [null])
    samplingStrata.push({
      no: samplingStrata.length + 1,
      group,
      location,
      grade: null,
      kind: 'frame',
      frameSize: 100_000_000,
      quota: 0,
      drawn: 0,
      replacements: 0,
    });
  for (let i = 0; i < (isSchool ? schools : 1); i++) {
    const no = reportingStrata.length + 1;
    reportingStrata.push({
      no,
      group,
      level: isSchool ? 'school' : 'county',
      key: `s${i}`,
      name: `s${i}`,
      schools: [`s${i}` as SchoolId],
      location: isSchool ? places[i % 3]! : null,
      issued: { drawn: 100_000_000, replacement: 1_000_000, other: 0 },
    });
    answering.push({
      place: no,
      stratum: first + (isSchool ? i % 3 : 0),
      group,
      share: group === 'parent' ? 0.8 / schools : group === 'teacher' ? 0.18 / schools : 0.01,
    });
  }
});

function cellsOf(answers: number, times: number): readonly TallyCell[] {
  let seed = 1;
  const below = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  const cells: TallyCell[] = [];
  for (const { place, stratum, group, share } of answering) {
    const questionnaire = served.indexOf(group as (typeof served)[number]) + 1;
    const q = questionnaires.get(questionnaire)!;
    const valid = createValidityTest(profile.valid, q);
    const parts: readonly [Channel, CountedSet, number][] = [
      ['web', 'drawn', 0.7],
      ['kiosk', 'drawn', 0.2],
      ['web', 'replacement', 0.1],
    ];
    for (const [channel, set, of] of parts) {
      const tally = createTally(q);
      for (let i = Math.round(answers * share * of); i > 0; i--) {
        const filled = sheets[questionnaire - 1]!.slice();
        for (const item of q.items)
          if (item.type === 'rating' && filled[item.offset] !== 0)
            filled[item.offset] = below(20) === 0 ? 254 : 1 + below(item.optionIds.length);
        if (valid(filled)) foldAnswers(tally, q, filled, 1);
      }
      if (tally.n === 0) continue;
      const all = createTally(q);
      for (let i = 0; i < times; i++) addTally(all, tally);
      cells.push({
        questionnaire,
        samplingStratum: stratum,
        reportingStratum: place,
        channel,
        set,
        valid: true,
        bytes: encodeTally(all),
      });
    }
  }
  return cells;
}

function inputOf(cells: readonly TallyCell[], times: number): SummaryInput {
  return {
    campaign: {
      id: 'bench',
      name: 'bench',
      purpose: 'self-check',
      commissioner: 'bench',
      closedAt: null,
      selfAdministered: false,
    },
    county: { code: '990101', name: 'bench', residents: { count: 300_000, asOf: '2025-12-31' } },
    profile,
    profileHash: hash,
    questionnaires,
    texts,
    samplingStrata,
    reportingStrata,
    cells,
    firstCells: cells,
    voided: [],
    reanswers: reportingStrata.map(({ no }) => ({
      reportingStratum: no,
      responses: 100 * times,
      reanswered: 12 * times,
    })),
  };
}

/** Milliseconds on the clock: the fastest of many rounds, for other work shares the machine. */
function measure(input: SummaryInput): { compute: number; suppress: number } {
  const best = { compute: Infinity, suppress: Infinity };
  for (let i = 0; i < 60; i++) {
    const start = performance.now();
    const scored = scoreCounty(input);
    const summary = computeSummary(input, scored);
    const middle = performance.now();
    suppressSummary(summary, layoutOf(input, scored));
    const end = performance.now();
    best.compute = Math.min(best.compute, middle - start);
    best.suppress = Math.min(best.suppress, end - middle);
  }
  return best;
}

const answers = Number(process.argv[2] ?? 10_000);
const small = cellsOf(answers, 1);
const few = measure(inputOf(small, 1));
const many = measure(inputOf(cellsOf(answers, 500), 500));
const total = (cost: { compute: number; suppress: number }) =>
  Number((cost.compute + cost.suppress).toFixed(1));
console.log(JSON.stringify({ cells: small.length, few, many }));
console.log(
  JSON.stringify({
    bench: 'summary',
    ms_10k: total(few),
    ms_5m: total(many),
    ratio: Number((total(many) / total(few)).toFixed(2)),
  }),
);

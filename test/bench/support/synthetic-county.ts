/** A county of many schools with the shipped questionnaires of parents and teachers, principals and deputies: what `computeShownSummary` takes. */
import { readFileSync } from 'node:fs';
import type { ReportingStratum, SamplingStratum } from '../../../src/domain/frame/strata.ts';
import type { SchoolId } from '../../../src/domain/model/ids.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { questionnaireSchema } from '../../../src/domain/questionnaire/template.ts';
import { checkProfile } from '../../../src/domain/scoring/rules/profile.ts';
import { createValidityTest } from '../../../src/domain/scoring/rules/valid.ts';
import { questionnaireTexts } from '../../../src/domain/scoring/summary/summary-input.ts';
import type { SummaryInput } from '../../../src/domain/scoring/summary/summary.ts';
import { encodeTally } from '../../../src/domain/scoring/tally/tally-bytes.ts';
import { createTally, foldAnswers, type TallyCell } from '../../../src/domain/scoring/tally/tally.ts';
import type { Group, Location } from '../../../src/domain/model/vocabulary.ts';
import { sheet } from '../../support/evidence.ts';

const template = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../survey-templates/${name}`, import.meta.url), 'utf8'));
const checked = checkProfile(template('profiles/basic-2012-county.json'));
if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
const { profile, hash } = checked;
const served = ['parent', 'teacher', 'principal', 'deputy'] as const satisfies readonly Group[];
const documents = served.map((name) => questionnaireSchema.parse(template(`${name}-2012.json`)));
const questionnaires = new Map(documents.map((document, i) => [i + 1, compileQuestionnaire(document)]));
const places: readonly Location[] = ['urban', 'town', 'rural'];
const shares: Readonly<Record<(typeof served)[number], number>> = {
  parent: 0.8,
  teacher: 0.18,
  principal: 0.01,
  deputy: 0.01,
};

export function syntheticCounty(o: {
  readonly schools: number;
  readonly answers: number;
  readonly seed: number;
}): SummaryInput {
  let state = o.seed * 7919 + 1;
  const below = (n: number) => (state = (state * 48271) % 2147483647) % n;
  const name = `第 ${o.seed} 县`;
  const samplingStrata: SamplingStratum[] = [];
  const reportingStrata: ReportingStratum[] = [];
  const cells: TallyCell[] = [];
  served.forEach((group, g) => {
    const isSchool = group === 'parent' || group === 'teacher';
    const first = samplingStrata.length + 1;
    for (const location of isSchool ? places : [null])
      samplingStrata.push({
        no: samplingStrata.length + 1,
        group,
        location,
        grade: null,
        kind: 'frame',
        frameSize: 10 * o.answers,
        quota: 0,
        drawn: 0,
        replacements: 0,
      });
    const q = questionnaires.get(g + 1)!;
    const empty = sheet(q, 0);
    const valid = createValidityTest(profile.valid, q);
    const units = isSchool ? o.schools : 1;
    for (let i = 0; i < units; i++) {
      const no = reportingStrata.length + 1;
      const people = Math.max(4, Math.round((o.answers * shares[group]) / units));
      reportingStrata.push({
        no,
        group,
        level: isSchool ? 'school' : 'county',
        key: `s${i}`,
        name: isSchool ? `第 ${i + 1} 小学` : '',
        schools: [`s${i}` as SchoolId],
        location: isSchool ? places[i % 3]! : null,
        issued: { drawn: people + 6, replacement: 0, other: 0 },
      });
      const tally = createTally(q);
      for (let n = 0; n < people; n++) {
        const filled = empty.slice();
        for (const item of q.items)
          if (item.type === 'rating' && filled[item.offset] !== 0)
            filled[item.offset] =
              below(20) === 0
                ? 254
                : 1 + Math.min(below(item.optionIds.length), below(item.optionIds.length));
        if (valid(filled)) foldAnswers(tally, q, filled, 1);
      }
      if (tally.n > 0)
        cells.push({
          questionnaire: g + 1,
          samplingStratum: first + (isSchool ? i % 3 : 0),
          reportingStratum: no,
          channel: 'web',
          set: 'drawn',
          valid: true,
          bytes: encodeTally(tally),
        });
    }
  });
  return {
    campaign: {
      id: '0123456789ab',
      name: '测量',
      purpose: 'self-check',
      commissioner: '测量',
      closedAt: '2026-11-10T10:00:00Z',
      selfAdministered: false,
    },
    county: { code: String(990_000 + o.seed), name, residents: { count: 300_000, asOf: '2025-12-31' } },
    profile,
    profileHash: hash,
    questionnaires,
    texts: new Map(documents.map((document, i) => [i + 1, questionnaireTexts(document, name)])),
    samplingStrata,
    reportingStrata,
    cells,
    firstCells: cells,
    voided: [],
    reanswers: reportingStrata.map(({ no }) => ({ reportingStratum: no, responses: 20, reanswered: 2 })),
  };
}

/** New York City's school survey of 2011, one district as a county: what `computeShownSummary` takes, without the way through the service (nyc-2011.test.ts takes that). */
import type { ReportingStratum } from '../../src/domain/frame/strata.ts';
import type { SchoolId } from '../../src/domain/model/ids.ts';
import { parseJson } from '../../src/domain/questionnaire/answers.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { questionnaireSchema } from '../../src/domain/questionnaire/template.ts';
import { checkProfile } from '../../src/domain/scoring/rules/profile.ts';
import { createValidityTest } from '../../src/domain/scoring/rules/valid.ts';
import type { SummaryInput } from '../../src/domain/scoring/summary/summary.ts';
import { encodeTally } from '../../src/domain/scoring/tally/tally-bytes.ts';
import { createTally, foldAnswers, type TallyCell } from '../../src/domain/scoring/tally/tally.ts';
import { answersOf, groups, profile as document, questionnaireOf, readSurvey } from './nyc-2011.ts';

export const districts = ['01', '05'] as const;

export function nycCounty(district: (typeof districts)[number]): SummaryInput {
  const checked = checkProfile(document);
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  const { profile, hash } = checked;
  const all = readSurvey();
  const survey = all.filter((own) => own.district === district);
  const questionnaires = new Map(
    groups.map((group, g) => [
      g + 1,
      compileQuestionnaire(questionnaireSchema.parse(questionnaireOf(all, group))),
    ]),
  );
  const reportingStrata: ReportingStratum[] = [];
  const cells: TallyCell[] = [];
  for (const of of survey) {
    const g = groups.indexOf(of.group);
    const q = questionnaires.get(g + 1)!;
    const no = reportingStrata.length + 1;
    const late = Math.max(0, of.responded - of.eligible);
    reportingStrata.push({
      no,
      group: of.group,
      level: 'school',
      key: of.school,
      name: of.name,
      schools: [of.school as SchoolId],
      location: null,
      issued: { drawn: of.eligible, replacement: 0, other: late },
    });
    const isValid = createValidityTest(profile.valid, q);
    const answers = answersOf(of);
    const tallies = new Map<
      string,
      { key: Omit<TallyCell, 'bytes'>; tally: ReturnType<typeof createTally> }
    >();
    for (let k = 0; k < of.responded; k++) {
      const parsed = parseJson(q, answers(k));
      if (!parsed.ok) throw new Error(`${of.school}: ${JSON.stringify(parsed)}`);
      const isLate = k >= of.eligible;
      const valid = isValid(parsed.bytes);
      const name = `${isLate} ${valid}`;
      const key: Omit<TallyCell, 'bytes'> = {
        questionnaire: g + 1,
        samplingStratum: isLate ? 0 : g + 1,
        reportingStratum: no,
        channel: 'web',
        set: isLate ? 'other' : 'drawn',
        valid,
      };
      const own = tallies.get(name) ?? { key, tally: createTally(q) };
      tallies.set(name, own);
      foldAnswers(own.tally, q, parsed.bytes, 1);
    }
    for (const { key, tally } of tallies.values()) cells.push({ ...key, bytes: encodeTally(tally) });
  }
  const eligible = groups.map((group) =>
    survey.reduce((sum, own) => sum + (own.group === group ? own.eligible : 0), 0),
  );
  return {
    campaign: {
      id: 'c00000000000',
      name: 'NYC 2011',
      purpose: 'provincial-evaluation',
      commissioner: 'City of New York',
      closedAt: '2011-06-01T00:00:00Z',
      selfAdministered: false,
    },
    county: { code: `9901${district}`, name: `District ${district}`, residents: null },
    profile,
    profileHash: hash,
    questionnaires,
    texts: new Map(),
    samplingStrata: groups.map((group, g) => ({
      ...{ no: g + 1, group, location: null, grade: null, kind: 'frame' },
      ...{ frameSize: eligible[g]!, quota: eligible[g]!, drawn: eligible[g]!, replacements: 0 },
    })),
    reportingStrata,
    cells,
    firstCells: cells,
    voided: [],
    reanswers: [],
  };
}

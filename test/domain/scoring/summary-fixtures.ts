import type { ReportingStratum, SamplingStratum } from '../../../src/domain/frame/strata.ts';
import type { SchoolId } from '../../../src/domain/model/ids.ts';
import type { CompiledQuestionnaire } from '../../../src/domain/questionnaire/compiled.ts';
import type { RuleProfile } from '../../../src/domain/scoring/rules/profile.ts';
import type { SummaryInput } from '../../../src/domain/scoring/summary/summary.ts';
import {
  createTally,
  foldAnswers,
  type Tally,
  type TallyCell,
} from '../../../src/domain/scoring/tally/tally.ts';
import { encodeTally } from '../../../src/domain/scoring/tally/tally-bytes.ts';
import { createValidityTest } from '../../../src/domain/scoring/rules/valid.ts';
import type { Channel, CountedSet, Group, Location } from '../../../src/domain/model/vocabulary.ts';
import { ratingsOnly } from './fixtures.ts';
import { uncollapsed } from './profiles.ts';

export interface Row {
  readonly reporting: number;
  readonly sampling?: number;
  readonly channel?: Channel;
  readonly set?: CountedSet;
  /** One code an item. */
  readonly answers: readonly number[];
  /** How many respondents answered so. */
  readonly times?: number;
}

export function sampling(
  no: number,
  group: Group,
  frameSize: number | null,
  location: Location | null = null,
): SamplingStratum {
  return { no, group, location, grade: null, kind: 'frame', frameSize, quota: 0, drawn: 0, replacements: 0 };
}

export function reporting(
  no: number,
  group: Group,
  issued: number,
  location: Location | null = null,
): ReportingStratum {
  return {
    no,
    group,
    level: 'school',
    key: `s${no}`,
    name: `School ${no}`,
    schools: [`s${no}` as SchoolId],
    location,
    issued: { drawn: issued, replacement: 0, other: 0 },
  };
}

/** Folds rows into cells as the writer would: by key, validity by the profile. */
function cellsOf(
  profile: RuleProfile,
  questionnaires: ReadonlyMap<number, CompiledQuestionnaire>,
  strata: readonly ReportingStratum[],
  rows: readonly Row[],
): TallyCell[] {
  const groups = new Map(strata.map(({ no, group }) => [no, group]));
  const cells = new Map<string, { readonly key: Omit<TallyCell, 'bytes'>; readonly tally: Tally }>();
  for (const row of rows) {
    const group = groups.get(row.reporting)!;
    const [questionnaire, q] = [...questionnaires].find(([, candidate]) => candidate.groups.includes(group))!;
    const answers = Uint8Array.from(row.answers);
    const key = {
      questionnaire,
      samplingStratum: row.sampling ?? 0,
      reportingStratum: row.reporting,
      channel: row.channel ?? 'web',
      set: row.set ?? 'drawn',
      valid: createValidityTest(profile.valid, q)(answers),
    };
    const name = Object.values(key).join('/');
    const { tally } = cells.get(name) ?? { tally: createTally(q) };
    cells.set(name, { key, tally });
    for (let i = 0; i < (row.times ?? 1); i++) foldAnswers(tally, q, answers, 1);
  }
  return [...cells.values()].map(({ key, tally }) => ({ ...key, bytes: encodeTally(tally) }));
}

/** Parents alone, weight 1, unweighted, no floor: change what a test is about. */
export function parentsOnly(change: Partial<RuleProfile> = {}): RuleProfile {
  const profile = uncollapsed;
  return {
    ...profile,
    regime: 'test',
    groups: [{ group: 'parent', weight: 1, required: true }],
    requiredGroupsWithoutQuestionnaire: [],
    withinGroup: 'none',
    returnRate: { ...profile.returnRate!, floor: null },
    ...change,
  };
}

export function inputOf(
  profile: RuleProfile,
  strata: readonly ReportingStratum[],
  rows: readonly Row[],
  more: Partial<SummaryInput> & { readonly firstRows?: readonly Row[]; readonly dimensions?: string[] } = {},
): SummaryInput {
  const { firstRows, dimensions, ...rest } = more;
  const questionnaires =
    rest.questionnaires ??
    new Map(
      [...new Set(strata.map((s) => s.group))].map((group, i) => [
        i + 1,
        ratingsOnly(
          `for-${group}`,
          [group],
          dimensions ?? rows[0]?.answers.map(() => 'overall') ?? ['overall'],
        ),
      ]),
    );
  return {
    campaign: {
      id: 'c00000000000',
      name: 'Test',
      purpose: 'provincial-evaluation',
      commissioner: 'Province',
      closedAt: '2026-05-01T00:00:00Z',
      selfAdministered: false,
    },
    county: { code: '990101', name: 'Test county', residents: { count: 300_000, asOf: '2025-12-31' } },
    profile,
    profileHash: '0'.repeat(64),
    texts: new Map(),
    samplingStrata: [],
    reportingStrata: strata,
    cells: cellsOf(profile, questionnaires, strata, rows),
    firstCells: cellsOf(profile, questionnaires, strata, firstRows ?? rows),
    voided: [],
    reanswers: [],
    ...rest,
    questionnaires,
  };
}

/**
 * Does a 95 % interval hold what it says, and does an honest county stay without alarm? Draws honest counties from known populations (four groups with the profile's weights,
 * the strata of a draw: parents by location and grade, teachers by location; response that differs by stratum, principals asked all together), computes each
 * one's summary from tallies, and counts how often the interval of the official figure covers the figure of everybody. Last line: one JSON object.
 * `npm run bench:coverage [-- --counties 1000 --smallest 5]`; 0: no strata are collapsed
 */
import { parseArgs } from 'node:util';
import { allocateProportionally } from '../../src/domain/frame/sample.ts';
import type { ReportingStratum, SamplingStratum } from '../../src/domain/frame/strata.ts';
import type { SchoolId } from '../../src/domain/model/ids.ts';
import {
  findBursts,
  findHighShares,
  findIdenticalVectors,
  findLowEntropy,
  findOddCoverage,
  independentSheetShare,
} from '../../src/domain/scoring/signals/integrity.ts';
import type { RuleProfile } from '../../src/domain/scoring/rules/profile.ts';
import { computeSummary } from '../../src/domain/scoring/summary/summary.ts';
import { createTally, foldAnswers, type TallyCell } from '../../src/domain/scoring/tally/tally.ts';
import { encodeTally } from '../../src/domain/scoring/tally/tally-bytes.ts';
import type { Group, Location } from '../../src/domain/model/vocabulary.ts';
import { ratingsOnly } from '../domain/scoring/fixtures.ts';
import { readProfile } from '../domain/scoring/profiles.ts';

const { values } = parseArgs({
  options: {
    counties: { type: 'string', default: '1000' },
    smallest: { type: 'string' },
  },
});
const counties = Number(values.counties);
const populations = 20;
const items = 10;
const DONT_KNOW = 254;
const points = [0, 100, 80, 60, 0];

function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const random = createRandom(20260512);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const groups = ['parent', 'teacher', 'principal', 'deputy'] as const;
type Surveyed = (typeof groups)[number];
const weights: Readonly<Record<Surveyed, number>> = {
  parent: 0.55,
  teacher: 0.15,
  principal: 0.15,
  deputy: 0.15,
};
const places: readonly Location[] = ['urban', 'town', 'rural'];
const questionnaires = new Map(
  groups.map(
    (group, i) => [i + 1, ratingsOnly(`of-${group}`, [group], new Array<string>(items).fill('all'))] as const,
  ),
);

const shipped = readProfile('basic-2012');
const profile: RuleProfile = {
  ...shipped,
  regime: 'bench',
  groups: groups.map((group) => ({ group, weight: weights[group], required: true })),
  requiredGroupsWithoutQuestionnaire: [],
  smallestStratum:
    values.smallest === undefined ? shipped.smallestStratum : Number(values.smallest) || undefined,
};

interface Stratum {
  readonly no: number;
  readonly group: Surveyed;
  readonly location: Location | null;
  readonly grade: number | null;
  readonly people: readonly Uint8Array[];
  /** Chance that somebody who is asked answers. */
  readonly response: number;
}
interface Population {
  readonly strata: readonly Stratum[];
  readonly truth: number;
}

/** A respondent's mood and each item's own difficulty decide the option; some say 不了解. */
function sheetOf(mood: number): Uint8Array {
  return Uint8Array.from({ length: items }, (_, i) => {
    if (random() < 0.04) return DONT_KNOW;
    const x = mood + 0.7 * normal() - 0.08 * i;
    return x > 0.9 ? 1 : x > -0.2 ? 2 : x > -1.1 ? 3 : 4;
  });
}

function createPopulation(): Population {
  const sizes: Readonly<Record<Surveyed, readonly number[]>> = {
    parent: [6000, 5000, 4000],
    teacher: [500, 400, 300],
    principal: [45],
    deputy: [300],
  };
  const level = 0.9 + 0.4 * normal();
  let no = 0;
  const strata: Stratum[] = groups.flatMap((group) =>
    sizes[group].flatMap((size, i): readonly Stratum[] => {
      const mean = level + 0.3 * normal();
      const response = 0.3 + 0.4 * random();
      const grades = group === 'parent' ? Array.from({ length: 9 }, (_, k) => k + 1) : [null];
      // Upper grades are larger, less content, and answer less.
      return grades.map((grade) => ({
        no: ++no,
        group,
        location: sizes[group].length > 1 ? places[i]! : null,
        grade,
        people: Array.from(
          { length: Math.round((size / grades.length) * (grade === null ? 1 : 0.6 + 0.08 * grade)) },
          () => sheetOf(mean + (grade === null ? 0 : 0.06 * (5 - grade)) + 0.7 * normal()),
        ),
        response: group === 'principal' ? 0.95 : response * (grade === null ? 1 : 1.2 - 0.04 * grade),
      }));
    }),
  );
  let truth = 0;
  for (const group of groups) {
    let y = 0;
    let c = 0;
    for (const stratum of strata)
      if (stratum.group === group)
        for (const sheet of stratum.people)
          for (const code of sheet)
            if (code !== DONT_KNOW) {
              y += points[code]!;
              c += 1;
            }
    truth += (weights[group] * y) / c;
  }
  return { strata, truth };
}

/** Asks as many of a stratum that about `wanted` answer, each person once. */
function ask(stratum: Stratum, wanted: number): readonly Uint8Array[] {
  const asked = Math.min(stratum.people.length, Math.round(wanted / stratum.response));
  const chosen = new Set<number>();
  while (chosen.size < asked) chosen.add(Math.floor(random() * stratum.people.length));
  return [...chosen].filter(() => random() < stratum.response).map((i) => stratum.people[i]!);
}

function survey({ strata, truth }: Population, plan: Readonly<Record<Surveyed, number>>) {
  const cells: TallyCell[] = [];
  for (const group of groups) {
    const own = strata.filter((stratum) => stratum.group === group);
    const wanted = allocateProportionally(
      plan[group],
      own.map((stratum) => stratum.people.length),
    );
    own.forEach((stratum, i) => {
      const questionnaire = groups.indexOf(group) + 1;
      const q = questionnaires.get(questionnaire)!;
      const tally = createTally(q);
      for (const sheet of ask(stratum, wanted[i]!)) foldAnswers(tally, q, sheet, 1);
      if (tally.n > 0)
        cells.push({
          questionnaire,
          samplingStratum: stratum.no,
          reportingStratum: groups.indexOf(group) + 1,
          channel: 'web',
          set: 'drawn',
          valid: true,
          bytes: encodeTally(tally),
        });
    });
  }
  const summary = computeSummary({
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
    profileHash: '0'.repeat(64),
    questionnaires,
    texts: new Map(),
    samplingStrata: strata.map((stratum): SamplingStratum => ({
      no: stratum.no,
      group: stratum.group,
      location: stratum.location,
      grade: stratum.grade,
      kind: 'frame',
      frameSize: stratum.people.length,
      quota: 0,
      drawn: 0,
      replacements: 0,
    })),
    reportingStrata: groups.map((group: Group, i): ReportingStratum => ({
      no: i + 1,
      group,
      level: 'county',
      key: '',
      name: '',
      schools: [] as SchoolId[],
      location: null,
      issued: { drawn: 2000, replacement: 0, other: 0 },
    })),
    cells,
    firstCells: [],
    voided: [],
    reanswers: [],
  });
  const { official } = summary;
  if (official.kind !== 'estimate' || !official.interval) return null;
  const { low, high } = official.interval;
  return { covered: low <= truth && truth <= high, half: (high - low) / 2, bias: official.value - truth };
}

/**
 * Forty schools of an honest county, unlike one another: re-answers, answers over ten half-days with a reminder, speed, sheets, rolls. Which kinds of signal alarm.
 */
function alarms(): ReadonlySet<string> {
  const schools = Array.from({ length: 40 }, (_, i) => ({
    stratum: i + 1,
    n: 10 + Math.floor(random() * 60),
  }));
  const logistic = (x: number) => 1 / (1 + Math.exp(-x));
  const again = schools.map(({ stratum, n }) => {
    const p = logistic(-3 + 0.5 * normal());
    return { stratum, n, x: Array.from({ length: n }, () => random()).filter((u) => u < p).length };
  });
  const base = [10, 6, 3, 2, 1, 8, 5, 2, 1, 1];
  const slots = schools.map(({ stratum, n }) => {
    const own = base.map((b) => b * Math.exp(0.3 * normal()));
    const total = own.reduce((sum, x) => sum + x, 0);
    const counts = base.map(() => 0);
    for (let i = 0; i < n; i++) {
      let u = random() * total;
      let slot = 0;
      while (slot < own.length - 1 && u > own[slot]!) u -= own[slot++]!;
      counts[slot]!++;
    }
    return { stratum, slots: counts };
  });
  const shares = Array.from({ length: items }, () => new Map<number, number>());
  let all = 0;
  const sheets = schools.map(({ stratum, n }) => {
    const found = new Map<string, number>();
    const mean = 0.9 + 0.3 * normal();
    for (let k = 0; k < n; k++) {
      // A third of people tick one column from top to bottom.
      const mood = mean + 0.7 * normal();
      const sheet =
        random() < 0.33 ? new Uint8Array(items).fill(mood > 0.9 ? 1 : mood > -0.2 ? 2 : 3) : sheetOf(mood);
      sheet.forEach((code, i) => shares[i]!.set(code, (shares[i]!.get(code) ?? 0) + 1));
      all++;
      const key = sheet.join(',');
      found.set(key, (found.get(key) ?? 0) + 1);
    }
    return { stratum, sheets: found };
  });
  for (const own of shares) for (const [code, count] of own) own.set(code, count / all);
  const independent = (sheet: string) => independentSheetShare(sheet.split(',').map(Number), shares);
  // A reminder after half-day 5: the day after it, school by school.
  const afterReminder = slots.map(({ stratum, slots: own }) => ({
    stratum,
    n: own.reduce((sum, count) => sum + count, 0),
    x: own[5]! + own[6]!,
  }));
  const fast = schools.map(({ stratum, n }) => {
    const p = logistic(-3.5 + 0.5 * normal());
    return { stratum, n, x: Array.from({ length: n }, () => random()).filter((u) => u < p).length };
  });
  const optionCounts = sheets.map(({ stratum, sheets: own }) => {
    const counts = new Map<string, number>();
    let n = 0;
    for (const [sheet, count] of own) {
      n += count;
      for (const code of sheet.split(','))
        if (code !== String(DONT_KNOW)) counts.set(code, (counts.get(code) ?? 0) + count);
    }
    return { stratum, n, options: [...counts.values()] };
  });
  const rolls = schools.map(({ stratum }) => {
    const register = 40 + Math.floor(random() * 900);
    // Some families have two numbers, some none, more in one school than in the next.
    return { stratum, register, contacts: Math.round(register * 0.93 * Math.exp(0.12 * normal())) };
  });
  const found: Readonly<Record<string, readonly { readonly alarm: boolean }[]>> = {
    reanswers: findHighShares(again),
    burst: findBursts(slots),
    after_reminder: findHighShares(afterReminder),
    fast: findHighShares(fast),
    identical: findIdenticalVectors(sheets, independent),
    uniform: findLowEntropy(optionCounts),
    roll: findOddCoverage(rolls),
  };
  return new Set(
    Object.entries(found).flatMap(([kind, list]) => (list.some((signal) => signal.alarm) ? [kind] : [])),
  );
}

const plans: Readonly<Record<string, Readonly<Record<Surveyed, number>>>> = {
  t95_n600: { parent: 420, teacher: 90, principal: 45, deputy: 45 },
  t95_n75: { parent: 40, teacher: 13, principal: 11, deputy: 11 },
  t95_n30: { parent: 15, teacher: 5, principal: 5, deputy: 5 },
};
const worlds = Array.from({ length: populations }, createPopulation);
const result: Record<string, string | number> = { bench: 'coverage' };
const details: Record<string, number> = {};
for (const [name, plan] of Object.entries(plans)) {
  let covered = 0;
  let intervals = 0;
  let half = 0;
  let bias = 0;
  for (let i = 0; i < counties; i++) {
    const found = survey(worlds[i % populations]!, plan);
    if (!found) continue;
    intervals++;
    if (found.covered) covered++;
    half += found.half;
    bias += found.bias;
  }
  result[name] = Number((covered / intervals).toFixed(4));
  details[`${name}_half_width`] = Number((half / intervals).toFixed(2));
  details[`${name}_bias`] = Number((bias / intervals).toFixed(3));
  details[`${name}_without_interval`] = counties - intervals;
}
let raised = 0;
for (let i = 0; i < counties; i++) {
  const kinds = alarms();
  if (kinds.size > 0) raised++;
  for (const kind of kinds) details[`alarm_${kind}`] = (details[`alarm_${kind}`] ?? 0) + 1 / counties;
}
result['false_alarm'] = Number((raised / counties).toFixed(4));
console.log(JSON.stringify(details));
console.log(JSON.stringify(result));

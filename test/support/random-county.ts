/**
 * Random counties for attacks on what is shown of them: small and unanimous schools, strata, weights, voids, flags,
 * re-answers, arms of a split ballot. Above 500 lines, because all parts draw from one stream of random numbers.
 */
import { auditDisclosure, type AuditOptions } from '../../src/audit/disclosure/audit.ts';
import type { AuditReport, Truth } from '../../src/audit/disclosure/case.ts';
import { buildRateRows, type RateRow } from '../../src/domain/answer/rate-view.ts';
import type { ReportingStratum, SamplingStratum } from '../../src/domain/frame/strata.ts';
import type { ContentHash, SchoolId } from '../../src/domain/model/ids.ts';
import type { Channel, CountedSet, Group, Location } from '../../src/domain/model/vocabulary.ts';
import { BLANK, DONT_KNOW, NOT_ASKED } from '../../src/domain/questionnaire/compiled.ts';
import type { CompiledItem, CompiledQuestionnaire } from '../../src/domain/questionnaire/compiled.ts';
import type { Formula } from '../../src/domain/scoring/rules/formula.ts';
import type { RuleProfile } from '../../src/domain/scoring/rules/profile.ts';
import {
  compareArms,
  type BallotArm,
  type BallotComparison,
} from '../../src/domain/scoring/ballot/compare.ts';
import { createValidityTest } from '../../src/domain/scoring/rules/valid.ts';
import type { Flag } from '../../src/domain/scoring/signals/flags.ts';
import type { Summary, SummaryInput } from '../../src/domain/scoring/summary/summary.ts';
import { groupsWithExactRates } from '../../src/domain/scoring/suppression/exact-rates.ts';
import { currentDisclosureRule } from '../../src/domain/scoring/suppression/rule.ts';
import { computeShownSummary } from '../../src/domain/scoring/suppression/suppression.ts';
import { decodeTally, encodeTally } from '../../src/domain/scoring/tally/tally-bytes.ts';
import { createTally, foldAnswers, type TallyCell } from '../../src/domain/scoring/tally/tally.ts';
import { knownCounty } from '../../src/operations/disclosure/known-county.ts';
import { createExchanges } from '../../src/operations/disclosure/exchanges.ts';
import { createPublisher, type Sheet } from '../../src/operations/disclosure/other-answers.ts';
import { answerFollowUps, withFollowUps } from './random-follow-ups.ts';

/** Mulberry32: the same seed gives the same county on every machine. */
function randomOf(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    /** A whole number, both ends included. */
    between: (low: number, high: number) => low + Math.floor(next() * (high - low + 1)),
    chance: (p: number) => next() < p,
    pick: <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!,
  };
}
type Random = ReturnType<typeof randomOf>;

const options = ['very-satisfied', 'satisfied', 'basically-satisfied', 'dissatisfied'];
const balanced = [
  'very-satisfied',
  'fairly-satisfied',
  'neutral',
  'fairly-dissatisfied',
  'very-dissatisfied',
];
const points = { 'very-satisfied': 100, satisfied: 80, 'basically-satisfied': 60, dissatisfied: 0 };
const title = { 'zh-CN': '公式', en: 'Formula' };
const topThree = {
  kind: 'share',
  title,
  unit: 'answers',
  satisfied: options.slice(0, 3),
} as const;
const allGroups = ['parent', 'teacher', 'principal', 'deputy'] as const;

interface Respondent {
  readonly reporting: ReportingStratum;
  readonly sampling: number;
  readonly channel: Channel;
  readonly set: CountedSet;
  readonly last: Uint8Array;
  /** The same sheet if nothing was answered again. */
  readonly first: Uint8Array;
  readonly again: boolean;
  /** In a split ballot: the questionnaire, if it is another arm than the main one. */
  readonly apart?: number;
}

/** A county's summary as the service shows it, converted to JSON and back as for publication. */
export function shownSummary(input: SummaryInput): Summary {
  const suppressed = computeShownSummary(input);
  return JSON.parse(JSON.stringify(suppressed)) as Summary;
}

/** The page of rates after the close. */
function shownRates(input: SummaryInput, shown: Summary): readonly RateRow[] {
  const people = ({ questionnaire, bytes }: TallyCell) =>
    decodeTally(input.questionnaires.get(questionnaire)!, bytes).n;
  const counts = input.cells.map((cell) => ({
    reportingStratum: cell.reportingStratum,
    set: cell.set,
    answered: people(cell),
    valid: cell.valid ? people(cell) : 0,
  }));
  return buildRateRows(input.reportingStrata, counts, input.profile.minimumCell, groupsWithExactRates(shown));
}

/** Audits a random county's summary and the page that compares the arms of a split ballot. */
export function auditRandomCounty(
  seed: number,
  options: Omit<AuditOptions, 'truth'>,
  kind: CountyKind = {},
): Promise<AuditReport> {
  return auditInput(randomCounty(seed, kind), options);
}

/** The same for any county. */
export function auditInput(input: SummaryInput, options: Omit<AuditOptions, 'truth'>): Promise<AuditReport> {
  const shown = shownSummary(input);
  const arms = armsIn(input);
  const ballot = input.apart && {
    comparison: JSON.parse(JSON.stringify(compareArms(input, arms, shown))) as BallotComparison,
    questionnaires: arms,
    reansweredApart: againApart.get(input) ?? [],
  };
  const { publication, truth } = knownCounty(input, shown, shownRates(input, shown), ballot);
  const isShownAlike =
    options.isShownAlike ??
    (options.second === true ? createPublisher(input, shown, sheetsIn.get(input)!, ballot) : undefined);
  return auditDisclosure(
    { publications: [publication], relation: 'same' },
    {
      ...(options.second === true && { exchanges: createExchanges(input, sheetsIn.get(input)!) }),
      ...options,
      truth: [truth],
      isShownAlike,
    },
  );
}

/** The campaign's questionnaires, as the comparison takes them. */
export function armsIn({ questionnaires, apart }: SummaryInput): readonly BallotArm[] {
  return [...questionnaires].map(([no, { groups }]) => {
    const isSplit = [...questionnaires].some(
      ([other, q]) => apart?.has(other) === true && q.groups.some((group) => groups.includes(group)),
    );
    return { no, groups, ...(isSplit && { arm: `no ${no}` }) };
  });
}

/**
 * Adds arms to some groups: a second questionnaire with the same items on the balanced scale, and a third one equal
 * to the first. Respondents of another arm answer anew in the same mood. Uses its own random numbers, so the county
 * is the same without it.
 */
function splitBallot(
  seed: number,
  questionnaires: Map<number, CompiledQuestionnaire>,
  respondents: readonly Respondent[],
): { readonly apart: ReadonlySet<number>; readonly respondents: readonly Respondent[] } {
  const random = randomOf(seed * 31 + 17);
  const apart = new Set<number>();
  let own = respondents;
  for (const [no, q] of [...questionnaires]) {
    if (no > 1 && !random.chance(0.4)) continue;
    const share = random.pick([0.2, 0.5, 0.5, 0.7]);
    const others: number[] = [];
    for (let i = 0; i < (random.chance(0.25) ? 2 : 1); i++) {
      const other = questionnaires.size + 1;
      const isBalanced = i === 0;
      questionnaires.set(other, {
        ...q,
        id: `${q.id}-${i}`,
        hash: `${q.id}-${i}`.padEnd(64, '0') as ContentHash,
        vectorOptions: isBalanced ? balanced : q.vectorOptions,
        items: q.items.map((item) =>
          isBalanced && item.type === 'rating'
            ? { ...item, optionIds: balanced, vector: [0, 1, 2, 3, 4] }
            : item,
        ),
      });
      apart.add(other);
      others.push(other);
    }
    const [group] = q.groups;
    const mood = random.chance(0.15) ? 1 : 0.3 + 0.6 * random.next();
    const sheetFor = (arm: number) =>
      Uint8Array.from(questionnaires.get(arm)!.items, ({ optionIds, type }) => {
        if (random.chance(0.04)) return random.pick([BLANK, DONT_KNOW]);
        return type !== 'rating' || random.chance(1 - mood) ? random.between(1, optionIds.length) : 1;
      });
    own = own.map((respondent) => {
      if (respondent.reporting.group !== group || !random.chance(share)) return respondent;
      const arm = random.pick(others);
      const last = sheetFor(arm);
      return { ...respondent, apart: arm, last, first: respondent.again ? sheetFor(arm) : last };
    });
  }
  return { apart, respondents: own };
}

/**
 * Adds follow-ups to every questionnaire, the same in all arms of a group, and answers to them. Uses its own random
 * numbers, so the county is the same without it.
 */
function askMore(
  seed: number,
  questionnaires: Map<number, CompiledQuestionnaire>,
  respondents: readonly Respondent[],
  areScored: boolean,
): readonly Respondent[] {
  for (const [no, q] of questionnaires)
    questionnaires.set(
      no,
      withFollowUps(randomOf(seed * 41 + allGroups.indexOf(q.groups[0] as never)), q, areScored),
    );
  const random = randomOf(seed * 43 + 29);
  return respondents.map((respondent) => {
    const { reporting, apart, again } = respondent;
    const [, q] = [...questionnaires].find(([no, { groups }]) =>
      apart === undefined ? groups.includes(reporting.group) : no === apart,
    )!;
    const last = answerFollowUps(random, q, respondent.last);
    return { ...respondent, last, first: again ? answerFollowUps(random, q, respondent.first) : last };
  });
}

export interface CountyKind {
  /** Items state whether they are scored, core, about the school, and named. */
  readonly isStated?: boolean;
  /** A split ballot, with the page that compares its arms. */
  readonly isSplit?: boolean;
  /** Some schools have answers from a second location, such as a township's small schools together. */
  readonly isSpanning?: boolean;
  /** Messages have fates, and contacts were declared ineligible. */
  readonly isFollowed?: boolean;
  /**
   * Some items are follow-ups. `scored`: ratings among them count in the score, as in campaigns that were opened
   * before this was refused.
   */
  readonly asking?: 'unscored' | 'scored';
}

/** A complete county, as `computeShownSummary` takes it. */
export function randomCounty(
  seed: number,
  { isStated = false, isSplit = false, isFollowed = false, isSpanning = false, asking }: CountyKind = {},
): SummaryInput {
  const random = randomOf(seed);
  const groups = allGroups.slice(0, random.between(1, 4));
  const questionnaires = new Map(
    groups.map((group, i) => [
      i + 1,
      isStated
        ? stated(randomOf(seed * 4 + i), questionnaireOf(random, group, 2))
        : questionnaireOf(random, group, 0),
    ]),
  );
  const dimensions = [...questionnaires.values()][0]!.dimensions;
  const plain = profileOf(random, groups, [...questionnaires.values()], dimensions);
  const named = { ...plain.formulas[0]!, id: 'named', named: true } as const;
  const base = isStated ? { ...plain, formulas: [...plain.formulas, named] } : plain;
  // As in the shipped profiles: the same share with and without 不了解 in the denominator.
  const both = seed < 5000 ? [] : (['exclude', 'include'] as const);
  const formulas = [
    ...base.formulas,
    ...both.map((dontKnow) => ({ ...topThree, id: `top-${dontKnow}`, dontKnow })),
  ];
  const drawn = { ...base, formulas };
  const mayCollapse = drawn.withinGroup === 'strata' && drawn.adjustment === undefined;
  const profile = mayCollapse && seed % 2 === 0 ? { ...drawn, smallestStratum: 5 } : drawn;
  const places = placesOf(random, groups, isSpanning ? randomOf(seed * 47 + 31) : null);
  const asked = places.reporting.flatMap((stratum) => {
    const q = [...questionnaires.values()].find((own) => own.groups.includes(stratum.group))!;
    return respondentsOf(random, stratum, places.samplingOf(stratum), q);
  });
  const split = isSplit ? splitBallot(seed, questionnaires, asked) : null;
  const plainly = split?.respondents ?? asked;
  const respondents = asking ? askMore(seed, questionnaires, plainly, asking === 'scored') : plainly;
  const issued = issuedOf(random, places.reporting, respondents);
  const counts = new Map<string, number>();
  for (const { sampling, reporting, set } of respondents)
    if (set === 'drawn')
      counts.set(`${sampling}/${reporting.no}`, (counts.get(`${sampling}/${reporting.no}`) ?? 0) + 1);
  const sampling = places.sampling.map((stratum): SamplingStratum => {
    const own = respondents.filter((r) => r.sampling === stratum.no).length;
    return {
      ...stratum,
      frameSize: random.chance(0.05)
        ? null
        : Math.ceil(own * (1 + random.next() * 20)) + random.between(0, 30),
      quota: own,
      drawn: own,
    };
  });
  const small = random.pick(places.reporting);
  const voided = random.chance(0.12)
    ? [{ group: small.group, reportingStratum: random.chance(0.85) ? small.no : null, reason: 'spoiled' }]
    : [];
  const flags = random.chance(0.2)
    ? [
        flagOf(random.pick(places.reporting)),
        ...(random.chance(0.3) ? [flagOf(random.pick(places.reporting))] : []),
      ]
    : [];
  const county: SummaryInput = {
    campaign: {
      id: 'c00000000000',
      name: 'Random',
      purpose: 'provincial-evaluation',
      commissioner: 'Province',
      closedAt: '2026-05-01T00:00:00Z',
      selfAdministered: false,
    },
    county: { code: '990101', name: `County ${seed}`, residents: { count: 300_000, asOf: '2025-12-31' } },
    ...(split && { apart: split.apart }),
    profile,
    profileHash: '0'.repeat(64),
    disclosureRule: currentDisclosureRule,
    questionnaires,
    texts: new Map(),
    samplingStrata: sampling,
    reportingStrata: issued,
    cells: cellsOf(profile, questionnaires, respondents, 'last'),
    firstCells: cellsOf(profile, questionnaires, respondents, 'first'),
    voided,
    reanswers: issued.map(({ no }) => {
      const own = respondents.filter((r) => r.reporting.no === no);
      return {
        reportingStratum: no,
        responses: own.length,
        reanswered: own.filter((r) => r.again).length,
      };
    }),
    flags,
    ...(isFollowed && followed(seed, issued, sampling)),
    ...(voided.some((v) => v.reportingStratum !== null) && {
      drawnCodes: [...counts].map(([key, drawn]) => {
        const [samplingStratum, reportingStratum] = key.split('/').map(Number) as [number, number];
        return { samplingStratum, reportingStratum, drawn };
      }),
    }),
  };
  sheetsIn.set(
    county,
    respondents.flatMap(({ reporting, sampling, channel, set, last, apart }): readonly Sheet[] => {
      const [no, q] = [...questionnaires].find(([own, { groups: served }]) =>
        apart === undefined ? served.includes(reporting.group) : own === apart,
      )!;
      if (!createValidityTest(profile.valid, q)(last)) return [];
      const place = { reportingStratum: reporting.no, samplingStratum: sampling };
      return [{ questionnaire: no, ...place, channel, set, answers: last }];
    }),
  );
  againApart.set(
    county,
    respondents.flatMap(({ apart, again, reporting }) =>
      again && apart !== undefined
        ? [{ arm: `no ${apart}`, reportingStratum: reporting.no, reanswered: 1 }]
        : [],
    ),
  );
  return county;
}

/** The valid answers. */
export const sheetsIn = new WeakMap<SummaryInput, readonly Sheet[]>();

/** Re-answers in other arms than the main one: the summary counts those of all arms together. */
const againApart = new WeakMap<SummaryInput, NonNullable<Truth['reansweredApart']>>();

/**
 * The fates of messages to codes without an answer, and contacts declared ineligible. Some exceed the number of codes
 * left: fates are counted at the close, and answers may come in on paper after it. Uses its own random numbers, so
 * the county is the same without it.
 */
function followed(
  seed: number,
  reporting: readonly ReportingStratum[],
  sampling: readonly SamplingStratum[],
): Required<Pick<SummaryInput, 'fates' | 'ineligible'>> {
  const random = randomOf(seed * 37 + 11);
  const most = random.pick([1, 4, 12]);
  return {
    fates: reporting.flatMap(({ no, issued }) =>
      (['drawn', 'replacement'] as const)
        .filter((set) => issued[set] > 0 && random.chance(0.7))
        .map((set) => ({
          reportingStratum: no,
          set,
          optedOut: random.between(0, most),
          wrongNumber: random.between(0, most),
          undeliverable: random.between(0, most),
        })),
    ),
    ineligible: sampling.flatMap(({ no }) => {
      if (!random.chance(0.3)) return [];
      const contacts = random.between(1, 6);
      return [{ samplingStratum: no, contacts, issued: random.between(0, contacts), reason: 'moved' }];
    }),
  };
}

function flagOf(stratum: ReportingStratum): Flag {
  return { kind: 'identical', reportingStratum: stratum.no, lot: null, observed: 5, n: 20, expected: 1 };
}

/** Lets items state at random whether they are scored, core, about the school, and named. */
function stated(random: Random, q: CompiledQuestionnaire): CompiledQuestionnaire {
  const drawn = q.items.map((item) =>
    item.type === 'rating'
      ? {
          ...item,
          scored: random.chance(0.75),
          core: random.chance(0.6),
          about: random.pick(['school', 'county'] as const),
        }
      : item,
  );
  const items = drawn.map((item): CompiledItem => {
    if (item.type !== 'rating') return item;
    let own = drawn.filter((other) => other.type === 'rating' && other.dimension === item.dimension);
    for (const says of ['scored', 'core'] as const) {
      const kept = own.filter((other) => other.type === 'rating' && other[says]);
      if (kept.length > 0) own = kept;
    }
    return { ...item, named: item.scored && random.chance(0.6), ofDimension: own.includes(item) };
  });
  return { ...q, id: `${q.id}-stated`, hash: `${q.id}-stated`.padEnd(64, '0') as ContentHash, items };
}

function questionnaireOf(random: Random, group: Group, more: number): CompiledQuestionnaire {
  const ratings = random.between(1, 4) + more;
  const names = random.chance(0.5) && ratings > 1 ? ['gap', 'effort'] : ['gap'];
  const items: CompiledItem[] = Array.from({ length: ratings }, (_, i) => ({
    type: 'rating',
    id: `q${i + 1}`,
    offset: i,
    width: 1,
    optionIds: options,
    required: false,
    showIf: null,
    dontKnowId: 'dont-know',
    dimension: i % names.length,
    vector: [0, 1, 2, 3],
    ...{ scored: true, core: false, about: null, named: false, ofDimension: true },
  }));
  if (random.chance(0.2))
    items.push({
      type: 'single',
      id: 's1',
      offset: items.length,
      width: 1,
      optionIds: ['yes', 'no'],
      required: false,
      showIf: null,
      dontKnowId: 'dont-know',
    });
  return {
    id: `for-${group}`,
    hash: `for-${group}`.padEnd(64, '0') as ContentHash,
    groups: [group],
    byteLength: items.length,
    items,
    texts: [],
    dimensions: names,
    vectorOptions: options,
  };
}

function profileOf(
  random: Random,
  groups: readonly Group[],
  questionnaires: readonly CompiledQuestionnaire[],
  dimensions: readonly string[],
): RuleProfile {
  const whole: Formula[] = [
    { kind: 'mean', id: 'mean-exclude', title, unit: 'answers', dontKnow: 'exclude', points },
    { kind: 'mean', id: 'mean-include', title, unit: 'answers', dontKnow: 'include', points },
    {
      kind: 'share',
      id: 'share-exclude',
      title,
      unit: 'answers',
      dontKnow: 'exclude',
      satisfied: options.slice(0, 2),
    },
    {
      kind: 'share',
      id: 'share-include',
      title,
      unit: 'answers',
      dontKnow: 'include',
      satisfied: options.slice(0, 3),
    },
    { kind: 'mean', id: 'own-means', title, unit: 'respondents', dontKnow: 'exclude', points },
    {
      kind: 'share',
      id: 'own-shares',
      title,
      unit: 'respondents',
      dontKnow: 'include',
      satisfied: options.slice(0, 2),
    },
  ];
  const chosen = whole.filter(() => random.chance(0.5));
  if (chosen.length === 0) chosen.push(whole[0]!);
  const official = random.pick(chosen).id;
  const everywhere = dimensions.filter((id) => questionnaires.every((q) => q.dimensions.includes(id)));
  if (random.chance(0.3) && everywhere[0])
    chosen.push({ ...whole[0]!, id: 'one-dimension', dimension: everywhere[0] });
  if (random.chance(0.3)) chosen.push({ ...whole[0]!, id: 'one-item', items: ['q1'] });
  const shares = groups.map(() => 1 + random.between(0, 3));
  const total = shares.reduce((a, b) => a + b, 0);
  const sets: CountedSet[] = random.chance(0.4) ? ['drawn', 'replacement'] : ['drawn'];
  return {
    id: 'random',
    version: '1',
    title,
    source: title,
    regime: 'test',
    instrument: title,
    role: { kind: 'gate' },
    threshold: { value: 85, comparison: 'at-least', unit: 'points' },
    official,
    formulas: chosen,
    valid: {
      minAnswered: random.chance(0.5) ? 1 : { shareOfAsked: 0.6 },
      dontKnowCounts: random.chance(0.7),
    },
    groups: groups.map((group, i) => ({
      group,
      weight: shares[i]! / total,
      required: true,
      minValid: random.chance(0.2) ? 10 : 1,
      ...(group === 'principal' && random.chance(0.2) ? { mayMergeWith: 'teacher' as const } : {}),
    })),
    requiredGroupsWithoutQuestionnaire: [],
    channels: random.chance(0.5) ? ['web', 'kiosk', 'paper'] : ['web', 'paper'],
    sets,
    ...weightingOf(random),
    returnRate: {
      numerator: random.chance(0.5) ? 'valid' : 'answered',
      sets: random.chance(0.5) ? ['drawn'] : sets,
      denominator: random.pick(['issued', 'frame', 'quota'] as const),
      cap: 100,
      decimals: 1,
      floor: random.chance(0.3) ? 50 : null,
      floorOf: random.pick(['total', 'each-group'] as const),
    },
    quota: { kind: 'census' },
    replacementRatio: 0,
    minimumCell: random.pick([5, 10, 10]),
    interval: { method: random.pick(['none', 'normal', 't'] as const), level: 0.95 },
    decision: 'point',
    sampling: 'drawn',
    decimals: 1,
  };
}

function weightingOf(random: Random): Pick<RuleProfile, 'withinGroup' | 'adjustment'> {
  if (random.chance(0.2)) return { withinGroup: 'none' };
  const trim = random.pick([null, 2]);
  if (random.chance(0.15)) return { withinGroup: 'strata', adjustment: { kind: 'rake', trim } };
  if (random.chance(0.15)) {
    const by = random.pick(['location', 'grade'] as const);
    return { withinGroup: 'strata', adjustment: { kind: 'post-stratify', by, trim } };
  }
  return { withinGroup: 'strata' };
}

function placesOf(random: Random, groups: readonly Group[], spanning: Random | null) {
  const schools = random.between(3, 30);
  const places: readonly Location[] = (['urban', 'town', 'rural'] as const).slice(0, random.between(1, 3));
  const drawnBy = random.pick(['location', 'school', 'one', 'grade'] as const);
  const by = spanning ? 'location' : drawnBy;
  const grades = random.between(2, 4);
  const located = random.chance(0.8);
  const reporting: ReportingStratum[] = [];
  const sampling: SamplingStratum[] = [];
  const strata = new Map<number, readonly number[]>();
  const stratumOf = (group: Group, key: string, location: Location | null, grade: number | null) => {
    const found = sampling.find((s) => s.group === group && keys.get(s.no) === key);
    if (found) return found.no;
    const no = sampling.length + 1;
    keys.set(no, key);
    sampling.push({
      ...{ no, group, location, grade, kind: 'frame' },
      ...{ frameSize: 0, quota: 0, drawn: 0, replacements: 0 },
    });
    return no;
  };
  const keys = new Map<number, string>();
  for (const group of groups) {
    const isCounty = group === 'principal' || group === 'deputy';
    const own = isCounty ? 1 : group === 'teacher' ? random.between(1, schools) : schools;
    for (let i = 0; i < own; i++) {
      const location = isCounty || !located ? null : places[i % places.length]!;
      const no = reporting.length + 1;
      reporting.push({
        no,
        group,
        level: isCounty ? 'county' : 'school',
        key: isCounty ? '' : `s${i + 1}`,
        name: isCounty ? '' : `School ${i + 1}`,
        schools: isCounty ? [] : [`s${i + 1}` as SchoolId],
        location,
        issued: { drawn: 0, replacement: 0, other: 0 },
      });
      const key = by === 'school' && !isCounty ? String(no) : by === 'location' ? String(location) : 'all';
      const where = by === 'one' ? null : location;
      // A school has some of the grades.
      const first = random.between(1, grades);
      strata.set(
        no,
        by === 'grade' && !isCounty
          ? Array.from({ length: grades - first + 1 }, (_, g) =>
              stratumOf(group, `${String(location)} ${first + g}`, location, first + g),
            )
          : [
              ...Array.from({ length: spanning ? 6 : 1 }, () => stratumOf(group, key, where, null)),
              // Few of its answers are from the other one.
              ...(spanning !== null && !isCounty && located && spanning.chance(0.3)
                ? [spanning.pick(['urban', 'town', 'rural'] as const)].flatMap((other) =>
                    other === location ? [] : [stratumOf(group, other, other, null)],
                  )
                : []),
            ],
      );
    }
  }
  return { reporting, sampling, samplingOf: (stratum: ReportingStratum) => strata.get(stratum.no)! };
}

function respondentsOf(
  random: Random,
  reporting: ReportingStratum,
  strata: readonly number[],
  q: CompiledQuestionnaire,
): Respondent[] {
  const kind = random.next();
  const count =
    reporting.level === 'county' && kind < 0.4
      ? random.between(1, 60)
      : kind < 0.25
        ? random.between(0, 9)
        : kind < 0.6
          ? random.between(8, 20)
          : random.between(15, 60);
  const mood = random.chance(0.12) ? 1 : 0.3 + 0.6 * random.next();
  const silent = random.chance(0.3) ? 0.15 : 0.02;
  const moves = random.chance(0.3) ? 0.1 : 0.01;
  const answer = (item: CompiledItem): number => {
    if (random.chance(silent / 2)) return BLANK;
    if (random.chance(silent)) return DONT_KNOW;
    if (item.showIf !== null) return NOT_ASKED;
    const k = item.optionIds.length;
    if (random.chance(mood)) return 1;
    return random.between(1, k);
  };
  const sheet = () => Uint8Array.from(q.items.map(answer));
  return Array.from({ length: count }, () => {
    const last = sheet();
    const again = random.chance(moves);
    return {
      reporting,
      sampling: random.pick(strata),
      channel: random.chance(0.85) ? 'web' : random.pick(['kiosk', 'paper', 'assisted'] as const),
      set: random.chance(0.9) ? 'drawn' : random.pick(['replacement', 'other'] as const),
      last,
      first: again ? sheet() : last,
      again,
    };
  });
}

function issuedOf(
  random: Random,
  strata: readonly ReportingStratum[],
  respondents: readonly Respondent[],
): ReportingStratum[] {
  return strata.map((stratum) => {
    const of = (set: CountedSet) =>
      respondents.filter((r) => r.reporting.no === stratum.no && r.set === set).length;
    return {
      ...stratum,
      issued: {
        drawn: of('drawn') + random.between(0, 15),
        replacement: of('replacement') + (of('replacement') > 0 ? random.between(0, 5) : 0),
        other: of('other'),
      },
    };
  });
}

function cellsOf(
  profile: RuleProfile,
  questionnaires: ReadonlyMap<number, CompiledQuestionnaire>,
  respondents: readonly Respondent[],
  which: 'last' | 'first',
): TallyCell[] {
  const tallies = new Map<
    string,
    {
      readonly key: Omit<TallyCell, 'bytes'>;
      readonly tally: ReturnType<typeof createTally>;
      readonly q: CompiledQuestionnaire;
    }
  >();
  for (const respondent of respondents) {
    const [no, q] = [...questionnaires].find(
      ([own, { groups }]) =>
        own === respondent.apart ||
        (respondent.apart === undefined && groups.includes(respondent.reporting.group)),
    )!;
    const sheet = respondent[which];
    const key = {
      questionnaire: no,
      samplingStratum: respondent.sampling,
      reportingStratum: respondent.reporting.no,
      channel: respondent.channel,
      set: respondent.set,
      valid: createValidityTest(profile.valid, q)(sheet),
    };
    const name = JSON.stringify(key);
    let own = tallies.get(name);
    if (!own) tallies.set(name, (own = { key, tally: createTally(q), q }));
    foldAnswers(own.tally, own.q, sheet, 1);
  }
  return [...tallies.values()].map(({ key, tally }) => ({ ...key, bytes: encodeTally(tally) }));
}

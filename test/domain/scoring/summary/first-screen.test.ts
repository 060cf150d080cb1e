/** What the first screen says, from figures by hand: headline, ranking, proposals for the report, doubts. */
import { describe, expect, test } from 'vitest';
import type { Estimate, Figure } from '../../../../src/domain/scoring/figure.ts';
import { listDoubts } from '../../../../src/domain/scoring/summary/doubts.ts';
import { headlineOf, isUncertain, toneOf } from '../../../../src/domain/scoring/summary/headline.ts';
import {
  lowestGroups,
  lowestLocations,
  lowestPlaces,
  proposePoints,
  rankDimensions,
} from '../../../../src/domain/scoring/summary/ranking.ts';
import type { SchoolSummary, Summary } from '../../../../src/domain/scoring/summary/summary-types.ts';

const at = (value: number, interval?: readonly [number, number]): Estimate => ({
  kind: 'estimate',
  value,
  formula: 'f',
  n: 100,
  denominator: 100,
  ...(interval && { interval: { low: interval[0], high: interval[1], level: 0.95, method: 't' } }),
});
const hidden: Figure = { kind: 'suppressed', why: 'protected' };
const threshold = { value: 85, comparison: 'at-least', unit: 'points' } as const;
const text = (name: string) => ({ 'zh-CN': name, en: name });

describe('headline', () => {
  test.each([
    ['met', 86.3, [85, 87.7], 'met'],
    ['met', 86.3, [84.99, 87.7], 'met-uncertain'],
    ['met', 85, [85, 85], 'met'],
    ['not-met', 84, [82, 84.99], 'not-met'],
    // The threshold itself is met: an interval that reaches it is not on one side.
    ['not-met', 84, [82, 85], 'not-met-uncertain'],
    ['undecided', 84, [82, 86], 'undecided'],
    ['insufficient', 84, [82, 86], 'insufficient'],
  ] as const)('%s at %d within %j: %s', (kind, value, interval, expected) => {
    const verdict = kind === 'insufficient' ? { kind, reasons: [] } : { kind };
    expect(headlineOf({ verdict, official: at(value, interval), threshold })).toBe(expected);
  });

  test('without an interval nothing is said of certainty', () => {
    expect(isUncertain(at(85), 85)).toBe(false);
    expect(headlineOf({ verdict: { kind: 'met' }, official: at(85), threshold })).toBe('met');
    expect(isUncertain(hidden, 85)).toBe(false);
  });

  test('tones', () => {
    expect(
      (['met', 'met-uncertain', 'not-met', 'not-met-uncertain', 'undecided', 'insufficient'] as const).map(
        toneOf,
      ),
    ).toEqual(['good', 'doubt', 'bad', 'doubt', 'doubt', 'none']);
  });
});

const dimension = (id: string, figure: Figure) => ({ id, title: text(id), figure });
const dimensions = [
  dimension('a', at(90)),
  dimension('b', at(76.2)),
  dimension('c', hidden),
  dimension('d', at(93.6)),
  dimension('e', at(83)),
  dimension('f', at(92.1)),
];
const group = (name: string, figure: Figure, own: readonly (readonly [string, Figure])[] = []) =>
  ({
    group: name,
    figure,
    dimensions: own.map(([id, f]) => dimension(id, f)),
  }) as unknown as Summary['groups'][number];

describe('ranking', () => {
  test('two strongest and two weakest of those shown', () => {
    const { all, strongest, weakest } = rankDimensions({ dimensions });
    expect(all.map(({ of }) => of.id)).toEqual(['d', 'f', 'a', 'e', 'b']);
    expect(strongest.map(({ of }) => of.id)).toEqual(['d', 'f']);
    expect(weakest.map(({ of }) => of.id)).toEqual(['b', 'e']);
  });

  test('of three none stands twice, of one there is no weakest', () => {
    const three = rankDimensions({ dimensions: dimensions.slice(0, 4) });
    expect(three.strongest.map(({ of }) => of.id)).toEqual(['d', 'a']);
    expect(three.weakest.map(({ of }) => of.id)).toEqual(['b']);
    expect(rankDimensions({ dimensions: dimensions.slice(0, 1) }).weakest).toEqual([]);
  });

  test('the groups lowest in a dimension: within a point of the lowest, of at least two', () => {
    const groups = [
      group('parent', at(85), [['b', at(75)]]),
      group('teacher', at(83), [['b', at(74.2)]]),
      group('deputy', at(88), [['b', at(81)]]),
      group('principal', at(91), [['b', hidden]]),
    ];
    expect(lowestGroups({ groups }, 'b')).toEqual(['parent', 'teacher']);
    expect(lowestGroups({ groups: groups.slice(0, 1) }, 'b')).toEqual([]);
    expect(lowestGroups({ groups }, 'z')).toEqual([]);
  });

  const place = (name: string, figure: Figure, more: Partial<SchoolSummary> = {}) =>
    ({ name, figure, level: 'school', group: 'parent', voided: false, ...more }) as SchoolSummary;

  test('lowest places: only those shown, the county and void ones aside', () => {
    const schools = [
      place('A', at(80.4)),
      place('B', hidden),
      place('C', at(77.8)),
      place('D', at(92)),
      place('E', at(79.1)),
      place('county', at(50), { level: 'county' }),
      place('void', at(40), { voided: true }),
    ];
    const { lowest, hidden: count } = lowestPlaces({ schools });
    expect(lowest.map(({ of }) => of.name)).toEqual(['C', 'E', 'A']);
    expect(count).toBe(1);
    expect(lowestPlaces({ schools: [] })).toEqual({ lowest: [], hidden: 0 });
  });

  test('lowest locations by group', () => {
    const locations = [
      {
        location: 'urban',
        groups: [{ group: 'parent', responses: { kind: 'count', value: 1 }, figure: at(90) }],
      },
      {
        location: 'rural',
        groups: [{ group: 'parent', responses: { kind: 'count', value: 1 }, figure: at(80) }],
      },
    ] as Summary['locations'];
    expect(lowestLocations({ locations }).map(({ of }) => of.location)).toEqual(['rural', 'urban']);
  });

  test('two highlights and one problem, the problem with its groups', () => {
    const groups = [group('parent', at(85), [['b', at(75)]]), group('deputy', at(88), [['b', at(81)]])];
    expect(proposePoints({ dimensions, groups, threshold })).toMatchObject({
      highlights: [
        { kind: 'dimension', title: text('d'), meets: true },
        { kind: 'dimension', title: text('f'), meets: true },
      ],
      problem: { kind: 'dimension', title: text('b'), meets: false, groups: ['parent'] },
    });
  });

  test('without dimensions by group; with nothing shown, nothing is proposed', () => {
    const groups = [group('parent', at(80)), group('deputy', at(88))];
    expect(proposePoints({ dimensions: [], groups, threshold })).toMatchObject({
      highlights: [
        { group: 'deputy', meets: true },
        { group: 'parent', meets: false },
      ],
      problem: { group: 'parent', meets: false },
    });
    expect(proposePoints({ dimensions: [dimension('c', hidden)], groups: [], threshold })).toEqual({
      highlights: [],
      problem: null,
    });
  });
});

describe('doubts', () => {
  const calm = {
    signals: [],
    returnRates: [{ group: null, figure: at(83), floor: 70, decimals: 1, denominator: 'issued' }],
    notes: [],
    nonResponse: null,
    threshold,
    official: at(86.3),
    voided: [],
    campaign: { selfAdministered: false } as Summary['campaign'],
    verdict: { kind: 'met' },
  } satisfies Parameters<typeof listDoubts>[0];
  const signal = (kind: Summary['signals'][number]['kind'], reportingStratum: number) => ({
    kind,
    reportingStratum,
    group: 'parent' as const,
    name: '',
    lot: null,
    falseAlarm: 0.01,
  });
  const kindsOf = (s: Parameters<typeof listDoubts>[0]) =>
    listDoubts(s).map((d) => `${d.tone} ${d.kind} ${d.case}`);

  test('what was looked at and found sound is said too', () => {
    expect(kindsOf(calm)).toEqual([
      'good pressure none',
      'good late-reanswers none',
      'good answers none',
      'good return met',
      'good coverage none',
    ]);
  });

  test('signals by what they are about, each stratum once, doubts first', () => {
    const found = listDoubts({
      ...calm,
      signals: [
        signal('pressure', 1),
        signal('pressure', 2),
        signal('identical', 3),
        signal('burst', 3),
        signal('thin-roll', 4),
        signal('late-reanswers', 1),
      ],
      notes: [{ kind: 'stratum-without-answers', samplingStratum: 1, group: 'teacher', frameSize: 9 }],
    });
    expect(found).toEqual([
      { tone: 'doubt', kind: 'pressure', case: 'found', strata: 2 },
      { tone: 'doubt', kind: 'late-reanswers', case: 'found', strata: 1 },
      { tone: 'doubt', kind: 'answers', case: 'found', strata: 1 },
      { tone: 'doubt', kind: 'coverage', case: 'both', rolls: 1, unanswered: 1 },
      { tone: 'good', kind: 'return', case: 'met' },
    ]);
    // A sentence names no number that is zero.
    expect(kindsOf({ ...calm, signals: [signal('thin-roll', 4)] })).toContain('doubt coverage rolls');
    const unanswered = [
      { kind: 'stratum-without-answers', samplingStratum: 1, group: 'teacher', frameSize: 9 } as const,
    ];
    expect(kindsOf({ ...calm, notes: unanswered })).toContain('doubt coverage strata');
  });

  test('a return below the floor is bad only where the rule asks for it', () => {
    const low = {
      group: 'teacher' as const,
      figure: at(60),
      floor: 70,
      decimals: 1,
      denominator: 'issued' as const,
    };
    const s = { ...calm, returnRates: [...calm.returnRates, low] };
    expect(listDoubts(s)[0]).toEqual({
      tone: 'doubt',
      kind: 'return',
      case: 'below',
      total: false,
      groups: ['teacher'],
    });
    const reasons = [{ code: 'return-rate-too-low' as const, group: 'teacher' as const, floor: 70 }];
    expect(listDoubts({ ...s, verdict: { kind: 'insufficient', reasons } })[0]!.tone).toBe('bad');
    expect(kindsOf({ ...calm, returnRates: [{ ...low, floor: null }] })).toContain('good return no-floor');
  });

  test('a failed audit stands first; who ran the survey, and who did not answer, are said', () => {
    const s = {
      ...calm,
      campaign: { selfAdministered: true } as Summary['campaign'],
      notes: [{ kind: 'self-selected' as const }],
      nonResponse: { low: 71.2, high: 88.6, issued: 600, answered: 502 },
      voided: [{ group: 'parent' as const, reportingStratum: 1, reason: '' }],
      verdict: {
        kind: 'insufficient' as const,
        reasons: [{ code: 'audit-failed' as const, differences: 1 }],
      },
    };
    expect(kindsOf(s).slice(0, 5)).toEqual([
      'bad audit failed',
      'doubt self-administered found',
      'doubt self-selected found',
      'doubt non-response crosses',
      'doubt voided found',
    ]);
    // 85 itself is met: from 85 up the verdict stays.
    expect(kindsOf({ ...calm, nonResponse: { ...s.nonResponse, low: 85 } })).toContain(
      'good non-response stays',
    );
  });
});

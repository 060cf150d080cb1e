/** Counting at close. Bodies of leaves are held byte for byte by golden-leaves.test.ts. */
import { describe, expect, test } from 'vitest';
import {
  assertMayCount,
  assertMayEraseCounted,
  countCounty,
  countingOf,
  decideCount,
} from '../../../src/domain/campaign/decide-count.ts';
import { campaignStates, closingSteps } from '../../../src/domain/campaign/life-cycle.ts';
import type { StoredRevision } from '../../../src/domain/model/answer.ts';
import type { CountyCode } from '../../../src/domain/model/ids.ts';
import type { Channel } from '../../../src/domain/model/vocabulary.ts';
import { itemCounts } from '../../../src/domain/scoring/tally/tally.ts';
import { decodeTally } from '../../../src/domain/scoring/tally/tally-bytes.ts';
import type { Flag } from '../../../src/domain/scoring/signals/flags.ts';
import { compiledSample } from '../questionnaire/sample.ts';

const county = '990101' as CountyCode;
const q = compiledSample();
const rating = q.items.findIndex((item) => item.type === 'rating');
const rules = {
  questionnaires: new Map([[1, q]]),
  validity: new Map([[1, () => true]]),
  revisionRule: 2,
  minimumCell: 10,
} as const;
const nothing = { reporting: [], rolls: [], pressure: [], alarms: [], comments: [], reports: [] };

/** All blank but one rating. */
function sheet(code: number): Uint8Array {
  const bytes = new Uint8Array(q.byteLength);
  bytes[q.items[rating]!.offset] = code;
  return bytes;
}
const revision = (no: number, channel: Channel, code: number, stratum = 1): StoredRevision => ({
  revision: no,
  channel,
  questionnaire: 1,
  reportingStratum: stratum,
  samplingStratum: 1,
  set: 'drawn',
  answers: sheet(code),
});

describe('the count of a county', () => {
  const respondents = [
    [revision(1, 'web', 1), revision(2, 'web', 2)],
    // Entered by others on top of the respondent's own, which counts and is the first as well.
    [revision(1, 'web', 1), revision(2, 'paper', 3)],
    [revision(1, 'paper', 3), revision(2, 'web', 2)],
    [revision(1, 'web', 1, 2)],
  ];
  const counted = countCounty(rules, respondents, nothing);
  const optionsOf = (cells: typeof counted.cells) =>
    cells.map(({ reportingStratum, channel, bytes }) => {
      const item = itemCounts(decodeTally(q, bytes), rating);
      return [reportingStratum, channel, ...('options' in item ? item.options.slice(0, 3) : [])];
    });

  test('is of the revisions that count, and of the first ones of the class that counts', () => {
    expect(optionsOf(counted.cells)).toEqual([
      [1, 'web', 1, 2, 0],
      [2, 'web', 1, 0, 0],
    ]);
    expect(optionsOf(counted.firstCells)).toEqual([
      [1, 'web', 2, 1, 0],
      [2, 'web', 1, 0, 0],
    ]);
  });

  test('says how many answered again, by stratum', () => {
    expect(counted.reanswered).toEqual([
      { reportingStratum: 1, respondents: 3, reanswered: 3 },
      { reportingStratum: 2, respondents: 1, reanswered: 0 },
    ]);
    expect(counted.strata).toMatchObject([
      { reportingStratum: 1, answered: 3, valid: 3 },
      { reportingStratum: 2, answered: 1, valid: 1 },
    ]);
  });

  test('counts a respondent who reported of two sources once', () => {
    const strata = Array.from({ length: 10 }, (_, i) => i + 1).flatMap((stratum) =>
      Array.from({ length: 400 }, () => [revision(1, 'web', 1, stratum)]),
    );
    const reports = Array.from({ length: 160 }, (_, i) => ({
      id: Uint8Array.of(i >> 1),
      reportingStratum: 1,
    }));
    const { flags } = countCounty(rules, strata, { ...nothing, pressure: reports });
    expect(flags.filter((flag) => flag.kind === 'pressure')).toMatchObject([
      { reportingStratum: 1, observed: 80, n: 400 },
    ]);
  });

  test('is refused where contents are missing or are no answers', () => {
    const without = [[{ ...revision(1, 'web', 1), answers: null }]];
    expect(() => countCounty(rules, without, nothing)).toThrow('storage.corrupt');
    const withoutLast = [[revision(1, 'web', 1), { ...revision(2, 'web', 2), answers: null }]];
    expect(() => countCounty(rules, withoutLast, nothing)).toThrow('storage.corrupt');
    expect(() => countCounty(rules, [[revision(1, 'web', 200)]], nothing)).toThrow('tally.answers-corrupt');
    // A superseded one has been erased, and is missed by nobody.
    const erased = [[revision(1, 'web', 1), { ...revision(2, 'paper', 2), answers: null }]];
    expect(countCounty(rules, erased, nothing).cells).toHaveLength(1);
  });
});

describe('storing a count', () => {
  const flag = (patch: Partial<Flag>): Flag => ({
    kind: 'identical',
    reportingStratum: 1,
    lot: null,
    observed: 12,
    n: 40,
    expected: 1.5,
    ...patch,
  });
  const counting = { closingStep: 'count' } as const;
  const counted = {
    reanswered: [
      { reportingStratum: 2, respondents: 5, reanswered: 1 },
      { reportingStratum: 1, respondents: 7, reanswered: 0 },
    ],
    flags: [
      flag({ reportingStratum: 2 }),
      flag({ observed: 11 }),
      flag({ observed: 15 }),
      flag({ observed: 15, n: 41 }),
      flag({ kind: 'burst', lot: 3 }),
      flag({ kind: 'burst', lot: 2 }),
    ],
    strata: [],
    first: 'f'.repeat(64),
    last: 'e'.repeat(64),
    comments: [{ reportingStratum: 1, count: 2, hash: 'd'.repeat(64) }],
    reports: [],
  };
  const fates = [
    { reportingStratum: 2, set: 'replacement', optedOut: 1, wrongNumber: 0, undeliverable: 0 },
    { reportingStratum: 2, set: 'drawn', optedOut: 0, wrongNumber: 2, undeliverable: 0 },
    { reportingStratum: 1, set: 'other', optedOut: 0, wrongNumber: 0, undeliverable: 3 },
  ] as const;

  test('states it in an order that tells nothing of who came first', () => {
    const { changes, leaves, trail } = decideCount(
      { campaign: counting, isCounted: false },
      { county, counted, fates },
      1_000,
    );
    expect(changes.reanswered.map((r) => r.reportingStratum)).toEqual([1, 2]);
    expect(changes.fates.map((f) => [f.reportingStratum, f.set])).toEqual([
      [1, 'other'],
      [2, 'drawn'],
      [2, 'replacement'],
    ]);
    expect(leaves.map((leaf) => [leaf.county, leaf.type])).toEqual([
      [county, 'dispositions'],
      ...Array.from({ length: 4 }, () => [county, 'signal']),
    ]);
    expect(leaves[0]!.body).toEqual({
      strata: [],
      reanswers: changes.reanswered,
      first: counted.first,
      last: counted.last,
      comments: counted.comments,
      reports: [],
      fates: changes.fates,
      at: 1_000,
    });
    expect(trail).toEqual([]);
  });

  test('states of each kind, stratum and lot the flag that was observed most', () => {
    const { changes, leaves } = decideCount(
      { campaign: counting, isCounted: false },
      { county, counted, fates },
      1_000,
    );
    expect(changes.flags).toEqual([
      flag({ observed: 15 }),
      flag({ kind: 'burst', lot: 2 }),
      flag({ kind: 'burst', lot: 3 }),
      flag({ reportingStratum: 2 }),
    ]);
    expect(leaves.slice(1).map((leaf) => leaf.body)).toEqual(changes.flags.map((f) => ({ ...f, at: 1_000 })));
  });

  test('is done once, in its step', () => {
    const store = (closingStep: (typeof closingSteps)[number], isCounted: boolean) => () =>
      decideCount({ campaign: { closingStep }, isCounted }, { county, counted, fates }, 1_000);
    expect(store('count', true)).toThrow('campaign.closing-step');
    for (const step of closingSteps.filter((s) => s !== 'count'))
      expect(store(step, false)).toThrow('campaign.closing-step');
    expect(() => {
      assertMayCount(counting, true);
    }).toThrow('campaign.closing-step');
    // What it is made from goes afterwards, and not before.
    expect(() => {
      assertMayEraseCounted(counting, false);
    }).toThrow('campaign.closing-step');
    assertMayEraseCounted(counting, true);
  });

  test('counts are stored from the step after on', () => {
    expect(campaignStates.map((state) => countingOf({ state, closingStep: null }))).toEqual([
      'before',
      'before',
      'done',
      'done',
      'done',
      'done',
    ]);
    expect(closingSteps.map((closingStep) => countingOf({ state: 'closing', closingStep }))).toEqual([
      'before',
      'under-way',
      ...Array.from({ length: 5 }, () => 'done'),
    ]);
  });
});

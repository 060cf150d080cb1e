import { describe, expect, test } from 'vitest';
import {
  decideAnswer,
  decideFirstAnswer,
  isFinal,
  refusalByState,
  refusalOf,
} from '../../../src/domain/answer/decide-answer.ts';
import { campaignStates } from '../../../src/domain/campaign/life-cycle.ts';
import type { CountyCode } from '../../../src/domain/model/ids.ts';
import type { Channel, IssuedSet } from '../../../src/domain/model/vocabulary.ts';
import { compiledSample } from '../questionnaire/sample.ts';

const q = compiledSample();
const county = '990101' as CountyCode;
const campaign = {
  voids: [],
  questionnaires: new Map([[1, q]]),
  groupOf: (): never => {
    throw new Error('nothing is void, so no group is asked for');
  },
};
const place = { county, reportingStratum: 3, questionnaire: 1 };
const entry = { county: null, questionnaire: 1, answers: new Uint8Array(q.byteLength) };

describe('an answer is refused', () => {
  test('by the state of the campaign, before its code is looked up', () => {
    expect(campaignStates.map((state) => [state, refusalByState(state)])).toEqual([
      ['draft', 'closed'],
      ['open', null],
      ['closing', 'closed'],
      ['closed', 'closed'],
      ['released', 'closed'],
      ['voided', 'voided'],
    ]);
  });

  test('where the code is not known, or is of another county than the one named', () => {
    expect(refusalOf(campaign, undefined, entry)).toBe('unknown');
    expect(refusalOf(campaign, place, { ...entry, county: '990102' as CountyCode })).toBe('unknown');
    expect(refusalOf(campaign, place, { ...entry, county })).toBeNull();
    expect(refusalOf(campaign, place, entry)).toBeNull();
  });

  test('where its stratum is void, whatever else is wrong with it', () => {
    const parents = { ...campaign, groupOf: () => 'parent' as const };
    const ofGroup = (group: 'parent' | 'teacher') => ({
      ...parents,
      voids: [{ county, group, reportingStratum: null }],
    });
    expect(refusalOf(ofGroup('parent'), place, { ...entry, questionnaire: 2 })).toBe('voided');
    expect(refusalOf(ofGroup('teacher'), place, entry)).toBeNull();
    const ofStratum = { ...parents, voids: [{ county, group: null, reportingStratum: 4 }] };
    expect(refusalOf(ofStratum, place, entry)).toBeNull();
    expect(refusalOf(ofStratum, { ...place, reportingStratum: 4 }, entry)).toBe('voided');
  });

  test('where it answers another questionnaire, or cannot be counted', () => {
    expect(refusalOf(campaign, place, { ...entry, questionnaire: 2 })).toBe('other-questionnaire');
    expect(refusalOf(campaign, { ...place, questionnaire: 2 }, { ...entry, questionnaire: 2 })).toBe(
      'other-questionnaire',
    );
    const answers = entry.answers.slice();
    answers[q.items.find((item) => item.type === 'rating')!.offset] = 200;
    expect(refusalOf(campaign, place, { ...entry, answers })).toBe('failed');
    expect(refusalOf(campaign, place, { ...entry, answers: answers.subarray(1) })).toBe('failed');
  });

  test('for good only by the campaign that knows the code', () => {
    const results = ['stored', 'closed', 'voided', 'unknown', 'other-questionnaire', 'failed'] as const;
    expect(results.filter(isFinal)).toEqual(['stored', 'other-questionnaire', 'failed']);
  });
});

describe('what an answer changes', () => {
  const again = (
    channel: Channel,
    newest: Channel,
    effective: readonly [number, Channel],
    set: IssuedSet = 'drawn',
  ) =>
    decideAnswer(
      { set },
      {
        newest: { revision: 3, channel: newest },
        effective: { revision: effective[0], channel: effective[1] },
      },
      channel,
      2,
    );

  test('the first one: a row, and its comments are kept', () => {
    expect(decideFirstAnswer({ set: 'drawn' })).toEqual({
      revision: 1,
      effective: null,
      tells: true,
      comments: 'add',
    });
  });

  test('the respondent’s own later one counts, and its comments replace those before', () => {
    const expected = { revision: 4, effective: null, tells: true, comments: 'replace' };
    expect(again('web', 'web', [3, 'web'])).toEqual(expected);
    expect(again('web', 'assisted', [3, 'assisted'])).toEqual(expected);
  });

  test('an entry by others never supersedes the respondent’s own, and is kept behind it', () => {
    const expected = { revision: 4, effective: 2, tells: true, comments: 'leave' };
    expect(again('paper', 'web', [2, 'web'])).toEqual(expected);
    // Under rule 2 a kiosk is no device of the respondent's.
    expect(again('kiosk', 'assisted', [2, 'web'])).toEqual(expected);
    expect(again('paper', 'assisted', [3, 'assisted'])).toEqual({
      revision: 4,
      effective: 4,
      tells: true,
      comments: 'replace',
    });
  });

  test('a test contact’s is stored for the log, and tells nothing', () => {
    expect(decideFirstAnswer({ set: 'canary' })).toMatchObject({
      revision: 1,
      tells: false,
      comments: 'leave',
    });
    expect(again('web', 'web', [3, 'web'], 'canary')).toEqual({
      revision: 4,
      effective: null,
      tells: false,
      comments: 'leave',
    });
  });
});

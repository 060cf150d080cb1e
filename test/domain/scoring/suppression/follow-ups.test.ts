/**
 * Everybody who was asked a follow-up gave an answer that leads to it. What is shown of the follow-up must not reveal
 * how many did if that is hidden.
 */
import { describe, expect, it } from 'vitest';
import type { ContentHash } from '../../../../src/domain/model/ids.ts';
import {
  DONT_KNOW,
  NOT_ASKED,
  type CompiledItem,
  type CompiledQuestionnaire,
} from '../../../../src/domain/questionnaire/compiled.ts';
import type { SummaryInput } from '../../../../src/domain/scoring/summary/summary.ts';
import type { DisclosureRule } from '../../../../src/domain/scoring/suppression/rule.ts';
import { currentDisclosureRule } from '../../../../src/domain/scoring/suppression/rule.ts';
import { withoutBounds } from '../../../../src/audit/disclosure/audit.ts';
import { auditInput, shownSummary } from '../../../support/random-county.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../summary-fixtures.ts';

type Asked = CompiledItem['showIf'];

const scale = ['very-satisfied', 'satisfied', 'basically-satisfied', 'dissatisfied'];
const whole = { required: false, width: 1 } as const;

const rating = (id: string, offset: number, showIf: Asked = null): CompiledItem => ({
  ...{ ...whole, type: 'rating', id, offset, showIf, optionIds: scale, dontKnowId: 'dont-know' },
  ...{ dimension: 0, vector: [0, 1, 2, 3], scored: true, core: false, about: null, named: false },
  ofDimension: true,
});
const single = (id: string, offset: number, showIf: Asked = null): CompiledItem => ({
  ...{ ...whole, type: 'single', id, offset, showIf, optionIds: ['much', 'little', 'other'] },
  dontKnowId: null,
});
const several = (id: string, offset: number, showIf: Asked = null): CompiledItem => ({
  ...{ ...whole, type: 'multiple', id, offset, showIf, optionIds: ['much', 'little', 'other'] },
  ...{ min: 1, max: 3 },
});
const number = (id: string, offset: number, showIf: Asked = null): CompiledItem => ({
  ...{ ...whole, type: 'number', id, offset, showIf, width: 4, optionIds: [], min: 0, max: 20 },
});

function questionnaire(...items: readonly CompiledItem[]): CompiledQuestionnaire {
  return {
    id: 'follow-ups',
    hash: 'follow-ups'.padEnd(64, '0') as ContentHash,
    groups: ['parent'],
    byteLength: items.reduce((sum, item) => sum + item.width, 0),
    items,
    ...{ texts: [], dimensions: ['overall'], vectorOptions: scale },
  };
}

/** Schools of one stratum. `rows`: school, answers, number of people. */
function county(
  q: CompiledQuestionnaire,
  rows: readonly (readonly [number, readonly number[], number])[],
  disclosureRule: DisclosureRule = currentDisclosureRule,
): SummaryInput {
  const schools = [...new Set(rows.map(([school]) => school))].map((no) => reporting(no, 'parent', 60));
  return inputOf(
    parentsOnly({ withinGroup: 'strata' }),
    schools,
    rows.map(([school, answers, times]): Row => ({ reporting: school, sampling: 1, answers, times })),
    { questionnaires: new Map([[1, q]]), samplingStrata: [sampling(1, 'parent', 900)], disclosureRule },
  );
}

/** How many gave one of these answers to the group's item, computed from its follow-up. null: nothing reveals it. */
function askedOf(input: SummaryInput, id: string): number | null {
  const [group] = shownSummary(input).groups;
  const { distribution } = group!.items.find((item) => item.id === id)!;
  if (group!.responses.kind !== 'count') return null;
  if (distribution.kind === 'no-data') return 0;
  if (distribution.kind === 'suppressed') return null;
  return group!.responses.value - distribution.notAsked;
}

const kinds = (input: SummaryInput) =>
  Object.fromEntries(shownSummary(input).groups[0]!.items.map((item) => [item.id, item.distribution.kind]));

/** Cells that the auditor solves. */
async function solvedIn(input: SummaryInput): Promise<readonly string[]> {
  const { solved, mismatches } = await auditInput(input, withoutBounds);
  expect(mismatches).toEqual([]);
  return solved.map(({ cell }) => cell);
}

describe('a follow-up of an answer that one of 121 gave', () => {
  const q = questionnaire(
    ...[rating('q1', 0), rating('q2', 1), rating('load', 2)],
    single('why', 3, { item: 2, codes: [4] }),
  );
  const rows = [1, 2, 3].flatMap((school) => [
    [school, [1, 3, 1, NOT_ASKED], 20] as const,
    [school, [2, 1, 1, NOT_ASKED], 15] as const,
    [school, [4, 2, 1, NOT_ASKED], 5] as const,
  ]);
  const input = (rule?: DisclosureRule) => county(q, [...rows, [1, [3, 2, 4, 1], 1]], rule);

  it('reveals by rule 2 how many gave it', async () => {
    expect(kinds(input(2))).toMatchObject({ load: 'suppressed', why: 'options' });
    expect(askedOf(input(2), 'why')).toBe(1);
    expect(await solvedIn(input(2))).toContain('group parent item load (protected)');
  });

  it('is hidden', async () => {
    expect(kinds(input())).toMatchObject({ load: 'suppressed', why: 'suppressed' });
    expect(await solvedIn(input())).toEqual([]);
  });
});
/** Ordinary answers to q1 and q2 at three schools, and the same answers to the remaining items. */
function plain(rest: readonly number[]): readonly (readonly [number, readonly number[], number])[] {
  return [1, 2, 3].flatMap((school) => [
    [school, [1, 3, ...rest], 20] as const,
    [school, [2, 1, ...rest], 15] as const,
    [school, [4, 2, ...rest], 5] as const,
  ]);
}

const two = [rating('q1', 0), rating('q2', 1)];
/** Asked, with the first option ticked. */
const ticked = 0b11;
const zeros = [0, 0, 0, 0];
const nobody = [255, 255, 255, 255];

/** The last item is below an item that the group hides. */
const cases: Record<
  string,
  { readonly of: string; readonly at: string; readonly input: (rule?: DisclosureRule) => SummaryInput }
> = {
  'after several answers': {
    ...{ of: 'load', at: 'why' },
    input: (rule) =>
      county(
        questionnaire(...two, rating('load', 2), single('why', 3, { item: 2, codes: [1, 2] })),
        [...plain([1, 1]), ...plain([1, 2]), [1, [3, 2, 4, NOT_ASKED], 1]],
        rule,
      ),
  },
  'after 不了解 and an answer': {
    ...{ of: 'load', at: 'why' },
    input: (rule) =>
      county(
        questionnaire(...two, rating('load', 2), single('why', 3, { item: 2, codes: [4, DONT_KNOW] })),
        [
          ...plain([1, NOT_ASKED]),
          ...[1, 2, 3].map((option) => [2, [1, 1, DONT_KNOW, option], 6] as const),
          [1, [3, 2, 4, 1], 1],
        ],
        rule,
      ),
  },
  'with several possible ticks': {
    ...{ of: 'load', at: 'ways' },
    input: (rule) =>
      county(
        questionnaire(...two, rating('load', 2), several('ways', 3, { item: 2, codes: [1] })),
        [...plain([1, ticked]), ...plain([1, 0b101]), [1, [3, 2, 4, 0], 1]],
        rule,
      ),
  },
  'that is a number': {
    ...{ of: 'load', at: 'hours' },
    input: (rule) =>
      county(
        questionnaire(...two, rating('load', 2), number('hours', 3, { item: 2, codes: [1] })),
        [...plain([1, ...zeros]), ...plain([1, 0, 0, 0, 3]), [1, [3, 2, 4, ...nobody], 1]],
        rule,
      ),
  },
  'of a follow-up': {
    ...{ of: 'why', at: 'then' },
    input: (rule) =>
      county(
        questionnaire(
          ...[...two, rating('load', 2)],
          ...[single('why', 3, { item: 2, codes: [4] }), single('then', 4, { item: 3, codes: [1] })],
        ),
        [
          ...plain([1, NOT_ASKED, NOT_ASKED]),
          ...plain([4, 1, 1]),
          ...plain([4, 1, 2]),
          [1, [3, 2, 4, 2, NOT_ASKED], 1],
        ],
        rule,
      ),
  },
};

describe.each(Object.entries(cases))('a follow-up %s', (_, { of, at, input }) => {
  it('reveals by rule 2 how many gave the answer', () => {
    expect(kinds(input(2))[at]).not.toBe('suppressed');
    expect(askedOf(input(2), at)).toBeGreaterThan(0);
  });

  it('is hidden with its parent item', async () => {
    expect(kinds(input())).toMatchObject({ [of]: 'suppressed', [at]: 'suppressed' });
    expect(askedOf(input(), at)).toBeNull();
    expect(await solvedIn(input())).toEqual([]);
  });
});

it('a follow-up that nobody was asked does not reveal that all gave the other answer', () => {
  const q = questionnaire(...two, rating('load', 2), single('why', 3, { item: 2, codes: [2, 3, 4] }));
  const input = (rule?: DisclosureRule) => county(q, plain([1, NOT_ASKED]), rule);
  expect(kinds(input(2))).toMatchObject({ load: 'suppressed', why: 'no-data' });
  expect(kinds(input())).toMatchObject({ load: 'suppressed', why: 'suppressed' });
});

it('a follow-up that few answered is hidden', () => {
  const q = questionnaire(...two, rating('load', 2), single('why', 3, { item: 2, codes: [4] }));
  const rows = [...plain([1, NOT_ASKED]), ...plain([2, NOT_ASKED])];
  const few = [1, 2, 3].map((option) => [option, [1, 1, 4, option], 2] as const);
  expect(kinds(county(q, [...rows, ...few], 2))).toMatchObject({ load: 'options', why: 'options' });
  expect(kinds(county(q, [...rows, ...few]))).toMatchObject({ load: 'options', why: 'suppressed' });
});

it('a follow-up is shown if its parent item is, and enough people gave the answer that leads to it', () => {
  const q = questionnaire(...two, rating('load', 2), single('why', 3, { item: 2, codes: [4] }));
  const asked = [1, 2, 3].map((option) => [option, [1, 1, 4, option], 5] as const);
  const input = county(q, [...plain([1, NOT_ASKED]), ...plain([2, NOT_ASKED]), ...asked]);
  expect(kinds(input)).toEqual({ q1: 'options', q2: 'options', load: 'options', why: 'options' });
});

describe('a rating that follows another one', () => {
  // At the first school, one of 41 gave the answer that leads to it.
  const q = questionnaire(...two, rating('load', 2), rating('help', 3, { item: 2, codes: [4] }));
  const rows = plain([1, NOT_ASKED]);
  const more = [2, 3, 4].flatMap((school) =>
    [1, 2, 3, 4].map((option) => [school, [option, 2, 4, option], 4] as const),
  );
  const fourth = plain([2, NOT_ASKED]).flatMap(([school, answers, times]) =>
    school === 1 ? [] : [[school === 2 ? 4 : school, answers, times] as const],
  );
  const input = (rule?: DisclosureRule) =>
    county(q, [...rows, ...more, ...fourth, [1, [3, 2, 4, 2], 1]], rule);
  const itemsOf = (rule?: DisclosureRule) => {
    const school = shownSummary(input(rule)).schools.find((own) => own.reportingStratum === 1)!;
    return [school.figure.kind, ...school.items.map(({ distribution }) => distribution.kind)];
  };

  it('reveals the number through a school’s denominator by rule 2', () => {
    const [school] = shownSummary(input(2)).schools;
    expect(itemsOf(2).slice(0, 4)).toEqual(['estimate', 'options', 'options', 'suppressed']);
    // 41 people with three answers each, and one more answer of the person asked the fourth item.
    expect(school!.figure).toMatchObject({ denominator: 3 * 41 + 1 });
  });

  it('is hidden at the school with its figure, and nowhere else', () => {
    expect(itemsOf()[0]).toBe('suppressed');
    expect(kinds(input())).toEqual({ q1: 'options', q2: 'options', load: 'options', help: 'options' });
  });
});

describe('a rating that follows an item which is not a rating', () => {
  const unscored = (id: string, offset: number, showIf: Asked): CompiledItem =>
    ({ ...rating(id, offset, showIf), scored: false, ofDimension: false }) as CompiledItem;
  // 360 of 361 gave the first answer and were asked why; all of these were then asked about help.
  const chain = questionnaire(
    ...[...two, rating('load', 2), single('why', 3, { item: 2, codes: [1] })],
    unscored('help', 4, { item: 3, codes: [1, 2, 3] }),
  );
  const rows = [1, 2, 3].flatMap((option) => plain([1, option, option]));
  const hidden = (rule?: DisclosureRule) =>
    county(chain, [...rows, [1, [3, 2, 4, NOT_ASKED, NOT_ASKED], 1]], rule);

  it('reveals by rule 3 how many gave a hidden answer', async () => {
    expect(kinds(hidden(3))).toMatchObject({ load: 'suppressed', why: 'suppressed', help: 'options' });
    expect(askedOf(hidden(3), 'help')).toBe(360);
    expect(await solvedIn(hidden(3))).toContain('group parent item load (protected)');
  });

  it('is hidden with both, and is in no row of a school', async () => {
    expect(kinds(hidden())).toMatchObject({ load: 'suppressed', why: 'suppressed', help: 'suppressed' });
    for (const school of shownSummary(hidden()).schools)
      expect(school.items.map(({ id }) => id)).toEqual(['q1', 'q2', 'load']);
    expect(await solvedIn(hidden())).toEqual([]);
  });

  it('is shown for the group if its parent item is', () => {
    const others = plain([2, NOT_ASKED, NOT_ASKED]);
    expect(kinds(county(chain, [...rows, ...others]))).toMatchObject({
      ...{ load: 'options', why: 'options', help: 'options' },
    });
  });

  it('is hidden with a nearly unanimous parent item', async () => {
    const q = questionnaire(...two, single('way', 2), unscored('bus', 3, { item: 2, codes: [2] }));
    const many = [1, 2, 3, 4].flatMap((option) => plain([2, option]));
    const input = (rule?: DisclosureRule) => county(q, [...many, [1, [3, 2, 1, NOT_ASKED], 1]], rule);
    expect(kinds(input(3))).toMatchObject({ way: 'options', bus: 'options' });
    expect(kinds(input())).toEqual({ q1: 'options', q2: 'options', way: 'suppressed', bus: 'suppressed' });
    expect(await solvedIn(input())).toEqual([]);
  });
});

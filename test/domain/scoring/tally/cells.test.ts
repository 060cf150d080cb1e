import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareTallyKeys,
  countByStratum,
  createCellCounter,
  type AnswerPlace,
} from '../../../../src/domain/scoring/tally/cells.ts';
import { createTally, foldAnswers } from '../../../../src/domain/scoring/tally/tally.ts';
import { encodeTally } from '../../../../src/domain/scoring/tally/tally-bytes.ts';
import { channels, countedSets } from '../../../../src/domain/model/vocabulary.ts';
import { answersOf, mixed } from '../fixtures.ts';

/** Valid: the last byte is even. Any rule does, as long as it is asked of each sheet. */
const isValid = (answers: Uint8Array) => answers.at(-1)! % 2 === 0;
const rules = { questionnaires: new Map([[1, mixed]]), validity: new Map([[1, isValid]]) };
const place: fc.Arbitrary<AnswerPlace> = fc.record({
  questionnaire: fc.constant(1),
  samplingStratum: fc.integer({ min: 0, max: 2 }),
  reportingStratum: fc.integer({ min: 1, max: 3 }),
  channel: fc.constantFrom(...channels),
  set: fc.constantFrom(...countedSets),
});
const counted = fc.array(fc.tuple(place, answersOf(mixed)), { maxLength: 40 });
const cellsOf = (all: readonly (readonly [AnswerPlace, Uint8Array])[]) => {
  const counter = createCellCounter(rules);
  for (const [where, answers] of all) counter.add(where, answers);
  return counter.cells();
};
const nameOf = (where: AnswerPlace, valid: boolean) =>
  [
    where.questionnaire,
    where.samplingStratum,
    where.reportingStratum,
    where.channel,
    where.set,
    valid,
  ].join();

describe('cells of answers', () => {
  it('are the folds of those that belong together, whatever their order', () => {
    fc.assert(
      fc.property(counted, fc.infiniteStream(fc.nat()), (all, keys) => {
        const groups = new Map<string, (typeof all)[number][]>();
        for (const one of all) {
          const name = nameOf(one[0], isValid(one[1]));
          groups.set(name, [...(groups.get(name) ?? []), one]);
        }
        const expected = [...groups].map(([name, own]) => {
          const tally = createTally(mixed);
          for (const [, answers] of own) foldAnswers(tally, mixed, answers, 1);
          return [name, Buffer.from(encodeTally(tally)).toString('hex')];
        });
        const cells = cellsOf(all);
        expect(
          cells.map((cell) => [nameOf(cell, cell.valid), Buffer.from(cell.bytes).toString('hex')]).sort(),
        ).toEqual(expected.sort());
        const shuffled = all
          .map((one) => ({ one, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        expect(cellsOf(shuffled)).toEqual(cells);
      }),
    );
  });

  it('come in the order of the columns of their key, of which the first that differs decides', () => {
    const [web, kiosk] = [channels[0], channels[1]];
    const base = {
      questionnaire: 1,
      samplingStratum: 5,
      reportingStratum: 5,
      channel: web,
      set: countedSets[0],
    };
    const ascending = [
      { ...base, valid: false },
      { ...base, valid: true },
      { ...base, set: countedSets[1], valid: false },
      { ...base, channel: kiosk, valid: false },
      { ...base, reportingStratum: 10, valid: false },
      { ...base, samplingStratum: 6, reportingStratum: 1, valid: false },
      { ...base, questionnaire: 2, samplingStratum: 0, reportingStratum: 1, valid: false },
    ];
    expect(ascending.toReversed().sort(compareTallyKeys)).toEqual(ascending);
  });

  it('say how many answered, and how many validly, by stratum, set and channel', () => {
    fc.assert(
      fc.property(counted, (all) => {
        const expected: Record<string, readonly [number, number]> = {};
        for (const [{ reportingStratum, set, channel }, answers] of all) {
          const name = `${reportingStratum} ${set} ${channel}`;
          const [answered, valid] = expected[name] ?? [0, 0];
          expected[name] = [answered + 1, valid + (isValid(answers) ? 1 : 0)];
        }
        const found = countByStratum(rules.questionnaires, cellsOf(all));
        expect(
          Object.fromEntries(
            found.map((s) => [`${s.reportingStratum} ${s.set} ${s.channel}`, [s.answered, s.valid]]),
          ),
        ).toEqual(expected);
        expect(found).toHaveLength(Object.keys(expected).length);
      }),
    );
  });

  it('refuse what cannot be counted, and count nothing of it', () => {
    const counter = createCellCounter(rules);
    const where: AnswerPlace = {
      questionnaire: 1,
      samplingStratum: 1,
      reportingStratum: 1,
      channel: 'web',
      set: 'drawn',
    };
    const sheet = new Uint8Array(mixed.byteLength).fill(255);
    for (const [bad, answers] of [
      [{ ...where, questionnaire: 2 }, sheet],
      [{ ...where, channel: 'pigeon' as never }, sheet],
      [where, new Uint8Array(1)],
    ] as const)
      expect(() => counter.add(bad, answers)).toThrow(expect.objectContaining({ kind: 'corrupt' }) as never);
    expect(counter.cells()).toEqual([]);
  });
});

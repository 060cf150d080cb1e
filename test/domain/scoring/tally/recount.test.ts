import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createRecount,
  diffTally,
  recountAnswers,
  recountedItem,
} from '../../../../src/domain/scoring/tally/recount.ts';
import { createTally, foldAnswers } from '../../../../src/domain/scoring/tally/tally.ts';
import { encodeTally } from '../../../../src/domain/scoring/tally/tally-bytes.ts';
import { answersOf, mixed } from '../fixtures.ts';

function bothOf(all: readonly Uint8Array[]) {
  const tally = createTally(mixed);
  const recount = createRecount(mixed);
  for (const answers of all) {
    foldAnswers(tally, mixed, answers, 1);
    recountAnswers(recount, answers);
  }
  return { tally, recount };
}

describe('recount', () => {
  it('agrees exactly with the fold', () => {
    fc.assert(
      fc.property(fc.array(answersOf(mixed), { maxLength: 30 }), (all) => {
        const { tally, recount } = bothOf(all);
        expect(diffTally(encodeTally(tally), recount)).toEqual([]);
      }),
    );
  });

  it('reads bytes that lie inside a larger buffer', () => {
    const page = Uint8Array.from([9, 9, 1, 1, 1, 1, 1, 0, 0, 0, 0, 7, 1, 9]);
    const { tally, recount } = bothOf([page.subarray(2, 13)]);
    expect(diffTally(encodeTally(tally), recount)).toEqual([]);
    expect(recountedItem(recount, 5)).toEqual({
      type: 'number',
      n: 1,
      sum: 7,
      sumOfSquares: 49,
      blank: 0,
      notAsked: 0,
    });
  });

  it('notices any single answer that was changed', () => {
    fc.assert(
      fc.property(
        fc.array(answersOf(mixed), { minLength: 1, maxLength: 10 }),
        answersOf(mixed),
        (all, other) => {
          const { recount } = bothOf(all);
          const { tally } = bothOf([other, ...all.slice(1)]);
          const same = Buffer.compare(all[0]!, other) === 0;
          expect(diffTally(encodeTally(tally), recount).length === 0).toBe(same);
        },
      ),
    );
  });

  it('names item, code and group with what was expected and found', () => {
    // r1 very; everything else not asked or blank
    const very = Uint8Array.from([1, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0]);
    const not = Uint8Array.from([3, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0]);
    const { recount } = bothOf([very]);
    const { tally } = bothOf([not]);
    const group = (where: string, code: string, expected: number, found: number) => ({
      what: 'group',
      where,
      code: `a=1 d=0 ${code}`,
      expected,
      found,
    });
    expect(diffTally(encodeTally(tally), recount)).toEqual([
      { what: 'item', where: 'r1', code: 'very', expected: 1, found: 0 },
      { what: 'item', where: 'r1', code: 'not', expected: 0, found: 1 },
      group('', 'sum very', 1, 0),
      group('', 'cross very very', 1, 0),
      group('', 'sum not', 0, 1),
      group('', 'cross not not', 0, 1),
      group('gap', 'sum very', 1, 0),
      group('gap', 'cross very very', 1, 0),
      group('gap', 'sum not', 0, 1),
      group('gap', 'cross not not', 0, 1),
    ]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addTally,
  canFold,
  createTally,
  crossIndex,
  foldAnswers,
  itemCounts,
  scopeGroups,
  type Tally,
} from '../../../../src/domain/scoring/tally/tally.ts';
import { decodeTally, encodeTally } from '../../../../src/domain/scoring/tally/tally-bytes.ts';
import { answersOf, mixed, ratingsOnly } from '../fixtures.ts';

const sheets = fc.array(answersOf(mixed), { maxLength: 30 });

function tallyOf(all: readonly Uint8Array[]): Tally {
  const tally = createTally(mixed);
  for (const answers of all) foldAnswers(tally, mixed, answers, 1);
  return tally;
}
const hex = (tally: Tally) => Buffer.from(encodeTally(tally)).toString('hex');

describe('tally algebra', () => {
  it('does not depend on order', () => {
    fc.assert(
      fc.property(sheets, fc.infiniteStream(fc.nat()), (all, keys) => {
        const shuffled = all
          .map((answers) => ({ answers, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map((x) => x.answers);
        expect(hex(tallyOf(shuffled))).toBe(hex(tallyOf(all)));
      }),
    );
  });

  it('forgets a superseded answer as if it had never come', () => {
    fc.assert(
      fc.property(sheets, answersOf(mixed), fc.nat(30), (all, superseded, at) => {
        const tally = createTally(mixed);
        all.forEach((answers, i) => {
          if (i === at) foldAnswers(tally, mixed, superseded, 1);
          foldAnswers(tally, mixed, answers, 1);
        });
        if (at < all.length) foldAnswers(tally, mixed, superseded, -1);
        expect(hex(tally)).toBe(hex(tallyOf(all)));
      }),
    );
  });

  it('adds as if the responses had been folded together', () => {
    fc.assert(
      fc.property(sheets, sheets, (a, b) => {
        const sum = tallyOf(a);
        addTally(sum, tallyOf(b));
        expect(hex(sum)).toBe(hex(tallyOf([...a, ...b])));
      }),
    );
  });

  it('decodes what it encodes, and encodes that to the same bytes', () => {
    fc.assert(
      fc.property(sheets, (all) => {
        const tally = tallyOf(all);
        const back = decodeTally(mixed, encodeTally(tally));
        expect(hex(back)).toBe(hex(tally));
        expect(back.n).toBe(all.length);
        mixed.items.forEach((_, i) => {
          expect(itemCounts(back, i)).toEqual(itemCounts(tally, i));
        });
        for (let scope = 0; scope <= 2; scope++)
          expect(scopeGroups(back, scope)).toEqual(scopeGroups(tally, scope));
      }),
    );
  });

  it('has the moments of brute force over the respondents', () => {
    const scopes = [
      [0, 1, 2, 6],
      [0, 1],
      [2, 6],
    ];
    fc.assert(
      fc.property(sheets, (all) => {
        const tally = tallyOf(all);
        scopes.forEach((items, scope) => {
          const expected = new Map<string, { n: number; sum: number[]; cross: number[][] }>();
          for (const answers of all) {
            let a = 0;
            let d = 0;
            const v = [0, 0, 0, 0];
            for (const i of items) {
              const item = mixed.items[i]!;
              const code = answers[item.offset]!;
              if (code === 0 || code === 255) continue;
              a++;
              if (code === 254) d++;
              else v[mixed.vectorOptions.indexOf(item.optionIds[code - 1]!)]!++;
            }
            if (a === 0) continue;
            const key = `${a}/${d}`;
            const cell = expected.get(key) ?? {
              n: 0,
              sum: [0, 0, 0, 0],
              cross: [0, 1, 2, 3].map(() => [0, 0, 0, 0]),
            };
            expected.set(key, cell);
            cell.n++;
            for (let x = 0; x < 4; x++) {
              cell.sum[x]! += v[x]!;
              for (let y = 0; y < 4; y++) cell.cross[x]![y]! += v[x]! * v[y]!;
            }
          }
          const found = scopeGroups(tally, scope);
          expect(new Set(found.map((g) => `${g.answered}/${g.dontKnow}`))).toEqual(new Set(expected.keys()));
          for (const group of found) {
            const want = expected.get(`${group.answered}/${group.dontKnow}`)!;
            expect(group.n).toBe(want.n);
            expect(group.sum).toEqual(want.sum);
            for (let x = 0; x < 4; x++)
              for (let y = 0; y < 4; y++) expect(group.cross[crossIndex(4, x, y)]).toBe(want.cross[x]![y]);
          }
        });
      }),
    );
  });
});

describe('tally of one sheet written out by hand', () => {
  it('counts each code where the format puts it', () => {
    // r1 = fairly, r2 = often, r3 = 不了解, s1 = blank, m1 = asked, b and h and i ticked (bits 2, 8, 9), n1 = 300, r4 = not asked
    const answers = Uint8Array.from([2, 1, 254, 255, 0b0000_0101, 0b0000_0011, 0, 0, 1, 44, 0]);
    const tally = tallyOf([answers]);
    expect(itemCounts(tally, 0)).toMatchObject({ options: [0, 1, 0], dontKnow: 0, blank: 0, notAsked: 0 });
    expect(itemCounts(tally, 1)).toMatchObject({ options: [1, 0] });
    expect(itemCounts(tally, 2)).toMatchObject({ options: [0, 0, 0], dontKnow: 1 });
    expect(itemCounts(tally, 3)).toMatchObject({ options: [0, 0], blank: 1 });
    expect(itemCounts(tally, 4)).toEqual({
      type: 'multiple',
      options: [0, 1, 0, 0, 0, 0, 0, 1, 1],
      asked: 1,
      blank: 0,
      notAsked: 0,
    });
    expect(itemCounts(tally, 5)).toEqual({
      type: 'number',
      n: 1,
      sum: 300,
      sumOfSquares: 90_000,
      blank: 0,
      notAsked: 0,
    });
    expect(itemCounts(tally, 6)).toMatchObject({ notAsked: 1 });
    expect(scopeGroups(tally, 0)).toMatchObject([{ answered: 3, dontKnow: 1, n: 1, sum: [0, 1, 0, 1] }]);
  });
});

describe('refusals', () => {
  const sheet = Uint8Array.from([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1]);
  const fault = (change: Record<number, number>) => {
    const bytes = sheet.slice();
    for (const [at, value] of Object.entries(change)) bytes[Number(at)] = value;
    return bytes;
  };
  it.each([
    ['short sheet', sheet.slice(1)],
    ['option the scale lacks', fault({ 0: 4 })],
    ['不了解 where it is not offered', fault({ 1: 254 })],
    ['bit above the last option', fault({ 5: 4 })],
    ['tick of an item not asked', fault({ 4: 2 })],
    ['number above the maximum', fault({ 6: 1 })],
  ])('%s changes nothing', (_, bytes) => {
    const tally = createTally(mixed);
    expect(() => foldAnswers(tally, mixed, bytes, 1)).toThrow('tally.answers-corrupt');
    expect(hex(tally)).toBe(hex(createTally(mixed)));
    expect([canFold(mixed, bytes), canFold(mixed, sheet)]).toEqual([false, true]);
  });

  it('encodes no negative count', () => {
    const tally = createTally(mixed);
    foldAnswers(tally, mixed, sheet, -1);
    expect(() => encodeTally(tally)).toThrow('tally.corrupt');
  });

  it('encodes nothing beyond 2^53 - 1', () => {
    const tally = createTally(mixed);
    tally.n = 2 ** 53;
    expect(() => encodeTally(tally)).toThrow('tally.corrupt');
    tally.n = 2 ** 53 - 1;
    expect(decodeTally(mixed, encodeTally(tally)).n).toBe(2 ** 53 - 1);
  });

  it('decodes no mutilated bytes: cut, prolonged, of another version, padded', () => {
    const bytes = encodeTally(tallyOf([sheet, sheet]));
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeTally(mixed, bytes.slice(0, length))).toThrow('tally.corrupt');
    expect(() => decodeTally(mixed, Uint8Array.from([...bytes, 0]))).toThrow('tally.corrupt');
    expect(() => decodeTally(mixed, Uint8Array.from([2, ...bytes.slice(1)]))).toThrow('tally.corrupt');
    // n = 2 written in two bytes
    expect(() => decodeTally(mixed, Uint8Array.from([1, 0x82, 0, ...bytes.slice(2)]))).toThrow(
      'tally.corrupt',
    );
  });

  it('adds no tally of another questionnaire', () => {
    expect(() =>
      addTally(createTally(mixed), createTally(ratingsOnly('other', ['parent'], ['a']))),
    ).toThrow();
  });
});

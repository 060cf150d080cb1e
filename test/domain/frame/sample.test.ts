import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../src/domain/errors.ts';
import type { SchoolId } from '../../../src/domain/model/ids.ts';
import {
  allocateProportionally,
  drawStratum,
  readDice,
  schoolOfResponse,
  seedFromDice,
} from '../../../src/domain/frame/sample.ts';

const hash = (...parts: (Uint8Array | string)[]) => {
  const h = createHash('sha256');
  for (const p of parts) h.update(p);
  return h.digest('hex');
};
const dice = '31614 25513 62441 52361';

describe('dice', () => {
  test('20 digits from 1 to 6, spaces and full width allowed', () => {
    expect(readDice(dice)).toBe('31614255136244152361');
    expect(readDice('３１６１４２５５１３６２４４１５２３６１')).toBe('31614255136244152361');
    for (const bad of [
      '',
      '123',
      '7'.repeat(20),
      '0'.repeat(20),
      '1'.repeat(30),
      '12'.repeat(10),
      `${dice}x`,
    ]) {
      expect(() => readDice(bad), bad).toThrow(AppError);
    }
  });

  test('seed = SHA-256(root ‖ digits)', () => {
    const root = new Uint8Array(32).fill(9);
    expect(Buffer.from(seedFromDice(root, dice)).toString('hex')).toBe(hash(root, '31614255136244152361'));
  });
});

describe('draw', () => {
  const entries = Array.from({ length: 200 }, (_, i) => ({ entry: new Uint8Array(16).fill(i) }));
  const seed = new Uint8Array(32).fill(3);

  test('the n smallest SHA-256(seed ‖ entry), then the replacements, whatever the order of the roll', () => {
    const expected = entries
      .map((e) => ({ e, key: hash(seed, e.entry) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map((x) => x.e.entry[0]);
    const { drawn, replacements } = drawStratum(seed, [...entries].reverse(), 30, 10);
    expect(drawn.map((e) => e.entry[0])).toEqual(expected.slice(0, 30));
    expect(replacements.map((e) => e.entry[0])).toEqual(expected.slice(30, 40));
  });

  test('a stratum smaller than its number is taken whole', () => {
    const { drawn, replacements } = drawStratum(seed, entries.slice(0, 5), 30, 10);
    expect(drawn).toHaveLength(5);
    expect(replacements).toHaveLength(0);
  });

  test('of two schools the seed decides, and both come up', () => {
    const schools = [{ school: 'a' as SchoolId }, { school: 'b' as SchoolId }];
    const chosen = entries.map((e) => schoolOfResponse(seed, e.entry, schools)?.school);
    expect(chosen).toEqual(
      entries.map((e) => schoolOfResponse(seed, e.entry, [...schools].reverse())?.school),
    );
    // 200 fair coins: fewer than 60 or more than 140 of a kind has a chance below 1e-8.
    const a = chosen.filter((s) => s === 'a').length;
    expect(a).toBeGreaterThan(60);
    expect(a).toBeLessThan(140);
  });
});

describe('allocation', () => {
  test('by largest remainders: 10 over 6, 6, 2 (exact 4.29, 4.29, 1.43) with a minimum of two', () => {
    expect(allocateProportionally(10, [6, 6, 2], 0)).toEqual([4, 4, 2]);
    expect(allocateProportionally(7, [6, 6, 2], 2)).toEqual([3, 2, 2]);
  });

  test('sums to the number, never more than a stratum has, and at least two each where that is possible', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 0, max: 3000 }),
        (sizes, n) => {
          const given = allocateProportionally(n, sizes);
          const total = sizes.reduce((a, b) => a + b, 0);
          expect(given.reduce((a, b) => a + b, 0)).toBe(Math.min(n, total));
          given.forEach((g, i) => {
            expect(g).toBeGreaterThanOrEqual(0);
            expect(g).toBeLessThanOrEqual(sizes[i]!);
          });
          const least = sizes.map((s) => Math.min(2, s));
          if (least.reduce((a, b) => a + b, 0) <= Math.min(n, total))
            given.forEach((g, i) => expect(g).toBeGreaterThanOrEqual(least[i]!));
        },
      ),
    );
  });
});

import { describe, expect, it } from 'vitest';
import {
  forgetAfter,
  nextAttemptAt,
  recentFailures,
  type CounterKind,
} from '../../../src/domain/user/log-in.ts';

const last = 1_000_000;
const delays = (kind: CounterKind, counts: readonly number[]) =>
  counts.map((count) => Math.max(0, nextAttemptAt(kind, { count, last }) - last) / 1000);

describe('delays after failures', () => {
  it('begin after the free ones, double, and end at the cap', () => {
    expect(delays('pair', [0, 1, 5, 6, 7, 8, 15, 16, 1_000_000])).toEqual([0, 0, 0, 1, 2, 4, 512, 900, 900]);
    expect(delays('account', [19, 20, 25, 26, 10_000])).toEqual([0, 1, 32, 60, 60]);
    expect(delays('network', [39, 40, 44, 45])).toEqual([0, 1, 16, 20]);
    expect(nextAttemptAt('own', undefined)).toBe(0);
  });

  it('are forgotten after an hour; a clock that goes back neither forgets nor prolongs', () => {
    expect(recentFailures({ count: 9, last }, last + forgetAfter - 1)).toEqual({ count: 9, last });
    expect(recentFailures({ count: 9, last }, last + forgetAfter)).toBeUndefined();
    expect(recentFailures({ count: 9, last }, last - 5_000_000)).toEqual({
      count: 9,
      last: last - 5_000_000,
    });
    expect(recentFailures(undefined, last)).toBeUndefined();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDifference,
  formatMargin,
  formatShare,
  formatValue,
  verdictReasonParams,
} from '../../../src/domain/scoring/format.ts';

describe('formatValue', () => {
  it.each([
    [84.96, 1, 85, '84.9'],
    [84.9999999, 1, 85, '84.9'],
    [84.5, 0, 85, '84'],
    [85, 1, 85, '85.0'],
    [85, 0, 85, '85'],
    [85.04, 1, 85, '85.0'],
    [85.05, 1, 85, '85.1'],
    // a line that the decimals cannot write: what meets is shown above it, what does not below
    [84.97, 1, 84.96, '85.0'],
    [85.04, 1, 85.04, '85.1'],
    [85.03, 1, 85.04, '85.0'],
    [1.005, 2, null, '1.01'],
    [84.96, 1, null, '85.0'],
    [100, 1, 85, '100.0'],
    [0, 1, 85, '0.0'],
  ])('%d with %i decimals against %s is %s', (value, decimals, threshold, text) => {
    expect(formatValue(value, { decimals, threshold })).toBe(text);
  });

  it('never crosses the line and is never more than one last place off', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.integer({ min: 0, max: 4 }),
        fc.oneof(
          fc.constant(85),
          fc.integer({ min: 1, max: 9999 }).map((x) => x / 100),
        ),
        (value, decimals, threshold) => {
          const text = formatValue(value, { decimals, threshold });
          expect(text).toMatch(decimals === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${decimals}}$`));
          expect(Number(text) >= threshold).toBe(value >= threshold);
          expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(10 ** -decimals + 1e-9);
        },
      ),
    );
  });
});

describe('what nothing judges', () => {
  it('differences and margins are rounded half up, without a sign', () => {
    // 0.35 is a little less than 0.35 in binary, and toFixed makes it 0.3.
    expect(formatDifference(0.35, 1)).toBe('0.4');
    expect(formatDifference(84.95 - 85, 2)).toBe('0.05');
    expect(formatDifference(-0.04, 1)).toBe('0.0');
    expect(formatMargin(2.449, 1)).toBe('2.4');
  });

  it('shares have no trailing zeros and no floating-point noise', () => {
    // 0.29 × 100 is 28.999999999999996.
    expect(formatShare(0.29)).toBe('29');
    expect(formatShare(0.95, 4)).toBe('95');
    expect(formatShare(0.9995, 4)).toBe('99.95');
    expect(formatShare(1 / 3)).toBe('33.3');
  });
});

describe('the parameters of a reason', () => {
  it('never show a rate at the floor that it is below', () => {
    const reason = { code: 'return-rate-below-floor', group: null, rate: 69.96, floor: 70 } as const;
    expect(verdictReasonParams(reason, { decimals: 1, threshold: 70 })).toEqual({
      group: '',
      rate: '69.9',
      floor: 70,
    });
    expect(verdictReasonParams({ code: 'no-data' }, { decimals: 1, threshold: 70 })).toEqual({});
  });
});

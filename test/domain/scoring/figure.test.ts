import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatValue } from '../../../src/domain/scoring/figure.ts';

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
    [1.005, 2, undefined, '1.01'],
    [84.96, 1, undefined, '85.0'],
    [100, 1, 85, '100.0'],
    [0, 1, 85, '0.0'],
  ])('%d with %i decimals against %s is %s', (value, decimals, threshold, text) => {
    expect(formatValue(value, decimals, threshold)).toBe(text);
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
          const text = formatValue(value, decimals, threshold);
          expect(text).toMatch(decimals === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${decimals}}$`));
          expect(Number(text) >= threshold).toBe(value >= threshold);
          expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(10 ** -decimals + 1e-9);
        },
      ),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { readTypedNumber, toAsciiDigits } from '../../src/domain/digits.ts';

describe('digits of all scripts', () => {
  // Independent source: the ICU tables behind Intl.
  const systems = Intl.supportedValuesOf('numberingSystem').flatMap((system) => {
    const format = new Intl.NumberFormat(`en-u-nu-${system}`, { useGrouping: false });
    const own = format.resolvedOptions().numberingSystem === system;
    const digits = Array.from({ length: 10 }, (_, n) => format.format(n));
    return own && digits.every((d) => /^\p{Nd}$/u.test(d)) ? [{ system, digits }] : [];
  });

  test('there are the ones that our languages need', () => {
    const names = systems.map((s) => s.system);
    for (const name of ['arab', 'arabext', 'mong', 'tibt', 'fullwide']) expect(names).toContain(name);
  });

  test.each(systems)('$system', ({ digits }) => {
    expect(digits.map(toAsciiDigits)).toEqual([...'0123456789']);
    expect(readTypedNumber(digits.slice(1, 4).join(''))).toBe(123);
  });

  test('the Arabic thousands separator', () => {
    expect(readTypedNumber('١٬٢٣٤')).toBe(1234);
    expect(readTypedNumber('١٬٢٣')).toBe('not-a-number');
    expect(readTypedNumber('١٫٥')).toBe('not-a-number');
  });

  test('other signs stay as they are', () => {
    expect(toAsciiDigits('a五Ⅴ½٣')).toBe('a五Ⅴ½3');
  });
});

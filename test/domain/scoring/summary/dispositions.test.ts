import { describe, expect, it, test } from 'vitest';
import {
  classifyCases,
  estimateEligibility,
  outcomeRates,
  rateNames,
  type Dispositions,
} from '../../../../src/domain/scoring/summary/dispositions.ts';
import { nonResponseBounds } from '../../../../src/domain/scoring/estimate/non-response.ts';
import { readReference } from '../../../support/reference.ts';

const worked = JSON.parse(readReference('aapor/worked.json')) as Record<
  string,
  { counts: Partial<Dispositions>; e: number; e_default?: number; rates: Record<string, number> }
>;
const none: Dispositions = { I: 0, P: 0, R: 0, NC: 0, O: 0, UH: 0, UO: 0, NE: 0 };

describe('AAPOR’s rates', () => {
  it.each(Object.entries(worked))('worked example %s', (_, { counts, e, e_default, rates }) => {
    const cases = { ...none, ...counts };
    const got = outcomeRates(cases, e);
    expect(Object.keys(rates).sort()).toEqual([...rateNames].sort());
    for (const name of rateNames)
      expect(got[name].numerator / got[name].denominator, name).toBeCloseTo(rates[name]!, 14);
    if (e_default !== undefined) expect(estimateEligibility(cases)).toBeCloseTo(e_default, 14);
  });

  test('from what the service knows', () => {
    const cases = classifyCases({
      issued: 100,
      valid: 60,
      partial: 5,
      optedOut: 3,
      wrongNumber: 4,
      undeliverable: 6,
      ineligible: 2,
    });
    expect(cases).toEqual({ I: 60, P: 5, R: 3, NC: 20, O: 0, UH: 0, UO: 10, NE: 2 });
    const rates = outcomeRates(cases);
    // 60 ⁄ 98; 60 ⁄ (88 + 10 × 88/90); 60 ⁄ 88
    expect(rates.RR1).toEqual({ numerator: 60, denominator: 98 });
    expect(rates.RR3.denominator).toBeCloseTo(88 + 880 / 90, 12);
    expect(rates.RR5).toEqual({ numerator: 60, denominator: 88 });
    expect(() =>
      classifyCases({
        issued: 1,
        valid: 1,
        partial: 1,
        optedOut: 0,
        wrongNumber: 0,
        undeliverable: 0,
        ineligible: 0,
      }),
    ).toThrow('more than codes');
  });

  test('with nobody at all there is no rate, and the unknown count as eligible', () => {
    expect(outcomeRates(none).RR1).toEqual({ numerator: 0, denominator: 0 });
    expect(estimateEligibility({ ...none, UO: 3 })).toBe(1);
  });
});

describe('bounds of non-response', () => {
  const range = { low: 0, high: 100 };
  test('by hand', () => {
    // parents 60 of 100 at 90: 54 … 94; teachers 30 of 30 at 80; weights ¾ and ¼
    const got = nonResponseBounds([
      { weight: 0.75, value: 90, answered: 60, issued: 100, range },
      { weight: 0.25, value: 80, answered: 30, issued: 30, range },
      { weight: 0, value: 10, answered: 0, issued: 0, range },
    ]);
    expect(got).toEqual({ low: 60.5, high: 90.5, issued: 130, answered: 90 });
  });
  test('without an issued code there are none', () => {
    expect(nonResponseBounds([{ weight: 1, value: 90, answered: 5, issued: 0, range }])).toBeNull();
    expect(nonResponseBounds([])).toBeNull();
  });
});

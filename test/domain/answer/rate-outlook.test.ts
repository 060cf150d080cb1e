import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dailyBands,
  forecast,
  listNeedy,
  missingTo,
  totalBand,
  type Snapshot,
} from '../../../src/domain/answer/rate-outlook.ts';
import {
  buildRateRows,
  coarseRate,
  openRateStep,
  type RateRow,
} from '../../../src/domain/answer/rate-view.ts';
import type { Group } from '../../../src/domain/model/vocabulary.ts';

const day = 86_400_000;
const row = (group: Group, issued: number, valid: number, more: Partial<RateRow> = {}): RateRow => ({
  group,
  level: null,
  name: '',
  set: 'drawn',
  issued,
  value: { kind: 'coarse', answered: valid, valid, step: openRateStep(issued) },
  ...more,
});

describe('a total', () => {
  test('is the sum of the groups’ bands, rounded outwards', () => {
    // 400 × 60–65 % and 100 × 50–55 %: 290 to 315 of 500.
    expect(totalBand([row('parent', 400, 60), row('teacher', 100, 50)], 'valid')).toEqual({
      low: 55,
      high: 65,
      issued: 500,
    });
    expect(totalBand([], 'valid')).toBeNull();
    // Replacements, single units and groups that are too small to show are not in it.
    const others = [
      row('parent', 80, 95, { set: 'replacement' }),
      row('parent', 40, 95, { level: 'school', name: '甲' }),
      row('deputy', 8, 0, { issued: null, value: { kind: 'hidden', why: 'small-cell' } }),
    ];
    expect(totalBand([row('parent', 400, 60), row('teacher', 100, 50), ...others], 'valid')).toEqual({
      low: 55,
      high: 65,
      issued: 500,
    });
  });

  test('holds the true rate, and depends on nothing but what the snapshot shows', () => {
    const group = fc.record({
      issued: fc.integer({ min: 10, max: 900 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 5 }), (groups) => {
        const counts = groups.map((g) => Math.round(g.issued * g.share));
        const rows = groups.map((g, i) => row('parent', g.issued, coarseRate(counts[i]!, g.issued)));
        const band = totalBand(rows, 'valid')!;
        const rate = (100 * counts.reduce((a, b) => a + b)) / groups.reduce((n, g) => n + g.issued, 0);
        expect(band.low).toBeLessThanOrEqual(rate + 1e-9);
        expect(band.high).toBeGreaterThanOrEqual(rate - 1e-9);
        expect([band.low % 5, band.high % 5]).toEqual([0, 0]);
      }),
    );
  });

  test('two counts that the snapshot shows alike give the same figures everywhere', () => {
    const strata = [
      {
        no: 1,
        group: 'parent',
        level: 'county',
        key: '',
        name: '',
        schools: [],
        location: null,
        issued: { drawn: 60, replacement: 0, other: 0 },
      },
    ] as unknown as Parameters<typeof buildRateRows>[0];
    const rows = (answered: number) =>
      buildRateRows(
        strata,
        [{ reportingStratum: 1, set: 'drawn', answered, valid: answered }],
        10,
        new Set(),
      );
    expect(rows(31)).toEqual(rows(32));
    expect(totalBand(rows(31), 'valid')).toEqual(totalBand(rows(32), 'valid'));
    expect(listNeedy(rows(31), 'valid', 70, 9)).toEqual(listNeedy(rows(32), 'valid', 70, 9));
  });
});

describe('a forecast', () => {
  const snapshots = (...lows: number[]): Snapshot[] =>
    lows.map((low, i) => ({ at: i * day, rows: [row('parent', 400, low)] }));
  test('goes on at the slowest and the fastest pace that the last three days allow', () => {
    const days = dailyBands(snapshots(20, 30, 40, 50), 'valid');
    // 25–50 → 20–55 in three days: 8⅓ to 11⅔ a day, two days more.
    expect(forecast(days, 5 * day)).toEqual({ low: 65, high: 80 });
    expect(forecast(days, 3 * day)).toEqual({ low: 50, high: 55 });
    // Earlier days do not matter, and the calendar does not either.
    const start = Date.parse('2026-05-01T22:00:00Z');
    const later = dailyBands(snapshots(0, 0, 20, 30, 40, 50), 'valid').map((d) => ({
      ...d,
      at: d.at + start,
    }));
    expect(forecast(later, start + 7 * day)).toEqual({ low: 65, high: 80 });
  });
  test('never falls, never passes 100, and needs two days', () => {
    expect(forecast(dailyBands(snapshots(90, 95), 'valid'), 30 * day)).toEqual({ low: 95, high: 100 });
    expect(forecast(dailyBands(snapshots(60, 60, 60, 60), 'valid'), 6 * day)!.low).toBe(60);
    expect(forecast(dailyBands(snapshots(60), 'valid'), 6 * day)).toBeNull();
    expect(forecast([], day)).toBeNull();
  });
});

describe('what is missing', () => {
  test('is rounded to five, and not told where the band holds the floor', () => {
    expect(missingTo(70, { low: 60, high: 65 }, 600)).toEqual({ kind: 'about', count: 45 });
    expect(missingTo(70, { low: 65, high: 70 }, 75)).toEqual({ kind: 'few' });
    expect(missingTo(70, { low: 68, high: 73 }, 75)).toEqual({ kind: 'few' });
    expect(missingTo(70, { low: 70, high: 75 }, 75)).toEqual({ kind: 'reached' });
  });
  test('units that lack most come first; small and hidden ones are not listed', () => {
    const unit = (name: string, issued: number, valid: number) =>
      row('parent', issued, valid, { level: 'school', name });
    const rows = [
      row('parent', 200, 50),
      unit('甲', 48, 45),
      unit('乙', 56, 30),
      unit('丙', 8, 0),
      unit('丁', 60, 70),
      unit('己', 10, 0),
      row('parent', 5, 0, {
        level: 'school',
        name: '戊',
        issued: null,
        value: { kind: 'hidden', why: 'small-cell' },
      }),
      row('deputy', 75, 50),
    ];
    expect(listNeedy(rows, 'valid', 70, 9).map((u) => [u.row.group, u.row.name, u.count])).toEqual([
      ['parent', '乙', 20],
      ['deputy', '', 15],
      ['parent', '甲', 10],
      ['parent', '己', 5],
    ]);
    expect(listNeedy(rows, 'valid', 70, 1)).toHaveLength(1);
  });
});

import { describe, expect, it, test } from 'vitest';
import type { SchoolId } from '../../../../src/domain/model/ids.ts';
import {
  combinedResponse,
  expectedHalfWidth,
  invitationsFor,
  planVisibility,
  sampleSize,
} from '../../../../src/domain/scoring/planner/planner.ts';

describe('sample size', () => {
  test('385 for ±5 points at worst; 370 of 10,000; everybody of a handful', () => {
    // (1.959964 × 50 ⁄ 5)² = 384.15; 384.15 ⁄ 1.038415 = 369.9
    const worst = { halfWidth: 5, level: 0.95, deviation: 50 };
    expect(sampleSize({ ...worst, population: null })).toBe(385);
    expect(sampleSize({ ...worst, population: 10_000 })).toBe(370);
    expect(sampleSize({ ...worst, population: 10 })).toBe(10);
    expect(sampleSize({ ...worst, population: null, deff: 2 })).toBe(769);
    expect(sampleSize({ ...worst, halfWidth: 0, population: 12 })).toBe(12);
  });
  test('its reverse', () => {
    expect(expectedHalfWidth(385, { level: 0.95, deviation: 50, population: null })).toBeLessThan(5);
    expect(expectedHalfWidth(384, { level: 0.95, deviation: 50, population: null })).toBeGreaterThan(5);
    expect(expectedHalfWidth(20, { level: 0.95, deviation: 50, population: 20 })).toBe(0);
    expect(expectedHalfWidth(0, { level: 0.95, deviation: 50, population: 20 })).toBe(Infinity);
  });
  test('600 valid at 28–38 % (domain.md: 1,560–2,150)', () => {
    expect(invitationsFor(600, 0.384)).toBe(1563);
    expect(invitationsFor(600, 0.279)).toBe(2151);
    expect(invitationsFor(600, 0)).toBe(Infinity);
  });
  test('channels one after another: 30 % and then half of the rest are 65 %', () => {
    expect(combinedResponse([0.3, 0.5])).toBeCloseTo(0.65, 12);
    expect(combinedResponse([])).toBe(0);
  });
});

describe('which cells will be visible', () => {
  const schools = Array.from({ length: 59 }, (_, i) => ({
    id: `s${i}` as SchoolId,
    name: `School ${i}`,
    location: 'rural' as const,
    township: `T${i % 7}`,
    parent: null,
  }));
  const plan = (invited: number) =>
    planVisibility(
      schools,
      [
        {
          group: 'parent',
          invited,
          response: 0.4,
          contacts: schools.map((s) => ({ school: s.id, count: 800 })),
        },
        {
          group: 'principal',
          invited: 59,
          response: 1,
          contacts: schools.map((s) => ({ school: s.id, count: 1 })),
        },
      ],
      10,
    );
  it('300 parents over 59 schools: no school, the townships; 1,475 are needed for all', () => {
    const { cells, groups } = plan(300);
    // 25 codes a school for 10 answers at 40 %: 59 × 25
    expect(groups[0]).toEqual({ group: 'parent', schools: 59, visibleSchools: 0, invitedForAll: 1475 });
    const parents = cells.filter((cell) => cell.group === 'parent');
    expect(new Set(parents.map((cell) => cell.level))).toEqual(new Set(['township']));
    expect(parents.reduce((sum, cell) => sum + cell.issued, 0)).toBeCloseTo(300, 9);
  });
  it('exactly as many show every school, one fewer none', () => {
    expect(plan(1475).groups[0]!.visibleSchools).toBe(59);
    expect(plan(1474).groups[0]!.visibleSchools).toBe(0);
  });
  it('principals are at county level, whatever is invited', () => {
    const { cells, groups } = plan(300);
    expect(groups[1]).toEqual({ group: 'principal', schools: 59, visibleSchools: 0, invitedForAll: null });
    expect(cells.filter((cell) => cell.group === 'principal')).toMatchObject([
      { level: 'county', issued: 59, visible: true },
    ]);
  });
});

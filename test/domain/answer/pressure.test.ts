import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countPressure, readPressure } from '../../../src/domain/answer/pressure.ts';
import type { StratifiedSchool } from '../../../src/domain/frame/reporting-strata.ts';
import type { ReportingStratum } from '../../../src/domain/frame/strata.ts';
import type { SchoolId } from '../../../src/domain/model/ids.ts';
import { pressureSources } from '../../../src/domain/model/vocabulary.ts';

const school = (id: string, township: string, parent: string | null = null): StratifiedSchool => ({
  id: id as SchoolId,
  name: `school ${id}`,
  location: 'rural',
  township,
  parent: parent as SchoolId | null,
});
const schools = [school('a', 'north'), school('b', 'north'), school('c', 'south'), school('d', 'south', 'c')];
const stratum = (no: number, id: string, group: 'parent' | 'teacher' = 'parent'): ReportingStratum => ({
  no,
  group,
  level: 'school',
  key: id,
  name: `school ${id}`,
  schools: [id as SchoolId],
  location: 'rural',
  issued: { drawn: 50, replacement: 0, other: 0 },
});
const strata = [
  stratum(1, 'a'),
  stratum(2, 'b'),
  stratum(3, 'c'),
  stratum(4, 'd'),
  stratum(5, 'a', 'teacher'),
];
const reports = (counts: readonly number[]) =>
  counts.flatMap((n, i) =>
    Array.from({ length: n }, (_, k) => ({
      id: new Uint8Array([i, k >> 8, k & 255]),
      source: pressureSources[k % 3]!,
      reportingStratum: i + 1,
    })),
  );
const places = (counts: readonly number[]) =>
  countPressure(strata, schools, reports(counts), 10).places.map((p) => [
    p.group,
    p.level,
    p.name,
    p.respondents,
  ]);

describe('counting reports of pressure', () => {
  it('leaves a large place where it is', () => {
    expect(places([12, 0, 0, 0, 0])).toEqual([['parent', 'school', 'school a', 12]]);
    // The minimum itself is enough.
    expect(places([10, 0, 0, 0, 0])).toEqual([['parent', 'school', 'school a', 10]]);
  });
  it('counts a small one a level up: with its central school, in its township', () => {
    expect(places([12, 0, 6, 5, 0])).toEqual([
      ['parent', 'school', 'school a', 12],
      ['parent', 'parent-school', 'school c', 11],
    ]);
    expect(places([6, 6, 0, 0, 0])).toEqual([['parent', 'township', 'north', 12]]);
  });
  it('moves a place of schools in two townships into neither', () => {
    const both = { ...stratum(1, 'a'), level: 'parent-school' as const, schools: ['a', 'c'] as SchoolId[] };
    const counted = countPressure([both, stratum(2, 'b')], schools, reports([6, 6]), 10);
    expect(counted.places.map((p) => [p.group, p.level, p.name, p.respondents])).toEqual([
      ['parent', 'location', 'rural', 12],
    ]);
  });
  it('drops nobody: one report alone stands for the county', () => {
    expect(places([1, 0, 0, 0, 0])).toEqual([[null, 'county', '', 1]]);
    expect(places([0, 0, 0, 0, 0])).toEqual([]);
  });
  it('gives a small remainder company, so that it does not follow by subtraction', () => {
    expect(places([30, 12, 0, 0, 3])).toEqual([
      ['parent', 'school', 'school a', 30],
      [null, 'county', '', 15],
    ]);
  });
  it('counts a respondent who names several sources once', () => {
    const one = (source: (typeof pressureSources)[number]) => ({
      id: new Uint8Array([1]),
      source,
      reportingStratum: 1,
    });
    const count = countPressure(strata, schools, pressureSources.map(one), 10);
    expect([count.respondents, count.sources]).toEqual([
      1,
      { school: 1, officials: 1, other: 1, watched: 1 },
    ]);
  });
  it('adds up, and shows no small place beside others, whatever was reported', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { minLength: 5, maxLength: 5 }), (counts) => {
        const total = counts.reduce((a, b) => a + b, 0);
        const count = countPressure(strata, schools, reports(counts), 10);
        const shown = count.places.map((p) => p.respondents);
        expect(count.respondents).toBe(total);
        expect(shown.reduce((a, b) => a + b, 0)).toBe(total);
        if (shown.length > 1) expect(Math.min(...shown)).toBeGreaterThanOrEqual(10);
      }),
    );
  });
});

describe('reading a report of pressure', () => {
  it('takes none for none, and words alone for somebody', () => {
    for (const none of [undefined, null, '', 'none'])
      expect(readPressure(none, '')).toEqual({ ok: true, report: null });
    expect(readPressure('school', undefined)).toEqual({ ok: true, report: { source: 'school', body: '' } });
    expect(readPressure('school', ' x ')).toEqual({ ok: true, report: { source: 'school', body: 'x' } });
    expect(readPressure(undefined, 'x')).toEqual({ ok: true, report: { source: 'other', body: 'x' } });
    expect(readPressure('school', 'x'.repeat(301)).ok).toBe(false);
    for (const bad of ['police', ['school', 'other'], 7, {}]) expect(readPressure(bad, '').ok).toBe(false);
    expect(readPressure('school', ['a', 'b']).ok).toBe(false);
  });
});

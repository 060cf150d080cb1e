import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SchoolId } from '../../../src/domain/model/ids.ts';
import {
  buildReportingStrata,
  findReportingStratum,
  type IssueCount,
  type StratifiedSchool,
} from '../../../src/domain/frame/reporting-strata.ts';

const school = (id: string, over: Partial<StratifiedSchool> = {}): StratifiedSchool => ({
  id: id as SchoolId,
  name: `School ${id}`,
  location: 'rural',
  township: 'T1',
  parent: null,
  ...over,
});
const parents = (id: string, count: number): IssueCount => ({
  group: 'parent',
  school: id as SchoolId,
  set: 'drawn',
  count,
});
const shape = (schools: StratifiedSchool[], counts: IssueCount[]) =>
  buildReportingStrata(schools, counts, 10).map((s) => [
    s.level,
    s.key,
    [...s.schools].sort(),
    s.issued.drawn,
  ]);

describe('merging upward', () => {
  test('a school with enough stands alone', () => {
    expect(shape([school('a')], [parents('a', 10)])).toEqual([['school', 'a', ['a'], 10]]);
  });

  test('teaching points go to their central school', () => {
    const schools = [school('c'), school('p', { parent: 'c' as SchoolId }), school('x')];
    expect(shape(schools, [parents('c', 12), parents('p', 3), parents('x', 20)])).toEqual([
      ['parent-school', 'c', ['c', 'p'], 15],
      ['school', 'x', ['x'], 20],
    ]);
  });

  test('small ones of a township merge, what is small still goes to its location, then to the county', () => {
    const schools = [
      school('a'),
      school('b'),
      school('c', { township: 'T2' }),
      school('d', { township: 'T3' }),
      school('e', { township: 'T4', location: 'urban' }),
      school('f', { township: 'T5', location: 'urban' }),
    ];
    const strata = shape(schools, [
      parents('a', 6),
      parents('b', 5),
      parents('c', 6),
      parents('d', 7),
      parents('e', 4),
      parents('f', 30),
    ]);
    // e alone (4) would be what is left over: it takes the smallest other stratum, T1 with 11, to itself.
    expect(new Set(strata.map((s) => JSON.stringify(s)))).toEqual(
      new Set([
        JSON.stringify(['school', 'f', ['f'], 30]),
        JSON.stringify(['location', 'rural', ['c', 'd'], 13]),
        JSON.stringify(['county', '', ['a', 'b', 'e'], 15]),
      ]),
    );
  });

  test('principals and deputies are of the county, however many', () => {
    const counts: IssueCount[] = [{ group: 'principal', school: 'a' as SchoolId, set: 'drawn', count: 500 }];
    expect(shape([school('a'), school('b')], counts)).toEqual([['county', '', ['a', 'b'], 500]]);
  });

  test('no cell below the minimum unless the whole group is, nobody lost, every school has one place', () => {
    const generator = fc.integer({ min: 1, max: 25 }).chain((n) =>
      fc.array(
        fc.record({
          township: fc.constantFrom('T1', 'T2', 'T3', ''),
          location: fc.constantFrom('urban', 'town', 'rural', null),
          parent: fc.option(fc.integer({ min: 0, max: n - 1 }), { nil: null }),
          count: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 200 })),
        }),
        { minLength: n, maxLength: n },
      ),
    );
    fc.assert(
      fc.property(generator, fc.integer({ min: 0, max: 15 }), (rows, homeless) => {
        const schools = rows.map((r, i) =>
          school(`s${i}`, {
            township: r.township,
            location: r.location as 'urban' | null,
            parent: r.parent === null || r.parent === i ? null : (`s${r.parent}` as SchoolId),
          }),
        );
        const counts: IssueCount[] = [
          ...rows.map((r, i) => parents(`s${i}`, r.count)),
          { group: 'parent', school: null, set: 'drawn', count: homeless },
        ];
        const strata = buildReportingStrata(schools, counts, 10);
        const total = counts.reduce((n, c) => n + c.count, 0);
        expect(strata.reduce((n, s) => n + s.issued.drawn, 0)).toBe(total);
        if (total >= 10) for (const s of strata) expect(s.issued.drawn).toBeGreaterThanOrEqual(10);
        else expect(strata).toHaveLength(1);
        const places = strata.flatMap((s) => s.schools);
        expect([...places].sort()).toEqual(schools.map((s) => s.id).sort());
        expect(strata.map((s) => s.no)).toEqual(strata.map((_, i) => i + 1));
        for (const s of schools)
          expect(findReportingStratum(strata, 'parent', s.id)?.schools).toContain(s.id);
        expect(findReportingStratum(strata, 'parent', null)).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });
});

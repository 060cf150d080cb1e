import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  distanceKm,
  drawSampleSchools,
  sampleSeed,
  visitingOrder,
} from '../../../src/domain/inspection/sample-schools.ts';
import { sampleRecord } from '../../../src/domain/inspection/sample.ts';
import type { InspectionState } from '../../../src/domain/inspection/record.ts';
import type { SchoolId } from '../../../src/domain/model/ids.ts';
import type { School } from '../../../src/domain/model/school.ts';
import {
  locations,
  ownerships,
  schoolCategories,
  schoolLevels,
  type SchoolCategory,
} from '../../../src/domain/model/vocabulary.ts';

const root = new Uint8Array(32).fill(7);
const dice = '3161 2455 1362 4415 2361 5542';
const school = (id: string, patch: Partial<School> = {}): School => ({
  ...{
    id: id as SchoolId,
    name: id,
    code: null,
    aliases: [],
    category: 'primary',
    location: 'rural',
    level: 'weak',
  },
  ...{ ownership: 'public', pupils: 100, staff: 10, township: '', parent: null },
  ...patch,
});
const county = fc
  .array(
    fc.record({
      category: fc.constantFrom(...schoolCategories),
      location: fc.constantFrom(...locations, null),
      level: fc.constantFrom(...schoolLevels, null),
      ownership: fc.constantFrom(...ownerships),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((list) => list.map((patch, i) => school(`S${i}`, patch)));

/** Written anew from the rule on the page: strata in the order of their names, places, then the smallest hashes, public schools first. */
function repeat(schools: readonly School[], count: number): string[] {
  const hash = (...parts: (Uint8Array | string)[]) => {
    const h = createHash('sha256');
    for (const p of parts) h.update(p);
    return h.digest();
  };
  const seed = hash(root, dice.replaceAll(' ', ''), 'sample schools');
  const own = schools.filter((s) => s.category !== 'other');
  const name = (s: School) =>
    `${s.category} ${s.location === 'rural' ? 'rural' : 'town'} ${s.level ?? 'medium'}`;
  const names = [...new Set(own.map(name))].sort();
  const strata = names.map((n) => {
    const list = own.filter((s) => name(s) === n);
    const weight = list.length * (n.endsWith('weak') ? 2 : 1);
    return { n, list, weight, places: 0 };
  });
  let rest = Math.min(count, own.length);
  for (const category of new Set(names.map((n) => n.split(' ')[0]))) {
    const [best] = strata.filter((s) => s.n.startsWith(`${category} `)).sort((a, b) => b.weight - a.weight);
    if (rest > 0 && best) {
      best.places = 1;
      rest--;
    }
  }
  while (rest > 0) {
    const open = strata.filter((s) => s.places < s.list.length);
    const total = open.reduce((n, s) => n + s.weight, 0);
    const wanted = Math.min(rest, total);
    const exact = open.map((s) => (wanted * s.weight) / total);
    const shares = exact.map(Math.floor);
    let left = wanted - shares.reduce((a, b) => a + b, 0);
    const byRemainder = open
      .map((_, i) => i)
      .sort((a, b) => exact[b]! - shares[b]! - (exact[a]! - shares[a]!) || a - b);
    while (left > 0)
      for (const i of byRemainder)
        if (left > 0 && shares[i]! < open[i]!.weight) {
          shares[i]!++;
          left--;
        }
    for (const [i, s] of open.entries()) {
      const more = Math.min(shares[i]!, s.list.length - s.places);
      s.places += more;
      rest -= more;
    }
  }
  return strata.flatMap((s) =>
    s.list
      .map((one) => ({ one, key: hash(seed, one.id).toString('hex') }))
      .sort((a, b) =>
        a.one.ownership === b.one.ownership
          ? a.key < b.key
            ? -1
            : 1
          : a.one.ownership === 'public'
            ? -1
            : 1,
      )
      .slice(0, s.places)
      .map(({ one }) => one.id),
  );
}

describe('the draw of sample schools', () => {
  it('is repeated by code that shares nothing with it', () => {
    fc.assert(
      fc.property(county, fc.integer({ min: 1, max: 12 }), (schools, count) => {
        if (schools.every((s) => s.category === 'other')) return;
        const drawn = drawSampleSchools(schools, sampleSeed(root, dice), count);
        expect(drawn.schools).toEqual(repeat(schools, count));
        expect(new Set(drawn.schools).size).toBe(drawn.schools.length);
      }),
      { numRuns: 200 },
    );
  });
  it('does not depend on the order of the list, and does on the dice', () => {
    const schools = Array.from({ length: 40 }, (_, i) => school(`S${i}`));
    const of = (list: readonly School[], thrown: string) =>
      drawSampleSchools(list, sampleSeed(root, thrown), 8).schools;
    expect(of([...schools].reverse(), dice)).toEqual(of(schools, dice));
    expect(of(schools, '1234 5612 3456 1234 5612')).not.toEqual(of(schools, dice));
    expect(() => sampleSeed(root, '123')).toThrow('draw.dice');
  });
  it('has every category, and mainly weak and public schools', () => {
    const kinds: readonly SchoolCategory[] = [
      'primary',
      'teaching-point',
      'junior',
      'nine-year',
      'complete-secondary',
    ];
    const schools = kinds.flatMap((category) =>
      Array.from({ length: 12 }, (_, i) =>
        school(`${category}${i}`, {
          category,
          level: (['good', 'medium', 'weak'] as const)[i % 3]!,
          ownership: i < 3 ? 'private' : 'public',
        }),
      ),
    );
    const { schools: ids } = drawSampleSchools(schools, sampleSeed(root, dice), 8);
    const drawn = ids.map((id) => schools.find((s) => s.id === id)!);
    expect(new Set(drawn.map((s) => s.category)).size).toBe(5);
    expect(drawn.filter((s) => s.level === 'weak').length).toBeGreaterThanOrEqual(5);
    expect(drawn.every((s) => s.ownership === 'public')).toBe(true);
  });
});

const state = (patch: Partial<InspectionState> = {}): InspectionState => ({
  campaign: { id: 'c', state: 'open' },
  ...{ county: '990101' as never, countyName: 'x', root, latest: {}, gates: null, count: 0 },
  schools: Array.from({ length: 12 }, (_, i) => school(`S${i}`)),
  ...patch,
});
const apply = (before: typeof sampleRecord.empty, change: object, of = state()) =>
  sampleRecord.apply(before, sampleRecord.change.parse(change), of, { at: 0, actor: null as never });

describe('the sample', () => {
  it('is drawn once, after the freeze; designated schools stand beside it, with a reason, and only they can go', () => {
    expect(() => apply(sampleRecord.empty, { do: 'draw', dice, count: 6 }, state({ root: null }))).toThrow(
      'inspection.sample.not-frozen',
    );
    const drawn = apply(sampleRecord.empty, { do: 'draw', dice, count: 6 });
    expect(drawn.draw!.schools).toHaveLength(6);
    expect(() => apply(drawn, { do: 'draw', dice, count: 6 })).toThrow('inspection.sample.drawn');
    const [taken] = drawn.draw!.schools;
    expect(() => apply(drawn, { do: 'designate', school: taken, reason: 'x' })).toThrow(
      'inspection.sample.there',
    );
    expect(() => apply(drawn, { do: 'withdraw', school: taken })).toThrow(
      'inspection.sample.only-designated',
    );
    const other = state().schools.find((s) => !drawn.draw!.schools.includes(s.id))!.id;
    const more = apply(drawn, { do: 'designate', school: other, reason: '群众反映集中' });
    expect(more.designated).toEqual([{ school: other, reason: '群众反映集中' }]);
    expect(apply(more, { do: 'withdraw', school: other }).designated).toEqual([]);
    expect(sampleRecord.change.safeParse({ do: 'designate', school: other, reason: '' }).success).toBe(false);
    expect(() => apply(drawn, { do: 'locate', places: [{ school: 'none', lat: 1, lon: 1 }] })).toThrow(
      'inspection.invalid',
    );
  });
});

describe('distances and the visiting order', () => {
  it('Jinan to Qingdao is some 300 km by air', () => {
    expect(distanceKm({ lat: 36.651, lon: 117.12 }, { lat: 36.067, lon: 120.383 })).toBeGreaterThan(298);
    expect(distanceKm({ lat: 36.651, lon: 117.12 }, { lat: 36.067, lon: 120.383 })).toBeLessThan(302);
    // One degree of latitude.
    expect(distanceKm({ lat: 0, lon: 0 }, { lat: 1, lon: 0 })).toBeCloseTo(111.19, 2);
  });
  it('visits each once, and on a line from end to end', () => {
    const line = [3, 1, 4, 2, 5].map((lon) => ({ lat: 30, lon }));
    expect(visitingOrder({ lat: 30, lon: 0 }, line).map((p) => p.lon)).toEqual([1, 2, 3, 4, 5]);
    expect(visitingOrder({ lat: 30, lon: 0 }, [])).toEqual([]);
  });
  it('leaves no place out and takes none twice', () => {
    const place = fc.record({
      lat: fc.integer({ min: -80, max: 80 }),
      lon: fc.integer({ min: -170, max: 170 }),
    });
    const inOrder = (list: readonly { lat: number; lon: number }[]) =>
      list.map((p) => `${p.lat} ${p.lon}`).sort();
    fc.assert(
      fc.property(fc.array(place, { maxLength: 6 }), (places) => {
        expect(inOrder(visitingOrder({ lat: 30, lon: 110 }, places))).toEqual(inOrder(places));
      }),
      { numRuns: 50 },
    );
  });
});

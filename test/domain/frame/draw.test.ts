import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createStratumCounter,
  createStratumDrawer,
  planStrata,
  type DrawEntry,
  type StratumCell,
} from '../../../src/domain/frame/draw.ts';
import { drawStratum } from '../../../src/domain/frame/sample.ts';
import { sha256 } from '../../../src/domain/hash.ts';
import type { SchoolId } from '../../../src/domain/model/ids.ts';

const seed = sha256('seed');
const school = (id: string) => id as SchoolId;
const locations = new Map([
  [school('A'), 'urban'],
  [school('B'), 'rural'],
] as const);

function contact(i: number, schools: readonly string[], grade: number | null = null): DrawEntry {
  const affiliations = schools.map((s) => ({ school: school(s), grade }));
  return { entry: sha256('entry', String(i)).subarray(0, 16), group: 'parent', affiliations };
}

describe('feeding the frame contact by contact', () => {
  test('gives what drawing from the whole stratum at once gives', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6_000 }),
        fc.integer({ min: 0, max: 1_500 }),
        fc.constantFrom(0, 0.5, 1),
        (size, quota, ratio) => {
          const all = Array.from({ length: size }, (_, i) => contact(i, ['A']));
          const counter = createStratumCounter(seed, locations);
          all.forEach((c) => counter.add(c));
          const plan = planStrata(counter.cells(), { parent: quota }, ratio);
          const drawer = createStratumDrawer(seed, locations, plan);
          all.forEach((c) => drawer.add(c));
          const [got] = [...drawer.finish()];
          const { n, spare } = plan[0]!;
          const whole = drawStratum(seed, all, n, spare);
          expect(n).toBe(Math.min(quota, size));
          expect(spare).toBe(Math.min(Math.ceil(n * ratio), size - n));
          expect(got!.drawn.map((d) => d.entry)).toEqual(whole.drawn.map((d) => d.entry));
          expect(got!.replacements.map((d) => d.entry)).toEqual(whole.replacements.map((d) => d.entry));
        },
      ),
      { numRuns: 15 },
    );
  });

  test('does not depend on the order of a household’s schools', () => {
    for (let i = 0; i < 50; i++) {
      const forth = createStratumCounter(seed, locations);
      const back = createStratumCounter(seed, locations);
      forth.add(contact(i, ['A', 'B']));
      back.add(contact(i, ['B', 'A']));
      expect(forth.cells()).toEqual(back.cells());
    }
  });
});

describe('strata', () => {
  test('are group, location and grade, in a fixed order', () => {
    const counter = createStratumCounter(seed, locations);
    [contact(1, ['B'], 2), contact(2, ['A'], 10), contact(3, ['A'], 9), contact(4, [])].forEach((c) => {
      counter.add(c);
    });
    expect(counter.cells().map((c) => [c.location, c.grade, c.size])).toEqual([
      [null, null, 1],
      ['rural', 2, 1],
      ['urban', 9, 1],
      ['urban', 10, 1],
    ]);
  });

  test('share their group’s quota, and a group without one is not drawn', () => {
    const cell = (group: 'parent' | 'teacher', size: number): StratumCell => ({
      group,
      location: null,
      grade: null,
      size,
    });
    const plan = planStrata(
      [cell('parent', 60), cell('parent', 40), cell('teacher', 9)],
      { parent: 10 },
      0.25,
    );
    expect(plan.map((p) => [p.n, p.spare])).toEqual([
      [6, 2],
      [4, 1],
      [0, 0],
    ]);
  });
});

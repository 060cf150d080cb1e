/**
 * Second values of a protected count, computed by hand: two hidden schools of five, with 2 and 3, 4 and 1 answers to
 * one item.
 */
import { describe, expect, it } from 'vitest';
import { boundCounts } from '../../../src/audit/disclosure/bounds.ts';
import { findSecondValues } from '../../../src/audit/disclosure/narrowing.ts';
import { fromDecimal, one, ratio } from '../../../src/audit/disclosure/rational.ts';
import { System, type Equation } from '../../../src/audit/disclosure/system.ts';

const truth = [2, 3, 4, 1];
const groupOf = new Map([
  [1, 'parent'],
  [2, 'parent'],
]);
const options = { width: 3, integers: 1, nodes: 200, seconds: 20 };

function countyWith(more: readonly Omit<Equation, 'name' | 'source'>[]) {
  const system = new System();
  for (const school of [1, 2]) for (const what of ['yes', 'no']) system.column(`x ${school} 1 q ${what}`);
  const add = (equation: Omit<Equation, 'name' | 'source'>) => {
    system.add({ name: 'shown', source: 'shown', ...equation });
  };
  const sum = (...columns: readonly number[]) => new Map(columns.map((column) => [column, one]));
  // Each has five, and six of all ten said yes.
  for (const [columns, value] of [
    [[0, 1], 5],
    [[2, 3], 5],
    [[0, 2], 6],
  ] as const)
    add({ terms: sum(...columns), value: ratio(value) });
  for (const equation of more) add(equation);
  const target = { cell: 'school 1', count: 'yes', terms: new Map([[0, one]]), second: null };
  return async (near = truth) => {
    const { targets } = await findSecondValues(system, [target], { truth: near, groupOf }, 0, undefined);
    return boundCounts(system, targets, options);
  };
}
/** 0.3 of the first school's and 0.7 of the second's: 4.2 minus 0.4 for each one that moves to the first. */
const figure = (half: number | null, value = 3.4): Omit<Equation, 'name' | 'source'> => ({
  terms: new Map([
    [0, fromDecimal(0.3)],
    [2, fromDecimal(0.7)],
  ]),
  value: fromDecimal(value),
  ...(half !== null && { rounding: { half, shift: 0, denominator: null } }),
});

describe('a second value', () => {
  it('is found if answers can be exchanged', async () => {
    const { bounded, reach } = await countyWith([])();
    expect(bounded[0]).toMatchObject({ low: 1, high: 5 });
    expect([1, 3, 4, 5]).toContain(bounded[0]!.second);
    expect(reach).toMatchObject({ linear: 1, inIntegers: 0 });
  });

  it('may move a figure within its rounding, and no further', async () => {
    const within = await countyWith([figure(0.5)])();
    expect([1, 3]).toContain(within.bounded[0]!.second);
    const none = await countyWith([figure(0.3)])();
    expect(none.bounded[0]).toMatchObject({ low: 2, high: 2, second: null });
  });

  it('does not exist if a figure with all digits leaves one', async () => {
    const { bounded } = await countyWith([figure(null)])();
    expect(bounded[0]).toMatchObject({ low: 2, high: 2, second: null });
  });

  it('is not searched if the truth does not satisfy the equations', async () => {
    expect((await countyWith([])([2, 3, 3, 1])).bounded[0]).toMatchObject({ low: 1, high: 5, second: null });
  });
});

describe('a figure with an unknown denominator', () => {
  /**
   * Two of the first school's five said yes, none of the second's: 0.4 of the first, within this rounding. Otherwise,
   * only the totals of yes and no are shown.
   */
  const share = (half: number): Omit<Equation, 'name' | 'source'> => {
    const terms = new Map([
      [0, fromDecimal(0.6)],
      [1, fromDecimal(-0.4)],
    ]);
    const ratios = [
      {
        weight: one,
        y: new Map([[0, one]]),
        c: new Map([
          [0, one],
          [1, one],
        ]),
      },
    ];
    return {
      ...{
        terms: new Map([...terms].map(([at, by]) => [at, ratio(by.n, by.d * 5n)])),
        value: ratio(0),
        ratios,
      },
      rounding: { half, shift: 0, denominator: null },
    };
  };

  async function secondOf(half: number) {
    const system = new System();
    for (const school of [1, 2]) for (const what of ['yes', 'no']) system.column(`x ${school} 1 q ${what}`);
    const sum = (...columns: readonly number[]) => new Map(columns.map((column) => [column, one]));
    for (const [columns, value] of [
      [[0, 2], 2],
      [[1, 3], 8],
    ] as const)
      system.add({ name: 'shown', source: 'shown', terms: sum(...columns), value: ratio(value) });
    system.add({ name: 'shown', source: 'shown', ...share(half) });
    const target = { cell: 'school 1', count: 'yes', terms: new Map([[0, one]]), second: null };
    const { targets } = await findSecondValues(
      system,
      [target],
      { truth: [2, 3, 0, 5], groupOf },
      0,
      undefined,
    );
    return targets[0]!.second;
  }

  it('is checked itself, not by its linearization', async () => {
    // One of two is 0.5. The linearization would give 0.04 more.
    expect(await secondOf(0.11)).toBe(1);
    expect(await secondOf(0.05)).toBeNull();
  });
});

describe('a county too large to search as a whole', () => {
  /** Yes answers at many schools, each tied to its no answers, so that nothing can change there. */
  function largeSystem() {
    const system = new System();
    const truths: number[] = [];
    const groups = new Map<number, string>();
    const column = (name: string, value: number) => {
      const at = system.column(name);
      truths[at] = value;
      return at;
    };
    const shown = (terms: readonly (readonly [number, number])[], value: number) => {
      const own = new Map(terms.map(([at, factor]) => [at, ratio(factor)]));
      system.add({ name: 'shown', source: 'shown', terms: own, value: ratio(value) });
    };
    const ask = async (...columns: readonly number[]) => {
      const asked = columns.map((at) => ({
        cell: '',
        count: '',
        terms: new Map([[at, one]]),
        second: null,
      }));
      const near = { truth: truths, groupOf: groups };
      return (await findSecondValues(system, asked, near, 0, undefined)).targets;
    };
    for (let school = 10; school < 810; school++) {
      groups.set(school, 'parent');
      const own = ['yes', 'no', 'maybe', 'never'].map((what) => column(`x ${school} 1 other ${what}`, 1));
      shown(
        own.map((at) => [at, 1]),
        4,
      );
    }
    return { column, shown, ask, groups };
  }

  it('exchanges two hidden items of two shown schools in opposite ways', async () => {
    const { column, shown, ask, groups } = largeSystem();
    // Of each school's ten, all but one said yes to either item. Its figure includes both items.
    const yes = new Map<string, number>();
    for (const school of [1, 2]) {
      groups.set(school, 'parent');
      for (const item of ['q', 'r']) {
        const own = column(`x ${school} 1 ${item} yes`, 9);
        const no = column(`x ${school} 1 ${item} no`, 1);
        yes.set(`${school} ${item}`, own);
        shown(
          [
            [own, 1],
            [no, 1],
          ],
          10,
        );
      }
      shown(
        ['q', 'r'].map((item) => [yes.get(`${school} ${item}`)!, 1]),
        18,
      );
    }
    for (const item of ['q', 'r'])
      shown(
        [1, 2].map((school) => [yes.get(`${school} ${item}`)!, 1]),
        18,
      );
    const [first, second] = await ask(yes.get('1 q')!, yes.get('2 r')!);
    expect([8, 10]).toContain(first!.second);
    expect([8, 10]).toContain(second!.second);
  });

  it('exchanges re-answers between groups', async () => {
    const { column, shown, ask, groups } = largeSystem();
    groups.set(1, 'parent').set(2, 'teacher');
    const [parents, teachers] = [column('again 1', 3), column('again 2', 2)];
    shown(
      [
        [parents, 1],
        [teachers, 1],
      ],
      5,
    );
    const [first] = await ask(parents);
    expect(first!.second).not.toBeNull();
    expect(first!.second).not.toBe(3);
  });

  it('exchanges answers of two hidden groups, which changes their answers by a channel', async () => {
    const { column, shown, ask, groups } = largeSystem();
    groups.set(1, 'principal').set(2, 'deputy');
    const came = column('a principal web drawn yes', 3);
    const [principals, deputies] = [1, 2].map((place) => {
      const [yes, no] = [column(`x ${place} 1 q yes`, 3), column(`x ${place} 1 q no`, 1)];
      shown(
        [
          [yes, 1],
          [no, 1],
        ],
        4,
      );
      return yes;
    }) as [number, number];
    // Only the county's figure shows anything about both.
    shown(
      [
        [principals, 1],
        [deputies, 1],
      ],
      6,
    );
    shown(
      [
        [came, 1],
        [principals, -1],
      ],
      0,
    );
    const [first, second] = await ask(came, principals);
    expect([2, 4]).toContain(second!.second);
    expect(first!.second).toBe(second!.second);
  });
});

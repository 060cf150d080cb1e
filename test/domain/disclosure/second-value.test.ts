/** A second value of a protected count, by hand: two hidden schools of five, whose answers to one item are 2 and 3, 4 and 1. */
import { describe, expect, it } from 'vitest';
import { boundCounts } from '../../../src/audit/disclosure/bounds.ts';
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
  // Both have five, and of all ten six said yes.
  for (const [columns, value] of [
    [[0, 1], 5],
    [[2, 3], 5],
    [[0, 2], 6],
  ] as const)
    add({ terms: sum(...columns), value: ratio(value) });
  for (const equation of more) add(equation);
  const target = { cell: 'school 1', count: 'yes', terms: new Map([[0, one]]) };
  return (near = truth) => boundCounts(system, [target], options, { truth: near, groupOf });
}
/** 0.3 of the first school's and 0.7 of the second's: 4.2 less 0.4 for each that moves to the first. */
const figure = (half: number | null, value = 3.4): Omit<Equation, 'name' | 'source'> => ({
  terms: new Map([
    [0, fromDecimal(0.3)],
    [2, fromDecimal(0.7)],
  ]),
  value: fromDecimal(value),
  ...(half !== null && { rounding: { half, shift: 0, denominator: null } }),
});

describe('a second value', () => {
  it('is found where answers can be exchanged', async () => {
    const { bounded, reach } = await countyWith([])();
    expect(bounded[0]).toMatchObject({ low: 1, high: 5 });
    expect([1, 3, 4, 5]).toContain(bounded[0]!.second);
    expect(reach).toMatchObject({ linear: 1, second: 1, inIntegers: 0 });
  });

  it('may move a figure within its rounding, and no further', async () => {
    const within = await countyWith([figure(0.5)])();
    expect([1, 3]).toContain(within.bounded[0]!.second);
    const none = await countyWith([figure(0.3)])();
    expect(none.bounded[0]).toMatchObject({ low: 2, high: 2, second: null });
  });

  it('is none where a figure to the last digit leaves one', async () => {
    const { bounded, reach } = await countyWith([figure(null)])();
    expect(bounded[0]).toMatchObject({ low: 2, high: 2, second: null });
    expect(reach.second).toBe(0);
  });

  it('is not looked for where the truth does not give what is shown: that is no way', async () => {
    expect((await countyWith([])([2, 3, 3, 1])).bounded[0]).toMatchObject({ low: 1, high: 5, second: null });
  });
});

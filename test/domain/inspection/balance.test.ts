import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { additionsTo, commonCap, planAdditions } from '../../../src/domain/inspection/additions.ts';
import {
  coefficientOf,
  computeBalance,
  meanOf,
  splitAmount,
  type Holding,
} from '../../../src/domain/inspection/balance.ts';
import { parseRegime } from '../../../src/domain/inspection/regime.ts';
import type { SchoolRow } from '../../../src/domain/inspection/school-table.ts';
import { formatAtMost } from '../../../src/domain/scoring/format.ts';

const regimeOf = (name: string) =>
  parseRegime(
    JSON.parse(
      readFileSync(new URL(`../../../survey-templates/regimes/${name}.json`, import.meta.url), 'utf8'),
    ),
  );

const { balance: basic } = regimeOf('basic-2012');

// Four published tables of districts of Hefei (Anhui), domain.md part 10.
describe.each([
  ['庐阳 primary', [0.881, 1.299, 0.977, 0.379, 0.17, 0.334, 0.286, 0.408], '0.592', 0.65],
  ['庐阳 junior', [0.353, 0.784, 0.146, 0.491, 0.037, 0.226, 0.223, 0.253], '0.314', 0.55],
  ['蜀山 primary', [0.711, 0.649, 0.472, 0.338, 0.235, 0.274, 0.26, 0.396], '0.417', 0.65],
  ['蜀山 junior', [0.505, 0.484, 0.325, 0.275, 0.199, 0.715, 0.421, 1.021], '0.493', 0.55],
] as const)('the composite of %s', (_, coefficients, printed, limit) => {
  it(`is ${printed}, from schools that have exactly these coefficients`, () => {
    // 200 pupils with 1 + 2c and 800 with 1 − c/2 a pupil: the mean is 1, the variance 0.2·4c² + 0.8·c²/4 = c².
    const rows = [
      { pupils: 200, of: (c: number) => 1 + 2 * c },
      { pupils: 800, of: (c: number) => 1 - c / 2 },
    ].map(({ pupils, of }, no): SchoolRow => ({
      name: `school ${no}`,
      kind: 'primary',
      pupils: { primary: pupils, junior: 0, senior: 0 },
      values: Object.fromEntries(
        // Spread over so many units that whole things lose nothing.
        basic.indicators.map((i, n) => [i.of, pupils * 1000 * of(coefficients[n]!)]),
      ),
    }));
    const [primary] = computeBalance(rows, {
      ...basic,
      limits: { primary: limit, junior: limit },
    }).stages;
    expect(primary!.indicators.map((i) => formatAtMost(i.value!, 3, 9))).toEqual(
      coefficients.map((c) => formatAtMost(c, 3, 9)),
    );
    expect(formatAtMost(primary!.composite!, 3, limit)).toBe(printed);
    expect(primary!.meets).toBe(true);
  });
});

describe('a school with several stages', () => {
  const { weights } = regimeOf('basic-2012').balance;

  it('parts 23,226 books of 166 and 210 pupils into 9,711 and 13,515, at 58.5 a primary pupil', () => {
    const { perPupil, parts } = splitAmount(
      23_226,
      { primary: 166, junior: 210, senior: 0 },
      weights.shared,
      true,
    );
    expect(formatAtMost(perPupil, 1, 1000)).toBe('58.5');
    expect(parts).toEqual({ primary: 9711, junior: 13_515, senior: 0 });
  });

  it('weighs senior pupils 1.2 times junior ones, which are left alone in a complete secondary school', () => {
    const { parts } = splitAmount(220, { primary: 0, junior: 100, senior: 100 }, weights.shared, false);
    expect(parts.junior).toBeCloseTo(100, 9);
    expect(parts.senior).toBeCloseTo(120, 9);
  });

  it('loses nothing', () => {
    const pupils = fc.record({ primary: fc.nat(3000), junior: fc.nat(3000), senior: fc.nat(3000) });
    fc.assert(
      fc.property(pupils, fc.nat(1_000_000), fc.boolean(), (own, amount, whole) => {
        const { parts } = splitAmount(amount, own, weights.shared, whole);
        const sum = parts.primary + parts.junior + parts.senior;
        expect(sum).toBeCloseTo(own.primary + own.junior + own.senior === 0 ? 0 : amount, 6);
        if (whole) expect(Number.isInteger(parts.primary) && Number.isInteger(parts.junior)).toBe(true);
      }),
    );
  });
});

const holding = fc.record({
  pupils: fc.integer({ min: 1, max: 5000 }),
  amount: fc.integer({ min: 0, max: 100_000 }),
});
const holdings = fc.array(holding, { minLength: 1, maxLength: 30 });
const valueOf = (list: readonly Holding[]) => coefficientOf(list).value ?? 0;

describe('a coefficient', () => {
  it('weighs by pupils: by hand, two schools of 300 and 100 pupils with 10 and 2 a pupil', () => {
    // Mean 8; variance 0.75·4 + 0.25·36 = 12; √12 / 8.
    expect(
      valueOf([
        { pupils: 300, amount: 3000 },
        { pupils: 100, amount: 200 },
      ]),
    ).toBeCloseTo(Math.sqrt(12) / 8, 12);
  });
  it('does not change with the unit, or with the number of pupils throughout', () => {
    fc.assert(
      fc.property(holdings, fc.double({ min: 0.001, max: 1000, noNaN: true }), (list, k) => {
        const scaled = list.map((h) => ({ ...h, amount: h.amount * k }));
        const grown = list.map((h) => ({ pupils: h.pupils * 3, amount: h.amount }));
        expect(valueOf(scaled)).toBeCloseTo(valueOf(list), 9);
        expect(valueOf(grown)).toBeCloseTo(valueOf(list), 9);
      }),
    );
  });
  it('does not change with the order of the schools', () => {
    fc.assert(
      fc.property(
        holdings.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, other]) => {
          expect(valueOf(other)).toBeCloseTo(valueOf(list), 9);
        },
      ),
    );
  });
  it('does not change when a school is split in two equal halves', () => {
    fc.assert(
      fc.property(holdings, fc.nat(), (list, n) => {
        const i = n % list.length;
        const half = { pupils: list[i]!.pupils / 2, amount: list[i]!.amount / 2 };
        expect(valueOf([...list.toSpliced(i, 1), half, half])).toBeCloseTo(valueOf(list), 9);
      }),
    );
  });
  it('is missing, and no zero, where nobody has anything', () => {
    expect(coefficientOf([{ pupils: 10, amount: 0 }]).value).toBeNull();
    expect(coefficientOf([]).value).toBeNull();
  });
});

/** Every way to give a number of units to some schools. */
function* waysToPlace(units: number, schools: number): Generator<readonly number[]> {
  if (schools === 1) return void (yield [units]);
  for (let first = 0; first <= units; first++)
    for (const rest of waysToPlace(units - first, schools - 1)) yield [first, ...rest];
}

const rowsOf = (list: readonly (Holding & { readonly junior?: number })[]): SchoolRow[] =>
  list.map(({ pupils, amount, junior = 0 }, i) => ({
    name: `第${i + 1}小学`,
    kind: junior > 0 ? 'nine-year' : 'primary',
    pupils: { primary: pupils, junior, senior: 0 },
    values: {
      rooms: amount,
      sports: 9 * pupils,
      instruments: 2500 * pupils,
      higherDegree: pupils * 0.05,
      backbone: pupils * 0.02,
      artsTeachers: pupils * 0.01,
      networkedRooms: Math.ceil(pupils * 0.03),
      computers: Math.ceil(pupils / 10),
      books: 30 * pupils,
      teachers: pupils / 18,
      intermediateTitle: pupils / 40,
    },
  }));

describe('what is left out, and what every school must have', () => {
  it('special and vocational schools, and teaching points below 50', () => {
    const rows: SchoolRow[] = [
      ...rowsOf([
        { pupils: 400, amount: 2000 },
        { pupils: 300, amount: 1500 },
      ]),
      { name: '特教学校', kind: 'special', pupils: { primary: 80, junior: 0, senior: 0 }, values: {} },
      { name: '职中', kind: 'vocational', pupils: { primary: 0, junior: 0, senior: 900 }, values: {} },
      {
        name: '上村教学点',
        kind: 'teaching-point',
        pupils: { primary: 49, junior: 0, senior: 0 },
        values: {},
      },
      { ...rowsOf([{ pupils: 50, amount: 250 }])[0]!, name: '下村教学点', kind: 'teaching-point' },
    ];
    const balance = computeBalance(rows, regimeOf('basic-2012').balance);
    expect(balance.excluded.map((e) => [e.school, e.why])).toEqual([
      ['特教学校', 'kind'],
      ['职中', 'kind'],
      ['上村教学点', 'small-point'],
    ]);
    expect(balance.stages[0]).toMatchObject({ schools: 3, pupils: 750 });
    expect(balance.stages[1]).toMatchObject({ schools: 0, meets: null });
  });
  it('of 2017: at least six of seven at the standard, and the seventh at 85 %', () => {
    const { balance } = regimeOf('quality-2017');
    const standards = (rooms: number) => {
      const rows = rowsOf([{ pupils: 1000, amount: rooms }]);
      return computeBalance(rows, balance).stages[0]!.standards![0]!;
    };
    expect(standards(4500)).toMatchObject({ met: 7, meets: true });
    expect(standards(4499)).toMatchObject({ met: 6, meets: true });
    expect(standards(3825)).toMatchObject({ met: 6, meets: true });
    expect(standards(3824)).toMatchObject({ met: 6, meets: false });
    const [poor] = rowsOf([{ pupils: 1000, amount: 4499 }]);
    const twice = computeBalance([{ ...poor!, values: { ...poor!.values, sports: 7499 } }], balance);
    expect(twice.stages[0]!.standards![0]).toMatchObject({ met: 5, meets: false });
  });
  it('a coefficient at the limit is within it, one above is shown above', () => {
    expect(formatAtMost(0.65, 3, 0.65)).toBe('0.650');
    expect(formatAtMost(0.6504, 3, 0.65)).toBe('0.651');
    expect(formatAtMost(0.6496, 3, 0.65)).toBe('0.650');
  });
});

describe('the smallest additions', () => {
  const { balance } = regimeOf('quality-2017');
  const indicatorOf = (rows: readonly SchoolRow[], id: string) =>
    computeBalance(rows, balance).stages[0]!.indicators.find((i) => i.indicator.id === id)!;

  it('bring each indicator to the limit, and one unit less does not', () => {
    const rows = rowsOf([
      { pupils: 900, amount: 9000 },
      { pupils: 300, amount: 600 },
      { pupils: 200, amount: 100 },
    ]);
    const [stage] = computeBalance(rows, balance).stages;
    const rooms = stage!.indicators.find((i) => i.indicator.id === 'rooms')!;
    expect(rooms.value).toBeGreaterThan(0.5);
    const plan = planAdditions(stage!)!;
    expect(plan.indicators.map((i) => i.indicator)).toEqual(['rooms']);
    const [own] = plan.indicators;
    const after = (without: string | null) =>
      valueOf(
        rooms.schools.map((s) => ({
          pupils: s.pupils,
          amount:
            s.amount +
            (own!.schools.find((a) => a.school === s.school)?.add ?? 0) -
            (s.school === without ? 1 : 0),
        })),
      );
    expect(after(null)).toBe(own!.after);
    expect(own!.after).toBeLessThanOrEqual(0.5);
    expect(own!.schools.length).toBeGreaterThan(0);
    for (const { school, add } of own!.schools) {
      expect(Number.isInteger(add), school).toBe(true);
      expect(after(school), school).toBeGreaterThan(0.5);
    }
  });

  it('are whole people, of whom no smaller number is enough: every other way to place them is tried', () => {
    const few = fc.record({
      pupils: fc.integer({ min: 5, max: 60 }),
      amount: fc.integer({ min: 0, max: 6 }),
    });
    fc.assert(
      fc.property(fc.array(few, { minLength: 2, maxLength: 4 }), (list) => {
        const rows = rowsOf(list).map((row) => ({
          ...row,
          values: { ...row.values, higherDegree: row.values.rooms! },
        }));
        const teachers = indicatorOf(rows, 'higher-degree');
        const own = additionsTo(teachers, 0.3);
        if (teachers.value === null || teachers.value <= 0.3) {
          expect(own).toBeNull();
          return;
        }
        expect(own!.schools.every(({ add }) => Number.isInteger(add) && add > 0)).toBe(true);
        expect(own!.total).toBe(own!.schools.reduce((n, { add }) => n + add, 0));
        expect(own!.after).toBeLessThanOrEqual(0.3);
        if (own!.total > 16) return;
        for (let total = 1; total < own!.total; total++)
          for (const added of waysToPlace(total, list.length))
            expect(valueOf(list.map((h, i) => ({ ...h, amount: h.amount + added[i]! })))).toBeGreaterThan(
              0.3,
            );
      }),
    );
  });

  it('are the smallest: no other way to add the same amount comes as low', () => {
    fc.assert(
      fc.property(
        fc.array(holding, { minLength: 2, maxLength: 8 }),
        fc.array(fc.nat(100), { minLength: 8, maxLength: 8 }),
        (list, parts) => {
          const rooms = indicatorOf(rowsOf(list.map((h) => ({ ...h, amount: h.amount + 1 }))), 'rooms');
          const own = additionsTo(rooms, 0.3);
          const sum = parts.slice(0, list.length).reduce((a, b) => a + b, 0);
          if (own === null || sum === 0) return;
          // In whole units, like the plan itself.
          const units = parts.slice(0, list.length).map((part) => Math.floor((own.total * part) / sum));
          units[0]! += own.total - units.reduce((a, b) => a + b, 0);
          const other = rooms.schools.map((s, i) => ({
            pupils: s.pupils,
            amount: s.amount + units[i]!,
          }));
          expect(valueOf(other)).toBeGreaterThanOrEqual(own.after - 1e-9);
        },
      ),
    );
  });

  it('of many schools that lack a part of a person each are fewer people than schools', () => {
    // Level with the large school's 0.01 a pupil, each small one lacks 0.6 of a person: rounding each up would be 40 people.
    const rows = rowsOf([
      { pupils: 4000, amount: 0 },
      ...Array.from({ length: 40 }, () => ({ pupils: 60, amount: 0 })),
    ]).map((row, i) => ({ ...row, values: { ...row.values, backbone: i === 0 ? 40 : 0 } }));
    const backbone = indicatorOf(rows, 'backbone');
    const own = additionsTo(backbone, 0.7)!;
    expect(backbone.value).toBeGreaterThan(0.7);
    expect(own.after).toBeLessThanOrEqual(0.7);
    expect(own.total).toBeLessThan(20);
    expect(own.schools.every(({ add }) => add === 1)).toBe(true);
  });

  it('end soon in a county of 5,000 tiny schools, and reach the target', () => {
    const rows = rowsOf(
      Array.from({ length: 5000 }, (_, i) => ({ pupils: i === 0 ? 100_000 : 1, amount: i === 0 ? 6000 : 0 })),
    );
    const rooms = indicatorOf(rows, 'rooms');
    const own = additionsTo(rooms, rooms.value! / 4)!;
    expect(own.after).toBeLessThanOrEqual(rooms.value! / 4);
  });

  it('of 2012 bring the largest coefficients to one cap, so that their mean is at the limit', () => {
    const coefficients = [0.881, 1.299, 0.977, 0.379, 0.17, 0.334, 0.286, 0.408];
    const cap = commonCap(coefficients, 0.5);
    expect(meanOf(coefficients.map((c) => Math.min(c, cap)))).toBeCloseTo(0.5, 12);
    expect(commonCap([0.1, 0.2], 0.5)).toBe(0.2);
    const rows = rowsOf([
      { pupils: 500, amount: 3000 },
      { pupils: 400, amount: 200 },
    ]).map((row, i) => ({
      ...row,
      values: {
        ...row.values,
        books: i === 0 ? 40_000 : 0,
        computers: i === 0 ? 300 : 1,
        sports: i === 0 ? 9000 : 0,
        intermediateTitle: i === 0 ? 60 : 1,
        instruments: i === 0 ? 5_000_000 : 1,
      },
    }));
    const [stage] = computeBalance(rows, regimeOf('basic-2012').balance).stages;
    expect(stage!.meets).toBe(false);
    const plan = planAdditions(stage!)!;
    expect(plan.composite!).toBeLessThanOrEqual(0.65);
    expect(plan.composite!).toBeGreaterThan(0.64);
    const books = plan.indicators.find((i) => i.indicator === 'books')!;
    expect(books.schools.every((s) => Number.isInteger(s.add))).toBe(true);
  });
});

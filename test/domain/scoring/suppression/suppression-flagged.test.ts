/**
 * An attacker who knows every n solves everything that is shown as equations: with and without flagged strata, by
 * first and last answers, by school, group, location and county. What is hidden must not follow, and nothing that
 * follows may be about fewer people than the minimum cell.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summaryCsv } from '../../../../src/export/summary-csv.ts';
import type { Figure } from '../../../../src/domain/scoring/figure.ts';
import type { Flag } from '../../../../src/domain/scoring/signals/flags.ts';
import { computeShownSummary } from '../../../../src/domain/scoring/suppression/suppression.ts';
import { computeSummary, type Summary } from '../../../../src/domain/scoring/summary/summary.ts';
import { createEquations, rankOf } from '../solver.ts';
import { inputOf, parentsOnly, reporting, type Row } from '../summary-fixtures.ts';

const MIN = 10;
const profile = parentsOnly({
  groups: [
    { group: 'parent', weight: 0.75, required: true },
    { group: 'teacher', weight: 0.25, required: true },
  ],
});
const table = fc.array(
  fc.record({
    group: fc.constantFrom('parent' as const, 'parent' as const, 'teacher' as const),
    location: fc.constantFrom('urban' as const, 'rural' as const),
    rows: fc.array(
      fc.record({ option: fc.constantFrom(1, 2, 3, 4), times: fc.constantFrom(1, 2, 4, 9, 15, 30) }),
      { maxLength: 4 },
    ),
    again: fc.constantFrom(0, 0, 1, 4, 12),
    flagged: fc.boolean(),
  }),
  { minLength: 1, maxLength: 7 },
);
type Schools = typeof table extends fc.Arbitrary<infer T> ? T : never;

function summaries(schools: Schools) {
  const strata = schools.map((school, i) => reporting(i + 1, school.group, 200, school.location));
  const sizes = schools.map((school) => school.rows.reduce((n, row) => n + row.times, 0));
  const again = schools.map((school, i) => Math.min(school.again, sizes[i]!));
  const rows: Row[] = schools.flatMap((school, i) =>
    school.rows.map((row) => ({ reporting: i + 1, answers: [row.option], times: row.times })),
  );
  // This many respondents of a school had first answered 不满意.
  const firstRows: Row[] = schools.flatMap((school, i) => {
    let left = again[i]!;
    return school.rows.flatMap((row) => {
      const changed = Math.min(left, row.times);
      left -= changed;
      return [
        { reporting: i + 1, answers: [row.option], times: row.times - changed },
        { reporting: i + 1, answers: [4], times: changed },
      ].filter((part) => part.times > 0);
    });
  });
  const flags = schools.flatMap((school, i): Flag[] =>
    school.flagged && sizes[i]! >= MIN
      ? [{ kind: 'burst', reportingStratum: i + 1, lot: 1, observed: MIN, n: sizes[i]!, expected: 1 }]
      : [],
  );
  const input = inputOf(profile, strata, rows, {
    dimensions: ['a'],
    firstRows,
    flags,
    reanswers: sizes.map((responses, i) => ({ reportingStratum: i + 1, responses, reanswered: again[i]! })),
  });
  return { raw: computeSummary(input), shown: computeShownSummary(input), sizes, again, flags };
}

/**
 * Unknowns of a school: the sums over those who answered once, over the others' last answers, and over their first
 * ones.
 */
function equations(schools: Schools, made: ReturnType<typeof summaries>) {
  const { raw, shown, sizes, again, flags } = made;
  const k = schools.length;
  const isFlagged = new Set(flags.map((flag) => flag.reportingStratum - 1));
  const vector = (members: (s: number) => boolean, when: 'last' | 'first') => {
    const row = new Array<number>(3 * k).fill(0);
    for (let s = 0; s < k; s++) {
      if (!members(s) || sizes[s] === 0) continue;
      if (sizes[s]! > again[s]!) row[3 * s] = 1;
      if (again[s]! > 0) row[3 * s + (when === 'last' ? 1 : 2)] = 1;
    }
    return row;
  };
  const { known, secret, place } = createEquations();
  shown.schools.forEach((school, s) => {
    place(
      school.figure,
      vector((x) => x === s, 'last'),
      sizes[s]! < MIN || (raw.schools[s]!.figure as { others?: number }).others! < 2,
    );
  });
  const groupsOf = (
    list: Summary['first']['groups'],
    when: 'last' | 'first',
    keep: (s: number) => boolean,
  ) => {
    for (const { group, figure } of list)
      place(
        figure,
        vector((s) => schools[s]!.group === group && keep(s), when),
      );
  };
  const all = () => true;
  const kept = (s: number) => !isFlagged.has(s);
  groupsOf(shown.groups, 'last', all);
  groupsOf(shown.first.groups, 'first', all);
  if (shown.withoutFlagged) {
    groupsOf(shown.withoutFlagged.groups, 'last', kept);
    groupsOf(shown.withoutFlagged.first.groups, 'first', kept);
  }
  for (const { location, groups } of shown.locations)
    for (const { group, figure } of groups)
      place(
        figure,
        vector((s) => schools[s]!.group === group && schools[s]!.location === location, 'last'),
      );
  // The county's figure is the weighted mean of the groups' figures: with every n known, one more equation.
  const counties: [Figure, 'last' | 'first', (s: number) => boolean][] = [
    [shown.official, 'last', all],
    [shown.first.official, 'first', all],
    ...(shown.withoutFlagged
      ? ([
          [shown.withoutFlagged.official, 'last', kept],
          [shown.withoutFlagged.first.official, 'first', kept],
        ] as [Figure, 'last' | 'first', (s: number) => boolean][])
      : []),
  ];
  // A hidden figure may be known anyway: without re-answers, the first answers equal the last ones, which are shown.
  for (const [figure, when, keep] of counties) if (figure.kind === 'estimate') known.push(vector(keep, when));
  return { known, secret };
}

describe('suppression with and without flagged strata', () => {
  it('hidden values cannot be solved from all shown figures together', () => {
    let withWithout = 0;
    fc.assert(
      fc.property(table, (schools) => {
        const made = summaries(schools);
        if (made.shown.withoutFlagged) withWithout++;
        const { known, secret } = equations(schools, made);
        const rank = rankOf(known);
        for (const row of secret) expect(rankOf([...known, row])).toBe(rank + 1);
      }),
      { numRuns: 500 },
    );
    // If figures without flagged strata were never shown, the property would prove little.
    expect(withWithout).toBeGreaterThan(50);
  });

  it('shows no two figures that differ by the answers of fewer people than the minimum cell', () => {
    fc.assert(
      fc.property(table, (schools) => {
        const made = summaries(schools);
        const { shown, sizes, again, flags } = made;
        const without = shown.withoutFlagged;
        if (!without) return;
        const isFlagged = new Set(flags.map((flag) => flag.reportingStratum - 1));
        const people = (group: string | null, counts: readonly number[], flagged: boolean) =>
          counts.reduce(
            (n, count, s) =>
              n +
              ((group === null || schools[s]!.group === group) && isFlagged.has(s) === flagged ? count : 0),
            0,
          );
        const enough = (n: number) => expect(n === 0 || n >= MIN, `${n} people`).toBe(true);
        const pairs = (group: string | null, all: Figure, some: Figure, first: Figure, someFirst: Figure) => {
          const both = (a: Figure, b: Figure) => a.kind === 'estimate' && b.kind === 'estimate';
          if (both(all, some)) enough(people(group, sizes, true));
          if (both(some, someFirst)) enough(people(group, again, false));
          if (both(all, first) && both(some, someFirst)) enough(people(group, again, true));
        };
        for (const { group, figure } of without.groups) {
          const of = (list: Summary['first']['groups']) =>
            list.find((entry) => entry.group === group)?.figure ?? { kind: 'no-data' as const };
          pairs(group, of(shown.groups), figure, of(shown.first.groups), of(without.first.groups));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('the change by few re-answers cannot be solved', () => {
    fc.assert(
      fc.property(table, (schools) => {
        const made = summaries(schools);
        const { known } = equations(schools, made);
        const rank = rankOf(known);
        schools.forEach((_, s) => {
          const n = made.again[s]!;
          if (n === 0 || n >= MIN) return;
          const change = new Array<number>(3 * schools.length).fill(0);
          change[3 * s + 1] = 1;
          change[3 * s + 2] = -1;
          expect(rankOf([...known, change])).toBe(rank + 1);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('shows a verdict without flagged strata only with its figure, and names no hidden stratum', () => {
    fc.assert(
      fc.property(table, (schools) => {
        const { shown } = summaries(schools);
        for (const { reportingStratum } of shown.signals)
          expect(shown.schools[reportingStratum - 1]!.figure.kind).toBe('estimate');
        const without = shown.withoutFlagged;
        if (!without) return;
        if (without.official.kind === 'suppressed') {
          expect(without.verdict).toEqual({ kind: 'insufficient', reasons: [{ code: 'suppressed' }] });
          expect(without.changesVerdict).toBeNull();
        }
      }),
    );
  });

  it('the table has the numbers of the summary and no others', async () => {
    await fc.assert(
      fc.asyncProperty(table, async (schools) => {
        const { shown } = summaries(schools);
        const values = new Set<string>();
        const walk = (value: unknown): void => {
          if (typeof value === 'number') values.add(String(value));
          else if (value !== null && typeof value === 'object') Object.values(value).forEach(walk);
        };
        walk(shown);
        let text = '';
        for await (const chunk of summaryCsv([{ ...shown, log: null, audit: null }], 'en'))
          text += Buffer.from(chunk).toString('utf8');
        for (const line of text.split('\r\n').slice(1)) {
          // value, people, item answers, out of, se, low, high, level.
          const cells = line.split(',').slice(10, 18);
          for (const cell of cells)
            if (/^-?[\d.]+(e-?\d+)?$/.test(cell)) expect(values.has(String(Number(cell))), line).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});

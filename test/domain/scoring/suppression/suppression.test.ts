import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Figure } from '../../../../src/domain/scoring/figure.ts';
import type { RuleProfile } from '../../../../src/domain/scoring/rules/profile.ts';
import {
  computeShownSummary,
  suppressSummary,
} from '../../../../src/domain/scoring/suppression/suppression.ts';
import { layoutOf } from '../../../../src/domain/scoring/suppression/layout.ts';
import {
  computeSummary,
  type Summary,
  type SummaryInput,
} from '../../../../src/domain/scoring/summary/summary.ts';
import { createEquations, rankOf } from '../solver.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../summary-fixtures.ts';

const MIN = 10;
const locations = ['urban', 'town', 'rural', null] as const;

const profile: RuleProfile = parentsOnly({
  groups: [
    { group: 'parent', weight: 0.75, required: true },
    { group: 'teacher', weight: 0.25, required: true },
  ],
});

/** Schools with a location and their respondents' answers to two items, each in a dimension of its own. */
const table = fc.array(
  fc.record({
    group: fc.constantFrom('parent' as const, 'parent' as const, 'teacher' as const),
    location: fc.constantFrom(...locations),
    rows: fc.array(
      fc.record({
        answers: fc.tuple(fc.constantFrom(1, 2, 3, 4, 254, 255), fc.constantFrom(1, 2, 3, 4, 255)),
        times: fc.constantFrom(1, 2, 4, 9, 15, 30),
        channel: fc.constantFrom('web' as const, 'web' as const, 'kiosk' as const),
        set: fc.constantFrom('drawn' as const, 'drawn' as const, 'replacement' as const),
      }),
      { maxLength: 5 },
    ),
  }),
  { minLength: 1, maxLength: 7 },
);

function bothOf(input: SummaryInput): { raw: Summary; shown: Summary } {
  return { raw: computeSummary(input), shown: computeShownSummary(input) };
}

function summaries(schools: typeof table extends fc.Arbitrary<infer T> ? T : never): {
  raw: Summary;
  shown: Summary;
} {
  const strata = schools.map((school, i) => reporting(i + 1, school.group, 200, school.location));
  const rows: Row[] = schools.flatMap((school, i) =>
    school.rows.map((row) => ({ ...row, reporting: i + 1 })),
  );
  return bothOf(inputOf(profile, strata, rows, { dimensions: ['a', 'b'] }));
}

function figuresIn(value: unknown, found: Figure[] = []): Figure[] {
  if (value === null || typeof value !== 'object') return found;
  if ('kind' in value && value.kind === 'estimate') found.push(value as Figure);
  for (const child of Object.values(value)) figuresIn(child, found);
  return found;
}
const hiddenFigure = (figure: Figure) => figure.kind === 'suppressed';
const size = (figure: Figure) => (figure.kind === 'estimate' ? figure.n : 0);

/** Small or nearly unanimous, so it must not follow. Other hidden cells are complements. */
function isProtectedCell({ figure, responses, distribution }: Cell): boolean {
  const few = (n: number) => n > 0 && n < MIN;
  const counted =
    distribution && 'n' in distribution
      ? distribution.n
      : responses?.kind === 'count'
        ? responses.value
        : size(figure);
  const alike =
    distribution?.kind === 'options' &&
    distribution.n - distribution.dontKnow - Math.max(...distribution.options.map((o) => o.count)) < 2;
  const others = figure.kind === 'estimate' ? (figure.others ?? 2) : counted > 0 ? 0 : 2;
  return few(size(figure)) || few(counted) || alike || others < 2;
}
function peopleOf({ figure, responses, distribution }: Cell): number {
  const counted = distribution && 'n' in distribution ? distribution.n : 0;
  return Math.max(size(figure), counted, responses?.kind === 'count' ? responses.value : 0);
}
interface Cell {
  readonly figure: Figure;
  readonly responses?: Summary['schools'][number]['responses'];
  readonly distribution?: Summary['schools'][number]['items'][number]['distribution'];
}

describe('suppression on random tables', () => {
  it('shows no figure of fewer than the minimum cell, and no trace of the working', () => {
    fc.assert(
      fc.property(table, (schools) => {
        const { shown } = summaries(schools);
        for (const figure of figuresIn(shown)) {
          if (figure.kind !== 'estimate') continue;
          const ofCodes = figure.formula.endsWith('-rate');
          expect(ofCodes ? figure.denominator : figure.n).toBeGreaterThanOrEqual(MIN);
          expect(figure).not.toHaveProperty('others');
        }
      }),
    );
  });

  it('no hidden school, location, channel, set or group is alone or too small next to a shown total', () => {
    fc.assert(
      fc.property(table, (schools) => {
        const { raw, shown } = summaries(schools);
        const check = (total: Figure, cells: readonly { raw: Cell; shown: Figure }[]) => {
          if (hiddenFigure(total) || total.kind !== 'estimate') return;
          const hidden = cells.filter((c) => hiddenFigure(c.shown));
          if (!hidden.some((c) => isProtectedCell(c.raw))) return;
          expect(hidden.length).not.toBe(1);
          const people = hidden.reduce((sum, c) => sum + peopleOf(c.raw), 0);
          expect(people).toBeGreaterThanOrEqual(MIN);
        };
        for (const group of shown.groups) {
          const pairs = <T extends { group: string; figure: Figure }>(r: readonly T[], s: readonly T[]) =>
            s.flatMap((x, i) => (x.group === group.group ? [{ raw: r[i]!, shown: x.figure }] : []));
          check(group.figure, pairs(raw.schools, shown.schools));
          const parts = (
            pick: (x: Summary) => readonly { groups: readonly { group: string; figure: Figure }[] }[],
          ) => pick(shown).flatMap((part, i) => pairs(pick(raw)[i]!.groups, part.groups));
          check(
            group.figure,
            parts((x) => x.channels),
          );
          check(
            group.figure,
            parts((x) => x.sets),
          );
          group.items.forEach((item, i) => {
            check(
              item.figure,
              shown.schools.flatMap((school, j) =>
                school.group === group.group
                  ? [{ raw: raw.schools[j]!.items[i]!, shown: school.items[i]!.figure }]
                  : [],
              ),
            );
          });
        }
        check(
          shown.official,
          shown.groups.map((g, i) => ({ raw: raw.groups[i]!, shown: g.figure })),
        );
      }),
    );
  });

  it('shows no near-unanimous distribution', () => {
    fc.assert(
      fc.property(table, (schools) => {
        const { shown } = summaries(schools);
        for (const item of [...shown.schools, ...shown.groups].flatMap((x) => x.items)) {
          if (item.distribution.kind !== 'options') continue;
          const counts = [...item.distribution.options.map((o) => o.count), item.distribution.dontKnow];
          expect(item.distribution.n - Math.max(...counts)).toBeGreaterThanOrEqual(2);
        }
      }),
    );
  });

  /** The attacker knows every n and solves all shown figures as linear equations in the hidden sums by school × item. */
  it('hidden schools and items cannot be solved from all shown figures together', () => {
    fc.assert(
      fc.property(table, (schools) => {
        const { raw, shown } = summaries(schools);
        const atoms = shown.schools.length * 2;
        const vector = (belongs: (school: number, item: number) => boolean) =>
          Array.from({ length: atoms }, (_, k) => {
            const [school, item] = [k >> 1, k & 1];
            return belongs(school, item) && size(raw.schools[school]!.items[item]!.figure) > 0 ? 1 : 0;
          });
        const { known, secret, place } = createEquations();
        shown.schools.forEach((school, s) => {
          place(
            school.figure,
            vector((x) => x === s),
            isProtectedCell(raw.schools[s]!),
          );
          school.items.forEach((item, i) => {
            place(
              item.figure,
              vector((x, y) => x === s && y === i),
              isProtectedCell(raw.schools[s]!.items[i]!),
            );
          });
        });
        for (const group of shown.groups) {
          const own = (s: number) => shown.schools[s]!.group === group.group;
          place(group.figure, vector(own));
          group.items.forEach((item, i) => {
            place(
              item.figure,
              vector((s, y) => own(s) && y === i),
            );
          });
          for (const location of shown.locations)
            for (const entry of location.groups)
              if (entry.group === group.group)
                place(
                  entry.figure,
                  vector((s) => own(s) && shown.schools[s]!.location === location.location),
                );
        }
        const rank = rankOf(known);
        for (const row of secret) expect(rankOf([...known, row])).toBe(rank + 1);
      }),
      { numRuns: 300 },
    );
  });
});

describe('suppression of what is computed from figures', () => {
  const withIntervals: RuleProfile = {
    ...profile,
    withinGroup: 'strata',
    interval: { method: 't', level: 0.95 },
  };
  const drawn = (schools: Parameters<typeof summaries>[0], more: Parameters<typeof inputOf>[3] = {}) => {
    const strata = schools.map((school, i) => reporting(i + 1, school.group, 200, school.location));
    const rows: Row[] = schools.flatMap((school, i) =>
      school.rows.map((row) => ({ ...row, reporting: i + 1, sampling: school.group === 'parent' ? 1 : 2 })),
    );
    return bothOf(
      inputOf(withIntervals, strata, rows, {
        dimensions: ['a', 'b'],
        samplingStrata: [sampling(1, 'parent', 4000), sampling(2, 'teacher', 900)],
        ...more,
      }),
    );
  };

  it('shows no standard error, interval, bound or sentence of a hidden figure', () => {
    fc.assert(
      fc.property(table, (schools) => {
        const { raw, shown } = drawn(schools);
        const walk = (value: unknown): void => {
          if (value === null || typeof value !== 'object') return;
          if ('kind' in value && value.kind === 'suppressed')
            expect(Object.keys(value).sort()).toEqual(['kind', 'why']);
          if (('se' in value || 'interval' in value || 'deff' in value) && value !== shown.profile)
            expect(value).toMatchObject({ kind: 'estimate' });
          for (const child of Object.values(value)) walk(child);
        };
        walk(shown);
        if (shown.official.kind !== 'estimate') {
          expect([shown.moreResponses, shown.nonResponse, shown.differences]).toEqual([null, null, []]);
          expect(shown.formulas.every((f) => f.meets === null || f.figure.kind === 'estimate')).toBe(true);
        } else expect(shown.differences.length).toBeLessThanOrEqual(raw.differences.length);
        if (shown.groups.some((g) => g.weight > 0 && g.figure.kind === 'suppressed'))
          expect(shown.nonResponse).toBeNull();
      }),
    );
  });

  /**
   * Two moments of every hidden cell are unknown. Values give the first, standard errors the second, with the same
   * equations.
   */
  it('neither sum nor sum of squares of a school can be solved from values and standard errors', () => {
    fc.assert(
      fc.property(table, (schools) => {
        const { raw, shown } = drawn(schools);
        const k = shown.schools.length;
        const known: number[][] = [];
        const secret: number[][] = [];
        const place = (figure: Figure, members: (school: number) => boolean, isOwn = false) => {
          const row = (moment: 0 | 1) =>
            Array.from({ length: 2 * k }, (_, j) =>
              Math.floor(j / k) === moment && members(j % k) && size(raw.schools[j % k]!.figure) > 0 ? 1 : 0,
            );
          if (figure.kind === 'estimate') {
            known.push(row(0));
            if (figure.se !== undefined || figure.interval) known.push(row(1));
          } else if (isOwn && row(0).some((x) => x !== 0)) secret.push(row(0), row(1));
        };
        shown.schools.forEach((school, s) => {
          place(school.figure, (x) => x === s, isProtectedCell(raw.schools[s]!));
        });
        for (const group of shown.groups) {
          const own = (s: number) => shown.schools[s]!.group === group.group;
          place(group.figure, own);
          for (const location of shown.locations)
            for (const entry of location.groups)
              if (entry.group === group.group)
                place(entry.figure, (s) => own(s) && shown.schools[s]!.location === location.location);
        }
        const rank = rankOf(known);
        for (const row of secret) expect(rankOf([...known, row])).toBe(rank + 1);
      }),
      { numRuns: 200 },
    );
  });

  it('shows the same number everywhere, so that no two formats differ', () => {
    fc.assert(
      fc.property(table, (schools) => {
        const { shown } = drawn(schools);
        const kind = (figure: Figure | undefined) => figure?.kind;
        expect(kind(shown.formulas.find((f) => f.official)!.figure)).toBe(kind(shown.official));
        for (const group of shown.groups) {
          const twin = group.formulas.find((f) => f.id === shown.profile.official)!;
          expect(kind(twin.figure)).toBe(kind(group.figure));
          for (const item of group.items) {
            const listed = shown.items
              .find((entry) => entry.id === item.id)!
              .groups.find((entry) => entry.group === group.group);
            expect(listed).toEqual({ ...item, group: group.group });
          }
        }
      }),
    );
  });

  it('never shows first and last answers that only few people changed', () => {
    fc.assert(
      fc.property(table, fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 7 }), (schools, again) => {
        // The first `again[i]` respondents of school i had first answered 不满意.
        const strata = schools.map((school, i) => reporting(i + 1, school.group, 200, school.location));
        const rows: Row[] = schools.flatMap((school, i) =>
          school.rows.map((row) => ({ ...row, reporting: i + 1 })),
        );
        const reanswers = schools.map((school, i) => {
          const responses = school.rows.reduce((sum, row) => sum + row.times, 0);
          return { reportingStratum: i + 1, responses, reanswered: Math.min(again[i] ?? 0, responses) };
        });
        const firstRows: Row[] = schools.flatMap((school, i) => {
          let left = reanswers[i]!.reanswered;
          return school.rows.flatMap((row) => {
            const changed = Math.min(left, row.times);
            left -= changed;
            return [
              { ...row, reporting: i + 1, times: row.times - changed },
              { ...row, reporting: i + 1, times: changed, answers: [4, 4] },
            ].filter((part) => part.times > 0);
          });
        });
        const shown = computeShownSummary(
          inputOf(profile, strata, rows, { dimensions: ['a', 'b'], firstRows, reanswers }),
        );
        const of = (group: string) =>
          reanswers
            .filter((_, i) => schools[i]!.group === group)
            .reduce((sum, row) => sum + row.reanswered, 0);
        const hidden: number[] = [];
        for (const group of shown.groups) {
          const first = shown.first.groups.find((entry) => entry.group === group.group)!.figure;
          const n = of(group.group);
          const both = first.kind === 'estimate' && group.figure.kind === 'estimate';
          if (both && n > 0) expect(n).toBeGreaterThanOrEqual(MIN);
          if (!both && n > 0) hidden.push(n);
        }
        // The county's difference between first and last answers, less that of the shown groups, concerns nobody or
        // enough people.
        if (shown.first.official.kind === 'estimate' && shown.official.kind === 'estimate') {
          expect(hidden.length).not.toBe(1);
          const rest = hidden.reduce((sum, n) => sum + n, 0);
          expect(rest === 0 || rest >= MIN).toBe(true);
        }
        for (const row of [shown.reanswers.total, ...shown.reanswers.strata.map((x) => x.figure)])
          if (row.kind === 'estimate' && row.n > 0) expect(row.n).toBeGreaterThanOrEqual(MIN);
      }),
    );
  });
});

describe('suppression by hand', () => {
  const varied = (n: number, reportingNo: number): Row[] => [
    { reporting: reportingNo, answers: [1], times: n - 4 },
    { reporting: reportingNo, answers: [2], times: 4 },
  ];
  const shownOf = (sizes: number[], more: Parameters<typeof inputOf>[3] = {}) =>
    computeShownSummary(
      inputOf(
        parentsOnly(),
        sizes.map((_, i) => reporting(i + 1, 'parent', 200)),
        sizes.flatMap((n, i) => varied(n, i + 1)),
        more,
      ),
    );
  const why = (figure: Figure) => (figure.kind === 'suppressed' ? figure.why : figure.kind);

  it('hides a small school and the next smallest with it', () => {
    expect(shownOf([40, 30, 6, 50]).schools.map((s) => why(s.figure))).toEqual([
      'estimate',
      'protected',
      'protected',
      'estimate',
    ]);
  });

  it('hides a third school if the two smallest together are still too small', () => {
    // 5 + 4 = 9 < 10
    expect(shownOf([40, 5, 4, 30]).schools.map((s) => why(s.figure))).toEqual([
      'estimate',
      'protected',
      'protected',
      'protected',
    ]);
  });

  it('hides everything of a county that is too small, and withdraws the verdict', () => {
    const shown = shownOf([9]);
    expect(why(shown.official)).toBe('protected');
    expect(shown.verdict).toEqual({ kind: 'insufficient', reasons: [{ code: 'suppressed' }] });
    expect(shown.formulas.every((f) => f.meets === null && f.figure.kind === 'suppressed')).toBe(true);
  });

  it('hides a school if all but one chose the same option, and shows it if two differ', () => {
    const figureOf = (others: number) => {
      const rows: Row[] = [
        { reporting: 1, answers: [1], times: 40 - others },
        ...(others > 0 ? [{ reporting: 1, answers: [2], times: others }] : []),
      ];
      return why(
        computeShownSummary(inputOf(parentsOnly(), [reporting(1, 'parent', 60)], rows)).groups[0]!.items[0]!
          .figure,
      );
    };
    expect([0, 1, 2].map(figureOf)).toEqual(['protected', 'protected', 'estimate']);
  });

  it('hides first answers that only few people changed, and their share', () => {
    const rows = varied(40, 1);
    const again = (reanswered: number) => {
      const firstRows: Row[] = [
        { reporting: 1, answers: [1], times: 36 - reanswered },
        { reporting: 1, answers: [2], times: 4 },
        { reporting: 1, answers: [4], times: reanswered },
      ].filter((row) => row.times > 0);
      const shown = computeShownSummary(
        inputOf(parentsOnly(), [reporting(1, 'parent', 60)], rows, {
          firstRows,
          reanswers: [{ reportingStratum: 1, responses: 40, reanswered }],
        }),
      );
      return [shown.official, shown.first.official, shown.reanswers.total].map(why);
    };
    expect(again(3)).toEqual(['estimate', 'protected', 'protected']);
    expect(again(12)).toEqual(['estimate', 'estimate', 'estimate']);
  });

  it('names a stratum with many re-answers only if their share is shown', () => {
    const signalled = (responses: number, reanswered: number) => {
      const strata = Array.from({ length: 10 }, (_, i) => reporting(i + 1, 'parent', 200));
      const { raw, shown } = bothOf(
        inputOf(
          parentsOnly(),
          strata,
          strata.flatMap((s) => varied(60, s.no)),
          {
            reanswers: strata.map(({ no }) =>
              no === 4
                ? { reportingStratum: no, responses, reanswered }
                : { reportingStratum: no, responses: 60, reanswered: 12 },
            ),
          },
        ),
      );
      return [raw, shown].map((s) => s.signals.map((x) => x.reportingStratum));
    };
    expect(signalled(60, 12)).toEqual([[], []]);
    expect(signalled(60, 55)).toEqual([[4], [4]]);
    expect(signalled(9, 9)[1]).toEqual([]);
  });

  it('hides a shared link if late additions are almost the same people', () => {
    const linked = (late: number) => {
      const rows: Row[] = [
        ...varied(40, 1),
        ...varied(30, 1).map((row) => ({ ...row, channel: 'link' as const, set: 'other' as const })),
        { reporting: 1, answers: [3], times: late, set: 'other' as const },
      ];
      const shown = computeShownSummary(inputOf(parentsOnly(), [reporting(1, 'parent', 200)], rows));
      const of = (list: Summary['channels'] | Summary['sets'], name: string) =>
        list.flatMap((x) =>
          ('set' in x ? x.set : x.channel) === name ? x.groups.map((g) => why(g.figure)) : [],
        );
      return [...of(shown.channels, 'link'), ...of(shown.sets, 'other'), why(shown.official)];
    };
    expect(linked(3)).toEqual(['protected', 'estimate', 'estimate']);
    expect(linked(12)).toEqual(['estimate', 'estimate', 'estimate']);
  });

  it('does not change its input', () => {
    const input = inputOf(parentsOnly(), [reporting(1, 'parent', 60)], varied(6, 1));
    const raw = computeSummary(input);
    const before = structuredClone(raw);
    suppressSummary(raw, layoutOf(input));
    expect(raw).toEqual(before);
  });
});

/** The auditor on handmade publications: bad ones that it must solve, and sound ones that it must not. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { auditDisclosure, defaultOptions } from '../../../src/audit/disclosure/audit.ts';
import type { AuditCase, AuditReport } from '../../../src/audit/disclosure/case.ts';
import { computeSummary, type Summary } from '../../../src/domain/scoring/summary/summary.ts';
import { knownCounty } from '../../../src/operations/disclosure/known-county.ts';
import { readCase } from '../../../src/operations/disclosure/read-case.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../scoring/summary-fixtures.ts';

const options = { ...defaultOptions, targets: 40, width: Infinity };

function readFixture(name: string): AuditCase {
  const file = new URL(`../../fixtures/disclosure/${name}.json`, import.meta.url);
  return readCase(name, readFileSync(file, 'utf8'));
}

function valueOf(report: AuditReport, cell: string, what: string): number | null | undefined {
  return [...report.solved, ...report.unprotected]
    .filter((found) => found.cell.startsWith(cell))
    .flatMap((found) => found.values)
    .find((value) => value.what === what)?.value;
}

describe('a bad publication is solved', () => {
  it('unweighted counts and a weighted figure determine both hidden schools', async () => {
    const report = await auditDisclosure(readFixture('smallest'), options);
    expect(valueOf(report, 'school 3', 'item q1')).toBeCloseTo(40, 6);
    expect(valueOf(report, 'school 3', 'item q2')).toBeCloseTo(32, 6);
    expect(valueOf(report, 'school 2', 'item q1')).toBeCloseTo(86, 6);
    // Whole numbers even determine the answers: three chose the last option, two the first.
    expect(valueOf(report, 'school 3', 'q1 dissatisfied')).toBe(3);
    expect(valueOf(report, 'school 3', 'q1 very-satisfied')).toBe(2);
    expect(report.narrowest).toMatchObject({ cell: 'school 3 (minimum-cell)' });
    const traced = await auditDisclosure(readFixture('smallest'), { ...options, traced: 4 });
    const fixed = traced.solved.find((found) => found.by === 'bounds');
    expect(fixed?.through.length).toBeGreaterThan(1);
  });

  it('a hidden remainder of one option reveals the answers of each of its schools', async () => {
    const report = await auditDisclosure(readFixture('single-option'), options);
    for (const school of ['school 1', 'school 2'])
      for (const option of ['satisfied', 'basically-satisfied', 'dissatisfied'])
        expect(valueOf(report, school, `q1 ${option}`)).toBe(0);
  });

  it('a return rate of a hidden school gives its number of respondents', async () => {
    const report = await auditDisclosure(readFixture('return-rate'), { ...options, traced: 1 });
    expect(report.solved[0]!.through).toEqual(['school 1 return rate']);
    expect(valueOf(report, 'school 1', 'respondents')).toBe(6);
    expect(valueOf(report, 'school 2', 'respondents')).toBe(8);
    expect(report.solved.every((found) => found.values.every(({ what }) => what === 'respondents'))).toBe(
      true,
    );
  });
});

describe('a sound publication is not solved', () => {
  it('the same county without that return rate', async () => {
    const report = await auditDisclosure(readFixture('sound'), options);
    expect(report.solved).toEqual([]);
    expect(report.unprotected).toEqual([]);
    expect(report.cells).toBe(2);
    expect(report.narrowest!.high).toBeGreaterThan(report.narrowest!.low);
  });

  it('a county with nothing hidden', async () => {
    const rows: Row[] = [1, 2].map((no) => ({ reporting: no, sampling: 1, answers: [1], times: 20 }));
    const input = inputOf(parentsOnly(), [reporting(1, 'parent', 30), reporting(2, 'parent', 30)], rows, {
      samplingStrata: [sampling(1, 'parent', 500)],
    });
    const { publication, truth } = knownCounty(input, computeSummary(input));
    const report = await auditDisclosure(
      { publications: [publication], relation: 'same' },
      { ...options, truth: [truth] },
    );
    expect(report).toMatchObject({ cells: 0, solved: [], narrowest: null, mismatches: [] });
  });
});

/** As if a suppressor had hidden these schools and nothing else. */
function hideSchools(summary: Summary, numbers: readonly number[]): Summary {
  const suppressed = { kind: 'suppressed', why: 'minimum-cell' } as const;
  const shown = JSON.parse(JSON.stringify(summary)) as Summary;
  return {
    ...shown,
    schools: shown.schools.map((school) =>
      numbers.includes(school.reportingStratum)
        ? {
            ...school,
            figure: suppressed,
            responses: suppressed,
            returnRate: suppressed,
            items: school.items.map((item) => ({ ...item, figure: suppressed, distribution: suppressed })),
          }
        : school,
    ),
    reanswers: { ...shown.reanswers, strata: [] },
  };
}

it('a difference reveals as much as its number of digits', async () => {
  const rows: Row[] = [1, 2, 3, 4].map((code) => ({ reporting: 1, answers: [code], times: 10 * code }));
  const input = inputOf(parentsOnly(), [reporting(1, 'parent', 200)], rows);
  const audit = async (change: (difference: number) => number) => {
    const summary = computeSummary(input);
    const differences = summary.differences.map((own) => ({ ...own, difference: change(own.difference) }));
    expect(differences.length).toBeGreaterThan(0);
    const { publication, truth } = knownCounty(input, { ...summary, differences });
    const { mismatches } = await auditDisclosure(
      { publications: [publication], relation: 'same' },
      { ...options, truth: [truth] },
    );
    return mismatches;
  };
  expect(await audit((difference) => Math.round(difference * 10) / 10)).toEqual([]);
  expect(await audit((difference) => Math.round(difference * 1000) / 1000)).toEqual([]);
  const wrong = await audit((difference) => Math.round(difference * 1000) / 1000 + 0.004);
  expect(wrong[0]).toContain('difference of ');
});

describe('two publications of one county', () => {
  const strata = [1, 2, 3, 4, 5].map((no) => reporting(no, 'parent', 30));
  const rows: Row[] = (
    [
      [2, 1, 1, 2],
      [3, 2, 1, 1],
      [2, 3, 1, 2],
      [9, 5, 4, 2],
      [8, 6, 5, 3],
    ] as const
  ).flatMap((counts, school) =>
    counts.map((times, option) => ({ reporting: school + 1, sampling: 1, answers: [option + 1], times })),
  );
  const profile = parentsOnly({ interval: { method: 'none', level: 0.95 } });
  const samplingStrata = [sampling(1, 'parent', 900)];
  const before = inputOf(profile, strata, rows, { samplingStrata });
  const publish = (input: typeof before, hidden: readonly number[]) =>
    knownCounty(input, hideSchools(computeSummary(input), hidden));
  const audit = (list: readonly ReturnType<typeof publish>[], relation: AuditCase['relation']) =>
    auditDisclosure(
      { publications: list.map((entry) => entry.publication), relation },
      { ...options, truth: list.map((entry) => entry.truth) },
    );

  it('before and after a void: together they reveal the void school, each alone reveals nothing', async () => {
    const voided = { group: 'parent', reportingStratum: 1, reason: 'spoiled' } as const;
    const first = publish(before, [1, 2, 3]);
    const second = publish({ ...before, voided: [voided] }, [1, 2, 3]);
    for (const alone of [first, second]) expect((await audit([alone], 'same')).solved).toEqual([]);
    const both = await audit([first, second], 'same');
    expect(valueOf(both, 'school 1', 'respondents')).toBe(6);
    expect(valueOf(both, 'school 1', 'q1 very-satisfied')).toBe(2);
    expect(both.solved.some((found) => found.cell.startsWith('school 2'))).toBe(false);
    expect(both.mismatches).toEqual([]);
  });

  it('late additions: the answers of few added people follow from the two figures', async () => {
    const late = inputOf(profile, strata, [...rows, { reporting: 4, sampling: 1, answers: [1], times: 3 }], {
      samplingStrata,
    });
    const list = [publish(before, [1, 2, 3]), publish(late, [1, 2, 3])];
    const grown = await audit(list, 'grown');
    expect(grown.solved.map((found) => found.cell)).toContain('added to parent');
    // Other people altogether: nothing connects the two.
    expect((await audit(list, 'independent')).solved).toEqual([]);
  });
});

describe('against every county that shows the same numbers', () => {
  const strata = [1, 2, 3, 4].map((no) => reporting(no, 'parent', 30));
  const counts = [
    [2, 1, 0, 1],
    [3, 0, 2, 1],
    [9, 5, 4, 2],
    [8, 6, 5, 3],
  ];
  const rowsOf = (all: readonly (readonly number[])[], design: readonly number[]): Row[] =>
    all.flatMap((own, school) =>
      own.flatMap((times, option) =>
        times === 0
          ? []
          : [{ reporting: school + 1, sampling: design[school]!, answers: [option + 1], times }],
      ),
    );
  const hide = (summary: Summary) => hideSchools(summary, [1, 2]);
  const designs = {
    'one sampling stratum': { of: [1, 1, 1, 1], sizes: [900] },
    'two sampling strata': { of: [1, 2, 1, 2], sizes: [900, 300] },
  };

  it.each(Object.entries(designs))(
    '%s: bounds and solved counts are those of a full enumeration',
    async (_, d) => {
      const profile = parentsOnly({ withinGroup: 'strata', interval: { method: 'none', level: 0.95 } });
      const samplingStrata = d.sizes.map((size, i) => sampling(i + 1, 'parent', size));
      const inputFor = (all: readonly (readonly number[])[]) =>
        inputOf(profile, strata, rowsOf(all, d.of), { samplingStrata });
      const input = inputFor(counts);
      const shown = hide(computeSummary(input));
      const { publication } = knownCounty(input, shown);
      const report = await auditDisclosure(
        {
          publications: [
            { ...publication, pairs: d.of.map((h, i) => ({ reportingStratum: i + 1, samplingStratum: h })) },
          ],
          relation: 'same',
        },
        options,
      );
      // School 1 takes some of the pooled answers, school 2 the rest.
      const pooled = counts[0]!.map((own, option) => own + counts[1]![option]!);
      const n = (all: readonly number[]) => all.reduce((x, y) => x + y, 0);
      const possible: number[][] = [];
      const numbers = (summary: Summary) =>
        JSON.stringify(summary, (key, value: unknown) =>
          key === 'value' && typeof value === 'number' ? Math.round(value * 1e9) / 1e9 : value,
        );
      for (const a of vectorsUpTo(pooled)) {
        const b = pooled.map((all, option) => all - a[option]!);
        const candidate = inputFor([a, b, counts[2]!, counts[3]!]);
        // The attacker knows how many answered in each sampling stratum.
        const n = (all: readonly number[]) => all.reduce((x, y) => x + y, 0);
        if (d.sizes.length > 1 && n(a) !== n(counts[0]!)) continue;
        if (numbers(hide(computeSummary(candidate))) === numbers(shown)) possible.push(a);
      }
      expect(possible).toContainEqual(counts[0]);
      const ids = ['very-satisfied', 'satisfied', 'basically-satisfied', 'dissatisfied'];
      const unique = ids.flatMap((id, option) => {
        const values = new Set(possible.map((a) => a[option]!));
        return values.size === 1 ? [`q1 ${id}`] : [];
      });
      const solved = report.solved
        .filter((found) => found.cell.startsWith('school 1'))
        .flatMap((found) => found.values.map(({ what }) => what))
        .filter((what) => what.startsWith('q1 '));
      expect([...new Set(solved)].sort()).toEqual(unique.sort());
      expect(report.narrowest).not.toBeNull();
      const { cell, count } = report.narrowest!;
      const isFirst = cell.startsWith('school 1');
      const at = ids.indexOf(count.split(' ')[1] ?? '');
      const values = possible.map((a) => {
        const own = isFirst ? a : pooled.map((all, option) => all - a[option]!);
        return count === 'respondents' ? n(own) : own[at]!;
      });
      expect([report.narrowest!.low, report.narrowest!.high]).toEqual([
        Math.min(...values),
        Math.max(...values),
      ]);
    },
  );
});

function vectorsUpTo(most: readonly number[]): readonly number[][] {
  const [first, ...rest] = most;
  if (first === undefined) return [[]];
  const tails = vectorsUpTo(rest);
  return Array.from({ length: first + 1 }, (_, x) => tails.map((tail) => [x, ...tail])).flat();
}

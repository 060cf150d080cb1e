/**
 * Follow-ups: the number asked is the number who gave an answer that leads to it, wherever that is shown. Handmade
 * publications with hidden parts.
 */
import { describe, expect, it } from 'vitest';
import { auditDisclosure, withoutBounds } from '../../../src/audit/disclosure/audit.ts';
import { peopleKnown, tiedItems } from '../../../src/audit/disclosure/asking.ts';
import type { CompiledItem, CompiledQuestionnaire } from '../../../src/domain/questionnaire/compiled.ts';
import { NOT_ASKED } from '../../../src/domain/questionnaire/compiled.ts';
import { computeSummary, type Summary } from '../../../src/domain/scoring/summary/summary.ts';
import { knownCounty } from '../../../src/operations/disclosure/known-county.ts';
import { ratingsOnly } from '../scoring/fixtures.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../scoring/summary-fixtures.ts';

const plain = ratingsOnly('for-parent', ['parent'], ['overall', 'overall']);
const rating = plain.items[0]! as Extract<CompiledItem, { type: 'rating' }>;

/** Replaces the two items. */
function questionnaireOf(
  ...items: readonly (Omit<CompiledItem, 'offset' | 'width'> | Omit<typeof rating, 'offset' | 'width'>)[]
): CompiledQuestionnaire {
  return {
    ...plain,
    byteLength: items.length,
    items: items.map((item, offset) => ({ ...item, offset, width: 1 }) as CompiledItem),
  };
}

const after = (item: number, ...codes: number[]) => ({ showIf: { item, codes } });
const choice = { required: false, showIf: null, optionIds: ['a', 'b', 'c'] };
const single = { ...choice, type: 'single', dontKnowId: null } as const;
const multiple = { ...choice, type: 'multiple', min: 1, max: 3 } as const;
/** The byte of a sheet with these options ticked. */
const ticks = (...options: number[]) => options.reduce((byte, option) => byte | (1 << option), 1);

const suppressed = { kind: 'suppressed', why: 'protected' } as const;

/** As if a suppressor had hidden these items and nothing else. */
function hideItems(
  summary: Summary,
  ofSchools: readonly [number, string][],
  ofGroup: readonly string[],
): Summary {
  const shown = JSON.parse(JSON.stringify(summary)) as Summary;
  const hide = <T extends object>(item: T) => ({ ...item, figure: suppressed, distribution: suppressed });
  const isHidden = ({ id }: { readonly id: string }) => ofGroup.includes(id);
  return {
    ...shown,
    schools: shown.schools.map((school) => ({
      ...school,
      items: school.items.map((item) =>
        ofSchools.some(([no, id]) => no === school.reportingStratum && id === item.id) ? hide(item) : item,
      ),
    })),
    groups: shown.groups.map((group) => ({
      ...group,
      items: group.items.map((item) => (isHidden(item) ? hide(item) : item)),
    })),
    items: shown.items.map((item) => (isHidden(item) ? { ...item, groups: item.groups.map(hide) } : item)),
  };
}

async function audit(
  q: CompiledQuestionnaire,
  rows: readonly Row[],
  ofSchools: readonly [number, string][],
  ofGroup: readonly string[] = [],
) {
  const strata = [1, 2, 3].map((no) => reporting(no, 'parent', 40));
  const profile = parentsOnly({ interval: { method: 'none', level: 0.95 } });
  const input = inputOf(
    profile,
    strata,
    rows.map((row) => ({ sampling: 1, ...row })),
    { samplingStrata: [sampling(1, 'parent', 900)], questionnaires: new Map([[1, q]]) },
  );
  const shown = hideItems(computeSummary(input), ofSchools, ofGroup);
  const { publication, truth } = knownCounty(input, shown);
  const report = await auditDisclosure(
    { publications: [publication], relation: 'same' },
    { ...withoutBounds, truth: [truth] },
  );
  expect(report.mismatches).toEqual([]);
  expect(report.cells).toBeGreaterThan(0);
  return report.solved;
}

/**
 * By school: how many chose each option of the first rating. Those who chose the last option are asked the second
 * rating, and chose this.
 */
const rowsOf = (
  ...schools: readonly { readonly first: readonly number[]; readonly second: readonly number[] }[]
): Row[] =>
  schools.flatMap(({ first, second }, school) => [
    ...first
      .slice(0, 3)
      .map((times, option) => ({ reporting: school + 1, answers: [option + 1, NOT_ASKED], times })),
    ...second.map((code) => ({ reporting: school + 1, answers: [4, code] })),
  ]);

describe('a rating that follows another one', () => {
  const why = { ...rating, id: 'why', ...after(0, 4) };

  it('the denominator of a shown school reveals how many gave the answer that leads to it', async () => {
    const rows = rowsOf(
      { first: [19, 0, 0, 1], second: [2] },
      { first: [18, 1, 0, 1], second: [3] },
      { first: [6, 5, 5, 4], second: [1, 2, 3, 4] },
    );
    const hidden = [1, 2].flatMap((no) => [rating.id, 'why'].map((id): [number, string] => [no, id]));
    const solved = await audit(questionnaireOf(rating, why), rows, hidden);
    const own = solved.find(({ cell }) => cell.startsWith(`school 1 item ${rating.id}`));
    expect(own?.values).toContainEqual({ what: `${rating.id} dissatisfied`, value: 1 });
  });

  it('the number asked is not protected if the parent item is shown', async () => {
    const rows = rowsOf(
      { first: [10, 4, 5, 2], second: [2, 2] },
      { first: [9, 5, 4, 3], second: [2, 2, 3] },
      { first: [6, 5, 5, 4], second: [1, 2, 3, 4] },
    );
    const q = questionnaireOf(rating, { ...why, scored: false, ofDimension: false });
    expect(
      await audit(q, rows, [
        [1, 'why'],
        [2, 'why'],
      ]),
    ).toEqual([]);
  });
});

describe('a follow-up of a group whose parent item is hidden', () => {
  const cellOf = (id: string) =>
    expect.objectContaining({ cell: `group parent item ${id} (protected)` }) as unknown;
  const all = (answers: readonly (readonly [readonly number[], number])[]): Row[] =>
    [1, 2, 3].flatMap((no) =>
      answers.map(([own, times]) => ({
        reporting: no,
        answers: own,
        times: no === 1 ? times : Math.max(0, times - 1),
      })),
    );

  it('reveals how many ticked one option', async () => {
    const q = questionnaireOf(rating, { ...multiple, id: 'm' }, { ...single, id: 'f', ...after(1, 2) });
    const rows = all([
      [[1, ticks(1), NOT_ASKED], 15],
      [[2, ticks(2), 1], 1],
      [[2, ticks(1), NOT_ASKED], 5],
    ]);
    const solved = await audit(q, rows, [], ['m']);
    expect(solved).toContainEqual(cellOf('m'));
    expect(solved.flatMap(({ values }) => values)).toContainEqual({ what: 'm b', value: 1 });
  });

  it('reveals how many ticked any of several options, which is not a sum of ticks', async () => {
    const q = questionnaireOf(rating, { ...multiple, id: 'm' }, { ...single, id: 'f', ...after(1, 2, 3) });
    const rows = all([
      [[1, ticks(1), NOT_ASKED], 15],
      [[2, ticks(1, 2), 1], 1],
      [[2, ticks(1), NOT_ASKED], 5],
    ]);
    expect(await audit(q, rows, [], ['m'])).toContainEqual(cellOf('m'));
    expect(await audit(q, rows, [], ['m', 'f'])).toEqual([]);
  });

  it('finds nothing in how many ticked anything, as who left it blank may be known', async () => {
    const q = questionnaireOf(rating, { ...multiple, id: 'm' }, { ...single, id: 'f', ...after(1, 1, 2, 3) });
    const rows = all([
      [[1, ticks(1), 2], 15],
      [[2, ticks(), NOT_ASKED], 3],
      [[2, ticks(1), 1], 5],
    ]);
    expect(await audit(q, rows, [], ['m'])).toEqual([]);
  });

  it('in a chain, the last one reveals its parent item', async () => {
    const q = questionnaireOf(
      rating,
      { ...single, id: 'f', ...after(0, 3, 4) },
      { ...single, id: 'g', ...after(1, 2) },
    );
    const rows = all([
      [[1, NOT_ASKED, NOT_ASKED], 9],
      [[2, NOT_ASKED, NOT_ASKED], 9],
      [[3, 1, NOT_ASKED], 4],
      [[4, 1, NOT_ASKED], 4],
      [[4, 2, 3], 1],
    ]);
    const solved = await audit(q, rows, [], ['f']);
    expect(solved.flatMap(({ values }) => values)).toContainEqual({ what: 'f b', value: 1 });
    expect(await audit(q, rows, [], ['f', 'g'])).toEqual([]);
  });
});

it('the number who answered any of several items is known only if one is asked of everybody', () => {
  const q = questionnaireOf(
    rating,
    { ...rating, id: 'f', ...after(0, 4) },
    { ...rating, id: 'g', ...after(0, 4) },
    { ...rating, id: 'h', ...after(1, 1) },
  );
  const [r, f, g, h] = q.items as [CompiledItem, CompiledItem, CompiledItem, CompiledItem];
  expect(peopleKnown(q, [r, f])).toEqual({ kind: 'known' });
  expect(peopleKnown(q, [f, g])).toEqual({ kind: 'with', item: 'f' });
  expect(peopleKnown(q, [f, h])).toEqual({ kind: 'open' });
  expect([...tiedItems(q, 'h')].sort()).toEqual(['f', 'g', rating.id].sort());
});

import { describe, expect, it } from 'vitest';
import { schoolHeader } from '../../../../src/domain/frame/roll/header.ts';
import {
  planSchools,
  whyKept,
  type ListedSchoolRecord,
  type SchoolEntry,
} from '../../../../src/domain/frame/roll/school-plan.ts';

const blank: SchoolEntry = {
  name: '',
  code: null,
  aliases: [],
  category: null,
  location: null,
  level: null,
  ownership: null,
  pupils: null,
  staff: null,
  township: null,
  parent: null,
  given: schoolHeader.fields,
};
const list = (...entries: (Partial<SchoolEntry> & { name: string })[]) =>
  entries.map((entry, i) => ({ sheet: '', row: i + 2, entry: { ...blank, ...entry } }));
const plan = (
  known: readonly ListedSchoolRecord[],
  ...entries: (Partial<SchoolEntry> & { name: string })[]
) => planSchools(known, list(...entries));

describe('which school a row is', () => {
  it('codes that come later find the schools that were known by name', () => {
    const first = plan([], { name: '甲小学' }, { name: '乙小学' }).schools;
    const later = plan(first, { name: '甲小学', code: '1' }, { name: '乙 小学', code: '2' });
    expect(later).toMatchObject({
      notes: { coded: 2 },
      faults: [],
      schools: [
        { id: first[0]!.id, code: '1' },
        { id: first[1]!.id, code: '2' },
      ],
    });
    // By the code from now on, whatever the name is.
    expect(plan(later.schools, { name: '甲实验小学', code: '1' }).schools).toMatchObject([
      { id: first[0]!.id, name: '甲实验小学', code: '1' },
    ]);
  });

  it('a list without codes finds the schools that have one', () => {
    const first = plan([], { name: '甲小学', code: '1' }).schools;
    expect(plan(first, { name: '甲小学', pupils: 7 }).schools).toMatchObject([
      { id: '1', code: '1', pupils: 7 },
    ]);
  });

  it('one name in two townships is two schools, with codes or without', () => {
    for (const codes of [
      ['1', '2'],
      [null, null],
    ] as const) {
      const [a, b] = [
        { name: '希望小学', township: '城关镇', code: codes[0] },
        { name: '希望小学', township: '河口乡', code: codes[1] },
      ];
      const { schools, faults } = plan([], a, b);
      expect(faults).toEqual([]);
      expect(new Set(schools.map((s) => s.id)).size).toBe(2);
      // In another order and another file they are the same two.
      const ids = (of: readonly ListedSchoolRecord[]) => of.map((s) => `${s.id} ${s.township}`).sort();
      expect(ids(plan(schools, b, a).schools)).toEqual(ids(schools));
      expect(ids(plan(plan([], a).schools, b).schools)).toHaveLength(1);
    }
  });

  it('one name that nothing tells apart is refused, in one file and in two', () => {
    expect(plan([], { name: '甲小学', code: '1' }, { name: '甲小学', code: '2' })).toMatchObject({
      schools: [],
      faults: [{ row: 3, field: 'name', message: 'roll.school.same-name', params: { row: 2 } }],
    });
    const first = plan([], { name: '甲小学', code: '1' }).schools;
    expect(plan(first, { name: '甲小学', code: '2' })).toMatchObject({
      schools: [],
      faults: [{ message: 'roll.school.other-code', params: { code: '1' } }],
    });
    expect(plan([], { name: '甲小学', code: '1' }, { name: '乙小学', code: '1' }).faults).toMatchObject([
      { row: 3, field: 'code', message: 'roll.school.duplicate', params: { row: 2 } },
    ]);
  });

  it('keeps what the later list has no column for', () => {
    const first = plan([], { name: '甲小学', location: 'urban', aliases: ['一小'], pupils: 5 }).schools;
    const later = plan(first, { name: '甲小学', code: '1', given: ['name', 'code', 'pupils'] }).schools;
    expect(later).toMatchObject([{ location: 'urban', aliases: ['一小'], pupils: null, code: '1' }]);
  });

  it('finds the central school of the same township', () => {
    const { schools, faults } = plan(
      [],
      { name: '中心小学', township: '城关镇', code: '1' },
      { name: '中心小学', township: '河口乡', code: '2' },
      { name: '东沟教学点', township: '河口乡', parent: '中心小学' },
    );
    expect(faults).toEqual([]);
    expect(schools.at(-1)).toMatchObject({ name: '东沟教学点', parent: '2' });
  });
});

it('a school that is used, or that others depend on, is kept', () => {
  const free = { preparing: true, contacts: false, children: false };
  expect(whyKept(free)).toBeUndefined();
  expect(whyKept({ ...free, preparing: false })).toBe('frame.frozen');
  expect(whyKept({ ...free, contacts: true })).toBe('school.used');
  expect(whyKept({ ...free, children: true })).toBe('school.has-points');
});

import { describe, expect, test } from 'vitest';
import type { CampaignId, CountyCode, SchoolId } from '../../../src/domain/model/ids.ts';
import type { RollImport, RollStatement } from '../../../src/domain/model/import.ts';
import type { Actor } from '../../../src/domain/campaign/permissions.ts';
import { decideWithdrawal, decideWithdrawalPart } from '../../../src/domain/frame/decide-withdrawal.ts';
import { decideAffiliation, type KnownGrade } from '../../../src/domain/frame/roll/affiliation.ts';

const actor: Actor = { userId: 'u', name: 'chief', role: 'official', counties: [], via: 'web' };
const stamp = { at: 1_000, actor };
const [one, two] = ['S1', 'S2'] as SchoolId[];
const roll: RollImport = {
  id: 'import000001',
  campaign: 'campaign' as CampaignId,
  county: '990101' as CountyCode,
  group: 'parent',
  fileName: 'a.csv',
  fileHash: 'ff',
  state: 'applied',
  summary: null,
  by: 'chief',
  at: 1,
  added: 2,
  duplicates: 0,
  joined: 0,
  corrected: 0,
  lateReason: null,
  file: null,
  reason: null,
  appliedNo: 3,
  withdrawal: null,
};
const state = (patch: Partial<RollImport> = {}, more = {}) => ({
  import: { ...roll, ...patch },
  campaignState: 'draft' as const,
  frameState: 'preparing' as const,
  others: [],
  ...more,
});

describe('a withdrawal', () => {
  test('begins with a reason, in the trail', () => {
    const { changes, trail, leaves } = decideWithdrawal(state(), ' 人员类别选错了 ', stamp);
    expect(changes).toEqual({
      state: 'withdrawing',
      withdrawal: { by: 'chief', at: 1_000, reason: '人员类别选错了', removed: 0, kept: 0 },
    });
    expect(leaves).toEqual([]);
    expect(trail).toEqual([
      {
        action: 'import.withdraw',
        county: '990101',
        details: { import: roll.id, group: 'parent', reason: '人员类别选错了' },
      },
    ]);
  });

  test.each([
    ['not applied', state({ state: 'staged' }), 'import.state'],
    ['after the freeze', state({}, { frameState: 'frozen' }), 'frame.frozen'],
    ['of an open campaign', state({}, { campaignState: 'open' }), 'frame.frozen'],
    ['late', state({ lateReason: '转学补录' }), 'import.withdraw-late'],
    ['of an earlier version', state({ appliedNo: 0 }), 'import.withdraw-old'],
    ['beside another being applied', state({}, { others: [{ ...roll, state: 'applying' }] }), 'import.busy'],
    [
      'before its own repetition',
      state({}, { others: [{ ...roll, appliedNo: 4 }] }),
      'import.repeated-later',
    ],
  ])('%s is refused', (_name, given, message) => {
    expect(() => decideWithdrawal(given, '人员类别选错了', stamp)).toThrow(message);
  });

  test('a repetition before it, or of another group, is no obstacle', () => {
    const others = [
      { ...roll, appliedNo: 2 },
      { ...roll, group: 'teacher' as const, appliedNo: 5 },
      { ...roll, state: 'withdrawn' as const, appliedNo: 6 },
    ];
    expect(decideWithdrawal(state({}, { others }), '人员类别选错了', stamp).changes.state).toBe(
      'withdrawing',
    );
  });

  test.each(['', '错了', '    '])('a reason of “%s” is none', (reason) => {
    expect(() => decideWithdrawal(state(), reason, stamp)).toThrow('roll.reason');
  });
});

const entry = (n: number) => new Uint8Array(16).fill(n);
const withdrawing = {
  ...roll,
  no: 7,
  state: 'withdrawing' as const,
  withdrawal: { by: 'chief', at: 1, reason: '人员类别选错了', removed: 1, kept: 1 },
};
const said = (source: number, school: SchoolId | null, grade: number): RollStatement => ({
  source,
  school,
  grade,
});

describe('a part of a withdrawal', () => {
  const orderOf = (source: number) => ({ 5: 1, 7: 2, 9: 3 })[source] ?? 0;
  const part = (contacts: Parameters<typeof decideWithdrawalPart>[0]['contacts'], isLast = true) =>
    decideWithdrawalPart({ import: withdrawing, frameState: 'preparing', contacts, isLast, orderOf });

  test('takes out whom nobody else names, and keeps the others', () => {
    const { changes, trail } = part([
      {
        entry: entry(1),
        statements: [said(7, one!, 3)],
        affiliations: [{ school: one!, grade: 3, source: 7 }],
      },
      {
        entry: entry(2),
        statements: [said(7, one!, 3), said(5, one!, 3)],
        affiliations: [{ school: one!, grade: 3, source: 7 }],
      },
    ]);
    expect(changes.removed).toEqual([entry(1)]);
    expect(changes.affiliations).toEqual([
      { op: 'write', entry: entry(2), school: one, grade: 3, source: 5 },
    ]);
    expect(changes.state).toBe('withdrawn');
    expect(changes.withdrawal).toMatchObject({ removed: 2, kept: 2 });
    expect(trail).toEqual([
      { action: 'import.withdrawn', county: '990101', details: { import: roll.id, removed: 2, kept: 2 } },
    ]);
  });

  test('a grade that the roll had replaced comes back; a school that it alone named goes', () => {
    const { changes } = part([
      {
        entry: entry(3),
        statements: [said(5, one!, 3), said(7, one!, 4), said(7, two!, 1)],
        affiliations: [
          { school: one!, grade: 4, source: 7 },
          { school: two!, grade: 1, source: 7 },
        ],
      },
    ]);
    expect(changes.removed).toEqual([]);
    expect(changes.affiliations.map(({ op, school, grade }) => [op, school, grade])).toEqual([
      ['remove', 'S1', 4],
      ['remove', 'S2', 1],
      ['write', 'S1', 3],
    ]);
  });

  test('what is left is what the other rolls alone would have made, whatever they said', () => {
    // Every way in which three rolls can name one contact at one school with grades 0 to 2, or not at all.
    const choices: readonly (readonly number[])[] = [[], [0], [1], [2], [1, 2]];
    const apply = (rolls: readonly (readonly [number, readonly number[]])[]) => {
      let known: readonly KnownGrade[] = [];
      for (const [source, grades] of rolls)
        for (const grade of grades) {
          const { removed, written } = decideAffiliation(known, { grade, source });
          known = [
            ...known.filter((k) => !removed.includes(k.grade) && !(written && k.grade === grade)),
            ...(written ? [{ grade, source }] : []),
          ];
        }
      return known;
    };
    for (const first of choices)
      for (const own of choices)
        for (const last of choices) {
          if (own.length === 0) continue;
          const all = [
            [5, first],
            [7, own],
            [9, last],
          ] as const;
          const before = apply(all);
          const { changes } = part([
            {
              entry: entry(4),
              statements: all.flatMap(([source, grades]) => grades.map((g) => said(source, one!, g))),
              affiliations: before.map((k) => ({ ...k, school: one! })),
            },
          ]);
          let after = before.map((k) => k.grade);
          for (const { op, grade } of changes.affiliations)
            after = op === 'remove' ? after.filter((g) => g !== grade) : [...new Set([...after, grade])];
          const expected = apply([all[0], all[2]]).map((k) => k.grade);
          if (first.length + last.length === 0) expect(changes.removed).toHaveLength(1);
          else expect(after.sort(), JSON.stringify(all)).toEqual(expected.sort());
        }
  });

  test('goes on only while it is being withdrawn, before the freeze', () => {
    const given = { frameState: 'preparing' as const, contacts: [], isLast: true, orderOf };
    expect(() => decideWithdrawalPart({ ...given, import: { ...withdrawing, state: 'applied' } })).toThrow(
      'import.state',
    );
    expect(() => decideWithdrawalPart({ ...given, import: withdrawing, frameState: 'frozen' })).toThrow(
      'frame.frozen',
    );
  });
});

import { describe, expect, test } from 'vitest';
import { encodeStateLeaf } from '../../../src/domain/evidence/leaf.ts';
import {
  decideDiscard,
  decideImportPart,
  decideStaged,
  type ImportPart,
  type KnownContact,
  type PartRow,
} from '../../../src/domain/frame/decide-import.ts';
import type { KnownGrade } from '../../../src/domain/frame/roll/affiliation.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../../src/domain/model/ids.ts';
import type { RollImport } from '../../../src/domain/model/import.ts';
import type { Stamp } from '../../../src/domain/model/stamp.ts';

const county = '990101' as CountyCode;
const stamp: Stamp = {
  at: 5,
  actor: { userId: 'u', name: 'op', role: 'operator', counties: [], via: 'web' },
};
const bytes = (n: number) => new Uint8Array(16).fill(n);
const one = 'S1' as SchoolId;
const two = 'S2' as SchoolId;

/** A contact of the number `phone`; its entry would be `entry`. */
function row(entry: number, phone: number, school: SchoolId | null, grade: number | null = null): PartRow {
  return {
    entry: bytes(entry),
    digest: bytes(phone),
    sealed: bytes(0),
    household: null,
    group: 'parent',
    school,
    grade,
    hasPhone: true,
  };
}
const roll: RollImport = {
  id: 'roll',
  campaign: 'c' as CampaignId,
  county,
  group: 'parent',
  fileName: 'a.csv',
  fileHash: 'f'.repeat(64),
  state: 'staged',
  summary: null,
  by: 'op',
  at: 1,
  lateReason: null,
  file: null,
  reason: null,
  appliedNo: 0,
  withdrawal: null,
  added: 0,
  duplicates: 0,
  joined: 0,
  corrected: 0,
};
function part(rows: readonly PartRow[], patch: Partial<ImportPart> = {}): ImportPart {
  return {
    import: { ...roll, no: 2 },
    campaignState: 'draft',
    frameState: 'preparing',
    isRepeated: false,
    isOtherWithdrawn: false,
    doubts: 0,
    reason: null,
    isLast: true,
    rows,
    known: knownOf([]),
    ...patch,
  };
}
/** Contacts by number: entry, lateness, school, grades by the first roll. */
function knownOf(list: readonly [number, number, number, SchoolId, ...number[]][]) {
  const find = (phone: Uint8Array): KnownContact | undefined => {
    const found = list.find(([own]) => own === phone[0]);
    return found && { entry: bytes(found[1]), late: found[2] };
  };
  return {
    findByDigest: find,
    findByHousehold: find,
    listGrades: (entry: Uint8Array, school: SchoolId): KnownGrade[] =>
      list
        .filter((c) => c[1] === entry[0] && c[3] === school)
        .flatMap(([, , , , ...grades]) => grades.map((grade) => ({ grade, source: 1 }))),
  };
}
const late = { ...roll, no: 2, lateReason: '转学补录' };

describe('a part of an import', () => {
  test('adds who is new, once, with every school of his rows', () => {
    const rows = [row(1, 10, one, 3), row(2, 10, two), row(3, 11, null)];
    const { changes, leaves, trail } = decideImportPart(part(rows), stamp);
    expect(changes.contacts.map((c) => c.entry[0])).toEqual([1, 3]);
    expect(changes.affiliations).toEqual([
      { op: 'write', entry: bytes(1), school: one, grade: 3 },
      { op: 'write', entry: bytes(1), school: two, grade: 0 },
    ]);
    expect(changes.totals).toEqual({ added: 2, duplicates: 1, joined: 1, corrected: 0 });
    expect(changes).toMatchObject({ state: 'applied', late: 0, isAltered: true });
    expect(leaves).toEqual([]);
    expect(trail.map((t) => t.action)).toEqual(['import.apply', 'import.applied']);
  });

  test('changes an entry where it only joins a known contact to a school, and says so', () => {
    const { changes } = decideImportPart(
      part([row(9, 10, two)], { known: knownOf([[10, 1, 0, one, 3]]) }),
      stamp,
    );
    expect(changes).toMatchObject({ isAltered: true, contacts: [], totals: { added: 0, joined: 1 } });
    expect(changes.affiliations).toEqual([{ op: 'write', entry: bytes(1), school: two, grade: 0 }]);
  });

  test('changes no entry where it says what is known', () => {
    const { changes } = decideImportPart(
      part([row(9, 10, one, 3)], { known: knownOf([[10, 1, 0, one, 3]]) }),
      stamp,
    );
    expect(changes).toMatchObject({ isAltered: false, totals: { duplicates: 1, joined: 0, corrected: 0 } });
    // Who said so last is noted all the same.
    expect(changes.affiliations).toHaveLength(1);
  });

  test('replaces an earlier roll’s grade, and keeps both of its own', () => {
    const known = knownOf([[10, 1, 0, one, 3]]);
    const { changes } = decideImportPart(part([row(8, 10, one, 4), row(9, 10, one, 6)], { known }), stamp);
    expect(changes.affiliations).toEqual([
      { op: 'remove', entry: bytes(1), school: one, grade: 3 },
      { op: 'write', entry: bytes(1), school: one, grade: 4 },
      { op: 'write', entry: bytes(1), school: one, grade: 6 },
    ]);
    expect(changes.totals).toMatchObject({ corrected: 1, joined: 0, duplicates: 2 });
  });

  test('finds a household by all its numbers, within the part too', () => {
    const rows = [
      { ...row(1, 10, one), household: bytes(77) },
      { ...row(2, 11, one), household: bytes(77) },
    ];
    const { changes } = decideImportPart(part(rows), stamp);
    expect(changes.contacts.map((c) => c.entry[0])).toEqual([1]);
  });

  test('of a file that was applied before adds nobody', () => {
    const { changes } = decideImportPart(part([row(1, 10, one)], { isRepeated: true }), stamp);
    expect(changes).toMatchObject({
      contacts: [],
      affiliations: [],
      isAltered: false,
      totals: { duplicates: 1 },
    });
  });

  test('after the draw is in the log, and leaves the frozen contacts alone', () => {
    const given = part([row(2, 20, one), row(1, 21, one), row(9, 10, two)], {
      import: late,
      campaignState: 'open',
      frameState: 'drawn',
      isLast: false,
      known: knownOf([[10, 5, 0, one, 3]]),
    });
    const { changes, leaves, trail } = decideImportPart(given, stamp);
    expect(changes).toMatchObject({ late: 1, state: 'applying' });
    expect(changes.affiliations.map((a) => a.entry[0])).toEqual([2, 1]);
    expect(leaves).toHaveLength(1);
    // SHA-256 of the new entries in ascending order, by Python's hashlib: sha256(b'\x01' * 16 + b'\x02' * 16).
    expect(leaves[0]!.body).toMatchObject({
      added: 2,
      reason: '转学补录',
      import: 'roll',
      entries: 'f03f702d6016a19c16ff011ea60a8f81081446624f4c1224de099030e36c1f7c',
    });
    expect(encodeStateLeaf('late-edit', leaves[0]!.body as never).length).toBeGreaterThan(100);
    expect(trail.map((t) => t.action)).toEqual(['import.apply']);
  });

  test.each([
    ['import.state', { import: { ...late, state: 'discarded' } }],
    ['frame.between', { frameState: 'frozen' }],
    ['frame.frozen', { frameState: 'drawn' }],
    ['campaign.not-draft', { campaignState: 'voided' }],
    ['roll.late-too-late', { import: late, frameState: 'drawn', campaignState: 'closed' }],
  ] as const)('is refused with %s', (message, patch) => {
    expect(() => decideImportPart(part([], patch), stamp)).toThrow(message);
  });

  test('that was begun in time is ended, whatever the campaign is by then', () => {
    const begun = { ...late, state: 'applying' } as const;
    const given = part([row(1, 10, one)], {
      import: begun,
      frameState: 'drawn',
      campaignState: 'closed',
    });
    expect(decideImportPart(given, stamp).changes.state).toBe('applied');
  });
});

describe('an import', () => {
  test('is staged once it is read', () => {
    const summary = {
      good: 3,
      bad: 1,
      skipped: 0,
      unmappedColumns: 0,
      consecutive: {},
      warnings: [],
      doubts: [],
    };
    const { trail } = decideStaged({ ...roll, state: 'reading' }, 'aa', summary);
    expect(trail[0]!.details).toEqual({ import: 'roll', group: 'parent', fileHash: 'aa', good: 3, bad: 1 });
    expect(() => decideStaged(roll, 'aa', summary)).toThrow('import.state');
  });

  test('is discarded before it is applied; a second time nothing happens', () => {
    expect(decideDiscard(roll).changes).toEqual({ state: 'discarded' });
    expect(decideDiscard({ ...roll, state: 'discarded' })).toEqual({ changes: null, leaves: [], trail: [] });
    expect(() => decideDiscard({ ...roll, state: 'applying' })).toThrow('import.state');
  });
});

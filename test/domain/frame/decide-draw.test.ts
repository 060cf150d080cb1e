import { describe, expect, test } from 'vitest';
import { encodeStateLeaf } from '../../../src/domain/evidence/leaf.ts';
import { decideDrawn, decideLateIssue, decideSeed } from '../../../src/domain/frame/decide-draw.ts';
import { decideSchoolRemoval, decideSchools } from '../../../src/domain/frame/decide-schools.ts';
import type { ReportingStratum, SamplingStratum } from '../../../src/domain/frame/strata.ts';
import type { IssuedCode } from '../../../src/domain/model/code.ts';
import type { CountyCode, SchoolId } from '../../../src/domain/model/ids.ts';
import type { School } from '../../../src/domain/model/school.ts';
import type { Stamp } from '../../../src/domain/model/stamp.ts';

const county = '990101' as CountyCode;
const stamp: Stamp = {
  at: 5,
  actor: { userId: 'u', name: 'inspector', role: 'inspector', counties: [county], via: 'web' },
};
const bytes = (n: number, length = 16) => new Uint8Array(length).fill(n);
const seeding = { dice: '123', seed: bytes(7, 32), moves: [], quotas: { parent: 4 } } as const;
const stratum = {
  no: 1,
  group: 'parent',
  location: 'town',
  grade: 3,
  kind: 'frame',
  frameSize: 9,
  quota: 4,
  drawn: 4,
  replacements: 2,
} as const satisfies SamplingStratum;
const reporting = {
  no: 1,
  group: 'parent',
  level: 'county',
  key: '',
  name: '',
  schools: [],
  location: null,
  issued: { drawn: 4, replacement: 2, other: 1 },
} as const satisfies ReportingStratum;

describe('the seed', () => {
  const state = { campaignState: 'draft', county, frameState: 'frozen', isSeeded: false } as const;
  test('is stored and logged once', () => {
    const { changes, leaves, trail } = decideSeed(state, seeding, stamp);
    expect(changes).toEqual({ frameState: 'drawing', draw: { ...seeding, by: 'inspector', at: 5 } });
    expect(leaves[0]!.body).toMatchObject({ dice: '123', seed: '07'.repeat(32), quotas: { parent: 4 } });
    expect(encodeStateLeaf('draw', leaves[0]!.body as never).length).toBeGreaterThan(50);
    expect(trail[0]).toMatchObject({ action: 'draw.seed', county });
  });
  test.each([
    ['draw.done', { isSeeded: true, frameState: 'drawn' }],
    ['draw.not-frozen', { frameState: 'preparing' }],
    ['campaign.not-draft', { campaignState: 'open' }],
  ] as const)('is refused with %s', (message, patch) => {
    expect(() => decideSeed({ ...state, ...patch }, seeding, stamp)).toThrow(message);
  });
});

describe('the end of the draw', () => {
  const canary = {
    entry: bytes(1),
    group: 'parent',
    digest: bytes(2),
    sealed: bytes(3),
    school: null,
    sealedCode: bytes(4),
    pseudonym: bytes(5),
    questionnaire: 1,
  } as const;
  const state = { county, frameState: 'drawing', waiting: [canary] } as const;
  const cell = {
    questionnaire: 1,
    samplingStratum: 1,
    reportingStratum: 1,
    count: 6,
    pseudonyms: 'a'.repeat(64),
  };
  const sample = {
    sampling: [stratum],
    reporting: [reporting],
    canaries: [{ entry: bytes(1), samplingStratum: 1, reportingStratum: 1 }],
    commitment: { codes: [{ ...cell, set: 'drawn' as const }], contacts: 'b'.repeat(64) },
  };
  test('places the test contacts in cells of their own', () => {
    const { changes, leaves, trail } = decideDrawn(state, sample, stamp);
    expect(changes.frameState).toBe('drawn');
    expect(changes.placements).toEqual([
      {
        canary,
        code: {
          pseudonym: bytes(5),
          samplingStratum: 1,
          reportingStratum: 1,
          questionnaire: 1,
          set: 'canary',
        },
      },
    ]);
    const { codes } = leaves[0]!.body as { codes: { set: string; count: number }[] };
    expect(codes.map((c) => [c.set, c.count])).toEqual([
      ['drawn', 6],
      ['canary', 1],
    ]);
    expect(encodeStateLeaf('issue', leaves[0]!.body as never).length).toBeGreaterThan(100);
    expect(trail[0]!.details).toMatchObject({ reportingStrata: 1, strata: [{ no: 1, quota: 4 }] });
  });
  test('is refused unless a draw is under way, and for a test contact that nobody sealed', () => {
    expect(() => decideDrawn({ ...state, frameState: 'drawn' }, sample, stamp)).toThrow('draw.not-drawing');
    expect(() => decideDrawn({ ...state, waiting: [] }, sample, stamp)).toThrow('canaries.not-now');
  });
});

describe('late codes', () => {
  const code = (n: number): IssuedCode => ({
    pseudonym: bytes(n),
    samplingStratum: 0,
    reportingStratum: 1,
    questionnaire: 1,
    set: 'other',
  });
  const state = { campaignState: 'open', county, frameState: 'drawn', reporting: [reporting] } as const;
  test('are named one by one, and counted outside the denominators', () => {
    const { changes, leaves } = decideLateIssue(state, [code(9), code(8)], stamp);
    expect(changes.strata).toEqual([{ no: 1, issued: { drawn: 4, replacement: 2, other: 3 } }]);
    expect(leaves[0]!.body).toMatchObject({
      codes: [{ count: 2, set: 'other', pseudonyms: '08'.repeat(16) + '09'.repeat(16) }],
    });
    expect(decideLateIssue(state, [], stamp).leaves).toEqual([]);
  });
  test.each([{ frameState: 'frozen' }, { campaignState: 'closing' }] as const)('are refused: %o', (patch) => {
    expect(() => decideLateIssue({ ...state, ...patch }, [code(1)], stamp)).toThrow('late.not-drawn');
  });
});

describe('schools', () => {
  const school = (id: string, parent: string | null = null): School => ({
    id: id as SchoolId,
    name: id,
    code: null,
    aliases: [],
    category: 'primary',
    location: null,
    level: null,
    ownership: 'public',
    pupils: null,
    staff: null,
    township: '',
    parent: parent as SchoolId | null,
  });
  const state = {
    campaignState: 'draft',
    frameState: 'preparing',
    county,
    known: [school('A'), school('B', 'A')],
  } as const;
  test('are fixed with the frame', () => {
    expect(decideSchools(state, [])).toMatchObject({ changes: { schools: [] }, trail: [] });
    expect(() => decideSchools({ ...state, frameState: 'frozen' }, [])).toThrow('frame.frozen');
    expect(() => decideSchools({ ...state, campaignState: 'open' }, [])).toThrow('frame.frozen');
  });
  test('are removed only while nothing names them', () => {
    const id = 'B' as SchoolId;
    expect(decideSchoolRemoval(state, id, false)).toMatchObject({
      changes: { removed: 'B' },
      trail: [{ action: 'schools.remove', county, details: { school: 'B', name: expect.any(String) } }],
    });
    expect(() => decideSchoolRemoval(state, id, true)).toThrow('school.used');
    expect(() => decideSchoolRemoval(state, 'A' as SchoolId, false)).toThrow('school.has-points');
    expect(() => decideSchoolRemoval(state, 'C' as SchoolId, false)).toThrow('school.not-found');
    expect(() => decideSchoolRemoval({ ...state, frameState: 'drawn' }, id, false)).toThrow('frame.frozen');
  });
});

import { describe, expect, test } from 'vitest';
import { decideExport } from '../../../src/domain/code/decide-export.ts';
import { decideOpened, decideSealing } from '../../../src/domain/evidence/decide-canaries.ts';
import { encodeStateLeaf } from '../../../src/domain/evidence/leaf.ts';
import type { CampaignId, CountyCode } from '../../../src/domain/model/ids.ts';
import type { Stamp } from '../../../src/domain/model/stamp.ts';

const county = '990101' as CountyCode;
const campaign = 'c'.repeat(12) as CampaignId;
const stamp: Stamp = {
  at: 5,
  actor: { userId: 'u', name: 'op', role: 'operator', counties: [], via: 'web' },
};

describe('an export of codes', () => {
  const made = {
    id: 'x',
    campaign,
    county,
    kind: 'invitation',
    format: 'csv',
    groups: ['parent'],
    count: 3,
    fileHash: 'f'.repeat(64),
  } as const;
  const open = { campaignState: 'open', frameState: 'drawn', slips: [], students: undefined } as const;
  test('is in the log with who and how many', () => {
    const { changes, leaves, trail } = decideExport(open, made, stamp);
    expect(changes).toEqual({ made: { ...made, by: 'op', at: 5 }, isReminder: false });
    expect(leaves[0]).toMatchObject({ county, type: 'export', body: { count: 3, by: { name: 'op' } } });
    expect(encodeStateLeaf('export', leaves[0]!.body as never).length).toBeGreaterThan(50);
    expect(trail[0]).toMatchObject({ action: 'codes.export', county, details: { export: 'x', count: 3 } });
    expect(decideExport(open, { ...made, kind: 'reminder' }, stamp).changes.isReminder).toBe(true);
  });
  test('of slips for pupils is refused beyond the guardians who consented, unless the commissioner does without', () => {
    const slips = [
      { group: 'public', count: 80 },
      { group: 'student', count: 60 },
    ] as const;
    const consents = (consented: number, isRequired = true) => ({
      isRequired,
      consents: [
        { school: 'S1', on: '2026-03-01', pupils: 50, consented },
        { school: 'S2', on: '2026-03-01', pupils: 50, consented: 20 },
      ],
    });
    const exporting = (students: ReturnType<typeof consents> | undefined, groups = ['public', 'student']) =>
      decideExport({ ...open, slips, students }, { ...made, kind: 'slips', groups: groups as never }, stamp);
    expect(() => exporting(undefined)).toThrow(
      expect.objectContaining({ message: 'inspection.consent.missing', params: { count: 60, consented: 0 } }),
    );
    expect(() => exporting(consents(39))).toThrow(
      expect.objectContaining({ params: { count: 60, consented: 59 } }),
    );
    expect(exporting(consents(40)).leaves).toHaveLength(1);
    expect(exporting(consents(0, false)).leaves).toHaveLength(1);
    expect(exporting(undefined, ['public']).leaves).toHaveLength(1);
  });
  test('is refused where the campaign or the draw does not allow it', () => {
    const refused = (patch: object, kind: 'invitation' | 'reminder' = made.kind) =>
      expect(() => decideExport({ ...open, ...patch }, { ...made, kind }, stamp));
    refused({ frameState: 'frozen' }).toThrow('codes.not-drawn');
    // It closed while the file was made.
    refused({ campaignState: 'closing' }).toThrow('codes.not-open');
    refused({ campaignState: 'draft' }).not.toThrow();
    refused({ campaignState: 'draft' }, 'reminder').toThrow('codes.not-open');
  });
});

describe('test contacts', () => {
  const canary = {
    entry: new Uint8Array(16),
    group: 'parent',
    digest: new Uint8Array(16).fill(2),
    school: null,
    sealed: new Uint8Array(1),
    sealedCode: new Uint8Array(1),
    pseudonym: new Uint8Array(16),
    questionnaire: 1,
  } as const;
  const state = { county, frameState: 'frozen', isSealed: false, isInRoll: () => false } as const;
  const sealed = { commitment: 'a'.repeat(64), canaries: [canary] };
  test('are sealed once, between freeze and draw, and are nobody of the roll', () => {
    expect(decideSealing(state, sealed, stamp)).toMatchObject({
      changes: { canaries: [canary] },
      leaves: [{ county, type: 'canaries', body: { commitment: sealed.commitment, count: 1 } }],
      // How many there are is for the log, not for the trail that officials see.
      trail: [{ action: 'canaries.sealed', county, details: { commitment: sealed.commitment } }],
    });
    expect(() => decideSealing({ ...state, isSealed: true }, sealed, stamp)).toThrow('canaries.not-now');
    expect(() => decideSealing({ ...state, frameState: 'drawn' }, sealed, stamp)).toThrow('canaries.not-now');
    const isInRoll = (digest: Uint8Array) => digest[0] === 2;
    expect(() => decideSealing({ ...state, isInRoll }, sealed, stamp)).toThrow('canaries.in-roll');
  });
  test('are opened after close, against what the log committed to', () => {
    const faults = { unissued: 0 } as never;
    const { commitment } = sealed;
    const closed = { campaignState: 'closed', county, commitment } as const;
    expect(decideOpened(closed, { commitment, faults }, stamp).leaves[0]).toMatchObject({
      county,
      type: 'canaries-opened',
    });
    expect(() => decideOpened({ ...closed, campaignState: 'open' }, { commitment, faults }, stamp)).toThrow(
      'evidence.not-closed',
    );
    const other = { commitment: 'b'.repeat(64), faults };
    expect(() => decideOpened(closed, other, stamp)).toThrow('canaries.other');
  });
});

import { describe, expect, test } from 'vitest';
import { assertFrozenRoll, decideFreeze, type RollState } from '../../../src/domain/frame/decide-freeze.ts';
import { encodeStateLeaf } from '../../../src/domain/evidence/leaf.ts';
import type { CampaignId, ContentHash, CountyCode } from '../../../src/domain/model/ids.ts';
import type { Stamp } from '../../../src/domain/model/stamp.ts';

const county = '990101' as CountyCode;
const stamp: Stamp = {
  at: 1_000,
  actor: { userId: 'u', name: 'op', role: 'operator', counties: [], via: 'web' },
};
const frame = { root: new Uint8Array(32).fill(7), size: 3, version: 4 };
function state(patch: Partial<RollState> = {}): RollState {
  return {
    campaign: {
      id: 'c'.repeat(12) as CampaignId,
      state: 'draft',
      profile: 'a'.repeat(64) as ContentHash,
      questionnaires: [{ no: 1, hash: 'b'.repeat(64) as ContentHash, groups: ['parent'] }],
      counties: [
        {
          code: county,
          name: '云溪县',
          residents: null,
          slips: [],
          frameState: 'preparing',
          frame: null,
          draw: null,
        },
      ],
    },
    county,
    sampling: 'drawn',
    schools: [],
    importPending: false,
    size: 3,
    version: 4,
    inspection: [],
    ...patch,
  };
}
const own = state().campaign.counties[0]!;
const withCounty = (patch: Partial<typeof own>) =>
  state({ campaign: { ...state().campaign, counties: [{ ...own, ...patch }] } });

describe('the decision to freeze', () => {
  test('fixes root and size, and writes the first leaf', () => {
    const { changes, leaves, trail } = decideFreeze(state(), frame, stamp);
    expect(changes).toEqual({ frameState: 'frozen', root: frame.root, frameSize: 3, frozenAt: 1_000 });
    expect(leaves.map((l) => [l.county, l.type])).toEqual([[county, 'frame']]);
    expect(leaves[0]!.body).toMatchObject({ root: '07'.repeat(32), size: 3, county, at: 1_000 });
    // Refuses a body that is not of the format.
    expect(encodeStateLeaf('frame', leaves[0]!.body as never).length).toBeGreaterThan(100);
    expect(trail).toEqual([{ action: 'frame.freeze', county, details: { root: '07'.repeat(32), size: 3 } }]);
  });

  test.each([
    ['frame.changed', state({ version: 5 })],
    ['frame.changed', state({ size: 4 })],
    ['frame.import-pending', state({ importPending: true })],
    ['frame.frozen', withCounty({ frameState: 'frozen' })],
    ['campaign.not-draft', state({ campaign: { ...state().campaign, state: 'open' } })],
    ['county.not-found', state({ campaign: { ...state().campaign, counties: [] } })],
  ] as const)('is refused with %s', (message, given) => {
    expect(() => decideFreeze(given, frame, stamp)).toThrow(message);
  });

  test('wants somebody to ask: a roll, slips, or an open link', () => {
    const none = { ...frame, size: 0 };
    expect(() => decideFreeze(state({ size: 0 }), none, stamp)).toThrow('frame.empty');
    const slips = [{ group: 'public', count: 5 }] as const;
    expect(decideFreeze({ ...withCounty({ slips }), size: 0 }, none, stamp).changes.frameSize).toBe(0);
    expect(decideFreeze(state({ size: 0, sampling: 'self-selected' }), none, stamp).changes.frameSize).toBe(
      0,
    );
  });
});

test('a roll that is not the frozen one is refused with both roots', () => {
  const other = { root: new Uint8Array(32).fill(9), size: 3 };
  assertFrozenRoll(frame, { root: frame.root, size: 3 });
  expect(() => assertFrozenRoll(frame, { ...frame, size: 2 })).toThrow('draw.frame-changed');
  expect(() => assertFrozenRoll(frame, other)).toThrow(
    expect.objectContaining({
      message: 'draw.root-changed',
      params: { expected: '07'.repeat(32), got: '09'.repeat(32) },
    }) as Error,
  );
});

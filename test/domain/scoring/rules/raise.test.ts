import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planNeed, usualNeed } from '../../../../src/domain/scoring/planner/need.ts';
import { checkProfile } from '../../../../src/domain/scoring/rules/profile.ts';
import { computeQuota } from '../../../../src/domain/scoring/rules/quota.ts';
import { bareRule, raised, raiseQuotas, withoutRaise } from '../../../../src/domain/scoring/rules/raise.ts';
import { maxTimes, raiseOf } from '../../../../src/domain/scoring/rules/quota-rule.ts';
import { readProfile } from '../profiles.ts';

const gansu = readProfile('basic-2012');
const note = { 'zh-CN': '云溪县需要 420 份 【x】', en: 'Yunxi needs 420 [x]' };
const totalOf = (profile: typeof gansu, residents: number) => {
  const result = computeQuota(profile, residents, {});
  if (!result.ok) throw new Error(result.why);
  return result.groups.reduce((sum, g) => sum + g.quota, 0);
};

describe('quotas of a campaign that invites more', () => {
  it('420 answers of 65 in 100: 647 codes in place of 600, in every county in proportion', () => {
    // By hand: ⌈420 ⁄ 0.65⌉ = ⌈646.15⌉ = 647; ⌈750 · 647 ⁄ 600⌉ = ⌈808.75⌉ = 809.
    const need = planNeed(gansu, { residents: 300_000, population: null }, { valid: 420, of100: 65 });
    expect(need).toMatchObject({ toIssue: 647, byRule: 600, raise: { from: 600, to: 647 } });
    expect(need.isFloorReached).toBe(65 >= need.floor!);
    const more = raiseQuotas(gansu, need.raise!, note);
    expect([totalOf(more, 300_000), totalOf(more, 500_000)]).toEqual([647, 809]);
    // 300 · 647 ⁄ 600 = 323.5, 100 · 647 ⁄ 600 = 107.83 three times: 323, 107 each, and 3 left for the largest rests.
    expect(
      raised(
        [
          ['p', 300],
          ['t', 100],
          ['h', 100],
          ['d', 100],
        ],
        need.raise!,
      ),
    ).toEqual([
      ['p', 323],
      ['t', 108],
      ['h', 108],
      ['d', 108],
    ]);
    expect(checkProfile(more)).toMatchObject({ ok: true });
    // Raised again it starts from the rules, and it goes back to them exactly.
    const again = planNeed(
      more,
      { residents: 300_000, population: { parent: 500 } },
      { valid: 420, of100: 50 },
    );
    expect(again).toMatchObject({ byRule: 600, toIssue: 840, population: 500 });
    expect(raiseQuotas(more, again.raise!, note).source['zh-CN'].match(/增发/g)).toHaveLength(1);
    expect(withoutRaise(more)).toEqual(gansu);
    expect(raiseOf(gansu)).toBeNull();
  });

  it('what the rules ask for already is no raise, and no slip of the pen is taken', () => {
    const need = planNeed(gansu, { residents: 300_000, population: null }, { valid: 420, of100: 90 });
    expect(need).toMatchObject({ toIssue: 467, raise: null, isFloorReached: true });
    for (const raise of [
      { from: 600, to: 600 },
      { from: 600, to: 600 * maxTimes + 1 },
    ]) {
      expect(() => raiseQuotas(gansu, raise, note)).toThrow('quota.times');
      const written = { ...gansu, quota: { ...gansu.quota, raised: raise } };
      expect(checkProfile(written)).toMatchObject({ ok: false, issues: [{ path: 'quota.raised' }] });
    }
    const open = readProfile('open-link-2024');
    expect(() => raiseQuotas(open, { from: 1, to: 2 }, note)).toThrow('quota.not-raised');
    expect(planNeed(open, { residents: 1, population: null }, { valid: 10, of100: 50 }).byRule).toBeNull();
    // 70 % of 600.
    expect(usualNeed(gansu, 300_000)).toEqual({ valid: 420, of100: 33 });
    expect(bareRule(raiseQuotas(gansu, { from: 600, to: 650 }, note).quota)).toEqual(gansu.quota);
  });

  it('the sum is rounded up once, and nobody gets less', () => {
    const quotas = fc.array(fc.nat(2_000), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        quotas,
        fc.integer({ min: 1, max: 3_000 }),
        fc.integer({ min: 1, max: 3_000 }),
        (list, from, more) => {
          const to = from + more;
          const after = raised(
            list.map((n, i) => [i, n] as const),
            { from, to },
          ).map(([, n]) => n);
          const sum = list.reduce((a, b) => a + b, 0);
          expect(after.reduce((a, b) => a + b, 0)).toBe(
            Number((BigInt(sum) * BigInt(to) + BigInt(from) - 1n) / BigInt(from)),
          );
          list.forEach((n, i) => expect(after[i]).toBeGreaterThanOrEqual(n));
        },
      ),
    );
  });
});

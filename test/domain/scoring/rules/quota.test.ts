import { describe, expect, it } from 'vitest';
import { computeQuota } from '../../../../src/domain/scoring/rules/quota.ts';
import type { Group } from '../../../../src/domain/model/vocabulary.ts';
import { readProfile } from '../profiles.ts';

function quotas(
  name: string,
  residents: number | null,
  population: Partial<Record<Group, number | null>> = {},
) {
  const result = computeQuota(readProfile(name), residents, population);
  if (!result.ok) return result;
  return Object.fromEntries(result.groups.map((g) => [g.group, g.quota]));
}

describe('Jiyuan 2022 (domain.md §1): deputies / principals / teachers / parents', () => {
  it.each([
    [1, 10, 10, 40, 140],
    [199_999, 10, 10, 40, 140],
    [200_000, 15, 15, 60, 210],
    [399_999, 15, 15, 60, 210],
    [400_000, 25, 25, 100, 350],
    [600_000, 35, 35, 140, 490],
    [800_000, 45, 45, 180, 630],
    [999_999, 45, 45, 180, 630],
    [1_000_000, 50, 50, 200, 700],
    [3_000_000, 50, 50, 200, 700],
  ])('%i residents', (residents, deputy, principal, teacher, parent) => {
    expect(quotas('basic-2012-county', residents)).toEqual({ deputy, principal, teacher, parent });
  });
});

describe('Gansu: 1.5 ‰, 600 below 400,000, parents at least half, others equal', () => {
  it.each([
    // 600: 300 parents, 100 each
    [120_000, 300, 100],
    [399_999, 300, 100],
    // 1.5 ‰ of 400,000 = 600
    [400_000, 300, 100],
    // 1.5 ‰ of 500,000 = 750: at least 375 parents; 375 / 3 = 125
    [500_000, 375, 125],
    // 1.5 ‰ of 501,000 = 751.5 → 752: 376 parents; 376 / 3 = 125 rest 1, to the parents
    [501_000, 377, 125],
  ])('%i residents', (residents, parent, each) => {
    expect(quotas('basic-2012', residents)).toEqual({
      parent,
      teacher: each,
      principal: each,
      deputy: each,
    });
  });

  it('moves what principals cannot fill to parents, and says so', () => {
    expect(computeQuota(readProfile('basic-2012'), 300_000, { principal: 59, teacher: 2963 })).toEqual({
      ok: true,
      groups: [
        { group: 'parent', wanted: 300, population: null, quota: 341 },
        { group: 'teacher', wanted: 100, population: 2963, quota: 100 },
        { group: 'principal', wanted: 100, population: 59, quota: 59 },
        { group: 'deputy', wanted: 100, population: null, quota: 100 },
      ],
      moves: [{ from: 'principal', to: 'parent', count: 41 }],
      shortage: 0,
    });
  });

  it('reports what not even parents can fill', () => {
    // parents 300 + 41 moved, 320 there: 21 short
    expect(computeQuota(readProfile('basic-2012'), 300_000, { principal: 59, parent: 320 })).toMatchObject({
      shortage: 21,
    });
  });

  it('needs the residents', () => {
    expect(quotas('basic-2012', null)).toEqual({ ok: false, why: 'residents-unknown', group: null });
  });
});

describe('census and open link', () => {
  it('a census takes everybody and needs every roll', () => {
    const profile = { ...readProfile('basic-2012'), quota: { kind: 'census' as const } };
    const population = { parent: 50_000, teacher: 2963, principal: 59, deputy: 200 };
    expect(computeQuota(profile, null, population)).toMatchObject({
      ok: true,
      groups: [{ quota: 50_000 }, { quota: 2963 }, { quota: 59 }, { quota: 200 }],
      moves: [],
      shortage: 0,
    });
    expect(computeQuota(profile, null, { ...population, deputy: null })).toEqual({
      ok: false,
      why: 'population-unknown',
      group: 'deputy',
    });
  });

  it('an open link has no quota', () => {
    expect(computeQuota(readProfile('open-link-2024'), null, {})).toMatchObject({ ok: true, groups: [] });
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { planQuestionSchema } from '../../src/domain/scoring/planner/plan.ts';
import { translator } from '../../src/texts/texts.ts';
import type { Campaign } from '../../src/domain/model/campaign.ts';
import { planSurvey } from '../../src/operations/campaign/planning.ts';
import { countyA, openedWorld, type World } from '../support/world.ts';

let world: World;
let campaign: Campaign;
beforeAll(async () => {
  ({ world, campaign } = await openedWorld());
});
afterAll(() => world.close());

const plan = (raw: unknown) => planSurvey(world.deps, world.actors.operator, campaign.id, countyA, raw);

// Domain figures: 600 valid at 27.9–38.4 % need 1,560–2,150 invitations; here with the rounder 28–38 %.
test('600 valid answers at 28 to 38 % need 1,579 to 2,143 invitations', async () => {
  const { invitations } = await plan({ valid: '600', low: '0.28', high: '0.38' });
  expect(invitations).toEqual({ least: 1579, most: 2143 });
});

test('a single channel does not reach 70 %, three do', async () => {
  expect((await plan({ channels: [0.33] })).reach.isEnough).toBe(false);
  const { reach } = await plan({ channels: [0.4, 0.3, 0.3] });
  expect(reach.rate).toBeCloseTo(1 - 0.6 * 0.7 * 0.7, 12);
  expect(reach.isEnough).toBe(true);
});

// Cochran §4.2 and §4.4: n0 = (1.96 · 25 ⁄ 3)² = 266.7; with N it is n0 ⁄ (1 + n0 ⁄ N).
test('sample sizes heed how many there are', async () => {
  const { groups } = await plan({ halfWidth: 3, deviation: 25 });
  const n0 = ((1.959963984540054 * 25) / 3) ** 2;
  for (const g of groups) {
    const exact = g.population === null ? n0 : n0 / (1 + n0 / g.population);
    expect(g.needed, g.group).toBe(Math.min(Math.ceil(exact), g.population ?? Infinity));
    expect(g.invited).toBeLessThanOrEqual(g.population ?? Infinity);
  }
});

test('says which schools will be visible, and how many invitations would show them all', async () => {
  const few = await plan({ invited: 10 });
  const parents = few.groups.find((g) => g.group === 'parent')!;
  expect(parents.schools).toBeGreaterThan(2);
  expect(parents.visibleSchools).toBe(0);
  for (const cell of parents.cells) expect(cell.visible).toBe(cell.expected >= few.minimumCell - 1e-9);
  const all = parents.invitedForAll;
  if (all !== null) {
    const enough = await plan({ invited: all });
    expect(enough.groups.find((g) => g.group === 'parent')!.visibleSchools).toBeGreaterThan(0);
  }
});

test('refuses what is no number, and low above high', async () => {
  await expect(plan({ halfWidth: 'x' })).rejects.toMatchObject({
    kind: 'invalid',
    message: 'plan.invalid',
    issues: [{ path: 'halfWidth', message: 'plan.range.halfWidth' }],
  });
  await expect(plan({ low: 0.5, high: 0.3 })).rejects.toMatchObject({
    message: 'plan.invalid',
    issues: [{ path: 'low', message: 'plan.low-above-high' }],
  });
  // Every field says its own range.
  for (const field of Object.keys(planQuestionSchema.shape))
    expect(translator('zh-CN')(`plan.range.${field}`)).not.toBe(`plan.range.${field}`);
});

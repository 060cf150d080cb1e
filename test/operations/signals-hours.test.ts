/** Signals that hang on when something came: after a reminder, too fast to be read, again on the last evening; and reports of pressure. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import type { Summary } from '../../src/domain/scoring/summary/summary.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { exportMessages } from '../../src/operations/code/codes.ts';
import { getSummary } from '../../src/operations/summary/summary.ts';
import { answer } from '../support/evidence.ts';
import { actors, county, openSmallSurvey } from '../support/small-survey.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let summary: Summary;
let second: number;

beforeAll(async () => {
  world = await createWorld();
  const { deps } = world;
  const { campaign: id, codes }: { campaign: CampaignId; codes: readonly string[] } = await openSmallSurvey(
    deps,
    300,
  );
  // The roll goes round three schools: the second one's parents are every third.
  const schools = [0, 1, 2].map((school) => codes.filter((_, i) => i % 3 === school));
  const give = async (list: readonly string[], how: Parameters<typeof answer>[5] = {}) => {
    for (const [i, code] of list.entries()) await answer(deps, id, county, code, i % 4, how);
  };
  // Ten hours like any other; then a reminder, after which one school alone comes, faster than anybody reads.
  for (let hour = 0; hour < 10; hour++) {
    for (const school of schools) await give(school.slice(hour * 5, hour * 5 + 5));
    await deps.storage.endSlot();
  }
  await exportMessages(deps, actors.operator, { campaign: id, county, kind: 'reminder', format: 'csv' });
  await give(schools[1]!.slice(50, 95), { fast: true });
  for (const other of [schools[0]!, schools[2]!]) await give(other.slice(50, 53));
  for (let hour = 0; hour < 30; hour++) await deps.storage.endSlot();
  // On the last evening that school answers again; and people of it say that they were told what to answer.
  await give(schools[1]!.slice(0, 40));
  await give(schools[1]!.slice(60, 85), { pressed: true });
  await closeCampaign(deps, actors.operator, id);
  summary = await getSummary(deps, actors.inspector, id, county);
  second = summary.schools.find((s) => s.name === '第二小学')!.reportingStratum;
}, 120_000);
afterAll(() => world.close());

describe('one school', () => {
  it.each(['after-reminder', 'fast', 'late-reanswers', 'pressure'])('is named by the signal %s', (kind) => {
    const named = summary.signals.filter((signal) => signal.kind === kind);
    expect(named.map((signal) => signal.reportingStratum)).toEqual([second]);
  });

  it('is the only one that is named', () => {
    expect(new Set(summary.signals.map((signal) => signal.reportingStratum))).toEqual(new Set([second]));
  });
});

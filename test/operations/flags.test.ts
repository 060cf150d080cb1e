/** Flags: who may set them, what they say, and that nothing is counted otherwise by them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flagAnswers } from '../../src/operations/evidence/flags.ts';
import { listTrail } from '../../src/operations/trail.ts';
import { closedSurvey, verify, type ClosedSurvey } from '../support/evidence.ts';
import { createWorld } from '../support/world.ts';

let survey: ClosedSurvey;
beforeAll(async () => {
  survey = await closedSurvey();
});
afterAll(() => survey.world.close());

const flag = { group: null, reportingStratum: null, reason: '有人反映答题码外泄' };

test('stands in log and trail, and the verifier names it', async () => {
  const result = await verify(survey.lines);
  expect(result.ok).toBe(true);
  const [event] = result.events.filter((e) => e.type === 'flag');
  expect(event).toMatchObject({ by: 'inspector (inspector)' });
  expect(event!.what).toContain('督学接到多名家长反映');
  const { world, id } = survey;
  const trail = await listTrail(world.deps, world.actors.administrator, { campaign: id, limit: 500 });
  expect(trail.filter((e) => e.action === 'evidence.flag')).toHaveLength(1);
});

test('is set by inspectors of the county and the commissioner’s side, with a reason, on what there is', async () => {
  const { world, id, county } = survey;
  const { deps, actors } = world;
  await expect(flagAnswers(deps, actors.official, id, county, flag)).rejects.toMatchObject({
    kind: 'forbidden',
  });
  await expect(flagAnswers(deps, actors.interviewer, id, county, flag)).rejects.toMatchObject({
    kind: 'forbidden',
  });
  await expect(
    flagAnswers(deps, actors.inspector, id, county, { ...flag, reason: ' 无 ' }),
  ).rejects.toMatchObject({
    message: 'flag.invalid',
  });
  await expect(
    flagAnswers(deps, actors.inspector, id, county, { ...flag, reportingStratum: 999 }),
  ).rejects.toMatchObject({
    message: 'proposal.stratum',
  });
  const other = await createWorld();
  const draft = await other.addCampaign();
  await expect(flagAnswers(other.deps, other.actors.operator, draft.id, county, flag)).rejects.toMatchObject({
    message: 'flag.not-opened',
  });
  await other.close();
});

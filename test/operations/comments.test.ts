import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIntake } from '../../src/intake/intake.ts';
import { submitAnswer } from '../../src/operations/answer/answering.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { listComments } from '../../src/operations/answer/comments.ts';
import { createOpenCampaigns } from '../../src/operations/answer/open-campaigns.ts';
import { createWorld, countyA, type World } from '../support/world.ts';

describe('comments', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(async () => {
    await world.close();
  });

  test('after close, without their school where few answered, never to officials', async () => {
    const { deps, actors } = world;
    const campaign = await world.openedCampaign();
    const codes = (await world.sentCodes(campaign.id, countyA)).filter((c) => c.group === 'parents');
    const intake = createIntake(deps.storage, {
      queueLimit: 1000,
      batchLimit: 100,
      onFailure: () => undefined,
    });
    const open = createOpenCampaigns(deps);
    expect(codes.length).toBeGreaterThan(20);
    const bySchool = new Map<string, number>();
    for (const [i, code] of codes.entries()) {
      // One school hands in one comment and nothing else; everybody else answers.
      if (code.school === codes[0]!.school && i > 0) continue;
      const place = await open.findByCode(code.code.replace(' ', ''));
      const { parser, document } = place!.questionnaire;
      const answers: Record<string, unknown> = Object.fromEntries(
        document.items.filter((item) => item.type === 'rating').map((item) => [item.id, 'satisfied']),
      );
      const text = document.items.find((item) => item.type === 'text')!;
      answers[text.id] = `<b>意见 ${i}</b>`;
      const parsed = parser.parseJson(answers);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
      expect(await submitAnswer({ ...deps, intake }, place!, parsed)).toBe('stored');
      bySchool.set(code.school, (bySchool.get(code.school) ?? 0) + 1);
    }
    await expect(listComments(deps, actors.inspector, campaign.id, countyA)).rejects.toMatchObject({
      message: 'summary.not-closed',
    });
    await closeCampaign(deps, actors.operator, campaign.id);

    const view = await listComments(deps, actors.inspector, campaign.id, countyA);
    expect(view.withheld).toBe(0);
    const answered = [...bySchool.values()].reduce((a, b) => a + b, 0);
    expect(view.comments).toHaveLength(answered);
    const lonely = view.comments.filter((c) => c.text === '<b>意见 0</b>');
    expect(lonely).toEqual([
      { group: 'parent', stratum: null, item: lonely[0]!.item, text: '<b>意见 0</b>' },
    ]);
    expect(view.comments.some((c) => c.stratum !== null)).toBe(true);
    await expect(listComments(deps, actors.official, campaign.id, countyA)).rejects.toMatchObject({
      kind: 'forbidden',
    });
    await expect(listComments(deps, actors.inspectorOfB, campaign.id, countyA)).rejects.toMatchObject({
      kind: expect.stringMatching(/forbidden|not-found/) as unknown,
    });
  });
});

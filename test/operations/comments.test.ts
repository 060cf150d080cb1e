import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIntake } from '../../src/intake/intake.ts';
import { submitAnswer } from '../../src/operations/answer/answering.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import {
  changeComment,
  listComments,
  markedComments,
  type CommentChange,
} from '../../src/operations/answer/comments.ts';
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
    expect(lonely).toMatchObject([
      { group: 'parent', stratum: null, text: '<b>意见 0</b>', marked: false, hidden: false },
    ]);
    expect(view.comments.some((c) => c.stratum !== null)).toBe(true);
    await expect(listComments(deps, actors.official, campaign.id, countyA)).rejects.toMatchObject({
      kind: 'forbidden',
    });
    await expect(listComments(deps, actors.inspectorOfB, campaign.id, countyA)).rejects.toMatchObject({
      kind: expect.stringMatching(/forbidden|not-found/) as unknown,
    });

    // By hand: hidden, shown again, and chosen for the report; the stored text stays, and the trail holds no word of it.
    const { ref } = lonely[0]!;
    const change = (what: CommentChange, actor = actors.inspector) =>
      changeComment(deps, actor, campaign.id, countyA, ref, what);
    const now = async () =>
      (await listComments(deps, actors.inspector, campaign.id, countyA)).comments.find((c) => c.ref === ref)!;
    await expect(change({ kind: 'hide', phrase: '不在其中' })).rejects.toMatchObject({
      message: 'comments.phrase-not-found',
    });
    await expect(change({ kind: 'hide', phrase: ' ' })).rejects.toMatchObject({
      message: 'comments.phrase-empty',
    });
    await change({ kind: 'hide', phrase: '意见' });
    expect(await now()).toMatchObject({ text: '<b>＊＊ 0</b>', hidden: true });
    const others = (await listComments(deps, actors.inspector, campaign.id, countyA)).comments;
    expect(others.filter((c) => c.ref !== ref)).toEqual(view.comments.filter((c) => c.ref !== ref));
    await change({ kind: 'show' });
    expect(await now()).toMatchObject({ text: '<b>意见 0</b>', hidden: false });
    await change({ kind: 'mark', marked: true }, actors.operator);
    const marked = await markedComments(deps, actors.operator, campaign.id, countyA);
    expect(marked.map((c) => c.ref)).toEqual([ref]);
    expect(await markedComments(deps, actors.official, campaign.id, countyA)).toEqual([]);
    await expect(change({ kind: 'show' }, actors.official)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(
      changeComment(deps, actors.inspector, campaign.id, countyA, '00', { kind: 'show' }),
    ).rejects.toMatchObject({ message: 'comments.unknown' });
    const trail = await deps.storage.listTrail({
      campaign: campaign.id,
      counties: null,
      before: null,
      limit: 10,
    });
    const steps = trail.filter(({ action }) => action.startsWith('comment.'));
    expect(steps.map(({ action }) => action)).toEqual(['comment.marked', 'comment.shown', 'comment.hidden']);
    expect(JSON.stringify(steps)).not.toContain('意见');
  });
});

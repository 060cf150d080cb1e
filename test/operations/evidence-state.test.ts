/** The log follows the life of a campaign: every change of state is signed before whoever made it is told, and a campaign that is voided whole ends like any other. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { continueClosing } from '../../src/operations/campaign/closing.ts';
import { issueLateCodes } from '../../src/operations/draw/late.ts';
import { createLinks } from '../../src/operations/code/links.ts';
import { decideProposal, makeProposal } from '../../src/operations/campaign/proposals.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
import { sealDueLots } from '../../src/operations/evidence/evidence.ts';
import { answer, bundleLines, forge, verify } from '../support/evidence.ts';
import { decodeStateLeaf, leafTypeOf } from '../../src/domain/evidence/leaf.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { countyA, createWorld, csv, type World } from '../support/world.ts';

const day = 86_400_000;
let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

async function isSigned(id: CampaignId): Promise<boolean> {
  const head = await world.storage.findLog(id, countyA);
  const [newest] = await world.storage.listCheckpoints(id, countyA, 1);
  return head !== undefined && newest?.size === head.size;
}

test('every change of state is signed when its operation is done', async () => {
  const { deps, actors } = world;
  const [first] = world.campaignInput().counties;
  const { id } = await world.addCampaign({ counties: [first!] });
  await world.fillCounty(id, countyA);
  const sizes = new Set<number>();
  const signed = async (what: string) => {
    expect(await isSigned(id), what).toBe(true);
    const size = (await world.storage.findLog(id, countyA))!.size;
    expect(sizes.has(size), what).toBe(false);
    sizes.add(size);
  };
  await world.freezeAndDraw(id, countyA);
  await signed('frozen and drawn');
  await deps.storage.openCampaign({ at: world.now(), actor: actors.operator }, id);
  expect(await isSigned(id)).toBe(false);
  // What a kill in between left unsigned, the next minute signs.
  await sealDueLots(deps);
  await signed('opened');
  const sent = await world.sentCodes(id, countyA);
  await signed('exported');
  await createLinks(deps, actors.operator, id, countyA, ['parent']);
  await signed('links');
  await world.addRoll(
    id,
    countyA,
    'parent',
    csv(['学校', '年级', '家长电话'], [['第一小学', '3年级', '13811119999']]),
    {
      lateReason: '转入的学生家长',
    },
  );
  await signed('late edit');
  await issueLateCodes(deps, actors.operator, id, countyA);
  await signed('late codes');
  const { closesAt } = await world.campaign(id);
  const dates = await makeProposal(
    deps,
    actors.operator,
    id,
    { kind: 'dates', closesAt: closesAt + day },
    '天气原因顺延一天',
  );
  await decideProposal(deps, actors.secondOperator, dates, 'confirmed');
  await signed('dates');
  for (const { code } of sent.slice(0, 30)) await answer(deps, id, countyA, code, 1);
  world.passTime(day);
  await sealDueLots(deps);
  await signed('lot');
  await closeCampaign(deps, actors.operator, id);
  await signed('closed');
  await releaseCampaign(deps, actors.operator, id);
  await signed('released');
});

describe('a campaign voided whole while it is open', () => {
  async function voided() {
    const [first] = world.campaignInput().counties;
    const { id } = await world.openedCampaign({ counties: [first!] });
    const sent = await world.sentCodes(id, countyA);
    for (const { code } of sent.slice(0, 20)) await answer(world.deps, id, countyA, code, 2);
    for (const { code } of sent.slice(0, 5)) await answer(world.deps, id, countyA, code, 1);
    const proposal = await makeProposal(
      world.deps,
      world.actors.operator,
      id,
      { kind: 'void', county: null, group: null, reportingStratum: null },
      '名单外泄，整次调查作废',
    );
    return { id, proposal };
  }

  test('seals what had come in, destroys the keys, and can be verified', async () => {
    const { id, proposal } = await voided();
    await decideProposal(world.deps, world.actors.secondOperator, proposal, 'confirmed');
    expect(await world.campaign(id)).toMatchObject({ state: 'voided', closingStep: null });
    for (const name of ['pseudonym', 'text'] as const) expect(world.deps.keys.has(id, name)).toBe(false);
    const lines = await bundleLines(world.deps, world, id, countyA);
    const result = await verify(lines);
    expect(result.findings).toEqual([]);
    expect(result).toMatchObject({ ok: true, responses: 25, respondents: 20, summary: null });
    expect(result.events.map((e) => e.type)).toContain('void');
    // Nobody can make it valid again by leaving the void out, if a checkpoint is kept.
    const notes = lines.filter((l) => l.startsWith('{"checkpoint"'));
    const { checkpoint } = JSON.parse(notes.at(-1)!) as { checkpoint: string };
    const isVoid = (data: Uint8Array) => leafTypeOf(data) === 'void' && decodeStateLeaf(data).type === 'void';
    const hidden = forge(
      { lines, world },
      ({ leaves }) =>
        void leaves.splice(
          leaves.findIndex((l) => isVoid(l.data)),
          1,
        ),
    );
    expect((await verify(hidden, { checkpoints: [checkpoint] })).findings.map((f) => f.code)).toContain(
      'checkpoint-beyond',
    );
  });

  test('goes on after it was stopped in between', async () => {
    const { id, proposal } = await voided();
    await world.storage.decideProposal(
      { at: world.now(), actor: world.actors.secondOperator },
      proposal,
      'confirmed',
    );
    expect(await world.campaign(id)).toMatchObject({ state: 'voided', closingStep: 'drain' });
    await expect(bundleLines(world.deps, world, id, countyA)).rejects.toMatchObject({
      message: 'evidence.not-closed',
    });
    await continueClosing(world.deps, id);
    expect(await world.campaign(id)).toMatchObject({
      state: 'voided',
      closingStep: null,
      closedAt: world.now(),
    });
    expect(await verify(await bundleLines(world.deps, world, id, countyA))).toMatchObject({ ok: true });
  });
});

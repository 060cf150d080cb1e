import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CampaignId } from '../../src/domain/ids.ts';
import { decideProposal, listProposals, makeProposal } from '../../src/operations/proposals.ts';
import type { ProposalContent } from '../../src/storage/port.ts';
import { countyA, countyB, createWorld, type World } from '../support/world.ts';

const day = 86_400_000;
const reason = '停电，需顺延两天';
let world: World;
let id: CampaignId;
beforeEach(async () => {
  world = await createWorld();
  ({ id } = await world.openedCampaign({ counties: world.campaignInput().counties.slice(0, 1) }));
});
afterEach(() => world.close());

async function propose(content: ProposalContent, why = reason) {
  return makeProposal(world.deps, world.actors.operator, id, content, why);
}
const voiding = (patch: object = {}) =>
  ({ kind: 'void', county: countyA, group: null, reportingStratum: null, ...patch }) as ProposalContent;

describe('a new closing date', () => {
  test('takes effect when a second person confirms it', async () => {
    const closesAt = world.now() + 20 * day;
    const proposal = await propose({ kind: 'dates', closesAt });
    expect((await world.campaign(id)).closesAt).not.toBe(closesAt);
    await expect(
      decideProposal(world.deps, world.actors.operator, proposal, 'confirmed'),
    ).rejects.toMatchObject({ message: 'proposal.same-person' });
    await decideProposal(world.deps, world.actors.secondOperator, proposal, 'confirmed');
    expect((await world.campaign(id)).closesAt).toBe(closesAt);
    await expect(
      decideProposal(world.deps, world.actors.administrator, proposal, 'rejected'),
    ).rejects.toMatchObject({ message: 'proposal.decided' });
    expect(await listProposals(world.deps, world.actors.operator, id)).toMatchObject([
      { reason, decision: 'confirmed', proposedBy: { name: 'operator' }, decidedBy: { name: 'operator2' } },
    ]);
  });

  test('must lie ahead, when proposed and when confirmed, and needs a reason', async () => {
    await expect(propose({ kind: 'dates', closesAt: world.now() })).rejects.toMatchObject({
      message: 'proposal.closing-time',
    });
    await expect(propose({ kind: 'dates', closesAt: world.now() + 500 * day })).rejects.toMatchObject({
      message: 'proposal.closing-time',
    });
    await expect(propose({ kind: 'dates', closesAt: world.now() + day }, ' 无 ')).rejects.toMatchObject({
      message: 'proposal.reason',
    });
    const proposal = await propose({ kind: 'dates', closesAt: world.now() + day });
    world.passTime(2 * day);
    await expect(
      decideProposal(world.deps, world.actors.secondOperator, proposal, 'confirmed'),
    ).rejects.toMatchObject({ message: 'proposal.closing-time' });
    await decideProposal(world.deps, world.actors.secondOperator, proposal, 'rejected');
  });
});

describe('voiding', () => {
  test('a county, a group or a stratum of the campaign, and nothing else', async () => {
    await expect(propose(voiding({ county: countyB }))).rejects.toMatchObject({ kind: 'not-found' });
    await expect(propose(voiding({ reportingStratum: 999 }))).rejects.toMatchObject({
      message: 'proposal.stratum',
    });
    await expect(propose(voiding({ county: null, reportingStratum: 1 }))).rejects.toMatchObject({
      message: 'proposal.invalid',
    });
    await expect(propose(voiding({ group: 'nobody' }))).rejects.toMatchObject({
      message: 'proposal.invalid',
    });
    const proposal = await propose(voiding({ reportingStratum: 1 }));
    expect((await world.campaign(id)).voids).toEqual([]);
    await decideProposal(world.deps, world.actors.secondOperator, proposal, 'confirmed');
    expect((await world.campaign(id)).voids).toMatchObject([
      { county: countyA, group: null, reportingStratum: 1, reason },
    ]);
  });

  test('the whole campaign ends it', async () => {
    const proposal = await propose(voiding({ county: null }));
    await decideProposal(world.deps, world.actors.secondOperator, proposal, 'confirmed');
    expect((await world.campaign(id)).state).toBe('voided');
    // As at close: nothing waits, and nobody can join codes and answers any more.
    expect(await world.campaign(id)).toMatchObject({ closingStep: null, closedAt: world.now() });
    expect(world.deps.keys.has(id, 'pseudonym')).toBe(false);
    await expect(propose(voiding())).rejects.toMatchObject({ message: 'campaign.state' });
  });
});

test('only the commissioner’s side proposes, decides and looks', async () => {
  const proposal = await propose(voiding());
  const { official, inspector, interviewer } = world.actors;
  for (const actor of [official, inspector, interviewer]) {
    const refused = { kind: 'forbidden' };
    await expect(makeProposal(world.deps, actor, id, voiding(), reason)).rejects.toMatchObject(refused);
    await expect(decideProposal(world.deps, actor, proposal, 'confirmed')).rejects.toMatchObject(refused);
    await expect(listProposals(world.deps, actor, id)).rejects.toMatchObject(refused);
  }
  await expect(
    decideProposal(world.deps, world.actors.operator, '000000000000', 'confirmed'),
  ).rejects.toMatchObject({ message: 'proposal.not-found' });
});

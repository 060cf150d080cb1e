/** What one person may not decide alone, agreed by two, and left to be carried out. */
import type { CampaignId } from '../../src/domain/model/ids.ts';
import type { World } from './world.ts';

const minute = 60_000;

/** The closing time is moved to a minute from now, and the clock past it: whoever closes then is one person. */
export async function moveEnd(world: World, id: CampaignId): Promise<void> {
  const { operator, secondOperator } = world.actors;
  // An earlier move of the same moment would make this one outdated.
  world.passTime(1_000);
  const proposal = world.deps.newId();
  await world.storage.createProposal(
    { at: world.now(), actor: operator },
    {
      id: proposal,
      campaign: id,
      content: { kind: 'dates', closesAt: world.now() + minute },
      reason: '汛期停课',
    },
  );
  await world.storage.decideProposal({ at: world.now(), actor: secondOperator }, proposal, 'confirmed');
  world.passTime(2 * minute);
}

/** Two people agree to release what is short of its data. */
export async function agreeToRelease(world: World, id: CampaignId): Promise<void> {
  const { operator, secondOperator } = world.actors;
  const proposal = world.deps.newId();
  await world.storage.createProposal(
    { at: world.now(), actor: operator },
    { id: proposal, campaign: id, content: { kind: 'release' }, reason: '如实公布数据不足' },
  );
  await world.storage.decideProposal({ at: world.now(), actor: secondOperator }, proposal, 'confirmed');
}

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { listExports } from '../../src/operations/code/codes.ts';
import { createLinks } from '../../src/operations/code/links.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { decideProposal, listProposals, makeProposal } from '../../src/operations/campaign/proposals.ts';
import { viewRates } from '../../src/operations/summary/rates.ts';
import { answer } from '../support/evidence.ts';
import type { ProposalContent } from '../../src/domain/campaign/proposal.ts';
import { countyA, countyB, openedWorld, type World } from '../support/world.ts';

const day = 86_400_000;
const reason = '停电，需顺延两天';
let world: World;
let id: CampaignId;
beforeEach(async () => {
  const opened = await openedWorld();
  ({ world } = opened);
  ({ id } = opened.campaign);
});
afterEach(() => world.close());

async function propose(content: ProposalContent, why = reason) {
  return makeProposal(world.deps, world.actors.operator, id, content, why);
}
const keysLeft = () =>
  (['contacts', 'pseudonym', 'text'] as const).filter((kind) => world.deps.keys.has(id, kind));
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
    expect(keysLeft()).toEqual(['contacts']);
    await expect(propose(voiding())).rejects.toMatchObject({ message: 'campaign.state' });
  });
});

test('closing early and releasing happen when they are confirmed, and not when they are rejected', async () => {
  const decide = async (kind: 'close' | 'release', decision: 'confirmed' | 'rejected') => {
    const proposal = await propose({ kind });
    await decideProposal(world.deps, world.actors.secondOperator, proposal, decision);
    return (await world.campaign(id)).state;
  };
  expect(await decide('close', 'rejected')).toBe('open');
  expect(keysLeft()).toEqual(['contacts', 'pseudonym', 'text']);
  expect(await decide('close', 'confirmed')).toBe('closed');
  expect((await world.campaign(id)).closesAt).toBe(world.now());
  // Answers, comments and reports of pressure cannot be joined with a code any more.
  expect(keysLeft()).toEqual(['contacts']);
  expect(await decide('release', 'rejected')).toBe('closed');
  expect(await decide('release', 'confirmed')).toBe('released');
});

test('exact numbers of answers are shown after close, and not after a void', async () => {
  const { operator, official, secondOperator } = world.actors;
  const drawn = await world.sentCodes(id, countyA);
  for (const [i, { code }] of drawn.entries())
    if (i % 5 > 0) await answer(world.deps, id, countyA, code, 1 + (i % 3));
  await world.sentCodes(id, countyA, 'reminder');
  const reminded = async () =>
    (await listExports(world.deps, official, id, countyA)).find((e) => e.kind === 'reminder')!.count;
  const kinds = async () =>
    (await viewRates(world.deps, official, id, countyA)).rows.map((row) => row.value.kind);
  expect(await reminded()).toBeNull();
  await closeCampaign(world.deps, operator, id);
  expect(await reminded()).toBe(Math.ceil(drawn.length / 5));
  expect(await kinds()).toContain('exact');
  const proposal = await propose(voiding({ county: null }));
  await decideProposal(world.deps, secondOperator, proposal, 'confirmed');
  expect(await kinds()).toContain('coarse');
  expect(await kinds()).not.toContain('exact');
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

describe('what was confirmed meanwhile', () => {
  const first = 'aaaaaaaaaaaa';
  const second = 'bbbbbbbbbbbb';
  const by = (actor: keyof World['actors']) => ({ actor: world.actors[actor], at: world.now() });
  const create = (proposal: string, content: ProposalContent) =>
    world.storage.createProposal(by('operator'), { id: proposal, campaign: id, content, reason });
  const confirm = (proposal: string) =>
    world.storage.decideProposal(by('secondOperator'), proposal, 'confirmed');
  async function outcomes(works: readonly Promise<void>[]) {
    return (await Promise.allSettled(works))
      .map((r) => (r.status === 'fulfilled' ? 'done' : (r.reason as Error).message))
      .sort();
  }
  async function someStratum() {
    const { sampling } = await world.storage.readStrata(id, countyA);
    return sampling.find((s) => s.group === 'parent' && s.drawn + s.replacements > 2)!;
  }
  const ineligible = (samplingStratum: number, contacts: number, issued: number) =>
    ({ kind: 'ineligible', county: countyA, samplingStratum, contacts, issued }) as const;

  test('two proposals that together exceed a stratum: of two confirmed at once, one is refused', async () => {
    const { no, drawn, replacements } = await someStratum();
    const all = drawn + replacements;
    await create(first, ineligible(no, all, all));
    await create(second, ineligible(no, all - 1, all - 1));
    expect(await outcomes([confirm(first), confirm(second)])).toEqual(['done', 'proposal.ineligible']);
    expect(await world.storage.listIneligible(id, countyA)).toHaveLength(1);
    expect((await world.storage.listProposals(id)).map((p) => p.decision).sort()).toEqual([
      'confirmed',
      'pending',
    ]);
  });

  test('a stratum may be declared ineligible to the last contact, and not one more', async () => {
    const { no, drawn, replacements, frameSize } = await someStratum();
    const issued = drawn + replacements;
    await create(first, ineligible(no, frameSize!, issued));
    await confirm(first);
    await expect(create(second, ineligible(no, 1, 1))).rejects.toMatchObject({
      message: 'proposal.ineligible',
    });
    await expect(create(second, ineligible(no, 1, 0))).rejects.toMatchObject({
      message: 'proposal.ineligible',
    });
  });

  test('an identical proposal waits for the first one; after a decision it can be made again', async () => {
    const { no } = await someStratum();
    const made = [create(first, ineligible(no, 1, 1)), create(second, ineligible(no, 1, 1))];
    expect(await outcomes(made)).toEqual(['done', 'proposal.repeated']);
    await confirm(first);
    await create(second, ineligible(no, 1, 1));
  });

  test('a new date is refused if the date before it was moved meanwhile', async () => {
    await create(first, { kind: 'dates', closesAt: world.now() + 20 * day });
    await create(second, { kind: 'dates', closesAt: world.now() + 3 * day });
    expect(await outcomes([confirm(first), confirm(second)])).toEqual(['done', 'proposal.outdated']);
    const { closesAt } = await world.campaign(id);
    world.passTime(1);
    await create('cccccccccccc', { kind: 'dates', closesAt: closesAt + day });
    await confirm('cccccccccccc');
    expect((await world.campaign(id)).closesAt).toBe(closesAt + day);
    await world.storage.decideProposal(by('secondOperator'), second, 'rejected');
  });

  test('what is void already is not voided again', async () => {
    const { reporting } = await world.storage.readStrata(id, countyA);
    const teacher = reporting.find((r) => r.group === 'teacher')!;
    const parent = reporting.find((r) => r.group === 'parent')!;
    await create(first, voiding({ group: 'teacher' }));
    await create(second, voiding({ reportingStratum: teacher.no }));
    await confirm(first);
    await expect(confirm(second)).rejects.toMatchObject({ message: 'proposal.void-covered' });
    for (const part of [{ group: 'teacher' }, { group: 'teacher', reportingStratum: teacher.no }])
      await expect(create('cccccccccccc', voiding(part))).rejects.toMatchObject({
        message: 'proposal.void-covered',
      });
    // What is wider, or elsewhere, can be.
    await create('dddddddddddd', voiding({ reportingStratum: parent.no }));
    await create('eeeeeeeeeeee', voiding());
    await confirm('eeeeeeeeeeee');
    await expect(confirm('dddddddddddd')).rejects.toMatchObject({ message: 'proposal.void-covered' });
  });

  test('a campaign voided whole takes nothing more', async () => {
    await create(first, voiding({ county: null }));
    await create(second, { kind: 'dates', closesAt: world.now() + day });
    await create('cccccccccccc', voiding());
    await confirm(first);
    await expect(confirm(second)).rejects.toMatchObject({ message: 'proposal.state' });
    await expect(confirm('cccccccccccc')).rejects.toMatchObject({ message: 'campaign.state' });
    await world.storage.decideProposal(by('secondOperator'), second, 'rejected');
  });
});

test('links asked for twice at once are made once', async () => {
  const make = () => createLinks(world.deps, world.actors.operator, id, countyA, ['parent']);
  await Promise.all([make(), make()]);
  const links = await world.storage.listLinks(id, countyA);
  const places = links.map((l) => `${l.group} ${l.school}`);
  expect(places.length).toBeGreaterThan(1);
  expect(new Set(places).size).toBe(places.length);
});

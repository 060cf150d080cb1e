import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AppError } from '../../src/domain/errors.ts';
import { canonicalJson } from '../../src/domain/hash.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import type { Questionnaire } from '../../src/domain/questionnaire/template.ts';
import {
  createCampaign,
  getCampaign,
  listCampaigns,
  openCampaign,
  releaseCampaign,
  updateCampaign,
} from '../../src/operations/campaign/campaigns.ts';
import type { NewCampaign } from '../../src/operations/campaign/draft-shape.ts';
import { ensureDivisions } from '../../src/operations/campaign/divisions.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import {
  countyA,
  countyB,
  createWorld,
  readOldTemplate,
  readTemplate,
  smallProfile,
  type World,
} from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

/** Parents' second item is asked only after some answers to the first. */
function askingSome() {
  const { questionnaires } = world.campaignInput();
  const document = structuredClone(questionnaires[0]!.document) as Questionnaire;
  const [first, second] = document.items;
  Object.assign(second!, { showIf: { item: first!.id, in: ['dissatisfied'] } });
  const [, ...others] = questionnaires;
  return { document, input: { questionnaires: [{ ...questionnaires[0]!, document }, ...others] } };
}

async function issuesOf(patch: Partial<NewCampaign>): Promise<readonly string[]> {
  const error = await createCampaign(world.deps, world.actors.operator, world.campaignInput(patch)).then(
    () => undefined,
    (e: unknown) => e as AppError,
  );
  return error?.issues.map((i) => `${i.path} ${i.message}`) ?? [];
}

describe('questionnaires of another version than the rules require', () => {
  test('are refused, each by its name, and so are those that name none', async () => {
    const base = world.campaignInput();
    const withParents = (document: unknown) => ({
      questionnaires: base.questionnaires.map((q) => (q.groups[0] === 'parent' ? { ...q, document } : q)),
    });
    const wrong = 'profile.questionnaireRegime profile.check.wrong-version';
    expect(await issuesOf(withParents(readTemplate('parent-2017.json')))).toEqual([wrong]);
    expect(await issuesOf(withParents(readOldTemplate('parent.json')))).toEqual([wrong]);
    expect(await issuesOf({})).toEqual([]);
  });
});

describe('a draft', () => {
  test('keeps its documents, keys and counties', async () => {
    const campaign = await world.addCampaign();
    expect(campaign).toMatchObject({ state: 'draft', demo: true, purpose: 'city-review' });
    expect(campaign.counties.map((c) => [c.code, c.name, c.frameState])).toEqual([
      [countyA, '云溪县', 'preparing'],
      [countyB, '松岭县', 'preparing'],
    ]);
    expect(campaign.questionnaires.map((q) => [q.no, q.groups])).toEqual([
      [1, ['parent']],
      [2, ['teacher']],
      [3, ['principal']],
      [4, ['deputy']],
      [5, ['public']],
    ]);
    expect(Object.keys(campaign.keyChecks).sort()).toEqual(['contacts', 'pseudonym', 'text']);
    const body = (await world.storage.findDocument(campaign.questionnaires[0]!.hash))?.body;
    expect(JSON.parse(body!)).not.toHaveProperty('$schema');
  });

  test('is refused with every fault named', async () => {
    const parent = readTemplate('parent-2012.json');
    expect(await issuesOf(askingSome().input)).toEqual([
      'questionnaires[0].document.items[1].showIf questionnaire.check.follow-up-scored',
    ]);
    const now = world.now();
    expect(await issuesOf({ closesAt: now })).toEqual(['closesAt campaign.closes-in-past']);
    expect(await issuesOf({ storageUntil: now + 1 })).toEqual(['storageUntil campaign.storage-before-close']);
    expect(await issuesOf({ name: ' ', commissionerPhone: 'x' })).toEqual([
      'name campaign.missing',
      'commissionerPhone campaign.phone',
    ]);
    const others = world.campaignInput().questionnaires.slice(1);
    expect(
      await issuesOf({ questionnaires: [{ document: parent, groups: ['parent', 'teacher'] }, ...others] }),
    ).toEqual([
      'questionnaires[0].groups campaign.group-not-served',
      'questionnaires[1].groups campaign.group-twice',
      expect.stringContaining('profile.groups') as string,
    ]);
    expect(await issuesOf({ profile: { ...smallProfile(), official: 'none' } })).toEqual([
      'profile.official profile.check.official-unknown',
    ]);
    expect(await issuesOf({ profile: null })).toHaveLength(1);
    expect(await issuesOf({ questionnaires: [{ document: 7, groups: ['parent'] }, ...others] })).toEqual([
      'questionnaires[0].document questionnaire.check.not-a-questionnaire',
    ]);
    const county = { residents: null, slips: [] };
    expect(
      await issuesOf({
        counties: [
          { ...county, code: '990101' },
          { ...county, code: '990102', name: 'B', slips: [{ group: 'student', count: 3 }] },
          { ...county, code: '990102', name: 'B' },
        ],
      }),
    ).toEqual([
      'counties[0].name campaign.county-nameless',
      'counties[1].slips[0] campaign.slips-not-asked',
      'counties[2].code campaign.county-twice',
    ]);
    expect(await world.storage.listCampaigns()).toEqual([]);
  });

  test('takes real counties from the list of divisions, and none of them for a demonstration', async () => {
    const counties = [{ code: '370102', residents: null, slips: [] }];
    expect(await issuesOf({ demo: false, counties })).toEqual(['counties[0].code campaign.county-unknown']);
    await ensureDivisions(world.deps);
    expect(await world.storage.countDivisions()).toBeGreaterThan(2_800);
    const { counties: named } = await world.addCampaign({ demo: false, counties });
    expect(named[0]?.name).toBe('历下区');
    expect(await issuesOf({ demo: true, counties })).toEqual(['counties[0].code campaign.demo-county']);
  });

  test('can be changed until its counties are drawn', async () => {
    const { id, counties } = await world.addCampaign();
    const { operator } = world.actors;
    const changed = await updateCampaign(world.deps, operator, id, { name: '新名称' });
    expect(changed.name).toBe('新名称');
    expect(changed.counties).toEqual(counties);
    await world.fillCounty(id, countyA);
    await world.freezeAndDraw(id, countyA);
    await expect(
      updateCampaign(world.deps, operator, id, { profile: smallProfile({ minimumCell: 6 }) }),
    ).rejects.toMatchObject({ kind: 'conflict', message: 'campaign.frame-fixed' });
    const kept = world.campaignInput().counties.slice(1);
    await expect(updateCampaign(world.deps, operator, id, { counties: kept })).rejects.toMatchObject({
      message: 'campaign.frame-fixed',
    });
    expect((await updateCampaign(world.deps, operator, id, { name: '又一名称' })).name).toBe('又一名称');
  });
});

describe('who sees what', () => {
  test('a bound account sees its own counties of the campaigns that have one', async () => {
    const both = await world.addCampaign();
    const onlyB = await world.addCampaign({ counties: world.campaignInput().counties.slice(1) });
    const { official, inspector, administrator } = world.actors;
    const seen = async (actor: typeof official) =>
      (await listCampaigns(world.deps, actor)).map((c) => c.counties.map((k) => k.code));
    expect(await seen(official)).toEqual([[countyA]]);
    expect((await seen(inspector)).flat()).toHaveLength(3);
    expect((await seen(administrator)).flat()).toHaveLength(3);
    expect((await getCampaign(world.deps, official, both.id)).counties).toHaveLength(1);
    await expect(getCampaign(world.deps, official, onlyB.id)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(getCampaign(world.deps, administrator, '000000000000' as CampaignId)).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  test('only the commissioner’s side creates, changes, opens and releases', async () => {
    const { id } = await world.addCampaign();
    const { official, inspector, interviewer } = world.actors;
    for (const actor of [official, inspector, interviewer]) {
      const refused = { kind: 'forbidden' };
      await expect(createCampaign(world.deps, actor, world.campaignInput())).rejects.toMatchObject(refused);
      await expect(updateCampaign(world.deps, actor, id, { name: 'x' })).rejects.toMatchObject(refused);
      await expect(openCampaign(world.deps, actor, id)).rejects.toMatchObject(refused);
      await expect(releaseCampaign(world.deps, actor, id)).rejects.toMatchObject(refused);
    }
  });
});

describe('opening', () => {
  test('waits for every county to be drawn', async () => {
    const { id } = await world.addCampaign();
    await world.fillCounty(id, countyA);
    await world.freezeAndDraw(id, countyA);
    await expect(openCampaign(world.deps, world.actors.operator, id)).rejects.toMatchObject({
      message: 'campaign.not-drawn',
      params: { counties: '松岭县' },
    });
    await world.fillCounty(id, countyB);
    await world.freezeAndDraw(id, countyB);
    const opened = await openCampaign(world.deps, world.actors.operator, id);
    expect(opened).toMatchObject({ state: 'open', openedAt: world.now() });
    await expect(openCampaign(world.deps, world.actors.operator, id)).rejects.toMatchObject({
      message: 'campaign.state',
    });
    await expect(releaseCampaign(world.deps, world.actors.operator, id)).rejects.toMatchObject({
      message: 'campaign.state',
    });
  });

  test('is refused if a draft from before the rule scores what only some are asked', async () => {
    const { document } = askingSome();
    const { $schema: _, ...content } = document as Questionnaire & { $schema?: string };
    const { hash } = compileQuestionnaire(content);
    const storage = {
      ...world.storage,
      createCampaign: (...[stamp, draft, documents, checks]: Parameters<Storage['createCampaign']>) =>
        world.storage.createCampaign(
          stamp,
          {
            ...draft,
            questionnaires: draft.questionnaires.map((q, i) => (i === 0 ? { ...q, hash } : q)),
          },
          [...documents, { hash, kind: 'questionnaire', body: canonicalJson(content) }],
          checks,
        ),
    };
    const counties = world.campaignInput().counties.slice(0, 1);
    const { id } = await createCampaign(
      { ...world.deps, storage },
      world.actors.operator,
      world.campaignInput({ counties }),
    );
    await world.fillCounty(id, countyA);
    await world.freezeAndDraw(id, countyA);
    await expect(openCampaign(world.deps, world.actors.operator, id)).rejects.toMatchObject({
      message: 'campaign.follow-up-scored',
      params: { questionnaire: document.id, id: document.items[1]!.id, other: document.items[0]!.id },
    });
    expect((await world.campaign(id)).state).toBe('draft');
  });

  test('is refused once the closing time has passed', async () => {
    const { id } = await world.addCampaign({ counties: world.campaignInput().counties.slice(0, 1) });
    await world.fillCounty(id, countyA);
    await world.freezeAndDraw(id, countyA);
    world.passTime(15 * 86_400_000);
    await expect(openCampaign(world.deps, world.actors.operator, id)).rejects.toMatchObject({
      message: 'campaign.closes-in-past',
    });
    // Also where the end came after the operation had looked.
    const late = { actor: world.actors.operator, at: (await world.campaign(id)).closesAt };
    await expect(world.storage.openCampaign(late, id)).rejects.toMatchObject({
      message: 'campaign.closes-in-past',
    });
    expect((await world.campaign(id)).state).toBe('draft');
  });
});

/**
 * Two people who confirm, change or mark at once, each after a look at the same state: what both may do is decided again in the transaction that does it.
 * On SQLite through the writer's own thread, as in service; on PostgreSQL by two processes' worth of connections.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProposalContent } from '../../src/domain/campaign/proposal.ts';
import type { CampaignId, UserId } from '../../src/domain/model/ids.ts';
import type { OpenLink } from '../../src/domain/model/code.ts';
import { createCampaign } from '../../src/operations/campaign/campaigns.ts';
import { createToken } from '../../src/operations/user/tokens.ts';
import { createUser } from '../../src/operations/user/users.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import type { Finding } from '../../src/domain/inspection/findings.ts';
import { createResurvey } from '../../src/operations/inspection/rectification.ts';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { engines } from '../support/engines.ts';
import { countyA, openedWorld, type World } from '../support/world.ts';

const day = 86_400_000;
describe.each(engines.filter((e) => e.missing === false))('on $name', ({ name }) => {
  let world: World;
  let id: CampaignId;
  /** The second person's. */
  let other: Storage;
  beforeAll(async () => {
    const opened = await openedWorld({ engine: name, threads: true });
    ({ world } = opened);
    ({ id } = opened.campaign);
    other = world.database === null ? world.storage : await openPostgresStorage({ url: world.database });
  });
  afterAll(async () => {
    if (other !== world?.storage) await other?.close();
    await world?.close();
  });

  const by = (actor: keyof World['actors']) => ({ actor: world.actors[actor], at: world.now() });
  let made = 0;
  async function propose(content: ProposalContent): Promise<string> {
    const proposal = `proposal${String(++made).padStart(4, '0')}`;
    await world.storage.createProposal(by('operator'), {
      id: proposal,
      campaign: id,
      content,
      reason: '停电顺延',
    });
    return proposal;
  }
  let decided = 0;
  const confirm = (proposal: string) =>
    (++decided % 2 === 0 ? other : world.storage).decideProposal(by('secondOperator'), proposal, 'confirmed');
  async function outcomes(works: readonly Promise<unknown>[]) {
    return (await Promise.allSettled(works))
      .map((r) => (r.status === 'fulfilled' ? 'done' : (r.reason as Error).message))
      .sort();
  }
  const actionsOf = async (action: string) =>
    (await world.storage.listTrail({ campaign: id, counties: null, before: null, limit: 500 })).filter(
      (e) => e.action === action,
    );
  const logSize = async () => (await world.storage.findLog(id, countyA))!.size;

  describe('confirmed at once', () => {
    test('two declarations of ineligible contacts that together exceed their stratum', async () => {
      const { sampling } = await world.storage.readStrata(id, countyA);
      const { no, drawn, replacements } = sampling.find((s) => s.group === 'parent' && s.drawn > 2)!;
      const all = drawn + replacements;
      const of = (n: number) =>
        ({ kind: 'ineligible', county: countyA, samplingStratum: no, contacts: n, issued: n }) as const;
      const proposals = [await propose(of(all)), await propose(of(all - 1))];
      expect(await outcomes(proposals.map(confirm))).toEqual(['done', 'proposal.ineligible']);
      expect(await world.storage.listIneligible(id, countyA)).toHaveLength(1);
    });

    test('two dates: the second was proposed against a date that no longer holds', async () => {
      const dates = [20, 3].map((days) => ({ kind: 'dates', closesAt: world.now() + days * day }) as const);
      const proposals = [await propose(dates[0]!), await propose(dates[1]!)];
      const before = await logSize();
      expect(await outcomes(proposals.map(confirm))).toEqual(['done', 'proposal.outdated']);
      expect(dates.map((d) => d.closesAt)).toContain((await world.campaign(id)).closesAt);
      expect((await logSize()) - before).toBe(1);
    });

    test('two voids, of which one covers the other', async () => {
      const { reporting } = await world.storage.readStrata(id, countyA);
      const { no } = reporting.find((r) => r.group === 'teacher')!;
      const part = { kind: 'void', county: countyA, group: 'teacher' } as const;
      const wide = await propose({ ...part, reportingStratum: null });
      const narrow = await propose({ ...part, reportingStratum: no });
      // The narrow one first is no less right: then both stand, and neither is within an earlier one.
      const result = await outcomes([confirm(wide), confirm(narrow)]);
      const isCovered = result.includes('proposal.void-covered');
      expect(result).toEqual(['done', isCovered ? 'proposal.void-covered' : 'done']);
      expect((await world.campaign(id)).voids).toHaveLength(isCovered ? 1 : 2);
    });

    test('one proposal by two people: carried out once', async () => {
      const proposal = await propose({ kind: 'dates', closesAt: world.now() + 9 * day });
      // A later moment than the decisions above.
      world.passTime(1);
      const again = await propose({ kind: 'dates', closesAt: world.now() + 8 * day });
      await world.storage.decideProposal(by('secondOperator'), proposal, 'rejected');
      const before = await actionsOf('proposal.confirmed');
      const two = (['secondOperator', 'administrator'] as const).map((who, i) =>
        [world.storage, other][i]!.decideProposal(by(who), again, 'confirmed'),
      );
      expect(await outcomes(two)).toEqual(['done', 'proposal.decided']);
      expect(await actionsOf('proposal.confirmed')).toHaveLength(before.length + 1);
    });
  });

  test('links asked for twice at once are made once', async () => {
    const { reporting } = await world.storage.readStrata(id, countyA);
    const { no } = reporting.find((r) => r.group === 'deputy')!;
    const link = (n: number): OpenLink => ({
      id: `linklinklin${n}`,
      campaign: id,
      county: countyA,
      group: 'deputy',
      school: null,
      reportingStratum: no,
      questionnaire: 4,
      createdAt: world.now(),
    });
    await Promise.all(
      [1, 2].map((n) => [world.storage, other][n - 1]!.createLinks(by('operator'), [link(n)])),
    );
    expect((await world.storage.listLinks(id, countyA)).filter((l) => l.group === 'deputy')).toHaveLength(1);
    expect(await actionsOf('links.create')).toHaveLength(1);
  });

  test('one form at two processes makes one campaign, one account, one token', async () => {
    const two = [world.storage, other].map((storage) => ({ ...world.deps, storage }));
    const { operator, administrator } = world.actors;
    const campaign = world.deps.newId() as CampaignId;
    const drafts = await Promise.all(
      two.map((deps) => createCampaign(deps, operator, world.campaignInput({ name: '同一张表' }), campaign)),
    );
    expect(drafts.map((draft) => draft.id)).toEqual([campaign, campaign]);
    const user = world.deps.newId() as UserId;
    const account = { login: 'one-form', name: '甲', role: 'operator', counties: [] } as const;
    const users = await Promise.all(
      two.map((deps) =>
        createUser(deps, administrator, { ...account, password: '一只很长的密码 2026' }, user),
      ),
    );
    expect(users.map((one) => one.id)).toEqual([user, user]);
    const owner = { ...operator, userId: user };
    const token = { name: '脚本', scopes: ['figures'], days: 9 };
    const promised = world.deps.newId();
    const tokens = two.map((deps) => createToken(deps, owner, token, promised));
    expect(await outcomes(tokens)).toEqual(['done', 'token.made-already']);
    expect(await world.storage.listTokens(user)).toHaveLength(1);
    for (const action of ['user.create', 'token.create'])
      expect(
        (await world.storage.listTrail({ campaign: null, counties: null, before: null, limit: 500 })).filter(
          (e) => e.action === action,
        ),
      ).toHaveLength(1);
  });

  test('a re-survey is made once, and not at all where its entry in the list is refused', async () => {
    const { operator } = world.actors;
    const finding: Finding = {
      ...({ kind: 'item', ref: 'item:parent:overall', group: 'parent', item: 'overall' } as const),
      title: { 'zh-CN': '总体', en: 'Overall' },
      found: { 'zh-CN': '60 分', en: '60 points' },
    };
    const own = { record: 'rectification', version: null, reason: null } as const;
    await world.storage.changeInspection(by('inspector'), id, countyA, {
      ...own,
      change: { do: 'collect' },
      computed: { findings: [finding], count: 0 },
    });
    const listed = async () => {
      const documents = await world.storage.readInspection(id, countyA);
      const { body } = documents.find((d) => d.record === 'rectification')!;
      return (JSON.parse(body) as { readonly resurveys: readonly string[] }).resurveys;
    };
    const drafts = async () =>
      (await world.storage.listCampaigns()).filter((c) => c.purpose === 're-survey').map((c) => c.id);
    const promised = world.deps.newId() as CampaignId;
    const asked = { name: '复查', closesAt: world.now() + 14 * day, id: promised };
    const made = [world.storage, other].map((storage) =>
      createResurvey({ ...world.deps, storage }, operator, id, countyA, asked),
    );
    expect(await outcomes(made)).toEqual(['done', 'done']);
    expect([await listed(), await drafts()]).toEqual([[promised], [promised]]);

    const { profile, questionnaires, ...draft } = await world.campaign(promised);
    const another = { ...draft, profile, questionnaires, id: world.deps.newId() as CampaignId };
    const entry = { ...own, change: { do: 'resurvey', campaign: another.id } };
    const refused = world.storage.createResurvey(
      by('operator'),
      { campaign: id, county: countyA, entry },
      another,
      [],
      draft.keyChecks,
    );
    expect(await outcomes([refused])).toEqual(['inspection.resurvey.by-service']);
    expect([await listed(), await drafts()]).toEqual([[promised], [promised]]);
  });

  test('a draft whose frame was frozen after the change was checked keeps its county', async () => {
    const draft = await world.addCampaign({ counties: world.campaignInput().counties.slice(0, 1) });
    await world.fillCounty(draft.id, countyA);
    await freezeFrame(world.deps, world.actors.operator, draft.id, countyA);
    const [own] = draft.counties;
    const change = (patch: object) =>
      world.storage.updateCampaign(by('operator'), draft.id, { counties: [{ ...own!, ...patch }] }, []);
    expect(await outcomes([change({ name: '别名县' })])).toEqual(['campaign.frame-fixed']);
    expect(await outcomes([change({ residents: { count: 1, asOf: '2025-12-31' } })])).toEqual([
      'campaign.frame-fixed',
    ]);
    expect(await outcomes([change({})])).toEqual(['done']);
    expect((await world.campaign(draft.id)).counties[0]).toMatchObject({ name: own!.name });
  });

  test('a mark on a campaign that never opened, or on a stratum that is not there, is refused where it is stored', async () => {
    const draft = await world.addCampaign();
    const flag = { group: null, reportingStratum: null, reason: '有人反映' };
    const mark = (campaign: CampaignId, patch: object = {}) =>
      world.storage.recordFlag(by('inspector'), campaign, countyA, { ...flag, ...patch });
    expect(await outcomes([mark(draft.id)])).toEqual(['flag.not-opened']);
    expect(await outcomes([mark(id, { reportingStratum: 999 })])).toEqual(['proposal.stratum']);
    expect(await outcomes([world.storage.recordBundle(by('inspector'), id, countyA)])).toEqual([
      'evidence.not-closed',
    ]);
    expect(await outcomes([mark(id)])).toEqual(['done']);
  });
});

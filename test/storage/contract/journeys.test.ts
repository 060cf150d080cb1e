/**
 * Journeys that have tests of their own, over two storages that are told the same (test/support/twin.ts): each answer and each refusal of PostgreSQL is that of
 * SQLite, and at the end so is every table. `MANYI_TEST_ENGINE=twin npx vitest run FILE` does so for any other file.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemActor } from '../../../src/domain/campaign/permissions.ts';
import { contentHash } from '../../../src/domain/hash.ts';
import type { CampaignId } from '../../../src/domain/model/ids.ts';
import type { User } from '../../../src/domain/model/user.ts';
import type { Deps } from '../../../src/operations/deps.ts';
import { takeSnapshots } from '../../../src/operations/summary/rates.ts';
import type { Storage } from '../../../src/storage/port/index.ts';
import { findJoinsAcross, readDistribution } from '../../support/citus.ts';
import { findBinaries, sharedServer, skipped } from '../../support/postgres.ts';
import { usualEngine } from '../../support/world.ts';

const isThere = findBinaries() !== undefined;

test('a world is made of both engines', () => {
  expect(usualEngine).toBe('twin');
});

describe.skipIf(!isThere)(isThere ? 'both engines' : skipped, async () => {
  if (!isThere) return;
  /** All that PostgreSQL is told on these journeys. */
  const statements = new Set<string>();
  const client = pg.Client.prototype as unknown as { query: (this: unknown, ...args: unknown[]) => unknown };
  const { query } = client;
  beforeAll(() => {
    client.query = function (...args) {
      const text = typeof args[0] === 'string' ? args[0] : (args[0] as { readonly text?: string }).text;
      if (text !== undefined) statements.add(text.replace(/\s+/g, ' ').trim());
      return query.apply(this, args);
    };
  });
  afterAll(() => {
    client.query = query;
  });

  describe('files of a roll', async () => {
    await import('../../operations/roll-files.test.ts');
  });

  const { createWorld, countyA, openedWorld, readTemplate } = await import('../../support/world.ts');
  const { goldenCampaign } = await import('../../support/golden-campaign.ts');
  const { answer } = await import('../../support/evidence.ts');
  const { createFakeChannel } = await import('../../support/fake-channel.ts');

  /** Everything that can be looked at: the twins compare it. */
  async function readAll(storage: Storage, id: CampaignId): Promise<void> {
    const place = [id, countyA] as const;
    for (const read of [
      ...(['readTallies', 'countResponses', 'listSnapshots', 'findLatestSnapshot', 'listTexts'] as const),
      ...(['listPressure', 'countDrawnCodes', 'listWitnessProgress', 'listReminderRequests'] as const),
      ...([
        'readInspection',
        'listInspectionVersions',
        'listFates',
        'countFates',
        'listHandIns',
        'listRollFiles',
      ] as const),
      ...([
        'listUploadLinks',
        'listCanaries',
        'findCanaries',
        'listIneligible',
        'countFrame',
        'readFrameMark',
      ] as const),
      ...(['listCosignatures', 'listRekeys', 'findAudit', 'readClosingCounts'] as const),
    ])
      await storage[read](...place);
    await storage.listLateContacts(id, countyA, 10);
    await storage.recount(id, [countyA]);
    await storage.auditTrail();
    await storage.countMessageStates(id);
    await storage.listImportsIn('applied');
    await storage.listTemplateVersions();
    await storage.countReplies();
    await storage.findNumbers([new Uint8Array(16), null]);
    await storage.findBarred([new Uint8Array(32)]);
    for (const { entry } of (await storage.listFrame(id, countyA, null, 3)).slice(0, 1))
      await storage.findAddressed(id, countyA, [entry, new Uint8Array(16)]);
    const [first] = await storage.listReachable(id, countyA, ['drawn', 'replacement'], null, 1);
    if (first) await storage.listReachable(id, countyA, ['drawn', 'replacement'], first.entry, 500);
    await storage.hasAnswered(id, countyA, new Uint8Array(16));
    await storage.findLeaf(id, countyA, new Uint8Array(32));
  }

  /** Each list from its middle, and what lies just inside and outside of each bound. */
  async function readPages(storage: Storage, id: CampaignId): Promise<void> {
    const place = [id, countyA] as const;
    const pages = async <T>(list: (last: T | undefined) => Promise<readonly T[]>) => {
      const first = await list(undefined);
      if (first.length > 0) expect((await list(first.at(-1))).length).toBeGreaterThan(0);
    };
    await pages<{ pseudonym: Uint8Array }>((last) =>
      storage.listCountable(...place, last?.pseudonym ?? null, 3),
    );
    await pages<{ pseudonym: Uint8Array }>((last) =>
      storage.listIssued(...place, last?.pseudonym ?? null, 3),
    );
    await pages<{ entry: Uint8Array }>((last) => storage.listFrame(...place, last?.entry ?? null, 3));
    await pages<{ entry: Uint8Array }>((last) =>
      storage.listSealedContacts(...place, last?.entry ?? null, 3),
    );
    for (const slips of [false, true])
      await pages<{ entry: Uint8Array }>((last) =>
        storage.listMessageContacts(
          ...place,
          { sets: ['drawn', 'replacement', 'other'], slips },
          ...[last?.entry ?? null, 1],
        ),
      );
    const { size } = (await storage.findLog(...place))!;
    for (const from of [0, 3, 255, 256, size - 1, size]) await storage.listLeaves(...place, from, 2);
    for (const { no, contents, hash } of await storage.listLeaves(...place, 0, size))
      if (contents !== null) expect(await storage.findLeaf(...place, hash)).toBe(no);
    await storage.listCheckpoints(...place, 1);

    const whole = { campaign: id, counties: null, before: null, limit: 500 };
    const all = await storage.listTrail(whole);
    const { no, at } = all[Math.floor(all.length / 2)]!;
    const other = '990102' as typeof countyA;
    for (const part of [
      ...[{ limit: 2 }, { before: no }, { from: at }, { until: at }, { county: countyA }],
      ...[{ counties: [countyA] }, { counties: [other] }, { topic: 'codes' as const }],
      ...[
        { campaign: null, counties: [countyA] },
        { campaign: null, counties: [other] },
      ],
    ])
      await storage.listTrail({ ...whole, ...part });
  }

  async function queueForWitness({ storage, now }: Deps): Promise<void> {
    const at = { at: now(), actor: systemActor };
    await storage.queueNewest(['甲', '乙'], now());
    const [post, other] = await storage.listDuePosts('甲', now(), 10);
    const { note: _, ...key } = post!;
    expect(await storage.listDuePosts('甲', now() - 1, 10)).toEqual([]);
    for (const byte of [1, 2])
      await storage.recordDelivery(at, '甲', key, {
        ...{ size: key.size, witness: 'witness.example', at: now() },
        line: `— witness.example ${Buffer.alloc(76, byte).toString('base64')}`,
      });
    // It is not sent again, whatever is queued, and a failure of another one does not put it off.
    await storage.queueNewest(['甲'], now() - 5);
    expect(await storage.listDuePosts('甲', now(), 10)).toEqual([]);
    if (other) throw new Error('one log, one post');
    const { note: __, ...waiting } = (await storage.listDuePosts('乙', now(), 10))[0]!;
    await storage.recordFailedPost(at, '乙', waiting, { message: 'witness.no-answer', params: {} });
    expect(await storage.listDuePosts('乙', now(), 10)).toEqual([]);
  }

  test('one campaign from the first roll to the end of its storage period', async () => {
    const golden = await goldenCampaign(async ({ deps }, id, codes) => {
      for (const [i, code] of codes.slice(0, 6).entries())
        await answer(deps, id, countyA, code, 1, { comment: `意见${i % 2}`, pressed: i < 3 });
      await takeSnapshots(deps);
      await readAll(deps.storage, id);
      await readPages(deps.storage, id);
      await queueForWitness(deps);
    });
    await readAll(golden.world.storage, golden.id);
    await readPages(golden.world.storage, golden.id);
    await golden.expire();
    await readAll(golden.world.storage, golden.id);
    await golden.world.close();
  }, 120_000);

  test('accounts’ keys, settings, templates, drafts and the list of counties', async () => {
    const world = await createWorld();
    const { storage, deps, actors } = world;
    const at = () => ({ at: deps.now(), actor: actors.administrator });
    const user: User = {
      ...{
        id: 'chief0000000' as never,
        login: 'chief',
        name: '甲',
        role: 'administrator' as const,
        counties: [],
      },
      ...{ passwordHash: 'x', disabled: false, sessionEpoch: 0, mustChangePassword: false },
      ...{ secondFactorAt: null, createdAt: 0 },
    };
    await storage.createUser(at(), user);
    await expect(storage.createUser(at(), user)).rejects.toThrow('user.login-taken');
    const recovery = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    await storage.setSecondFactor(at(), user.id, { sealed: new Uint8Array(60).fill(7), step: 5, recovery });
    expect(await storage.useTimeCode(user.id, 5)).toBe(false);
    expect(await storage.useTimeCode(user.id, 6)).toBe(true);
    expect(await storage.useRecoveryCode(at(), user.id, recovery[1]!)).toBe(1);
    expect(await storage.useRecoveryCode(at(), user.id, recovery[1]!)).toBeNull();
    expect(await storage.countRecoveryCodes(user.id)).toBe(1);
    expect(await storage.findSecondFactor(user.id)).toMatchObject({ lastStep: 6 });
    await storage.bindSubject(at(), user.id, 'sub');
    await expect(storage.bindSubject(at(), user.id, 'other')).rejects.toThrow('login.oidc-other');
    expect(await storage.findSubject(user.id)).toBe('sub');
    await storage.unbindSubject(at(), user.id);
    const token = {
      id: 't1',
      user: user.id,
      name: '报表',
      scopes: ['summary'],
      createdAt: 1,
      expiresAt: 9e12,
    };
    for (const id of ['t2', 't1'])
      await storage.createToken(
        at(),
        { ...token, id, lastUsedAt: null, revokedAt: null },
        new Uint8Array(32).fill(3),
      );
    expect((await storage.listTokens(user.id)).map((t) => t.id)).toEqual(['t1', 't2']);
    expect(await storage.revokeToken(at(), user.id, 't1')).toBe(true);
    expect(await storage.revokeToken(at(), user.id, 't1')).toBe(false);
    await storage.markTokenUsed('t2', 86_400_000);
    expect(await storage.findToken('t2')).toMatchObject({ lastUsedAt: 86_400_000 });
    for (const id of ['s2', 's1'])
      await storage.beginSession({
        ...{
          id,
          user: user.id,
          epoch: 0,
          beganAt: 100,
          expiresAt: deps.now() + 1,
          network: 'n',
          device: 'd',
        },
      });
    expect(await storage.listSessions(user.id, deps.now(), 9)).toHaveLength(2);
    expect(await storage.listLastLogIns()).toEqual([{ user: user.id, at: 100 }]);
    expect(await storage.findUserByLogin('chief')).toMatchObject({ name: '甲' });

    await storage.changeSettings(at(), {});
    expect(await storage.readSettings()).toBeDefined();
    await storage.appendTrail(at(), { action: 'backup.make', campaign: null, county: null, details: {} });
    const profile = readTemplate('profiles/basic-2012-county.json');
    const document = {
      ...{ hash: contentHash(profile), kind: 'profile' as const, body: JSON.stringify(profile) },
    };
    const { no } = await storage.addTemplateVersion(
      at(),
      {
        ...{ kind: 'profile', id: 'own-profile', version: 1, hash: document.hash, origin: 'file', note: '' },
        ...{ title: '自定' },
      } as never,
      document,
      [],
    );
    await storage.withdrawTemplateVersion(at(), no, { reason: '有误', title: '自定' });
    await expect(
      storage.withdrawTemplateVersion(at(), no, { reason: '有误', title: '自定' }),
    ).rejects.toThrow();
    const rows = [
      { code: '990102' as never, name: '松岭县' },
      { code: '990101' as never, name: '云溪县' },
      { code: '990103' as never, name: '云溪县高新区' },
    ];
    await storage.replaceDivisions(at(), { asOf: '2025-12-31', rows });
    expect(await storage.findDivisionsByName('云溪')).toHaveLength(2);
    expect(await storage.findDivisionsByName('云溪县')).toHaveLength(1);
    expect(await storage.countDivisions()).toBe(3);
    expect(await storage.findDivision('990102' as never)).toMatchObject({ name: '松岭县' });

    // A draft with a roll, and a file that waits, goes whole.
    const { deleteCampaign, updateCampaign } = await import('../../../src/operations/campaign/campaigns.ts');
    const { receiveFile } = await import('../../../src/operations/frame/receive.ts');
    const { removeSchool } = await import('../../../src/operations/frame/schools.ts');
    const { bytesOf, csv } = await import('../../support/world.ts');
    const { id } = await world.addCampaign();
    await updateCampaign(deps, actors.operator, id, { name: '另一个名称' });
    await world.addSchools(id, countyA);
    await expect(
      updateCampaign(deps, actors.operator, id, { counties: world.campaignInput().counties.slice(1) }),
    ).rejects.toThrow('campaign.county-used');
    const roll = csv(['学校', '年级', '家长电话'], [['第一小学', '一年级', '13800011122']]);
    await world.addRoll(id, countyA, 'parent', roll);
    await expect(removeSchool(deps, actors.official, id, countyA, 'S1' as never)).rejects.toThrow(
      'school.used',
    );
    await removeSchool(deps, actors.official, id, countyA, 'S6' as never);
    const file = { campaign: id, county: countyA, fileName: '名册.csv', source: bytesOf(roll) };
    await (
      await receiveFile(deps, actors.official, file)
    ).done;
    await deleteCampaign(deps, actors.operator, id);
    expect(await storage.listCampaigns()).toEqual([]);
    expect(await storage.listBrokenCampaigns()).toEqual([]);
    expect(
      await storage.listTrail({ campaign: null, counties: null, before: null, limit: 500, actor: 'ADMIN' }),
    ).not.toEqual([]);
    await world.close();
  }, 60_000);

  test('messages: queued, claimed, sent, answered by receipts and replies, counted at close', async () => {
    const { world, campaign } = await openedWorld();
    const { defaultWindow } = await import('../../../src/domain/messaging/send-window.ts');
    const { storeReceiptsOf } = await import('../../../src/operations/message/receipts.ts');
    const { storeRepliesOf } = await import('../../../src/operations/message/replies.ts');
    const { scheduleSendings, commandSending } = await import('../../../src/operations/message/schedule.ts');
    const { sendDue, forgetOldNumbers } = await import('../../../src/operations/message/send.ts');
    const { setDoNotContact } = await import('../../../src/operations/message/numbers.ts');
    const { closeCampaign } = await import('../../../src/operations/campaign/closing.ts');
    const channel = createFakeChannel();
    const deps = {
      ...world.deps,
      messaging: { channels: [channel], window: defaultWindow, perNumberADay: 2 },
    };
    storeReceiptsOf(deps, channel);
    storeRepliesOf(deps, channel);
    const drawn = await world.sentCodes(campaign.id, countyA);
    await setDoNotContact(deps, world.actors.operator, drawn[9]!.phone, true);
    await scheduleSendings(deps, world.actors.operator, {
      ...{ campaign: campaign.id, county: countyA, channel: 'loopback', texts: {}, perDay: 80, price: null },
      waves: [{ kind: 'invitation', dueAt: world.now() }],
    });
    channel.answer = ({ to }) =>
      to === drawn[3]!.phone ? { kind: 'refused', reason: 'wrong-number' } : undefined;
    await sendDue(deps);
    await channel.receipt(`p-${channel.taken[0]!.id}`, 'delivered');
    await channel.receipt(`p-${channel.taken[1]!.id}`, 'wrong-number');
    await channel.receipt('of nobody', 'delivered');
    await channel.reply(channel.taken[2]!.to, 'TD');
    const steer = (command: 'pause' | 'resume' | 'cancel') =>
      commandSending(deps, world.actors.operator, campaign.id, countyA, 1, command);
    await steer('pause');
    await steer('resume');
    await steer('cancel');
    await sendDue(deps);
    await forgetOldNumbers(deps);
    expect(await world.storage.countMessages(campaign.id, countyA)).not.toEqual([]);
    await closeCampaign(deps, world.actors.operator, campaign.id);
    expect(await world.storage.countMessages(campaign.id, countyA)).not.toEqual([]);
    await world.close();
  }, 60_000);

  test('accounts at their bounds: the last administrator, another person’s keys, the moment a log-in ends', async () => {
    const world = await createWorld();
    const { storage, actors } = world;
    const at = { at: 1_000, actor: actors.administrator };
    const person = (id: string, patch: Partial<User>): User => ({
      ...{ id: id as never, login: id, name: id, role: 'administrator', counties: [], passwordHash: 'x' },
      ...{ disabled: false, sessionEpoch: 0, mustChangePassword: false, secondFactorAt: null, createdAt: 0 },
      ...patch,
    });
    const chief = person('chief0000000', {});
    const other = person('other0000000', { disabled: true });
    const clerk = person('clerk0000000', { role: 'operator' });
    for (const user of [chief, other, clerk]) await storage.createUser(at, user);
    // Neither a disabled administrator nor an operator is another one.
    await expect(storage.updateUser(at, chief.id, { disabled: true })).rejects.toThrow(
      'user.last-administrator',
    );
    const code = (n: number) => new Uint8Array(32).fill(n);
    const factor = { sealed: code(9), step: 5 };
    for (const { id } of [chief, clerk])
      await storage.setSecondFactor(at, id, { ...factor, recovery: [code(1)] });
    await storage.setSecondFactor(at, clerk.id, { ...factor, recovery: [code(2)] });
    expect(await storage.useRecoveryCode(at, clerk.id, code(1))).toBeNull();
    expect(await storage.countRecoveryCodes(chief.id)).toBe(1);
    const token = { id: 't1', user: chief.id, name: '报表', scopes: [], createdAt: 1, expiresAt: 9e12 };
    await storage.createToken(at, { ...token, lastUsedAt: null, revokedAt: null }, code(3));
    expect(await storage.revokeToken(at, clerk.id, 't1')).toBe(false);

    const session = { user: clerk.id, network: 'n', device: 'd' };
    const { sessionEpoch: epoch } = (await storage.findUser(clerk.id))!;
    for (const [i, id] of ['s1', 's2', 's3'].entries())
      await storage.beginSession({
        ...session,
        id,
        epoch: epoch - (i % 2),
        beganAt: 100 + i,
        expiresAt: 900,
      });
    await expect(
      storage.beginSession({ ...session, id: 's1', epoch, beganAt: 1, expiresAt: 2 }),
    ).rejects.toMatchObject({ kind: 'conflict', message: 'storage.constraint' });
    const open = async (now: number, limit = 9) =>
      (await storage.listSessions(clerk.id, now, limit)).filter((s) => s.open).map((s) => s.id);
    expect(await open(899)).toEqual(['s3', 's1']);
    expect(await open(900)).toEqual([]);
    expect(await open(0, 1)).toEqual(['s3']);
    for (let time = 0; time < 2; time++) await storage.endSession('s3', 900);
    expect(await open(899)).toEqual(['s1']);
    await storage.forgetEndedSessions(899);
    expect(await storage.isSessionEnded('s3')).toBe(true);
    await storage.forgetEndedSessions(900);
    expect(await storage.isSessionEnded('s3')).toBe(false);
    const days = 180 * 86_400_000;
    await storage.forgetEndedSessions(101 + days);
    expect((await storage.listSessions(clerk.id, 0, 9)).map((s) => s.id)).toEqual(['s3']);

    // Nothing is forgotten after a jump of the clock that nobody has confirmed.
    await storage.endSession('s4', 900);
    for (const jump of [0, days]) await storage.observeTime({ ...at, at: world.now() + jump }, null);
    await storage.forgetEndedSessions(world.now() + 2 * days);
    expect(await storage.isSessionEnded('s4')).toBe(true);
    await world.close();
  });

  test('messages at their bounds: due moments, daily caps, leases, two workers, receipts before and after', async () => {
    const { world, campaign } = await openedWorld();
    const { storage } = world;
    const { scheduleSendings } = await import('../../../src/operations/message/schedule.ts');
    const { joinIds, splitIds } = await import('../../../src/domain/messaging/recipient.ts');
    const { defaultWindow } = await import('../../../src/domain/messaging/send-window.ts');
    const deps = {
      ...world.deps,
      messaging: { channels: [createFakeChannel()], window: defaultWindow, perNumberADay: 2 },
    };
    await scheduleSendings(deps, world.actors.operator, {
      ...{ campaign: campaign.id, county: countyA, channel: 'loopback', texts: {}, perDay: 4, price: null },
      waves: [{ kind: 'invitation', dueAt: world.now() }],
    });
    const key = { campaign: campaign.id, county: countyA, no: 1 };
    const stamp = { at: world.now(), actor: systemActor };
    const [entry] = (await storage.listReachable(campaign.id, countyA, ['drawn'], null, 1)).map(
      (c) => c.entry,
    );
    const id = (n: number) => new Uint8Array(16).fill(n);
    const [t, today, tomorrow] = [world.now(), '2026-05-12', '2026-05-13'];
    const queue = (ns: readonly number[], dueAt: number) =>
      storage.queueMessages(
        key,
        { recipients: joinIds(ns.map(id)), reportingStrata: ns.map(() => 1), sets: ns.map(() => 'drawn') },
        ...[dueAt, today],
      );
    type Claim = Parameters<Storage['exchangeMessages']>[0];
    type Result = Parameters<Storage['exchangeMessages']>[1][number];
    const exchange = async (claim: Partial<Claim>, results: readonly Result[] = [], isIdempotent = false) => {
      const own = { ...key, worker: 'one', at: t, day: today, leaseUntil: t + 100, limit: 0, ...claim };
      const { recipients } = await storage.exchangeMessages(own, results, isIdempotent);
      return splitIds(recipients)
        .map((recipient) => recipient[0])
        .sort();
    };
    const resultOf = (n: number, result: Result['result'], patch: Partial<Result> = {}): Result => ({
      ...{ recipient: id(n), result, entry: entry!, provider: null, number: null },
      ...patch,
    });
    const sent = { state: 'sent', segments: 1 } as const;

    await storage.startSending(stamp, key);
    expect(await queue([1, 2, 3, 4, 5, 6], t)).toBe(true);
    // Those that are there do not change.
    expect(await queue([6, 7], t + 50)).toBe(true);
    expect(await exchange({ limit: 9 })).toEqual([]);
    await storage.finishFilling(key, []);
    await storage.finishFilling(key, [{ reportingStratum: 1, set: 'drawn', contacts: 5 }]);
    expect(await queue([8], t)).toBe(false);
    expect(await exchange({ at: t - 1, limit: 9 })).toEqual([]);
    expect(await exchange({ limit: 2 })).toEqual([1, 2]);
    // Four a day.
    expect(await exchange({ limit: 9 })).toEqual([3, 4]);
    expect(await exchange({ limit: 9 })).toEqual([]);
    expect(await exchange({ day: tomorrow, limit: 9 })).toEqual([5, 6]);

    const number = id(101);
    const receiptOf = (n: number, state: 'delivered' | 'failed', at = t) => ({
      ...{ provider: id(200 + n), state, at, day: tomorrow },
    });
    // Before its message is known, the last one counts.
    for (const state of ['delivered', 'failed'] as const)
      expect(await storage.recordReceipt(campaign.id, receiptOf(5, state), null)).toBe(true);
    // Another worker's results count for nothing.
    const again = {
      state: 'queued',
      reason: 'busy',
      dueAt: t,
      mayHaveBeenSent: true,
      uncounted: true,
    } as const;
    await exchange({ worker: 'two', day: tomorrow }, [
      resultOf(1, { state: 'wrong-number', reason: 'wrong-number' }, { number }),
      resultOf(2, again, { number }),
      resultOf(3, { state: 'unneeded' }, { number }),
    ]);
    expect(await storage.findNumbers([number])).toEqual([{ use: null, isBarred: false }]);
    await exchange({ day: tomorrow }, [
      resultOf(1, sent, { provider: id(201), number }),
      resultOf(2, again, { number }),
      resultOf(3, { state: 'unneeded' }),
      resultOf(5, sent, { provider: id(205) }),
    ]);
    // What has a result keeps it.
    await exchange({ day: tomorrow }, [resultOf(1, { state: 'failed', reason: 'late' }, { number })]);
    expect((await storage.findNumbers([number]))[0]!.use).toMatchObject({ day: tomorrow, messages: 2 });
    expect(await storage.recordReceipt(campaign.id, receiptOf(5, 'failed'), null)).toBe(false);
    const one = (await storage.findSentMessage(campaign.id, id(201)))!;
    for (let time = 0; time < 2; time++)
      await storage.recordReceipt(campaign.id, receiptOf(1, 'delivered'), { ...one, entry: entry!, number });

    // Two that were not sent make room for two, of which one is due.
    expect(await exchange({ worker: 'two', day: tomorrow, limit: 1, leaseUntil: t + 200 })).toEqual([2]);
    expect(await storage.releaseStale(t + 100)).toBe(0);
    expect(await storage.releaseStale(t + 101)).toBe(2);
    expect(await exchange({ worker: 'two', day: '2026-05-14', limit: 1, leaseUntil: t + 200 })).toEqual([4]);
    // The worker whose lease has ended, on one that another has, and one that nobody has.
    await exchange({ day: '2026-05-14' }, [
      resultOf(4, again, { number }),
      resultOf(6, { state: 'failed', reason: 'late' }, { number }),
    ]);
    expect((await storage.findNumbers([number]))[0]!.use).toMatchObject({ messages: 2 });
    await exchange(
      { worker: 'two', day: '2026-05-14' },
      [resultOf(4, sent, { number }), resultOf(2, again)],
      true,
    );
    expect((await storage.findNumbers([number]))[0]!.use).toMatchObject({ day: '2026-05-14', messages: 1 });

    await storage.setBarred(stamp, [id(102)], true, 'asked', today);
    const messages = [1, 4, 5, 6, 7].map((n) => ({ sending: 1, recipient: id(n) }));
    await storage.recordReply({
      ...{ channel: 'loopback', day: tomorrow },
      optOut: {
        number: id(102),
        contacts: [{ campaign: campaign.id, county: countyA, entry: entry!, messages }],
      },
    });
    await storage.countMessages(campaign.id, countyA);

    // Its end waits for those that are queued, and for those that are being sent.
    await exchange({ worker: 'two', day: '2026-05-15', limit: 1 });
    expect(await queue([9], t)).toBe(false);
    await storage.endSending(stamp, key, 'cancelled');
    expect(await storage.withdrawMessages(key, 'cancelled', tomorrow, 9)).toBe(0);
    await storage.endSending(stamp, key, 'cancelled');
    expect((await storage.listSendings(campaign.id, countyA))[0]).toMatchObject({ endedAt: null });
    expect(await storage.withdrawMessages(key, 'expired', tomorrow, 9, true)).toBe(1);
    for (const end of ['finished', 'cancelled'] as const) await storage.endSending(stamp, key, end);
    expect((await storage.listSendings(campaign.id, countyA))[0]!.result).toMatchObject({ end: 'finished' });

    await storage.forgetNumberUses(t);
    expect((await storage.findNumbers([number]))[0]!.use).not.toBeNull();
    await storage.forgetNumberUses(t + 1);
    expect((await storage.findNumbers([number]))[0]!.use).toBeNull();
    for (const n of [8, 9]) await storage.recordReceipt(campaign.id, receiptOf(n, 'delivered', t + n), null);
    await storage.forgetEarlyReceipts(t + 9);
    await world.close();
  });

  test('posts to witnesses: what was delivered stays as it was, and the first checkpoint of a size, too', async () => {
    const { world, campaign } = await openedWorld();
    const { storage } = world;
    const at = (moment: number) => ({ at: moment, actor: systemActor });
    const place = [campaign.id, countyA] as const;
    const save = (size: number, moment: number, note = `${size}`, origin = 'a') =>
      storage.saveCheckpoint(...place, { size, at: moment, note, origin }, ['乙']);
    const due = async (moment: number, limit = 9) =>
      (await storage.listDuePosts('乙', moment, limit)).map((post) => post.size);
    const { origin } = (await storage.findLog(...place))!;
    expect(origin).not.toBeNull();
    await save(2, 100);
    await save(2, 150, 'another note', 'another origin');
    await save(3, 200);
    expect([await due(99), await due(100), await due(200), await due(200, 1)]).toEqual([
      [],
      [2],
      [2, 3],
      [2],
    ]);
    expect((await storage.findCheckpoint(...place, 2))!.note).toBe('2');
    expect((await storage.findLog(...place))!.origin).toBe(origin);
    const post = (size: number) => ({ campaign: campaign.id, county: countyA, size });
    await storage.recordDelivery(at(210), '乙', post(2), null);
    // A witness that does not answer is asked for nothing before that.
    await storage.recordFailedPost(at(220), '乙', post(3), { message: 'witness.no-answer', params: {} });
    expect(await due(220)).toEqual([]);
    await save(4, 300);
    expect(await due(300)).toEqual([]);
    for (const size of [3, 4]) await storage.recordDelivery(at(1e9), '乙', post(size), null);
    await save(5, 400);
    expect(await due(400)).toEqual([5]);
    await storage.listWitnessProgress(...place);
    await world.close();
  });

  test('a draft whose storage period ends leaves nothing of its rolls', async () => {
    const world = await createWorld();
    const { deps, actors, storage } = world;
    const { receiveFile } = await import('../../../src/operations/frame/receive.ts');
    const { readRoll } = await import('../../../src/operations/frame/roll.ts');
    const { expireCampaign } = await import('../../../src/operations/campaign/expiry.ts');
    const { holdClock } = await import('../../support/clock.ts');
    const { bytesOf, csv } = await import('../../support/world.ts');
    const { id, storageUntil } = await world.addCampaign();
    await world.addSchools(id, countyA);
    const roll = (...phones: readonly string[]) =>
      csv(
        ['学校', '年级', '家长电话'],
        phones.map((phone) => ['第一小学', '一年级', phone]),
      );
    await world.addRoll(id, countyA, 'parent', roll('13800011122'));
    const file = {
      campaign: id,
      county: countyA,
      fileName: '名册.csv',
      source: bytesOf(roll('13800011123')),
    };
    const received = await receiveFile(deps, actors.official, file);
    await received.done;
    await readRoll(deps, actors.official, {
      ...{ ...file, group: 'parent' as const, source: bytesOf(roll('13800011124', '1')) },
    });
    world.passTime(storageUntil - world.now() + 86_400_000);
    await holdClock(storage, world.now());
    await expireCampaign(deps, actors.operator, id);
    expect(await storage.listRollFiles(id, countyA)).toEqual([]);
    expect((await storage.listImports(id, countyA)).map((i) => i.state).sort()).toEqual([
      'applied',
      'discarded',
    ]);
    const entries = await storage.listFrame(id, countyA, null, 9);
    expect(entries).toHaveLength(1);
    expect(
      await storage.countSources(
        id,
        countyA,
        entries.map((e) => e.entry),
      ),
    ).toEqual([]);
    await world.close();
  });

  test('on a cluster that is distributed by county, five statements would leave a county’s place', async () => {
    const server = await sharedServer();
    const tables = await readDistribution(server, await server.createDatabase());
    expect(statements.size).toBeGreaterThan(400);
    const across = findJoinsAcross(statements, tables).map((text) =>
      text.replace(/^DECLARE \w+ NO SCROLL CURSOR FOR /, '').slice(0, 60),
    );
    // migrations/postgres/citus/README.md tells of them.
    expect([...new Set(across)].toSorted()).toEqual([
      'DELETE FROM delivery_fates WHERE ctid = ANY (ARRAY( SELECT c',
      'DELETE FROM roll_statements WHERE ctid = ANY (ARRAY( SELECT ',
      // The campaign's version, and where codes belong.
      "SELECT id, no, xmin::text || '/' || (SELECT count(*) FROM vo",
      'SELECT r.pseudonym, r.channel, r.questionnaire, r.reporting_',
      'SELECT r.pseudonym, r.revision, r.channel, r.questionnaire, ',
    ]);
  });
});

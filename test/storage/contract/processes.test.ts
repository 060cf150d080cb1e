/** Two services on one PostgreSQL database, each with its own memory: what one began the other goes on with, and what both try is done once. Above 500 lines, for all share the two services. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeService, createLogger, type Service } from '../../../src/compose.ts';
import { readConfig, type Config } from '../../../src/config.ts';
import { systemActor } from '../../../src/domain/campaign/permissions.ts';
import { wholeDay } from '../../../src/domain/messaging/send-window.ts';
import { toHex } from '../../../src/domain/hash.ts';
import type { CampaignId } from '../../../src/domain/model/ids.ts';
import type { HttpDeps } from '../../../src/http/deps.ts';
import { closeCampaign } from '../../../src/operations/campaign/closing.ts';
import { expireCampaign } from '../../../src/operations/campaign/expiry.ts';
import { ifFree } from '../../../src/operations/claims.ts';
import type { Deps } from '../../../src/operations/deps.ts';
import { readDrawPercent, resumeDraws } from '../../../src/operations/draw/draw.ts';
import { auditCampaign } from '../../../src/operations/evidence/audit.ts';
import { sealDueLots } from '../../../src/operations/evidence/evidence.ts';
import { viewJob } from '../../../src/operations/jobs.ts';
import { discardReadings, readRoll } from '../../../src/operations/frame/roll.ts';
import { scheduleSendings } from '../../../src/operations/message/schedule.ts';
import { sendDue } from '../../../src/operations/message/send.ts';
import { changeSettings } from '../../../src/operations/service/settings.ts';
import { takeSnapshots } from '../../../src/operations/summary/rates.ts';
import { createUser } from '../../../src/operations/user/users.ts';
import { createSchedules } from '../../../src/schedule.ts';
import { joinPostgres } from '../../../src/storage/postgres/index.ts';
import { withoutKeys } from '../../../src/storage/postgres/membership.ts';
import { postgresMigrations } from '../../../src/storage/postgres/migrate.ts';
import { holdClock } from '../../support/clock.ts';
import { createFakeChannel } from '../../support/fake-channel.ts';
import { findBinaries, sharedServer, skipped } from '../../support/postgres.ts';
import {
  actors,
  addCampaign,
  county,
  draw,
  freeze,
  openSmallSurvey,
  randomAnswers,
  seededNumbers,
  stageRoll,
} from '../../support/small-survey.ts';
import { cookieOf, password } from '../../support/staff.ts';
import { rowsOf } from '../../support/tables.ts';

const isThere = findBinaries() !== undefined;
const parents = 60;
const day = 86_400_000;

describe.skipIf(!isThere)(isThere ? 'two services on one database' : skipped, () => {
  const directory = mkdtempSync(join(tmpdir(), 'manyi-processes-'));
  let config: Config;
  let a: Service;
  let b: Service;
  let clock = Date.UTC(2026, 4, 12, 2);
  const now = () => clock;
  beforeAll(async () => {
    config = readConfig({
      ...{ PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: join(directory, 'data') },
      ...{ KEY_DIR: join(directory, 'keys'), PUBLIC_URL: 'https://my.example.cn' },
      DATABASE_URL: await (await sharedServer()).createDatabase(),
    });
    // At once, on an empty folder of keys: one makes them, the other takes them.
    [a, b] = await Promise.all([compose(), compose()]);
  }, 60_000);
  afterAll(async () => {
    await a?.stop();
    await b?.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const compose = () => composeService(config, createLogger(config), { now });

  const query = async (sql: string) =>
    (await (await sharedServer()).query(sql, new URL(config.database!.url).pathname.slice(1))).rows as Record<
      string,
      unknown
    >[];
  const rows = <T>(sql: string) =>
    rowsOf<T>({ dataDir: config.dataDir, database: config.database!.url }, sql);
  /** How often each thing was done to a campaign. */
  async function trailOf(id: CampaignId): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { action } of await a.deps.storage.listTrail({
      ...{ campaign: id, counties: null, before: null, limit: 500 },
    }))
      counts[action] = (counts[action] ?? 0) + 1;
    return counts;
  }
  const answer = (service: Service, code: string, seed: number) =>
    service.app.inject({
      ...{ method: 'POST', url: `/s/${code}` },
      payload: { answers: randomAnswers(seededNumbers(seed)) },
    });
  async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await isSo())) await pause(10);
  }

  test('have the same keys, sessions, settings and codes', async () => {
    for (const name of ['session', 'log'])
      expect(a.deps.keys.service(name)).toEqual(b.deps.keys.service(name));
    for (const { app } of [a, b]) expect((await app.inject('/readyz')).statusCode).toBe(200);

    await createUser(a.deps, actors.administrator, {
      ...{ login: 'admin', name: '管理员', role: 'administrator', counties: [], password, ownPassword: true },
    });
    const logIn = await a.app.inject({
      ...{ method: 'POST', url: '/api/v1/session', payload: { login: 'admin', password } },
    });
    expect(logIn.statusCode).toBe(201);
    const headers = {
      cookie: cookieOf(logIn),
      'csrf-token': logIn.json<{ csrfToken: string }>().csrfToken,
    };
    const me = async ({ app }: Service) => (await app.inject({ url: '/api/v1/session', headers })).statusCode;
    expect([await me(a), await me(b)]).toEqual([200, 200]);
    // A form's token of one is right at the other, and the end of the session is the end at both.
    const out = await b.app.inject({ method: 'DELETE', url: '/api/v1/session', headers });
    expect(out.statusCode).toBe(204);
    await until(async () => (await me(a)) === 401);
    expect(await me(b)).toBe(401);

    await changeSettings(a.deps, actors.administrator, { icpNumber: '京ICP备00000000号' });
    await until(async () => (await b.app.inject('/')).body.includes('京ICP备00000000号'));

    const { campaign, codes } = await openSmallSurvey(a.deps, parents);
    const [code] = codes;
    expect((await b.app.inject(`/s/${code}`)).statusCode).toBe(200);
    for (const [i, service] of [a, b, a].entries())
      expect((await answer(service, code!, i)).statusCode).toBe(200);
    expect(
      await rows(
        `SELECT revision FROM responses WHERE campaign = (SELECT no FROM campaigns WHERE id = '${campaign}')`,
      ),
    ).toEqual([{ revision: 1 }, { revision: 2 }, { revision: 3 }]);
  }, 60_000);

  test('count attempts together', async () => {
    const guess = async ({ app }: Service, login: string) =>
      (
        await app.inject({
          ...{ method: 'POST', url: '/api/v1/session', payload: { login, password: 'a wrong password' } },
        })
      ).statusCode;
    /** The other one has heard of what was tried here: told in turn, so of all before it. */
    let heard = 0;
    b.deps.processes!.onCount('test', (_, count) => (heard += count ?? 0));
    const told = async () => {
      const before = heard;
      a.deps.processes!.tell('test', 'x', 1);
      await until(() => heard > before);
    };
    // Six are free, wherever they are made; five alone are not too many.
    for (let i = 0; i < 5; i++) expect(await guess(a, 'admin')).toBe(401);
    await told();
    expect(await guess(b, 'admin')).toBe(401);
    expect(await guess(b, 'admin')).toBe(429);
    expect(await guess(b, 'somebody')).toBe(401);

    // Twenty answers an hour of one code from one network, and one more for the second service, whose first is not told.
    const { codes } = await openSmallSurvey(a.deps, parents);
    for (let i = 0; i < 11; i++) expect((await answer(a, codes[0]!, i)).statusCode).toBe(200);
    await told();
    for (let i = 0; i < 10; i++) expect((await answer(b, codes[0]!, i)).statusCode).toBe(200);
    expect((await answer(b, codes[0]!, 1)).statusCode).toBe(429);
    expect((await answer(b, codes[1]!, 1)).statusCode).toBe(200);

    // What is told is no code, no address and no account.
    const client = new pg.Client({ connectionString: config.database!.url });
    await client.connect();
    const messages: string[] = [];
    client.on('notification', ({ payload }) => messages.push(payload ?? ''));
    await client.query('LISTEN manyi_counts');
    const wrong = `${codes[2]!.slice(0, 9)}0`;
    for (let i = 0; i < 2; i++) await answer(a, codes[1]!, i);
    expect(await guess(a, 'somebody')).toBe(401);
    await a.app.inject(`/s/${wrong}`);
    await until(() => messages.join().includes('log-in'));
    expect(messages.join()).not.toMatch(/127\.0\.0\.1|somebody/);
    for (const code of [codes[1]!, wrong]) expect(messages.join()).not.toContain(code);
    // Anybody who may connect can send any.
    for (const text of ['', 'x', '[]', '[1,[["miss","a","b"]]]'])
      await client.query('SELECT pg_notify($1, $2)', ['manyi_counts', text]);
    await told();
    await client.end();
  }, 60_000);

  test('seal, take snapshots, close and end a storage period once', async () => {
    const { campaign, codes } = await openSmallSurvey(a.deps, parents);
    for (const [i, code] of codes.slice(0, 40).entries())
      expect((await answer(i % 2 === 0 ? a : b, code, i)).statusCode).toBe(200);
    clock += day;
    const both = <T>(work: (deps: HttpDeps) => Promise<T>) => Promise.all([work(a.deps), work(b.deps)]);
    await both((deps) => sealDueLots(deps));
    await both((deps) => takeSnapshots(deps));
    const no = `(SELECT no FROM campaigns WHERE id = '${campaign}')`;
    expect(await rows(`SELECT count(*) AS n FROM rate_snapshots WHERE campaign = ${no}`)).toEqual([{ n: 1 }]);
    const sealed = await rows<{ lot: number; n: number }>(
      `SELECT lot, count(*) AS n FROM responses WHERE campaign = ${no} GROUP BY lot`,
    );
    expect(sealed).toEqual([{ lot: 1, n: 40 }]);

    // Both press the button; both are told when it is done.
    const held = b.deps.keys.use(campaign, 'pseudonym');
    await a.deps.storage.beginClosing({ at: clock, actor: systemActor }, campaign, false);
    await both((deps) => closeCampaign(deps, actors.operator, campaign));
    expect(await b.deps.storage.findCampaign(campaign)).toMatchObject({ state: 'closed', closingStep: null });
    expect(held.every((byte) => byte === 0)).toBe(true);
    const steps = ['drain', 'count', 'seal', 'backup', 'erase', 'destroy-keys'];
    const trail = await trailOf(campaign);
    expect(steps.map((step) => trail[`closing.${step}`])).toEqual(steps.map(() => 1));
    expect([trail['campaign.closing'] ?? 1, trail['campaign.closed'] ?? 1]).toEqual([1, 1]);
    for (const code of codes.slice(0, 2))
      for (const service of [a, b]) expect((await answer(service, code, 1)).statusCode).not.toBe(200);
    expect(await auditCampaign(b.deps, systemActor, campaign)).toMatchObject([{ count: 0, responses: 40 }]);

    clock += 500 * day;
    await holdClock(a.deps.storage, clock);
    const contacts = b.deps.keys.use(campaign, 'contacts');
    await a.deps.storage.beginExpiry({ at: clock, actor: systemActor }, campaign);
    await both((deps) => expireCampaign(deps, systemActor, campaign));
    expect(contacts.every((byte) => byte === 0)).toBe(true);
    const ended = Object.entries(await trailOf(campaign)).filter(([name]) => name.startsWith('expiry'));
    expect(ended.every(([, n]) => n === 1)).toBe(true);
    expect(ended.length).toBeGreaterThan(3);
    expect(await a.deps.storage.auditTrail()).toMatchObject({ breaks: [] });
  }, 60_000);

  test('wait with the end of a closing for a process that has not let go of the keys', async () => {
    const { campaign, codes } = await openSmallSurvey(a.deps, parents);
    expect((await answer(b, codes[0]!, 1)).statusCode).toBe(200);
    let holds = true;
    const third = await joinPostgres({
      ...{ url: config.database!.url, ...withoutKeys },
      onKeyEnd() {
        if (holds) throw new Error('busy');
      },
    });
    const findOpen = () => b.deps.campaigns.current()?.find((c) => c.campaign.id === campaign);
    // What it keeps of open campaigns is a second old at most, which on a full machine passes between two lines.
    await until(async () => (await answer(b, codes[0]!, 1)).statusCode === 200 && findOpen() !== undefined);
    const open = findOpen()!;
    expect(toHex(open.pseudonymOf(codes[0]!))).not.toMatch(/^0+$/);
    const key = b.deps.keys.use(campaign, 'pseudonym');
    /** Whether anything of it was in the other process's memory when the step was marked as done. */
    let isGone: boolean | null = null;
    const storage = new Proxy(a.deps.storage, {
      get: (target, name: keyof Deps['storage']) =>
        name === 'completeClosingStep'
          ? (...args: Parameters<Deps['storage']['completeClosingStep']>) => {
              if (args[2] === 'destroy-keys')
                isGone = key.every((byte) => byte === 0) && /^0+$/.test(toHex(open.pseudonymOf(codes[0]!)));
              return target.completeClosingStep(...args);
            }
          : target[name],
    });
    const closing = closeCampaign({ ...a.deps, storage }, actors.operator, campaign);
    await until(async () => (await b.deps.storage.findCampaign(campaign))?.closingStep === 'destroy-keys');
    await until(async () => (await b.deps.processes!.countKeyHolders(campaign, 'closing')) === 1);
    // The service itself has let go, and takes no key again, though somebody puts the file back.
    mkdirSync(join(config.keyDir, campaign), { recursive: true });
    writeFileSync(join(config.keyDir, campaign, 'pseudonym.key'), 'ab'.repeat(32));
    expect(() => b.deps.keys.use(campaign, 'pseudonym')).toThrow('keys.missing');
    await pause(300);
    expect((await b.deps.storage.findCampaign(campaign))!.state).toBe('closing');
    holds = false;
    await closing;
    expect(isGone).toBe(true);
    expect((await b.deps.storage.findCampaign(campaign))!.state).toBe('closed');

    // One that dies is waited for no longer.
    const { campaign: other } = await openSmallSurvey(a.deps, parents);
    holds = true;
    const waiting = closeCampaign(a.deps, actors.operator, other);
    await until(async () => (await b.deps.processes!.countKeyHolders(other, 'closing')) === 1);
    await third.storage.close();
    await waiting;
  }, 60_000);

  test('one that loses its way to the database loses its claims, and changes nothing until what it did under them has ended', async () => {
    const [first, second] = [a.deps, b.deps];
    const { campaign } = await openSmallSurvey(first, parents);
    const held = first.keys.use(campaign, 'pseudonym');
    let lost: AbortSignal | null = null;
    let end: () => void = () => undefined;
    const working = ifFree(first, 'something', async (signal) => {
      lost = signal;
      await new Promise<void>((resolve) => (end = resolve));
    });
    await until(() => lost !== null);
    expect(await ifFree(second, 'something', async () => undefined)).toBe(false);
    // Another process cannot be told from a dead one.
    const mine = (await query(
      `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = ${0x6d616e06}
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    )) as { pid: number }[];
    await query(`SELECT pg_terminate_backend(${mine[0]!.pid})`);
    await until(() => lost!.aborted);
    expect(await ifFree(second, 'something', async () => undefined)).toBe(true);
    const change = (deps: Deps) => deps.storage.probeWrite();
    await expect(change(first)).rejects.toMatchObject({ message: 'storage.unreachable' });
    // It hears of no destruction now, so it uses no key; what it was handed is whole.
    expect(() => first.keys.use(campaign, 'pseudonym')).toThrow('storage.unreachable');
    await pause(200);
    await expect(change(first)).rejects.toMatchObject({ message: 'storage.unreachable' });
    expect((await a.app.inject('/readyz')).statusCode).toBe(503);
    await change(second);
    end();
    await working;
    await until(() =>
      change(first).then(
        () => true,
        () => false,
      ),
    );
    expect(first.keys.use(campaign, 'pseudonym')).toEqual(held);
    expect(held.some((byte) => byte !== 0)).toBe(true);
    expect(await ifFree(first, 'something', async () => undefined)).toBe(true);
  }, 60_000);

  test('a process that does not know yet that its connection is gone is held back by the database', async () => {
    // The lock that stands for it is taken back by the server; what the process believes does not count.
    const third = await joinPostgres({ url: config.database!.url, ...withoutKeys });
    await third.storage.probeWrite();
    const [newest] = (await query(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'manyi service' AND datname = current_database() ORDER BY backend_start DESC LIMIT 1`,
    )) as { pid: number }[];
    // While the staff's lock is held, its change waits inside the transaction, past everything that the process itself looks at.
    const staff = 0x6d616e01;
    const other = new pg.Client({ connectionString: config.database!.url });
    await other.connect();
    await other.query(`BEGIN; SELECT pg_advisory_xact_lock(${staff}, 0)`);
    const change = third.storage.probeWrite().then(
      () => 'made',
      (error: Error) => error.message,
    );
    const waiting = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = ${staff} AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    await until(async () => (await query(waiting)).length > 0);
    await query(`SELECT pg_terminate_backend(${newest!.pid}, 10000)`);
    await other.query('COMMIT');
    await other.end();
    expect(await change).toBe('storage.unreachable');
    await third.storage.close();
  }, 60_000);

  test('do not take away what the other one is at', async () => {
    const [first, second] = [a.deps, b.deps];
    const id = await addCampaign(first);
    let go: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (go = resolve));
    async function* slowly() {
      yield Buffer.from('学校代码,家长电话\nS1,13901000000\n');
      await waiting;
      yield Buffer.from('S2,13901000001\n');
    }
    const reading = readRoll(first, actors.operator, {
      ...{ campaign: id, county, group: 'parent', fileName: 'parents.csv', source: slowly() },
    });
    await until(async () => (await second.storage.listImportsIn('reading')).length === 1);
    await discardReadings(second, systemActor);
    const roll = (await second.storage.listImportsIn('reading'))[0]!.id;
    expect(await viewJob(second, roll)).toMatchObject({ isRunning: true });
    go();
    expect(await reading).toMatchObject({ state: 'staged', summary: { good: 2 } });
    expect(await viewJob(second, roll)).toBeUndefined();

    const other = await addCampaign(first);
    await freeze(first, other, parents);
    let resumed: Promise<void> | null = null;
    let seen: number | null = null;
    const slow: Deps = {
      ...first,
      storage: new Proxy(first.storage, {
        get: (target, name: keyof Deps['storage']) =>
          name === 'saveDrawn'
            ? async (...args: Parameters<Deps['storage']['saveDrawn']>) => {
                await (resumed ??= resumeDraws(second, systemActor));
                seen = await readDrawPercent(second, other, county);
                return target.saveDrawn(...args);
              }
            : target[name],
      }),
    };
    await draw(slow, other);
    expect(resumed).not.toBeNull();
    expect([seen, await readDrawPercent(second, other, county)]).toEqual([0, null]);
    expect((await second.storage.findCampaign(other))!.counties[0]!.frameState).toBe('drawn');
    expect((await trailOf(other))['draw.finish'] ?? 1).toBe(1);
    await stageRoll(second, id, 3);
  }, 60_000);

  test('send each message once, one process at a time, and the other takes over', async () => {
    const { campaign, codes } = await openSmallSurvey(a.deps, parents);
    const channels = [createFakeChannel(), createFakeChannel()];
    const senders = [a, b].map(({ deps }, i): HttpDeps => ({
      ...deps,
      messaging: { channels: [channels[i]!], window: wholeDay, perNumberADay: 5 },
    }));
    await scheduleSendings(senders[0]!, actors.operator, {
      ...{ campaign, county, channel: 'loopback', texts: {}, perDay: null, price: null },
      waves: [{ kind: 'invitation', dueAt: now() }],
    });
    await Promise.all(senders.map((deps) => sendDue(deps)));
    const taken = channels.flatMap((c) => c.taken.map((m) => m.to));
    expect(new Set(taken).size).toBe(codes.length);
    expect(taken).toHaveLength(codes.length);
  }, 60_000);

  test('have one that does the schedules, and another one when it stops', async () => {
    const away = new AbortController();
    const turns: string[] = [];
    let lastAsked = 0;
    const schedulesOf = (name: string, deps: HttpDeps) => {
      const storage = new Proxy(deps.storage, {
        get: (target, key: keyof Deps['storage']) => {
          if (key === 'countDivisions') turns.push(name);
          lastAsked = performance.now();
          return target[key];
        },
      });
      return createSchedules({ ...deps, storage }, async () => undefined, away.signal);
    };
    const first = schedulesOf('a', a.deps);
    const second = schedulesOf('b', b.deps);
    for (const schedule of first) schedule.start();
    await until(() => turns.length === 1);
    for (const schedule of second) schedule.start();
    await until(() => performance.now() - lastAsked > 500);
    expect(turns).toEqual(['a']);
    // Between two turns both lose their connections: what the one had claimed keeps neither from joining again.
    await query(
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'manyi service' AND datname = current_database()",
    );
    for (const { deps } of [a, b])
      await until(() =>
        deps.storage.probeWrite().then(
          () => true,
          () => false,
        ),
      );
    for (const schedule of [...first, ...second]) await schedule.stop();
    const next = schedulesOf('b', b.deps);
    for (const schedule of next) schedule.start();
    await until(() => turns.length === 2);
    for (const schedule of next) await schedule.stop();
    expect(turns).toEqual(['a', 'b']);
  }, 60_000);

  test('begin at once, but not beside another version of the program', async () => {
    const server = await sharedServer();
    await server.query('CREATE DATABASE empty_one');
    const url = server.urlOf('empty_one');
    // The tables are made once.
    const joined = await Promise.all([
      joinPostgres({ url, ...withoutKeys }),
      joinPostgres({ url, ...withoutKeys }),
    ]);
    const applied = await server.query('SELECT count(*)::integer AS n FROM migrations_applied', 'empty_one');
    expect(applied.rows).toEqual([{ n: postgresMigrations().length }]);
    // One migration less: an upgrade has to wait until everybody has stopped.
    await server.query(
      'DELETE FROM migrations_applied WHERE no = (SELECT max(no) FROM migrations_applied)',
      'empty_one',
    );
    await expect(joinPostgres({ url, ...withoutKeys, patience: 200 })).rejects.toMatchObject({
      message: 'storage.other-version',
    });
    // Nor has anybody the database to himself who is not alone, and nobody comes while he is.
    const alone = () => joinPostgres({ url: config.database!.url, ...withoutKeys, alone: true });
    await expect(alone()).rejects.toMatchObject({ message: 'storage.in-use' });
    for (const { storage } of joined) await storage.close();
    // As an account that owns the database, and may do nothing else.
    await server.query('CREATE ROLE plain LOGIN');
    await server.query('CREATE DATABASE another_one OWNER plain');
    const other = server.urlOf('another_one').replace('user=postgres', 'user=plain');
    const only = await joinPostgres({ url: other, ...withoutKeys, alone: true });
    await expect(joinPostgres({ url: other, ...withoutKeys, patience: 200 })).rejects.toMatchObject({
      message: 'storage.in-use',
    });
    await only.storage.close();

    // One that lost its connection does not wait beside somebody who has taken the database to himself meanwhile.
    const told: Error[] = [];
    const lost = await joinPostgres({ url: other, ...withoutKeys, onFatal: (error) => told.push(error) });
    expect(await lost.processes.isClaimed('something')).toBe(false);
    const claim = await lost.processes.claim('something');
    // Not by this process a second time, and by nobody of another database.
    expect(await lost.processes.claim('something')).toBeNull();
    expect(await lost.processes.isClaimed('something')).toBe(true);
    expect(await a.deps.processes!.isClaimed('something')).toBe(false);
    expect((await lost.storage.health()).server!.state!.processes).toBe(1);
    await server.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'manyi service' AND datname = 'another_one'",
    );
    await until(() => claim!.lost.aborted);
    const mover = await joinPostgres({ url: other, ...withoutKeys, alone: true });
    await claim!.release();
    await until(() => told.length > 0);
    expect(told).toMatchObject([{ message: 'storage.in-use' }]);
    await expect(lost.storage.probeWrite()).rejects.toMatchObject({ message: 'storage.unreachable' });
    await mover.storage.close();
    await lost.storage.close();
  }, 60_000);
});

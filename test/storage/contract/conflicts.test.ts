/** What an answer, or a change of staff, does when another transaction, or the server, gets in its way. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemActor } from '../../../src/domain/campaign/permissions.ts';
import { pseudonymOf, textIdOf } from '../../../src/domain/code/pseudonym.ts';
import type { ResponseEntry } from '../../../src/domain/model/answer.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { createFileKeyStore } from '../../../src/keys/key-store.ts';
import type { Storage } from '../../../src/storage/port/index.ts';
import { createPool, inTx, lockClass } from '../../../src/storage/postgres/connection.ts';
import { createHosts } from '../../../src/storage/postgres/hosts.ts';
import {
  joinPostgres,
  openPostgresStorage,
  type PostgresOptions,
} from '../../../src/storage/postgres/index.ts';
import { withoutKeys } from '../../../src/storage/postgres/membership.ts';
import { postgresMigrations } from '../../../src/storage/postgres/migrate.ts';
import {
  benchQuestionnaire,
  campaign,
  codeOf,
  countyCode,
  createSurvey,
} from '../../bench/support/survey.ts';
import { engines } from '../../support/engines.ts';
import { findBinaries, sharedServer, skipped } from '../../support/postgres.ts';
import { createWorld } from '../../support/world.ts';

const stamp = { at: 1_000, actor: systemActor };

describe.each(engines.filter((e) => e.missing === false))('on $name', (engine) => {
  test('changes of two processes at once are made one after the other', async () => {
    const opened = await engine.open();
    const entry = { action: 'backup.make', campaign: null, county: null, details: {} } as const;
    await Promise.all(
      Array.from({ length: 24 }, (_, i) => opened.storages[i % 2]!.appendTrail(stamp, entry)),
    );
    expect(await opened.storages[0].auditTrail()).toEqual({ entries: 24, breaks: [] });
    await opened.close();
  });
});

const isThere = findBinaries() !== undefined;

describe.skipIf(!isThere)(isThere ? 'in the way of an answer or a change' : skipped, () => {
  const directory = mkdtempSync(join(tmpdir(), 'manyi-conflicts-'));
  const keyDir = join(directory, 'keys');
  const { byteLength } = compileQuestionnaire(benchQuestionnaire());
  const opened: Storage[] = [];
  let url: string;
  let storage: Storage;
  /** Somebody else, in a transaction of his own. */
  let other: pg.Client;

  async function open(options: Omit<PostgresOptions, 'url'> = {}): Promise<Storage> {
    const one = await openPostgresStorage({ url, ...options });
    opened.push(one);
    return one;
  }
  beforeAll(async () => {
    url = await (await sharedServer()).createDatabase();
    storage = await open();
    await createSurvey(storage, keyDir, { counties: 2, codes: 40, answered: 0 });
    other = new pg.Client({ connectionString: url });
    await other.connect();
  });
  afterAll(async () => {
    await other?.end();
    for (const one of opened) await one.close();
    rmSync(directory, { recursive: true, force: true });
  });

  function entryOf(code: number): ResponseEntry {
    const keys = createFileKeyStore(keyDir);
    return {
      ...{ campaign, county: null, channel: 'web', link: null, questionnaire: 1, texts: [] },
      pseudonym: pseudonymOf(keys.use(campaign, 'pseudonym'), codeOf(code)),
      nonce: new Uint8Array(randomBytes(16)),
      answers: new Uint8Array(byteLength).fill(1),
      textId: textIdOf(keys.use(campaign, 'text'), codeOf(code)),
    };
  }
  const insertOf = (entry: ResponseEntry) =>
    other.query(
      `INSERT INTO responses (campaign, county, pseudonym, revision, questionnaire, reporting_stratum, channel, nonce, answers)
       SELECT campaign, county::integer, pseudonym, 1, questionnaire, reporting_stratum, 0, $2, $3 FROM issued WHERE pseudonym = $1`,
      [entry.pseudonym, randomBytes(16), Buffer.alloc(byteLength, 1)].map((bytes) => Buffer.from(bytes)),
    );
  /** Until a connection of the service waits for a lock. @returns its process */
  async function waitingOne(): Promise<number> {
    for (;;) {
      const { rows } = await other.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'manyi' AND wait_event_type = 'Lock'`,
      );
      if (rows[0]) return rows[0].pid;
      await pause(10);
    }
  }

  test('a batch that the server chose to end a deadlock is stored when it is tried again', async () => {
    const inOrder = [0, 2, 4, 6].map(entryOf).sort((a, b) => Buffer.compare(a.pseudonym, b.pseudonym));
    await other.query("BEGIN; SET LOCAL deadlock_timeout = '1min'");
    await insertOf(inOrder[3]!);
    const storing = storage.recordResponses(inOrder);
    await waitingOne();
    // The batch has inserted this one, and waits for the other.
    await insertOf(inOrder[0]!);
    await other.query('ROLLBACK');
    expect(await storing).toEqual(Array(4).fill('stored'));
    const { rows } = await other.query<{ n: string }>(
      'SELECT count(*) AS n FROM responses WHERE pseudonym = ANY ($1) AND revision = 1',
      [inOrder.map((one) => Buffer.from(one.pseudonym))],
    );
    expect(Number(rows[0]!.n)).toBe(4);
  });

  test.each([
    ['an answer', () => storage.recordResponses([entryOf(10)])],
    [
      'a change',
      () => storage.appendTrail(stamp, { action: 'backup.make', campaign: null, county: null, details: {} }),
    ],
  ])('%s whose connection the server ends is refused as such; the next one is stored', async (_, work) => {
    await other.query(
      `BEGIN; SELECT pg_advisory_xact_lock(${lockClass.staff}, 0), pg_advisory_xact_lock(${lockClass.campaign}, no) FROM campaigns`,
    );
    const refused = expect(work()).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'storage.unreachable',
    });
    const pid = await waitingOne();
    await other.query(`SELECT pg_terminate_backend(${pid})`);
    await refused;
    await other.query('ROLLBACK');
    await work();
  });

  test('a transaction that went on after an error is no success', async () => {
    const hosts = createHosts(url);
    const pool = createPool(hosts, { url, connections: 1 });
    const swallowing = inTx(pool, 'BEGIN', async ({ raw }) => {
      await raw.exec('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow('not committed');
    // Its connection is fit for the next one.
    expect(await inTx(pool, 'BEGIN', async ({ raw }) => raw.prepare('SELECT 1').pluck().get())).toBe(1);
    await pool.end();
  });

  test('a change waits for one of another process, and an answer for a change that it depends on', async () => {
    // Who holds a lock together with others is in the way of those who must have it alone.
    await other.query(
      `BEGIN; SELECT pg_advisory_xact_lock_shared(${lockClass.staff}, 0); SELECT pg_advisory_xact_lock_shared(${lockClass.campaign}, no) FROM campaigns`,
    );
    const impatient = await open({ lockTimeout: 100 });
    const slow = { kind: 'unavailable', message: 'storage.slow' };
    await expect(impatient.probeWrite()).rejects.toMatchObject(slow);
    expect(await impatient.recordResponses([entryOf(12)])).toEqual(['stored']);
    await other.query('ROLLBACK');
    await other.query(`BEGIN; SELECT pg_advisory_xact_lock_shared(${lockClass.campaign}, no) FROM campaigns`);
    const second = { ...stamp, actor: { ...systemActor, userId: 'second000000', name: 'second' } };
    await storage.createProposal(stamp, {
      ...{ id: 'proposal0001', campaign, reason: '停电顺延' },
      content: { kind: 'void', county: countyCode(0), group: null, reportingStratum: 1 },
    });
    for (const change of [
      () => impatient.decideProposal(second, 'proposal0001', 'confirmed'),
      () => impatient.beginClosing(stamp, campaign),
      () => impatient.updateCampaign(stamp, campaign, { name: '另一个名称' }, []),
    ])
      await expect(change()).rejects.toMatchObject(slow);
    await other.query('ROLLBACK');
  });

  test('a county that could not be removed in time is not said to be in use', async () => {
    const world = await createWorld({ engine: 'postgres' });
    const { id } = await world.addCampaign();
    const impatient = await openPostgresStorage({ url: world.database!, lockTimeout: 100 });
    const holder = new pg.Client({ connectionString: world.database! });
    await holder.connect();
    await holder.query('BEGIN; SELECT 1 FROM campaign_counties FOR UPDATE');
    const { counties } = await world.campaign(id);
    const remove = () => impatient.updateCampaign(stamp, id, { counties: counties.slice(1) }, []);
    await expect(remove()).rejects.toMatchObject({ kind: 'unavailable', message: 'storage.slow' });
    await holder.end();
    await remove();
    expect((await impatient.findCampaign(id))!.counties).toHaveLength(counties.length - 1);
    await impatient.close();
    await world.close();
  });

  test('whoever has lost the connection that tells of changes remembers nothing, and soon has another one', async () => {
    const world = await createWorld({ engine: 'postgres' });
    const { id } = await world.addCampaign();
    const client = new pg.Client({ connectionString: world.database! });
    await client.connect();
    const listeners = async () =>
      (
        await client.query<{ pid: number }>(
          "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'manyi listener'",
        )
      ).rows.map(({ pid }) => pid);
    const name = new URL(world.database!).pathname.slice(1);
    const allow = async (is: boolean) =>
      (await sharedServer()).query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${is}`);
    const found = async () => (await world.storage.findCampaign(id))!.name;
    await found();
    // It must not come back before the end of the loop.
    await allow(false);
    await client.query('SELECT pg_terminate_backend(pid, 10000) FROM unnest($1::integer[]) pid', [
      await listeners(),
    ]);
    const rename = (to: string) => client.query('UPDATE campaigns SET name = $1', [to]);
    await rename('一');
    while ((await found()) !== '一') await pause(1);
    for (const to of ['二', '三', '四']) {
      await rename(to);
      expect(await found()).toBe(to);
    }
    await allow(true);
    while ((await listeners()).length === 0) await pause(20);
    await client.end();
    await world.close();
  });

  test('whoever claims something has forgotten what he knew before', async () => {
    const world = await createWorld({ engine: 'postgres' });
    const { id } = await world.addCampaign();
    const { storage: own, processes } = await joinPostgres({ url: world.database!, ...withoutKeys });
    await own.findCampaign(id);
    const client = new pg.Client({ connectionString: world.database! });
    await client.connect();
    // As by a process whose notification has not arrived.
    await client.query("UPDATE campaigns SET name = '另一个名称'");
    const claim = await processes.claim('something');
    expect((await own.findCampaign(id))!.name).toBe('另一个名称');
    await claim!.release();
    await client.end();
    await own.close();
    await world.close();
  });

  test('the tables are made once, though two begin at once on an empty database', async () => {
    const server = await sharedServer();
    await server.query('CREATE DATABASE made_once');
    const empty = { url: server.urlOf('made_once') };
    for (const one of await Promise.all([1, 2].map(() => openPostgresStorage(empty)))) await one.close();
    const { rows } = await server.query('SELECT count(*)::integer AS n FROM migrations_applied', 'made_once');
    expect(rows).toEqual([{ n: postgresMigrations().length }]);
  });

  test('a server that takes no writes is said to be a standby', async () => {
    const database = new URL(url).pathname.slice(1);
    await other.query(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
    const standby = await open();
    for (const work of [() => standby.probeWrite(), () => standby.recordResponses([entryOf(14)])])
      await expect(work()).rejects.toMatchObject({ kind: 'unavailable', message: 'storage.standby' });
    await other.query(`ALTER DATABASE ${database} RESET default_transaction_read_only`);
  });
});

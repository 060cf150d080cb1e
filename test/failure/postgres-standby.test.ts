/**
 * Two servers, one a synchronous standby of the other, and the service with the addresses of both. The primary is killed while a crowd answers, and the standby
 * promoted: the service goes on by itself, and by the crowd's own ledger nothing that was acknowledged is lost and nothing is stored twice.
 * `FAILOVERS=20 npx vitest run test/failure/postgres-standby.test.ts` for the long run.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeService, createLogger, type Service } from '../../src/compose.ts';
import { readConfig, type Config } from '../../src/config.ts';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { pseudonymOf, textIdOf } from '../../src/domain/code/pseudonym.ts';
import { toHex } from '../../src/domain/hash.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { createFileKeyStore, readAllKeys } from '../../src/keys/key-store.ts';
import { auditCampaign } from '../../src/operations/evidence/audit.ts';
import { createReadiness } from '../../src/operations/service/readiness.ts';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { verifyDatabase } from '../../src/storage/postgres/verify.ts';
import { benchQuestionnaire, createSurvey, sealSurvey } from '../bench/support/survey.ts';
import { answerFrom, campaign, codeOf, countyCode, createLedger, matches } from '../support/answering.ts';
import { findBinaries, skipped, startServer, type Server } from '../support/postgres.ts';

const failovers = Number(process.env['FAILOVERS'] ?? 1);
const counties = 3;
const codes = 4000;
/** The last one is answered by nobody of the crowd. */
const crowd = codes - 1;

describe.skipIf(findBinaries() === undefined)(`a synchronous standby (${skipped} otherwise)`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'manyi-standby-'));
  const keyDir = join(directory, 'keys');
  let [primary, standby]: (Server | undefined)[] = [];
  let name: string;
  let config: Config;
  let service: Service | undefined;

  beforeAll(async () => {
    primary = await startServer();
    const url = await primary.createDatabase();
    name = new URL(url).pathname.slice(1);
    const storage = await openPostgresStorage({ url });
    await createSurvey(storage, keyDir, { counties, codes, answered: 0 });
    await storage.close();
    standby = await startServer({ primary: primary.directory });
    await waitForStandby(primary);
    config = readConfig({
      ...{ PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: join(directory, 'data'), KEY_DIR: keyDir },
      BACKUP_DIR: join(directory, 'backups'),
      // The standby first: it only reads, so the other one is taken.
      DATABASE_URL: `postgres:///${name}?user=postgres&host=${standby.directory},${primary.directory}&target_session_attrs=read-write`,
    });
    service = await composeService(config, createLogger(config));
  }, 120_000);
  afterAll(async () => {
    await service?.stop();
    await primary?.close();
    await standby?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** From here on nothing is committed without it. */
  async function waitForStandby(server: Server): Promise<void> {
    await server.query("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
    await server.query('SELECT pg_reload_conf()');
    await until(
      async () =>
        (await server.query("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'")).rowCount === 1,
    );
  }
  async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await condition())) await pause(20);
  }
  /** Processes of the server whose commit waits for the standby. */
  async function waiting(): Promise<readonly number[]> {
    const { rows } = await primary!.query("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    return (rows as { pid: number }[]).map(({ pid }) => pid);
  }
  async function readStored() {
    const { rows } = await primary!.query(
      `SELECT encode(pseudonym, 'hex') AS code, encode(nonce, 'hex') AS nonce, encode(answers, 'hex') AS answers, revision
       FROM responses ORDER BY pseudonym, revision`,
      name,
    );
    return rows as { code: string; nonce: string; answers: string; revision: number }[];
  }

  /** An answer of the code that the crowd leaves alone. */
  async function record(nonce: Uint8Array): Promise<readonly string[]> {
    const keys = createFileKeyStore(keyDir);
    const code = codeOf(crowd);
    return service!.deps.storage.recordResponses([
      {
        ...{ campaign, county: null, channel: 'web', link: null, questionnaire: 1, nonce, texts: [] },
        pseudonym: pseudonymOf(keys.use(campaign, 'pseudonym'), code),
        answers: new Uint8Array(compileQuestionnaire(benchQuestionnaire()).byteLength).fill(1),
        textId: textIdOf(keys.use(campaign, 'text'), code),
      },
    ]);
  }

  test('an answer that a restarted primary shows is acknowledged only when the standby has it, too', async () => {
    const nonce = new Uint8Array(randomBytes(16));
    await standby!.stop();
    let results: readonly string[] | null = null;
    const recording = record(nonce).then((r) => (results = r));
    await until(async () => (await waiting()).length > 0);
    await primary!.stop('SIGQUIT');
    await primary!.start();
    // The commit was made on the primary before it went down.
    expect((await readStored()).map((r) => r.nonce)).toEqual([toHex(nonce)]);
    await until(async () => (await waiting()).length > 0);
    // An administrator who loses patience.
    const [pid] = await waiting();
    await primary!.query(`SELECT pg_cancel_backend(${pid})`);
    await until(async () => !(await waiting()).includes(pid!));
    await until(async () => (await waiting()).length > 0);
    expect(results).toBeNull();
    // Whoever watches the service learns of it.
    const soon = () => createReadiness(service!.deps, 100)();
    expect((await soon()).faults).toEqual(['storage']);
    const { server } = await service!.deps.storage.health();
    expect(server?.state?.isInRecovery).toBe(false);
    expect(server?.state?.waitingForStandby).toBeGreaterThan(0);
    await standby!.start();
    await recording;
    expect(results).toEqual(['stored']);
    await until(async () => (await waiting()).length === 0);
    expect((await createReadiness(service!.deps)()).faults).toEqual([]);
    expect((await readStored()).map((r) => r.nonce)).toEqual([toHex(nonce)]);
  }, 60_000);

  test(
    `${failovers} promotions under load: nothing acknowledged is lost, nothing is stored twice, and the service goes on`,
    async () => {
      const port = Number(new URL(await service!.start()).port);
      const ledger = createLedger();
      let ended = false;
      const answering = answerFrom(port, {
        connections: 8,
        codes: crowd,
        seed: 5,
        ledger,
        enough: () => ended,
        // Whoever answers meanwhile is told to come again.
        otherwise: (status) => expect(status).toBe(503),
      });
      const acknowledged = (more: number) => {
        const from = ledger.acknowledged();
        return Promise.race([until(() => ledger.acknowledged() >= from + more), answering]);
      };
      try {
        for (let n = 0; n < failovers; n++) {
          await acknowledged(150);
          const lost = primary!;
          await lost.kill();
          await standby!.query('SELECT pg_promote()');
          primary = standby!;
          standby = undefined;
          await acknowledged(50);
          // In the place of the lost one, so at an address that the service knows.
          standby = await startServer({ primary: primary.directory, directory: lost.directory });
          await waitForStandby(primary);
        }
        await acknowledged(50);
      } finally {
        ended = true;
        await answering;
      }
      // It is one of the processes again, on the server that it found.
      const held = `SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE locktype = 'advisory' AND application_name = 'manyi service'`;
      await until(async () => ((await primary!.query(held)).rowCount ?? 0) > 0);

      const byCode = new Map<string, string[]>();
      for (const { code, revision, answers } of await readStored()) {
        const list = byCode.get(code) ?? [];
        expect(revision).toBe(list.length + 1);
        byCode.set(code, [...list, answers]);
      }
      const key = createFileKeyStore(keyDir).use(campaign, 'pseudonym');
      for (const [code, sent] of ledger.byCode) {
        const there = byCode.get(toHex(pseudonymOf(key, code))) ?? [];
        expect(matches(sent, there), `${JSON.stringify(sent)} against ${there.join()}`).toBe(true);
      }
      const { storage } = service!.deps;
      await sealSurvey(storage, { counties, codes, answered: 0 });
      const all = Array.from({ length: counties }, (_, c) => countyCode(c));
      const recounts = await storage.recount(campaign, all);
      expect(recounts.flatMap((r) => r.differences)).toEqual([]);
      expect(recounts.reduce((n, r) => n + r.responses, 0)).toBe(byCode.size);
      const audits = await auditCampaign(service!.deps, systemActor, campaign);
      expect(audits.map((a) => [a.county, a.count])).toEqual(all.map((county) => [county, 0]));
      expect(await storage.auditTrail()).toMatchObject({ breaks: [] });
      // A base backup is read in the same way: where it stands, on a server that only reads.
      const { rows } = await primary!.query('SELECT pg_current_wal_flush_lsn() AS at');
      const written = (rows as { at: string }[])[0]!.at;
      const hasReplayed = `SELECT FROM pg_last_wal_replay_lsn() AS at WHERE at >= '${written}'`;
      await until(async () => (await standby!.query(hasReplayed)).rowCount === 1);
      const { report } = await verifyDatabase({ url: standby!.urlOf(name) }, readAllKeys(keyDir));
      expect(report).toMatchObject({ damage: [], pendingMigrations: 0, secretsFound: 0 });
      expect(report.recounts.reduce((n, r) => n + r.responses, 0)).toBe(byCode.size);
      expect(report.recounts.flatMap((r) => r.differences)).toEqual([]);
      const ready = await service!.app.inject('/readyz');
      expect([ready.statusCode, ready.json()]).toMatchObject([200, { faults: [] }]);
    },
    60_000 + failovers * 30_000,
  );

  test('without the setting, what had not reached the standby is lost, though it was acknowledged', async () => {
    await primary!.query('ALTER SYSTEM RESET synchronous_standby_names');
    await primary!.query('SELECT pg_reload_conf()');
    await standby!.stop();
    const nonce = new Uint8Array(randomBytes(16));
    expect(await record(nonce)).toEqual(['stored']);
    const there = async () => (await readStored()).some((r) => r.nonce === toHex(nonce));
    expect(await there()).toBe(true);
    await primary!.kill();
    await primary!.close();
    await standby!.start();
    await standby!.query('SELECT pg_promote()');
    [primary, standby] = [standby, undefined];
    expect(await there()).toBe(false);
  }, 60_000);
});

/**
 * Two services as processes of their own on one PostgreSQL database, killed one after the other while a crowd answers at both, then one of them in the midst of the
 * closing. By the crowd's own ledger nothing that was acknowledged is lost and nothing is stored twice; the other one ends the closing, each step once.
 * `KILLS=50 npx vitest run test/failure/postgres-processes.test.ts` for the long run.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import { toHex } from '../../src/domain/hash.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { answerFrom, campaign, counties, countyCode, createLedger, matches } from '../support/answering.ts';
import { findBinaries, skipped, startServer, type Server } from '../support/postgres.ts';
import { startProcess, type ServiceProcess } from '../support/process.ts';
import { createSurvey } from '../bench/support/survey.ts';

const kills = Number(process.env['KILLS'] ?? 1);
/** Of each crowd. */
const codes = 600;

describe.skipIf(findBinaries() === undefined)(`two services, killed (${skipped} otherwise)`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'manyi-two-'));
  const keys = join(directory, 'keys');
  let server: Server;
  let url: string;
  const running = new Set<ServiceProcess>();
  beforeAll(async () => {
    server = await startServer({ durable: true });
    url = await server.createDatabase();
    const storage = await openPostgresStorage({ url });
    await createSurvey(storage, keys, { counties, codes: 2 * codes, answered: 0 });
    await storage.close();
  }, 120_000);
  afterAll(async () => {
    for (const one of running) await one.kill();
    await server?.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const query = async <T>(sql: string) =>
    (await server.query(sql, new URL(url).pathname.slice(1))).rows as T[];
  async function start(name: string): Promise<ServiceProcess> {
    const service = await startProcess(
      { data: join(directory, name), keys },
      { env: { DATABASE_URL: url, LOG_LEVEL: 'info', DATABASE_POOL: '6' } },
    );
    running.add(service);
    return service;
  }
  async function kill(service: ServiceProcess): Promise<void> {
    running.delete(service);
    await service.kill();
  }
  async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await isSo())) await pause(5);
  }

  test(
    `${kills} kills while a crowd answers, and one while it closes`,
    async () => {
      const names = ['a', 'b'];
      const services = [await start('a'), await start('b')];
      const ledger = createLedger();
      let ended = false;
      /** A crowd of its own for each; when its service was killed it waits for the next one. */
      const crowds = names.map(async (_, i) => {
        for (let seed = 1 + i; !ended; seed += 2) {
          const service = services[i]!;
          await answerFrom(service.port, {
            ...{ connections: 4, codes, first: i * codes, seed, ledger, enough: () => ended },
            // While it starts.
            otherwise: (status, body) => {
              if (status !== 503) throw new Error(`${status} ${body}`);
            },
          });
          await until(() => ended || services[i] !== service);
        }
      });
      const acknowledged = async (more: number) => {
        const from = ledger.acknowledged();
        await Promise.race([until(() => ledger.acknowledged() >= from + more), Promise.all(crowds)]);
      };
      for (let n = 0; n < kills; n++) {
        await acknowledged(100);
        const i = n % 2;
        await kill(services[i]!);
        // The other one goes on alone.
        await acknowledged(30);
        services[i] = await start(names[i]!);
      }
      await acknowledged(100);
      ended = true;
      await Promise.all(crowds);

      const stored = await query<{ code: string; revision: number; answers: string }>(
        `SELECT encode(pseudonym, 'hex') AS code, revision, encode(answers, 'hex') AS answers FROM responses ORDER BY pseudonym, revision`,
      );
      const byCode = new Map<string, string[]>();
      for (const { code, revision, answers } of stored) {
        const list = byCode.get(code) ?? [];
        expect(revision).toBe(list.length + 1);
        byCode.set(code, [...list, answers]);
      }
      const key = createFileKeyStore(keys).use(campaign, 'pseudonym');
      let explained = 0;
      for (const [code, sent] of ledger.byCode) {
        const there = byCode.get(toHex(pseudonymOf(key, code))) ?? [];
        expect(matches(sent, there), `${JSON.stringify(sent)} against ${there.join()}`).toBe(true);
        explained += there.length;
      }
      expect(explained).toBe(stored.length);

      // The date of closing comes. Whoever does the schedules is killed as soon as it has begun; one that starts goes on, before the other's next minute.
      await query(`UPDATE campaigns SET closes_at = ${Date.now() - 1000}`);

      for (const service of services) await kill(service);
      const [first, second] = [await start('a'), await start('b')];

      const stepOf = async () =>
        (
          await query<{ state: string; step: string | null }>(
            'SELECT state, closing_step AS step FROM campaigns',
          )
        )[0]!;
      await until(async () => (await stepOf()).state !== 'open');
      await kill(first);
      const third = await start('a');
      await until(async () => (await stepOf()).state === 'closed');
      expect(existsSync(join(keys, campaign, 'pseudonym.key'))).toBe(false);
      expect(existsSync(join(keys, campaign, 'contacts.key'))).toBe(true);
      // It was alive all the time, and it was told before the step was done.
      expect(second.output()).toContain('keys.forgotten');
      const storage = await openPostgresStorage({ url });
      const trail = await storage.listTrail({ campaign, counties: null, before: null, limit: 200 });
      const steps = ['drain', 'count', 'seal', 'backup', 'erase', 'destroy-keys'];
      const times = (action: string) => trail.filter((entry) => entry.action === action).length;
      expect(steps.map((step) => times(`closing.${step}`))).toEqual(steps.map(() => 1));
      const recounts = await storage.recount(
        campaign,
        Array.from({ length: counties }, (_, c) => countyCode(c)),
      );
      expect(recounts.flatMap((r) => r.differences)).toEqual([]);
      expect(recounts.reduce((n, r) => n + r.responses, 0)).toBe(byCode.size);
      expect(await storage.auditTrail()).toMatchObject({ breaks: [] });
      await storage.close();
      for (const service of [second, third]) {
        running.delete(service);
        expect(await service.stop()).toBe(0);
      }
    },
    120_000 + kills * 30_000,
  );
});

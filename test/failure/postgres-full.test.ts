/**
 * The disk of the PostgreSQL server is full: first that of the tables, then that of the WAL, which takes the server down. Whoever answers gets 503, nothing that
 * was acknowledged is lost, and when there is room the service goes on by itself. The disks are small file systems in memory, which only root may mount.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeService, createLogger, type Service } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { pseudonymOf, textIdOf } from '../../src/domain/code/pseudonym.ts';
import { toHex } from '../../src/domain/hash.ts';
import type { ResponseEntry } from '../../src/domain/model/answer.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { benchQuestionnaire, createSurvey } from '../bench/support/survey.ts';
import { answerFrom, campaign, codeOf, countyCode, createLedger, matches } from '../support/answering.ts';
import { findBinaries, startServer, type Server } from '../support/postgres.ts';

const needed = 'PostgreSQL, and the right to mount';
const counties = 3;
const codes = 3000;
const sheetLength = compileQuestionnaire(benchQuestionnaire()).byteLength;

function mount(path: string, megabytes: number): boolean {
  mkdirSync(path);
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]).status === 0;
}
const unmount = (path: string) => spawnSync('umount', ['-l', path]);

const directory = mkdtempSync(join(tmpdir(), 'manyi-full-'));
const disks = [join(directory, 'server'), join(directory, 'tables')] as const;
// The server has an account of its own.
chmodSync(directory, 0o755);
/** In a container, root may lack the right. */
function mayMount(): boolean {
  const path = join(directory, 'probe');
  const isMounted = mount(path, 1);
  if (isMounted) unmount(path);
  return isMounted;
}
const isPossible = findBinaries() !== undefined && mayMount();
if (!isPossible) rmSync(directory, { recursive: true });

describe.skipIf(!isPossible)(`a full disk (${needed})`, () => {
  const keyDir = join(directory, 'keys');
  const ledger = createLedger();
  let server: Server;
  let service: Service;
  let port: number;
  let seed = 0;

  beforeAll(async () => {
    expect(mount(disks[0], 220) && mount(disks[1], 64)).toBe(true);
    const own = join(disks[0], 'server');
    mkdirSync(own);
    server = await startServer({
      directory: own,
      settings: { min_wal_size: '32MB', max_wal_size: '48MB', wal_recycle: 'off' },
    });
    const { uid, gid } = statSync(own);
    chownSync(disks[1], uid, gid);
    await server.query(`CREATE TABLESPACE small LOCATION '${disks[1]}'`);
    await server.query('CREATE DATABASE full_one TABLESPACE small');
    const url = server.urlOf('full_one');
    const storage = await openPostgresStorage({ url });
    await createSurvey(storage, keyDir, { counties, codes: codes + 200, answered: 0 });
    await storage.close();
    const config = readConfig({
      ...{ PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: join(directory, 'data'), KEY_DIR: keyDir },
      ...{ BACKUP_DIR: join(directory, 'backups'), DATABASE_URL: url },
    });
    service = await composeService(config, createLogger(config));
    port = Number(new URL(await service.start()).port);
  }, 120_000);
  afterAll(async () => {
    await service?.stop();
    await server?.close();
    for (const disk of disks) unmount(disk);
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  /** Takes all room that there is. */
  function fill(disk: string): { free(): void } {
    const path = join(disk, 'ballast');
    const piece = Buffer.alloc(1 << 16, 1);
    for (let room = true; room;) {
      try {
        writeFileSync(path, piece, { flag: 'a' });
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
        room = false;
      }
    }
    return { free: () => truncateSync(path, 0) };
  }
  /** Until so many more are acknowledged, or so many refused. @returns what the refused were told */
  async function crowd(until: { readonly acknowledged: number } | { readonly refused: number }) {
    const from = ledger.acknowledged();
    const statuses: number[] = [];
    let body = '';
    await answerFrom(port, {
      ...{ connections: 8, codes, seed: ++seed, ledger },
      enough: () =>
        'acknowledged' in until
          ? ledger.acknowledged() - from >= until.acknowledged
          : statuses.length >= until.refused,
      otherwise(status, text) {
        statuses.push(status);
        body = text;
      },
    });
    return { statuses: [...new Set(statuses)], body: Buffer.from(body, 'latin1').toString() };
  }
  /** More than any page has room for: of codes that the crowd leaves alone. */
  function longComments(): readonly ResponseEntry[] {
    const keys = createFileKeyStore(keyDir);
    return Array.from({ length: 200 }, (_, i) => ({
      ...{ campaign, county: null, channel: 'web', link: null, questionnaire: 1 },
      pseudonym: pseudonymOf(keys.use(campaign, 'pseudonym'), codeOf(codes + i)),
      nonce: new Uint8Array(randomBytes(16)),
      answers: new Uint8Array(sheetLength).fill(1),
      textId: textIdOf(keys.use(campaign, 'text'), codeOf(codes + i)),
      texts: [{ item: 'comments', body: randomBytes(1500).toString('base64') }],
    }));
  }
  async function assertNothingLost(): Promise<void> {
    const { rows } = await server.query(
      `SELECT encode(pseudonym, 'hex') AS code, encode(answers, 'hex') AS answers, revision FROM responses ORDER BY pseudonym, revision`,
      'full_one',
    );
    const stored = new Map<string, string[]>();
    for (const { code, answers, revision } of rows as { code: string; answers: string; revision: number }[]) {
      const list = stored.get(code) ?? [];
      expect(revision).toBe(list.length + 1);
      stored.set(code, [...list, answers]);
    }
    const key = createFileKeyStore(keyDir).use(campaign, 'pseudonym');
    for (const [code, sent] of ledger.byCode) {
      const there = stored.get(toHex(pseudonymOf(key, code))) ?? [];
      expect(matches(sent, there), `${JSON.stringify(sent)} against ${there.join()}`).toBe(true);
    }
    const all = Array.from({ length: counties }, (_, c) => countyCode(c));
    const recounts = await service.deps.storage.recount(campaign, all);
    expect(recounts.flatMap((r) => r.differences)).toEqual([]);
    expect(recounts.reduce((n, r) => n + r.responses, 0)).toBe(stored.size);
  }

  test('of the tables: 503 and a word to the respondent, and on it goes when there is room', async () => {
    await crowd({ acknowledged: 100 });
    const ballast = fill(disks[1]);
    const refused = await crowd({ refused: 20 });
    expect(refused.statuses).toEqual([503]);
    expect(refused.body).toContain('没有保存');
    await expect(service.deps.storage.recordResponses(longComments())).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'storage.full',
    });
    // The probe's own row finds room where it stands.
    const ready = await service.app.inject('/readyz');
    expect([ready.statusCode, ready.json()]).toMatchObject([503, { faults: ['disk-full'] }]);
    ballast.free();
    expect((await crowd({ acknowledged: 100 })).statuses).toEqual([]);
    await assertNothingLost();
  }, 120_000);

  test('of the WAL: the server goes down, everybody gets 503, and nothing is lost when it is back', async () => {
    const ballast = fill(disks[0]);
    // The next change begins a new file, for which there is no room.
    await server.query('SELECT pg_switch_wal()').catch(() => undefined);
    const refused = await crowd({ refused: 20 });
    expect(refused.statuses).toEqual([503]);
    // It tries to come back, and gives up.
    for (let faults: readonly string[] = []; !faults.includes('writer'); await pause(50)) {
      const ready = await service.app.inject('/readyz');
      expect(ready.statusCode).toBe(503);
      ({ faults } = ready.json());
    }
    ballast.free();
    await server.stop('SIGQUIT');
    await server.start();
    for (let ok = false; !ok; await pause(100)) ok = (await service.app.inject('/readyz')).statusCode === 200;
    await crowd({ acknowledged: 100 });
    await assertNothingLost();
  }, 120_000);
});

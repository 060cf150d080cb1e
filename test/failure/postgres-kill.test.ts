/**
 * Two processes store answers in one PostgreSQL database, while now one of them and now the server is killed. A ledger holds what was acknowledged: all
 * of it is there, nothing twice. `KILLS=50 npx vitest run test/failure/postgres-kill.test.ts` for the long run.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { campaign, countyCode, createSurvey } from '../bench/support/survey.ts';
import { findBinaries, skipped, startServer, type Server } from '../support/postgres.ts';
import { seededRandom } from '../support/cutting-proxy.ts';

const kills = Number(process.env['KILLS'] ?? 2);
const counties = 3;
const codes = 600;
const script = fileURLToPath(new URL('../support/postgres-answerer.ts', import.meta.url));

describe.skipIf(findBinaries() === undefined)(`killed under load (${skipped} otherwise)`, () => {
  let server: Server;
  let directory: string;
  let url: string;
  const ledger: string[] = [];
  const processes: (ChildProcess | null)[] = [null, null];

  beforeAll(async () => {
    server = await startServer({ durable: true });
    directory = mkdtempSync(join(tmpdir(), 'manyi-kill-'));
    url = await server.createDatabase();
    const storage = await openPostgresStorage({ url });
    await createSurvey(storage, join(directory, 'keys'), { counties, codes, answered: 0 });
    await storage.close();
  });
  afterAll(async () => {
    for (const child of processes) child?.kill('SIGKILL');
    await server?.close();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  /** Both answer for the same codes: who comes second sends a later revision. */
  function start(i: number): void {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', script, url, join(directory, 'keys'), '0', String(codes)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    processes[i] = child;
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      ledger.push(...lines);
    });
  }
  async function kill(i: number): Promise<void> {
    const child = processes[i]!;
    const gone = once(child, 'close');
    child.kill('SIGKILL');
    await gone;
  }
  async function acknowledged(more: number): Promise<void> {
    const from = ledger.length;
    while (ledger.length < from + more) {
      expect(processes.map((p) => p?.exitCode ?? null)).toEqual([null, null]);
      await pause(10);
    }
  }

  test(
    `${kills} kills: nothing that was acknowledged is lost, nothing is stored twice`,
    async () => {
      const random = seededRandom(11);
      start(0);
      start(1);
      await acknowledged(200);
      for (let n = 0; n < kills; n++) {
        await acknowledged(50);
        await pause(random() * 100);
        if (n % 2 === 0) {
          const i = n % 4 === 0 ? 0 : 1;
          await kill(i);
          start(i);
        } else {
          await server.stop('SIGQUIT');
          await server.start();
        }
        await acknowledged(50);
      }
      await Promise.all([kill(0), kill(1)]);
      const { rows } = await server.query(
        `SELECT encode(nonce, 'hex') AS nonce, encode(pseudonym, 'hex') AS code, revision FROM responses ORDER BY pseudonym, revision`,
        new URL(url).pathname.slice(1),
      );
      const stored = rows as { nonce: string; code: string; revision: number }[];
      const nonces = new Set(stored.map((r) => r.nonce));
      expect(nonces.size).toBe(stored.length);
      expect(ledger.filter((nonce) => !nonces.has(nonce))).toEqual([]);
      // Revisions of a code follow one another without a gap.
      const revisions = new Map<string, number>();
      for (const { code, revision } of stored) {
        expect(revision).toBe((revisions.get(code) ?? 0) + 1);
        revisions.set(code, revision);
      }
      const storage = await openPostgresStorage({ url });
      const recounts = await storage.recount(
        campaign,
        Array.from({ length: counties }, (_, c) => countyCode(c)),
      );
      await storage.close();
      expect(recounts.flatMap((r) => r.differences)).toEqual([]);
      expect(recounts.reduce((n, r) => n + r.responses, 0)).toBe(revisions.size);
    },
    60_000 + kills * 30_000,
  );
});

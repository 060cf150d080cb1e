/** What breaks around the service: disk, file, key, thread, neighbour. It is refused or 503 with a clear word, nothing acknowledged is lost, and when the cause is gone it goes on. */
import Database from 'better-sqlite3';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  answerFrom,
  assertLedger,
  campaign,
  codeOf,
  counties,
  countyCode,
  createLedger,
  createPlace,
  createSheets,
} from '../support/answering.ts';
import {
  openConnection,
  runToEnd,
  startProcess,
  type RawReply,
  type ServiceProcess,
} from '../support/process.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const codes = 4000;
let place: Awaited<ReturnType<typeof createPlace>>;
let service: ServiceProcess | null = null;
beforeEach(async () => {
  place = await createPlace(codes);
});
afterEach(async () => {
  if (service?.child.exitCode === null) await service.kill();
  service = null;
  place.remove();
});

const sheets = createSheets(99);
async function answerOnce(port: number, i: number): Promise<RawReply> {
  const connection = openConnection(port);
  try {
    return await connection.postForm(`/s/${codeOf(i)}`, sheets.next().form);
  } finally {
    connection.close();
  }
}
async function readyzOf(port: number): Promise<readonly [number, unknown]> {
  const reply = await fetch(`http://127.0.0.1:${port}/readyz`);
  return [reply.status, await reply.json()];
}
async function until(what: () => Promise<boolean>, ms = 30_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await what())) {
    if (performance.now() > end) throw new Error('did not happen in time');
    await new Promise((r) => setTimeout(r, 50));
  }
}

describe('the writer thread', () => {
  it('killed alone ends the process, which never hangs; nothing acknowledged is lost', async () => {
    const holdWorkers = fileURLToPath(new URL('../support/hold-workers.mjs', import.meta.url));
    service = await startProcess(place, { nodeOptions: ['--import', holdWorkers] });
    const running = service;
    const ledger = createLedger();
    let n = 0;
    const refused = new Set<number>();
    await answerFrom(service.port, {
      connections: 32,
      codes,
      seed: 5,
      ledger,
      enough: () => false,
      acknowledged: () => {
        if (++n === 300) running.child.kill('SIGUSR2');
      },
      otherwise: (status) => refused.add(status),
    });
    expect(await service.ended(20_000)).toBe(1);
    expect(service.output()).toContain('storage.died');
    expect([...refused].filter((status) => status !== 503)).toEqual([]);
    await assertLedger(place, ledger);
    service = await startProcess(place);
    expect((await answerOnce(service.port, 0)).status).toBe(303);
  });
});

describe('the disk', () => {
  it('full: 503 and a word to the respondent, then answers again when there is room', async () => {
    const ledger = createLedger();
    const kilobytes = 2200;
    service = await startProcess(place, {
      // What a full disk does: a write beyond the limit fails, here with EFBIG.
      wrap: ['bash', '-c', `trap '' XFSZ; ulimit -S -f ${kilobytes}; exec "$@"`, 'bash'],
      env: { LOG_LEVEL: 'error' },
    });
    const statuses = new Map<number, number>();
    let body = '';
    const crowd = (enough: () => boolean, seed: number) =>
      answerFrom(service!.port, {
        connections: 8,
        codes,
        seed,
        ledger,
        enough,
        otherwise: (status, text) => {
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          body = text;
        },
      });
    await crowd(() => (statuses.get(503) ?? 0) >= 20, 1);
    expect([...statuses.keys()]).toEqual([503]);
    expect(Buffer.from(body, 'latin1').toString()).toContain('没有保存');
    const before = ledger.acknowledged();
    expect(before).toBeGreaterThan(50);
    // A checkpoint starts the log anew and so makes a little room. Now there is none at all.
    execFileSync('prlimit', ['--pid', String(service.child.pid), '--fsize=1:']);
    expect(await readyzOf(service.port)).toMatchObject([503, { status: 'not-ready', faults: ['storage'] }]);
    execFileSync('prlimit', ['--pid', String(service.child.pid), '--fsize=unlimited']);
    await until(async () => {
      const sheet = sheets.next();
      const isIn = ledger.sending(codeOf(codes - 1), sheet.bytes);
      const connection = openConnection(service!.port);
      const { status } = await connection.postForm(`/s/${codeOf(codes - 1)}`, sheet.form);
      connection.close();
      if (status === 303) isIn();
      return status === 303;
    });
    await until(async () => (await readyzOf(service!.port))[0] === 200);
    const room = ledger.acknowledged() + 50;
    await crowd(() => ledger.acknowledged() >= room, 2);
    await service.stop();
    // Each refusal has the same cause: the log says so once a minute, not once a refusal.
    const lines = service.output().split('\n');
    const failures = lines.filter((l) => l.includes('intake.batch-failed'));
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.length).toBeLessThan(5);
    expect(lines.filter((l) => l.includes('request.failed')).length).toBeLessThan(5);
    service = null;
    await assertLedger(place, ledger);
  });

  it('read-only: the service does not start and says what to do', async () => {
    const isRoot = process.getuid?.() === 0;
    for (const name of readdirSync(place.data)) chmodSync(join(place.data, name), 0o444);
    chmodSync(place.data, 0o555);
    // root keeps its identity, so that it can read the program wherever it lies, and loses what lets it write what is another's.
    if (isRoot)
      for (const name of ['.', ...readdirSync(place.data)]) chownSync(join(place.data, name), 65_534, 65_534);
    const powers = '-dac_override,-dac_read_search,-fowner';
    const { code, output } = await runToEnd(place, {
      wrap: isRoot ? ['setpriv', `--inh-caps=${powers}`, `--bounding-set=${powers}`] : [],
    });
    expect(output).toContain('cannot be written');
    expect(code).toBe(exitCodes.unavailable);
  });
});

describe('the database', () => {
  it('locked by another program: 503 until it lets go, then as before', async () => {
    service = await startProcess(place, { env: { LOG_LEVEL: 'fatal' } });
    expect((await answerOnce(service.port, 0)).status).toBe(303);
    const other = new Database(join(place.data, 'manyi.db'));
    other.exec('BEGIN IMMEDIATE');
    const refused = await answerOnce(service.port, 1);
    expect(refused.status).toBe(503);
    expect(refused.head).toContain('retry-after');
    other.exec('COMMIT');
    other.close();
    expect((await answerOnce(service.port, 1)).status).toBe(303);
  });

  it('with a damaged page: nothing is acknowledged that is not stored, and the audit finds it', async () => {
    service = await startProcess(place);
    for (let i = 0; i < 300; i++) await answerOnce(service.port, i);
    await service.stop();
    const raw = new Database(join(place.data, 'manyi.db'));
    const pages = raw
      .prepare("SELECT pageno FROM dbstat WHERE name = 'responses' AND pagetype = 'leaf'")
      .pluck();
    let damaged: number[];
    try {
      damaged = pages.all() as number[];
    } catch {
      damaged = [raw.pragma('page_count', { simple: true }) as number];
    }
    const size = raw.pragma('page_size', { simple: true }) as number;
    raw.close();
    const fd = openSync(join(place.data, 'manyi.db'), 'r+');
    for (const page of damaged) writeSync(fd, Buffer.alloc(size, 0x5a), 0, size, (page - 1) * size);
    closeSync(fd);
    service = await startProcess(place, { env: { LOG_LEVEL: 'fatal' } });
    const statuses = new Set<number>();
    for (let i = 0; i < 20; i++) statuses.add((await answerOnce(service.port, i)).status);
    expect([...statuses].every((s) => s === 503)).toBe(true);
    expect((await openGet(service.port, '/healthz')).status).toBe(200);
    await service.stop();
    service = null;
    const storage = await openSqliteStorage({ directory: place.data, inline: true, readOnly: true });
    const outcomes = await Promise.allSettled(
      Array.from({ length: counties }, (_, c) => storage.recount(campaign, [countyCode(c)])),
    );
    await storage.close();
    expect(outcomes.some((o) => o.status === 'rejected' || o.value[0]!.differences.length > 0)).toBe(true);
  });

  it('of a newer program: refused with a sentence', async () => {
    const raw = new Database(join(place.data, 'manyi.db'));
    raw.prepare("INSERT INTO migrations_applied (tag, hash) VALUES ('9999_future', 'f')").run();
    raw.close();
    const { code, output } = await runToEnd(place);
    expect(output).toContain('newer version of the program');
    expect(code).toBe(exitCodes.conflict);
  });

  it('in use by another service: the second is refused, the first goes on', async () => {
    service = await startProcess(place);
    const { code, output } = await runToEnd(place);
    expect(output).toContain('Another process is using the database');
    expect(code).toBe(exitCodes.conflict);
    expect((await answerOnce(service.port, 0)).status).toBe(303);
  });
});

async function openGet(port: number, path: string): Promise<RawReply> {
  const connection = openConnection(port);
  try {
    return await connection.get(path);
  } finally {
    connection.close();
  }
}

describe('the keys', () => {
  it.each([
    ['missing', null],
    ['another one', 'a'.repeat(64)],
    ['broken', 'not a key'],
  ])('%s: codes are unavailable, not unknown, until the right one is back', async (_name, text) => {
    const path = join(place.keys, campaign, 'pseudonym.key');
    const right = readFileSync(path, 'utf8');
    if (text === null) execFileSync('rm', [path]);
    else writeFileSync(path, text);
    service = await startProcess(place, { env: { LOG_LEVEL: 'fatal' } });
    expect((await answerOnce(service.port, 0)).status).toBeGreaterThanOrEqual(500);
    expect((await openGet(service.port, `/s/${codeOf(0)}`)).status).toBeGreaterThanOrEqual(500);
    await service.stop();
    writeFileSync(path, right);
    service = await startProcess(place);
    expect((await answerOnce(service.port, 0)).status).toBe(303);
  });
});

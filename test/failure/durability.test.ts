/**
 * What was acknowledged is there (design 2). Two halves: kill -9 at random moments under a crowd, with the crowd's own ledger against the database; and,
 * because a killed process leaves its writes in the system's cache, a trace of system calls that shows the log synced between the last write of a
 * batch and the first acknowledgement of it. The same check must fail for a storage that does not sync.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  answerFrom,
  assertLedger,
  codeOf,
  createLedger,
  createPlace,
  createSheets,
  matches,
} from '../support/answering.ts';
import { built, openConnection, startProcess, type Places } from '../support/process.ts';
import { findStrace, installCommand } from '../support/programs.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

/** `MANYI_TEST_KILLS=300` for a change of how an answer is stored. */
const kills = Number(process.env['MANYI_TEST_KILLS'] ?? 12);
const connections = 32;
const codes = 4000;

describe('kill -9 while a crowd answers', () => {
  it(`loses no acknowledged answer in ${kills} deaths, and counts none twice`, async () => {
    const place = await createPlace(codes);
    const ledger = createLedger();
    try {
      for (let k = 0; k < kills; k++) {
        const service = await startProcess(place);
        // At least 200 acknowledgements, and then at a moment of its own.
        const until = 200 + Math.floor(Math.random() * 200);
        let n = 0;
        const dead: Promise<void>[] = [];
        await answerFrom(service.port, {
          connections,
          codes,
          seed: k + 1,
          ledger,
          enough: () => false,
          acknowledged: () => {
            if (++n === until) dead.push(service.kill());
          },
        });
        expect(n).toBeGreaterThanOrEqual(200);
        expect(dead).toHaveLength(1);
        await Promise.all(dead);
        // Some deaths are looked at before the next life has touched the file, all of them then.
        if (k % 6 === 0) await assertLedger(place, ledger);
      }
      expect(ledger.acknowledged()).toBeGreaterThanOrEqual(200 * kills);
      const rows = await assertLedger(place, ledger);
      expect(rows).toBeGreaterThanOrEqual(ledger.acknowledged());
    } finally {
      place.remove();
    }
  });

  it('would notice a sheet that is missing, changed, twice there or out of order', () => {
    const sent = ['a', 'b', 'c'].map((bytes, i) => ({ bytes, acknowledged: i !== 1 }));
    for (const there of [
      ['a', 'b', 'c'],
      ['a', 'c'],
    ])
      expect(matches(sent, there)).toBe(true);
    for (const there of [
      [],
      ['a'],
      ['a', 'b'],
      ['a', 'a', 'c'],
      ['c', 'a'],
      ['a', 'x', 'c'],
      ['a', 'c', 'c'],
    ])
      expect(matches(sent, there)).toBe(false);
  });
});

const syncServer = join(built(), 'sync-server.js');

describe('the log is synced before anybody is thanked', () => {
  let place: Places & { remove(): void };
  let traces: string;
  beforeAll(async () => {
    if (findStrace() === undefined) throw new Error(`strace is missing. Get it with: ${installCommand}`);
    place = await createPlace(300);
    traces = mkdtempSync(join(tmpdir(), 'manyi-trace-'));
  });
  afterAll(() => {
    place.remove();
    rmSync(traces, { recursive: true, force: true });
  });

  /** For every acknowledgement: was the log written and synced between its request and it? */
  async function trace(
    mode: 'full' | 'off',
  ): Promise<{ acknowledged: number; unsynced: number; writes: number }> {
    const file = join(traces, mode);
    const service = await startProcess(place, {
      script: syncServer,
      env: { TEST_SYNCHRONOUS: mode },
      wrap: [
        'strace',
        '-D',
        '-f',
        '-y',
        '-s',
        '24',
        '-e',
        'trace=pwrite64,fsync,fdatasync,read,write,writev,sendto',
        '-o',
        file,
      ],
    });
    const sheets = createSheets(7);
    const connection = openConnection(service.port);
    for (let i = 0; i < 60; i++)
      expect((await connection.postForm(`/s/${codeOf(i)}`, sheets.next().form)).status).toBe(303);
    // And several at a time, so that batches of more than one are seen.
    const crowd = Array.from({ length: 8 }, () => openConnection(service.port));
    for (let i = 0; i < 10; i++)
      await Promise.all(
        crowd.map(async (c, j) => {
          expect((await c.postForm(`/s/${codeOf(100 + i * 8 + j)}`, sheets.next().form)).status).toBe(303);
        }),
      );
    for (const c of [connection, ...crowd]) c.close();
    await service.stop();
    return readTrace(readFileSync(file, 'utf8'));
  }

  it('with every batch, under synchronous=FULL', async () => {
    const { acknowledged, unsynced, writes } = await trace('full');
    expect(acknowledged).toBe(140);
    expect(writes).toBeGreaterThan(60);
    expect(unsynced).toBe(0);
  });

  it('and the same check fails when the storage does not sync', async () => {
    const { acknowledged, unsynced } = await trace('off');
    expect(acknowledged).toBe(140);
    expect(unsynced).toBeGreaterThan(100);
  });
});

/**
 * Reads `strace -f -y`: calls that other threads interrupt stand on two lines (`<unfinished ...>`, `<... resumed>`). A write counts from the line on which
 * it begins, a read or a sync only from the line on which it has returned. An acknowledgement is good if, since its request was read, the log was written
 * and then synced. The next batch may be written already while the last one is acknowledged, so "nothing unsynced" would be too much to ask.
 */
function readTrace(text: string): { acknowledged: number; unsynced: number; writes: number } {
  const open = new Map<string, { readonly call: string; readonly path: string }>();
  /** For each socket, how far the log has come since its request was read. */
  const requests = new Map<string, 'read' | 'written' | 'synced'>();
  const step = (from: 'read' | 'written', to: 'written' | 'synced') => {
    for (const [socket, state] of requests) if (state === from) requests.set(socket, to);
  };
  let acknowledged = 0;
  let unsynced = 0;
  let writes = 0;
  const returned = (call: string, path: string, line: string) => {
    if (call === 'read' && line.includes('"POST ')) requests.set(path, 'read');
    if (/^f(?:data)?sync$/.test(call) && path.endsWith('manyi.db-wal') && line.endsWith('= 0'))
      step('written', 'synced');
  };
  for (const line of text.split('\n')) {
    const [, thread = ''] = /^(\d+)/.exec(line) ?? [];
    const [, call = '', path = ''] = /^\d+\s+(\w+)\(\d+<([^>]*)>/.exec(line) ?? [];
    if (call === '') {
      const before = open.get(thread);
      if (before === undefined || !line.includes(`<... ${before.call} resumed>`)) continue;
      open.delete(thread);
      returned(before.call, before.path, line);
      continue;
    }
    if (call === 'pwrite64' && path.endsWith('manyi.db-wal')) {
      writes++;
      step('read', 'written');
    }
    if (/^(?:write|writev|sendto)$/.test(call) && line.includes('HTTP/1.1 303')) {
      acknowledged++;
      if (requests.get(path) !== 'synced') unsynced++;
      requests.delete(path);
    }
    if (line.includes('<unfinished')) open.set(thread, { call, path });
    else returned(call, path, line);
  }
  return { acknowledged, unsynced, writes };
}

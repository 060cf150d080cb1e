/**
 * The connection to PostgreSQL breaks while a batch is being committed: whether it was stored, nobody has said. It is found out by the answers' own rows, so each is
 * stored once, and what was acknowledged is there.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemActor } from '../../../src/domain/campaign/permissions.ts';
import { pseudonymOf, textIdOf } from '../../../src/domain/code/pseudonym.ts';
import type { ResponseEntry } from '../../../src/domain/model/answer.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { createFileKeyStore } from '../../../src/keys/key-store.ts';
import { openPostgresStorage } from '../../../src/storage/postgres/index.ts';
import type { Storage } from '../../../src/storage/port/index.ts';
import {
  benchQuestionnaire,
  campaign,
  codeOf,
  createRandom,
  createSurvey,
} from '../../bench/support/survey.ts';
import { engines, type OpenEngine } from '../../support/engines.ts';

const postgres = engines.find((e) => e.name === 'postgres')!;
const compiled = compileQuestionnaire(benchQuestionnaire());

/**
 * What is lost of the next commit: the request on its way to the server, or the server's answer. `late`: the connection is lost, and the server gets the request
 * only some time after. `begin`: whatever comes next is lost.
 */
type Loss = 'request' | 'answer' | 'late' | 'begin';
/** The message by which the driver asks for a commit. */
const commit = Buffer.from('Q\0\0\0\x0bCOMMIT\0', 'latin1');
const lateMs = 500;

/** Passes everything on to the server's socket, until a commit is to be lost: then the connection is cut. */
async function startProxy(socketPath: string) {
  let losing: Loss[] = [];
  let cuts = 0;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(socketPath);
    open.add(near);
    let isCommitting = false;
    const cut = (): void => {
      cuts++;
      losing = losing.slice(1);
      near.destroy();
      far.destroy();
    };
    let isLate = false;
    near.on('data', (chunk: Buffer) => {
      if (losing[0] === 'begin') return cut();
      if (losing.length > 0 && chunk.includes(commit)) {
        if (losing[0] === 'request') return cut();
        if (losing[0] === 'late') {
          isLate = true;
          far.write(chunk.subarray(0, -commit.length));
          setTimeout(() => far.end(commit), lateMs);
          cuts++;
          losing = losing.slice(1);
          near.destroy();
          return;
        }
        isCommitting = true;
      }
      far.write(chunk);
    });
    far.on('data', (chunk: Buffer) =>
      // What the server says before is not yet that it has committed: if it cannot say that, it rolls back.
      isCommitting && chunk.includes('COMMIT') ? cut() : near.write(chunk),
    );
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        if (!isLate) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    lose(...what: readonly Loss[]) {
      losing = [...what];
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe.skipIf(postgres.missing !== false)('a commit that nobody confirmed', () => {
  let opened: OpenEngine;
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let storage: Storage;
  let keyDir: string;
  const random = createRandom(7);
  beforeAll(async () => {
    opened = await postgres.open();
    keyDir = join(opened.directory, 'keys');
    await createSurvey(opened.storages[0], keyDir, { counties: 2, codes: 40, answered: 0 });
    const direct = new URL(opened.url!);
    proxy = await startProxy(join(direct.searchParams.get('host')!, '.s.PGSQL.5432'));
    storage = await openPostgresStorage({
      url: `postgres://postgres@127.0.0.1:${proxy.port}${direct.pathname}`,
      connections: 4,
    });
  });
  afterAll(async () => {
    await storage?.close();
    await proxy?.close();
    await opened?.close();
  });

  function batchOf(codes: readonly number[]): readonly ResponseEntry[] {
    const keys = createFileKeyStore(keyDir);
    return codes.map((code) => ({
      campaign,
      county: null,
      pseudonym: pseudonymOf(keys.use(campaign, 'pseudonym'), codeOf(code)),
      channel: 'web',
      link: null,
      questionnaire: 1,
      nonce: Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256)),
      answers: Uint8Array.from({ length: compiled.byteLength }, () => 1 + Math.floor(random() * 4)),
      textId: textIdOf(keys.use(campaign, 'text'), codeOf(code)),
      texts: [{ item: 'comments', body: '好' }],
    }));
  }
  const readRevisions = async (batch: readonly ResponseEntry[]) => {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: opened.url! });
    await client.connect();
    try {
      const { rows } = await client.query<{ pseudonym: Buffer; nonce: Buffer; revision: number }>(
        'SELECT pseudonym, nonce, revision FROM responses WHERE pseudonym = ANY ($1) ORDER BY pseudonym, revision',
        [batch.map((e) => Buffer.from(e.pseudonym))],
      );
      return rows;
    } finally {
      await client.end();
    }
  };

  test.each([
    ['answer', 0, []],
    ['request', 10, []],
    // The transaction of the first attempt is still there when the second one begins.
    ['late', 20, []],
    ['answer', 30, ['begin']],
  ] as const)(
    'its %s is lost: every answer is there once, first and later ones (codes from %i, then lost: %j)',
    async (what, first, more) => {
      const codes = Array.from({ length: 8 }, (_, i) => first + i);
      // Half of them have answered before; one comes twice.
      await storage.recordResponses(batchOf(codes.slice(0, 4)));
      const batch = [...batchOf(codes), ...batchOf([codes[7]!])];
      const before = proxy.cuts();
      proxy.lose(what, ...more);
      expect(new Set(await storage.recordResponses(batch))).toEqual(new Set(['stored']));
      expect(proxy.cuts()).toBe(before + 1 + more.length);
      const rows = await readRevisions(batch);
      expect(rows).toHaveLength(4 + batch.length);
      for (const { nonce } of batch)
        expect(rows.filter((r) => Buffer.from(nonce).equals(r.nonce))).toHaveLength(1);
      // The later of two of one code is the newest.
      const own = rows.filter((r) => Buffer.from(batch[7]!.pseudonym).equals(r.pseudonym));
      expect(own.map((r) => r.revision)).toEqual([1, 2]);
      expect(Buffer.from(batch[8]!.nonce).equals(own[1]!.nonce)).toBe(true);
    },
  );

  test('what was stored is said to be, though its survey has been closed when that is found out', async () => {
    const [direct] = opened.storages;
    const results = [];
    for (const [what, code] of [
      ['answer', 38],
      ['request', 39],
    ] as const) {
      const before = proxy.cuts();
      proxy.lose(what);
      const storing = storage.recordResponses(batchOf([code]));
      while (proxy.cuts() === before) await pause(1);
      if (what === 'answer') await direct.beginClosing({ at: Date.now(), actor: systemActor }, campaign);
      results.push(await storing);
    }
    expect(results).toEqual([['stored'], ['closed']]);
  });

  test('a change of staff whose commit nobody confirmed is refused as such, and not done twice by itself', async () => {
    proxy.lose('answer');
    await expect(storage.probeWrite()).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'storage.unreachable',
    });
    await storage.probeWrite();
  });
});

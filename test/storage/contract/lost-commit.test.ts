/**
 * The connection to PostgreSQL breaks while a batch is being committed: whether it was stored, nobody has said. It is found out by the answers' own rows, so each is
 * stored once, and what was acknowledged is there.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** What is lost of the next commit: the request on its way to the server, or the server's answer. */
type Loss = 'request' | 'answer';

/** Passes everything on to the server's socket, until a commit is to be lost: then the connection is cut. */
async function startProxy(socketPath: string) {
  let losing: Loss | null = null;
  let cuts = 0;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(socketPath);
    open.add(near);
    let isCommitting = false;
    const cut = (): void => {
      cuts++;
      losing = null;
      near.destroy();
      far.destroy();
    };
    near.on('data', (chunk: Buffer) => {
      if (losing !== null && chunk.includes('COMMIT')) {
        if (losing === 'request') return cut();
        isCommitting = true;
      }
      far.write(chunk);
    });
    far.on('data', (chunk: Buffer) => (isCommitting ? cut() : near.write(chunk)));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    lose(what: Loss) {
      losing = what;
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
    ['answer', 0],
    ['request', 10],
  ] as const)('its %s is lost: every answer is there once, first and later ones', async (what, first) => {
    const codes = Array.from({ length: 8 }, (_, i) => first + i);
    // Half of them have answered before; one comes twice.
    await storage.recordResponses(batchOf(codes.slice(0, 4)));
    const batch = [...batchOf(codes), ...batchOf([codes[7]!])];
    const before = proxy.cuts();
    proxy.lose(what);
    expect(new Set(await storage.recordResponses(batch))).toEqual(new Set(['stored']));
    expect(proxy.cuts()).toBe(before + 1);
    const rows = await readRevisions(batch);
    expect(rows).toHaveLength(4 + batch.length);
    for (const { nonce } of batch)
      expect(rows.filter((r) => Buffer.from(nonce).equals(r.nonce))).toHaveLength(1);
    // The later of two of one code is the newest.
    const own = rows.filter((r) => Buffer.from(batch[7]!.pseudonym).equals(r.pseudonym));
    expect(own.map((r) => r.revision)).toEqual([1, 2]);
    expect(Buffer.from(batch[8]!.nonce).equals(own[1]!.nonce)).toBe(true);
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

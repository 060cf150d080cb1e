/** A PostgreSQL server that is slow, or says nothing: how long an answer waits for it, and what is decided without its word. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pseudonymOf, textIdOf } from '../../../src/domain/code/pseudonym.ts';
import type { ResponseEntry } from '../../../src/domain/model/answer.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { createFileKeyStore } from '../../../src/keys/key-store.ts';
import type { Storage } from '../../../src/storage/port/index.ts';
import { lockClass } from '../../../src/storage/postgres/connection.ts';
import { openPostgresStorage, type PostgresOptions } from '../../../src/storage/postgres/index.ts';
import { benchQuestionnaire, campaign, codeOf, createSurvey } from '../../bench/support/survey.ts';
import { findBinaries, sharedServer, skipped } from '../../support/postgres.ts';

const isThere = findBinaries() !== undefined;
const codes = 400;
const { byteLength } = compileQuestionnaire(benchQuestionnaire());

describe.skipIf(!isThere)(isThere ? 'a server that is slow, or says nothing' : skipped, () => {
  const directory = mkdtempSync(join(tmpdir(), 'manyi-slow-'));
  const keyDir = join(directory, 'keys');
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
    await createSurvey(storage, keyDir, { counties: 2, codes, answered: 0 });
    other = new pg.Client({ connectionString: url });
    await other.connect();
  });
  afterAll(async () => {
    await other?.end();
    for (const one of opened) await one.close();
    rmSync(directory, { recursive: true, force: true });
  });

  function entryOf(code: number, texts: ResponseEntry['texts'] = []): ResponseEntry {
    const keys = createFileKeyStore(keyDir);
    return {
      ...{ campaign, county: null, channel: 'web', link: null, questionnaire: 1, texts },
      pseudonym: pseudonymOf(keys.use(campaign, 'pseudonym'), codeOf(code)),
      nonce: new Uint8Array(randomBytes(16)),
      answers: new Uint8Array(byteLength).fill(1),
      textId: textIdOf(keys.use(campaign, 'text'), codeOf(code)),
    };
  }
  async function whileHeld(work: () => Promise<void>): Promise<void> {
    await other.query('BEGIN');
    try {
      await other.query(
        `SELECT pg_advisory_xact_lock(${lockClass.campaign}, no) FROM campaigns WHERE id = $1`,
        [campaign],
      );
      await work();
    } finally {
      await other.query('ROLLBACK');
    }
  }

  test.each([
    ['lock', { lockTimeout: 100 }],
    ['statement', { statementTimeout: 100 }],
  ])(
    'an answer waits no longer than the %s time-out, and is stored when it comes again',
    async (_, limit) => {
      const impatient = await open(limit);
      const entry = entryOf(1);
      await whileHeld(async () => {
        await expect(impatient.recordResponses([entry])).rejects.toMatchObject({
          kind: 'unavailable',
          message: 'storage.slow',
        });
      });
      expect(await impatient.recordResponses([entry])).toEqual(['stored']);
    },
  );

  test('whoever finds no free connection waits for one, and that is shown', async () => {
    const narrow = await open({ connections: 1 });
    expect(await narrow.recordResponses([entryOf(2)])).toEqual(['stored']);
    const waiting: Promise<readonly string[]>[] = [];
    const asked: ReturnType<Storage['health']>[] = [];
    await whileHeld(async () => {
      waiting.push(...[3, 4, 5].map((code) => narrow.recordResponses([entryOf(code)])));
      await pause(20);
      asked.push(narrow.health());
    });
    expect(await Promise.all(waiting)).toEqual([['stored'], ['stored'], ['stored']]);
    expect((await asked[0]!).server!.connections).toMatchObject({ limit: 1, open: 1, waiting: 2 });
    expect((await narrow.health()).server!.connections).toMatchObject({ limit: 1, open: 1, waiting: 0 });
  });

  test('an answer seeks each row by its key, also where plans were made for empty tables', async () => {
    const scans = async () => {
      const { rows } = await other.query<{ n: string }>(
        "SELECT sum(seq_scan) AS n FROM pg_stat_user_tables WHERE relname ~ '^(responses|issued|texts)_c[0-9]+_'",
      );
      return Number(rows[0]!.n);
    };
    const before = await scans();
    const own = await openPostgresStorage({ url });
    const texts = [{ item: 'comments', body: '很好' }];
    for (let round = 0; round < 3; round++) {
      const batch = Array.from({ length: 100 }, (_, i) => entryOf(100 + i, texts));
      expect(new Set(await own.recordResponses(batch))).toEqual(new Set(['stored']));
    }
    // What it counted it hands over when it goes.
    await own.close();
    await pause(100);
    expect(await scans()).toBe(before);
    const { rows } = await other.query<{ n: string }>(
      'SELECT count(*) AS n FROM responses WHERE revision = 3',
    );
    expect(Number(rows[0]!.n)).toBe(100);
  });

  test.each([
    ['COMMIT', 20, [1, 2]],
    ['ROLLBACK', 30, [1]],
  ])(
    'an answer whose code another process is storing waits for it: after its %s all of the batch is stored, in its order',
    async (end, first, expected) => {
      const batch = Array.from({ length: 8 }, (_, i) => entryOf(first + i));
      const { pseudonym } = batch[3]!;
      await other.query('BEGIN');
      await other.query(
        `INSERT INTO responses (campaign, county, pseudonym, revision, questionnaire, reporting_stratum, channel, nonce, answers)
         SELECT campaign, county::integer, pseudonym, 1, questionnaire, reporting_stratum, 0, $2, $3 FROM issued WHERE pseudonym = $1`,
        [pseudonym, randomBytes(16), Buffer.alloc(byteLength, 1)].map((bytes) => Buffer.from(bytes)),
      );
      const storing = storage.recordResponses(batch);
      const watcher = new pg.Client({ connectionString: url });
      await watcher.connect();
      const waits =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'transactionid'";
      while ((await watcher.query(waits)).rows.length === 0) await pause(10);
      await watcher.end();
      await other.query(end);
      expect(new Set(await storing)).toEqual(new Set(['stored']));
      const { rows } = await other.query<{ pseudonym: Buffer; revision: number }>(
        'SELECT pseudonym, revision FROM responses WHERE pseudonym = ANY ($1) ORDER BY pseudonym, revision',
        [batch.map((one) => Buffer.from(one.pseudonym))],
      );
      expect(rows.filter((r) => r.pseudonym.equals(pseudonym)).map((r) => r.revision)).toEqual(expected);
      expect(rows).toHaveLength(batch.length + expected.length - 1);
    },
  );

  test('a change of which no word comes is seen within a second; an answer depends on none', async () => {
    expect(await storage.findCampaign(campaign)).toMatchObject({ state: 'open' });
    const ignorant = await open();
    expect(await ignorant.recordResponses([entryOf(6)])).toEqual(['stored']);
    expect(await storage.recordResponses([entryOf(6)])).toEqual(['stored']);
    // As by a process whose notification is lost.
    await other.query("UPDATE campaigns SET state = 'closing', closing_step = 'drain' WHERE id = $1", [
      campaign,
    ]);
    expect(await storage.recordResponses([entryOf(7)])).toEqual(['closed']);
    let state = 'open';
    while (state === 'open') {
      await pause(50);
      state = (await storage.findCampaign(campaign))!.state;
    }
    expect(state).toBe('closing');
    // The end of its storage period comes to one that has not heard of its closing.
    await other.query('DROP TABLE responses_c1');
    expect(await ignorant.recordResponses([entryOf(8)])).toEqual(['closed']);
  });
});

/** The audit over many counties at once: rows in blocks, merged with the codes, on several threads; and what somebody may have done to the file meanwhile. */
import Database from 'better-sqlite3';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecountResult } from '../../src/domain/model/count.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { engines, type Engine } from '../support/engines.ts';
import { sharedServer } from '../support/postgres.ts';
import { countCampaign } from '../support/count-campaign.ts';
import { answerSurvey, campaign, countyCode, createSurvey } from '../bench/support/survey.ts';

const size = { counties: 20, codes: 2_030, answered: 1_010 };
const counties = Array.from({ length: size.counties }, (_, c) => countyCode(c));
/** The i-th code belongs to county i mod 20. */
const answeredIn = (c: number) => Math.floor((size.answered - c - 1) / size.counties) + 1;

/** A survey that was counted, and recounts of copies of it after somebody changed them. */
interface Place {
  /** @param sql as SQLite has it @param inline on one thread, where there are several */
  recountAfter(
    sql: string,
    options?: { readonly inline?: boolean; readonly order?: readonly number[] },
  ): Promise<readonly RecountResult[]>;
  remove(): Promise<void>;
}

async function fill(storage: Storage, directory: string): Promise<void> {
  await createSurvey(storage, join(directory, 'keys'), size);
  await answerSurvey(storage, join(directory, 'keys'), size, 0, size.answered);
  await countCampaign(storage, campaign, counties);
  await storage.close();
}

async function recountAll(storage: Storage, order: readonly number[] = counties.map((_, c) => c)) {
  try {
    return await storage.recount(
      campaign,
      order.map((c) => countyCode(c)),
    );
  } finally {
    await storage.close();
  }
}

const places: Record<Engine['name'], () => Promise<Place>> = {
  async sqlite() {
    const directory = mkdtempSync(join(tmpdir(), 'manyi-recount-'));
    await fill(await openSqliteStorage({ directory: join(directory, 'data'), inline: true }), directory);
    return {
      async recountAfter(sql, { inline = true, order } = {}) {
        const folder = mkdtempSync(join(directory, 'copy-'));
        cpSync(join(directory, 'data', 'manyi.db'), join(folder, 'manyi.db'));
        const raw = new Database(join(folder, 'manyi.db'));
        raw.pragma('foreign_keys = OFF');
        raw.exec(sql);
        raw.close();
        return recountAll(await openSqliteStorage({ directory: folder, readOnly: true, inline }), order);
      },
      remove: async () => rmSync(directory, { recursive: true, force: true }),
    };
  },
  async postgres() {
    const server = await sharedServer();
    const directory = mkdtempSync(join(tmpdir(), 'manyi-recount-'));
    const original = await server.createDatabase();
    await fill(await openPostgresStorage({ url: original }), directory);
    return {
      async recountAfter(sql, { order } = {}) {
        const url = await server.createDatabase(original);
        const dialect = sql
          .replace(/CAST\((.*?) AS BLOB\)/g, '$1')
          .replace(/x'([0-9a-f]*)'/g, String.raw`'\x$1'::bytea`);
        await server.query(
          `SET session_replication_role = replica; ${dialect}`,
          new URL(url).pathname.slice(1),
        );
        return recountAll(await openPostgresStorage({ url, readOnly: true }), order);
      },
      remove: async () => rmSync(directory, { recursive: true, force: true }),
    };
  },
};
const first = `(SELECT pseudonym FROM responses WHERE county = 990003 ORDER BY pseudonym LIMIT 1)`;

describe.each(engines.filter((e) => e.missing === false))('recount of many counties on $name', ({ name }) => {
  let place: Place;
  beforeAll(async () => {
    place = await places[name]();
  });
  afterAll(() => place?.remove());
  const recountAfter: Place['recountAfter'] = (...a) => place.recountAfter(...a);

  it('is the same on several threads, in the order asked for', async () => {
    const order = [7, 3, ...Array.from({ length: 18 }, (_, i) => 19 - i).filter((c) => c !== 7 && c !== 3)];
    const results = await recountAfter('', { inline: false, order });
    expect(results.map((r) => r.responses)).toEqual(order.map(answeredIn));
    expect(results.flatMap((r) => r.differences)).toEqual([]);
    expect(await recountAfter('', { order })).toEqual(results);
    expect(results.every((r) => r.counted && r.cells > 0)).toBe(true);
  });

  it('of a survey that is not counted compares two ways of counting its rows, and names what neither can count', async () => {
    const open = `UPDATE campaigns SET state = 'open', closing_step = NULL`;
    const stale = `UPDATE tallies SET bytes = x'00' WHERE county = 990003`;
    const results = await recountAfter(`${open}; ${stale}`);
    expect(results.flatMap((r) => r.differences)).toEqual([]);
    expect(results.map((r) => r.responses)).toEqual(counties.map((_, c) => answeredIn(c)));
    expect(results.every((r) => !r.counted && r.cells > 0)).toBe(true);
    for (const damage of [
      "SET answers = x'0101'",
      'SET nonce = NULL, answers = NULL',
      'SET channel = 77',
      'SET questionnaire = 300',
    ]) {
      const damaged = await recountAfter(`${open}; UPDATE responses ${damage} WHERE pseudonym = ${first}`);
      expect(damaged[2]!.differences, damage).toHaveLength(1);
      expect(damaged[2]!.differences[0]!.what).toBe('response');
      expect(damaged.flatMap((r) => r.differences)).toHaveLength(1);
    }
  });

  it.each([
    ['an answer', `UPDATE responses SET answers = x'01010101010101010101010101' WHERE pseudonym = ${first}`],
    ['an answer that no phone sends', `UPDATE responses SET answers = x'0101' WHERE pseudonym = ${first}`],
    ['a stratum', `UPDATE responses SET reporting_stratum = 61 WHERE pseudonym = ${first}`],
    // PostgreSQL has no room for a larger one.
    [
      'a stratum that none can have',
      `UPDATE responses SET reporting_stratum = ${name === 'sqlite' ? 99_999_999_999 : 2_147_483_647} WHERE pseudonym = ${first}`,
    ],
    ['a negative stratum', `UPDATE responses SET reporting_stratum = -1 WHERE pseudonym = ${first}`],
    ['a channel', `UPDATE responses SET channel = 3 WHERE pseudonym = ${first}`],
    ['a channel that is none', `UPDATE responses SET channel = 77 WHERE pseudonym = ${first}`],
    ['a questionnaire', `UPDATE responses SET questionnaire = 300 WHERE pseudonym = ${first}`],
    ['contents erased', `UPDATE responses SET nonce = NULL, answers = NULL WHERE pseudonym = ${first}`],
    ["a code's sampling stratum", `UPDATE issued SET sampling_stratum = 70000 WHERE pseudonym = ${first}`],
    ["a code's set", `UPDATE issued SET counted_set = 'replacement' WHERE pseudonym = ${first}`],
    ['a code taken away', `DELETE FROM issued WHERE pseudonym = ${first}`],
    ['an answer taken away', `DELETE FROM responses WHERE pseudonym = ${first}`],
    [
      'an answer behind the last code there can be',
      `INSERT INTO responses SELECT campaign, county, x'ffffffffffffffffffffffffffffffff', revision, questionnaire, reporting_stratum, channel, nonce, answers, lot, content_hash FROM responses WHERE pseudonym = ${first}`,
    ],
    [
      'an answer of more revisions',
      `INSERT INTO responses SELECT campaign, county, pseudonym, 70000, questionnaire, reporting_stratum, channel, nonce, x'03030303030303030303030303', lot, content_hash FROM responses WHERE pseudonym = ${first}`,
    ],
  ])('%s: seen in the county where it is, and there alone', async (_name, sql) => {
    const results = await recountAfter(sql);
    expect(results[2]!.differences.length).toBeGreaterThan(0);
    expect(results.filter((r) => r.differences.length > 0)).toHaveLength(1);
  });

  it.each([
    [
      'a name that is too long',
      `UPDATE responses SET pseudonym = CAST(pseudonym || x'00' AS BLOB) WHERE pseudonym = ${first}`,
    ],
    [
      'one too long behind all others',
      `UPDATE responses SET pseudonym = x'ffffffffffffffffffffffffffffffffffff' WHERE pseudonym = ${first}`,
    ],
    ['a code that is too short', `UPDATE issued SET pseudonym = x'01' WHERE pseudonym = ${first}`],
    ['a set that is none', `UPDATE issued SET counted_set = 'drawnx' WHERE pseudonym = ${first}`],
  ])('%s: refused as damage', async (_name, sql) => {
    await expect(recountAfter(sql)).rejects.toMatchObject({ kind: 'corrupt' });
  });
});

/** The audit over many counties at once: rows in blocks, merged with the codes, on several threads; and what somebody may have done to the file meanwhile. */
import Database from 'better-sqlite3';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { countCampaign } from '../support/count-campaign.ts';
import { answerSurvey, campaign, countyCode, createSurvey } from '../bench/support/survey.ts';

const size = { counties: 20, codes: 2_030, answered: 1_010 };
const counties = Array.from({ length: size.counties }, (_, c) => countyCode(c));
/** The i-th code belongs to county i mod 20. */
const answeredIn = (c: number) => Math.floor((size.answered - c - 1) / size.counties) + 1;

let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'manyi-recount-'));
  const storage = await openSqliteStorage({ directory: join(directory, 'data'), inline: true });
  await createSurvey(storage, join(directory, 'keys'), size);
  await answerSurvey(storage, join(directory, 'keys'), size, 0, size.answered);
  await countCampaign(storage, campaign, counties);
  await storage.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A copy of the file after `sql`, recounted; `inline`: on one thread. */
async function recountAfter(sql: string, options: { inline?: boolean; order?: readonly number[] } = {}) {
  const folder = mkdtempSync(join(directory, 'copy-'));
  cpSync(join(directory, 'data', 'manyi.db'), join(folder, 'manyi.db'));
  const raw = new Database(join(folder, 'manyi.db'));
  raw.pragma('foreign_keys = OFF');
  raw.exec(sql);
  raw.close();
  const storage = await openSqliteStorage({
    directory: folder,
    readOnly: true,
    inline: options.inline ?? true,
  });
  try {
    return await storage.recount(
      campaign,
      (options.order ?? counties.map((_, c) => c)).map((c) => countyCode(c)),
    );
  } finally {
    await storage.close();
  }
}
const first = `(SELECT pseudonym FROM responses WHERE county = 990003 ORDER BY pseudonym LIMIT 1)`;

describe('recount of many counties', () => {
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
    [
      'a stratum that none can have',
      `UPDATE responses SET reporting_stratum = 99999999999 WHERE pseudonym = ${first}`,
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

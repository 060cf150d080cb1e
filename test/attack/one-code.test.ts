/** One code that answers without end must not make the next answer dearer, its own or anybody's. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import type { Channel } from '../../src/domain/model/vocabulary.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import { openConnection, type Connection } from '../../src/storage/sqlite/connection.ts';
import { createContext, type Context } from '../../src/storage/sqlite/context.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { runOperation } from '../../src/storage/sqlite/operations.ts';
import { benchQuestionnaire, campaign, codeOf, countyCode, createSurvey } from '../bench/support/survey.ts';
import { countStatements } from '../support/sql-counter.ts';

let directory: string;
let connection: Connection;
let ctx: Context;
let key: Uint8Array;
const county = countyCode(0);
const { byteLength } = compileQuestionnaire(benchQuestionnaire());

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'manyi-one-code-'));
  const data = join(directory, 'data');
  const keys = join(directory, 'keys');
  const storage = await openSqliteStorage({ directory: data, inline: true });
  await createSurvey(storage, keys, { counties: 1, codes: 60, answered: 0 });
  await storage.close();
  key = createFileKeyStore(keys).use(campaign, 'pseudonym');
  connection = openConnection(data, false);
  connection.raw.pragma('synchronous = OFF');
  ctx = createContext(connection);
});
afterAll(() => {
  connection.raw.close();
  rmSync(directory, { recursive: true, force: true });
});

let sent = 0;
const entry = (code: number, channel: Channel) => ({
  campaign,
  county,
  pseudonym: pseudonymOf(key, codeOf(code)),
  channel,
  link: null,
  questionnaire: 1,
  nonce: new Uint8Array(16).fill(++sent % 256),
  answers: new Uint8Array(byteLength).fill(1 + (sent % 3)),
  textId: new Uint8Array(16).fill(code),
  texts: [],
});

function send(code: number, channel: Channel, times = 1): void {
  for (let left = times; left > 0; left -= 500) {
    const batch = Array.from({ length: Math.min(500, left) }, () => entry(code, channel));
    const results = runOperation(ctx, 'recordResponses', [batch]) as readonly string[];
    expect(new Set(results)).toEqual(new Set(['stored']));
  }
}

/** Rows that came back while this code answered once more, and how often revisions were searched through. */
function costOf(code: number, channel: Channel): { readonly rows: number; readonly searches: number } {
  const counter = countStatements();
  try {
    send(code, channel);
  } finally {
    counter.stop();
  }
  let rows = 0;
  let searches = 0;
  for (const [sql, use] of counter.used) {
    rows += use.rows;
    if (sql.includes('channel IN')) searches += use.runs;
  }
  return { rows, searches };
}

const revisionsOf = (code: number): number =>
  connection.raw
    .prepare('SELECT count(*) FROM responses WHERE pseudonym = ?')
    .pluck()
    .get(pseudonymOf(key, codeOf(code))) as number;

const paths: readonly (readonly [string, Channel, Channel])[] = [
  ['by its holder', 'web', 'web'],
  ['by others, over a self-completed answer', 'web', 'assisted'],
  ['by others alone', 'paper', 'assisted'],
  ['by others, and then by its holder', 'assisted', 'web'],
];

describe('an answer after 3,000 costs what it cost after 10', () => {
  it.each(paths.map((path, i) => [...path, i] as const))('%s', (_name, first, then, code) => {
    send(code, first);
    send(code, then, 9);
    const early = costOf(code, then);
    send(code, then, 2990);
    expect(revisionsOf(code)).toBe(3001);
    const late = costOf(code, then);
    expect(late).toEqual(early);
    expect(late.rows).toBeLessThan(10);
    expect(late.searches).toBe(0);
  });

  it('finds each revision by its key', () => {
    const plans = ['ORDER BY revision DESC LIMIT 1', 'AND revision = 3'].map((rest) =>
      (
        connection.raw
          .prepare(
            `EXPLAIN QUERY PLAN SELECT revision, channel, answers FROM responses WHERE campaign = 1 AND county = 1 AND pseudonym = x'01' ${rest}`,
          )
          .all() as { detail: string }[]
      ).map((step) => step.detail),
    );
    expect(plans).toEqual([
      ['SEARCH responses USING PRIMARY KEY (campaign=? AND county=? AND pseudonym=?)'],
      ['SEARCH responses USING PRIMARY KEY (campaign=? AND county=? AND pseudonym=? AND revision=?)'],
    ]);
  });
});

describe('what is remembered of a code', () => {
  it('counts as all its revisions say, in whatever order they came', () => {
    const orders: readonly (readonly Channel[])[] = [
      ['assisted', 'web', 'assisted', 'paper', 'web', 'assisted'],
      ['web', 'assisted', 'assisted', 'web', 'paper'],
      ['paper', 'assisted', 'paper'],
    ];
    orders.forEach((order, i) => {
      for (const channel of order) send(10 + i, channel);
      // As after a restart, in between.
      ctx.effective.clear();
      for (const channel of order) send(10 + i, channel);
    });
    const [result] = runOperation(ctx, 'recount', [campaign, [county]]) as readonly {
      differences: readonly unknown[];
    }[];
    expect(result!.differences).toEqual([]);
  });

  it('is forgotten with a transaction that is rolled back', () => {
    send(20, 'web');
    send(20, 'assisted');
    expect(ctx.effective.size).toBeGreaterThan(0);
    connection.raw.exec(
      "CREATE TEMP TRIGGER refuse BEFORE INSERT ON responses BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    expect(runOperation(ctx, 'recordResponses', [[entry(20, 'assisted')]])).toEqual(['failed']);
    connection.raw.exec('DROP TRIGGER refuse');
    expect(ctx.effective.size).toBe(0);
  });
});

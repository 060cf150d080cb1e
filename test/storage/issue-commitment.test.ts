/** What a draw commits to is read without holding its rows: counties of millions of contacts are drawn within the memory of a small one. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readIssueCommitment as onPostgres } from '../../src/storage/postgres/queries/codes.ts';
import { readIssueCommitment as onSqlite } from '../../src/storage/sqlite/queries/codes.ts';

const count = 3000;
const pseudonym = (i: number) => Buffer.from(i.toString(16).padStart(32, '0'), 'hex');
const entry = (i: number) => Buffer.from((i * 7).toString(16).padStart(32, '0'), 'hex');
const issued = (i: number) => ({
  ...{ pseudonym: pseudonym(i), samplingStratum: 1 + (i % 2), reportingStratum: 1 + (i % 3) },
  ...{ questionnaire: 1, set: i % 5 === 0 ? 'replacement' : 'drawn' },
});
const drawn = (i: number) => ({ entry: entry(i), set: 'drawn', reporting: 1 + (i % 3) });

/** A driver that gives one row at a time, and nothing that holds them. */
function contextOf(rowsOf: (row: (i: number) => unknown) => unknown) {
  return {
    numbers: new Map([['0123456789ab', 1]]),
    raw: { prepare: (sql: string) => ({ iterate: () => rowsOf(/FROM issued/.test(sql) ? issued : drawn) }) },
  } as never;
}
function* each(row: (i: number) => unknown) {
  for (let i = 0; i < count; i++) yield row(i);
}
async function* eachLater(row: (i: number) => unknown) {
  yield* each(row);
}
const hashOf = (parts: readonly Uint8Array[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

describe.each([
  ['SQLite', async () => onSqlite(contextOf(each), '0123456789ab' as never, '990101' as never)],
  ['PostgreSQL', async () => onPostgres(contextOf(eachLater), '0123456789ab' as never, '990101' as never)],
])('%s', (_, read) => {
  test('the hashes are those of the whole lists', async () => {
    const { codes, contacts } = await read();
    const all = Array.from({ length: count }, (_, i) => i);
    // Sampling stratum, reporting stratum and set go round together every thirty codes.
    expect(codes).toHaveLength(12);
    for (const cell of codes) {
      const own = all.filter((i) => {
        const { samplingStratum, reportingStratum, set } = issued(i);
        return (
          [samplingStratum, reportingStratum, set].join() ===
          [cell.samplingStratum, cell.reportingStratum, cell.set].join()
        );
      });
      expect(cell).toMatchObject({ count: own.length, pseudonyms: hashOf(own.map(pseudonym)) });
    }
    expect(contacts).toBe(
      hashOf(all.map((i) => Buffer.concat([entry(i), Buffer.from([0, 0, 0, 0, 1 + (i % 3)])]))),
    );
  });
});

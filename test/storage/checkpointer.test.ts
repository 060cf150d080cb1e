/** The WAL is checkpointed by a thread of its own, long before the writer would have to do it between two answers, and truncated when nobody writes. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { answerSurvey, createSurvey } from '../bench/support/survey.ts';

const size = { counties: 2, codes: 2_400, answered: 2_400 };
const directory = mkdtempSync(join(tmpdir(), 'manyi-checkpointer-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it(
  'checkpoints while the service goes on, and truncates the WAL afterwards',
  { timeout: 60_000 },
  async () => {
    const data = join(directory, 'data');
    const prepared = await openSqliteStorage({ directory: data, inline: true });
    await createSurvey(prepared, join(directory, 'keys'), size);
    await prepared.close();
    const database = () => statSync(join(data, 'manyi.db')).size;
    const before = database();
    const storage = await openSqliteStorage({ directory: data });
    try {
      await answerSurvey(storage, join(directory, 'keys'), size, 0, size.answered);
      // Far from the log's limit, at which the writer itself would do it.
      expect(statSync(join(data, 'manyi.db-wal')).size).toBeLessThan(20_000 * 4096);
      // Answers go on, so that it is not quiet: what makes the file grow is no truncation, however long the thread takes to start.
      const answerAndLook = async () => {
        await answerSurvey(storage, join(directory, 'keys'), size, 0, 10);
        return database();
      };
      await expect.poll(answerAndLook, { timeout: 60_000 }).toBeGreaterThan(before);
      const wal = () => statSync(join(data, 'manyi.db-wal')).size;
      expect(wal()).toBeGreaterThan(0);
      await expect.poll(wal, { timeout: 60_000 }).toBe(0);
      // Whatever comes then is stored as before.
      await answerSurvey(storage, join(directory, 'keys'), size, 0, 10);
      expect(wal()).toBeGreaterThan(0);
    } finally {
      await storage.close();
    }
  },
);

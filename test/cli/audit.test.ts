/** `manyi audit` over a database that somebody edited with a tool of SQLite: what it says, in both languages, and its exit code. */
import Database from 'better-sqlite3';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { createShell } from './support.ts';

const shell = createShell();
const directory = shell.environment['DATA_DIR']!;
beforeAll(async () => {
  mkdirSync(directory, { mode: 0o700 });
  const golden = new URL('../fixtures/golden/closed.db.gz', import.meta.url);
  writeFileSync(join(directory, 'manyi.db'), gunzipSync(readFileSync(golden)));
  await (await openSqliteStorage({ directory, inline: true })).close();
});
afterAll(() => shell.remove());

function edit(sql: string): void {
  const raw = new Database(join(directory, 'manyi.db'));
  raw.pragma('foreign_keys = OFF');
  raw.exec(sql);
  raw.close();
}

test(
  'names table, row and leaf, says what to do and what is not proven, and ends with 1',
  { timeout: 180_000 },
  async () => {
    const whole = await shell.run(['audit']);
    expect(whole).toMatchObject({ code: 0, err: '' });
    expect(whole.out).toMatch(/every table is what the evidence log says \(\d+ leaves, \d+ response rows\)/);
    expect(whole.out).toContain('not committed to by this log');
    expect(whole.out).toMatch(/trail: whole, \d+ entries chained/);

    edit(
      'UPDATE sampling_strata SET frame_size = frame_size + 7 WHERE no = 1; DELETE FROM trail WHERE no = 3',
    );
    const edited = await shell.run(['audit']);
    expect(edited.code).toBe(1);
    expect(edited.out).toMatch(/table sampling_strata, row 1, leaf \d+: frame_size is \d+, by the log \d+/);
    expect(edited.out).toContain('Do not use these figures');
    expect(edited.err).toContain('entries 3 to 3 are missing');
    const chinese = await shell.run(['audit', '--lang', 'zh-CN']);
    expect(chinese.out).toMatch(/表 sampling_strata，记录 1，日志第 \d+ 条：frame_size 为 \d+，日志为 \d+/);
    expect(chinese.out).toContain('请勿使用这些数字');
    const json = (await shell.run(['audit', '--json'])).json();
    expect(json[0].log).toMatchObject({
      count: 1,
      differences: [{ table: 'sampling_strata', row: '1', what: 'frame_size' }],
      uncommitted: ['checkpoints', 'comments', 'reports', 'snapshots', 'trail'],
    });
  },
);

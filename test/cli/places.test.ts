/** Folders and files that a command may not touch, or that are no place to write: said in a sentence, before anything is done. */
import Database from 'better-sqlite3';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { AppError } from '../../src/domain/errors.ts';
import { systemError } from '../../src/domain/system-error.ts';
import { assertAbsent, openFile, writeWhole } from '../../src/cli/files.ts';
import { fileLines } from '../../src/cli/verifier/file-lines.ts';
import { reportLines } from '../../src/cli/verifier/report.ts';
import { verifyBundle } from '../../src/domain/evidence/verify/verify-bundle.ts';
import { makeFolder } from '../../src/files/make-folder.ts';
import { createPrivateFile } from '../../src/storage/sqlite/modes.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { verifyFile } from '../../src/storage/sqlite/copies/verify.ts';
import { translator } from '../../src/texts/texts.ts';
import { built, runToEnd } from '../support/process.ts';

let folder: string;
/** Another account's, closed to this one. */
let closed: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-places-'));
  closed = join(folder, 'closed');
  mkdirSync(closed);
  writeFileSync(join(closed, 'manyi.db'), '');
  if (process.getuid?.() === 0) chownSync(closed, 65_534, 65_534);
  chmodSync(closed, 0o000);
});
afterAll(() => {
  chmodSync(closed, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

/** As an account that has no power over other accounts' files. */
const powers = '-dac_override,-dac_read_search,-fowner';
const manyi = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runToEnd(
    { data: join(folder, 'data'), keys: join(folder, 'keys') },
    {
      script: join(built(), 'cli', 'main.js'),
      args,
      env,
      wrap: process.getuid?.() === 0 ? ['setpriv', `--inh-caps=${powers}`, `--bounding-set=${powers}`] : [],
    },
  );

test('another account’s data folder is not an empty one', async () => {
  const { code, output } = await manyi(['audit'], { DATA_DIR: closed });
  expect(output).toContain(`No permission to read or write ${join(closed, 'manyi.db')}`);
  expect(code).toBe(exitCodes.invalid);
});

test('a backup into a closed folder', async () => {
  await (await openSqliteStorage({ directory: join(folder, 'data'), inline: true })).close();
  const { code, output } = await manyi(['backup', join(closed, 'a.db')]);
  expect(output).toMatch(/^No permission to read or write .*a\.db.*\. Check the permissions/);
  expect(code).toBe(exitCodes.invalid);
});

test('a service that does not start is no success', async () => {
  expect(await manyi(['serve'], { PORT: 'nonsense' })).toMatchObject({
    code: exitCodes.config,
    output: expect.stringContaining('PORT=nonsense'),
  });
  const { code, output } = await manyi(['serve'], { DATA_DIR: join(closed, 'data') });
  expect(output).toMatch(/^No permission to read or write/);
  expect(code).toBe(exitCodes.invalid);
});

// Node's own `mkdir -p` never ends there.
test.each([
  [{ DATA_DIR: '/proc/x' }, '/proc/x'],
  [{ KEY_DIR: '/proc/x/keys' }, '/proc/x/keys'],
  [{ DATA_DIR: '/dev/null' }, '/dev/null'],
])('a place where nobody can make a folder: %j', { skip: !existsSync('/proc/self') }, async (env, place) => {
  const { code, output } = await manyi(['serve'], { PORT: '0', ...env });
  expect(output.trim().split('\n')).toEqual([expect.stringContaining(place)]);
  expect(output).not.toMatch(/unexpected|internal/i);
  expect(code).toBe(exitCodes.invalid);
});

test('makes the folders on the way, and takes what is there', async () => {
  const deep = join(folder, 'made', 'by', 'steps');
  makeFolder(deep, 0o700);
  makeFolder(deep, 0o700);
  expect(statSync(join(folder, 'made')).mode & 0o777).toBe(0o700);
  symlinkSync(deep, join(folder, 'link'));
  makeFolder(join(folder, 'link', 'more'));
  expect(existsSync(join(deep, 'more'))).toBe(true);
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
  for (const place of ['dangling', 'dangling/below'])
    expect(() => makeFolder(join(folder, place))).toThrow('ENOTDIR');
  expect(() => makeFolder('/proc/x/y')).toThrow('ENOTSUP');
});

test('a file where none can be, and one that is not named', async () => {
  for (const write of [
    () => writeWhole('/proc/x.csv', ['b']),
    async () => createPrivateFile('/proc/x.db'),
    async () => fileLines('/proc/self/mem').next(),
  ])
    await expect(write().catch((e: unknown) => systemError(e) ?? e)).resolves.toMatchObject({
      message: expect.stringMatching(/^file\.(no-place|disk-fault)$/),
    });
  for (const args of [
    ['verify', ''],
    ['witness', 'init', 'w.example', '--folder', ''],
    ['campaign', 'create', ''],
    ['verify', 'a', '--checkpoint', 'b', '--checkpoint', ''],
  ]) {
    const { code, output } = await manyi(args);
    expect([args, code, output]).toEqual([args, 64, expect.stringMatching(/^Nothing stands for /)]);
  }
});

test('a folder instead of a file, and a file instead of a folder', async () => {
  const file = join(folder, 'a.csv');
  writeFileSync(file, 'a');
  expect(() => openFile(folder)).toThrow('cli.file-unreadable');
  expect(() => openFile(join(folder, 'missing'))).toThrow('cli.file-unreadable');
  const beneath = join(file, 'b.csv');
  expect(() => assertAbsent(beneath)).toThrow('file.not-a-folder');
  await expect(writeWhole(beneath, ['b'])).rejects.toThrow('file.not-a-folder');
});

test('a full disk is not the program’s fault; what is, stays as it is', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    ...{ code: 'ENOSPC', syscall: 'write' },
  });
  expect(systemError(full, 'a.zip')).toMatchObject({
    ...{ kind: 'unavailable', message: 'file.disk-full', params: { file: 'a.zip' } },
  });
  expect(systemError(full)).toBeUndefined();
  expect(systemError(new AppError('conflict', 'x'), 'a')).toBeUndefined();
  expect(systemError(new TypeError('x'), 'a')).toBeUndefined();
});

test('an empty file is no sound backup, nor is another program’s database', () => {
  const empty = join(folder, 'empty.db');
  writeFileSync(empty, '');
  const other = join(folder, 'other.db');
  const raw = new Database(other);
  raw.exec('CREATE TABLE notes (text TEXT)');
  raw.close();
  for (const file of [empty, other])
    expect(() => verifyFile(file, [], () => undefined)).toThrow('storage.no-tables');
  const text = join(folder, 'a.txt');
  writeFileSync(text, 'age-encryption.org/v1');
  expect(() => verifyFile(text, [], () => undefined)).toThrow('backup.no-database');
  expect(() => verifyFile(folder, [], () => undefined)).toThrow('file.is-a-folder');
  expect(() => verifyFile(join(folder, 'missing'), [], () => undefined)).toThrow('storage.no-file');
});

test.each([
  ['no,bundle\n', 'no JSON'],
  ['{}\n', 'head'],
])('of a file that is no bundle the report says that, and nothing of answers: %j', async (text, fault) => {
  const file = join(folder, 'a.bundle');
  writeFileSync(file, text);
  const result = await verifyBundle(() => fileLines(file), { checkpoints: [] });
  expect(reportLines(result, translator('en'))).toEqual([
    `✗ the file is not a bundle: line 1: ${fault}`,
    expect.stringContaining('Do not use'),
  ]);
});

/** What a command writes is there whole or not at all, and what a killed one left is in nobody's way. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replaceWhole, writeFolder, writeWhole } from '../../src/cli/files.ts';
import { built } from '../support/process.ts';

const slow = join(built(), 'write-slowly.js');
let folder: string;
let umask: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-files-'));
  umask = process.umask(0o022);
});
afterEach(() => {
  process.umask(umask);
  rmSync(folder, { recursive: true, force: true });
});

const modeOf = (path: string) => statSync(path).mode & 0o777;
async function* all(files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) yield { name, content: [text] };
}
const write = (target: string, files: Readonly<Record<string, string>>) =>
  writeFolder(target, Object.keys(files), all(files));
const writeOne = (target: string, name: string, text: string) => write(target, { [name]: text });
async function* interrupted(): AsyncGenerator<string> {
  yield 'half';
  throw new Error('interrupted');
}

/** Killed without warning when half is written. */
async function killedWhile(kind: 'file' | 'folder', target: string): Promise<void> {
  const child = spawn(process.execPath, [slow, kind, target], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
}

describe('killed in the middle', () => {
  test('a file: nothing under its name; the next run writes it and removes what was left', async () => {
    const target = join(folder, 'county.bundle');
    await killedWhile('file', target);
    const left = readdirSync(folder);
    expect(left).toHaveLength(1);
    expect(left).not.toContain('county.bundle');
    expect(modeOf(join(folder, left[0]!))).toBe(0o600);
    await writeWhole(target, ['whole']);
    expect(readdirSync(folder)).toEqual(['county.bundle']);
    expect(readFileSync(target, 'utf8')).toBe('whole');
  }, 120_000);

  test('a folder: no part of it; the next run writes all of it', async () => {
    const target = join(folder, 'site');
    await killedWhile('folder', target);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(existsSync(target)).toBe(false);
    await writeOne(target, 'a.json', '{"a":1}');
    expect(readdirSync(folder)).toEqual(['site']);
    expect(readdirSync(target)).toEqual(['a.json']);
  }, 120_000);

  test('a folder that was there: no file of it appears', async () => {
    const target = join(folder, 'site');
    mkdirSync(target);
    writeFileSync(join(target, 'index.html'), 'own');
    await killedWhile('folder', target);
    expect(existsSync(join(target, 'a.json'))).toBe(false);
    await writeOne(target, 'a.json', '{"a":1}');
    expect(readdirSync(target).sort()).toEqual(['a.json', 'index.html']);
  }, 120_000);
});

test('killed while files are added to a publication: it stays whole, and the next run adds all or none', async () => {
  const target = join(folder, 'site');
  await write(target, { 'old.json': '1', 'old.html': '2' });
  await killedWhile('folder', target);
  const part = readdirSync(target).find((name) => name.endsWith('.part'))!;
  // The kill falls behind the first of the two files.
  linkSync(join(target, part, 'a.json'), join(target, 'a.json'));
  expect(readFileSync(join(target, 'old.json'), 'utf8')).toBe('1');
  expect(readFileSync(join(target, 'old.html'), 'utf8')).toBe('2');

  await expect(write(target, { 'c.json': '3', 'old.json': '4' })).rejects.toMatchObject({
    message: 'cli.file-exists',
  });
  expect(readdirSync(target).sort()).toEqual(['old.html', 'old.json']);
  await write(target, { 'a.json': 'new', 'b.json': 'new' });
  expect(readdirSync(target).sort()).toEqual(['a.json', 'b.json', 'old.html', 'old.json']);
  expect(readFileSync(join(target, 'old.json'), 'utf8')).toBe('1');
  expect(readFileSync(join(target, 'a.json'), 'utf8')).toBe('new');
}, 120_000);

test('killed after the last file was added: it stays', async () => {
  const target = join(folder, 'site');
  mkdirSync(target);
  await killedWhile('folder', target);
  const part = readdirSync(target).find((name) => name.endsWith('.part'))!;
  linkSync(join(target, part, 'a.json'), join(target, 'a.json'));
  renameSync(join(target, part), join(target, part.replace('.part', '.done.part')));
  await writeOne(target, 'c.json', '3');
  expect(readdirSync(target).sort()).toEqual(['a.json', 'c.json']);
}, 120_000);

test('a name that is taken while the files are made: nothing is added, and nothing of others is removed', async () => {
  const target = join(folder, 'site');
  await writeOne(target, 'old.json', '1');
  const meanwhile = (async function* () {
    yield { name: 'a.json', content: ['a'] };
    writeFileSync(join(target, 'b.json'), 'of another');
    yield { name: 'b.json', content: ['b'] };
  })();
  await expect(writeFolder(target, ['a.json', 'b.json'], meanwhile)).rejects.toMatchObject({
    message: 'cli.file-exists',
  });
  expect(readdirSync(target).sort()).toEqual(['b.json', 'old.json']);
  expect(readFileSync(join(target, 'b.json'), 'utf8')).toBe('of another');
});

test('a stream that breaks leaves nothing at all', async () => {
  await expect(writeWhole(join(folder, 'x'), interrupted())).rejects.toThrow('interrupted');
  expect(readdirSync(folder)).toEqual([]);
});

test('what is there stays, also if it came meanwhile', async () => {
  const target = join(folder, 'x');
  const results = await Promise.allSettled([writeWhole(target, ['a']), writeWhole(target, ['b'])]);
  const refused = results.filter((r) => r.status === 'rejected');
  expect(refused.map((r) => (r.reason as Error).message)).toEqual(['cli.file-exists']);
  const before = readFileSync(target, 'utf8');
  await expect(writeWhole(target, ['c'])).rejects.toMatchObject({ message: 'cli.file-exists' });
  expect(readFileSync(target, 'utf8')).toBe(before);
  await replaceWhole(target, ['d']);
  expect(readFileSync(target, 'utf8')).toBe('d');

  const site = join(folder, 'site');
  await writeOne(site, 'a.json', '1');
  await expect(writeOne(site, 'a.json', '2')).rejects.toMatchObject({ message: 'cli.file-exists' });
  expect(readFileSync(join(site, 'a.json'), 'utf8')).toBe('1');
  await writeOne(site, 'b.json', '2');
  expect(readdirSync(site).sort()).toEqual(['a.json', 'b.json']);
  expect(readdirSync(folder).sort()).toEqual(['site', 'x']);
});

test('under umask 022 files are for their owner alone, but for a publication', async () => {
  await writeWhole(join(folder, 'x'), ['a']);
  expect(modeOf(join(folder, 'x'))).toBe(0o600);
  await writeOne(join(folder, 'site'), 'a.json', '1');
  expect(modeOf(join(folder, 'site'))).toBe(0o755);
  expect(modeOf(join(folder, 'site', 'a.json'))).toBe(0o644);
});

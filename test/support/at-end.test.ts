import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { temporaryFolder } from './at-end.ts';

/** As vitest starts and ends the processes of tests. */
const script = `
  const { temporaryFolder } = await import(${JSON.stringify(new URL('./at-end.ts', import.meta.url).href)});
  temporaryFolder('manyi-closed').remove();
  process.stdout.write(temporaryFolder('manyi-left').path);
  setInterval(() => undefined, 1000);
`;

test('a folder that a test leaves goes when its process is ended', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [left] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  expect(existsSync(left)).toBe(true);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM']);
  expect(existsSync(left)).toBe(false);
});

test('a folder is gone when it is removed, once or twice', () => {
  const folder = temporaryFolder('manyi-removed');
  expect(existsSync(folder.path)).toBe(true);
  folder.remove();
  folder.remove();
  expect(existsSync(folder.path)).toBe(false);
});

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { createShell } from './support.ts';

const shell = createShell();
afterAll(() => shell.remove());
const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/disclosure/${name}.json`, import.meta.url));

test('files of publications are attacked; the last line is JSON, and the exit code says whether anything came out', async () => {
  const bad = await shell.run(['disclosure', 'files', fixture('smallest')]);
  expect(bad.code).toBe(1);
  expect(bad.out).toContain('school 3 (minimum-cell), item q1 =');
  expect(lastLine(bad.out)).toMatchObject({ audit: 'disclosure', counties: 1, narrowest_interval: 0 });

  copyFileSync(fixture('sound'), join(shell.folder, 'county.json'));
  const sound = await shell.run(['disclosure', 'files', shell.folder]);
  expect(sound.err).toBe('');
  expect(sound.code).toBe(0);
  expect(lastLine(sound.out)).toMatchObject({ audit: 'disclosure', solved: 0 });
});

test('a file that is no case is refused with what to do', async () => {
  const wrong = fileURLToPath(new URL('../../package.json', import.meta.url));
  const refused = await shell.run(['disclosure', 'files', wrong]);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain('--known');
});

function lastLine(out: string): unknown {
  return JSON.parse(out.trimEnd().split('\n').at(-1)!);
}

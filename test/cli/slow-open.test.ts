/** A file system that is slow to open: a stream that breaks meanwhile must not leave a file behind, for it may hold codes and phones. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { writeWhole } from '../../src/cli/files.ts';

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const open = ((...args: Parameters<typeof fs.open>) => {
    setTimeout(() => {
      real.open(...args);
    }, 50);
  }) as typeof fs.open;
  return {
    ...real,
    createWriteStream: (path: string, options: object) =>
      real.createWriteStream(path, { ...options, fs: { ...real, open } }),
  };
});

test('a stream that breaks while its file is being opened leaves nothing at all', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'manyi-files-'));
  try {
    const broken = (async function* (): AsyncGenerator<string> {
      await Promise.resolve();
      throw new Error('interrupted');
    })();
    await expect(writeWhole(join(folder, 'x'), broken)).rejects.toThrow('interrupted');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(fs.readdirSync(folder)).toEqual([]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

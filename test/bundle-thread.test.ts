/** Threads that start from the sources run what stands there now. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from './support/at-end.ts';

const bundler = new URL('../src/bundle-thread.mjs', import.meta.url).href;
const { bundleThread } = (await import(/* @vite-ignore */ bundler)) as {
  bundleThread: (address: string) => Promise<string>;
};

const folder = temporaryFolder('manyi-thread');
// Bundles are kept: under a name of its own, so that they can be found.
const entry = join(folder.path, `${basename(folder.path)}.ts`);
let cache = folder.path;
const kept = () => readdirSync(cache).filter((name) => name.startsWith(basename(folder.path)));
afterAll(() => {
  for (const name of kept()) rmSync(join(cache, name));
  folder.remove();
});
const address = pathToFileURL(entry).href;
const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text);
async function bundle(): Promise<string> {
  const path = fileURLToPath(await bundleThread(address));
  cache = dirname(path);
  return path;
}

it('is bundled again when a module has changed that it imports, and only then', async () => {
  writeFileSync(entry, "import { word } from './word.ts';\nconsole.log(word, import.meta.url);\n");
  write('word.ts', "export const word: string = 'first';\n");
  const first = await bundle();
  expect(readFileSync(first, 'utf8')).toContain('first');
  expect(readFileSync(first, 'utf8')).toContain(address);
  writeFileSync(first, '// kept');
  expect(await bundle()).toBe(first);
  expect(readFileSync(first, 'utf8')).toBe('// kept');

  write('word.ts', "export { word } from './other.ts';\n");
  write('other.ts', "export const word: string = 'second';\n");
  const second = await bundle();
  expect(second).not.toBe(first);
  write('other.ts', "export const word: string = 'third';\n");
  const third = await bundle();
  expect(readFileSync(second, 'utf8')).toContain('second');
  expect(readFileSync(third, 'utf8')).toContain('third');
});

it('by several at once: each gets it whole', async () => {
  write('word.ts', `export const word: string = '${'long '.repeat(50_000)}';\n`);
  const found = await Promise.all(Array.from({ length: 4 }, bundle));
  expect(new Set(found).size).toBe(1);
  expect(readFileSync(found[0]!, 'utf8')).toContain('long long');
  expect(kept().filter((name) => !/\.(mjs|json)$/.test(name))).toEqual([]);
});

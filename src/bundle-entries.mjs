// After tsc: what a process or a thread starts from becomes one file, with all of ours that it needs. Hundreds of small modules cost a fifth of a second at
// each start, and each thread loads its own. Libraries stay where they are, but for those of the storage's threads that are plain modules.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('.', import.meta.url));
const target = fileURLToPath(new URL('../dist/', import.meta.url));
const inThreads = ['zod', 'drizzle-orm'];

/** Modules read files beside them: each goes on seeing the address that it has without the bundle. */
const addresses = (entry) => ({
  name: 'addresses',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!path.startsWith(source)) return undefined;
      const own = relative(dirname(source + entry), path)
        .replaceAll('\\', '/')
        .replace(/\.ts$/, '.js');
      const contents = readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        `new URL(${JSON.stringify(own.startsWith('.') ? own : `./${own}`)}, import.meta.url).href`,
      );
      return { contents, loader: 'ts' };
    });
  },
});

const libraries = Object.keys(
  JSON.parse(readFileSync(fileURLToPath(new URL('../package.json', import.meta.url)), 'utf8')).dependencies,
);

for (const entry of [
  'server',
  'cli/main',
  'storage/sqlite/threads/thread',
  'storage/sqlite/threads/checkpointer',
  'tabular/xlsx-thread',
]) {
  const isThread = !['server', 'cli/main'].includes(entry);
  const external = libraries
    .filter((name) => !isThread || !inThreads.includes(name))
    .flatMap((name) => [name, `${name}/*`]);
  await build({
    entryPoints: [`${source}${entry}.ts`],
    outfile: `${target}${entry}.js`,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
    sourcemap: true,
    external: [...external, 'tsx'],
    plugins: [addresses(entry)],
    logLevel: 'warning',
  });
}

// After tsc: what a process or a thread starts from becomes one file, with all of ours that it needs at its start. Hundreds of small modules cost a fifth of a second at
// each start, and each thread loads its own. Libraries stay where they are, but for those of the storage's threads that are plain modules.
// `node src/bundle-entries.mjs [TARGET] [SCRIPT.ts …]`: tests build elsewhere, with scripts of their own beside the entries.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundledLibraries } from './bundle-thread.mjs';

const source = fileURLToPath(new URL('.', import.meta.url));
const [given, ...scripts] = process.argv.slice(2);
const target =
  given === undefined ? fileURLToPath(new URL('../dist/', import.meta.url)) : resolve(given) + sep;

/** Modules read files beside them: each goes on seeing the address that it has without the bundle; scripts that of their source. */
const addresses = (entry) => ({
  name: 'addresses',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!path.startsWith(source))
        return {
          contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
          loader: 'ts',
        };
      const own = relative(dirname(source + entry), path)
        .replaceAll('\\', '/')
        .replace(/\.ts$/, '.js');
      const contents = text.replaceAll(
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

const threads = [
  'operations/summary/summarize-thread',
  'storage/sqlite/threads/thread',
  'storage/sqlite/threads/checkpointer',
  'tabular/xlsx-thread',
];

function bundle(from, entry, external) {
  return build({
    entryPoints: { [basename(entry)]: from },
    outdir: join(target, dirname(entry)),
    bundle: true,
    // What is imported when it is needed stays so, with the libraries that it alone uses: PostgreSQL's are a tenth of a second at each start.
    splitting: true,
    // In the entry's folder, to which `addresses` are relative.
    chunkNames: `${basename(entry)}-[name]-[hash]`,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
    sourcemap: true,
    external: [...external.flatMap((name) => [name, `${name}/*`]), 'tsx'],
    plugins: [addresses(entry)],
    logLevel: 'warning',
  });
}
for (const entry of ['server', 'cli/main', ...threads]) {
  const external = threads.includes(entry)
    ? libraries.filter((name) => !bundledLibraries.includes(name))
    : libraries;
  await bundle(`${source}${entry}.ts`, entry, external);
}
for (const script of scripts) await bundle(resolve(script), basename(script, '.ts'), libraries);

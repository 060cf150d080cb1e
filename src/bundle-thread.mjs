// For threads that start from the sources (threads/start-thread.ts): a thread's module with all of ours that it needs as one file, made once for equal sources. A
// loader would take half a second of processor time at the start of each thread.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { threadId } from 'node:worker_threads';

/** Libraries of the storage's threads that are plain modules, and of which they need a part. */
export const bundledLibraries = ['zod', 'drizzle-orm'];

const root = fileURLToPath(new URL('..', import.meta.url));
const home = join(root, 'node_modules', '.cache', 'manyi', 'threads');
/** What a bundle is made by, and which releases of libraries go into it. */
const makers = [fileURLToPath(import.meta.url), join(root, 'package-lock.json')];

/** @returns the address of the bundle of a module, given by its address. Every module in it goes on seeing its own address. */
export async function bundleThread(address) {
  const entry = fileURLToPath(address);
  const name = basename(entry, '.ts');
  const list = join(home, `${name}.json`);
  const known = readIfThere(list);
  // Which modules it is made of can change only if one of them does.
  if (known !== undefined) {
    const bundle = join(home, `${name}-${hashOf(JSON.parse(known))}.mjs`);
    if (readIfThere(bundle) !== undefined) return pathToFileURL(bundle).href;
  }
  const { code, modules } = await make(entry);
  const paths = [...modules.keys()].sort();
  const bundle = join(home, `${name}-${hashOf(paths, (path) => modules.get(path) ?? readIfThere(path))}.mjs`);
  mkdirSync(home, { recursive: true });
  write(bundle, code);
  write(list, JSON.stringify(paths));
  return pathToFileURL(bundle).href;
}

async function make(entry) {
  const { build } = await import('esbuild');
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const external = Object.keys(dependencies).filter((library) => !bundledLibraries.includes(library));
  /** As they went in, even if one changes meanwhile. */
  const modules = new Map();
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
    external: external.flatMap((library) => [library, `${library}/*`]),
    plugins: [
      {
        name: 'addresses',
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const text = readFileSync(path, 'utf8');
            modules.set(path, text);
            const own = JSON.stringify(pathToFileURL(path).href);
            return { contents: text.replaceAll('import.meta.url', own), loader: 'ts' };
          });
        },
      },
    ],
    logLevel: 'warning',
  });
  return { code: outputFiles[0].text, modules };
}

function hashOf(paths, read = readIfThere) {
  const hash = createHash('sha256');
  for (const path of [...makers, ...paths]) hash.update(`${path}\0${read(path) ?? ''}\0`);
  return hash.digest('hex').slice(0, 16);
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all: other processes and threads may read it, or write the same. */
function write(path, text) {
  const part = `${path}.${process.pid}.${threadId}`;
  writeFileSync(part, text);
  renameSync(part, path);
}

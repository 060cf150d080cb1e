/** What `npm start` runs: built and bundled, in a folder of its own. Everything that it reads beside its code must be found from there. */
import Database from 'better-sqlite3';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../bench/support/processes.ts';
import { handMade, sheetXml } from '../tabular/helpers.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'dist/cli/main.js');

let directory: string;
let environment: Record<string, string>;
let server: ChildProcess;
let address: string;

beforeAll(async () => {
  // As `npm run build`, but types are checked by `npm run typecheck`.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  for (const step of [
    ['node_modules/typescript/bin/tsc', '-p', 'src', '--noCheck'],
    ['src/copy-assets.mjs'],
    ['src/bundle-entries.mjs'],
    ['src/build-verifier.mjs'],
  ])
    await run(process.execPath, step, { cwd: root });
  directory = mkdtempSync(join(tmpdir(), 'manyi-built-'));
  const port = await freePort();
  address = `http://127.0.0.1:${port}`;
  environment = {
    PATH: process.env['PATH'] ?? '',
    LANG: 'en',
    PORT: String(port),
    DATA_DIR: join(directory, 'data'),
    KEY_DIR: join(directory, 'keys'),
    BACKUP_DIR: join(directory, 'backups'),
  };
  server = spawn(process.execPath, [join(root, 'dist/server.js')], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let i = 0; i < 400; i++) {
    if (
      await fetch(`${address}/readyz`).then(
        (r) => r.ok,
        () => false,
      )
    )
      break;
    await new Promise((r) => setTimeout(r, 25));
  }
}, 180_000);
afterAll(async () => {
  if (server.exitCode === null) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
});

async function runWithInput(args: readonly string[], input: string): Promise<void> {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: directory,
    env: environment,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(input);
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(0);
}
const manyi = (...args: string[]) =>
  run(process.execPath, [main, ...args], { cwd: directory, env: environment });

describe('as built', () => {
  test('is ready, with its writer thread and its schema', async () => {
    const ready = await fetch(`${address}/readyz`);
    expect(ready.status).toBe(200);
  });

  test('finds its texts, style sheets and shipped lists', async () => {
    const page = await fetch(`${address}/staff/login`, { headers: { 'accept-language': 'zh-CN' } });
    const text = await page.text();
    expect(text).toContain('密码');
    const sheet = /href="(\/assets\/[^"]+\.css)"/.exec(text)?.[1];
    const css = await fetch(new URL(sheet ?? '/none', address));
    expect(css.status).toBe(200);
    expect(css.headers.get('content-type')).toContain('text/css');
    expect(await css.text()).not.toMatch(/\n.|\/\*/);
    // Loaded at the first start from survey-templates.
    const raw = new Database(join(directory, 'data', 'manyi.db'), { readonly: true });
    const count = raw.prepare('SELECT count(*) FROM divisions').pluck();
    await expect.poll(() => count.get(), { timeout: 10_000 }).toBeGreaterThan(2800);
    raw.close();
  });

  test('commands run beside it, in the language of the terminal', async () => {
    expect((await manyi('--help')).stdout).toContain('Usage: manyi');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect((await manyi('--version')).stdout).toBe(`${version}\n`);
    const { stdout } = await manyi('template', 'check', join(root, 'survey-templates', 'parent-2012.json'));
    expect(stdout).toContain('parent-2012.json');
  });

  test('a backup is made by its reader thread and verified', async () => {
    const copy = join(directory, 'copy.db');
    await manyi('backup', copy);
    expect((await manyi('verify-backup', copy)).stdout).not.toBe('');
  });

  test('ends when it is told to', async () => {
    const ended = once(server, 'exit') as Promise<[number | null]>;
    server.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
  });

  test('a workbook is read by its thread', async () => {
    const environmentOf = { ...environment, MANYI_PASSWORD: 'first chief of all' };
    const asRoot = (...args: string[]) =>
      run(process.execPath, [main, '--as', 'chief', ...args], { cwd: directory, env: environmentOf });
    await runWithInput(['admin', 'create', 'chief', '--password-stdin'], 'first chief of all\n');
    const book = join(directory, 'divisions.xlsx');
    const row = (r: number, ...cells: string[]) =>
      `<row r="${r}">${cells.map((c) => `<c t="inlineStr"><is><t>${c}</t></is></c>`).join('')}</row>`;
    const xml = sheetXml(row(1, '代码', '名称') + row(2, '110101', '东城区') + row(3, '110102', '西城区'));
    writeFileSync(book, handMade({ sheets: [{ name: 'S', xml }] }));
    const { stdout } = await asRoot('--json', 'divisions', 'import', book, '--as-of', '2026-01-01');
    expect(JSON.parse(stdout)).toEqual({ counties: 2 });
  });

  test('needs no package that is only there for development', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const bundles = [
      'server.js',
      'cli/main.js',
      'storage/sqlite/threads/thread.js',
      'storage/sqlite/threads/checkpointer.js',
    ];
    const imported = [...bundles, 'tabular/xlsx-thread.js'].flatMap((file) =>
      [
        ...readFileSync(join(root, 'dist', file), 'utf8').matchAll(
          /^(?:import|export) .*?["']([^"'.][^"']*)["'];$/gm,
        ),
      ]
        .map(([, name]) => name!)
        .filter((name) => !isBuiltin(name))
        .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/')),
    );
    expect(imported.length).toBeGreaterThan(10);
    expect([...new Set(imported)].filter((name) => !(name in dependencies))).toEqual([]);
  });
});

/** The proxies of the README, as they are printed there: no file of theirs holds a code, also when the service is not there. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from './support/at-end.ts';
import { findCaddy, findNginx } from './support/programs.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const nginx = findNginx();
const caddy = findCaddy();
const code = '5S4DW155GH';

function printed(pattern: RegExp): string {
  const found = pattern.exec(readme)?.[1];
  if (found === undefined) throw new Error('the README shows no such proxy');
  return found;
}

/** A port that nobody has: the service is not there. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Asks until the proxy is there. */
async function ask(address: string): Promise<number> {
  for (let left = 100; left > 0; left--) {
    const reply = await fetch(address, { redirect: 'manual' }).catch(() => null);
    if (reply) return reply.status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nobody answers at ${address}`);
}

function written(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

test.skipIf(nginx === undefined)('nginx', async () => {
  const folder = temporaryFolder('manyi-nginx');
  const [port, plain] = [await freePort(), await freePort()];
  const [key, certificate] = [join(folder.path, 'key.pem'), join(folder.path, 'certificate.pem')];
  const made = spawnSync('openssl', [
    ...[
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=x',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
  ]);
  expect(made.status).toBe(0);
  const site = printed(/```nginx\n([^`]+)```/)
    .replace('listen 443 ssl', `listen 127.0.0.1:${await freePort()} ssl`)
    .replace('listen 80', `listen 127.0.0.1:${plain}`)
    .replace('/etc/ssl/diaocha.pem', certificate)
    .replace('/etc/ssl/diaocha.key', key)
    .replace('127.0.0.1:8080', `127.0.0.1:${await freePort()}`)
    // Trusted nowhere, so asked in the clear.
    .replace('  access_log off;\n  error_log /dev/null;\n  client_max', `  listen 127.0.0.1:${port};\n$&`);
  const logs = join(folder.path, 'logs');
  mkdirSync(logs);
  const file = join(folder.path, 'nginx.conf');
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder.path, name)};`,
  );
  writeFileSync(
    file,
    `daemon off; pid ${join(folder.path, 'pid')}; error_log ${join(logs, 'error.log')}; events {}
     http { access_log ${join(logs, 'access.log')}; ${places.join(' ')} ${site} }`,
  );
  const child = spawn(nginx!, ['-e', join(logs, 'start.log'), '-c', file], { stdio: 'inherit' });
  try {
    expect(await ask(`http://127.0.0.1:${port}/s/${code}`)).toBe(502);
    // Typed by hand, an address has no https in front.
    expect(await ask(`http://127.0.0.1:${plain}/s/${code}`)).toBe(301);
  } finally {
    await end(child);
  }
  expect(written(logs)).not.toContain(code);
  folder.remove();
});

test.skipIf(caddy === undefined)('Caddy', async () => {
  const folder = temporaryFolder('manyi-caddy');
  const port = await freePort();
  const site = printed(/Caddy:\n\n```\n([^`]+)```/)
    .replace('diaocha.example.gov.cn', `http://127.0.0.1:${port}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${await freePort()}`)
    .replace('{\n', '{\n  admin off\n');
  const file = join(folder.path, 'Caddyfile');
  writeFileSync(file, site);
  const child = spawn(caddy!, ['run', '--adapter', 'caddyfile', '--config', file], {
    env: { ...process.env, HOME: folder.path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  try {
    expect(await ask(`http://127.0.0.1:${port}/s/${code}`)).toBe(502);
  } finally {
    await end(child);
  }
  expect(log).toContain('serving initial configuration');
  expect(log).not.toContain(code);
  folder.remove();
});

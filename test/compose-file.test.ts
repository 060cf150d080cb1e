/**
 * compose.yaml, without a Docker to run it: it is what the Compose specification allows, with a file and with PostgreSQL, and what it hands to the programs is what
 * they take.
 */
import { Ajv } from 'ajv';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { databaseAddresses } from '../src/domain/database-address.ts';
import {
  interpolate,
  readCompose,
  startedServices,
  type ComposeFile,
  type ComposeService,
} from './support/compose-file.ts';
import { findCaddy } from './support/programs.ts';

const caddy = findCaddy();
const host = { MANYI_HOST: 'diaocha.example.gov.cn' };
const modes = [
  { mode: 'a file', environment: host, profiles: [], services: ['manyi', 'proxy'] },
  {
    mode: 'PostgreSQL',
    environment: { ...host, POSTGRES_PASSWORD: 'abc', REPLICATION_PASSWORD: 'def' },
    profiles: ['postgres'],
    services: ['db1', 'db2', 'manyi', 'manyi-2', 'proxy'],
  },
] as const;

const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8');
const imageEnvironment = Object.fromEntries(
  [...dockerfile.matchAll(/^ENV (.+)$/gm)].flatMap(([, line]) =>
    line!.split(' ').map((pair) => pair.split('=') as [string, string]),
  ),
);
const namesOf = (list: readonly string[] | Readonly<Record<string, unknown>> = []) =>
  Array.isArray(list) ? (list as readonly string[]) : Object.keys(list);

test('variables are put in as Compose does', () => {
  const text = (input: string) => interpolate(input, { A: 'x', EMPTY: '' });
  expect(text('${A} $A ${B} ${B:-d} ${EMPTY:-d} ${A:+y} ${EMPTY:+y} $$A $${A}')).toBe('x x  d d y  $A ${A}');
  expect(() => text('${B:?needed}')).toThrow('needed');
  expect(() => readCompose({})).toThrow('set MANYI_HOST');
});

describe.each(modes)('with $mode', ({ environment, profiles, services }) => {
  const file: ComposeFile = readCompose(environment);
  const started = startedServices(file, profiles);
  const own = [...started].filter(([name]) => name.startsWith('manyi'));
  const databases = [...started].filter(([name]) => name.startsWith('db'));

  test('the file is what the specification allows, and everything that it names is there', () => {
    const { $schema: _, ...schema } = JSON.parse(
      readFileSync(new URL('fixtures/reference/compose/compose-spec.json', import.meta.url), 'utf8'),
    ) as Record<string, unknown>;
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const isValid = ajv.compile(schema);
    expect(isValid(file), JSON.stringify(isValid.errors)).toBe(true);
    expect([...started.keys()].sort()).toEqual(services);
    for (const [name, service] of started) {
      // A folder beside the file is the reader's own.
      for (const volume of (service.volumes ?? []).filter((v) => !v.startsWith('./')))
        expect(file.volumes, name).toHaveProperty(volume.split(':')[0]!);
      for (const network of namesOf(service.networks)) expect(file.networks, name).toHaveProperty(network);
      for (const { source } of service.configs ?? [])
        expect(Object.keys(file.configs), name).toContain(source);
      for (const other of namesOf(service.depends_on)) {
        const how = (service.depends_on as Readonly<Record<string, { required?: boolean }>>)[other];
        if (how?.required !== false) expect([...started.keys()], name).toContain(other);
      }
    }
  });

  test('the service starts with what it is handed: as its own configuration reads it', () => {
    for (const [name, service] of own) {
      const config = readConfig({ ...imageEnvironment, ...service.environment });
      expect(config.publicUrl, name).toBe('https://diaocha.example.gov.cn');
      expect(config.database === null, name).toBe(profiles.length === 0);
      const { inside } = file.services['proxy']!.networks as Readonly<
        Record<string, { ipv4_address?: string }>
      >;
      expect(config.trustProxy, name).toEqual([inside!.ipv4_address]);
      // Both on the same keys, and folders that the image made for its account.
      for (const path of [config.dataDir, config.keyDir, config.backupDir])
        expect(
          service.volumes!.some((v) => path.startsWith(v.split(':')[1]!)),
          `${name} ${path}`,
        ).toBe(true);
    }
    for (const [name, service] of own) {
      // Any other setting is reached without a change of this file.
      expect(service.env_file, name).toEqual([{ path: 'settings/manyi.env', required: false }]);
      expect(service.volumes, name).toContain('./settings:/etc/manyi:ro');
      expect(service.ulimits, name).toEqual({ core: 0 });
    }
    const first = own[0]![1];
    for (const [, { profiles: _, ...rest }] of own) expect(rest).toEqual(first);
  });

  test('no log grows without an end', () => {
    for (const [name, { logging }] of started)
      expect(logging, name).toEqual({ driver: 'local', options: { 'max-size': '50m', 'max-file': '10' } });
  });

  test('only the proxy can be reached from outside, and only the service has the keys', () => {
    const published = [...started].filter(([, s]) => s.ports !== undefined).map(([name]) => name);
    expect(published).toEqual(['proxy']);
    const withKeys = [...started].filter(([, s]) => s.volumes!.some((v) => v.startsWith('keys:')));
    expect(withKeys.map(([name]) => name)).toEqual(own.map(([name]) => name));
    const writable = (s: ComposeService) => s.volumes!.map((v) => v.split(':')[0]!);
    for (const [name, service] of databases) expect(writable(service)).toEqual([name]);
    for (const [, service] of [...own, ...databases]) expect(service.cap_drop).toEqual(['ALL']);
    // What starts first is given an address out of a range that the proxy's is not in: 172.30.91.16 to .31.
    const [{ subnet, ip_range }] = file.networks['inside']!.ipam.config as [
      { subnet: string; ip_range: string },
    ];
    expect([subnet, ip_range]).toEqual(['172.30.91.0/27', '172.30.91.16/28']);
  });

  test.skipIf(caddy === undefined)('the proxy takes its file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'manyi-caddy-'));
    const path = join(folder, 'Caddyfile');
    writeFileSync(path, file.configs['Caddyfile']!.content);
    const { status, stdout, stderr } = spawnSync(
      caddy!,
      ['adapt', '--adapter', 'caddyfile', '--config', path],
      {
        encoding: 'utf8',
        env: { ...process.env, HOME: folder },
      },
    );
    rmSync(folder, { recursive: true });
    expect(status, stderr).toBe(0);
    for (const [name] of own) expect(stdout).toContain(`"dial":"${name}:8080"`);
    expect(stdout.includes('"uri":"/readyz"')).toBe(profiles.length > 0);
    // An address holds the code of whoever answers.
    expect(JSON.parse(stdout)).toMatchObject({
      logging: { logs: { default: { exclude: expect.arrayContaining(['http.log.error']) as unknown } } },
    });
  });

  test('scripts are scripts', () => {
    for (const name of ['database.sh', 'roles.sh']) {
      const { status, stderr } = spawnSync('bash', ['-n'], {
        input: file.configs[name]!.content,
        encoding: 'utf8',
      });
      expect([status, stderr], name).toEqual([0, '']);
    }
  });
});

test('both databases are the service’s addresses, and each may be the standby of the other', () => {
  const file = readCompose(modes[1].environment);
  const { DATABASE_URL: url } = file.services['manyi']!.environment!;
  const hosts = databaseAddresses(url!)!.map((address) => new URL(address).hostname);
  const databases = [...startedServices(file, ['postgres'])].filter(([name]) => name.startsWith('db'));
  expect(hosts).toEqual(databases.map(([name]) => name));
  for (const [name, { hostname }] of databases) expect(hostname).toBe(name);
  expect(file.configs['roles.sh']!.content).toContain(`'ANY 1 (${hosts.join(', ')})'`);
});

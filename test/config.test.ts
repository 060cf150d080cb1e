import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isWithin, readConfig, variables } from '../src/config.ts';
import { AppError } from '../src/domain/errors.ts';
import { translator } from '../src/messages/messages.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'manyi-config-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof AppError) return error.issues.map((i) => `${i.path} ${i.message}`);
    throw error;
  }
  return [];
}

describe('the environment', () => {
  it('may be empty', () => {
    expect(readConfig({})).toEqual({
      host: '127.0.0.1',
      port: 8080,
      publicUrl: 'http://127.0.0.1:8080',
      trustProxy: false,
      dataDir: resolve('data'),
      keyDir: resolve('keys'),
      backupDir: resolve('backups'),
      logLevel: 'info',
      queueLimit: 10_000,
      batchLimit: 512,
      icpNumber: null,
      selfAdministered: false,
      verificationDir: null,
      messagesDir: null,
      metricsToken: null,
      warnings: [],
    });
    expect(readConfig({ PORT: ' ', KEY_DIR: '' }).port).toBe(8080);
  });

  it('is read whole', () => {
    const config = readConfig({
      HOST: '0.0.0.0',
      PORT: '80',
      PUBLIC_URL: 'https://survey.example.org/',
      TRUST_PROXY: '127.0.0.1, 10.0.0.0/8, fd00::/8, loopback',
      ICP_NUMBER: '某ICP备00000000号',
      SELF_ADMINISTERED: 'true',
    });
    expect(config.publicUrl).toBe('https://survey.example.org');
    expect(config.trustProxy).toEqual(['127.0.0.1', '10.0.0.0/8', 'fd00::/8', 'loopback']);
    expect(config.warnings).toEqual([]);
  });

  it('is answered with all its faults at once, each naming its variable and remedy', () => {
    expect(
      faultsOf({
        PORT: '99999',
        PUBLIC_URL: 'survey.example.org',
        TRUST_PROXY: 'yes',
        LOG_LEVEL: 'loud',
        QUEUE_LIMIT: '0',
        BATCH_LIMIT: '1e3',
        SELF_ADMINISTERED: '1',
        HOST: 'a b',
      }).toSorted(),
    ).toEqual([
      'BATCH_LIMIT config.batch-limit',
      'HOST config.host',
      'LOG_LEVEL config.log-level',
      'PORT config.port',
      'PUBLIC_URL config.public-url',
      'QUEUE_LIMIT config.queue-limit',
      'SELF_ADMINISTERED config.self-administered',
      'TRUST_PROXY config.trust-proxy',
    ]);
    for (const url of ['ftp://a', 'https://a/b', 'https://a?b', 'https://u:p@a', 'javascript:1'])
      expect(faultsOf({ PUBLIC_URL: url })).toEqual(['PUBLIC_URL config.public-url']);
  });

  it('must say the public address where others can reach the service', () => {
    expect(faultsOf({ HOST: '0.0.0.0' })).toEqual(['PUBLIC_URL config.public-url-missing']);
    for (const HOST of ['localhost', '127.0.0.9', '::1']) expect(faultsOf({ HOST })).toEqual([]);
    expect(readConfig({ HOST: '::1' }).publicUrl).toBe('http://[::1]:8080');
    expect(readConfig({ HOST: '0.0.0.0', PUBLIC_URL: 'http://a.example' }).warnings).toMatchObject([
      { message: 'config.not-https' },
    ]);
  });

  it('keeps keys apart from data and backups, links followed', () => {
    const at = (name: string) => join(folder, name);
    const refused = ['KEY_DIR config.keys-beside-data'];
    const dirs = (DATA_DIR: string, KEY_DIR: string, BACKUP_DIR = at('backups')) =>
      faultsOf({ DATA_DIR, KEY_DIR, BACKUP_DIR });
    expect(dirs(at('data'), at('keys'))).toEqual([]);
    expect(dirs(at('data'), at('data-keys'))).toEqual([]);
    expect(dirs(at('data'), at('..keys'))).toEqual([]);
    expect(dirs(at('data'), at('data'))).toEqual(refused);
    expect(dirs(at('data'), at('data/x/keys'))).toEqual(refused);
    expect(dirs(at('keys/data'), at('keys'))).toEqual(refused);
    expect(dirs(at('data'), at('backups/keys'))).toEqual(refused);
    mkdirSync(at('data'));
    symlinkSync(at('data'), at('elsewhere'));
    expect(dirs(at('data'), at('elsewhere/keys'))).toEqual(refused);
    expect(dirs(at('elsewhere'), at('data/keys'))).toEqual(refused);
    expect(isWithin('/a/b', '/')).toBe(true);
  });

  it('has a text in every language for each variable and fault', () => {
    for (const language of ['zh-CN', 'en']) {
      const t = translator(language);
      for (const { description } of variables) expect(t(description)).not.toBe(description);
    }
  });
});

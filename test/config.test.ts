import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isWithin, readConfig, variables } from '../src/config.ts';
import { AppError } from '../src/domain/errors.ts';
import { formatVerifierKey } from '../src/domain/evidence/note.ts';
import { translator } from '../src/texts/texts.ts';
import { createCosigner } from './support/witnesses.ts';

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
      database: null,
      keyDir: resolve('keys'),
      backupDir: resolve('backups'),
      logLevel: 'info',
      queueLimit: 10_000,
      batchLimit: 512,
      icpNumber: null,
      selfAdministered: false,
      verificationDir: null,
      messagesDir: null,
      witnesses: [],
      mail: null,
      channels: [],
      metricsToken: null,
      sendWindow: { from: '09:00', to: '20:30', holidays: new Set() },
      perNumberADay: 2,
      secondFactor: 'required',
      oidc: null,
      newInstallation: false,
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
    for (const HOST of ['256.1.1.1', '1.2', ':::', '127.0.0.1:8080', 'localhost:8080', '[::1]', 'a..0x'])
      expect([HOST, faultsOf({ HOST, PUBLIC_URL: 'https://a.example' })]).toEqual([
        HOST,
        ['HOST config.host'],
      ]);
    expect(readConfig({ HOST: '::1' }).publicUrl).toBe('http://[::1]:8080');
    expect(
      readConfig({ HOST: '0.0.0.0', PUBLIC_URL: 'http://a.example', TRUST_PROXY: '10.0.0.1' }).warnings,
    ).toMatchObject([{ message: 'config.not-https' }]);
  });

  it('warns where all visitors may have the address of a proxy, and says what to set', () => {
    const PUBLIC_URL = 'https://a.example';
    const warningsOf = (environment: Record<string, string>) =>
      readConfig(environment).warnings.map((w) => `${w.path} ${w.message}`);
    const warned = ['TRUST_PROXY config.trusts-nobody'];
    expect(warningsOf({ HOST: '0.0.0.0', PUBLIC_URL })).toEqual(warned);
    expect(warningsOf({ HOST: '127.0.0.1', PUBLIC_URL })).toEqual(warned);
    expect(warningsOf({ HOST: '0.0.0.0', PUBLIC_URL: 'http://127.0.0.1:8080' })).toEqual(warned);
    expect(warningsOf({ HOST: '0.0.0.0', PUBLIC_URL, TRUST_PROXY: 'loopback' })).toEqual([]);
    expect(warningsOf({ PUBLIC_URL: 'http://[::1]:8080' })).toEqual([]);
    expect(
      warningsOf({ KEYDIR: '/k', trust_proxy: '::1', SEND_HOLIDAY: '', PATH: '/', HOSTNAME: 'h' }),
    ).toEqual([
      'KEY_DIR config.misspelled',
      'TRUST_PROXY config.misspelled',
      'SEND_HOLIDAYS config.misspelled',
    ]);
    const slips = { DATA_DRI: '/d', BACKUP_DIRR: '/b', DATABSE_URL: '', PUBLIC_ULR: '', TRUST_PROXI: '::1' };
    expect(warningsOf(slips)).toEqual(
      ['DATA_DIR', 'BACKUP_DIR', 'DATABASE_URL', 'PUBLIC_URL', 'TRUST_PROXY'].map(
        (n) => `${n} config.misspelled`,
      ),
    );
    // Other words, of other programs.
    expect(
      warningsOf({ POST: '', MY_PORT: '', DATA: '', KEY_FILE: '', URL: '', LOGNAME: '', MAIL: '' }),
    ).toEqual([]);
    const [warning] = readConfig({ HOST: '0.0.0.0', PUBLIC_URL }).warnings;
    for (const language of ['zh-CN', 'en'])
      expect(translator(language)(warning?.message ?? '', warning?.params)).toContain('TRUST_PROXY');
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

  it('takes a PostgreSQL database in place of the file, without repeating its password', () => {
    expect(readConfig({}).database).toBeNull();
    const url = 'postgres://m:secret@10.0.0.5:5432/manyi';
    const { database, warnings } = readConfig({ DATABASE_URL: url, DATABASE_POOL: '20' });
    expect(database).toEqual({ url, pool: 20 });
    expect(warnings.map((w) => w.message)).toContain('config.database-not-encrypted');
    for (const safe of [
      `${url}?sslmode=verify-full`,
      'postgresql://m@localhost/manyi',
      'postgres://m@%2Frun%2Fpostgresql/manyi',
      'postgres:///manyi?host=/run/postgresql',
      'postgres://m@localhost:5432,127.0.0.1:5433/manyi?target_session_attrs=read-write',
      'postgres://m@db1,db2/manyi?sslmode=verify-full',
    ])
      expect(readConfig({ DATABASE_URL: safe }).warnings, safe).toEqual([]);
    // One of several servers is enough.
    expect(
      readConfig({ DATABASE_URL: 'postgres://m@localhost,10.0.0.5/manyi' }).warnings.map((w) => w.message),
    ).toContain('config.database-not-encrypted');
    for (const wrong of [
      ...['manyi', 'mysql://a/b', 'postgres://m:secret@host', 'postgres://m:secret@host/'],
      'postgres://m:secret@a,b/manyi?target_session_attrs=any',
    ]) {
      expect(faultsOf({ DATABASE_URL: wrong })).toEqual(['DATABASE_URL config.database-url']);
      try {
        readConfig({ DATABASE_URL: wrong });
      } catch (error) {
        expect(JSON.stringify(error)).not.toContain('secret');
      }
    }
    expect(faultsOf({ DATABASE_POOL: '1' })).toEqual(['DATABASE_POOL config.database-pool']);
  });

  it('names witnesses in a file, and says of each entry what is wrong with it', () => {
    const file = join(folder, 'witnesses.json');
    const { key } = createCosigner('witness.example.cn');
    const written = (list: unknown, more: Record<string, string> = {}) => {
      writeFileSync(file, typeof list === 'string' ? list : JSON.stringify(list));
      return { WITNESSES_FILE: file, ...more };
    };
    const mail = { SMTP_URL: 'smtps://u:p@mail.example.cn:465', MAIL_FROM: 'survey@example.cn' };
    const good = [
      { name: '省督导室', key: formatVerifierKey(key), url: 'https://w.example.cn/keep' },
      { name: '共享目录', folder: '/mnt/witness' },
      { name: '大学', email: 'log@uni.example.cn' },
      { name: '自取', key: formatVerifierKey({ ...key, name: 'other.example.cn' }) },
    ];
    const config = readConfig(written(good, mail));
    expect(config.witnesses).toEqual([
      { name: '省督导室', key, target: { kind: 'http', url: 'https://w.example.cn/keep' } },
      { name: '共享目录', key: null, target: { kind: 'folder', path: '/mnt/witness' } },
      { name: '大学', key: null, target: { kind: 'email', address: 'log@uni.example.cn' } },
      { name: '自取', key: { ...key, name: 'other.example.cn' }, target: null },
    ]);
    expect(config.mail).toEqual({ url: mail.SMTP_URL, from: mail.MAIL_FROM });
    expect(faultsOf(written(good))).toEqual(['SMTP_URL config.witness-without-mail']);

    const log = formatVerifierKey({ ...key, name: 'log.example.cn', type: 'log' });
    for (const [entry, fault] of [
      [{ folder: '/x' }, 'entry'],
      [{ name: 'a', folder: '/x', extra: 1 }, 'entry'],
      [{ name: 'a', url: 'https://a', folder: '/x' }, 'one-target'],
      [{ name: 'a', url: 'ftp://a' }, 'url'],
      [{ name: 'a', folder: 'x' }, 'folder'],
      [{ name: 'a', email: 'a@b.cn, c@d.cn' }, 'email'],
      [{ name: 'a', email: 'a@b.cn\r\nBcc: c@d.cn' }, 'email'],
      [{ name: 'a' }, 'nothing'],
      [{ name: 'a', folder: '/x', key: 'x+y+z' }, 'key'],
      [{ name: 'a', folder: '/x', key: log }, 'key-type'],
      [{ name: '共享目录', folder: '/x' }, 'twice'],
      [{ name: 'a', folder: '/x', key: formatVerifierKey(key) }, 'key-twice'],
    ] as const)
      expect(faultsOf(written([...good, entry], mail)), fault).toEqual([
        `WITNESSES_FILE witness.config.${fault}`,
      ]);
    for (const text of ['{}', 'x', ''])
      expect(faultsOf(written(text))).toEqual(['WITNESSES_FILE witness.config.json']);
    expect(faultsOf({ WITNESSES_FILE: join(folder, 'none') })).toEqual([
      'WITNESSES_FILE config.witnesses-file',
    ]);
    expect(readConfig(written([{ name: 'a', url: 'http://a.example' }])).warnings).toMatchObject([
      { message: 'config.witness-not-https' },
    ]);
  });

  it('names channels in a file, with secrets from elsewhere, and says of each entry what is wrong with it', () => {
    const file = join(folder, 'channels.json');
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'hunter2\n');
    const written = (list: unknown, more: Record<string, string> = {}) => {
      writeFileSync(file, JSON.stringify(list));
      return { CHANNELS_FILE: file, ...more };
    };
    const smpp = {
      kind: 'smpp',
      url: 'smpp://127.0.0.1:2775',
      systemId: 'survey',
      password: { file: secret },
    };
    expect(readConfig({}).channels).toEqual([]);
    const { channels, warnings } = readConfig(written([smpp]));
    expect(channels[0]?.secrets.get('password')?.reveal()).toBe('hunter2');
    expect(warnings).toEqual([]);
    expect(readConfig(written([{ ...smpp, url: 'smpp://smsc.example.cn:2775' }])).warnings).toMatchObject([
      { message: 'config.channel-not-encrypted' },
    ]);
    const named = { ...smpp, password: { env: 'SMPP_PASSWORD' } };
    expect(readConfig(written([named], { SMPP_PASSWORD: 'x' })).channels).toHaveLength(1);
    expect(faultsOf(written([named]))).toEqual(['CHANNELS_FILE channels.secret']);
    expect(faultsOf(written([{ kind: 'email' }]))).toEqual(['SMTP_URL config.channel-without-mail']);
    expect(faultsOf({ CHANNELS_FILE: join(folder, 'none') })).toEqual(['CHANNELS_FILE config.channels-file']);
  });

  it('wants a mail server and its sender together, and repeats no password', () => {
    expect(faultsOf({ SMTP_URL: 'smtp://a' })).toEqual(['MAIL_FROM config.mail-both']);
    expect(faultsOf({ MAIL_FROM: 'a@b.cn' })).toEqual(['SMTP_URL config.mail-both']);
    expect(faultsOf({ MAIL_FROM: 'A <a@b.cn>', SMTP_URL: 'smtp://a' })).toEqual([
      'MAIL_FROM config.mail-from',
    ]);
    try {
      readConfig({ SMTP_URL: 'http://u:secret@a', MAIL_FROM: 'a@b.cn' });
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify((error as AppError).issues)).not.toContain('secret');
    }
  });

  it('has a text in every language for each variable and fault', () => {
    for (const language of ['zh-CN', 'en']) {
      const t = translator(language);
      for (const { description } of variables) expect(t(description)).not.toBe(description);
    }
  });
});

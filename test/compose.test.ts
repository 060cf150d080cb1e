import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { composeService, createLogger, openParts } from '../src/compose.ts';
import { readConfig, type Config } from '../src/config.ts';
import { languageName } from '../src/html/layout.ts';

let folder: string;
let config: Config;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-service-'));
  config = readConfig({
    PORT: '0',
    DATA_DIR: join(folder, 'data'),
    KEY_DIR: join(folder, 'keys'),
    BACKUP_DIR: join(folder, 'backups'),
    LOG_LEVEL: 'silent',
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the composed service', () => {
  it('serves verification files at the root, and nothing else of their folder', async () => {
    const verificationDir = join(folder, 'verification');
    mkdirSync(verificationDir);
    writeFileSync(join(verificationDir, 'MP_verify_a1b2.txt'), 'a1b2');
    writeFileSync(join(verificationDir, 'robots.txt'), 'Allow: /');
    writeFileSync(join(verificationDir, '.secret'), 'x');
    writeFileSync(join(verificationDir, 'large.txt'), 'x'.repeat(20_000));
    const service = await composeService({ ...config, verificationDir }, createLogger(config));
    const get = async (url: string) => {
      const { statusCode, body } = await service.app.inject({ url });
      return [statusCode, body];
    };
    expect(await get('/MP_verify_a1b2.txt')).toEqual([200, 'a1b2']);
    expect((await get('/robots.txt'))[1]).toContain('Disallow');
    for (const url of ['/.secret', '/large.txt', '/verification/MP_verify_a1b2.txt'])
      expect((await get(url))[0], url).toBe(404);
    await service.stop();
  });

  it('serves over a socket and gives everything back when it stops', async () => {
    const service = await composeService(config, createLogger(config));
    const address = await service.start();
    expect(await (await fetch(`${address}/readyz`)).json()).toMatchObject({ status: 'ok' });
    await Promise.all([service.stop(), service.stop()]);
    await expect(fetch(`${address}/readyz`)).rejects.toThrow();
    // The folder is free again.
    const parts = await openParts(config, createLogger(config), { inline: true });
    await parts.close();
  });

  it('closes the storage when the port is taken', async () => {
    const first = await composeService(config, createLogger(config));
    const port = Number(new URL(await first.start()).port);
    const other = { ...config, port, dataDir: join(folder, 'data2') };
    const second = await composeService(other, createLogger(config));
    await expect(second.start()).rejects.toMatchObject({
      message: 'server.address-in-use',
      params: { host: '127.0.0.1', port },
    });
    await second.stop();
    await first.stop();
  });

  it('says so where it is to listen on an address of another machine', async () => {
    const service = await composeService({ ...config, host: '203.0.113.9' }, createLogger(config));
    await expect(service.start()).rejects.toMatchObject({
      kind: 'config',
      message: 'server.no-such-address',
      params: { host: '203.0.113.9' },
    });
    await service.stop();
  });

  it('names a folder that it cannot read, and a file that holds no texts', async () => {
    const nowhere = join(folder, 'nowhere');
    const compose = (more: Partial<Config>) => composeService({ ...config, ...more }, createLogger(config));
    for (const [name, more] of [
      ['VERIFICATION_DIR', { verificationDir: nowhere }],
      ['MESSAGES_DIR', { messagesDir: nowhere }],
    ] as const)
      await expect(compose(more), name).rejects.toMatchObject({
        kind: 'config',
        message: 'config.folder-unreadable',
        params: { name, value: nowhere },
      });
    const messagesDir = join(folder, 'messages');
    mkdirSync(join(messagesDir, 'ug'), { recursive: true });
    const file = join(messagesDir, 'ug', 'respondent.json');
    for (const content of ['{', '[]', '{"respondent.send": 1}']) {
      writeFileSync(file, content);
      await expect(compose({ messagesDir }), content).rejects.toMatchObject({
        kind: 'config',
        message: 'config.messages-file',
        params: { file: 'ug/respondent.json' },
      });
    }
    writeFileSync(file, '{"respondent.nowhere": "x"}');
    const log = createLogger(config);
    const warned = vi.spyOn(log, 'warn');
    await (await composeService({ ...config, messagesDir }, log)).stop();
    expect(warned).toHaveBeenCalledWith({ keys: ['ug: respondent.nowhere'] }, 'messages.unknown');
    // Without a name of its own it is not called 中文.
    expect(languageName('ug')).toBe('ئۇيغۇرچە');
    // The folder of the language itself, in place of the one above it.
    await expect(compose({ messagesDir: join(messagesDir, 'ug') })).rejects.toMatchObject({
      kind: 'config',
      message: 'config.messages-none',
    });
  });

  const readyz = async (service: Awaited<ReturnType<typeof composeService>>) => {
    const { statusCode, body } = await service.app.inject({ url: '/readyz' });
    return [statusCode, (JSON.parse(body) as { faults: string[] }).faults];
  };

  it('is refused without its data beside keys of campaigns, unless that is intended', async () => {
    mkdirSync(join(config.keyDir, 'abc123def456'), { recursive: true });
    writeFileSync(join(config.keyDir, 'abc123def456', 'contacts.key'), `${'ab'.repeat(32)}\n`);
    const open = (more: Partial<Config> = {}) =>
      openParts({ ...config, ...more }, createLogger(config), { inline: true });
    await expect(open()).rejects.toMatchObject({
      message: 'storage.empty-beside-keys',
      params: { campaigns: 1 },
    });
    expect(existsSync(join(config.dataDir, 'manyi.db'))).toBe(false);
    await (await open({ newInstallation: true })).close();
    // A database that was made by mistake before is no better than none.
    await expect(open()).rejects.toMatchObject({ message: 'storage.empty-beside-keys' });
  });

  it('is refused beside half a restore', async () => {
    mkdirSync(config.dataDir, { recursive: true });
    writeFileSync(join(config.dataDir, 'manyi.db.new'), 'half');
    await expect(openParts(config, createLogger(config), { inline: true })).rejects.toMatchObject({
      message: 'storage.unfinished-restore',
    });
    expect(existsSync(join(config.dataDir, 'manyi.db'))).toBe(false);
  });

  it('removes what killed copies left, and nothing else', async () => {
    const first = await openParts(config, createLogger(config), { inline: true });
    await first.close();
    mkdirSync(config.backupDir, { recursive: true });
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const left = ['a.db.part', `b.db.part-${gone}`, 'c.db.erasing', 'd.db.new'];
    const kept = ['e.db', `f.db.part-${process.ppid}`, 'notes.partial'];
    for (const name of [...left, ...kept]) writeFileSync(join(config.backupDir, name), 'x');
    writeFileSync(join(config.dataDir, 'before-0001.db.erasing'), 'x');
    writeFileSync(join(config.dataDir, 'manyi.db.new'), 'x');
    const old = new Date(performance.timeOrigin - 60_000);
    for (const name of ['a.db.part', 'c.db.erasing', 'd.db.new'])
      utimesSync(join(config.backupDir, name), old, old);
    for (const name of ['before-0001.db.erasing', 'manyi.db.new'])
      utimesSync(join(config.dataDir, name), old, old);
    const service = await composeService(config, createLogger(config));
    await service.start();
    await service.stop();
    expect(readdirSync(config.backupDir).sort()).toEqual([...kept].sort());
    expect(readdirSync(config.dataDir).filter((name) => /erasing|new$/.test(name))).toEqual([]);
  });

  it('is not ready without the key that signs its logs, and ready again when it is back', async () => {
    const service = await composeService(config, createLogger(config));
    expect(await readyz(service)).toEqual([200, []]);
    const key = join(config.keyDir, 'service', 'log.key');
    const text = readFileSync(key, 'utf8');
    const pause = () => new Promise((resolve) => setTimeout(resolve, 1_100));
    for (const [wrong, write] of [
      ['missing', () => rmSync(key)],
      ['another', () => writeFileSync(key, `${'ab'.repeat(32)}\n`)],
      ['empty', () => writeFileSync(key, '')],
    ] as const) {
      write();
      await pause();
      expect(await readyz(service), wrong).toEqual([503, ['log-key']]);
      writeFileSync(key, text);
      await pause();
      expect(await readyz(service), wrong).toEqual([200, []]);
    }
    await service.stop();
  });
});

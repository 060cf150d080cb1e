import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { composeService, createLogger, openParts } from '../src/compose.ts';
import { readConfig, type Config } from '../src/config.ts';

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
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await second.stop();
    await first.stop();
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
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

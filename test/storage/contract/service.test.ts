/** The service as it runs, on PostgreSQL: chosen by the environment, several at a time (processes.test.ts), and beside them commands. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeService, createLogger, openParts, restoreBackup } from '../../../src/compose.ts';
import { readConfig, type Config } from '../../../src/config.ts';
import { systemActor } from '../../../src/domain/campaign/permissions.ts';
import { makeBackup } from '../../../src/operations/service/backup.ts';
import { openPostgresStorage } from '../../../src/storage/postgres/index.ts';
import { findBinaries, sharedServer, skipped } from '../../support/postgres.ts';

const isThere = findBinaries() !== undefined;

describe.skipIf(!isThere)(isThere ? 'the service on PostgreSQL' : skipped, () => {
  const directory = mkdtempSync(join(tmpdir(), 'manyi-service-'));
  let config: Config;
  beforeAll(async () => {
    config = readConfig({
      ...{ PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: join(directory, 'data') },
      ...{ KEY_DIR: join(directory, 'keys'), BACKUP_DIR: join(directory, 'backups') },
      ...{ DATABASE_URL: await (await sharedServer()).createDatabase(), DATABASE_POOL: '7' },
      METRICS_TOKEN: 'a-token-of-many-characters',
    });
  }, 60_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const compose = () => composeService(config, createLogger(config));

  test('answers that it is ready, and is so again when its connection came back', async () => {
    const service = await compose();
    const address = await service.start();
    const ready = await fetch(`${address}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { faults: [] }]);
    const { body } = await service.app.inject({
      url: '/metrics',
      headers: { authorization: 'Bearer a-token-of-many-characters' },
    });
    const database = body.split('\n').filter((line) => line.startsWith('manyi_database_'));
    // What the service does by itself may have opened any number up to the limit.
    expect(database.map((line) => line.replace(/(open|idle|waiting) \d$/, '$1'))).toEqual([
      'manyi_database_connections_limit 7',
      ...['open', 'idle', 'waiting'].map((what) => `manyi_database_connections_${what}`),
      'manyi_database_in_recovery 0',
      'manyi_database_commits_waiting_for_standby 0',
      'manyi_database_processes 1',
    ]);

    // Commands work beside it, as one more process.
    const changing = await openParts(config, createLogger(config), { inline: true });
    await changing.deps.storage.appendTrail(
      { at: 1, actor: systemActor },
      { action: 'backup.make', campaign: null, county: null, details: {} },
    );
    await changing.close();
    const looking = await openParts(config, createLogger(config), { readOnly: true, inline: true });
    expect(await looking.deps.storage.listCampaigns()).toEqual([]);
    await expect(
      looking.deps.storage.appendTrail(
        { at: 1, actor: systemActor },
        { action: 'backup.make', campaign: null, county: null, details: {} },
      ),
    ).rejects.toMatchObject({ message: 'storage.look-only' });
    await looking.close();
    const held = "application_name = 'manyi service' AND datname = current_database()";
    const server = await sharedServer();
    const name = new URL(config.database!.url).pathname.slice(1);
    await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${held}`, name);
    let back: number | null = 0;
    for (let i = 0; i < 100 && back === 0; i++) {
      await pause(100);
      ({ rowCount: back } = await server.query(`SELECT 1 FROM pg_stat_activity WHERE ${held}`, name));
    }
    expect(back).toBe(1);
    expect((await service.app.inject('/readyz')).statusCode).toBe(200);
    await service.stop();
  }, 60_000);

  test('says what to look at when it is not let in, or nobody is there', async () => {
    const server = await sharedServer();
    await server.query('CREATE ROLE stranger LOGIN');
    await server.query('CREATE DATABASE of_others');
    const own = config.database!.url;
    const refusal = (url: string) =>
      openPostgresStorage({ url }).then(
        () => 'let in',
        (error: Error) => error.message,
      );
    expect(await refusal(own.replace('user=postgres', 'user=nobody_here'))).toBe('storage.not-let-in');
    expect(await refusal(server.urlOf('nowhere'))).toBe('storage.not-let-in');
    const stranger = server.urlOf('of_others').replace('user=postgres', 'user=stranger');
    expect(await refusal(stranger)).toBe('storage.not-let-in');
    expect(await refusal(own.replace(server.directory, directory))).toBe('storage.unreachable');
  }, 60_000);

  test('makes no copies itself, and says what does', async () => {
    const parts = await openParts(config, createLogger(config), { inline: true });
    const refused = { kind: 'conflict', message: 'storage.use-pg-dump' };
    await expect(makeBackup(parts.deps, systemActor, join(directory, 'copy.db'))).rejects.toMatchObject(
      refused,
    );
    await expect(makeBackup(parts.deps, systemActor)).rejects.toMatchObject({ message: 'backup.no-folder' });
    await parts.close();
    expect(() => restoreBackup(config, join(directory, 'copy.db'))).toThrow('storage.use-pg-dump');
  }, 60_000);
});

/** The service composed by hand, so that the sync of the log can be switched off: no configuration of the service itself leads there. */
import { pino } from 'pino';
import { createLogger } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { buildApp } from '../../src/http/app.ts';
import { defaultLimits } from '../../src/http/deps.ts';
import { createIntake } from '../../src/intake/intake.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import { createOpenCampaigns } from '../../src/operations/answer/open-campaigns.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { randomBytes } from 'node:crypto';

const config = readConfig(process.env);
const storage = await openSqliteStorage({
  directory: config.dataDir,
  unsafeWithoutSync: process.env['TEST_SYNCHRONOUS'] === 'off',
});
const keys = createFileKeyStore(config.keyDir);
const log = createLogger({ logLevel: 'silent' });
const intake = createIntake(storage, { queueLimit: 1000, batchLimit: 256, onFailure: () => undefined });
const app = await buildApp({
  storage,
  keys,
  log,
  intake,
  now: Date.now,
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
  newCodeBody: () => '',
  newId: () => '',
  publicUrl: config.publicUrl,
  backupDir: null,
  campaigns: createOpenCampaigns({ storage, keys, now: Date.now, log }),
  http: {
    logger: pino({ level: 'silent' }),
    trustProxy: false,
    icpNumber: null,
    demo: false,
    selfAdministered: false,
    limits: defaultLimits,
    metricsToken: null,
  },
});
await app.listen({ host: '127.0.0.1', port: config.port });
process.once('SIGTERM', () => {
  void app
    .close()
    .then(() => intake.close())
    .then(() => storage.close());
});

/** An app of its own for each test, over whatever part of the storage port the test needs. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { customAlphabet } from 'nanoid';
import { codeAlphabet } from '../../src/domain/code/access-code.ts';
import { buildApp } from '../../src/http/app.ts';
import { defaultLimits, type HttpDeps, type LimitOptions } from '../../src/http/deps.ts';
import { createIntake } from '../../src/intake/intake.ts';
import { createOpenCampaigns } from '../../src/operations/answer/open-campaigns.ts';
import type { Storage } from '../../src/storage/port/index.ts';

export interface TestApp {
  readonly app: FastifyInstance;
  readonly deps: HttpDeps;
  close(): Promise<void>;
}

export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface TestOptions extends Partial<Omit<HttpDeps, 'http'>> {
  readonly http?: Partial<HttpDeps['http']>;
  readonly limits?: Partial<LimitOptions>;
  readonly routes?: (app: FastifyInstance) => void;
}

export async function createApp(options: TestOptions = {}): Promise<TestApp> {
  const { limits, routes, http, ...given } = options;
  const storage = given.storage ?? noStorage;
  const deps = {
    storage,
    keys: {
      create: missing,
      use: missing,
      has: () => false,
      confirm: missing,
      unconfirm: missing,
      destroy: missing,
      service: () => new Uint8Array(randomBytes(32)),
      findService: missing,
      replaceService: missing,
      check: missing,
      listAll: () => [],
      listCampaigns: () => [],
      listUnconfirmed: () => [],
    },
    now: () => Date.UTC(2026, 4, 12, 2),
    randomBytes: (length: number) => new Uint8Array(randomBytes(length)),
    newCodeBody: customAlphabet(codeAlphabet, 9),
    newId: customAlphabet('0123456789abcdefghjkmnpqrstvwxyz', 12),
    publicUrl: 'http://127.0.0.1:8080',
    backupDir: null,
    log: quiet,
    intake: createIntake(storage, { queueLimit: 1000, batchLimit: 64, onFailure: () => undefined }),
    ...given,
  };
  const whole: HttpDeps = {
    ...deps,
    campaigns: given.campaigns ?? createOpenCampaigns(deps),
    http: {
      logger: null,
      trustProxy: false,
      icpNumber: null,
      demo: false,
      selfAdministered: false,
      limits: { ...defaultLimits, ...limits },
      metricsToken: null,
      ...http,
    },
  };
  const app = await buildApp(whole);
  routes?.(app);
  await app.ready();
  return { app, deps: whole, close: async () => app.close() };
}

function missing(): never {
  throw new Error('not part of this test');
}

const noStorage = new Proxy({} as Storage, {
  get: (_target, name) => (name === 'listCampaigns' ? async () => [] : missing),
});

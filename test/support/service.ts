/**
 * The service as it runs, over a real socket and the storage with its threads, in a folder of its own. Given the same folder again it is
 * the service after a restart, so tests may stop it in any way they like.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { customAlphabet } from 'nanoid';
import { codeAlphabet } from '../../src/domain/fieldwork/access-code.ts';
import type { Actor } from '../../src/domain/fieldwork/permissions.ts';
import type { CountyCode } from '../../src/domain/ids.ts';
import type { Role } from '../../src/domain/vocabulary.ts';
import { buildApp } from '../../src/http/app.ts';
import { defaultLimits, type HttpDeps } from '../../src/http/deps.ts';
import { createIntake } from '../../src/intake/intake.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import { createOpenCampaigns, watchCampaigns } from '../../src/operations/open-campaigns.ts';
import type { Storage } from '../../src/storage/port.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';

export interface DepsOptions {
  /** Storage on the calling thread. */
  readonly inline?: boolean;
  /** Closing puts its backup into the folder; none is made if left out. */
  readonly backups?: boolean;
  /** Stands between the operations and the storage. */
  readonly wrap?: (storage: Storage) => Storage;
}

/** What operations and the app are handed, over a folder that may have been used before. */
export async function openDeps(directory: string, options: DepsOptions = {}): Promise<HttpDeps> {
  const { inline = false, backups = false, wrap = (storage: Storage) => storage } = options;
  const stored = await openSqliteStorage({ directory: join(directory, 'data'), inline });
  const keys = createFileKeyStore(join(directory, 'keys'));
  const now = () => Date.UTC(2026, 4, 12, 2);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const storage = wrap(watchCampaigns(stored, () => campaigns.expire()));
  const campaigns = createOpenCampaigns({ storage, keys, now, log });
  return {
    storage,
    keys,
    now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    newCodeBody: customAlphabet(codeAlphabet, 9),
    newId: customAlphabet('0123456789abcdefghjkmnpqrstvwxyz', 12),
    publicUrl: 'https://my.example.cn',
    backupDir: backups ? join(directory, 'backups') : null,
    log,
    intake: createIntake(storage, { queueLimit: 5000, batchLimit: 256, onFailure: () => undefined }),
    campaigns,
    http: {
      logger: null,
      trustProxy: false,
      icpNumber: null,
      demo: false,
      selfAdministered: false,
      limits: defaultLimits,
    },
  };
}

export type Service = Awaited<ReturnType<typeof startService>>;

/** In a new folder, removed at the end, unless one is given. */
export async function startService(given?: string) {
  const directory = given ?? mkdtempSync(join(tmpdir(), 'manyi-service-'));
  const deps = await openDeps(directory);
  const app = await buildApp(deps);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return {
    directory,
    deps,
    port,
    async close() {
      await app.close();
      await deps.intake.close();
      await deps.storage.close();
      if (given === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Accounts as the operations see them, bound to these counties where their role is. */
export function actorsOf(counties: readonly CountyCode[]) {
  const actor = (role: Role, name: string, bound: boolean): Actor => ({
    userId: name.padEnd(12, '0'),
    name,
    role,
    counties: bound ? counties : [],
    via: 'web',
  });
  return {
    administrator: actor('administrator', 'admin', false),
    operator: actor('operator', 'oper', false),
    secondOperator: actor('operator', 'second', false),
    official: actor('official', 'chief', true),
    inspector: actor('inspector', 'inspect', true),
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Client = ReturnType<typeof createClient>;

/** Kept connections, at most `connections` at a time. */
export function createClient(port: number, connections: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  function send(path: string, type: string, body: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
      const sent = request({ host: '127.0.0.1', port, agent, method: 'POST', path, headers }, (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.on('error', reject);
        reply.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: text });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
  return {
    /** As a browser sends the page's form; an empty value is a blank. */
    postForm: (code: string, answers: Readonly<Record<string, string>>) =>
      send(`/s/${code}`, 'application/x-www-form-urlencoded', new URLSearchParams(answers).toString()),
    postJson: (code: string, answers: Readonly<Record<string, unknown>>) =>
      send(`/s/${code}`, 'application/json', JSON.stringify({ answers })),
    close: () => agent.destroy(),
  };
}

/** Runs `work` over all items, `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

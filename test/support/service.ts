/**
 * The service as it runs, over a real socket and the storage with its threads, in a folder of its own. Given the same folder again it is
 * the service after a restart, so tests may stop it in any way they like.
 */
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { composeService, createLogger } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { foldersOf, now } from './folder.ts';
import { sharedServer } from './postgres.ts';
import { temporaryFolder } from './at-end.ts';

/** Of `MANYI_TEST_ENGINE=postgres`: a database for each folder, the same one after a restart. */
const databases = new Map<string, string>();
async function databaseOf(directory: string): Promise<string> {
  if (process.env['MANYI_TEST_ENGINE'] !== 'postgres') return '';
  const known = databases.get(directory) ?? (await (await sharedServer()).createDatabase());
  databases.set(directory, known);
  return known;
}

function configOf(directory: string, database: string) {
  const { dataDir, keyDir, backupDir } = foldersOf(directory);
  return readConfig({
    PORT: '0',
    PUBLIC_URL: 'https://my.example.cn',
    DATA_DIR: dataDir,
    KEY_DIR: keyDir,
    BACKUP_DIR: backupDir,
    LOG_LEVEL: 'silent',
    DATABASE_URL: database,
  });
}

export type Service = Awaited<ReturnType<typeof startService>>;

/** In a new folder, removed at the end, unless one is given. */
export async function startService(given?: string) {
  const own = given === undefined ? temporaryFolder('manyi-service') : null;
  const directory = given ?? own!.path;
  const config = configOf(directory, await databaseOf(directory));
  const service = await composeService(config, createLogger(config), { now });
  const port = Number(new URL(await service.start()).port);
  return {
    directory,
    deps: service.deps,
    port,
    async close() {
      await service.stop();
      own?.remove();
    },
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

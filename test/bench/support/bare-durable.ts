/**
 * The least that a durable answer can cost: the bare server, one prepared INSERT of the same row into the same filled table, group commit with
 * synchronous=FULL, and nothing else: no code is looked up, no rule is applied. Given the database file; prints its port.
 */
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import fastify from 'fastify';
import { benchQuestionnaire } from './survey.ts';

const [file] = process.argv.slice(2);
const raw = new Database(file);
raw.pragma('journal_mode = WAL');
raw.pragma('synchronous = FULL');
const insert = raw.prepare(
  'INSERT INTO responses (campaign, county, pseudonym, revision, questionnaire, reporting_stratum, channel, nonce, answers, lot) VALUES (1, ?, ?, 1, 1, ?, 0, ?, ?, 0)',
);
const counties = raw.prepare('SELECT DISTINCT county FROM campaign_counties').pluck().all() as string[];

interface Waiting {
  readonly answers: Uint8Array;
  readonly done: (value: { status: string }) => void;
}
let queue: Waiting[] = [];
const commit = raw.transaction((batch: readonly Waiting[]) => {
  for (const { answers } of batch) {
    const random = randomBytes(36);
    insert.run(
      Number(counties[random.readUInt32LE(32) % counties.length]),
      random.subarray(0, 16),
      1 + (random[34]! % 60),
      random.subarray(16, 32),
      answers,
    );
  }
});
function flush(): void {
  const batch = queue;
  queue = [];
  commit(batch);
  for (const { done } of batch) done({ status: 'received' });
}

const app = fastify({ logger: false });
const properties: Record<string, object> = {};
const points: Record<string, Map<string, number>> = {};
const { items, scales } = benchQuestionnaire();
for (const item of items) {
  if (item.type !== 'rating') continue;
  const options = scales[item.scale]!.options.map((o) => o.id);
  properties[item.id] = { type: 'string', enum: options };
  points[item.id] = new Map(options.map((id, i) => [id, i + 1]));
}
const names = Object.keys(properties);
app.post<{ Body: { answers: Record<string, string> } }>(
  '/s/:code',
  {
    schema: {
      body: {
        type: 'object',
        required: ['answers'],
        properties: {
          answers: { type: 'object', required: names, additionalProperties: false, properties },
        },
      },
      response: { 200: { type: 'object', properties: { status: { type: 'string' } } } },
    },
  },
  ({ body }) => {
    const answers = Uint8Array.from(names, (name) => points[name]!.get(body.answers[name]!)!);
    return new Promise((done) => {
      if (queue.length === 0) setImmediate(flush);
      queue.push({ answers, done });
    });
  },
);
await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${(app.server.address() as AddressInfo).port}\n`);
process.once('SIGTERM', () => void app.close());

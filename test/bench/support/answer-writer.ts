/**
 * One process that stores answers as fast as its storage takes them, batch after batch as the intake makes them, for so many seconds. `bare`: no rule is
 * applied, the same rows go into the same table by the same driver, which writes lists as text; `bare-binary`: they go over as the storage sends its own. Given: what, address or folder, folder of the keys, counties, first code, codes, size of a batch, batches
 * at once. It ends early when each code has answered.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type * as Pseudonym from '../../../src/domain/code/pseudonym.ts';
import type { ResponseEntry } from '../../../src/domain/model/answer.ts';
import type * as Compile from '../../../src/domain/questionnaire/compile.ts';
import type * as KeyStore from '../../../src/keys/key-store.ts';
import type * as Binary from '../../../src/storage/postgres/binary-array.ts';
import type * as Postgres from '../../../src/storage/postgres/index.ts';
import type * as Sqlite from '../../../src/storage/sqlite/index.ts';
import { benchQuestionnaire, campaign, codeOf, countyCode } from './survey.ts';

/** The built program: the loader that runs TypeScript makes every function dearer. */
const built = (path: string): Promise<unknown> =>
  import(new URL(`../../../dist/${path}.js`, import.meta.url).href);
const { pseudonymOf, textIdOf } = (await built('domain/code/pseudonym')) as typeof Pseudonym;
const { compileQuestionnaire } = (await built('domain/questionnaire/compile')) as typeof Compile;
const { createFileKeyStore } = (await built('keys/key-store')) as typeof KeyStore;
const { binaryArray } = (await built('storage/postgres/binary-array')) as typeof Binary;
const { openPostgresStorage } = (await built('storage/postgres/index')) as typeof Postgres;
const { openSqliteStorage } = (await built('storage/sqlite/index')) as typeof Sqlite;

const [what = '', place = '', keyDir = '', ...numbers] = process.argv.slice(2);
const [counties = 0, first = 0, codes = 0, batchSize = 0, atOnce = 0] = numbers.map(Number);
const isBare = what.startsWith('bare');
/** Batches before the time is taken, so that what is measured is compiled. */
const warming = 30;
const compiled = compileQuestionnaire(benchQuestionnaire());
const keys = createFileKeyStore(keyDir);
const [key, textKey] = [keys.use(campaign, 'pseudonym'), keys.use(campaign, 'text')];

let next = 0;
function entry(): ResponseEntry {
  // One in ten has answered before, some batches ago.
  const at = next > 600 && next % 10 === 0 ? next - 505 : next;
  next++;
  const code = codeOf(first + (at % codes));
  return {
    campaign,
    county: null,
    pseudonym: pseudonymOf(key, code),
    channel: 'web',
    link: null,
    questionnaire: 1,
    nonce: new Uint8Array(randomBytes(16)),
    answers: Uint8Array.from({ length: compiled.byteLength }, (_, i) => 1 + ((next + i) % 4)),
    textId: textIdOf(textKey, code),
    texts: [],
  };
}

/** Rows of nobody, so that they are always new. */
async function openBare() {
  const clients = Array.from({ length: atOnce }, () => new pg.Client({ connectionString: place }));
  for (const client of clients) await client.connect();
  const countyNumbers = Array.from({ length: counties }, (_, c) => Number(countyCode(c)));
  const list = (type: Binary.ElementType, of: readonly unknown[]) =>
    what === 'bare-binary' ? binaryArray(type, of) : of;
  const text = `INSERT INTO responses (campaign, county, pseudonym, revision, questionnaire, reporting_stratum, channel, nonce, answers, lot)
    SELECT 1, county, pseudonym, 1, 1, stratum, 0, nonce, answers, 0
    FROM unnest($1::integer[], $2::bytea[], $3::integer[], $4::bytea[], $5::bytea[]) AS t (county, pseudonym, stratum, nonce, answers)`;
  return {
    async store(batch: readonly ResponseEntry[], lane: number): Promise<void> {
      const client = clients[lane]!;
      const values = [
        list(
          'integer',
          batch.map((_, i) => countyNumbers[i % counties]),
        ),
        // Never one that there is.
        list(
          'bytea',
          batch.map((e) => Buffer.from(e.nonce)),
        ),
        list(
          'integer',
          batch.map((_, i) => 1 + (i % 60)),
        ),
        list(
          'bytea',
          batch.map((e) => Buffer.from(e.nonce)),
        ),
        list(
          'bytea',
          batch.map((e) => Buffer.from(e.answers)),
        ),
      ];
      await client.query('BEGIN');
      await client.query({ name: 'bare', text, values });
      await client.query('COMMIT');
    },
    close: () => Promise.all(clients.map((client) => client.end())),
  };
}

async function openStorage() {
  const storage =
    what === 'sqlite'
      ? await openSqliteStorage({ directory: place })
      : await openPostgresStorage({ url: place, connections: 4 });
  return {
    async store(batch: readonly ResponseEntry[]): Promise<void> {
      const results = await storage.recordResponses(batch);
      const refused = results.find((r) => r !== 'stored');
      if (refused !== undefined) throw new Error(refused);
    },
    close: () => storage.close(),
  };
}

const target = await (isBare ? openBare() : openStorage());
/** As many batches at once as a service has in flight. @returns how many answers were stored */
async function storeWhile(isGoingOn: () => boolean): Promise<number> {
  let stored = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async (_, lane) => {
      while (isGoingOn()) {
        await target.store(Array.from({ length: batchSize }, entry), lane);
        stored += batchSize;
      }
    }),
  );
  return stored;
}
process.on('message', (seconds: number) => {
  void (async () => {
    const started = performance.now();
    const before = process.cpuUsage();
    const isGoingOn = () =>
      performance.now() - started < seconds * 1000 && (isBare || next + batchSize <= codes);
    const stored = await storeWhile(isGoingOn);
    const perSecond = (stored * 1000) / (performance.now() - started);
    const { user, system } = process.cpuUsage(before);
    process.send?.({ perSecond, stored, cpuMs: (user + system) / 1000 });
  })();
});
process.once('disconnect', () => void target.close());
await storeWhile(() => next < warming * batchSize);
process.send?.('ready');

/**
 * One process that stores answers as fast as its storage takes them, batch after batch as the intake makes them, for so many seconds. `bare`: no rule is
 * applied, the same rows go into the same table by the same driver. Given: what, address or folder, folder of the keys, first code, codes.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { pseudonymOf, textIdOf } from '../../../src/domain/code/pseudonym.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import type { ResponseEntry } from '../../../src/domain/model/answer.ts';
import { createFileKeyStore } from '../../../src/keys/key-store.ts';
import { openPostgresStorage } from '../../../src/storage/postgres/index.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/index.ts';
import { benchQuestionnaire, campaign, codeOf, countyCode } from './survey.ts';

const [what = '', place = '', keyDir = '', counties = '', first = '', codes = '', size = ''] =
  process.argv.slice(2);
const batchSize = Number(size);
const compiled = compileQuestionnaire(benchQuestionnaire());
const keys = createFileKeyStore(keyDir);
const [key, textKey] = [keys.use(campaign, 'pseudonym'), keys.use(campaign, 'text')];

let next = 0;
function entry(): ResponseEntry {
  // One in ten has answered before.
  const at = next > 100 && next % 10 === 0 ? next - 50 : next;
  next++;
  const code = codeOf(Number(first) + (at % Number(codes)));
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
  const client = new pg.Client({ connectionString: place });
  await client.connect();
  const numbers = Array.from({ length: Number(counties) }, (_, c) => Number(countyCode(c)));
  const text = `INSERT INTO responses (campaign, county, pseudonym, revision, questionnaire, reporting_stratum, channel, nonce, answers, lot)
    SELECT 1, county, pseudonym, 1, 1, stratum, 0, nonce, answers, 0
    FROM unnest($1::integer[], $2::bytea[], $3::integer[], $4::bytea[], $5::bytea[]) AS t (county, pseudonym, stratum, nonce, answers)`;
  return {
    async store(batch: readonly ResponseEntry[]): Promise<void> {
      const values = [
        batch.map((_, i) => numbers[i % numbers.length]),
        batch.map(() => randomBytes(16)),
        batch.map((_, i) => 1 + (i % 60)),
        batch.map((e) => Buffer.from(e.nonce)),
        batch.map((e) => Buffer.from(e.answers)),
      ];
      await client.query('BEGIN');
      await client.query({ name: 'bare', text, values });
      await client.query('COMMIT');
    },
    close: () => client.end(),
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

const target = await (what === 'bare' ? openBare() : openStorage());
process.on('message', (seconds: number) => {
  void (async () => {
    let stored = 0;
    const started = performance.now();
    while (performance.now() - started < seconds * 1000) {
      await target.store(Array.from({ length: batchSize }, entry));
      stored += batchSize;
    }
    process.send?.({ perSecond: (stored * 1000) / (performance.now() - started) });
  })();
});
process.once('disconnect', () => void target.close());
process.send?.('ready');

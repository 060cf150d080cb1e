/**
 * A process to be killed: stores answers in PostgreSQL, batch after batch, and prints a line for each that was acknowledged, before it sends the next ones.
 * `postgres-answerer.ts ADDRESS KEYS FIRST CODES`
 */
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { pseudonymOf, textIdOf } from '../../src/domain/code/pseudonym.ts';
import { AppError } from '../../src/domain/errors.ts';
import { toHex } from '../../src/domain/hash.ts';
import type { ResponseEntry } from '../../src/domain/model/answer.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { benchQuestionnaire, campaign, codeOf } from '../bench/support/survey.ts';

const [, , url = '', keyDir = '', first = '', codes = ''] = process.argv;
const { byteLength } = compileQuestionnaire(benchQuestionnaire());
const keys = createFileKeyStore(keyDir);
const [key, textKey] = [keys.use(campaign, 'pseudonym'), keys.use(campaign, 'text')];
/** The server may be down at this moment, too. */
async function open(): ReturnType<typeof openPostgresStorage> {
  for (;;)
    try {
      return await openPostgresStorage({ url, connections: 4 });
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'unavailable') throw error;
      await pause(50);
    }
}
const storage = await open();

function entry(): ResponseEntry {
  const [random] = new Uint32Array(new Uint8Array(randomBytes(4)).buffer);
  const code = codeOf(Number(first) + (random! % Number(codes)));
  return {
    campaign,
    county: null,
    pseudonym: pseudonymOf(key, code),
    channel: 'web',
    link: null,
    questionnaire: 1,
    nonce: new Uint8Array(randomBytes(16)),
    answers: Uint8Array.from(randomBytes(byteLength), (b) => 1 + (b & 3)),
    textId: textIdOf(textKey, code),
    texts: [],
  };
}

for (;;) {
  const batch = Array.from({ length: 8 }, entry);
  try {
    const results = await storage.recordResponses(batch);
    const stored = batch.filter((_, i) => results[i] === 'stored');
    writeSync(1, stored.map((e) => `${toHex(e.nonce)}\n`).join(''));
  } catch (error) {
    // As whoever answers is told to come again; what became of these, nobody has said.
    if (!(error instanceof AppError) || error.kind !== 'unavailable') throw error;
    await pause(50);
  }
}

/** A survey to be answered by a crowd, and the crowd's own ledger of what it sent and what was acknowledged, to be held against the database. */
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { expect } from 'vitest';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import { toHex } from '../../src/domain/hash.ts';
import { createAnswerParser } from '../../src/domain/questionnaire/answers.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { answersPerHour } from '../../src/http/plugins/code-limit.ts';
import {
  benchQuestionnaire,
  campaign,
  codeOf,
  countyCode,
  createRandom,
  createSurvey,
  randomAnswers,
} from '../bench/support/survey.ts';
import { openConnection, type Places } from './process.ts';
import { temporaryFolder } from './at-end.ts';

export { campaign, codeOf, countyCode };
export const questionnaire = benchQuestionnaire();
const compiled = compileQuestionnaire(questionnaire);
const parser = createAnswerParser(compiled);
export const counties = 3;

/** A new folder with an open campaign and so many codes. */
export async function createPlace(codes: number) {
  const place = temporaryFolder('manyi-failure');
  const directory = place.path;
  const places: Places = { data: join(directory, 'data'), keys: join(directory, 'keys') };
  const storage = await openSqliteStorage({ directory: places.data, inline: true });
  await createSurvey(storage, places.keys, { counties, codes, answered: 0 });
  await storage.close();
  return { ...places, directory, remove: () => place.remove() };
}

/** A sheet as a form, and as the bytes that must be stored for it. */
export function createSheets(seed: number) {
  const random = createRandom(seed);
  return {
    random,
    next(): { readonly form: string; readonly bytes: string } {
      const answers = randomAnswers(questionnaire, random);
      const parsed = parser.parseJson(answers);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
      return {
        form: new URLSearchParams({ _language: 'zh-CN', ...answers, comments: '' }).toString(),
        bytes: toHex(parsed.bytes),
      };
    },
  };
}

interface Sent {
  readonly bytes: string;
  acknowledged: boolean;
}

/** Everything sent, by code, in the order in which each code's only sender sent it. */
export function createLedger() {
  const byCode = new Map<string, Sent[]>();
  let acknowledged = 0;
  return {
    byCode,
    acknowledged: () => acknowledged,
    sending(code: string, bytes: string): () => void {
      const sent: Sent = { bytes, acknowledged: false };
      const list = byCode.get(code);
      if (list) list.push(sent);
      else byCode.set(code, [sent]);
      return () => {
        sent.acknowledged = true;
        acknowledged++;
      };
    },
  };
}
export type Ledger = ReturnType<typeof createLedger>;

/**
 * Connections that answer until theirs breaks or `enough` says so. Each owns the codes of its own number, and one answer in five is a second one.
 * No code answers more often than the service takes in an hour, which a quick machine comes to in seconds. A status other than 303 is handed to `otherwise`, which throws if it is left out.
 */
export async function answerFrom(
  port: number,
  options: {
    readonly connections: number;
    readonly codes: number;
    /** Number of the first of them; left out: 0. */
    readonly first?: number;
    readonly seed: number;
    readonly ledger: Ledger;
    readonly enough: () => boolean;
    readonly acknowledged?: () => void;
    readonly otherwise?: (status: number, body: string) => void;
  },
): Promise<void> {
  const { connections, codes, first = 0, seed, ledger } = options;
  await Promise.all(
    Array.from({ length: connections }, async (_, c) => {
      const sheets = createSheets(seed * 1000 + c + 1);
      const connection = openConnection(port);
      const own = Math.floor((codes - c + connections - 1) / connections);
      const sent = new Uint8Array(own);
      try {
        while (!options.enough()) {
          let at = Math.floor(sheets.random() * own);
          for (let tried = 0; sent[at] === answersPerHour; at = (at + 1) % own)
            if (++tried > own) throw new Error(`${codes} codes are too few for so long`);
          sent[at]!++;
          const code = codeOf(first + c + connections * at);
          const sheet = sheets.next();
          const isIn = ledger.sending(code, sheet.bytes);
          const reply = await connection.postForm(`/s/${code}`, sheet.form).catch(() => null);
          // Cut off: whether it was stored, nobody has said.
          if (reply === null) return;
          if (reply.status === 303) {
            isIn();
            options.acknowledged?.();
          } else if (options.otherwise) options.otherwise(reply.status, reply.body);
          else throw new Error(`status ${reply.status}`);
        }
      } finally {
        connection.close();
      }
    }),
  );
}

/**
 * Every acknowledged sheet stands there once, in its code's order, nothing stands there that was not sent, and the tallies equal a recount of the rows.
 * Returns how many rows there are.
 */
export async function assertLedger(places: Places, ledger: Ledger): Promise<number> {
  const keys = createFileKeyStore(places.keys);
  const key = keys.use(campaign, 'pseudonym');
  const storage = await openSqliteStorage({ directory: places.data, inline: true });
  const raw = new Database(join(places.data, 'manyi.db'), { readonly: true });
  try {
    const stored = new Map<string, string[]>();
    const rows = raw
      .prepare('SELECT pseudonym, revision, answers FROM responses ORDER BY pseudonym, revision')
      .all() as { pseudonym: Buffer; revision: number; answers: Buffer }[];
    for (const { pseudonym, revision, answers } of rows) {
      const name = pseudonym.toString('hex');
      const list = stored.get(name) ?? [];
      expect(revision).toBe(list.length + 1);
      list.push(answers.toString('hex'));
      stored.set(name, list);
    }
    let explained = 0;
    for (const [code, sent] of ledger.byCode) {
      const there = stored.get(toHex(pseudonymOf(key, code))) ?? [];
      expect(matches(sent, there), `${JSON.stringify(sent)} against ${there.join()}`).toBe(true);
      explained += there.length;
    }
    expect(explained).toBe(rows.length);
    let counted = 0;
    for (let c = 0; c < counties; c++) {
      const recount = (await storage.recount(campaign, [countyCode(c)]))[0]!;
      expect(recount.differences).toEqual([]);
      counted += recount.responses;
    }
    expect(counted).toBe(stored.size);
    return rows.length;
  } finally {
    raw.close();
    await storage.close();
  }
}

/** Is `there` what was sent, in order, with nothing left out but what was not acknowledged? */
export function matches(sent: readonly Sent[], there: readonly string[]): boolean {
  // Which prefixes of `there` can be explained by the sheets sent so far.
  let reached = new Set([0]);
  for (const { bytes, acknowledged } of sent) {
    const next = new Set<number>(acknowledged ? [] : reached);
    for (const n of reached) if (there[n] === bytes) next.add(n + 1);
    reached = next;
  }
  return reached.has(there.length);
}

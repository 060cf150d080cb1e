/**
 * A county closes while people answer another campaign. Whatever grows with its roll or answers is done in parts, and between any two of them the other campaign's
 * answers are stored; no part changes more rows than a bound that does not depend on the county. Stopped between any two parts, it goes on.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../src/domain/model/ids.ts';
import { contentHash } from '../../src/domain/hash.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import type { ResponseEntry } from '../../src/domain/model/answer.ts';
import { openConnection } from '../../src/storage/sqlite/connection.ts';
import { createContext } from '../../src/storage/sqlite/context.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { modeOf, runOperation, type OperationName } from '../../src/storage/sqlite/operations.ts';
import type { CallPart } from '../../src/storage/shared/part-calls.ts';
import { partedOperations } from '../../src/storage/shared/parts.ts';
import {
  answerSurvey,
  benchQuestionnaire,
  campaign,
  codeOf,
  countyCode,
  createSurvey,
} from '../bench/support/survey.ts';

vi.setConfig({ hookTimeout: 120_000, testTimeout: 120_000 });

const county = countyCode(0);
const size = { counties: 2, codes: 6000, answered: 5000 };
const other = 'zzzzzzzzzzzz' as CampaignId;
const stamp = { at: Date.UTC(2026, 4, 12), actor: systemActor };
/** Rows of a part with its indexes, leaves and tiles; what a county of any size may not exceed. */
const bound = 2600;
const lotSize = 500;
let folder: string;
let otherPseudonym: Uint8Array;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-closing-'));
  const data = join(folder, 'open');
  const keys = join(folder, 'keys');
  const storage = await openSqliteStorage({ directory: data, inline: true, unsafeWithoutSync: true });
  await createSurvey(storage, keys, size);
  // Not in the order of the strata.
  await answerSurvey(storage, keys, size, 4000, size.answered);
  await answerSurvey(storage, keys, size, 0, 4000);
  // A third answered once more.
  await answerSurvey(storage, keys, size, 0, 1700);
  const open = (await storage.findCampaign(campaign))!;
  const key = createFileKeyStore(keys).create(other);
  await storage.createCampaign(
    stamp,
    {
      ...open,
      id: other,
      counties: [{ code: county, name: '另一县', residents: null, slips: [{ group: 'parent', count: 1 }] }],
    },
    [],
    key,
  );
  await storage.freezeFrame(stamp, other, county, {
    root: new Uint8Array(32),
    size: 0,
    version: 0,
  });
  await storage.beginDraw(stamp, other, county, {
    dice: '1'.repeat(20),
    seed: new Uint8Array(32),
    moves: [],
    quotas: {},
  });
  otherPseudonym = pseudonymOf(createFileKeyStore(keys).use(other, 'pseudonym'), codeOf(0));
  await storage.saveDrawn(
    other,
    county,
    [],
    [{ pseudonym: otherPseudonym, samplingStratum: 1, reportingStratum: 1, questionnaire: 1, set: 'drawn' }],
  );
  const { sampling, reporting } = await storage.readStrata(campaign, county);
  await storage.finishDraw(stamp, other, county, sampling, reporting);
  await storage.openCampaign(stamp, other);
  const reported = Array.from({ length: 1700 }, (_, i) => {
    const entry = new Uint8Array(16);
    new DataView(entry.buffer).setUint32(0, i);
    return { entry, fate: 'delivered' as const };
  });
  await storage.saveFates(stamp, campaign, county, reported, { name: 'report.csv', hash: '00' });
  await storage.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { byteLength } = compileQuestionnaire(benchQuestionnaire());
const entry = (n: number): ResponseEntry => ({
  campaign: other,
  county,
  pseudonym: otherPseudonym,
  channel: 'web',
  link: null,
  questionnaire: 1,
  nonce: new Uint8Array(16).fill(n % 256),
  answers: new Uint8Array(byteLength).fill(1),
  textId: new Uint8Array(16),
  texts: [],
});

class Stopped extends Error {}

interface Part {
  readonly name: OperationName;
  readonly changes: number;
}

/** The whole of closing as the storage does it, on one connection; `stopAt`: no more parts after so many. */
async function close(directory: string, stopAt = Infinity) {
  const connection = openConnection(directory, false);
  connection.raw.pragma('synchronous = OFF');
  const ctx = createContext(connection);
  const changes = connection.raw.prepare('SELECT total_changes()').pluck();
  const parts: Part[] = [];
  let answers = 0;
  const write = (name: OperationName, args: readonly unknown[]): unknown => {
    const before = changes.get() as number;
    const result = runOperation(ctx, name, args);
    if (modeOf(name) !== 'scan') parts.push({ name, changes: (changes.get() as number) - before });
    return result;
  };
  const call = ((name: OperationName, ...args: readonly unknown[]) => {
    if (parts.length >= stopAt) return Promise.reject(new Stopped());
    const result = write(name, args);
    expect(runOperation(ctx, 'recordResponses', [[entry(answers)]])).toEqual(['stored']);
    answers++;
    return Promise.resolve(result);
  }) as CallPart;
  const { closingStep, state } = runOperation(ctx, 'findCampaign', [campaign]) as {
    closingStep: string | null;
    state: string;
  };
  const counties: readonly CountyCode[] = [county, countyCode(1)];
  let step = closingStep;
  const done = () => {
    write('completeClosingStep', [stamp, campaign, step, {}]);
    step = (runOperation(ctx, 'findCampaign', [campaign]) as { closingStep: string | null }).closingStep;
  };
  try {
    if (state === 'open') {
      write('beginClosing', [stamp, campaign]);
      step = 'drain';
    }
    if (step === 'drain') done();
    if (step === 'count') {
      for (const code of counties) await partedOperations.countClosing(call, stamp, campaign, code, []);
      done();
    }
    if (step === 'seal') {
      for (const code of counties) {
        let after = null;
        do {
          const part: Awaited<ReturnType<typeof partedOperations.sealLot>> = await partedOperations.sealLot(
            call,
            campaign,
            code,
            { at: stamp.at, minimum: 1, limit: lotSize, after },
          );
          after = part.next as never;
        } while (after !== null);
      }
      done();
    }
    if (step === 'backup') done();
    if (step === 'erase') {
      for (const code of counties) await partedOperations.eraseSuperseded(call, campaign, code);
      done();
    }
    while (step !== null) done();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
  const rows = (sql: string, ...values: unknown[]) =>
    connection.raw
      .prepare(sql)
      .raw()
      .all(...values) as unknown[][];
  const no = rows('SELECT no FROM campaigns WHERE id = ?', campaign)[0]![0];
  const outcome = {
    responses: contentHash(
      rows(
        'SELECT county, hex(pseudonym), revision, hex(answers), hex(content_hash) FROM responses WHERE campaign = ? ORDER BY 1, 2, 3',
        no,
      ),
    ),
    tables: ['tallies', 'first_tallies', 'reanswers', 'flags', 'fate_counts', 'delivery_fates'].map((table) =>
      contentHash(
        rows(`SELECT * FROM ${table} WHERE campaign = ?`, no).map((row) =>
          row.map((v) => (Buffer.isBuffer(v) ? v.toString('hex') : v)),
        ),
      ),
    ),
    states: rows(
      'SELECT county, type, count(*) FROM evidence_leaves WHERE campaign = ? AND type <> 13 GROUP BY 1, 2 ORDER BY 1, 2',
      no,
    ),
    leaves: rows(
      `SELECT county, size - (SELECT count(*) FROM evidence_leaves v WHERE v.campaign = l.campaign AND v.county = l.county) FROM evidence_logs l
       WHERE campaign = ? ORDER BY county`,
      no,
    ),
    step,
  };
  const [recount] = runOperation(ctx, 'recount', [other, [county]]) as readonly { differences: unknown[] }[];
  connection.raw.close();
  return { parts, answers, outcome, differences: recount!.differences };
}

function copy(): string {
  const to = mkdtempSync(join(folder, 'run-'));
  cpSync(join(folder, 'open'), to, { recursive: true });
  return to;
}

describe('closing while others answer', () => {
  let whole: Awaited<ReturnType<typeof close>>;
  beforeAll(async () => {
    whole = await close(copy());
  });

  it('is done in parts, and answers of another campaign are stored between any two of them', () => {
    const names = whole.parts.map((p) => p.name);
    for (const name of [
      'eraseCells',
      'saveCells',
      'saveCounts',
      'eraseFates',
      'sealListed',
      'eraseRevisions',
    ] as const)
      expect(names.filter((n) => n === name).length, name).toBeGreaterThan(1);
    expect(whole.answers).toBeGreaterThan(30);
    expect(whole.differences).toEqual([]);
    expect(whole.outcome.step).toBeNull();
  });

  it('changes no more rows at once than a bound', () => {
    expect(whole.parts.filter((p) => p.changes > bound)).toEqual([]);
  });

  it('leaves the tallies in the order of their keys, whatever was answered first', async () => {
    const order = (directory: string, table: string) => {
      const { raw } = openConnection(directory, true);
      const read = (by: string) =>
        raw
          .prepare(
            `SELECT county, questionnaire, sampling_stratum, reporting_stratum, channel, counted_set, valid FROM ${table} t
             JOIN campaigns c ON c.no = t.campaign WHERE c.id = ? ORDER BY ${by}`,
          )
          .raw()
          .all(campaign);
      const found = { stored: read('t.rowid'), sorted: read('1, 2, 3, 4, 5, 6, 7') };
      raw.close();
      return found;
    };
    const directory = copy();
    await close(directory);
    for (const table of ['tallies', 'first_tallies']) {
      expect(order(join(folder, 'open'), table).stored).toEqual([]);
      const { stored, sorted } = order(directory, table);
      expect(stored).toEqual(sorted);
      // Every stratum of both counties was answered.
      expect(stored.length).toBeGreaterThanOrEqual(2 * 60);
    }
  });

  it('goes on after a stop between any two parts, and ends the same', async () => {
    const last = whole.parts.findLastIndex((p) => p.name === 'eraseRevisions');
    for (let stopAt = 1; stopAt <= last; stopAt += Math.max(1, Math.floor(last / 12))) {
      const directory = copy();
      const stopped = await close(directory, stopAt);
      expect(stopped.outcome.step, `part ${stopAt}`).not.toBeNull();
      const { outcome } = await close(directory);
      expect(outcome, `part ${stopAt}`).toEqual(whole.outcome);
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

/** Parts of long work are not synced one by one: a power cut may take the newest of them, and nothing else. */
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ClosingStep } from '../../src/domain/campaign/life-cycle.ts';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { AppError } from '../../src/domain/errors.ts';
import { leafTypeOf } from '../../src/domain/evidence/leaf.ts';
import type { SealingPoint } from '../../src/domain/model/evidence.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import { openConnection } from '../../src/storage/sqlite/connection.ts';
import { createContext } from '../../src/storage/sqlite/context.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { findDamage } from '../../src/storage/sqlite/integrity.ts';
import { runOperation, type OperationName } from '../../src/storage/sqlite/operations.ts';
import type { PackedCount } from '../../src/storage/shared/part-calls.ts';
import { answerSurvey, campaign, countyCode } from '../bench/support/survey.ts';
import { useAnsweredSurvey } from '../support/answered-survey.ts';

const county = countyCode(0);
const size = { counties: 1, codes: 240, answered: 150 };
const stamp = { at: 1, actor: systemActor };

const survey = useAnsweredSurvey(size);

/** As a power cut leaves the folder: the log to so many bytes, and of what comes after them nothing. */
function cut(name: string, bytes: number): string {
  const copy = join(survey.directory, name);
  mkdirSync(copy);
  copyFileSync(join(survey.directory, 'data', 'manyi.db'), join(copy, 'manyi.db'));
  writeFileSync(
    join(copy, 'manyi.db-wal'),
    readFileSync(join(survey.directory, 'data', 'manyi.db-wal')).subarray(0, bytes),
  );
  return copy;
}
const logBytes = () => statSync(join(survey.directory, 'data', 'manyi.db-wal')).size;

async function seal(into: Storage, parts = Infinity): Promise<void> {
  let after: SealingPoint | null = null;
  for (let n = 0; n < parts; n++) {
    after = (await into.sealLot(campaign, county, { at: 5, minimum: 1, limit: 20, after })).next;
    if (after === null) return;
  }
}

it('keeps every answer, whatever part of the sealing a power cut takes, and seals each once', async () => {
  const synced = logBytes();
  await seal(survey.storage, 3);
  const end = logBytes();
  expect(end).toBeGreaterThan(synced);
  const step = Math.ceil((end - synced) / 9);
  const sealed = new Set<number>();
  for (let bytes = synced; bytes < end + step; bytes += step) {
    const data = cut(`cut-${bytes}`, Math.min(bytes, end));
    const { raw } = openConnection(data, false);
    try {
      const count = (where: string): number =>
        raw.prepare(`SELECT count(*) FROM responses WHERE ${where}`).pluck().get() as number;
      expect(findDamage(raw)).toEqual([]);
      expect(count('true')).toBe(size.answered);
      sealed.add(count('lot > 0'));
    } finally {
      raw.close();
    }
    const next = await openSqliteStorage({ directory: data, inline: true });
    try {
      await seal(next);
      const leaves = await next.listLeaves(campaign, county, 0, 1000);
      const types = leaves.map((leaf) => leafTypeOf(leaf.data ?? new Uint8Array()));
      expect(types.filter((type) => type === 'response')).toHaveLength(size.answered);
      expect((await next.findLog(campaign, county))?.size).toBe(leaves.length);
    } finally {
      await next.close();
    }
  }
  // Not only all or nothing was tried.
  expect([...sealed].sort((a, b) => a - b)).toEqual([0, 20, 40, 60]);
});

it('syncs answers and the end of each step, and does not sync the parts between', async () => {
  const { raw, ...rest } = openConnection(cut('watched', logBytes()), false);
  const context = createContext({ raw, ...rest });
  const run = (name: OperationName, ...args: readonly unknown[]) => runOperation(context, name, args);
  const levels = new Map<unknown, Set<unknown>>();
  // Asking within a statement is not allowed.
  let level = raw.pragma('synchronous', { simple: true });
  const pragma = raw.pragma.bind(raw);
  raw.pragma = (source, options) => {
    const result = pragma(source, options);
    level = pragma('synchronous', { simple: true });
    return result;
  };
  raw.function('watch', { directOnly: false }, (what) => {
    levels.set(what, (levels.get(what) ?? new Set()).add(level));
    return null;
  });
  raw.exec(`CREATE TEMP TRIGGER a AFTER INSERT ON responses BEGIN SELECT watch('answer'); END;
    CREATE TEMP TRIGGER b AFTER UPDATE ON campaigns BEGIN SELECT watch('step'); END;
    CREATE TEMP TRIGGER c AFTER INSERT ON tallies BEGIN SELECT watch('cell'); END;
    CREATE TEMP TRIGGER d AFTER UPDATE ON responses BEGIN SELECT watch('sealed'); END;`);
  try {
    const recordResponses = (batch: unknown) => Promise.resolve(run('recordResponses', batch));
    await answerSurvey({ recordResponses } as Storage, join(survey.directory, 'keys'), size, 150, 160);
    const complete = (step: ClosingStep) => run('completeClosingStep', stamp, campaign, step, {});
    run('beginClosing', stamp, campaign);
    complete('drain');
    const { cells, firstCells, ...counts } = run('countCounty', campaign, county, 25) as PackedCount;
    for (const part of cells) run('saveCells', campaign, county, 'tallies', part);
    for (const part of firstCells) run('saveCells', campaign, county, 'first_tallies', part);
    run('saveCounts', stamp, campaign, county, { ...counts, fates: [] });
    complete('count');
    const { strata, waiting } = run('findSealable', campaign, county, 1) as SealingPoint;
    const { keys } = run('listSealable', campaign, county, strata, null, 20) as { keys: unknown };
    run('sealListed', campaign, county, { at: 5, keys, waiting, isLast: false, scheduled: false });
    expect(levels).toEqual(
      new Map([
        ['answer', new Set([2])],
        ['step', new Set([2])],
        ['cell', new Set([1])],
        ['sealed', new Set([1])],
      ]),
    );
    // Refused: the count is over.
    expect(() => run('saveCells', campaign, county, 'tallies', cells[0])).toThrow(AppError);
    expect(pragma('synchronous', { simple: true })).toBe(2);
  } finally {
    raw.close();
  }
});

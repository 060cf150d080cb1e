/**
 * Operations whose work grows with the roll or the number of answers. The writer does them in parts of some milliseconds, between
 * which answers are stored. The reader does everything that must scan all rows. Each part is a transaction that checks for itself
 * whether it is still allowed. After a kill between two parts the same call resumes.
 */
import type { Fate } from '../../domain/messaging/fate.ts';
import { AppError } from '../../domain/errors.ts';
import { expiryStepAfter } from '../../domain/campaign/life-cycle.ts';
import type { Storage } from '../port/index.ts';
import type { CallPart, DrawnPart, PartedOperation } from './part-calls.ts';

/** Maximum number of rows that one transaction changes: two or three milliseconds. */
const rowsPerPart = 100;
/** The reader is asked for this many lots at once, because each call costs a turn of two threads. */
const lotsPerListing = 20;
/** A page holds some hundred rows of a file. */
const pagesPerPart = 20;
/** Tallies are a thousand times as large as a row. */
const cellsPerPart = 25;

function* chunks<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size);
}

type Parted = {
  readonly [K in PartedOperation]: (
    call: CallPart,
    ...args: Parameters<Storage[K]>
  ) => ReturnType<Storage[K]>;
};

export const partedOperations: Parted = {
  async discardImport(call, stamp, importId) {
    // First, so that nobody applies half-erased rows.
    await call('markDiscarded', stamp, importId);
    while ((await call('eraseStaged', importId, rowsPerPart)) > 0);
  },

  async withdrawImport(call, stamp, importId, reason) {
    if (reason !== null) await call('beginWithdrawal', stamp, importId, reason);
    let after: Uint8Array | null = null;
    do {
      const named: readonly Uint8Array[] = await call('listNamed', importId, after, rowsPerPart);
      after = named.length === rowsPerPart ? (named.at(-1) ?? null) : null;
      await call('withdrawListed', stamp, importId, named, after === null);
    } while (after !== null);
  },

  async eraseStatements(call, id, county) {
    while ((await call('erasePartOfStatements', id, county, rowsPerPart)) > 0);
  },

  async closeRollFile(call, stamp, file, why, leftOut) {
    await call('markFileClosed', stamp, file, why, leftOut);
    while ((await call('eraseFilePages', file, pagesPerPart)) > 0);
  },

  async resetDraw(call, id, county) {
    let left: DrawnPart | null = null;
    do {
      left = await call('listDrawn', id, county, left, rowsPerPart);
      // Even if there is nothing: it checks that a draw is in progress.
      await call('forgetDrawn', id, county, left);
    } while (left.pseudonyms.length === rowsPerPart || left.entries.length === rowsPerPart);
  },

  async finishDraw(call, stamp, id, county, sampling, reporting, canaries = []) {
    const commitment = await call('readIssueCommitment', id, county);
    await call('completeDraw', stamp, id, county, sampling, reporting, canaries, commitment);
  },

  async saveFates(call, stamp, id, county, fates, file) {
    const counts: Partial<Record<Fate, number>> = {};
    for (const { fate } of fates) counts[fate] = (counts[fate] ?? 0) + 1;
    for (const part of chunks(fates, rowsPerPart)) await call('putFates', id, county, part);
    await call('recordFates', stamp, id, county, file, counts);
  },

  async countClosing(call, stamp, id, county, fates) {
    const counted = await call('countCounty', id, county, cellsPerPart);
    if (counted) {
      const { cells, firstCells, ...rest } = counted;
      for (const [table, all] of [
        ['tallies', cells],
        ['first_tallies', firstCells],
      ] as const) {
        while ((await call('eraseCells', id, county, table, cellsPerPart)) > 0);
        for (const part of all) await call('saveCells', id, county, table, part);
      }
      await call('saveCounts', stamp, id, county, { ...rest, fates });
    }
    while ((await call('eraseFates', id, county, rowsPerPart)) > 0);
    while ((await call('eraseMessages', id, county, rowsPerPart)) > 0);
  },

  async sealLot(call, id, county, { at, minimum, limit, after, scheduled = false }) {
    const { strata, waiting } = after ?? (await call('findSealable', id, county, minimum));
    const { keys: listed, more } =
      after && after.listed.length > 0
        ? { keys: after.listed, more: after.more }
        : strata.length > 0
          ? await call('listSealable', id, county, strata, after, lotsPerListing * limit)
          : { keys: [], more: false };
    const waitingKeys = listed.slice(limit);
    const isLast = waitingKeys.length === 0 && !more;
    const sealed = await call('sealListed', id, county, {
      at,
      keys: listed.slice(0, limit),
      waiting,
      isLast,
      scheduled,
    });
    const last = listed.at(-1);
    const next =
      isLast || !last
        ? null
        : {
            pseudonym: last[0],
            revision: last[1],
            listed: waitingKeys,
            more,
            strata,
            waiting: Math.max(0, waiting - sealed.responses),
          };
    return { ...sealed, next };
  },

  async eraseSuperseded(call, id, county) {
    let erased = 0;
    let after: Uint8Array | null = null;
    do {
      const { keys, next }: Awaited<ReturnType<typeof list>> = await list(after);
      for (const part of chunks(keys, rowsPerPart)) await call('eraseRevisions', id, county, part);
      erased += new Set(keys.map(([pseudonym]) => Buffer.from(pseudonym).toString('latin1'))).size;
      after = next;
    } while (after !== null);
    return erased;

    function list(from: Uint8Array | null) {
      return call('listSuperseded', id, county, from, rowsPerPart);
    }
  },

  async eraseContents(call, id, county) {
    for (let after: readonly [Uint8Array, number] | null = null; ;) {
      const keys: readonly (readonly [Uint8Array, number])[] = await call(
        'listContents',
        id,
        county,
        after,
        rowsPerPart,
      );
      const last = keys.at(-1);
      if (!last) break;
      await call('eraseListed', id, county, keys);
      after = last;
    }
    while ((await call('eraseLeftovers', id, county, rowsPerPart)) > 0);
  },

  async completeExpiryStep(call, stamp, id, step, details) {
    // Nothing is added to a campaign whose storage period has ended: what the reader sees stays valid.
    if (step === 'erase' && (await call('countRemaining', id)) > 0)
      throw new AppError('conflict', 'expiry.step', { params: { step } });
    const tallies = expiryStepAfter(step) === null ? await call('hashTallies', id) : {};
    await call('markExpiryStep', stamp, id, step, details, tallies);
  },
};

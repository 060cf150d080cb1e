/**
 * The SQLite adapter of the storage port. One process writes: it holds a lock on a file beside the database. Writes go to the
 * writer thread, long reads to the reader thread. Look-ups by key run on the calling thread, on a read connection.
 */
import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { AppError } from '../../domain/errors.ts';
import type { CampaignId } from '../../domain/model/ids.ts';
import type { ResponseEntry } from '../../domain/model/answer.ts';
import { startThread } from '../../threads/start-thread.ts';
import type { Storage } from '../port/index.ts';
import type { StorageEvents } from '../port/maintenance.ts';
import { acquireWriterLock, isRestoreUnfinished, openConnection } from './connection.ts';
import { createContext } from './context.ts';
import { removeUnfinished } from './copies/copies.ts';
import { checkSchema, migrate, readMigrations } from './migrate.ts';
import { modeOf, operations, runOperation, type OperationName } from './operations.ts';
import { storageError } from './raw.ts';
import { createResultCache } from '../shared/result-cache.ts';
import { changesNoCounts } from '../shared/minor-changes.ts';
import type { CallPart } from '../shared/part-calls.ts';
import { partedOperations } from '../shared/parts.ts';
import { packRecorded } from './threads/results-wire.ts';
import {
  packBatch,
  unpackError,
  unpackResults,
  type Call,
  type Reply,
  type ThreadData,
} from './threads/wire.ts';

export interface SqliteOptions {
  /** Folder of the database; created if missing. */
  readonly directory: string;
  /** Read-only: beside a serving process, nothing is written. */
  readonly readOnly?: boolean;
  /** `true`: everything on the calling thread, for short-lived commands and tests. */
  readonly inline?: boolean;
  /**
   * Only to prove that a test notices it: nothing is synced, and a power cut loses acknowledged answers. No setting enables it.
   */
  readonly unsafeWithoutSync?: boolean;
  /** Called after every call of the writer, with the milliseconds for which nobody else could write. */
  readonly onWrite?: (name: OperationName, ms: number) => void;
  readonly onUpgrade?: StorageEvents['onUpgrade'];
  /** Called once if a thread dies by itself; every call fails from then on. */
  readonly onFatal?: (error: Error) => void;
}

type Exchange = Storage['exchangeMessages'];

interface Thread {
  call(name: OperationName, args: readonly unknown[], handedOver?: readonly ArrayBuffer[]): Promise<unknown>;
  close(): Promise<void>;
  readonly alive: boolean;
}

export async function openSqliteStorage(options: SqliteOptions): Promise<Storage> {
  const { directory, readOnly = false, inline = false, unsafeWithoutSync = false } = options;
  const lock = readOnly ? null : acquireWriterLock(directory);
  const threads: Thread[] = [];
  try {
    if (lock !== null) {
      if (isRestoreUnfinished(directory))
        throw new AppError('conflict', 'storage.unfinished-restore', { params: { directory } });
      removeUnfinished(directory);
    }
    const connection = openConnection(directory, readOnly);
    let schemaVersion: number;
    try {
      if (readOnly) {
        if (checkSchema(connection.raw).pending.length > 0) throw new AppError('conflict', 'storage.older');
        schemaVersion = readMigrations().length;
      } else schemaVersion = migrate(connection.raw, readMigrations(), options.onUpgrade);
    } catch (error) {
      connection.raw.close();
      throw error;
    }
    const context = createContext(connection);
    const here = (name: OperationName, args: readonly unknown[]): unknown => {
      const started = performance.now();
      try {
        const value = runOperation(context, name, args);
        if (isWrite(name)) options.onWrite?.(name, performance.now() - started);
        return value;
      } catch (error) {
        throw storageError(error);
      }
    };

    const checkpointer = inline || readOnly ? null : createCheckpointer(directory);
    let writer: Thread | null = null;
    if (!inline && !readOnly) {
      writer = await startStorageThread(
        { role: 'writer', directory, unsafeWithoutSync },
        options.onFatal,
        (name, ms) => {
          options.onWrite?.(name, ms);
          if (modeOf(name) === 'unsynced') checkpointer?.changed(answersPerPart);
          else if (name !== 'recordResponses' && ms > longWriteMs) checkpointer?.changed(answersPerLongWrite);
        },
      );
      threads.push(writer);
      connection.raw.pragma('query_only = ON');
    }
    const startReader = async (onFatal?: (error: Error) => void): Promise<Thread> => {
      try {
        const thread = await startStorageThread({ role: 'reader', directory }, onFatal);
        threads.push(thread);
        return thread;
      } catch (error) {
        throw storageError(error);
      }
    };
    // Started by the first long read, or soon after a log-in, because staff will read. Starting takes a twentieth of a second,
    // and should not happen during a close. A service that only takes answers saves its memory.
    let reader: Promise<Thread> | null = null;
    let closed = false;
    const getReader = (): Promise<Thread> =>
      (reader ??= startReader(options.onFatal).catch((error: unknown) => {
        reader = null;
        throw error;
      }));

    let soon: NodeJS.Timeout | null = null;
    const startReaderSoon = (): void => {
      if (inline || readOnly || reader !== null) return;
      // The next read gets the error.
      soon ??= setTimeout(() => void getReader().catch(() => undefined), readerDelayMs).unref();
    };

    const cache = createResultCache();
    /** Changes that an audit could notice. */
    let ownChanges = 0;
    const dispatch = async (name: OperationName, args: readonly unknown[]): Promise<unknown> => {
      const mode = modeOf(name);
      if (isWrite(name)) {
        if (readOnly) throw new AppError('unavailable', 'storage.look-only');
        const minor = changesNoCounts.has(name);
        if (name === 'beginSession') startReaderSoon();
        try {
          return writer ? await writer.call(name, args) : here(name, args);
        } finally {
          cache.clear({ minor });
          if (!minor) ownChanges++;
        }
      }
      if (closed) throw new AppError('unavailable', 'storage.closed');
      // A read-only process has another process writing beside it, and gets no notification.
      const find = async () =>
        (mode === 'scan' || mode === 'cached-scan') && !inline
          ? (await getReader()).call(name, args)
          : here(name, args);
      if ((mode !== 'cached' && mode !== 'cached-scan') || readOnly) return find();
      return cache.get(name, args, find, { isLarge: mode === 'cached-scan' });
    };

    const port: Record<string, unknown> = {};
    for (const name of Object.keys(operations) as (keyof typeof operations)[]) {
      port[name] = (...args: readonly unknown[]) => dispatch(name, args);
    }
    const callPart = async (name: OperationName, ...args: readonly unknown[]): Promise<unknown> => {
      const started = performance.now();
      const value = await dispatch(name, args);
      // The writer and its core are free for answers at least five sixths of the time.
      if (writer && isWrite(name)) await pause(Math.min(longestPauseMs, 5 * (performance.now() - started)));
      return value;
    };
    for (const [name, run] of Object.entries(partedOperations) as [string, PartedRun][]) {
      port[name] = (...args: readonly unknown[]) => run(callPart as CallPart, ...args);
    }
    if (writer) {
      const thread = writer;
      port['recordResponses'] = async (batch: readonly ResponseEntry[]) => {
        const packed = packBatch(batch);
        const results = (await thread.call('recordResponses', [packed], [packed.bytes.buffer])) as Uint8Array;
        checkpointer?.changed(batch.length);
        return unpackResults(results);
      };
      port['exchangeMessages'] = async (...[claim, results, ...rest]: Parameters<Exchange>) => {
        const packed = packRecorded(results);
        try {
          return await thread.call('exchangeMessages', [claim, packed, ...rest], [packed.bytes.buffer]);
        } finally {
          cache.clear();
        }
      };
    }
    if (writer) {
      const thread = writer;
      // The writer's connection counts commits of all others; its own changes are counted here. Answers change nothing that is
      // audited after a close.
      port['readChangeCount'] = async () => {
        const [others] = String(await thread.call('readChangeCount', [])).split('/');
        return `${others}/${ownChanges}`;
      };
    }
    if (!inline) {
      // Millions of rows: on separate threads that end with the call, so that no summary waits and every core helps.
      for (const name of ['recount', 'auditLogs'] as const)
        port[name] = async (campaign: CampaignId, counties: readonly unknown[]) => {
          if (closed) throw new AppError('unavailable', 'storage.closed');
          const parts = Math.max(
            1,
            Math.min(availableParallelism(), Math.ceil(counties.length / countiesPerThread)),
          );
          if (parts === 1) return (await getReader()).call(name, [campaign, counties]);
          const results: unknown[] = [];
          await Promise.all(
            Array.from({ length: parts }, async (_, part) => {
              const thread = await startReader();
              try {
                const own = counties.map((_, i) => i).filter((i) => i % parts === part);
                const found = (await thread.call(name, [
                  campaign,
                  own.map((i) => counties[i]),
                ])) as readonly unknown[];
                for (const [k, i] of own.entries()) results[i] = found[k];
              } finally {
                threads.splice(threads.indexOf(thread), 1);
                await thread.close();
              }
            }),
          );
          return results;
        };
    }
    if (!inline)
      // Seconds to minutes of reading: on a separate thread.
      port['verifyCopy'] = async (...args: readonly unknown[]) => {
        if (closed) throw new AppError('unavailable', 'storage.closed');
        const thread = await startReader();
        try {
          return await thread.call('verifyCopy', args);
        } finally {
          threads.splice(threads.indexOf(thread), 1);
          await thread.close();
        }
      };
    port['health'] = async () => {
      const { bavail, bsize } = await statfs(directory);
      return {
        usedBytes: sizeOf(directory),
        schemaVersion,
        writerAlive: readOnly || inline || (writer?.alive ?? false),
        freeBytes: bavail * bsize,
        server: null,
      };
    };
    port['close'] = async () => {
      closed = true;
      if (soon) clearTimeout(soon);
      await checkpointer?.close();
      await reader?.catch(() => undefined);
      await Promise.all(threads.map((t) => t.close()));
      if (connection.raw.open) connection.raw.close();
      lock?.release();
    };
    return port as unknown as Storage;
  } catch (error) {
    await Promise.all(threads.map((t) => t.close()));
    lock?.release();
    throw storageError(error);
  }
}

function sizeOf(directory: string): number {
  return ['manyi.db', 'manyi.db-wal']
    .map((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((a, b) => a + b);
}

type PartedRun = (call: CallPart, ...args: readonly unknown[]) => Promise<unknown>;

function isWrite(name: OperationName): boolean {
  const mode = modeOf(name);
  return mode === 'write' || mode === 'unsynced' || mode === 'batch';
}

/** The page that follows a log-in has it by then. */
const readerDelayMs = 1000;

/** Below this, starting a thread costs more than it helps. */
const countiesPerThread = 8;

/**
 * Run a WAL checkpoint after this many answers. Fewer: pages changed by several answers are written more often. More: the disk
 * has more to write at once, and commits wait longer for it.
 */
const answersPerCheckpoint = 2000;
/** A write that takes longer than this many milliseconds counts as that many answers. */
const longWriteMs = 5;
const answersPerLongWrite = 200;
/** A short part that is not synced also does, however many pages it changes. */
const answersPerPart = 25;
/** After each part of long work, the writer is idle for five times as long as the part took, but no longer than this. */
const longestPauseMs = 50;
/** Nothing was written for this long: the WAL is truncated. */
const quietMs = 3000;

/** The thread starts with the first high load: a rarely used service does not need it. */
function createCheckpointer(directory: string) {
  let worker: Worker | null = null;
  let busy = false;
  let pending = 0;
  let timer: NodeJS.Timeout | null = null;
  function post(message: 'go' | 'rest'): void {
    busy = true;
    if (!worker) {
      worker = createWorker('checkpointer', { role: 'checkpointer', directory });
      worker.unref();
      worker.on('message', () => (busy = false));
      // Without it the writer does the work: slower, but nothing is lost.
      worker.on('error', () => undefined);
    }
    worker.postMessage(message);
  }
  return {
    changed(answers: number): void {
      pending += answers;
      if (worker) {
        if (timer) timer.refresh();
        else timer = setTimeout(() => post('rest'), quietMs).unref();
      }
      if (busy || pending < answersPerCheckpoint) return;
      pending = 0;
      post('go');
      timer ??= setTimeout(() => post('rest'), quietMs).unref();
    },
    async close(): Promise<void> {
      if (timer) clearTimeout(timer);
      const ending = worker;
      if (!ending) return;
      await new Promise<void>((resolve) => {
        ending.once('exit', () => resolve());
        if (ending.threadId < 0) resolve();
        ending.postMessage('close');
      });
    },
  };
}

function createWorker(file: 'thread' | 'checkpointer', data: ThreadData): Worker {
  return startThread(new URL(`./threads/${file}`, import.meta.url), { workerData: data });
}

function startStorageThread(
  data: ThreadData,
  onFatal?: (error: Error) => void,
  onDone?: (name: OperationName, ms: number) => void,
): Promise<Thread> {
  const worker = createWorker('thread', data);
  const waiting = new Map<
    number,
    { name: OperationName; resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  let next = 1;
  let alive = true;
  let closing = false;
  let dead: Error | null = null;

  return new Promise((started, failed) => {
    const die = (error: Error): void => {
      if (!alive) return;
      alive = false;
      dead = new AppError('unavailable', 'storage.thread-died', { cause: error });
      for (const { reject } of waiting.values()) reject(dead);
      waiting.clear();
      failed(error);
      if (!closing) onFatal?.(error);
    };
    worker.on('error', (error) => die(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => {
      if (!closing) die(new Error(`storage ${data.role} ended with code ${code}`));
      alive = false;
    });
    worker.on('message', (reply: Reply | 'ready') => {
      if (reply === 'ready') {
        started({
          get alive() {
            return alive;
          },
          call(name, args, handedOver = []) {
            if (dead) return Promise.reject(dead);
            if (closing) return Promise.reject(new AppError('unavailable', 'storage.closed'));
            return new Promise((resolve, reject) => {
              const call: Call = { id: next++, name, args };
              waiting.set(call.id, { name, resolve, reject });
              worker.postMessage(call, handedOver);
            });
          },
          close() {
            if (!alive) return Promise.resolve();
            closing = true;
            return new Promise((resolve) => {
              worker.once('exit', () => resolve());
              // Messages are handled in order: all earlier calls are answered first.
              worker.postMessage('close');
            });
          },
        });
        return;
      }
      const call = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (reply.ok) {
        if (call) onDone?.(call.name, reply.ms);
        call?.resolve(reply.value);
      } else call?.reject(unpackError(reply.error));
    });
  });
}

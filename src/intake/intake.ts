/**
 * The path of a response: queue → batch → store (design 2). One batch is in progress; responses that arrive meanwhile form the
 * next one. There is no timer, so a single response is committed at once and a crowd shares its commits. If the storage accepts
 * several batches at once, the next one does not wait for the commit once it is large; answers of one code are still processed in
 * order. The queue is bounded: beyond the limit the sender is told to retry, which costs less than accepting an answer late.
 */
import { AppError } from '../domain/errors.ts';
import type { RecordResult, ResponseEntry } from '../domain/model/answer.ts';
import type { Storage } from '../storage/port/index.ts';

/** How often a value was at most each bound; larger values are only in `count`. */
export interface Histogram {
  readonly bounds: readonly number[];
  readonly atMost: readonly number[];
  readonly count: number;
  readonly sum: number;
}

export interface IntakeCounters {
  /** Waiting, without the batch in progress. */
  readonly depth: number;
  readonly inFlight: number;
  readonly batches: number;
  readonly largestBatch: number;
  readonly lastBatch: number;
  /** From passing a batch to the storage until its commit. */
  readonly lastCommitMs: number;
  readonly slowestCommitMs: number;
  readonly batchSizes: Histogram;
  readonly commitMs: Histogram;
  readonly recorded: number;
  readonly refused: number;
  readonly failed: number;
}

export interface Intake {
  /**
   * Resolves when the entry is durable, or will never be. Expected outcomes are values.
   * @throws AppError unavailable `intake.full` over the limit, `intake.closed` after close()
   */
  submit(entry: ResponseEntry): Promise<RecordResult>;
  /** Whether the next answer would be refused because of the limit; if so it counts as refused. */
  refusesNext(): boolean;
  counters(): IntakeCounters;
  /** Resolves once everything submitted so far is settled. */
  drain(): Promise<void>;
  /** Refuses from now on, and drains the queue. */
  close(): Promise<void>;
}

export interface IntakeOptions {
  /** How many may wait. */
  readonly queueLimit: number;
  /** Maximum number in one transaction. */
  readonly batchLimit: number;
  /** Maximum number of batches in progress; default 1. A second one needs a quarter of a full batch waiting. */
  readonly batchesAtOnce?: number;
  /** A batch that the storage refused as a whole. */
  readonly onFailure: (error: unknown, batchSize: number) => void;
}

const sizeBounds = [1, 4, 16, 64, 256, 1024];
const msBounds = [1, 2, 5, 10, 20, 50, 100, 250, 1000, 5000];

function createHistogram(bounds: readonly number[]) {
  const atMost = bounds.map(() => 0);
  let count = 0;
  let sum = 0;
  return {
    add(value: number): void {
      count++;
      sum += value;
      for (let i = bounds.length - 1; i >= 0 && value <= bounds[i]!; i--) atMost[i]!++;
    },
    read: (): Histogram => ({ bounds, atMost: [...atMost], count, sum }),
  };
}

interface Waiting {
  readonly entry: ResponseEntry;
  readonly settle: (result: RecordResult) => void;
}

const codeOf = ({ entry }: Waiting): string => Buffer.from(entry.pseudonym).toString('latin1');

export function createIntake(storage: Pick<Storage, 'recordResponses'>, options: IntakeOptions): Intake {
  const { batchLimit, batchesAtOnce = 1 } = options;
  const large = Math.max(1, batchLimit >> 2);
  let queue: Waiting[] = [];
  let inFlight = 0;
  let closed = false;
  let running = 0;
  const lanes = new Set<Promise<void>>();
  /** Codes in progress, if there may be several batches. */
  const held = new Set<string>();
  const count = {
    batches: 0,
    largestBatch: 0,
    lastBatch: 0,
    lastCommitMs: 0,
    slowestCommitMs: 0,
    recorded: 0,
    refused: 0,
    failed: 0,
  };

  const batchSizes = createHistogram(sizeBounds);
  const commitMs = createHistogram(msBounds);

  async function recordBatch(batch: readonly Waiting[]): Promise<void> {
    const started = performance.now();
    let results: readonly RecordResult[] = [];
    try {
      results = await storage.recordResponses(batch.map((w) => w.entry));
    } catch (error) {
      options.onFailure(error, batch.length);
    }
    count.lastCommitMs = performance.now() - started;
    count.slowestCommitMs = Math.max(count.slowestCommitMs, count.lastCommitMs);
    commitMs.add(count.lastCommitMs);
    batchSizes.add(batch.length);
    count.batches++;
    count.lastBatch = batch.length;
    count.largestBatch = Math.max(count.largestBatch, batch.length);
    for (const [i, waiting] of batch.entries()) {
      const result = results[i] ?? 'failed';
      if (result === 'failed') count.failed++;
      else count.recorded++;
      waiting.settle(result);
    }
  }

  /** The next batch, without codes in progress; further answers of a held code are held too. */
  function take(): readonly Waiting[] {
    if (held.size === 0) return queue.splice(0, batchLimit);
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    let at = 0;
    for (; at < queue.length && batch.length < batchLimit; at++) {
      const waiting = queue[at]!;
      (held.has(codeOf(waiting)) ? left : batch).push(waiting);
    }
    queue = [...left, ...queue.slice(at)];
    return batch;
  }

  /** One batch after the other, until nothing waits, or too little for a concurrent one. */
  async function run(): Promise<void> {
    running++;
    try {
      // Everything submitted in this turn of the event loop joins the first batch.
      await Promise.resolve();
      while (queue.length >= (running > 1 ? large : 1)) {
        const batch = take();
        if (batch.length === 0) return;
        const codes = batchesAtOnce > 1 ? batch.map(codeOf) : [];
        for (const code of codes) held.add(code);
        inFlight += batch.length;
        await recordBatch(batch);
        inFlight -= batch.length;
        for (const code of codes) held.delete(code);
      }
    } finally {
      running--;
    }
  }

  function start(): void {
    const lane: Promise<void> = run().finally(() => lanes.delete(lane));
    lanes.add(lane);
  }

  async function settled(): Promise<void> {
    while (lanes.size > 0) await Promise.all(lanes);
  }

  function refusesNext(): boolean {
    if (queue.length < options.queueLimit) return false;
    count.refused++;
    return true;
  }

  return {
    refusesNext,
    submit(entry) {
      if (closed) return Promise.reject(new AppError('unavailable', 'intake.closed'));
      if (refusesNext()) return Promise.reject(new AppError('unavailable', 'intake.full'));
      return new Promise<RecordResult>((settle) => {
        queue.push({ entry, settle });
        if (running === 0 || (running < batchesAtOnce && queue.length >= large)) start();
      });
    },
    counters: () => ({
      depth: queue.length,
      inFlight,
      ...count,
      batchSizes: batchSizes.read(),
      commitMs: commitMs.read(),
    }),
    drain: settled,
    async close() {
      closed = true;
      await settled();
    },
  };
}

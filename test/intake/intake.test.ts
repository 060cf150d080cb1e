import { describe, expect, it } from 'vitest';
import type { CampaignId, CountyCode } from '../../src/domain/model/ids.ts';
import { createIntake } from '../../src/intake/intake.ts';
import type { RecordResult, ResponseEntry } from '../../src/domain/model/answer.ts';

const entry = (i: number): ResponseEntry => ({
  campaign: '0123456789ab' as CampaignId,
  county: '990101' as CountyCode,
  pseudonym: new Uint8Array(16).fill(i),
  channel: 'web',
  link: null,
  questionnaire: 1,
  nonce: new Uint8Array(16),
  answers: new Uint8Array(1),
  textId: new Uint8Array(16),
  texts: [],
});

/** The one method of the port, held back until the test lets each batch through. */
function heldStorage() {
  const batches: (readonly ResponseEntry[])[] = [];
  const waiting: ((result: readonly RecordResult[] | Error) => void)[] = [];
  return {
    batches,
    recordResponses(batch: readonly ResponseEntry[]): Promise<readonly RecordResult[]> {
      batches.push(batch);
      return new Promise((resolve, reject) => {
        waiting.push((r) => (r instanceof Error ? reject(r) : resolve(r)));
      });
    },
    async settle(result: RecordResult | Error = 'stored'): Promise<void> {
      const next = waiting.shift();
      const size = batches[batches.length - waiting.length - 1]!.length;
      next!(result instanceof Error ? result : Array.from({ length: size }, () => result));
      await new Promise((r) => setImmediate(r));
    },
  };
}
const start = (options: Partial<Parameters<typeof createIntake>[1]> = {}) => {
  const storage = heldStorage();
  const failures: unknown[] = [];
  const intake = createIntake(storage, {
    queueLimit: 10,
    batchLimit: 4,
    onFailure: (error) => failures.push(error),
    ...options,
  });
  return { storage, intake, failures };
};
const turn = () => new Promise((r) => setImmediate(r));

describe('intake', () => {
  it('puts a turn into one batch, and what arrives meanwhile into the next', async () => {
    const { storage, intake } = start();
    const first = [intake.submit(entry(1)), intake.submit(entry(2))];
    await turn();
    const second = [3, 4, 5, 6, 7].map((i) => intake.submit(entry(i)));
    await turn();
    expect(storage.batches.map((b) => b.length)).toEqual([2]);
    expect(intake.counters()).toMatchObject({ depth: 5, inFlight: 2 });
    await storage.settle();
    expect(await Promise.all(first)).toEqual(['stored', 'stored']);
    expect(storage.batches.map((b) => b.length)).toEqual([2, 4]);
    await storage.settle();
    await storage.settle();
    expect(await Promise.all(second)).toEqual(Array(5).fill('stored'));
    expect(storage.batches.flat().map((e) => e.pseudonym[0])).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(intake.counters()).toMatchObject({
      depth: 0,
      inFlight: 0,
      batches: 3,
      largestBatch: 4,
      recorded: 7,
    });
  });

  it('acknowledges nothing before the storage has', async () => {
    const { storage, intake } = start();
    let settled = false;
    const one = intake.submit(entry(1)).then(() => (settled = true));
    await turn();
    expect(settled).toBe(false);
    await storage.settle();
    await one;
    expect(settled).toBe(true);
  });

  it('hands each sender its own result', async () => {
    const intake = createIntake(
      { recordResponses: async () => ['stored', 'closed', 'unknown'] },
      { queueLimit: 10, batchLimit: 10, onFailure: () => undefined },
    );
    const results = await Promise.all([1, 2, 3, 4].map((i) => intake.submit(entry(i))));
    // A result too few is a failure, never a silent success.
    expect(results).toEqual(['stored', 'closed', 'unknown', 'failed']);
  });

  it('refuses over the limit and takes again afterwards', async () => {
    const { storage, intake } = start({ queueLimit: 2 });
    const flying = intake.submit(entry(1));
    await turn();
    const waiting = [intake.submit(entry(2)), intake.submit(entry(3))];
    await expect(intake.submit(entry(4))).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'intake.full',
    });
    expect(intake.counters().refused).toBe(1);
    await storage.settle();
    await flying;
    const later = intake.submit(entry(5));
    await storage.settle();
    await Promise.all(waiting);
    await storage.settle();
    expect(await later).toBe('stored');
  });

  it('fails every member of a batch that the storage throws at, and goes on', async () => {
    const { storage, intake, failures } = start();
    const bad = [intake.submit(entry(1)), intake.submit(entry(2))];
    await turn();
    await storage.settle(new Error('disk full'));
    expect(await Promise.all(bad)).toEqual(['failed', 'failed']);
    expect(failures).toHaveLength(1);
    const good = intake.submit(entry(3));
    await turn();
    await storage.settle();
    expect(await good).toBe('stored');
    expect(intake.counters()).toMatchObject({ failed: 2, recorded: 1 });
  });

  it('drains before it is closed, and refuses from then on', async () => {
    const { storage, intake } = start();
    const one = intake.submit(entry(1));
    await turn();
    const two = intake.submit(entry(2));
    let closed = false;
    const closing = intake.close().then(() => (closed = true));
    await expect(intake.submit(entry(3))).rejects.toMatchObject({ message: 'intake.closed' });
    await storage.settle();
    expect(closed).toBe(false);
    await storage.settle();
    await closing;
    expect(await Promise.all([one, two])).toEqual(['stored', 'stored']);
    await intake.drain();
  });

  it('sends a large batch beside another where the storage takes two, and nothing small', async () => {
    const { storage, intake } = start({ batchLimit: 8, batchesAtOnce: 2 });
    const all = [intake.submit(entry(1))];
    await turn();
    all.push(intake.submit(entry(2)));
    await turn();
    expect(storage.batches.map((b) => b.length)).toEqual([1]);
    all.push(intake.submit(entry(3)));
    await turn();
    expect(storage.batches.map((b) => b.length)).toEqual([1, 2]);
    expect(intake.counters()).toMatchObject({ depth: 0, inFlight: 3 });
    all.push(...[4, 5, 6].map((i) => intake.submit(entry(i))));
    await turn();
    expect(storage.batches).toHaveLength(2);
    const drained = intake.drain();
    for (let i = 0; i < 3; i++) await storage.settle();
    await drained;
    expect(await Promise.all(all)).toEqual(Array(6).fill('stored'));
    expect(storage.batches.map((b) => b.length)).toEqual([1, 2, 3]);
  });

  it('keeps the answers of one code in their order, also beside another batch', async () => {
    const { storage, intake } = start({ batchLimit: 4, batchesAtOnce: 2 });
    const codes = () => storage.batches.map((batch) => batch.map((e) => e.pseudonym[0]));
    const all = [intake.submit(entry(1))];
    await turn();
    all.push(...[1, 1].map((i) => intake.submit(entry(i))));
    await turn();
    expect(codes()).toEqual([[1]]);
    all.push(...[2, 1, 3].map((i) => intake.submit(entry(i))));
    await turn();
    expect(codes()).toEqual([[1], [2, 3]]);
    for (let i = 0; i < 3; i++) await storage.settle();
    expect(await Promise.all(all)).toEqual(Array(6).fill('stored'));
    expect(codes()).toEqual([[1], [2, 3], [1, 1, 1]]);
  });
});

import { describe, expect, test } from 'vitest';
import { toWitnessProgress, type WitnessPostRow } from '../../src/storage/shared/witness-rows.ts';

const post = (witness: string, size: number, patch: Partial<WitnessPostRow> = {}): WitnessPostRow => ({
  ...{ witness, size, dueAt: 9, attempts: 0, deliveredAt: null, failure: null, failedAt: null },
  ...patch,
});
const failure = { message: 'witness.failure.status', params: { status: 409 } };
const failed = { failure: JSON.stringify(failure), failedAt: 7, attempts: 2 };

describe('how far a witness is', () => {
  test('the largest delivered size, what waits, and why the oldest of it failed', () => {
    const rows = [
      post('a', 1, { deliveredAt: 3 }),
      post('a', 2, { deliveredAt: 4 }),
      post('a', 5, failed),
      post('a', 6, { ...failed, attempts: 1 }),
      post('b', 1),
    ];
    expect(toWitnessProgress(rows)).toEqual([
      {
        ...{ witness: 'a', held: { size: 2, at: 4 }, waiting: 2 },
        failure: { ...failure, at: 7, attempts: 2, nextAt: 9 },
      },
      { witness: 'b', held: null, waiting: 1, failure: null },
    ]);
  });

  test.each([
    '{}',
    '{"message":1,"params":{}}',
    '{"message":"x"}',
    '{"message":"x","params":{"a":[]}}',
    'no',
  ])('a failure that nobody wrote, %s, is corruption', (text) => {
    expect(() => toWitnessProgress([post('a', 1, { ...failed, failure: text })])).toThrow(
      expect.objectContaining({ kind: 'corrupt', params: { column: 'witness_posts.failure' } }),
    );
  });
});

/** The state of witnesses for one log, from the rows of the queue. */
import { z } from 'zod';
import { groupBy } from '../../domain/group-by.ts';
import type { PostFailure } from '../../domain/evidence/witness.ts';
import type { WitnessProgress } from '../../domain/model/evidence.ts';
import { parseJson } from './json.ts';

export interface WitnessPostRow {
  readonly witness: string;
  readonly size: number;
  readonly dueAt: number;
  readonly attempts: number;
  readonly deliveredAt: number | null;
  readonly failure: string | null;
  readonly failedAt: number | null;
}

const failureSchema: z.ZodType<PostFailure> = z.object({
  message: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});

/**
 * @param rows of one log, by witness and ascending size
 * @throws AppError corrupt `storage.corrupt`
 */
export function toWitnessProgress(rows: readonly WitnessPostRow[]): readonly WitnessProgress[] {
  return [...groupBy(rows, ({ witness }) => witness)].map(([witness, own]) => {
    const held = own.findLast((row) => row.deliveredAt !== null);
    const waiting = own.filter((row) => row.deliveredAt === null);
    const failed = waiting.find((row) => row.failure !== null);
    return {
      witness,
      held: held ? { size: held.size, at: held.deliveredAt ?? 0 } : null,
      waiting: waiting.length,
      failure:
        failed && failed.failure !== null
          ? {
              ...parseJson(failureSchema, failed.failure, 'witness_posts.failure'),
              at: failed.failedAt ?? 0,
              attempts: failed.attempts,
              nextAt: failed.dueAt,
            }
          : null,
    };
  });
}

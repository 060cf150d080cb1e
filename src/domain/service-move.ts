/**
 * Moving an installation from one database to another, and which of the two is active. The marks of the two databases change in
 * an order in which two are never active: the new one is incomplete, then complete; the old one is retired; then the new one
 * becomes active. If the move is interrupted anywhere, at most one can be started, and the same command resumes.
 */
import { z } from 'zod';
import { AppError } from './errors.ts';
import type { Decision } from './model/decision.ts';
import type { Stamp } from './model/stamp.ts';

export const moveMarkSchema = z.discriminatedUnion('state', [
  /** Being filled: its content is incomplete. */
  z.object({ state: z.literal('arriving'), id: z.string(), other: z.string(), at: z.number() }),
  /** Complete and compared, but the other one is still active. */
  z.object({ state: z.literal('arrived'), id: z.string(), other: z.string(), at: z.number() }),
  /** The other one is active. */
  z.object({ state: z.literal('left'), id: z.string(), other: z.string(), at: z.number() }),
]);
/** `other`: the source or target database, without user and password. null: active. */
export type MoveMark = z.infer<typeof moveMarkSchema>;

export type MoveStep =
  /** Old database: the copying begins. */
  | { readonly step: 'begin'; readonly to: string; readonly rows: number }
  /** New database: it is to be filled. Writes no trail, which is copied like every other table. */
  | { readonly step: 'receive'; readonly id: string; readonly from: string }
  /** New database: it holds what the old one holds. */
  | { readonly step: 'compared'; readonly id: string }
  /** Old database: from here on nobody can start it. */
  | { readonly step: 'leave'; readonly id: string; readonly to: string; readonly rows: number }
  /** New database: it is in charge. */
  | { readonly step: 'take-over'; readonly id: string; readonly rows: number }
  /** Old database: it is in charge again. */
  | { readonly step: 'undo' };

const trail = (action: string, details: Readonly<Record<string, unknown>>) => ({
  leaves: [],
  trail: [{ action, details }],
});

/**
 * The mark after a step.
 * @throws AppError conflict `move.left`, `move.half-done`, `move.not-left`, `move.other-one`
 */
export function decideMove(
  before: MoveMark | null,
  step: MoveStep,
  { at }: Pick<Stamp, 'at'>,
): Decision<MoveMark | null> {
  switch (step.step) {
    case 'begin':
      assertActive(before);
      return { changes: null, ...trail('move.begin', { database: step.to, rows: step.rows }) };
    case 'receive':
      if (before?.state === 'left') throw leftFor(before);
      return {
        changes: { state: 'arriving', id: step.id, other: step.from, at },
        ...{ leaves: [], trail: [] },
      };
    case 'compared':
      return {
        changes: { ...expect(before, 'arriving', step.id), state: 'arrived', at },
        ...{ leaves: [], trail: [] },
      };
    case 'leave':
      assertActive(before);
      return {
        changes: { state: 'left', id: step.id, other: step.to, at },
        ...trail('move.leave', { database: step.to, rows: step.rows }),
      };
    case 'take-over': {
      const { other } = expect(before, 'arrived', step.id);
      return { changes: null, ...trail('move.take-over', { database: other, rows: step.rows }) };
    }
    case 'undo':
      if (before?.state !== 'left') throw new AppError('conflict', 'move.not-left');
      return { changes: null, ...trail('move.undo', { database: before.other }) };
  }
}

function expect(before: MoveMark | null, state: MoveMark['state'], id: string): MoveMark {
  if (before?.state !== state || before.id !== id) throw new AppError('conflict', 'move.other-one');
  return before;
}

function leftFor({ other, at }: MoveMark): AppError {
  return new AppError('conflict', 'move.left', {
    params: { database: other, date: new Date(at).toISOString().slice(0, 10) },
  });
}

/**
 * Whether this database may be used.
 * @throws AppError conflict `move.left`: its content was moved; `move.half-done`: it was never complete
 */
export function assertActive(mark: MoveMark | null): void {
  if (mark === null) return;
  if (mark.state === 'left') throw leftFor(mark);
  throw new AppError('conflict', 'move.half-done', { params: { database: mark.other } });
}

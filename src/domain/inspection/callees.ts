/**
 * People to be called one after the other: a number is shown to one person at a time, and its outcome is entered before the next
 * one is shown.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { Stamp } from '../model/stamp.ts';
import { entrySchema, type RollDraw } from './roll-draw.ts';

/** Schema of a person to be called, with the outcomes of their list. */
export const calleeOf = <Outcome extends z.ZodType>(outcome: Outcome) =>
  z.strictObject({
    entry: entrySchema,
    /** How often the number was shown. */
    shown: z.int(),
    /** Account to which it was shown last. */
    by: z.string().nullable(),
    outcome: outcome.nullable(),
  });

interface Callee<Outcome> {
  readonly entry: string;
  readonly shown: number;
  readonly by: string | null;
  readonly outcome: Outcome | null;
}

/** The people of a draw, none of whom has been called yet. */
export function calleesOf({ people }: RollDraw) {
  return people.map(({ entry }) => ({ entry, shown: 0, by: null, outcome: null }));
}

/** @param at from 1 @throws AppError invalid `inspection.invalid` */
export function calleeAt<T>(list: readonly T[], at: number): T {
  const found = list[at - 1];
  if (found === undefined)
    throw new AppError('invalid', 'inspection.invalid', {
      issues: [{ path: 'at', message: 'inspection.call.unknown' }],
    });
  return found;
}

/** @throws AppError conflict `inspection.call.open` while the same account has a number without an outcome */
export function showCallee<T extends Callee<unknown>>(list: readonly T[], at: number, { actor }: Stamp): T[] {
  const callee = calleeAt(list, at);
  const open = list.findIndex(
    (c, i) => i !== at - 1 && c.outcome === null && c.shown > 0 && c.by === actor.userId,
  );
  if (open >= 0) throw new AppError('conflict', 'inspection.call.open', { params: { no: open + 1 } });
  return list.with(at - 1, { ...callee, shown: callee.shown + 1, by: actor.userId });
}

/** @throws AppError conflict `inspection.call.not-shown` */
export function noteOutcome<T extends Callee<unknown>>(
  list: readonly T[],
  at: number,
  outcome: T['outcome'],
): T[] {
  const callee = calleeAt(list, at);
  if (callee.shown === 0) throw new AppError('conflict', 'inspection.call.not-shown');
  return list.with(at - 1, { ...callee, outcome });
}

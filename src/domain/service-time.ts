/**
 * Decides whether an irreversible scheduled step may run now. A clock can be wrong, so the clock alone decides nothing: the last
 * known time is stored, and after a jump of more than a day such steps wait until a person confirms the date. Times are
 * milliseconds since 1970.
 */
import { AppError } from './errors.ts';
import type { Decision } from './model/decision.ts';

const hour = 3_600_000;
const day = 24 * hour;

export interface ServiceTime {
  /** Null: the service has never run on this database. */
  readonly seenAt: number | null;
  /** Running time since the last jump, without restart gaps; at most a day is kept. */
  readonly heldFor: number;
  /** Not confirmed yet: the last time before the jump, and the newest since. */
  readonly jump: { readonly from: number; readonly to: number } | null;
}

export const unseenTime: ServiceTime = { seenAt: null, heldFor: 0, jump: null };

/** @param elapsed by the monotonic clock since this process last checked; null: this process checks for the first time */
export function observeTime(time: ServiceTime, at: number, elapsed: number | null): ServiceTime {
  const { seenAt, heldFor, jump } = time;
  if (seenAt === null) return { seenAt: at, heldFor: 0, jump: null };
  // A clock that returns is a second jump, which also needs a person.
  if (jump !== null) return { seenAt: at, heldFor: 0, jump: { from: jump.from, to: at } };
  const ran = Math.max(0, elapsed ?? 0);
  const drift = Math.abs(at - seenAt - ran);
  if (drift > day) return { seenAt: at, heldFor: 0, jump: { from: seenAt, to: at } };
  // Many small jumps must not add up to the end of a storage period.
  const isSteady = elapsed === null || drift <= hour;
  return { seenAt: at, heldFor: isSteady ? Math.min(day, heldFor + ran) : 0, jump: null };
}

/** A person says that the clock is right. Expiry still waits for a day of running time. */
export function confirmTime(at: number): ServiceTime {
  return { seenAt: at, heldFor: 0, jump: null };
}

/** `close`, `seal`, `snapshot` and `send` when they are due; `expire` also on request. */
export type TimedStep = 'close' | 'seal' | 'snapshot' | 'send' | 'expire';
export type TimeRefusal = 'clock.unconfirmed' | 'clock.not-held';

/** Null: the step may run at `at`. */
export function refuseStep(time: ServiceTime, step: TimedStep, at: number): TimeRefusal | null {
  if (time.jump !== null) return 'clock.unconfirmed';
  // The clock may have jumped since the last check.
  if (time.seenAt !== null && Math.abs(at - time.seenAt) > day) return 'clock.unconfirmed';
  return step === 'expire' && time.heldFor < day ? 'clock.not-held' : null;
}

/** @throws AppError conflict `clock.unconfirmed`, `clock.not-held` */
export function assertMayRun(time: ServiceTime, step: TimedStep, at: number): void {
  const refusal = refuseStep(time, step, at);
  if (refusal === null) return;
  throw new AppError('conflict', refusal, {
    params: {
      from: new Date(time.jump?.from ?? time.seenAt ?? at).toISOString(),
      to: new Date(at).toISOString(),
      hours: Math.ceil((day - time.heldFor) / hour),
    },
  });
}

/**
 * For work done in parts: each part waits for confirmation, too.
 * @throws AppError conflict `clock.unconfirmed`
 */
export function assertNoJump(time: ServiceTime): void {
  if (time.jump !== null) assertMayRun(time, 'close', time.jump.to);
}

/** The trail entry when a jump is first seen. */
export function decideObservation(
  time: ServiceTime,
  at: number,
  elapsed: number | null,
): Decision<ServiceTime> {
  const after = observeTime(time, at, elapsed);
  const isNew = time.jump === null && after.jump !== null;
  return {
    changes: after,
    leaves: [],
    trail: isNew ? [{ action: 'clock.jump', details: { ...after.jump } }] : [],
  };
}

/** An administrator says that the clock is right: time runs again from now on. */
export function decideConfirmation(time: ServiceTime, at: number): Decision<ServiceTime> {
  return {
    changes: confirmTime(at),
    leaves: [],
    trail: [{ action: 'clock.confirm', details: { from: time.jump?.from ?? time.seenAt } }],
  };
}

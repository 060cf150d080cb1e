/**
 * States of a message, as data: which exist, and which may follow which. A database trigger enforces the same list. Delivery to
 * the gateway is at least once: a message whose sender was killed, or whose response was lost, is sent again. On a channel that
 * deduplicates ids the person gets it once; on others each such repetition is counted.
 */
import type { SendOutcome, Receipt } from './channel.ts';
import type { Fate } from './fate.ts';

export const messageStates = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'failed',
  'wrong-number',
  'opted-out',
  'expired',
  'cancelled',
] as const;
export type MessageState = (typeof messageStates)[number];

/** `sent`: accepted by the gateway. A gateway may report a failure and still deliver later. */
export const legalMoves: Readonly<Record<MessageState, readonly MessageState[]>> = {
  queued: ['sending', 'opted-out', 'expired', 'cancelled'],
  sending: ['queued', 'sent', 'failed', 'wrong-number', 'opted-out', 'expired', 'cancelled'],
  sent: ['delivered', 'failed', 'wrong-number', 'opted-out', 'expired'],
  delivered: ['opted-out'],
  failed: ['delivered'],
  'wrong-number': [],
  'opted-out': [],
  expired: ['delivered'],
  cancelled: [],
};

/** Whether a message may change from the first state to the second. */
export function mayMove(from: MessageState, to: MessageState): boolean {
  return legalMoves[from].includes(to);
}

/** No sender has to act on it any more. */
export function isSettled(state: MessageState): boolean {
  return state !== 'queued' && state !== 'sending';
}

/** Null: the receipt says nothing new, or comes too late. */
export function moveByReceipt(state: MessageState, receipt: Receipt['state']): MessageState | null {
  return mayMove(state, receipt) ? receipt : null;
}

/** The delivery outcome for the rates; undefined: not known yet. */
export function fateOfState(state: MessageState): Fate | undefined {
  switch (state) {
    case 'delivered':
    case 'wrong-number':
    case 'opted-out':
      return state;
    case 'failed':
    case 'expired':
      return 'undeliverable';
    default:
      return undefined;
  }
}

const firstDelay = 30_000;
const longestDelay = 30 * 60_000;
/** A message has failed after this many attempts: the gateway is reachable, but does not accept it. */
export const maxAttempts = 12;

/**
 * Doubles with every attempt up to half an hour, with jitter, so that messages that failed together are not retried together.
 * `random`: 0 to 1.
 */
export function retryDelay(attempts: number, random: number): number {
  const whole = Math.min(longestDelay, firstDelay * 2 ** Math.max(0, attempts - 1));
  return Math.round(whole * (0.5 + random / 2));
}

/** Result of a claimed message to be stored after the gateway has responded. */
export type MessageResult =
  | { readonly state: 'sent'; readonly segments: number }
  | { readonly state: 'failed' | 'wrong-number' | 'opted-out' | 'expired'; readonly reason: string }
  /** It need not go out: nothing is kept, so that no row tells who had answered. */
  | { readonly state: 'unneeded' }
  | {
      readonly state: 'queued';
      readonly reason: string;
      readonly dueAt: number;
      /** The gateway may have accepted it anyway. */
      readonly mayHaveBeenSent: boolean;
      /** Nothing was attempted: it is not counted as an attempt. */
      readonly uncounted: boolean;
    };

/** @param attempts this one included */
export function decideResult(
  outcome: SendOutcome,
  message: { readonly attempts: number; readonly expiresAt: number },
  at: number,
  random: number,
): MessageResult {
  if (outcome.kind === 'accepted') return { state: 'sent', segments: outcome.segments };
  if (outcome.kind === 'refused') {
    const { reason } = outcome;
    return reason === 'wrong-number' || reason === 'opted-out'
      ? { state: reason, reason }
      : { state: 'failed', reason };
  }
  const { reason, afterMs, mayHaveBeenSent } = outcome;
  const uncounted = reason === 'throttled';
  if (!uncounted && message.attempts >= maxAttempts) return { state: 'failed', reason };
  const delay = uncounted && afterMs !== undefined ? afterMs : retryDelay(message.attempts, random);
  const dueAt = at + Math.max(delay, afterMs ?? 0);
  if (dueAt >= message.expiresAt) return { state: 'expired', reason };
  return { state: 'queued', reason, dueAt, mayHaveBeenSent, uncounted };
}

/** Per number, over all campaigns and groups. */
export interface NumberUse {
  /** China time. */
  readonly day: string;
  readonly messages: number;
  readonly lastAt: number;
}

/** Between two messages that ask the same person again. */
export const reminderGap = 48 * 3_600_000;
export const maxReminders = 3;

/**
 * When this number may get a message: null for now. Invitations and last notices follow only the daily cap; a reminder also keeps
 * its distance from the last message to the number.
 */
export function waitForNumber(
  use: NumberUse | undefined,
  limits: { readonly isReminder: boolean; readonly perNumberADay: number },
  now: { readonly at: number; readonly day: string; readonly nextDayAt: number },
): number | null {
  if (use === undefined) return null;
  if (limits.isReminder && now.at - use.lastAt < reminderGap) return use.lastAt + reminderGap;
  if (use.day === now.day && use.messages >= limits.perNumberADay) return now.nextDayAt;
  return null;
}

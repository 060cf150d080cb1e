/** A sending that its daily cap, or its channel, keeps from being done in time: said before it is scheduled, for nobody notices it before the end. */
import type { SendingKind } from '../model/sending.ts';
import { expiryOf } from './decide-sending.ts';
import { countLeaving, lastNoticeSpan, mostADay, type SendingPace, type SendWindow } from './send-window.ts';

export interface Shortfall {
  readonly messages: number;
  /** Most that leave on one whole day. */
  readonly perDay: number;
  /** Days on which messages would go out until the last one has. */
  readonly days: number;
  /** A last notice is to have reached everybody 24 hours before the end; others go out until they expire. */
  readonly until: number;
  /** Of them leave by then. */
  readonly inTime: number;
  /** Of them do not leave at all. */
  readonly never: number;
  /** The lowest daily cap with which all leave in time; null: the channel is too slow even without one. */
  readonly enoughPerDay: number | null;
}

/** @returns null where all leave in time */
export function findShortfall(
  sending: { readonly kind: SendingKind; readonly dueAt: number },
  messages: number,
  closesAt: number,
  window: SendWindow,
  pace: SendingPace,
): Shortfall | null {
  const { kind, dueAt } = sending;
  const expiresAt = expiryOf(kind, closesAt);
  const until = kind === 'last-notice' ? closesAt - lastNoticeSpan.to : expiresAt;
  const leaving = (end: number, perDay: number | null) =>
    countLeaving(window, dueAt, end, messages, { ...pace, perDay });
  const { days, inTime } = leaving(until, pace.perDay);
  if (inTime === messages) return null;
  const isEnough = (perDay: number | null) => leaving(until, perDay).inTime === messages;
  return {
    ...{ messages, perDay: mostADay(window, pace), days, until, inTime },
    never: messages - leaving(expiresAt, pace.perDay).inTime,
    enoughPerDay: isEnough(null) ? lowest(messages, isEnough) : null,
  };
}

/** The lowest number for which it is so, of those up to `most`, for which it is. */
function lowest(most: number, isSo: (n: number) => boolean): number {
  let [below, found] = [0, most];
  while (found - below > 1) {
    const middle = (below + found) >> 1;
    if (isSo(middle)) found = middle;
    else below = middle;
  }
  return found;
}

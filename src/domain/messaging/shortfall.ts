/**
 * Whether a daily cap or a channel prevents a sending from finishing in time. Shown before it is scheduled, because nobody
 * notices it before the end.
 */
import type { SendingKind } from '../model/sending.ts';
import { expiryOf } from './decide-sending.ts';
import {
  countLeaving,
  lastNoticeSpan,
  capacityPerDay,
  type SendingPace,
  type SendWindow,
} from './send-window.ts';

export interface Shortfall {
  readonly messages: number;
  /** The maximum on one whole day. */
  readonly perDay: number;
  /** Days until the last message is sent. */
  readonly days: number;
  /** A last notice must reach everyone 24 hours before the end; other messages are sent until they expire. */
  readonly until: number;
  /** Of them leave by then. */
  readonly inTime: number;
  /** Number that is not sent at all. */
  readonly never: number;
  /** The lowest daily cap with which all are sent in time; null: the channel is too slow even without one. */
  readonly enoughPerDay: number | null;
}

/** @returns null if all are sent in time */
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
    ...{ messages, perDay: capacityPerDay(window, pace), days, until, inTime },
    never: messages - leaving(expiresAt, pace.perDay).inTime,
    enoughPerDay: isEnough(null) ? lowest(messages, isEnough) : null,
  };
}

/** The lowest number for which it holds, up to `most`, for which it holds. */
function lowest(most: number, isSo: (n: number) => boolean): number {
  let [below, found] = [0, most];
  while (found - below > 1) {
    const middle = (below + found) >> 1;
    if (isSo(middle)) found = middle;
    else below = middle;
  }
  return found;
}
